//! `drawbridge notice`: what people are told, and whether it reaches them.

use std::time::Duration;

use admin_api::dto::{Notice, TestNotice, TestStarted};
use clap::Subcommand;
use domain::{AccountName, Clock};

use super::context::Context;
use super::failure::Failure;
use super::list::Most;
use super::table::Table;
use super::times::Times;
use crate::clock::SystemClock;

/// How long a test is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(500);
/// Among how many of the newest notices those of a test are.
const NEWEST: usize = 100;

/// What people are told, and whether it reaches them.
#[derive(Subcommand, Debug)]
#[command(after_help = "Examples:
  drawbridge notice list
  drawbridge notice test anna

Who was finally not told is in the audit log: drawbridge audit tail --action notice.failed")]
pub enum Command {
    /// List what was told to whom in the last 30 days (auditors, admins)
    List(#[command(flatten)] Most),
    /// Send somebody a test, and wait for what comes of it (admins)
    Test {
        /// The account
        name: AccountName,
    },
}

pub(crate) async fn run(context: &Context, command: Command) -> Result<(), Failure> {
    match command {
        Command::List(most) => {
            let client = &context.client;
            let listed = most.of::<Notice>(client, "notices", &[(); 0]).await?;
            let times = context.times().await?;
            let empty = "Nobody was told anything in the last 30 days.";
            let table = |items: &[Notice]| table(items, &times);
            context.show_list(&listed, |notice| notice.id.clone(), table, empty)
        }
        Command::Test { name } => test(context, &name).await,
    }
}

async fn test(context: &Context, name: &AccountName) -> Result<(), Failure> {
    let account = name.to_string();
    let body = TestNotice { account };
    let started: TestStarted = context.client.post("notices/test", &body).await?;
    let wanted = usize::from(started.email) + started.webhooks;
    let clock = SystemClock::new();
    let end = clock.monotonic() + PATIENCE;
    loop {
        let newest = context
            .client
            .list::<Notice>("notices", &[(); 0], Some(NEWEST));
        let newest = newest.await?.items.into_iter();
        let made: Vec<_> = newest.filter(|notice| is_of(notice, &started)).collect();
        let settled = made.iter().filter(|n| n.state != "waiting").count();
        if settled >= wanted || clock.monotonic() >= end {
            return told(context, name, &made, wanted);
        }
        clock.wait_until(clock.monotonic() + LOOK).await;
    }
}

fn is_of(notice: &Notice, started: &TestStarted) -> bool {
    notice.kind == "test"
        && notice.account == started.account
        && notice.created_at >= started.asked_at
}

fn told(
    context: &Context,
    name: &AccountName,
    made: &[Notice],
    wanted: usize,
) -> Result<(), Failure> {
    let lines: Vec<_> = made.iter().map(outcome).collect();
    if made.len() < wanted || made.iter().any(|notice| notice.state != "sent") {
        let lines = if lines.is_empty() {
            "the broker has not tried yet; its log says why".to_owned()
        } else {
            lines.join("\n  ")
        };
        return Err(Failure::failed(format!(
            "Not all of the test for {name} got through within {} s:\n  {lines}\n\
             What waits is tried again: drawbridge notice list",
            PATIENCE.as_secs()
        )));
    }
    let text = format!("The test for {name} was taken:\n  {}", lines.join("\n  "));
    context.done(&made, name.as_str(), &text)
}

/// `email: sent`.
fn outcome(notice: &Notice) -> String {
    let way = way(notice);
    match &notice.last_error {
        Some(why) => format!("{way}: {}: {why}", notice.state),
        None => format!("{way}: {}", notice.state),
    }
}

fn way(notice: &Notice) -> String {
    match &notice.webhook {
        Some(webhook) => format!("webhook {webhook}"),
        None => notice.channel.clone(),
    }
}

fn table(notices: &[Notice], times: &Times) -> Table {
    let made = times.header("made");
    let at = times.header("since, or next try");
    let mut table = Table::new([
        made.as_str(),
        "to",
        "by",
        "what",
        "state",
        at.as_str(),
        "why not",
    ]);
    for notice in notices {
        table.row([
            times.cell(notice.created_at),
            (&notice.account).into(),
            way(notice).into(),
            (&notice.kind).into(),
            (&notice.state).into(),
            times.cell(notice.at),
            notice.last_error.clone().unwrap_or_default().into(),
        ]);
    }
    table
}
