//! Looking on while a recording runs. Whoever looks asks again and again: nothing is
//! queued for them, so that no number of them and no slow one costs the session
//! anything.

mod recent;

use std::sync::{Arc, Weak};

use bytes::Bytes;
use domain::SessionId;

pub(crate) use recent::Recent;

use crate::channel::Core;
use crate::live::Live;
use crate::recorder::Recorder;
use crate::writer::lock;

/// Something that somebody who looks on sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A new beginning: another channel, or more has passed than was kept. What was
    /// seen before is to be forgotten.
    Screen {
        /// The channel.
        channel: u32,
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
}

/// One who looks on at a session, without holding it up.
pub struct View {
    live: Arc<Live>,
    session: SessionId,
    at: Option<Place>,
}

struct Place {
    core: Weak<Core>,
    channel: u32,
    next: u64,
}

impl Recorder {
    /// Looks on at a session: at its newest channel with a terminal or, if none has
    /// one, at its newest.
    #[must_use]
    pub fn view(&self, session: SessionId) -> View {
        View {
            live: self.live(),
            session,
            at: None,
        }
    }
}

impl View {
    /// What has come since the last call, oldest first; nothing, if no channel runs.
    /// Never waits.
    pub fn look(&mut self) -> Vec<Seen> {
        let Some(core) = self.live.shown(self.session) else {
            return Vec::new();
        };
        let same = self.at.as_ref().filter(|at| at.channel == core.channel);
        let from = same.map(|at| at.next);
        let (seen, next) = lock(&core.state).recent.since(core.channel, from);
        self.at = Some(Place {
            core: Arc::downgrade(&core),
            channel: core.channel,
            next,
        });
        seen
    }

    /// The channel that is looked at, while it runs.
    #[must_use]
    pub fn channel(&self) -> Option<u32> {
        let at = self.at.as_ref()?;
        (at.core.strong_count() > 0).then_some(at.channel)
    }
}
