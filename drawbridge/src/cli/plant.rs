//! `drawbridge plant`: what the plant is made of, as a file.

use std::io::Read;
use std::path::PathBuf;

use admin_api::dto::{ApplyQuery, PlantApplied};
use anyhow::Context as _;
use clap::{Args, Subcommand};

use super::context::{Context, Form, show_json};
use super::failure::Failure;
use super::table::Table;
use crate::output;

/// What the plant is made of, as a file.
#[derive(Subcommand, Debug)]
#[command(after_help = "Examples:
  drawbridge plant export > plant.toml
  drawbridge plant apply plant.toml --dry-run    # what would change
  drawbridge plant apply plant.toml              # twice is as good as once")]
pub enum Command {
    /// Make the plant as the file says (admins)
    Apply(Apply),
    /// Write the plant as a file (auditors, admins)
    Export,
}

/// A plant file.
#[derive(Args, Debug)]
pub struct Apply {
    /// The plant file, or - for standard input
    file: PathBuf,
    /// Only say what would change
    #[arg(long)]
    dry_run: bool,
    /// Revoke live grants whose ground the file takes away, and end their sessions
    #[arg(long)]
    revoke: bool,
}

pub(crate) async fn run(context: &Context, command: Command) -> Result<(), Failure> {
    match command {
        Command::Apply(args) => apply(context, args).await,
        Command::Export => {
            let answer = context.client.open("plant", &[(); 0]).await?;
            let text = answer.text().await.map_err(anyhow::Error::from)?;
            if context.form() == Form::Json {
                return show_json(&text);
            }
            Ok(output::line(output::clean_lines(&text).trim_end())?)
        }
    }
}

async fn apply(context: &Context, args: Apply) -> Result<(), Failure> {
    let Apply {
        file,
        dry_run,
        revoke,
    } = args;
    let text = if file.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(&file)
    };
    let text = text.with_context(|| format!("{} could not be read", file.display()))?;
    let query = ApplyQuery { dry_run, revoke };
    let applied: PlantApplied = context
        .client
        .put_text("plant", &query, "application/toml", text)
        .await?;
    match context.form() {
        Form::Json => return show_json(&applied),
        Form::Id => {
            for change in &applied.changes {
                output::line(&output::clean(&format!("{}/{}", change.kind, change.name)))?;
            }
            return Ok(());
        }
        Form::Table => {}
    }
    if applied.changes.is_empty() {
        output::remark("The plant is as the file says already; nothing changes.");
        return Ok(());
    }
    let mut table = Table::new(["", "kind", "name", "what differs"]);
    for change in &applied.changes {
        table.row([
            (&change.verb).into(),
            (&change.kind).into(),
            (&change.name).into(),
            (&change.detail).into(),
        ]);
    }
    output::line(&table.render(super::context::width()))?;
    output::remark(if applied.dry_run {
        "Nothing was changed. Without --dry-run it would be."
    } else {
        "Applied."
    });
    Ok(())
}
