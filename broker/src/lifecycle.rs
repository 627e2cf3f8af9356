//! One session from end to end. READ FIRST.
//!
//! ```text
//! accept ─▶ authenticate ─▶ admit ─▶ for each channel: record ─▶ gate ─▶ dial ─▶ relay ─▶ close
//! ```
//! 1. **Accept**: a connection has a place on the porch until it has proven
//!    something; until then little is read from it, and not for long.
//! 2. **Authenticate**, 3. **admit**: [`crate::ssh::vendor`] redeems the ticket. One
//!    transaction uses it up, opens the session, audits it and gives the permit. Who
//!    has a right ticket but comes too early, say, gets in without a permit: their
//!    first channel tells them why, and is all they get.
//! 4. **Record**, 5. **gate**, 6. **dial**, 7. **relay**: [`crate::ssh::channel`], for
//!    each channel. Nothing is dialled without a permit, nothing that is not recorded,
//!    and nothing while the plant wants the vendor to wait ([`crate::ssh::gate`]).
//! 8. **Close**: [`hold`] waits for the first reason to end, and [`close`] carries it
//!    out whatever the peers do: input stops at once, channels end, the connection is
//!    cut after a moment, and the store is told the reason.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use domain::{CloseReason, Revoker, Verdict};
use futures::FutureExt;
use russh::server;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;

use crate::house::House;
use crate::porch::Place;
use crate::registry::Heard;
use crate::report::until_stored;
use crate::session::{ChannelEnd, Session};
use crate::ssh::connection::Connection;
use crate::ssh::vendor::{Begun, Entered, Vendor};
use crate::time_box::{Due, TimeBox, moved, warning};
use crate::wire::Wire;

/// How long one who was refused may take to read why.
const TIME_TO_READ: Duration = Duration::from_secs(10);

/// How long a peer may take to end in good order. Then it is cut.
const GRACE: Duration = Duration::from_millis(300);

/// Serves one connection from its first byte to its last.
pub(crate) async fn serve(
    house: Arc<House>,
    socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    source: SocketAddr,
    place: Place,
) {
    // Accept.
    let (wire, tap) = Wire::new(socket, house.limits.bytes_before_authentication);
    let (vendor, mut entered) = Vendor::new(Arc::clone(&house), source, tap.clone());
    let too_late = tokio::time::sleep(house.limits.time_to_authenticate);
    tokio::pin!(too_late);
    let running = tokio::select! {
        running = server::run_stream(Arc::clone(&house.ssh), wire, vendor) => running,
        () = &mut too_late => return tracing::info!(%source, "ssh.too_slow"),
        () = house.stopping.cancelled() => return,
    };
    let mut connection = match running {
        Ok(running) => Connection::new(running, tap),
        Err(error) => return tracing::debug!(%source, reason = %error, "ssh.not_met"),
    };

    // Authenticate and admit. A connection is never abandoned but cut and awaited, so
    // that no session begins unnoticed.
    let came_in = tokio::select! {
        biased;
        came_in = &mut entered => came_in.ok(),
        _ = connection.over() => entered.try_recv().ok(),
        () = &mut too_late => {
            tracing::info!(%source, "ssh.too_slow");
            connection.cut().await;
            entered.try_recv().ok()
        }
        () = house.stopping.cancelled() => {
            connection.cut().await;
            entered.try_recv().ok()
        }
    };
    match came_in {
        None => {}
        // Stays on the porch: a right ticket that is refused is not used up.
        Some(Entered::Refused(why)) => {
            tokio::select! {
                _ = connection.over() => {}
                () = tokio::time::sleep(TIME_TO_READ) => {}
                () = house.stopping.cancelled() => {}
            }
            connection.end(&why, GRACE).await;
        }
        Some(Entered::Admitted(begun)) => {
            drop(place);
            run(&house, connection, *begun).await;
        }
    }
}

/// Runs a session that was admitted, from its first channel to its close.
async fn run(house: &House, mut connection: Connection, begun: Begun) {
    let Begun {
        session,
        revoker,
        mut ends,
    } = begun;
    let id = session.permit.session();
    tracing::info!(
        session = %id, account = %session.permit.account(), asset = %session.permit.asset(),
        "session.opened"
    );

    // Record, dial and relay happen in the channels, which the connection starts.
    let mut last = None;
    let held = hold(
        house,
        &session,
        &revoker,
        &mut connection,
        &mut ends,
        &mut last,
    );
    let end = AssertUnwindSafe(held)
        .catch_unwind()
        .await
        .unwrap_or_else(|_| {
            ChannelEnd::noted(CloseReason::BrokerFault, "the session's task has panicked")
        });

    close(&session, &revoker, connection, &end.reason).await;
    while let Ok(end) = ends.try_recv() {
        last = Some(end);
    }
    let end = settle(end, last);
    tracing::info!(
        session = %id, reason = end.reason.code(), blame = end.reason.blame().as_str(),
        note = end.note, "session.closed"
    );
    store_end(house, &session, &end).await;
}

/// Holds a session until there is a reason to end it, and keeps the vendor informed.
/// `last` is how the last channel ended.
async fn hold(
    house: &House,
    session: &Session,
    revoker: &Revoker,
    connection: &mut Connection,
    ends: &mut mpsc::UnboundedReceiver<ChannelEnd>,
    last: &mut Option<ChannelEnd>,
) -> ChannelEnd {
    let Session { permit, time, .. } = session;
    let asset = permit.asset();
    let mut entry = house.registry.enter(permit.session());
    let mut time_box = TimeBox::new(permit.window_end(), house.now());
    let silent = connection.until_silent(house.limits.keepalive);
    tokio::pin!(silent);
    loop {
        let now = house.now();
        let until = match time_box.due(now) {
            Due::End => return ChannelEnd::plain(CloseReason::WindowEnded),
            Due::Tell { left } => {
                session.announce(warning(asset, time_box.end(), time, now, left));
                continue;
            }
            Due::Nothing { until } => until,
        };
        tokio::select! {
            () = house.clock.wait_until(until) => {}
            heard = entry.heard() => match heard {
                Heard::Verdict(Verdict::End(reason)) => return ChannelEnd::plain(reason),
                Heard::Verdict(Verdict::Stay { end, input }) => {
                    session.steer(input);
                    if end != time_box.end() {
                        let now = house.now();
                        revoker.extend_to(end);
                        time_box.move_to(end, now);
                        session.announce(moved(asset, end, time, now));
                    }
                }
                Heard::Message(text) => session.announce(format!("Control room: {text}")),
            },
            () = house.stopping.cancelled() => {
                return ChannelEnd::plain(CloseReason::BrokerStopped);
            }
            Some(end) = ends.recv() => {
                if end.ends_session() {
                    return end;
                }
                *last = Some(end);
            }
            ended = connection.over() => return vendor_left(ended),
            () = &mut silent => {
                let note = "the vendor's client was silent for too long";
                return ChannelEnd::noted(CloseReason::VendorLeft, note);
            }
        }
    }
}

fn vendor_left(ended: Result<(), russh::Error>) -> ChannelEnd {
    match ended {
        Ok(()) => ChannelEnd::plain(CloseReason::VendorLeft),
        Err(russh::Error::Join(_)) => ChannelEnd::noted(
            CloseReason::BrokerFault,
            "the connection's task has panicked",
        ),
        // Some clients hang up without the message that RFC 4253, 11.1 has for it.
        Err(russh::Error::IO(error)) if error.kind() == ErrorKind::UnexpectedEof => {
            ChannelEnd::plain(CloseReason::VendorLeft)
        }
        Err(error) => ChannelEnd::noted(CloseReason::VendorLeft, error),
    }
}

/// Carries out a session's end, whatever its peers do.
async fn close(
    session: &Session,
    revoker: &Revoker,
    mut connection: Connection,
    reason: &CloseReason,
) {
    revoker.revoke();
    session.end(reason);
    session.tasks.close();
    let in_good_order = async {
        session.tasks.wait().await;
        // A client whose last channel has closed shows what came on it, and goes. One
        // that is busy would read of the end first, and show nothing of it.
        let _ = connection.over().await;
    };
    let _ = tokio::time::timeout(GRACE, in_good_order).await;
    if !session.tasks.is_empty() {
        tracing::debug!(session = %session.permit.session(), "session.channels_linger");
    }
    connection.end(&reason.for_vendor(), GRACE).await;
    // What is left waits for the disk and the store alone.
    session.tasks.wait().await;
}

/// The reason that counts. A vendor who leaves after something went wrong has left
/// because of that; a recording that failed in its last moment has failed.
fn settle(end: ChannelEnd, last: Option<ChannelEnd>) -> ChannelEnd {
    match last {
        Some(last) if end.reason == CloseReason::VendorLeft => {
            if last.reason == CloseReason::VendorLeft {
                end
            } else {
                last
            }
        }
        Some(_) | None => end,
    }
}

/// Tells the store.
async fn store_end(house: &House, session: &Session, end: &ChannelEnd) {
    let id = session.permit.session();
    let note = end.note.as_deref();
    let close = || house.store.close_session(id, end.reason.clone(), note);
    until_stored(house, &format!("session {id}"), close).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_that_counts() {
        use CloseReason::{RecordingFailed, TargetUnreachable, VendorLeft, WindowEnded};
        let end = ChannelEnd::plain;
        for (ended, last, counts) in [
            (VendorLeft, None, VendorLeft),
            (VendorLeft, Some(VendorLeft), VendorLeft),
            (VendorLeft, Some(TargetUnreachable), TargetUnreachable),
            (VendorLeft, Some(RecordingFailed), RecordingFailed),
            (WindowEnded, Some(TargetUnreachable), WindowEnded),
            (WindowEnded, Some(WindowEnded), WindowEnded),
        ] {
            let settled = settle(end(ended.clone()), last.clone().map(end));
            assert_eq!(settled.reason, counts, "{ended:?} after {last:?}");
        }
    }
}
