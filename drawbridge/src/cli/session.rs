//! `drawbridge session`: who is on what, and what the plant does about it.

use admin_api::dto::{Message, Note, PauseInput, Reason, Session, SessionQuery};
use clap::{Args, Subcommand};
use reqwest::Method;
use serde::Serialize;

use super::between::Between;
use super::context::Context;
use super::failure::Failure;
use super::grant;
use super::list::{Most, short, whole_id};
use super::table::{Details, Table};
use super::times::Times;
use super::which::Which;

/// See sessions, let them in, hold their input, and end them.
#[derive(Subcommand, Debug)]
#[command(after_help = "Examples:
  drawbridge session list --open
  drawbridge session show 1c2d3e4f
  drawbridge session let-in 1c2d3e4f
  drawbridge session pause 1c2d3e4f --reason 'Look at the valve'
  drawbridge session resume 1c2d3e4f
  drawbridge session message 1c2d3e4f 'Stop after this step.'
  drawbridge session end 1c2d3e4f --reason 'Unit 2 is tripping'")]
pub enum Command {
    /// List sessions, newest first
    List(List),
    /// Show one session
    Show {
        /// The session
        id: String,
    },
    /// Let a session in that stands in the lobby (approvers, operators)
    LetIn {
        /// The session
        id: String,
        /// What to add, for the audit log
        #[arg(long)]
        note: Option<String>,
    },
    /// Pause a session's input: nothing that its vendor sends reaches the asset
    /// (approvers, operators)
    Pause {
        /// The session
        id: String,
        /// Why, for the vendor and the audit log
        #[arg(long)]
        reason: Option<String>,
    },
    /// Let a session's input flow again (approvers, operators)
    Resume {
        /// The session
        id: String,
        /// What to add, for the audit log
        #[arg(long)]
        note: Option<String>,
    },
    /// Put a message on the vendor's screen (approvers, operators, admins)
    Message {
        /// The session
        id: String,
        /// One line of text
        text: String,
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
    /// Only those under this grant
    #[arg(long, value_name = "ID")]
    grant: Option<String>,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    between: Between,
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
        Command::LetIn { id, note } => {
            let text = "is let in";
            steer(context, &id, "let-in", &Note { note }, text).await
        }
        Command::Pause { id, reason } => {
            let text = "is paused: what its vendor sends reaches nothing";
            steer(context, &id, "pause", &PauseInput { reason }, text).await
        }
        Command::Resume { id, note } => {
            let text = "is not paused any more";
            steer(context, &id, "resume", &Note { note }, text).await
        }
        Command::Message { id, text } => {
            let id = resolve(context, &id).await?;
            let (path, message) = (format!("sessions/{id}/message"), Message { text });
            let client = &context.client;
            client.order(Method::POST, &path, Some(&message)).await?;
            let text = format!("Session {} is told.", short(&id));
            context.done(&message, &id, &text)
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

/// Does something to a session and says how it is now.
async fn steer(
    context: &Context,
    id: &str,
    verb: &str,
    body: &impl Serialize,
    text: &str,
) -> Result<(), Failure> {
    let id = resolve(context, id).await?;
    let path = format!("sessions/{id}/{verb}");
    let session: Session = context.client.post(&path, body).await?;
    let Session { account, asset, .. } = &session;
    let held = match held(&session) {
        Some(held) => format!(" It is {held}."),
        None => String::new(),
    };
    let text = format!(
        "Session {} of {account} on {asset} {text}.{held}",
        short(&id)
    );
    context.done(&session, &session.id, &text)
}

async fn list(context: &Context, args: List) -> Result<(), Failure> {
    let List {
        open,
        closed,
        grant,
        which,
        between,
        most,
    } = args;
    let times = context.times().await?;
    let (since, until) = between.read(context, &times).await?;
    let grant = match grant {
        Some(grant) => Some(grant::resolve(context, &grant).await?),
        None => None,
    };
    let query = SessionQuery {
        open: (open || closed).then_some(open),
        asset: which.asset,
        account: which.account,
        zone: which.zone,
        company: which.company,
        grant,
        since,
        until,
        ..SessionQuery::default()
    };
    let page = most
        .of::<Session>(&context.client, "sessions", &query)
        .await?;
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
        (None, None) => match held(session) {
            Some(held) => format!("{}, {held}", session.state),
            None => session.state.clone(),
        },
    }
}

/// Why its input does not flow, if it does not.
fn held(session: &Session) -> Option<&str> {
    match session.input.state.as_str() {
        "flows" => None,
        "lobby" => Some("in the lobby"),
        "unwatched" => Some("held until somebody watches"),
        other => Some(other),
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
    if session.closed.is_none() {
        details = details.with("window ends", times.both(session.ends_at));
    }
    if let Some(at) = session.entry.at {
        let by = by(&session.entry.by);
        details = details.with("let in", format!("{}{by}", times.both(at)));
    }
    if let Some(at) = session.input.at {
        let by = by(&session.input.by);
        details = details
            .with("paused", format!("{}{by}", times.both(at)))
            .with_some("because", session.input.reason.as_ref());
    }
    let watchers = session.watchers.iter();
    let watchers: Vec<_> = watchers.filter_map(|w| w.account.as_deref()).collect();
    if !watchers.is_empty() {
        details = details.with("watched by", watchers.join(", "));
    }
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
