//! `drawbridge account`: people. They are named in the plant file; here are their
//! passwords and whether they may come in.

use admin_api::dto::{Account, ChangePassword, Reason, SetPassword};
use clap::{Args, Subcommand};
use domain::AccountName;
use reqwest::Method;
use serde_json::json;

use super::context::Context;
use super::failure::Failure;
use super::list::Most;
use super::secrets;
use super::table::{Cell, Details, Table};
use super::times::Times;

/// People: their passwords, and whether they may come in.
#[derive(Subcommand, Debug)]
#[command(
    after_help = "Accounts are made with the plant file: drawbridge plant apply. Examples:
  drawbridge account list
  drawbridge account password vera               # an admin, for somebody
  drawbridge account password                    # your own
  drawbridge account disable vera --reason 'Left the company'
  drawbridge account enable vera --reason 'Idle over the summer, back for the overhaul'"
)]
pub enum Command {
    /// List accounts (auditors, admins)
    List(#[command(flatten)] Most),
    /// Show one account (auditors, admins)
    Show {
        /// The account
        name: AccountName,
    },
    /// Set a password: your own, or anyone's (admins)
    Password(Password),
    /// Disable an account: its sessions, tokens, grants and requests end (admins)
    Disable(Why),
    /// Enable a disabled account (admins)
    Enable(Why),
}

/// A new password.
#[derive(Args, Debug)]
pub struct Password {
    /// Whose; your own if it is left out
    name: Option<AccountName>,
    /// Read it from standard input; for your own, the old one and then the new one,
    /// one a line
    #[arg(long)]
    password_stdin: bool,
}

/// Which account, and why.
#[derive(Args, Debug)]
pub struct Why {
    /// The account
    name: AccountName,
    /// Why, for the audit log
    #[arg(long)]
    reason: String,
}

pub(crate) async fn run(context: &Context, command: Command) -> Result<(), Failure> {
    match command {
        Command::List(most) => {
            let listed = most
                .of::<Account>(&context.client, "accounts", &[(); 0])
                .await?;
            let times = context.times().await?;
            let empty = "No accounts. Make some with: drawbridge plant apply plant.toml";
            let table = |items: &[Account]| table(items, &times);
            context.show_list(&listed, |account| account.name.clone(), table, empty)
        }
        Command::Show { name } => {
            let account: Account = context.client.get(&path(&name, "")).await?;
            let times = context.times().await?;
            context.show(&account, &account.name, || details(&account, &times))
        }
        Command::Password(args) => password(context, args).await,
        Command::Disable(Why { name, reason }) => {
            let path = path(&name, "/disable");
            let account: Account = context.client.post(&path, &Reason { reason }).await?;
            let text = format!("{name} is disabled. Sessions, tokens, grants and requests ended.");
            context.done(&account, &account.name, &text)
        }
        Command::Enable(Why { name, reason }) => {
            let path = path(&name, "/enable");
            let account: Account = context.client.post(&path, &Reason { reason }).await?;
            context.done(&account, &account.name, &format!("{name} is enabled."))
        }
    }
}

async fn password(context: &Context, args: Password) -> Result<(), Failure> {
    let Password {
        name,
        password_stdin,
    } = args;
    let from = secrets::From::flag(password_stdin);
    let Some(name) = name else {
        // Afterwards the login is over, and nobody can be asked any more.
        let own = context.me().await?.account.name.clone();
        let body = ChangePassword {
            current: from.current("Your password until now: ")?,
            password: from.chosen("Your new password: ")?,
        };
        context
            .client
            .order(Method::POST, "me/password", Some(&body))
            .await?;
        let text = "Your password is changed. Log in again: drawbridge login";
        return context.done(&json!({ "name": own }), &own, text);
    };
    let body = SetPassword {
        password: from.chosen(&format!("New password for {name}: "))?,
    };
    context
        .client
        .order(Method::POST, &path(&name, "/password"), Some(&body))
        .await?;
    let text = format!("The password of {name} is set; they must log in anew.");
    context.done(&json!({ "name": name.as_str() }), name.as_str(), &text)
}

fn path(name: &AccountName, rest: &str) -> String {
    format!("accounts/{name}{rest}")
}

/// What somebody answers for, or may ask for.
fn reach(account: &Account) -> Cell {
    Cell::lines(account.zones.iter().chain(&account.assets))
}

fn table(accounts: &[Account], times: &Times) -> Table {
    let active = times.header("last active");
    let mut table = Table::new([
        "name",
        "role",
        "company",
        "zones or assets",
        "state",
        &active,
    ]);
    for account in accounts {
        table.row([
            (&account.name).into(),
            (&account.role).into(),
            (&account.company).into(),
            reach(account),
            (&account.state).into(),
            account
                .last_active_at
                .map_or_else(|| "never".into(), |at| times.cell(at)),
        ]);
    }
    table
}

pub(super) fn details(account: &Account, times: &Times) -> Details {
    let disabled = account.disabled.as_ref();
    let active = account.last_active_at.map(|at| times.both(at));
    Details::default()
        .with("account", &account.name)
        .with("person", &account.full_name)
        .with("company", &account.company)
        .with_some("e-mail", account.email.as_ref())
        .with("role", &account.role)
        .with("zones", Cell::lines(&account.zones))
        .with("assets", Cell::lines(&account.assets))
        .with("state", &account.state)
        .with_some(
            "disabled",
            disabled.map(|d| format!("{}: {}", times.both(d.at), d.reason)),
        )
        .with(
            "password",
            if account.has_password {
                "set"
            } else {
                "not set"
            },
        )
        .with("made", times.both(account.created_at))
        .with("enabled", times.both(account.enabled_at))
        .with("last active", active.unwrap_or_else(|| "never".to_owned()))
}
