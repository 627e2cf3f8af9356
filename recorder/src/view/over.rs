//! The latest channels that are over, kept so that whoever looks on sees all of a
//! command that ran for less time than there is between two looks. Pure.

use std::collections::VecDeque;
use std::sync::Arc;

use domain::SessionId;

use super::{Picture, Recent, Shown};

/// So many are kept of one session, and of all.
const OF_ONE: usize = 16;
const OF_ALL: usize = 64;

/// The latest channels that are over, oldest first.
#[derive(Default)]
pub(crate) struct Over {
    channels: VecDeque<(SessionId, u32, Arc<Recent>)>,
}

impl Over {
    pub(crate) fn push(&mut self, session: SessionId, channel: u32, recent: Recent) {
        let of_it = || self.channels.iter().filter(|(of, ..)| *of == session);
        if of_it().count() >= OF_ONE {
            let oldest = self.channels.iter().position(|(of, ..)| *of == session);
            oldest.map(|at| self.channels.remove(at));
        } else if self.channels.len() >= OF_ALL {
            self.channels.pop_front();
        }
        self.channels
            .push_back((session, channel, Arc::new(recent)));
    }

    pub(crate) fn of(&self, session: SessionId) -> impl Iterator<Item = Shown> {
        let of_it = self.channels.iter().filter(move |(of, ..)| *of == session);
        of_it.map(|(_, channel, recent)| Shown {
            channel: *channel,
            picture: Picture::Over(Arc::clone(recent)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(n: u32) -> SessionId {
        let text = format!("01930000-0000-7000-8000-{n:012}");
        text.parse().expect("an id")
    }

    fn kept(over: &Over, of: SessionId) -> Vec<u32> {
        over.of(of).map(|shown| shown.channel).collect()
    }

    #[test]
    fn the_latest_few_are_kept_of_each_session_and_no_more_of_all_than_fit() {
        let mut over = Over::default();
        for channel in 0..18 {
            over.push(session(0), channel, Recent::new(None));
        }
        over.push(session(1), 0, Recent::new(None));
        assert_eq!(kept(&over, session(0)), (2..18).collect::<Vec<_>>());
        assert_eq!(kept(&over, session(1)), [0]);
        for other in 2..100 {
            over.push(session(other), 0, Recent::new(None));
        }
        assert_eq!(over.channels.len(), OF_ALL);
        assert_eq!(kept(&over, session(0)), [0; 0]);
        assert_eq!(kept(&over, session(99)), [0]);
    }
}
