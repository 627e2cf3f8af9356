//! Jumping about in a 12-hour recording: what its index costs, and how long until
//! another place is on the screen: in this process, and in a browser, drawn.

mod browser;

use std::time::{Duration, Instant};

use avt::Terminal;
use recorder::Patience;
use recorder::cast::{Encoder, Stream};
use recorder::replay::{Index, Settings};
use recorder::transcript::{Limits, shown};

use crate::cpu;

/// How long a first jump may take, and a later one.
const FIRST: Duration = Duration::from_millis(150);
const LATER: Duration = Duration::from_millis(50);
const HOURS: u64 = 12;
/// About as many bytes as a busy terminal makes in that time.
const BYTES: usize = 49 << 20;
const JUMPS: u64 = 200;

pub(crate) struct Seek {
    pub(crate) lines: Vec<String>,
    pub(crate) goals: Vec<(bool, String)>,
}

pub(crate) fn print(seek: &Seek) {
    println!("Jumps in a long recording");
    for line in &seek.lines {
        println!("  {line}");
    }
    for (met, goal) in &seek.goals {
        println!("  {} {goal}", if *met { "met   " } else { "MISSED" });
    }
    println!();
}

pub(crate) fn measure() -> Seek {
    let cast = recording();
    let (index, index_cpu) = on_cpu(|| build(&cast));
    let (search, search_cpu) = on_cpu(|| {
        shown(
            &cast[..],
            Limits::default(),
            &mut Patience::new(&mut || true),
        )
        .expect("a recording")
    });
    let json = index.to_json(|n| format!("replay/{n}.json?channel=0"));

    // As a player does it: the index read, then a segment, then its events drawn.
    let started = Instant::now();
    let _: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    jump(&index, &cast, HOURS * 3_600_000 / 2);
    let first = started.elapsed();
    let mut later: Vec<Duration> = (0..JUMPS)
        .map(|n| {
            // Anywhere, in no order.
            let at = n * 7_919 % JUMPS * (HOURS * 3_600_000 / JUMPS);
            let started = Instant::now();
            jump(&index, &cast, at);
            started.elapsed()
        })
        .collect();
    later.sort_unstable();
    let at = |part: usize| later[(later.len() - 1) * part / 100];
    let started = Instant::now();
    let mut whole = Terminal::new(120, 40).expect("a size");
    let text = String::from_utf8_lossy(&cast[..cast.len() / 2]);
    whole.feed(&*text);
    let through = started.elapsed();

    let browser = browser::measure(&index, &cast);
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let mut lines = vec![
        format!(
            "recording: {HOURS} h, {:.1} MB; index: {:.2} s CPU, {} segments, {:.0} KB of JSON, {:.1} MB in memory",
            cast.len() as f64 / 1e6,
            index_cpu,
            index.segments(),
            json.len() as f64 / 1e3,
            index.size() as f64 / 1e6
        ),
        format!(
            "search: {search_cpu:.2} s CPU for {} lines; without an index, half of it fed to a terminal: {:.0} ms",
            search.lines.len(),
            ms(through)
        ),
        format!(
            "jump: first {:.1} ms, later p50 {:.1}, p99 {:.1}, longest {:.1} ms",
            ms(first),
            ms(at(50)),
            ms(at(99)),
            ms(at(100))
        ),
    ];
    let mut goals = vec![
        (
            first <= FIRST,
            format!(
                "first jump: {:.1} ms; at most {}",
                ms(first),
                FIRST.as_millis()
            ),
        ),
        (
            at(99) <= LATER,
            format!(
                "later jumps, p99: {:.1} ms; at most {}",
                ms(at(99)),
                LATER.as_millis()
            ),
        ),
    ];
    match browser {
        Ok(found) => {
            lines.push(format!(
                "in Chromium: first {:.0} ms, later p50 {:.0}, p95 {:.0}, longest {:.0} ms",
                found.first,
                found.later(50),
                found.later(95),
                found.later(100)
            ));
            let most = FIRST.as_secs_f64() * 1e3;
            let goal = format!(
                "first jump in Chromium: {:.0} ms; at most {most}",
                found.first
            );
            goals.push((found.first <= most, goal));
            let (p50, most) = (found.later(50), LATER.as_secs_f64() * 1e3);
            let goal = format!("later jumps in Chromium, p50: {p50:.0} ms; at most {most}");
            goals.push((p50 <= most, goal));
        }
        Err(why) => lines.push(format!("not measured in a browser: {why}")),
    }
    Seek { lines, goals }
}

fn build(cast: &[u8]) -> Index {
    let mut patience = || true;
    Index::build(cast, Settings::default(), &mut Patience::new(&mut patience)).expect("an index")
}

/// Seconds of CPU that `work` takes of this process.
fn on_cpu<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let before = cpu::seconds(std::process::id());
    let done = work();
    (done, cpu::seconds(std::process::id()) - before)
}

/// Puts on a terminal what stood there at a time.
fn jump(index: &Index, cast: &[u8], at_ms: u64) {
    // The player looks this up in the index's starts, which are 30 s apart.
    let number = usize::try_from(at_ms / 30_000)
        .expect("small")
        .min(index.segments() - 1);
    let offset = usize::try_from(index.offset(number).expect("a segment")).expect("in memory");
    let json = index
        .segment(number, &cast[offset..])
        .expect("read")
        .expect("a segment");
    let segment: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    let side = |key: &str| {
        let side = segment["snapshot"][key].as_u64().expect("a size");
        usize::try_from(side).expect("small")
    };
    let mut terminal = Terminal::new(side("cols"), side("rows")).expect("a size");
    terminal.feed(segment["snapshot"]["init"].as_str().expect("text"));
    let until = at_ms as f64 / 1000.0;
    for event in segment["events"].as_array().expect("events") {
        if event[0].as_f64().expect("a time") > until {
            break;
        }
        if event[1] == "o" {
            terminal.feed(event[2].as_str().expect("text"));
        }
    }
    assert!(!terminal.screen().text().is_empty());
}

/// A shell with colours, and an hour in four a full-screen program.
fn recording() -> Vec<u8> {
    let mut cast =
        b"{\"version\":3,\"term\":{\"cols\":120,\"rows\":40,\"type\":\"xterm-256color\"}}\n"
            .to_vec();
    cast.reserve(BYTES + (1 << 20));
    let mut encoder = Encoder::new();
    let each = BYTES as u64 / 330;
    for n in 0..each {
        let at = Duration::from_millis(HOURS * 3_600_000 * n / each);
        let hour = n * HOURS / each;
        let row = n % 38 + 1;
        let text = if hour % 4 == 3 {
            format!(
                "\x1b[{row};1H\x1b[K\x1b[7m{row:>3}\x1b[0m \x1b[3{}mbearing {} {:>5} C\x1b[0m {}",
                n % 7,
                n % 97,
                n * 31 % 9973,
                "─".repeat(60)
            )
        } else {
            format!(
                "\x1b[1;3{}mservice@plc-7\x1b[0m:\x1b[34m~/unit{}\x1b[0m$ read {} --register {}\r\n{}\r\n",
                n % 7,
                n % 9,
                n * 17 % 8191,
                n * 13 % 65_521,
                "value ok, within limits; next reading in a moment. ".repeat(4)
            )
        };
        encoder.output(at, Stream::Out, text.as_bytes(), &mut cast);
    }
    cast
}
