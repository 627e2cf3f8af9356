//! `drawbridge session`: who is on what, and ending it.

use admin_api::dto::{Reason, Session, SessionQuery};
use clap::{Args, Subcommand};

use super::context::Context;
use super::failure::Failure;
use super::grant;
use super::list::{Most, short, whole_id};
use super::table::{Details, Table};
use super::times::Times;

/// Watch sessions, and end them.
#[derive(Subcommand, Debug)]
#[command(after_help = "Examples:
  drawbridge session list --open
  drawbridge session show 1c2d3e4f
  drawbridge session end 1c2d3e4f --reason 'Unit 2 is tripping'")]
pub enum Command {
    /// List sessions, newest first
    List(List),
    /// Show one session
    Show {
        /// The session
        id: String,
    },
    /// End a session, whatever is running in it
    End {
        /// The session
        id: String,
        /// Why, for the vendor and the audit log
        #[arg(long)]
        reason: String,
    },
}

/// Which sessions.
#[derive(Args, Debug)]
pub struct List {
    /// Only those that are open now
    #[arg(long)]
    open: bool,
    /// Only those that are over
    #[arg(long, conflicts_with = "open")]
    closed: bool,
    /// Only those on this asset
    #[arg(long)]
    asset: Option<String>,
    /// Only those of this vendor
    #[arg(long)]
    account: Option<String>,
    /// Only those into this zone
    #[arg(long)]
    zone: Option<String>,
    /// Only those under this grant
    #[arg(long, value_name = "ID")]
    grant: Option<String>,
    #[command(flatten)]
    most: Most,
}

pub(crate) async fn run(context: &Context, command: Command) -> Result<(), Failure> {
    match command {
        Command::List(args) => list(context, args).await,
        Command::Show { id } => {
            let id = resolve(context, &id).await?;
            let session: Session = context.client.get(&format!("sessions/{id}")).await?;
            let times = context.times().await?;
            context.show(&session, &session.id, || details(&session, &times))
        }
        Command::End { id, reason } => {
            let id = resolve(context, &id).await?;
            let path = format!("sessions/{id}/end");
            let session: Session = context.client.post(&path, &Reason { reason }).await?;
            let (id, Session { account, asset, .. }) = (short(&session.id), &session);
            let text = match &session.closed {
                Some(_) => format!("Session {id} of {account} on {asset} is closed."),
                None => format!("Session {id} of {account} on {asset} is told to end."),
            };
            context.done(&session, &session.id, &text)
        }
    }
}

async fn list(context: &Context, args: List) -> Result<(), Failure> {
    let List {
        open,
        closed,
        asset,
        account,
        zone,
        grant,
        most,
    } = args;
    let grant = match grant {
        Some(grant) => Some(grant::resolve(context, &grant).await?),
        None => None,
    };
    let query = SessionQuery {
        open: (open || closed).then_some(open),
        asset,
        account,
        zone,
        grant,
        ..SessionQuery::default()
    };
    let page = most
        .of::<Session>(&context.client, "sessions", &query)
        .await?;
    let times = context.times().await?;
    let empty = if open {
        "No session is open. Those that are over: drawbridge session list"
    } else {
        "No sessions. A vendor with an open grant begins one with: drawbridge grant connect"
    };
    context.show_list(
        &page,
        |session| session.id.clone(),
        |items| table(items, &times),
        empty,
    )
}

async fn resolve(context: &Context, id: &str) -> Result<String, Failure> {
    whole_id(&context.client, "sessions", id, |session: &Session| {
        &session.id
    })
    .await
}

fn state(session: &Session) -> String {
    match (&session.closed, &session.end_order) {
        (Some(closed), _) => format!("{}, {}", session.state, closed.code.replace('_', " ")),
        (None, Some(_)) => "open, told to end".to_owned(),
        (None, None) => session.state.clone(),
    }
}

fn table(sessions: &[Session], times: &Times) -> Table {
    let opened = times.header("opened");
    let mut table = Table::new(["id", "vendor", "asset", "zone", "from", &opened, "state"]);
    for session in sessions {
        table.row([
            short(&session.id).into(),
            (&session.account).into(),
            (&session.asset).into(),
            (&session.zone).into(),
            (&session.source).into(),
            times.cell(session.opened_at),
            state(session).into(),
        ]);
    }
    table
}

fn details(session: &Session, times: &Times) -> Details {
    let way = format!(
        "{} in zone {}, through {}, by {}",
        session.asset, session.zone, session.conduit, session.protocol
    );
    let by = |by: &Option<String>| {
        by.as_ref()
            .map(|by| format!(" by {by}"))
            .unwrap_or_default()
    };
    let mut details = Details::default()
        .with("session", &session.id)
        .with("state", state(session))
        .with(
            "vendor",
            format!("{}, from {}", session.account, session.source),
        )
        .with("asset", way)
        .with("grant", &session.grant)
        .with("opened", times.both(session.opened_at));
    if let Some(order) = &session.end_order {
        details = details
            .with(
                "told to end",
                format!("{}{}", times.both(order.at), by(&order.by)),
            )
            .with("reason", &order.reason);
    }
    if let Some(closed) = &session.closed {
        details = details
            .with(
                "closed",
                format!("{}{}", times.both(closed.at), by(&closed.by)),
            )
            .with(
                "because",
                format!("{} ({})", closed.code.replace('_', " "), closed.blame),
            )
            .with("vendor was told", &closed.text)
            .with_some("broker noted", closed.note.as_ref());
    }
    details
}
