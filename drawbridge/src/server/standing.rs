//! How something stands that is tried again and again, the signing of the log or an
//! anchor: when it is tried next, and what is to be told of it. Pure: the time is handed in.

use std::time::Duration;

/// How fast it is tried.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Between two attempts at least.
    pub(super) least: Duration,
    /// Between two attempts at most, when they fail.
    pub(super) most: Duration,
    /// After how long of failing it is told.
    pub(super) told_after: Duration,
}

impl Pace {
    pub(super) const USUAL: Self = Self {
        least: Duration::from_secs(5),
        most: Duration::from_secs(60),
        told_after: Duration::from_secs(300),
    };
}

/// What is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// It has failed for as long as is told of.
    Failed {
        /// Why it failed last.
        why: String,
    },
    /// It had been told that it fails, and it works.
    WorksAgain,
}

/// How it stands.
#[derive(Debug, Default)]
pub(super) struct Standing {
    failures: u32,
    failing: Option<(Duration, String)>,
    is_told: bool,
}

impl Standing {
    pub(super) fn worked(&mut self) {
        self.failures = 0;
        self.failing = None;
    }

    pub(super) fn failed(&mut self, now: Duration, why: String) {
        self.failures = self.failures.saturating_add(1);
        let since = self.failing.as_ref().map_or(now, |(since, _)| *since);
        self.failing = Some((since, why));
    }

    /// How long until the next attempt.
    pub(super) fn wait(&self, pace: &Pace) -> Duration {
        let doubled = self.failures.saturating_sub(1).min(16);
        (pace.least * (1 << doubled)).min(pace.most.max(pace.least))
    }

    /// What is to be told, until [`Standing::told`].
    pub(super) fn news(&self, now: Duration, pace: &Pace) -> Option<News> {
        match &self.failing {
            Some((since, why)) if !self.is_told && now >= *since + pace.told_after => {
                Some(News::Failed { why: why.clone() })
            }
            None if self.is_told => Some(News::WorksAgain),
            Some(_) | None => None,
        }
    }

    pub(super) const fn told(&mut self, news: &News) {
        self.is_told = matches!(news, News::Failed { .. });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn what_fails_is_tried_less_and_less_often() {
        let mut standing = Standing::default();
        assert_eq!(standing.wait(&Pace::USUAL), s(5));
        let waits = [5, 10, 20, 40, 60, 60];
        for wait in waits {
            standing.failed(s(1), "down".to_owned());
            assert_eq!(standing.wait(&Pace::USUAL), s(wait));
        }
        standing.worked();
        assert_eq!(standing.wait(&Pace::USUAL), s(5));
    }

    #[test]
    fn it_is_told_once_after_five_minutes_and_once_that_it_works_again() {
        let pace = Pace::USUAL;
        let mut standing = Standing::default();
        standing.worked();
        assert_eq!(standing.news(s(900), &pace), None);
        standing.failed(s(1000), "down".to_owned());
        standing.failed(s(1299), "still down".to_owned());
        assert_eq!(standing.news(s(1299), &pace), None);
        let why = "still down".to_owned();
        let news = News::Failed { why };
        assert_eq!(standing.news(s(1300), &pace), Some(news.clone()));
        assert_eq!(
            standing.news(s(1301), &pace),
            Some(news.clone()),
            "not stored yet"
        );
        standing.told(&news);
        assert_eq!(standing.news(s(2000), &pace), None);
        standing.worked();
        assert_eq!(standing.news(s(2001), &pace), Some(News::WorksAgain));
        standing.told(&News::WorksAgain);
        assert_eq!(standing.news(s(2002), &pace), None);
        // A short failure is not told.
        standing.failed(s(3000), "down".to_owned());
        standing.worked();
        assert_eq!(standing.news(s(4000), &pace), None);
    }
}
