//! `drawbridge audit`: what was done, by whom, and why; and the log that proves it.

mod export;
mod rotate;

use std::time::Duration;

use admin_api::dto::{AuditEvent, AuditQuery, Page};
use clap::{Args, Subcommand};

use super::between::Between;
use super::context::{Context, Form};
use super::failure::{Failure, Kind};
use super::table::Table;
use super::times::Times;
use crate::output;
pub(crate) use rotate::run as rotate_key;

/// How often is asked for what is new.
const POLL: Duration = Duration::from_secs(1);

/// What was done, by whom, and why.
#[derive(Subcommand, Debug)]
#[command(after_help = "Examples:
  drawbridge audit tail
  drawbridge audit tail --follow --action session
  drawbridge audit tail --subject account/vera --all --output json
  drawbridge audit key                                # for those who check
  drawbridge audit export --out log-2026-11           # the whole log, with its proofs
  sudo -u drawbridge drawbridge audit rotate-key      # the server stopped")]
pub enum Command {
    /// The newest events of the audit log, oldest of them first (auditors, admins)
    Tail(Tail),
    /// Show the public key that the log is signed with (auditors, admins)
    Key,
    /// Write the whole transparency log into a directory (auditors, admins)
    Export(export::Export),
    /// Give the log a new key, on the broker's own machine with the server stopped
    RotateKey(rotate::RotateKey),
}

/// Which events.
#[derive(Args, Debug)]
pub struct Tail {
    /// Go on with what is written from now on, until Ctrl-C
    #[arg(long, short)]
    follow: bool,
    /// Only this action, or family of actions, or several with commas: request.approved,
    /// request
    #[arg(long)]
    action: Option<String>,
    /// Only about this thing, or kind of thing: account/vera, account
    #[arg(long)]
    subject: Option<String>,
    /// Only by this actor: account/arne, system or host
    #[arg(long)]
    actor: Option<String>,
    #[command(flatten)]
    between: Between,
    /// At most this many
    #[arg(long, short = 'n', default_value_t = 20, value_name = "N")]
    limit: usize,
    /// All of them
    #[arg(long, conflicts_with = "limit")]
    all: bool,
}

pub(crate) async fn run(context: &Context, command: Command) -> Result<(), Failure> {
    match command {
        Command::Tail(args) => tail(context, args).await,
        Command::Key => export::key(context).await,
        Command::Export(args) => export::run(context, args).await,
        Command::RotateKey(args) => rotate_key(args, context.form()).await,
    }
}

async fn tail(context: &Context, args: Tail) -> Result<(), Failure> {
    let times = context.times().await?;
    let query = query(context, &args, &times).await?;
    let most = (!args.all).then_some(args.limit);
    if most == Some(0) && args.follow {
        let newest: Page<AuditEvent> = context.client.list("audit", &query, Some(1)).await?;
        return follow(context, &query, newest.items.first(), &times).await;
    }
    let mut page: Page<AuditEvent> = context.client.list("audit", &query, most).await?;
    page.items.reverse();
    if args.follow {
        show_each(context, &page.items, &times)?;
        return follow(context, &query, page.items.last(), &times).await;
    }
    if context.form() == Form::Table {
        // That there is more before is what a tail is.
        page.next = None;
    }
    let empty = "No events. The audit log begins with the first change.";
    context.show_list(&page, id, |items| table(items, &times), empty)
}

/// Shows what comes after `last`, until somebody stops it or the login is over.
async fn follow(
    context: &Context,
    query: &AuditQuery,
    last: Option<&AuditEvent>,
    times: &Times,
) -> Result<(), Failure> {
    let mut query = AuditQuery {
        oldest_first: true,
        after: Some(last.map_or(0, |event| event.seq).to_string()),
        ..query.clone()
    };
    let mut away = false;
    let mut ticks = tokio::time::interval(POLL);
    loop {
        ticks.tick().await;
        let newer: Page<AuditEvent> = match context.client.get_with("audit", &query).await {
            Ok(newer) => newer,
            // A restart of the broker is no reason to stop watching it.
            Err(failure) if failure.kind() == Kind::Unavailable => {
                if !away {
                    context.remark(&format!("{} Trying again.", failure.text()));
                }
                away = true;
                continue;
            }
            Err(failure) => return Err(failure),
        };
        away = false;
        show_each(context, &newer.items, times)?;
        if let Some(last) = newer.items.last() {
            query.after = Some(last.seq.to_string());
        }
    }
}

async fn query(context: &Context, args: &Tail, times: &Times) -> Result<AuditQuery, Failure> {
    let (since, until) = args.between.read(context, times).await?;
    Ok(AuditQuery {
        subject: args.subject.clone(),
        action: args.action.clone(),
        actor: args.actor.clone(),
        since,
        until,
        ..AuditQuery::default()
    })
}

fn id(event: &AuditEvent) -> String {
    event.id.clone()
}

/// A line for each event: nobody knows how wide the next one will be.
fn show_each(context: &Context, events: &[AuditEvent], times: &Times) -> Result<(), Failure> {
    for event in events {
        match context.form() {
            Form::Json => {
                let text = serde_json::to_string(event).map_err(anyhow::Error::from)?;
                output::line(&output::clean_json(&text))?;
            }
            Form::Id => output::line(&output::clean(&event.id))?,
            Form::Table => {
                let reason = event
                    .reason
                    .as_ref()
                    .map(|r| format!(": {r}"))
                    .unwrap_or_default();
                let AuditEvent {
                    seq,
                    actor,
                    source,
                    action,
                    subject,
                    ..
                } = event;
                let at = times.line(event.at);
                let text = format!("{seq}  {at}  {actor} ({source})  {action}  {subject}{reason}");
                output::line(&output::clean(&text))?;
            }
        }
    }
    Ok(())
}

fn table(events: &[AuditEvent], times: &Times) -> Table {
    let at = times.header("at");
    let mut table = Table::new(["seq", &at, "who", "from", "what", "to what", "why"]);
    for event in events {
        table.row([
            event.seq.to_string().into(),
            times.exact(event.at),
            (&event.actor).into(),
            (&event.source).into(),
            (&event.action).into(),
            (&event.subject).into(),
            event.reason.as_deref().unwrap_or("").into(),
        ]);
    }
    table
}
