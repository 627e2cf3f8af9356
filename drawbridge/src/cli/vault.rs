//! `drawbridge vault`: what the broker signs in to assets with.

use std::path::PathBuf;

use admin_api::dto::{Credential, SetCredential};
use clap::{Args, Subcommand};
use domain::CredentialName;
use reqwest::Method;
use serde_json::json;

use super::context::Context;
use super::failure::Failure;
use super::list::Most;
use super::secrets;
use super::table::Table;
use super::times::Times;

/// What the broker signs in to assets with.
#[derive(Subcommand, Debug)]
#[command(after_help = "Secrets go in and never come out. Examples:
  drawbridge vault set plc-7                              # asks for a password
  drawbridge vault set plc-7 --password-stdin < password
  drawbridge vault set hist-1 --key-file id_ed25519       # OpenSSH private key, no passphrase
  drawbridge vault list")]
pub enum Command {
    /// Put a secret into the vault, or another in its place (admins)
    Set(Set),
    /// List the names of the secrets (admins)
    List,
    /// Take a secret out of the vault (admins)
    Remove {
        /// The name of the secret
        name: CredentialName,
    },
}

/// A secret.
#[derive(Args, Debug)]
pub struct Set {
    /// The name that the plant file gives as `credential`
    name: CredentialName,
    /// An OpenSSH private key without a passphrase
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// A password, as one line on standard input
    #[arg(long, conflicts_with = "key_file")]
    password_stdin: bool,
}

pub(crate) async fn run(context: &Context, command: Command) -> Result<(), Failure> {
    match command {
        Command::Set(args) => set(context, args).await,
        Command::List => {
            let all = Most::all();
            let listed = all
                .of::<Credential>(&context.client, "credentials", &[(); 0])
                .await?;
            let times = context.times().await?;
            let empty = "The vault is empty. Put a secret in with: drawbridge vault set NAME";
            let table = |items: &[Credential]| table(items, &times);
            context.show_list(&listed, |credential| credential.name.clone(), table, empty)
        }
        Command::Remove { name } => {
            let path = format!("credentials/{name}");
            context
                .client
                .order(Method::DELETE, &path, None::<&()>)
                .await?;
            let text = format!("The credential {name} is removed.");
            context.done(&json!({ "name": name.as_str() }), name.as_str(), &text)
        }
    }
}

async fn set(context: &Context, args: Set) -> Result<(), Failure> {
    let Set {
        name,
        key_file,
        password_stdin,
    } = args;
    let path = format!("credentials/{name}");
    let (kind, secret) = match key_file {
        Some(path) => ("private_key", secrets::key(&path)?),
        None => {
            let prompt = format!("Password for the credential {name}: ");
            (
                "password",
                secrets::From::flag(password_stdin).chosen(&prompt)?,
            )
        }
    };
    let body = SetCredential {
        kind: kind.to_owned(),
        secret,
    };
    context
        .client
        .order(Method::PUT, &path, Some(&body))
        .await?;
    let done = json!({ "name": name.as_str(), "kind": kind });
    let text = format!("The credential {name} is stored.");
    context.done(&done, name.as_str(), &text)
}

fn table(credentials: &[Credential], times: &Times) -> Table {
    let set = times.header("set");
    let mut table = Table::new(["name", "kind", &set]);
    for credential in credentials {
        let Credential { name, kind, set_at } = credential;
        table.row([name.into(), kind.into(), times.cell(*set_at)]);
    }
    table
}
