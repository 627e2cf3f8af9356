//! `drawbridge grant`: what was granted, and how to use it.

use admin_api::dto::{ExtendGrant, Grant, GrantQuery, Reason, Request, Ticket};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use domain::parse_duration;

use super::connect;
use super::context::Context;
use super::failure::Failure;
use super::list::{Most, short, whole_id};
use super::request::bad_when;
use super::table::{Details, Table};
use super::times::Times;
use super::when;

/// Use, extend and revoke what was granted.
#[derive(Subcommand, Debug)]
#[command(after_help = "Examples:
  drawbridge grant list --phase open
  drawbridge grant connect                        # the one that is open: what to type
  drawbridge grant connect 7e8f9a0b --exec        # runs ssh for you
  drawbridge grant connect 7e8f9a0b --exec -- uptime
  drawbridge grant extend 7e8f9a0b --by 1h
  drawbridge grant revoke 7e8f9a0b --reason 'The work is done'")]
pub enum Command {
    /// List grants, newest first
    List(List),
    /// Show one grant
    Show {
        /// The grant
        id: String,
    },
    /// Draw a ticket: it opens one session, within five minutes (vendors)
    Ticket {
        /// The grant; the only open one if it is left out
        id: Option<String>,
    },
    /// Draw a ticket and say what to type, or run ssh with it (vendors)
    Connect(connect::Connect),
    /// Ask for more time, or give your approval to more time
    Extend(Extend),
    /// Take a grant back; its sessions end at once
    Revoke {
        /// The grant
        id: String,
        /// Why, for the vendor and the audit log
        #[arg(long)]
        reason: String,
    },
}

/// Which grants.
#[derive(Args, Debug)]
pub struct List {
    /// Only those that are in this part of their life
    #[arg(long, value_parser = PossibleValuesParser::new(["scheduled", "open", "closed"]))]
    phase: Option<String>,
    /// Only those for this asset
    #[arg(long)]
    asset: Option<String>,
    /// Only those of this vendor
    #[arg(long)]
    account: Option<String>,
    /// Only those into this zone
    #[arg(long)]
    zone: Option<String>,
    #[command(flatten)]
    most: Most,
}

/// More time.
#[derive(Args, Debug)]
pub struct Extend {
    /// The grant
    id: String,
    /// How much longer than now: 30m, 1h30m
    #[arg(
        long,
        value_name = "LENGTH",
        conflicts_with = "until",
        required_unless_present = "until"
    )]
    by: Option<String>,
    /// The new end: 16:00 is the first 16:00 after the present end
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// What you add to your approval (approvers)
    #[arg(long)]
    note: Option<String>,
}

pub(crate) async fn run(context: &Context, command: Command) -> Result<(), Failure> {
    match command {
        Command::List(args) => list(context, args).await,
        Command::Show { id } => {
            let grant = fetch(context, &id).await?;
            let times = context.times().await?;
            context.show(&grant, &grant.id, || details(&grant, &times))
        }
        Command::Ticket { id } => {
            let ticket = ticket(context, id.as_deref()).await?;
            let times = context.times().await?;
            context.show(&ticket, ticket.ticket.expose(), || {
                Details::default()
                    .with("ticket", ticket.ticket.expose())
                    .with("good until", times.both(ticket.expires_at))
                    .with("type", &ticket.ssh.command)
                    .with("host key", &ticket.ssh.host_key)
            })
        }
        Command::Connect(args) => connect::run(context, args).await,
        Command::Extend(args) => extend(context, args).await,
        Command::Revoke { id, reason } => {
            let id = resolve(context, &id).await?;
            let path = format!("grants/{id}/revoke");
            let grant: Grant = context.client.post(&path, &Reason { reason }).await?;
            let (id, Grant { account, asset, .. }) = (short(&grant.id), &grant);
            let text = format!("Grant {id} of {account} to {asset} is revoked; its sessions end.");
            context.done(&grant, &grant.id, &text)
        }
    }
}

/// Draws a ticket of a grant, or of the only one that is open.
pub(super) async fn ticket(context: &Context, id: Option<&str>) -> Result<Ticket, Failure> {
    let id = match id {
        Some(id) => resolve(context, id).await?,
        None => only_open(context).await?,
    };
    context.client.call(&format!("grants/{id}/tickets")).await
}

async fn only_open(context: &Context) -> Result<String, Failure> {
    let query = GrantQuery {
        account: Some(context.me().await?.account.name.clone()),
        phase: Some("open".to_owned()),
        ..GrantQuery::default()
    };
    let open = context
        .client
        .list::<Grant>("grants", &query, Some(20))
        .await?;
    match open.items.as_slice() {
        [grant] => Ok(grant.id.clone()),
        [] => Err(Failure::failed(
            "No grant of yours is open now. See `drawbridge grant list` and `drawbridge request \
             list`, or ask: drawbridge request create ASSET --for 2h --purpose '…'",
        )),
        several => {
            let mut text = "Several grants of yours are open: say which.".to_owned();
            for grant in several {
                text.push_str(&format!("\n  {}  {}", short(&grant.id), grant.asset));
            }
            Err(Failure::usage(text))
        }
    }
}

async fn list(context: &Context, args: List) -> Result<(), Failure> {
    let List {
        phase,
        asset,
        account,
        zone,
        most,
    } = args;
    let query = GrantQuery {
        phase,
        asset,
        account,
        zone,
        ..GrantQuery::default()
    };
    let page = most.of::<Grant>(&context.client, "grants", &query).await?;
    let times = context.times().await?;
    let empty = "No grants. A grant is made when enough approvers agree to a request: see \
                 drawbridge request list";
    context.show_list(
        &page,
        |grant| grant.id.clone(),
        |items| table(items, &times),
        empty,
    )
}

async fn extend(context: &Context, args: Extend) -> Result<(), Failure> {
    let Extend {
        id,
        by,
        until,
        note,
    } = args;
    let grant = fetch(context, &id).await?;
    let times = context.times().await?;
    let end = grant.window.end;
    let not_after = match (by, until) {
        (Some(by), _) => {
            let by =
                parse_duration(&by).map_err(|error| Failure::usage(format!("--by: {error}")))?;
            end.plus(by)
        }
        (None, Some(until)) => {
            let now = context.now().await?;
            when::point(&until, times.zone(), now, Some(end)).map_err(bad_when)?
        }
        (None, None) => return Err(Failure::usage("Say how much: add --by 1h or --until 16:00")),
    };
    let body = ExtendGrant { not_after, note };
    let path = format!("grants/{}/extend", grant.id);
    let request: Request = context.client.post(&path, &body).await?;
    let until = times.both(not_after);
    let text = if request.grant.is_some() {
        format!("Grant {} now ends {until}.", short(&grant.id))
    } else {
        format!(
            "Request {} asks that grant {} end {until}. It needs the same approvals as the first: \
             drawbridge request approve {}",
            short(&request.id),
            short(&grant.id),
            short(&request.id)
        )
    };
    context.done(&request, &request.id, &text)
}

pub(super) async fn resolve(context: &Context, id: &str) -> Result<String, Failure> {
    whole_id(&context.client, "grants", id, |grant: &Grant| &grant.id).await
}

async fn fetch(context: &Context, id: &str) -> Result<Grant, Failure> {
    let id = resolve(context, id).await?;
    context.client.get(&format!("grants/{id}")).await
}

fn phase(grant: &Grant) -> String {
    match &grant.ended {
        Some(ended) => format!("{}, {}", grant.phase, ended.why.replace('_', " ")),
        None => grant.phase.clone(),
    }
}

fn table(grants: &[Grant], times: &Times) -> Table {
    let window = times.header("window");
    let mut table = Table::new(["id", "vendor", "asset", "zone", &window, "phase"]);
    for grant in grants {
        table.row([
            short(&grant.id).into(),
            (&grant.account).into(),
            (&grant.asset).into(),
            (&grant.zone).into(),
            times.window(grant.window.start, grant.window.end),
            phase(grant).into(),
        ]);
    }
    table
}

fn details(grant: &Grant, times: &Times) -> Details {
    let extended = (grant.extensions > 0).then(|| format!("{} times", grant.extensions));
    let details = Details::default()
        .with("grant", &grant.id)
        .with("phase", phase(grant))
        .with("vendor", &grant.account)
        .with(
            "asset",
            format!(
                "{} in zone {}, by {}",
                grant.asset, grant.zone, grant.protocol
            ),
        )
        .with("window", times.span(grant.window.start, grant.window.end))
        .with_some("extended", extended)
        .with("granted", times.both(grant.created_at))
        .with("request", &grant.request);
    match &grant.ended {
        None => details,
        Some(ended) => {
            let by = ended.by.as_ref().map(|by| format!(" by {by}"));
            details
                .with(
                    "ended",
                    format!("{}{}", times.both(ended.at), by.unwrap_or_default()),
                )
                .with("reason", &ended.reason)
        }
    }
}
