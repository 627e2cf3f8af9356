//! `drawbridge asset`, `zone` and `conduit`: what there is, and the ways there.

use std::time::Duration;

use admin_api::dto::{Asset, Conduit, ConduitsClosed, Reason, Zone};
use clap::{Args, Subcommand};
use domain::{ConduitName, human_duration};

use super::context::Context;
use super::failure::Failure;
use super::list::Most;
use super::table::{Cell, Table};
use super::times::Times;

/// What there is to connect to.
#[derive(Subcommand, Debug)]
pub enum AssetCommand {
    /// List assets; a vendor sees those that they may ask for
    List,
}

/// The zones of the plant.
#[derive(Subcommand, Debug)]
pub enum ZoneCommand {
    /// List zones
    List,
}

/// The ways into the zones.
#[derive(Subcommand, Debug)]
#[command(after_help = "Examples:
  drawbridge conduit close to-turbine-hall --reason 'Unknown traffic'   # every session ends at once
  drawbridge conduit close --all --reason 'Unknown traffic'             # the whole site, as far as it is yours
  drawbridge conduit open to-turbine-hall --reason 'Found: a backup job'")]
pub enum ConduitCommand {
    /// List conduits
    List,
    /// Close a conduit, or all that you answer for, and end each session through it
    /// (approvers, operators, admins)
    Close(Close),
    /// Open a closed conduit (approvers, admins)
    Open(Why),
}

/// Which conduits, and why.
#[derive(Args, Debug)]
pub struct Close {
    /// The conduit
    #[arg(required_unless_present = "all")]
    name: Option<ConduitName>,
    /// Every open one that you answer for
    #[arg(long, conflicts_with = "name")]
    all: bool,
    /// Why, for the audit log
    #[arg(long)]
    reason: String,
}

/// Which conduit, and why.
#[derive(Args, Debug)]
pub struct Why {
    /// The conduit
    name: ConduitName,
    /// Why, for the audit log
    #[arg(long)]
    reason: String,
}

pub(crate) async fn assets(context: &Context, command: AssetCommand) -> Result<(), Failure> {
    let AssetCommand::List = command;
    let listed = Most::all()
        .of::<Asset>(&context.client, "assets", &[(); 0])
        .await?;
    let empty = "No assets that you may see. They are named in the plant file.";
    context.show_list(&listed, |asset| asset.name.clone(), asset_table, empty)
}

pub(crate) async fn zones(context: &Context, command: ZoneCommand) -> Result<(), Failure> {
    let ZoneCommand::List = command;
    let listed = Most::all()
        .of::<Zone>(&context.client, "zones", &[(); 0])
        .await?;
    let empty = "No zones. They are named in the plant file: drawbridge plant apply plant.toml";
    context.show_list(&listed, |zone| zone.name.clone(), zone_table, empty)
}

pub(crate) async fn conduits(context: &Context, command: ConduitCommand) -> Result<(), Failure> {
    match command {
        ConduitCommand::List => {
            let listed = Most::all()
                .of::<Conduit>(&context.client, "conduits", &[(); 0])
                .await?;
            let times = context.times().await?;
            let empty = "No conduits, so no way leads anywhere. They are named in the plant file.";
            let table = |items: &[Conduit]| conduit_table(items, &times);
            context.show_list(&listed, |conduit| conduit.name.clone(), table, empty)
        }
        ConduitCommand::Close(Close {
            name: Some(name),
            reason,
            ..
        }) => {
            let text = format!("{name} is closed; each session through it has ended.");
            change(context, Why { name, reason }, "close", &text).await
        }
        ConduitCommand::Close(Close {
            name: None, reason, ..
        }) => {
            let path = "conduits/close";
            let done: ConduitsClosed = context.client.post(path, &Reason { reason }).await?;
            let names = done.closed.join(", ");
            let text = format!("Closed: {names}. Each session through them has ended.");
            context.done(&done, &names, &text)
        }
        ConduitCommand::Open(why) => {
            let text = format!("{} is open.", why.name);
            change(context, why, "open", &text).await
        }
    }
}

async fn change(context: &Context, why: Why, verb: &str, text: &str) -> Result<(), Failure> {
    let Why { name, reason } = why;
    let path = format!("conduits/{name}/{verb}");
    let conduit: Conduit = context.client.post(&path, &Reason { reason }).await?;
    context.done(&conduit, &conduit.name, text)
}

fn longest(seconds: u64) -> String {
    match seconds {
        0 => String::new(),
        seconds => human_duration(Duration::from_secs(seconds)),
    }
}

fn asset_table(assets: &[Asset]) -> Table {
    let mut table = Table::new(["name", "title", "zone", "by", "approvals", "longest"]);
    for asset in assets {
        table.row([
            (&asset.name).into(),
            (&asset.title).into(),
            (&asset.zone).into(),
            match asset.protocols.as_slice() {
                [] => "no way leads there".into(),
                protocols => Cell::lines(protocols),
            },
            asset.approvals.to_string().into(),
            longest(asset.longest_session_seconds).into(),
        ]);
    }
    table
}

const fn yes(so: bool) -> &'static str {
    if so { "yes" } else { "no" }
}

fn zone_table(zones: &[Zone]) -> Table {
    let mut table = Table::new([
        "name",
        "title",
        "level",
        "safety",
        "let in",
        "supervised",
        "approvals",
        "longest",
        "kept",
    ]);
    for zone in zones {
        table.row([
            (&zone.name).into(),
            (&zone.title).into(),
            format!("SL-{}", zone.security_level).into(),
            yes(zone.safety).into(),
            yes(zone.let_in).into(),
            yes(zone.supervised).into(),
            zone.approvals.to_string().into(),
            longest(zone.longest_session_seconds).into(),
            human_duration(Duration::from_secs(zone.retention_seconds)).into(),
        ]);
    }
    table
}

fn conduit_table(conduits: &[Conduit], times: &Times) -> Table {
    let mut table = Table::new(["name", "into zone", "lets through", "longest", "state"]);
    for conduit in conduits {
        let state = match &conduit.closed {
            Some(closed) => Cell::lines([
                format!("closed by {}", closed.by),
                times.both(closed.at),
                closed.reason.clone(),
            ]),
            None => (&conduit.state).into(),
        };
        table.row([
            (&conduit.name).into(),
            (&conduit.zone).into(),
            format!(
                "{}: {}",
                conduit.protocols.join(", "),
                conduit.operations.join(", ")
            )
            .into(),
            longest(conduit.longest_session_seconds).into(),
            state,
        ]);
    }
    table
}
