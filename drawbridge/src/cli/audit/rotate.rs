//! `drawbridge audit rotate-key`: a new key for the log, on the broker's machine.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::cli::context::{Form, show_json};
use crate::cli::failure::Failure;
use crate::config::{self, USUAL_PATH};
use crate::output;
use crate::server::{self, Parts, Rotated};

/// A new key.
#[derive(Args, Debug)]
#[command(after_help = "\
The old key signs which key follows it, so whoever trusts the old one can trust the
new one. The old private key is overwritten. Tell those who check about the new one
all the same, and keep a copy of the key file where you keep other keys.")]
pub struct RotateKey {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = USUAL_PATH)]
    config: PathBuf,
    /// The old key is lost: nobody who trusts it trusts the new one by itself
    #[arg(long)]
    lost: bool,
}

pub(crate) async fn run(args: RotateKey, form: Form) -> Result<(), Failure> {
    let RotateKey { config, lost } = args;
    let config = config::load(&config)?;
    let rotated = server::rotate_log_key(&config, &Parts::real(), lost).await?;
    let Rotated { old, new, file } = rotated;
    match form {
        Form::Json => show_json(&json!({ "old": old.to_string(), "new": new.to_string() })),
        Form::Id => Ok(output::line(&new.to_string())?),
        Form::Table => {
            let led = if lost {
                "Nothing leads from the old key to it: tell all who check the log."
            } else {
                "The old key has signed the hand-over, which exports and bundles have with them."
            };
            Ok(output::line(&format!(
                "The log has a new key, in {}:\n  {new}\nIt was:\n  {old}\n{led}",
                file.display()
            ))?)
        }
    }
}
