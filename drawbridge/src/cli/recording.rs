//! `drawbridge recording`: the evidence, replayed and exported.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use admin_api::dto::{Recording, RecordingQuery, ReplayQuery, Session};
use anyhow::Context as _;
use clap::{Args, Subcommand};
use recorder::play::Pace;
use reqwest::Response;

use super::between::Between;
use super::context::Context;
use super::failure::Failure;
use super::hold;
use super::list::{Most, short, whole_id};
use super::replay;
use super::search;
use super::share;
use super::table::Table;
use super::times::Times;
use super::which::Which;
use crate::output;

/// A recording as asciicast, in the API.
const CAST: &str = "recording.cast";
/// More is not replayed from memory, in bytes.
const MOST_IN_MEMORY: usize = 1 << 30;

/// Replay and export what was recorded.
#[derive(Subcommand, Debug)]
#[command(after_help = "Examples:
  drawbridge recording list --asset plc-7
  drawbridge recording play 1c2d3e4f --speed 2 --idle-limit 1
  drawbridge recording search 'overspeed trip*' --asset plc-7 --since '2026-11-20 00:00'
  drawbridge recording export 1c2d3e4f --out visit.tar     # a bundle: drawbridge verify visit.tar
  drawbridge recording export 1c2d3e4f --out visit.cast    # asciicast v3: asciinema play visit.cast
  drawbridge recording export 1c2d3e4f --input --out visit-with-input.cast
  drawbridge recording hold 1c2d3e4f --reason 'Accident of 24 November'
  drawbridge recording share 1c2d3e4f --for 7d --note 'The regulator, case 17'
  drawbridge recording purge --dry-run

A recording goes by the id of its session. Each opening is itself in the audit log.")]
pub enum Command {
    /// List recordings, newest first
    List(List),
    /// Replay a recording on this terminal
    #[command(after_help = "\
What the asset sent is shown raw, as the vendor's terminal got it: colours, cursor movements and
all. Left out is what would make your terminal answer, or act outside of what it shows: queries
of its identity and state, the clipboard, titles, printing, mouse reports. Ctrl-C stops; then
the terminal is put back in order. Into a file or pipe, all is written at once.")]
    Play(Play),
    /// Find lines in recordings, and when they were there
    #[command(after_help = search::HELP)]
    Search(search::Search),
    /// Save a recording as a bundle that can be checked off-line, or as an asciicast file
    Export(Export),
    /// Keep a session's recordings, or a zone's, whatever their retention (auditors, admins)
    Hold(hold::Place),
    /// Release a legal hold (auditors)
    Release(hold::Release),
    /// List legal holds, newest first (auditors, admins)
    Holds(hold::List),
    /// See what is due to be purged (auditors, admins)
    Purge(hold::Purge),
    /// Make a link that opens a recording without an account (auditors)
    Share(share::New),
    /// List such links, newest first (auditors, admins)
    Shares(share::List),
    /// Take such a link back (auditors, admins)
    Unshare(share::Revoke),
}

/// Which recordings.
#[derive(Args, Debug)]
pub struct List {
    /// Only those of this session
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    between: Between,
    #[command(flatten)]
    most: Most,
}

/// Which recording, and how fast.
#[derive(Args, Debug)]
pub struct Play {
    /// The session
    id: String,
    /// The channel of the session; its first if it is left out
    #[arg(long, value_name = "N")]
    channel: Option<u32>,
    /// Times as fast as it was
    #[arg(long, value_name = "N", default_value = "1", value_parser = positive)]
    speed: f64,
    /// Shorten each pause to this many seconds
    #[arg(long, value_name = "SECONDS", value_parser = positive)]
    idle_limit: Option<f64>,
    /// Begin there: 1:02:03 is an hour, two minutes and three seconds after the start
    #[arg(long, value_name = "H:MM:SS", value_parser = search::read_position)]
    at: Option<Duration>,
}

/// Which recording, and where to.
#[derive(Args, Debug)]
pub struct Export {
    /// The session
    id: String,
    /// The file to write, which must not exist yet; - for standard output. One whose name ends in
    /// .cast, and standard output, get asciicast; any other file gets a bundle
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    /// The channel of the session; its first if it is left out
    #[arg(long, value_name = "N")]
    channel: Option<u32>,
    /// With the vendor's keystrokes, which may hold passwords (auditors)
    #[arg(long)]
    input: bool,
    /// A bundle, whatever PATH is. It has all that is needed to check it off-line, in a tar file:
    /// the recording as it is kept, its keys, its seal, and the proof that the seal is in the log
    #[arg(long)]
    bundle: bool,
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number > 0.0 => Ok(number),
        Ok(_) | Err(_) => Err("write a number above zero".to_owned()),
    }
}

pub(crate) async fn run(context: &Context, command: Command) -> Result<(), Failure> {
    match command {
        Command::List(args) => list(context, args).await,
        Command::Play(args) => play(context, args).await,
        Command::Search(args) => search::run(context, args).await,
        Command::Export(args) => export(context, args).await,
        Command::Hold(args) => hold::place(context, args).await,
        Command::Release(args) => hold::release(context, args).await,
        Command::Holds(args) => hold::list(context, args).await,
        Command::Purge(args) => hold::purge(context, args).await,
        Command::Share(args) => share::share(context, args).await,
        Command::Shares(args) => share::list(context, args).await,
        Command::Unshare(args) => share::unshare(context, args).await,
    }
}

async fn list(context: &Context, args: List) -> Result<(), Failure> {
    let List {
        session,
        which,
        between,
        most,
    } = args;
    let times = context.times().await?;
    let (since, until) = between.read(context, &times).await?;
    let session = match session {
        Some(session) => Some(resolve(context, &session).await?),
        None => None,
    };
    let query = RecordingQuery {
        session,
        account: which.account,
        asset: which.asset,
        zone: which.zone,
        company: which.company,
        since,
        until,
        ..RecordingQuery::default()
    };
    let page = most
        .of::<Recording>(&context.client, "recordings", &query)
        .await?;
    let empty = "No recordings. One begins with each channel of a session: drawbridge session list";
    let id = |recording: &Recording| recording.session.clone();
    context.show_list(&page, id, |items| table(items, &times), empty)
}

async fn play(context: &Context, args: Play) -> Result<(), Failure> {
    let Play {
        id,
        channel,
        speed,
        idle_limit,
        at,
    } = args;
    let query = ReplayQuery {
        channel,
        input: false,
    };
    let mut answer = open(context, &id, CAST, query).await?;
    let mut cast = Vec::new();
    while let Some(piece) = next(&mut answer).await? {
        if cast.len() + piece.len() > MOST_IN_MEMORY {
            return Err(Failure::failed(
                "The recording is larger than 1 GiB. Export it, and play the file: drawbridge \
                 recording export ID --out FILE",
            ));
        }
        cast.extend_from_slice(&piece);
    }
    let idle_limit = idle_limit.and_then(|limit| Duration::try_from_secs_f64(limit).ok());
    replay::play(&cast, Pace { speed, idle_limit }, at).await
}

async fn export(context: &Context, args: Export) -> Result<(), Failure> {
    let Export {
        id,
        out,
        channel,
        input,
        bundle,
    } = args;
    let to_file = out.as_os_str() != "-";
    if to_file && out.exists() {
        return Err(Failure::failed(format!(
            "{} exists already, and evidence is not written over. Name another file.",
            out.display()
        )));
    }
    let is_cast = out.extension().is_some_and(|ending| ending == "cast");
    let bundle = bundle || (to_file && !is_cast);
    let what = if bundle { "bundle.tar" } else { CAST };
    let mut answer = open(context, &id, what, ReplayQuery { channel, input }).await?;
    if !to_file {
        while let Some(piece) = next(&mut answer).await? {
            output::raw(&piece)?;
        }
        return Ok(());
    }
    let mut beside = out.clone().into_os_string();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    let saved = save(&mut answer, &beside, &out).await;
    if saved.is_err() {
        // The failure itself is what is to be told.
        let _ = std::fs::remove_file(&beside);
    }
    let bytes = saved?;
    let out = out.display();
    let check = if bundle {
        format!("; check it with: drawbridge verify {out} --key KEY")
    } else {
        String::new()
    };
    context.remark(&format!("{bytes} bytes in {out}{check}"));
    Ok(())
}

/// Half an export is none: the file has its name only once it is whole.
async fn save(answer: &mut Response, beside: &Path, out: &Path) -> Result<u64, Failure> {
    let wrong = || format!("{} could not be written", out.display());
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(beside)
        .with_context(wrong)?;
    let mut bytes = 0;
    while let Some(piece) = next(answer).await? {
        file.write_all(&piece).with_context(wrong)?;
        bytes += piece.len() as u64;
    }
    file.sync_all().with_context(wrong)?;
    // Unlike a renaming, a link does not replace what came there meanwhile; but
    // not every file system has links.
    match std::fs::hard_link(beside, out) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => std::fs::rename(beside, out),
        Err(error) => Err(error),
        Ok(()) => std::fs::remove_file(beside),
    }
    .with_context(wrong)?;
    Ok(bytes)
}

async fn open(
    context: &Context,
    id: &str,
    what: &str,
    query: ReplayQuery,
) -> Result<Response, Failure> {
    let id = resolve(context, id).await?;
    let channel = match query.channel {
        Some(channel) => channel,
        None => first_channel(context, &id).await?,
    };
    let query = ReplayQuery {
        channel: Some(channel),
        ..query
    };
    let path = format!("sessions/{id}/{what}");
    context.client.open(&path, &query).await
}

pub(super) async fn first_channel(context: &Context, session: &str) -> Result<u32, Failure> {
    let query = RecordingQuery {
        session: Some(session.to_owned()),
        ..RecordingQuery::default()
    };
    let found = context
        .client
        .list::<Recording>("recordings", &query, None)
        .await?;
    let mut channels: Vec<u32> = found.items.iter().map(|r| r.channel).collect();
    channels.sort_unstable();
    match channels.as_slice() {
        [] => Err(Failure::failed(format!(
            "Session {} has no recording that you may see: it opened no channel, or there is no \
             such session. See `drawbridge recording list`.",
            short(session)
        ))),
        [only] => Ok(*only),
        [first, others @ ..] => {
            let others: Vec<_> = others.iter().map(ToString::to_string).collect();
            output::remark(&format!(
                "Channel {first}; the session also has {}: see --channel.",
                others.join(", ")
            ));
            Ok(*first)
        }
    }
}

async fn next(answer: &mut Response) -> Result<Option<bytes::Bytes>, Failure> {
    answer.chunk().await.map_err(|error| {
        Failure::from(io::Error::other(format!(
            "The recording broke off on its way ({error}). Try again."
        )))
    })
}

pub(super) async fn resolve(context: &Context, id: &str) -> Result<String, Failure> {
    whole_id(&context.client, "sessions", id, |session: &Session| {
        &session.id
    })
    .await
}

fn table(recordings: &[Recording], times: &Times) -> Table {
    let started = times.header("started");
    let mut table = Table::new([
        "session", "channel", "vendor", "asset", &started, "what", "state",
    ]);
    for recording in recordings {
        let state = match recording.exit_status {
            Some(status) => format!("{}, exit {status}", recording.state),
            None => recording.state.clone(),
        };
        table.row([
            short(&recording.session).into(),
            recording.channel.to_string().into(),
            (&recording.account).into(),
            (&recording.asset).into(),
            times.cell(recording.started_at),
            recording.command.as_ref().unwrap_or(&recording.kind).into(),
            state.into(),
        ]);
    }
    table
}
