//! `drawbridge request`: asking for access, and answering.

use admin_api::dto::{Approval, Approve, NewRequest, Reason, Request, RequestQuery};
use clap::{Args, Subcommand};
use domain::Timestamp;

use super::context::Context;
use super::failure::Failure;
use super::list::{Most, short, whole_id};
use super::table::{Cell, Details, Table};
use super::times::Times;
use super::when::{self, WindowArgs};

/// Ask for access, and answer.
#[derive(Subcommand, Debug)]
#[command(after_help = "Examples:
  drawbridge request create plc-7 --for 2h --purpose 'Replace the vibration limit' --work-order WO-1182
  drawbridge request create plc-7 --from 'tomorrow 08:00' --until 12:00 --purpose 'Yearly check'
  drawbridge request list --state waiting
  drawbridge request approve 7e8f9a0b --until 16:00 --note 'Not beyond the shift'
  drawbridge request deny 7e8f9a0b --reason 'Unit 2 is being started'")]
pub enum Command {
    /// Ask for access to an asset (vendors)
    Create(Create),
    /// List requests, newest first
    List(List),
    /// Show one request
    Show {
        /// The request
        id: String,
    },
    /// Take back one of your requests (vendors)
    Withdraw {
        /// The request
        id: String,
    },
    /// Approve a request; the window may be narrowed (approvers)
    Approve(ApproveArgs),
    /// Deny a request (approvers)
    Deny {
        /// The request
        id: String,
        /// Why, for the vendor and the audit log
        #[arg(long)]
        reason: String,
    },
}

/// A new request.
#[derive(Args, Debug)]
pub struct Create {
    /// The asset, as `drawbridge asset list` names it
    asset: String,
    /// What for
    #[arg(long)]
    purpose: String,
    /// The plant's number for the work
    #[arg(long, value_name = "NUMBER")]
    work_order: Option<String>,
    /// How you will connect
    #[arg(long, default_value = "ssh")]
    protocol: String,
    #[command(flatten)]
    window: WindowArgs,
}

/// Which requests.
#[derive(Args, Debug)]
pub struct List {
    /// Only those that are waiting, granted, denied, withdrawn, lapsed or cancelled
    #[arg(long)]
    state: Option<String>,
    /// Only those for this asset
    #[arg(long)]
    asset: Option<String>,
    /// Only those of this vendor
    #[arg(long)]
    account: Option<String>,
    #[command(flatten)]
    most: Most,
}

/// An approval.
#[derive(Args, Debug)]
pub struct ApproveArgs {
    /// The request
    id: String,
    #[command(flatten)]
    window: WindowArgs,
    /// What you add for the vendor
    #[arg(long)]
    note: Option<String>,
}

pub(crate) async fn run(context: &Context, command: Command) -> Result<(), Failure> {
    match command {
        Command::Create(args) => create(context, args).await,
        Command::List(args) => list(context, args).await,
        Command::Show { id } => {
            let request = fetch(context, &id).await?;
            let times = context.times().await?;
            context.show(&request, &request.id, || details(&request, &times))?;
            let next = next_step(&request);
            if !next.is_empty() {
                context.remark(&next);
            }
            Ok(())
        }
        Command::Withdraw { id } => {
            let id = resolve(context, &id).await?;
            let request: Request = context
                .client
                .call(&format!("requests/{id}/withdraw"))
                .await?;
            let text = format!("Your request {} is withdrawn.", short(&request.id));
            context.done(&request, &request.id, &text)
        }
        Command::Approve(args) => approve(context, args).await,
        Command::Deny { id, reason } => {
            let id = resolve(context, &id).await?;
            let path = format!("requests/{id}/deny");
            let request: Request = context.client.post(&path, &Reason { reason }).await?;
            let text = format!(
                "Request {} of {} is denied.",
                short(&request.id),
                request.account
            );
            context.done(&request, &request.id, &text)
        }
    }
}

async fn create(context: &Context, args: Create) -> Result<(), Failure> {
    let Create {
        asset,
        purpose,
        work_order,
        protocol,
        window,
    } = args;
    let times = context.times().await?;
    let now = context.now().await?;
    let meant = when::window(&window, times.zone(), now, now).map_err(bad_when)?;
    let Some(not_after) = meant.end else {
        return Err(Failure::usage(
            "say how long: add --for 2h or --until 16:00",
        ));
    };
    let new = NewRequest {
        asset,
        protocol,
        purpose,
        work_order,
        not_before: meant.start,
        not_after,
    };
    let request: Request = context.client.post("requests", &new).await?;
    let span = times.span(request.wanted.start, request.wanted.end);
    let text = format!(
        "Request {} is filed: {} for {span}.",
        short(&request.id),
        request.asset
    );
    context.done(&request, &request.id, &text)?;
    context.remark(&next_step(&request));
    Ok(())
}

async fn list(context: &Context, args: List) -> Result<(), Failure> {
    let List {
        state,
        asset,
        account,
        most,
    } = args;
    let query = RequestQuery {
        state,
        asset,
        account,
        ..RequestQuery::default()
    };
    let listed = most
        .of::<Request>(&context.client, "requests", &query)
        .await?;
    let times = context.times().await?;
    let empty =
        "No requests. A vendor asks with: drawbridge request create ASSET --for 2h --purpose '…'";
    context.show_list(
        &listed,
        |request| request.id.clone(),
        |items| table(items, &times),
        empty,
    )
}

async fn approve(context: &Context, args: ApproveArgs) -> Result<(), Failure> {
    let ApproveArgs { id, window, note } = args;
    let request = fetch(context, &id).await?;
    let times = context.times().await?;
    let now = context.now().await?;
    let left = &request.window;
    let meant = when::window(&window, times.zone(), now, left.start.max(now)).map_err(bad_when)?;
    let not_before = if window.from.as_deref() == Some("now") {
        Some(now)
    } else {
        meant.start
    };
    let approve = Approve {
        not_before,
        not_after: meant.end,
        note,
    };
    let path = format!("requests/{}/approve", request.id);
    let request: Request = context.client.post(&path, &approve).await?;
    let span = times.span(request.window.start, request.window.end);
    let what = format!("{} to {} for {span}", request.account, request.asset);
    let text = match (&request.grant, request.approvals_needed) {
        (Some(grant), _) => format!("Granted: {what}. Grant {}.", short(grant)),
        (None, Some(needed)) => {
            let count = request.approvals.len();
            format!("Approved, {count} of {needed}: {what}. Another approver must agree.")
        }
        (None, None) => format!("Approved: {what}."),
    };
    context.done(&request, &request.id, &text)
}

async fn resolve(context: &Context, id: &str) -> Result<String, Failure> {
    whole_id(&context.client, "requests", id, |request: &Request| {
        &request.id
    })
    .await
}

async fn fetch(context: &Context, id: &str) -> Result<Request, Failure> {
    let id = resolve(context, id).await?;
    context.client.get(&format!("requests/{id}")).await
}

pub(super) fn bad_when(error: when::BadWhen) -> Failure {
    Failure::usage(error.to_string())
}

fn state(request: &Request) -> String {
    match (request.state.as_str(), request.approvals_needed) {
        ("waiting", Some(needed)) => format!("waiting, {} of {needed}", request.approvals.len()),
        (state, _) => state.to_owned(),
    }
}

fn table(requests: &[Request], times: &Times) -> Table {
    let window = times.header("window");
    let mut table = Table::new(["id", "vendor", "asset", &window, "state", "purpose"]);
    for request in requests {
        table.row([
            short(&request.id).into(),
            (&request.account).into(),
            (&request.asset).into(),
            times.window(request.window.start, request.window.end),
            state(request).into(),
            (&request.purpose).into(),
        ]);
    }
    table
}

fn details(request: &Request, times: &Times) -> Details {
    let span = |start: Timestamp, end: Timestamp| times.span(start, end);
    let approval = |approval: &Approval| {
        let by = approval.by.as_deref().unwrap_or("an approver");
        let note = approval
            .note
            .as_ref()
            .map(|note| format!(": {note}"))
            .unwrap_or_default();
        format!("{by}, {}{note}", times.both(approval.at))
    };
    let narrowed = request.window != request.wanted;
    let details = Details::default()
        .with("request", &request.id)
        .with("state", state(request))
        .with("vendor", &request.account)
        .with(
            "asset",
            format!(
                "{} in zone {}, by {}",
                request.asset, request.zone, request.protocol
            ),
        )
        .with("purpose", &request.purpose)
        .with_some("work order", request.work_order.as_ref())
        .with("filed", times.both(request.created_at))
        .with(
            "window asked",
            span(request.wanted.start, request.wanted.end),
        )
        .with_some(
            "window left",
            narrowed.then(|| span(request.window.start, request.window.end)),
        )
        .with_some("more time for grant", request.extends.as_ref())
        .with(
            "approved by",
            Cell::lines(request.approvals.iter().map(approval)),
        )
        .with_some("grant", request.grant.as_ref());
    match &request.ended {
        None => details,
        Some(ended) => {
            let by = ended
                .by
                .as_ref()
                .map(|by| format!(" by {by}"))
                .unwrap_or_default();
            details
                .with("ended", format!("{}{by}", times.both(ended.at)))
                .with_some("reason", ended.reason.as_ref())
        }
    }
}

/// What is to be done next, and by whom.
fn next_step(request: &Request) -> String {
    let missing = request
        .approvals_needed
        .map(|n| n.saturating_sub(request.approvals.len()));
    match (request.state.as_str(), &request.grant) {
        ("waiting", _) => format!(
            "It waits for {}: drawbridge request approve {}",
            match missing {
                Some(1) => "an approver of the zone".to_owned(),
                Some(n) => format!("{n} approvers of the zone"),
                None => "its zone, which the plant no longer has".to_owned(),
            },
            short(&request.id)
        ),
        ("granted", Some(grant)) => {
            format!(
                "The vendor connects with: drawbridge grant connect {}",
                short(grant)
            )
        }
        _ => String::new(),
    }
}
