//! The tables, and the goals beside them.

use std::time::Duration;

use crate::Plan;
use crate::alone::Fed;
use crate::durable::{How, Measured};
use crate::transfer::{Load, Sample};
use crate::ways::{WAYS, Way, ssh_version};

/// Collected first and printed at the end, free of progress.
pub(crate) struct Report {
    head: String,
    transfers: Vec<String>,
    times: Vec<String>,
    durable: Vec<String>,
    alone: Vec<String>,
    goals: Vec<(bool, String)>,
}

const MOST_CPU: f64 = 2.5;
const MOST_RECORDING: f64 = 1.5;
/// What recording may leave of the bare relay's speed.
const LEAST_SPEED: f64 = 0.75;

impl Report {
    pub(crate) fn new(plan: &Plan) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let head = format!(
            "{}; {cores} cores shared by client, proxy and target; bulk {} MiB, text 200 MiB; medians of {} interleaved rounds",
            ssh_version(),
            plan.size,
            plan.rounds
        );
        Self {
            head,
            transfers: Vec::new(),
            times: Vec::new(),
            durable: Vec::new(),
            alone: Vec::new(),
            goals: Vec::new(),
        }
    }

    pub(crate) fn transfer(&mut self, load: &Load, samples: [Vec<Sample>; WAYS]) {
        let name = load.name();
        let speed = samples
            .each_ref()
            .map(|s| median(s.iter().map(|s| s.speed)));
        let cpu = samples
            .each_ref()
            .map(|s| median(s.iter().filter_map(|s| s.cpu)));
        let [direct, jump, bare, drawbridge] = speed;
        let [_, jump_cpu, bare_cpu, drawbridge_cpu] = cpu;
        self.transfers.push(format!(
            "{name:<32} {direct:>8.0} {jump:>8.0} ({jump_cpu:>4.2}) {bare:>8.0} ({bare_cpu:>4.2}) {drawbridge:>8.0} ({drawbridge_cpu:>4.2})  {}",
            spread(&samples[WAYS - 1])
        ));
        self.goal(
            drawbridge >= jump,
            format!("{name}: {drawbridge:.0} MB/s; ProxyJump {jump:.0}"),
        );
        self.goal(
            drawbridge_cpu <= MOST_CPU,
            format!("{name}: {drawbridge_cpu:.2} CPU s/GB; at most {MOST_CPU}"),
        );
        if load.is_text() {
            let least = LEAST_SPEED * bare;
            self.goal(
                drawbridge >= least,
                format!(
                    "{name}: {drawbridge:.0} MB/s; at least {least:.0}, 75 % of the bare relay"
                ),
            );
            let more = drawbridge_cpu - bare_cpu;
            self.goal(
                more <= MOST_RECORDING,
                format!(
                    "{name}: {more:.2} CPU s/GB more than the bare relay; at most {MOST_RECORDING}"
                ),
            );
        }
    }

    pub(crate) fn alone(&mut self, fed: Fed, samples: &[Sample]) {
        let name = fed.name();
        let speed = median(samples.iter().map(|s| s.speed));
        let cpu = median(samples.iter().filter_map(|s| s.cpu));
        self.alone.push(format!(
            "{name:<32} {speed:>8.0} ({cpu:>4.2})  {}",
            spread(samples)
        ));
        self.goal(
            cpu <= MOST_RECORDING,
            format!("recording, {name}: {cpu:.2} CPU s/GB; at most {MOST_RECORDING}"),
        );
    }

    pub(crate) fn setup(&mut self, times: [Vec<Duration>; WAYS]) {
        let [direct, jump, bare, drawbridge] = times.map(|t| median(t.iter().map(millis)));
        self.times.push(format!(
            "{:<32} {direct:>8.0} {jump:>10.0} {bare:>10.0} {drawbridge:>10.0}",
            "set-up, median of 20"
        ));
        let most = 1.3 * direct;
        self.goal(
            drawbridge <= most,
            format!("set-up: {drawbridge:.0} ms; at most {most:.0}"),
        );
    }

    pub(crate) fn echo(&mut self, times: [Vec<Duration>; WAYS]) {
        for (name, part) in [("p50", 50), ("p99", 99)] {
            let [direct, jump, bare, drawbridge] = times
                .each_ref()
                .map(|t| millis(&t[(t.len() * part / 100).min(t.len() - 1)]));
            self.times.push(format!(
                "{:<32} {direct:>8.2} {jump:>10.2} {bare:>10.2} {drawbridge:>10.2}",
                format!("keystroke echo, {name} of 1000")
            ));
            if part == 99 {
                let most = 2.0 * direct + 1.0;
                self.goal(
                    drawbridge <= most,
                    format!("echo p99: {drawbridge:.2} ms; at most {most:.2}"),
                );
            }
        }
    }

    pub(crate) fn durable(&mut self, sessions: u32, measured: &[(How, Measured)]) {
        for (how, found) in measured {
            self.durable.push(format!(
                "{:<32} {:>8.2} {:>8.2} {:>7.0} % {:>7.0} %",
                format!("{sessions} sessions, {}", how.name()),
                millis(&found.p50),
                millis(&found.p99),
                found.cpu * 100.0,
                found.through * 100.0,
            ));
        }
        let of = |wanted| {
            let found = measured.iter().find(|(how, _)| *how == wanted);
            found.map(|(_, found)| found).expect("each was measured")
        };
        let (log, unflushed) = (of(How::Log), of(How::NoFlush));
        let name = format!("durable, {sessions} sessions");
        let p99 = millis(&log.p99);
        self.goal(p99 < 5.0, format!("{name}: p99 {p99:.2} ms; under 5"));
        let times = log.cpu / unflushed.cpu.max(0.001);
        self.goal(
            times <= 2.0,
            format!("{name}: {times:.1} times the CPU without flushes; at most 2"),
        );
    }

    fn goal(&mut self, met: bool, text: String) {
        self.goals.push((met, text));
    }

    pub(crate) fn print(&self, peak_memory: Option<f64>) {
        let [direct, jump, bare, drawbridge] = Way::ALL.map(Way::name);
        println!("{}", self.head);
        if !self.transfers.is_empty() {
            println!("\nMB/s, and CPU seconds of the proxy per GB in brackets");
            println!(
                "{:<32} {direct:>8} {jump:>15} {bare:>15} {drawbridge:>15}  its rounds",
                ""
            );
            self.transfers.iter().for_each(|line| println!("{line}"));
        }
        if !self.times.is_empty() {
            println!(
                "\nms; set-up with KexAlgorithms=curve25519-sha256 everywhere, by key where it is direct, by ticket at Drawbridge"
            );
            println!(
                "{:<32} {direct:>8} {jump:>10} {bare:>10} {drawbridge:>10}",
                ""
            );
            self.times.iter().for_each(|line| println!("{line}"));
        }
        if !self.durable.is_empty() {
            println!(
                "\nms from arrival to durable at 20 events/s a session, CPU of one core, and events that came through"
            );
            println!(
                "{:<32} {:>8} {:>8} {:>9} {:>9}",
                "", "p50", "p99", "CPU", "through"
            );
            self.durable.iter().for_each(|line| println!("{line}"));
        }
        if !self.alone.is_empty() {
            println!("\nThe recorder by itself: MB/s, and its CPU seconds per GB in brackets");
            self.alone.iter().for_each(|line| println!("{line}"));
        }
        if let Some(peak) = peak_memory {
            println!("\nDrawbridge's memory at its highest: {peak:.0} MiB");
        }
        println!(
            "\nGoals: bulk and text at least as fast as ProxyJump, CPU at most {MOST_CPU} s/GB, set-up at most 1.3 × direct, echo p99 at most 2 × direct + 1 ms; text at least at 75 % of the bare relay's speed"
        );
        for (met, text) in &self.goals {
            println!("  {} {text}", if *met { "met   " } else { "MISSED" });
        }
    }
}

/// `Duration::MAX` is what never came.
fn millis(time: &Duration) -> f64 {
    if *time == Duration::MAX {
        return f64::INFINITY;
    }
    time.as_secs_f64() * 1000.0
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => (values[n / 2 - 1] + values[n / 2]) / 2.0,
    }
}

fn spread(samples: &[Sample]) -> String {
    let speeds = samples.iter().map(|s| s.speed);
    let least = speeds.clone().fold(f64::INFINITY, f64::min);
    let most = speeds.fold(0.0, f64::max);
    format!("{least:.0}–{most:.0}")
}
