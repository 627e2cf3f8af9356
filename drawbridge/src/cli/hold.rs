//! Legal holds on recordings, and what is due to be purged.

use admin_api::dto::{Hold, HoldQuery, KeptRecording, Page, PurgePlan, PurgeQuery, Reason};
use clap::Args;
use domain::ZoneName;

use super::context::{Context, Form, show_json};
use super::failure::Failure;
use super::list::{Most, short, whole_id};
use super::recording::resolve;
use super::table::{Cell, Table};
use super::times::Times;

/// What is to be held, and why.
#[derive(Args, Debug)]
pub struct Place {
    /// The session whose recordings are to be held
    #[arg(required_unless_present = "zone", conflicts_with = "zone")]
    id: Option<String>,
    /// All recordings of this zone instead, past and to come
    #[arg(long)]
    zone: Option<ZoneName>,
    /// Why, for the audit log
    #[arg(long)]
    reason: String,
}

/// Which hold is to be released, and why.
#[derive(Args, Debug)]
pub struct Release {
    /// The hold, as `drawbridge recording holds` shows it
    id: String,
    /// Why, for the audit log
    #[arg(long)]
    reason: String,
}

/// Which holds.
#[derive(Args, Debug)]
pub struct List {
    /// Only those on this session
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// Only those on this zone
    #[arg(long)]
    zone: Option<ZoneName>,
    /// Those that were released instead
    #[arg(long)]
    released: bool,
    #[command(flatten)]
    most: Most,
}

/// What would be purged.
#[derive(Args, Debug)]
pub struct Purge {
    /// Show what is due and what comes next, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// At most this many of each
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
}

pub(crate) async fn place(context: &Context, args: Place) -> Result<(), Failure> {
    let Place { id, zone, reason } = args;
    let (path, what) = match (zone, id) {
        (Some(zone), _) => (
            format!("zones/{zone}/hold"),
            format!("No recording of zone {zone} is"),
        ),
        (None, id) => {
            let id = resolve(context, &id.unwrap_or_default()).await?;
            let what = format!("No recording of session {} is", short(&id));
            (format!("sessions/{id}/hold"), what)
        }
    };
    let hold: Hold = context.client.post(&path, &Reason { reason }).await?;
    let text = format!(
        "{what} purged until an auditor releases hold {}.",
        short(&hold.id)
    );
    context.done(&hold, &hold.id, &text)
}

pub(crate) async fn release(context: &Context, args: Release) -> Result<(), Failure> {
    let Release { id, reason } = args;
    let id = whole_id(&context.client, "holds", &id, |hold: &Hold| &hold.id).await?;
    let path = format!("holds/{id}/release");
    let hold: Hold = context.client.post(&path, &Reason { reason }).await?;
    let text = format!(
        "Hold {} on {} is released. Others on it stay; whose retention has ended is purged \
         within the hour.",
        short(&id),
        on(&hold)
    );
    context.done(&hold, &hold.id, &text)
}

pub(crate) async fn list(context: &Context, args: List) -> Result<(), Failure> {
    let List {
        session,
        zone,
        released,
        most,
    } = args;
    let session = match session {
        Some(session) => Some(resolve(context, &session).await?),
        None => None,
    };
    let query = HoldQuery {
        session,
        zone: zone.map(|zone| zone.to_string()),
        in_force: Some(!released),
        ..HoldQuery::default()
    };
    let page = most.of::<Hold>(&context.client, "holds", &query).await?;
    let times = context.times().await?;
    let empty = if released {
        "No hold was released."
    } else {
        "Nothing is under a hold. Place one with: drawbridge recording hold ID --reason WHY"
    };
    let id = |hold: &Hold| hold.id.clone();
    context.show_list(&page, id, |items| table(items, &times), empty)
}

pub(crate) async fn purge(context: &Context, args: Purge) -> Result<(), Failure> {
    let Purge { dry_run, limit } = args;
    if !dry_run {
        return Err(Failure::usage(
            "the broker purges by itself, every hour, what its retention and no hold keeps any \
             more; add --dry-run to see what is due and what comes next",
        ));
    }
    let query = PurgeQuery { limit: Some(limit) };
    let plan: PurgePlan = context.client.get_with("retention", &query).await?;
    let times = context.times().await?;
    let recordings = Page {
        items: plan.due.iter().chain(&plan.next).cloned().collect(),
        next: None,
    };
    if context.form() == Form::Json {
        return show_json(&plan);
    }
    let due: Vec<_> = plan.due.iter().map(key).collect();
    let id = |kept: &KeptRecording| kept.session.clone();
    let shown = |items: &[KeptRecording]| plan_table(items, &due, &times);
    context.show_list(
        &recordings,
        id,
        shown,
        "No recording is kept by its retention.",
    )?;
    context.remark(&summary(&plan));
    Ok(())
}

fn key(kept: &KeptRecording) -> (String, u32) {
    (kept.session.clone(), kept.channel)
}

fn summary(plan: &PurgePlan) -> String {
    let PurgePlan {
        due_count,
        held,
        not_sealed,
        ..
    } = plan;
    let mut text = format!("{due_count} due, to be purged within the hour.");
    if *held > 0 {
        text.push_str(&format!(" {held} more would be due, but are under a hold."));
    }
    if *not_sealed > 0 {
        text.push_str(&format!(
            " {not_sealed} more would be due, but have no seal, and are kept."
        ));
    }
    text
}

fn on(hold: &Hold) -> String {
    match (&hold.session, &hold.zone) {
        (Some(session), _) => format!("session {}", short(session)),
        (None, Some(zone)) => format!("zone {zone}"),
        (None, None) => String::new(),
    }
}

fn table(holds: &[Hold], times: &Times) -> Table {
    let placed = times.header("placed");
    let mut table = Table::new(["id", "on", &placed, "by", "reason", "released"]);
    for hold in holds {
        let released = match &hold.released {
            Some(released) => Cell::lines([
                format!("by {}", released.by),
                times.both(released.at),
                released.reason.clone(),
            ]),
            None => "".into(),
        };
        table.row([
            short(&hold.id).into(),
            on(hold).into(),
            times.cell(hold.placed_at),
            (&hold.placed_by).into(),
            (&hold.reason).into(),
            released,
        ]);
    }
    table
}

fn plan_table(kept: &[KeptRecording], due: &[(String, u32)], times: &Times) -> Table {
    let until = times.header("kept until");
    let mut table = Table::new(["session", "channel", "zone", &until, "state"]);
    for recording in kept {
        let state = if due.contains(&key(recording)) {
            "due"
        } else {
            "kept"
        };
        table.row([
            short(&recording.session).into(),
            recording.channel.to_string().into(),
            (&recording.zone).into(),
            times.cell(recording.kept_until),
            state.into(),
        ]);
    }
    table
}
