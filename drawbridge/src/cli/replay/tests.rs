use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;

use domain::Timestamp;

use super::*;

/// Goes on only by being waited for, or by a terminal that takes its time.
#[derive(Default)]
struct Waited(Mutex<Duration>);

impl Waited {
    fn pass(&self, length: Duration) {
        *self.0.lock().expect("no panic") += length;
    }
}

impl Clock for Waited {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(0)
    }

    fn monotonic(&self) -> Duration {
        *self.0.lock().expect("no panic")
    }

    fn wait_until(&self, at: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let mut now = self.0.lock().expect("no panic");
        *now = at.max(*now);
        Box::pin(std::future::ready(()))
    }
}

const CAST: &str = r#"{"version":3,"term":{"cols":80,"rows":24}}
[0.0,"o","a"]
[0.5,"o","b"]
[0.0,"o","c"]
[60.0,"m","a remark"]
[1.0,"o","d"]
[0.25,"x","3"]
"#;

/// What is shown, and at how many milliseconds. Each piece takes the terminal `slow`.
async fn shown(
    pace: Option<Pace>,
    from: Option<Duration>,
    slow: Duration,
) -> (Vec<(u128, String)>, u128, End) {
    let (clock, mut seen, mut end) = (Waited::default(), Vec::new(), End::default());
    let screen = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        seen.push((clock.monotonic().as_millis(), text));
        clock.pass(slow);
        Ok(())
    };
    show(CAST.as_bytes(), pace, from, &clock, screen, &mut end)
        .await
        .expect("shown");
    (seen, clock.monotonic().as_millis(), end)
}

const fn pace(speed: f64, idle_limit: Option<u64>) -> Option<Pace> {
    let idle_limit = match idle_limit {
        Some(seconds) => Some(Duration::from_secs(seconds)),
        None => None,
    };
    Some(Pace { speed, idle_limit })
}

#[tokio::test]
async fn each_piece_comes_in_its_time() {
    for (pace, at, took) in [
        (pace(1.0, None), [0, 500, 500, 61_500], 61_750),
        (pace(2.0, None), [0, 250, 250, 30_750], 30_875),
        (pace(1.0, Some(2)), [0, 500, 500, 3_500], 3_750),
        (pace(4.0, Some(2)), [0, 125, 125, 875], 937),
        (None, [0; 4], 0),
    ] {
        let (seen, ended, end) = shown(pace, None, Duration::ZERO).await;
        let expected: Vec<_> = at
            .into_iter()
            .zip(["a", "b", "c", "d"].map(String::from))
            .collect();
        assert_eq!(seen, expected, "{pace:?}");
        assert_eq!(ended, took, "{pace:?}");
        assert_eq!(
            (end.remarks, end.exit),
            (vec!["a remark".to_owned()], Some(3))
        );
    }
}

/// Waits are counted from the start: what the terminal takes does not add up.
#[tokio::test]
async fn a_slow_terminal_does_not_slow_what_follows() {
    let (seen, ..) = shown(pace(1.0, None), None, Duration::from_millis(100)).await;
    let at: Vec<_> = seen.iter().map(|(at, _)| *at).collect();
    assert_eq!(at, [0, 500, 600, 61_500]);
}

#[tokio::test]
async fn begun_in_the_middle_the_screen_is_as_it_was() {
    let from = Some(Duration::from_millis(60_000));
    let (seen, ended, end) = shown(pace(2.0, None), from, Duration::ZERO).await;
    let texts: Vec<_> = seen.iter().map(|(at, text)| (*at, text.as_str())).collect();
    assert_eq!(texts[0], (0, "\u{1b}[0m\u{1b}[r\u{1b}[2J\u{1b}[H"));
    assert!(texts[1].1.contains("abc"), "{texts:?}");
    assert_eq!(texts[2..], [(750, "d")]);
    assert_eq!(ended, 875);
    assert_eq!(end.remarks, ["a remark"]);
    let (seen, ..) = shown(None, from, Duration::ZERO).await;
    assert_eq!(
        seen,
        [(0, "d".to_owned())],
        "into a file goes what comes after"
    );
}
