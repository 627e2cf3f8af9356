//! Recordings shared with people without an account.

use admin_api::dto::{NewShare, Share, ShareQuery, SharedLink};
use clap::Args;
use serde_json::json;

use super::context::Context;
use super::failure::Failure;
use super::list::{Most, short, whole_id};
use super::recording::{first_channel, resolve};
use super::table::{Cell, Table};
use super::times::Times;

/// What is to be shared, with whom, and how long.
#[derive(Args, Debug)]
pub struct New {
    /// The session
    id: String,
    /// How long the link lasts: 12h, 7d; at most 90d
    #[arg(long = "for", id = "length", value_name = "LENGTH")]
    length: String,
    /// With whom and for what, for the audit log
    #[arg(long)]
    note: String,
    /// The channel of the session; its first if it is left out
    #[arg(long, value_name = "N")]
    channel: Option<u32>,
    /// With the vendor's keystrokes, which may hold passwords
    #[arg(long)]
    input: bool,
}

/// Which links.
#[derive(Args, Debug)]
pub struct List {
    /// Only those to this session's recordings
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    #[command(flatten)]
    most: Most,
}

/// Which link.
#[derive(Args, Debug)]
pub struct Revoke {
    /// The link's id, as `drawbridge recording shares` shows it
    id: String,
}

pub(crate) async fn share(context: &Context, args: New) -> Result<(), Failure> {
    let New {
        id,
        length,
        note,
        channel,
        input,
    } = args;
    let id = resolve(context, &id).await?;
    let channel = match channel {
        Some(channel) => channel,
        None => first_channel(context, &id).await?,
    };
    let body = NewShare {
        channel,
        expires_in: length,
        note,
        input,
    };
    let path = format!("sessions/{id}/shares");
    let SharedLink { share, path } = context.client.post(&path, &body).await?;
    let link = format!("{}{}", context.client.base(), path.expose());
    let until = context.times().await?.both(share.expires_at);
    let text = format!(
        "{link}\nWhoever has this link opens the recording, without an account, until {until}; with \
         /bundle.tar behind it, they get the bundle, to verify off-line. It is shown this once. \
         Take it back with: drawbridge recording unshare {}",
        short(&share.id)
    );
    let id = share.id.clone();
    context.done(&json!({ "share": share, "link": link }), &id, &text)
}

pub(crate) async fn list(context: &Context, args: List) -> Result<(), Failure> {
    let List { session, most } = args;
    let session = match session {
        Some(session) => Some(resolve(context, &session).await?),
        None => None,
    };
    let query = ShareQuery {
        session,
        ..ShareQuery::default()
    };
    let page = most.of::<Share>(&context.client, "shares", &query).await?;
    let times = context.times().await?;
    let empty = "Nothing is shared. An auditor shares a recording with: drawbridge recording \
                 share ID --for 7d --note WHOM";
    let id = |share: &Share| share.id.clone();
    context.show_list(&page, id, |items| table(items, &times), empty)
}

pub(crate) async fn unshare(context: &Context, args: Revoke) -> Result<(), Failure> {
    let Revoke { id } = args;
    let id = whole_id(&context.client, "shares", &id, |share: &Share| &share.id).await?;
    let path = format!("shares/{id}/revoke");
    let share: Share = context.client.call(&path).await?;
    let text = format!(
        "Link {} leads nowhere any more. It was opened {} times.",
        short(&share.id),
        share.openings
    );
    context.done(&share, &share.id, &text)
}

fn table(shares: &[Share], times: &Times) -> Table {
    let until = times.header("until");
    let mut table = Table::new([
        "id", "session", "channel", "note", &until, "opened", "state",
    ]);
    for share in shares {
        let session = match share.input {
            true => Cell::lines([short(&share.session), "with input".to_owned()]),
            false => short(&share.session).into(),
        };
        let opened = match share.opened_at {
            Some(at) => Cell::lines([
                format!("{} times", share.openings),
                format!("last {}", times.both(at)),
            ]),
            None => "".into(),
        };
        let state = match &share.revoked_by {
            Some(by) => format!("{} by {by}", share.state),
            None => share.state.clone(),
        };
        table.row([
            short(&share.id).into(),
            session,
            share.channel.to_string().into(),
            Cell::lines([share.note.clone(), format!("by {}", share.created_by)]),
            times.cell(share.expires_at),
            opened,
            state.into(),
        ]);
    }
    table
}
