//! When to show what, for whoever replays a recording. Pure: waiting and
//! showing are the caller's.

use std::time::Duration;

use crate::cast::{Event, ReadError, Timed};

/// How fast to replay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Times real time; anything that is not above zero counts as 1.
    pub speed: f64,
    /// The longest pause that is kept, before `speed` is applied.
    pub idle_limit: Option<Duration>,
}

/// One event and how long to wait before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<'a> {
    /// Since the step before.
    pub wait: Duration,
    /// When it happened, since the start of the recording.
    pub at: Duration,
    /// What happened.
    pub event: Event<'a>,
}

/// The steps of a recording at a pace.
pub fn timeline<'a>(
    events: impl Iterator<Item = Result<Timed<'a>, ReadError>>,
    pace: Pace,
) -> impl Iterator<Item = Result<Step<'a>, ReadError>> {
    let mut last = Duration::ZERO;
    events.map(move |event| {
        let Timed { at, event } = event?;
        let pause = at.saturating_sub(last);
        last = at;
        Ok(Step {
            wait: pace.wait(pause),
            at,
            event,
        })
    })
}

impl Pace {
    fn wait(&self, pause: Duration) -> Duration {
        let pause = self.idle_limit.map_or(pause, |limit| pause.min(limit));
        let speed = if self.speed > 0.0 { self.speed } else { 1.0 };
        Duration::try_from_secs_f64(pause.as_secs_f64() / speed).unwrap_or(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(speed: f64, idle_limit: Option<u64>) -> Vec<u128> {
        let events = [0, 500, 500, 60_500].map(|ms| {
            Ok(Timed {
                at: Duration::from_millis(ms),
                event: Event::Marker("m".into()),
            })
        });
        let pace = Pace {
            speed,
            idle_limit: idle_limit.map(Duration::from_millis),
        };
        timeline(events.into_iter(), pace)
            .map(|step| step.unwrap().wait.as_millis())
            .collect()
    }

    #[test]
    fn speed_and_idle_limit() {
        assert_eq!(waits(1.0, None), [0, 500, 0, 60_000]);
        assert_eq!(waits(2.0, None), [0, 250, 0, 30_000]);
        assert_eq!(waits(1.0, Some(2000)), [0, 500, 0, 2000]);
        assert_eq!(waits(4.0, Some(2000)), [0, 125, 0, 500]);
        assert_eq!(waits(0.0, None), [0, 500, 0, 60_000]);
        assert_eq!(waits(f64::NAN, None), [0, 500, 0, 60_000]);
        assert_eq!(waits(f64::MIN_POSITIVE, None), [0, 500, 0, 60_000]);
    }
}
