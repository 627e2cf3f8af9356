//! `drawbridge verify`: whether evidence holds. It asks no server: only files,
//! and a public key that did not come with them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use domain::{Clock, parse_duration};
use ledger::VerifierKey;
use recorder::archive::keys::parse_identity;
use recorder::bundle::Bundle;
use recorder::verify::{LogDir, Outcome, Report, Trust, verify_bundle, verify_log};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::context::{Form, Global};
use super::failure::Failure;
use crate::clock::SystemClock;
use crate::output;

/// The longest file with keys or a checkpoint that is read, in bytes.
const LONGEST: u64 = 1 << 20;

/// What to check, and what you trust.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  drawbridge verify visit.tar --key plant.example/log+1c2d3e4f+AbCd…
  drawbridge verify exported-log/ --key log.vkey --last-seen checkpoint-of-march --max-age 1h

The key is the log's public one (`drawbridge audit key` on the broker), got from somebody you
trust or from your own notes. A bundle has one in it too; whoever forged the one could have forged
the other. The key of a witness may be given as well: then the witness must have signed.

Exit status:
  0    all that was checked is proven
  1    the evidence contradicts itself, or the key
  2    not enough to decide: no key from outside, not sealed yet, unreadable, too old")]
pub struct Verify {
    /// A bundle (tar file or directory), or a directory with an exported log
    path: PathBuf,
    /// A public key of the log or of a witness, or a file with some, a line each
    #[arg(long = "key", value_name = "VKEY|FILE")]
    keys: Vec<String>,
    /// A checkpoint that you saw before: the log must continue it
    #[arg(long, value_name = "FILE")]
    last_seen: Option<PathBuf>,
    /// How old the checkpoint may be, as in 90s, 30m, 8h or 30d
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    max_age: Option<Duration>,
    /// A file with an age key to what is encrypted: looks into it as well
    #[arg(long = "identity", value_name = "AGEKEY")]
    identities: Vec<PathBuf>,
    /// The same as --output json
    #[arg(long)]
    json: bool,
}

/// Checks, tells, and gives the exit status.
pub(super) fn run(args: &Verify, global: &Global) -> Result<u8, Failure> {
    let report = match trust(args) {
        Ok(trust) => check(&args.path, &trust),
        Err(why) => Err(why),
    };
    let as_json = args.json || global.output == Form::Json;
    if as_json {
        let (value, status) = match &report {
            Ok(report) => (told(report), report.exit_status()),
            Err(why) => (
                json!({ "verdict": "undecided", "exit": 2, "findings": [], "error": why }),
                2,
            ),
        };
        output::line(&output::clean_json(&format!("{value:#}")))?;
        return Ok(status);
    }
    match report {
        Ok(report) => {
            for finding in &report.findings {
                let mark = mark(finding.outcome);
                let text = output::clean(&finding.text);
                output::line(&format!("{mark:<13} {:<10} {text}", finding.check))?;
            }
            output::line(&format!("\n{}", verdict(&report)))?;
            Ok(report.exit_status())
        }
        Err(why) => {
            let why = output::clean(&why);
            output::remark(&format!("drawbridge: {why}"));
            Ok(2)
        }
    }
}

const fn mark(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Proven => "proven",
        Outcome::Noted => "-",
        Outcome::Undecided => "not proven",
        Outcome::Contradicted => "CONTRADICTED",
    }
}

fn verdict(report: &Report) -> &'static str {
    match report.verdict() {
        Outcome::Proven | Outcome::Noted => "All that was checked is proven.",
        Outcome::Undecided => {
            "Not all of it is proven, and nothing contradicts: see what is `not proven`."
        }
        Outcome::Contradicted => {
            "This evidence contradicts itself or the key: do not rely on it. See CONTRADICTED."
        }
    }
}

fn told(report: &Report) -> Value {
    let findings: Vec<Value> = report
        .findings
        .iter()
        .map(|finding| {
            json!({
                "check": finding.check,
                "outcome": finding.outcome.as_str(),
                "text": finding.text,
            })
        })
        .collect();
    json!({
        "verdict": report.verdict().as_str(),
        "exit": report.exit_status(),
        "findings": findings,
    })
}

fn check(path: &Path, trust: &Trust) -> Result<Report, String> {
    let unreadable = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    if let Some(log) = LogDir::find(path) {
        return verify_log(&log, trust).map_err(|error| unreadable(&error));
    }
    let mut bundle = Bundle::open(path).map_err(|error| unreadable(&error))?;
    let names = bundle.names();
    verify_bundle(&mut bundle, &names, trust).map_err(|error| unreadable(&error))
}

fn trust(args: &Verify) -> Result<Trust, String> {
    let mut keys = Vec::new();
    for given in &args.keys {
        keys.extend(keys_of(given)?);
    }
    let last_seen = args.last_seen.as_deref().map(read).transpose()?;
    let mut identities = Vec::new();
    for path in &args.identities {
        let text = SecretString::from(text(path)?);
        let identity = parse_identity(&text)
            .ok_or_else(|| format!("{}: no age key (AGE-SECRET-KEY-1…) in it", path.display()))?;
        identities.push(identity);
    }
    Ok(Trust {
        keys,
        last_seen,
        max_age: args.max_age,
        now: SystemClock::new().now(),
        identities,
    })
}

/// The key itself, or those in the file of that name.
fn keys_of(given: &str) -> Result<Vec<VerifierKey>, String> {
    let wrong = match given.parse() {
        Ok(key) => return Ok(vec![key]),
        Err(error) => error,
    };
    let path = Path::new(given);
    if !path.is_file() {
        return Err(format!(
            "--key {given}: {wrong}; and there is no file of that name"
        ));
    }
    let text = text(path)?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let keys: Vec<VerifierKey> = lines
        .map(|line| line.parse().map_err(|error| format!("{given}: {error}")))
        .collect::<Result<_, _>>()?;
    if keys.is_empty() {
        return Err(format!("{given}: no key in it"));
    }
    Ok(keys)
}

fn text(path: &Path) -> Result<String, String> {
    String::from_utf8(read(path)?).map_err(|_| format!("{}: it is no text", path.display()))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let wrong = |error| format!("{}: {error}", path.display());
    let length = fs::metadata(path).map_err(wrong)?.len();
    if length > LONGEST {
        return Err(format!("{}: longer than {LONGEST} bytes", path.display()));
    }
    fs::read(path).map_err(wrong)
}
