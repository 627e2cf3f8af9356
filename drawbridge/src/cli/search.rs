//! `drawbridge recording search`: when something was on a screen, or typed.

use std::time::Duration;

use admin_api::dto::{RecordingHit, SearchQuery};
use clap::Args;

use super::between::Between;
use super::context::Context;
use super::failure::Failure;
use super::list::{Most, short};
use super::table::{Cell, Table};
use super::times::Times;
use super::which::Which;

pub(super) const HELP: &str = "\
A line is found that has all of the words, whatever their order, capital or small. \"two words\"
is a phrase; pump* also finds pumps. No other sign has a meaning: plc-7 is looked for as it is
written. What is found depends on what you may read: the zones that you answer for, or all.

With --typed it is looked through what the vendor typed, the newest recordings first. What was
erased again before Enter is found, too. It is in no index, so it takes longer; limit it with
--since, --asset or --account.

Examples:
  drawbridge recording search 'trip reset'
  drawbridge recording search '\"firmware update\" fail*' --asset plc-7
  drawbridge recording search 'rm -rf' --typed --since '2026-11-20 00:00'

That you searched is in the audit log; with --typed, what for is not.";

/// What to look for, and where.
#[derive(Args, Debug)]
pub struct Search {
    /// Words, all of which a line must have
    text: String,
    /// Look through what was typed, which may hold passwords (auditors)
    #[arg(long)]
    typed: bool,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    between: Between,
    #[command(flatten)]
    most: Most,
}

pub(super) async fn run(context: &Context, args: Search) -> Result<(), Failure> {
    let times = context.times().await?;
    let (since, until) = args.between.read(context, &times).await?;
    let query = SearchQuery {
        q: args.text,
        input: args.typed,
        asset: args.which.asset,
        account: args.which.account,
        zone: args.which.zone,
        company: args.which.company,
        since,
        until,
        ..SearchQuery::default()
    };
    let page = args
        .most
        .of::<RecordingHit>(&context.client, "recordings/search", &query)
        .await?;
    let empty = "Nothing found. A recording can be searched a few seconds after its end; sealed \
                 ones can't.";
    let id = |hit: &RecordingHit| hit.session.clone();
    context.show_list(&page, id, |hits| table(hits, &times), empty)
}

fn table(hits: &[RecordingHit], times: &Times) -> Table {
    let at = times.header("at");
    let mut table = Table::new([at.as_str(), "session", "vendor", "asset", "line", "replay"]);
    for hit in hits {
        let line = match &hit.with_erased {
            Some(all) => Cell::lines([&hit.text, &format!("with what was erased: {all}")]),
            None => (&hit.text).into(),
        };
        table.row([
            times.exact(hit.at),
            short(&hit.session).into(),
            (&hit.account).into(),
            (&hit.asset).into(),
            line,
            replay(hit).into(),
        ]);
    }
    table
}

/// The command that opens the replay there.
fn replay(hit: &RecordingHit) -> String {
    let id = short(&hit.session);
    let channel = match hit.channel {
        0 => String::new(),
        channel => format!(" --channel {channel}"),
    };
    let at = position(hit.at_ms / 1000);
    format!("drawbridge recording play {id}{channel} --at {at}")
}

fn position(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{hours}:{minutes:02}:{seconds:02}")
}

/// A place in a recording: `1:02:03`, `2:03` or `45`.
pub(super) fn read_position(text: &str) -> Result<Duration, String> {
    let wrong = || "write it as 1:02:03, as 2:03, or in seconds".to_owned();
    let parts: Vec<_> = text.split(':').collect();
    if parts.len() > 3 {
        return Err(wrong());
    }
    let mut seconds: u64 = 0;
    for (place, part) in parts.iter().enumerate() {
        let number: u64 = part.parse().map_err(|_| wrong())?;
        if !part.bytes().all(|b| b.is_ascii_digit()) || (place > 0 && number > 59) {
            return Err(wrong());
        }
        let sum = seconds.checked_mul(60).and_then(|s| s.checked_add(number));
        seconds = sum.ok_or_else(wrong)?;
    }
    Ok(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use domain::{PlantTime, Timestamp};

    use super::*;

    #[test]
    fn positions() {
        for seconds in [0, 5, 60, 3599, 3600, 3723, 43_200, 360_000] {
            let text = position(seconds);
            assert_eq!(
                read_position(&text),
                Ok(Duration::from_secs(seconds)),
                "{text}"
            );
        }
        assert_eq!(position(3723), "1:02:03");
        assert_eq!(read_position("75"), Ok(Duration::from_secs(75)));
        assert_eq!(read_position("2:03"), Ok(Duration::from_secs(123)));
        for text in [
            "",
            "1:",
            ":1",
            "1:60",
            "1:2:3:4",
            "-1",
            "+1",
            "1.5",
            "99999999999999999999",
        ] {
            assert!(read_position(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_hit_says_when_where_and_how_to_see_it() {
        let hit = RecordingHit {
            session: "01935d2a-7b1c-7e4f-9a3b-5c6d7e8f9a0b".to_owned(),
            channel: 2,
            account: "vera".to_owned(),
            asset: "plc-7".to_owned(),
            zone: "hall".to_owned(),
            at: "2026-11-24T13:00:07Z".parse::<Timestamp>().expect("a time"),
            at_ms: 3_723_900,
            text: "ls".to_owned(),
            with_erased: Some("rm -rf /ls".to_owned()),
        };
        let times = Times::new(PlantTime::parse("Europe/Oslo").ok()).expect("times");
        let text = table(&[hit], &times).render(None);
        let expected = "\
AT (EUROPE/OSLO)         SESSION   VENDOR  ASSET  LINE                              REPLAY
2026-11-24 14:00:07      7e8f9a0b  vera    plc-7  ls                                drawbridge recording play 7e8f9a0b --channel 2 --at 1:02:03
2026-11-24 13:00:07 UTC                           with what was erased: rm -rf /ls";
        assert_eq!(text, expected);
    }
}
