//! Speed and latency of Drawbridge, recording on, beside OpenSSH direct and
//! OpenSSH's ProxyJump and a relay that records nothing, in the same run on the same
//! machine.
//!
//! `make bench`, or `make bench BENCH="--rounds 3 --size 128 --only setup"`.
//!
//! All run the same client (`ssh`), the same target (`sshd`) and the same
//! commands; rounds are interleaved, so that a noisy minute hits all alike, and
//! medians are shown. The proxy's CPU time is read from /proc: of the one
//! `drawbridge serve` process, of the jump host's `sshd` with its children.
//!
//! `--only seek` measures jumps in a long recording, `--only alone` the recorder
//! without a broker, `--only durable` what a keystroke waits for the disk: they need
//! no other program.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a bench that breaks stops, and it is about real time"
)]

mod alone;
mod bare;
mod cpu;
mod durable;
mod echo;
mod recorders;
mod report;
mod seek;
mod setup;
mod transfer;
mod ways;

use std::env;

use crate::alone::Fed;
use crate::durable::How;
use crate::report::Report;
use crate::transfer::Load;
use crate::ways::Ways;

/// What is measured, and how often.
#[derive(Clone, Debug)]
struct Plan {
    /// Rounds of each transfer.
    rounds: usize,
    /// MiB of a bulk transfer.
    size: usize,
    /// Only measurements whose name holds this.
    only: String,
}

impl Plan {
    fn from(arguments: Vec<String>) -> Self {
        let mut plan = Self {
            rounds: 5,
            size: 512,
            only: String::new(),
        };
        let mut arguments = arguments.into_iter();
        while let Some(name) = arguments.next() {
            let value = arguments
                .next()
                .unwrap_or_else(|| panic!("{name} needs a value"));
            match name.as_str() {
                "--rounds" => plan.rounds = value.parse().expect("a number"),
                "--size" => plan.size = value.parse().expect("a number of MiB"),
                "--only" => plan.only = value,
                _ => panic!("{name}? there are --rounds N, --size MIB and --only NAME"),
            }
        }
        plan
    }

    fn wants(&self, name: &str) -> bool {
        name.contains(&self.only)
    }
}

fn main() {
    let arguments: Vec<_> = env::args().skip(1).collect();
    if let [bare::ARGUMENT, target, key] = *arguments.iter().map(String::as_str).collect::<Vec<_>>()
    {
        bare::serve(target, key);
        return;
    }
    let plan = Plan::from(arguments);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(run(plan));
}

async fn run(plan: Plan) {
    if plan.only == "seek" {
        // It takes no network, and no other program.
        seek::print(&seek::measure());
        return;
    }
    let mut report = Report::new(&plan);
    if plan.wants("durable") {
        for sessions in [1, 100, 1000] {
            let mut measured = Vec::new();
            for how in How::ALL {
                measured.push((how, durable::measure(how, sessions).await));
            }
            report.durable(sessions, &measured);
        }
    }
    if plan.wants("alone") {
        let text = ways::text();
        for fed in Fed::ALL {
            let mut samples = Vec::new();
            for _ in 0..plan.rounds {
                samples.push(alone::measure(fed, &text).await);
            }
            report.alone(fed, &samples);
        }
    }
    if ["durable", "alone"].contains(&plan.only.as_str()) {
        report.print(None);
        return;
    }
    let ways = Ways::open(&plan).await;
    for load in Load::all() {
        if plan.wants(&load.name()) {
            report.transfer(&load, transfer::measure(&ways, &load, &plan).await);
        }
    }
    if plan.wants("setup") {
        report.setup(setup::measure(&ways).await);
    }
    if plan.wants("echo") {
        report.echo(echo::measure(&ways).await);
    }
    if plan.wants("seek") {
        seek::print(&seek::measure());
    }
    report.print(Some(ways.peak_memory()));
}
