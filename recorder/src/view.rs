//! Looking on while a recording runs. Whoever looks asks again and again: nothing is
//! queued for them, so that no number of them and no slow one costs the session
//! anything.

mod over;
mod recent;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use domain::SessionId;

pub(crate) use over::Over;
pub(crate) use recent::Recent;

use crate::channel::Core;
use crate::live::Live;
use crate::recorder::Recorder;
use crate::writer::lock;

/// Something that somebody who looks on sees, on one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A new beginning: the channel has just come, or more has passed than was kept.
    /// What was seen of it before is to be forgotten.
    Screen {
        /// Its terminal's columns and rows just now; none without a terminal.
        size: Option<(u16, u16)>,
        /// The latest of its output, raw.
        data: Bytes,
    },
    /// Output, raw, of both streams.
    Output(Bytes),
    /// The terminal's new size, in columns and rows.
    Resize(u16, u16),
    /// A remark on the timeline.
    Marker(Arc<str>),
    /// The channel is over; all of its output was seen.
    Closed,
}

/// What stands where a channel was not seen.
const MISSED: &str = "» Not seen live. Its recording has all of it.\r\n";

/// Which channels of a session somebody looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channels {
    /// All that run, and the latest few that are over.
    All,
    /// One: the newest that runs, with a terminal if there is one.
    Newest,
}

/// One who looks on at a session, without holding it up.
pub struct View {
    live: Arc<Live>,
    session: SessionId,
    which: Channels,
    places: BTreeMap<u32, Place>,
    /// The channel that comes next, once somebody has looked.
    next: Option<u32>,
}

#[derive(Default)]
struct Place {
    /// The number of the next piece; none before the first look.
    next: Option<u64>,
    closed: bool,
}

/// A channel that there is something to see of.
pub(crate) struct Shown {
    pub(crate) channel: u32,
    pub(crate) picture: Picture,
}

pub(crate) enum Picture {
    Running(Arc<Core>),
    Over(Arc<Recent>),
}

impl Recorder {
    /// Looks on at a session.
    #[must_use]
    pub fn view(&self, session: SessionId, which: Channels) -> View {
        View {
            live: self.live(),
            session,
            which,
            places: BTreeMap::new(),
            next: None,
        }
    }
}

impl View {
    /// What has come since the last call, each with its channel, of one channel oldest
    /// first. Never waits.
    pub fn look(&mut self) -> Vec<(u32, Seen)> {
        let mut shown = self.live.shown(self.session);
        if self.which == Channels::Newest {
            shown = shown
                .into_iter()
                .max_by_key(Shown::rank)
                .into_iter()
                .collect();
        }
        let mut seen = self.missed(&shown);
        self.places.retain(|channel, place| {
            let is_there = shown.iter().any(|shown| shown.channel == *channel);
            if !is_there && !place.closed {
                seen.push((*channel, Seen::Closed));
            }
            is_there
        });
        for Shown { channel, picture } in shown {
            let place = self.places.entry(channel).or_default();
            if place.closed {
                continue;
            }
            let (pieces, next) = match &picture {
                Picture::Running(core) => lock(&core.state).recent.since(place.next),
                Picture::Over(recent) => recent.since(place.next),
            };
            place.next = Some(next);
            seen.extend(pieces.into_iter().map(|piece| (channel, piece)));
            if matches!(picture, Picture::Over(_)) {
                place.closed = true;
                seen.push((channel, Seen::Closed));
            }
        }
        seen
    }
}

impl View {
    /// Channels that came and went between two looks, too many to be kept: so that
    /// nobody believes to have seen all of it.
    fn missed(&mut self, shown: &[Shown]) -> Vec<(u32, Seen)> {
        let newest = shown.iter().map(|shown| shown.channel).max();
        let before = self.next;
        let next = newest.map_or(0, |newest| newest.saturating_add(1));
        self.next = Some(next.max(before.unwrap_or(0)));
        let (Some(before), Channels::All) = (before, self.which) else {
            return Vec::new();
        };
        let is_there = |channel: &u32| shown.iter().any(|shown| shown.channel == *channel);
        let missed = (before..next).filter(|channel| !is_there(channel));
        let told = missed.flat_map(|channel| {
            let screen = Seen::Screen {
                size: None,
                data: Bytes::from_static(MISSED.as_bytes()),
            };
            [(channel, screen), (channel, Seen::Closed)]
        });
        told.collect()
    }
}

impl Shown {
    /// The higher, the more it is worth to be looked at alone.
    fn rank(&self) -> (bool, bool, u32) {
        let (runs, has_terminal) = match &self.picture {
            Picture::Running(core) => (true, lock(&core.state).recent.has_terminal()),
            Picture::Over(recent) => (false, recent.has_terminal()),
        };
        (runs, has_terminal, self.channel)
    }
}
