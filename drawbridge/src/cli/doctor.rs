//! `drawbridge doctor`: what a person would check one after the other when
//! something does not work.

mod log;
mod machine;
mod reminders;

use std::path::PathBuf;
use std::time::Duration;

use admin_api::dto::{Health, LogState, Me};
use clap::Args;
use domain::{Clock, human_duration};
use serde::Serialize;

use super::client::Client;
use super::context::{Context, Form, Global, read_ca, show_json, width};
use super::failure::{Failure, Kind};
use super::profile::{self, Profile};
use super::table::Table;
use crate::clock::SystemClock;
use crate::output;

/// A clock that differs by more makes windows open and close at times that
/// surprise.
const MOST_SKEW: Duration = Duration::from_secs(30);

/// What else to look at.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  drawbridge doctor
  drawbridge doctor --config /etc/drawbridge/drawbridge.toml    # on the broker's machine, as its user

The exit status is 0 if all is well, and otherwise that of the first check that failed.")]
pub struct Doctor {
    /// The broker's configuration: look at its files and disk as well
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// What came of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Finding {
    check: &'static str,
    verdict: Verdict,
    /// What was found and, unless it is well, what to do.
    text: String,
    #[serde(skip)]
    kind: Option<Kind>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Ok,
    Warning,
    Failed,
}

impl Finding {
    fn ok(check: &'static str, text: impl Into<String>) -> Self {
        let (text, verdict, kind) = (text.into(), Verdict::Ok, None);
        Self {
            check,
            verdict,
            text,
            kind,
        }
    }

    fn warning(check: &'static str, text: impl Into<String>) -> Self {
        let (text, verdict, kind) = (text.into(), Verdict::Warning, None);
        Self {
            check,
            verdict,
            text,
            kind,
        }
    }

    fn failed(check: &'static str, failure: &Failure) -> Self {
        let (text, verdict, kind) = (
            failure.text().to_owned(),
            Verdict::Failed,
            Some(failure.kind()),
        );
        Self {
            check,
            verdict,
            text,
            kind,
        }
    }

    fn of(check: &'static str, found: Result<String, Failure>) -> Self {
        match found {
            Ok(text) => Self::ok(check, text),
            Err(failure) => Self::failed(check, &failure),
        }
    }
}

pub(crate) async fn run(args: Doctor, global: &Global) -> Result<(), Failure> {
    let mut findings = people_side(global).await;
    if let Some(path) = &args.config {
        findings.extend(machine::look(path));
        findings.extend(reminders::look(path).await);
    }
    match global.output {
        Form::Json => show_json(&findings)?,
        Form::Table | Form::Id => output::line(&table(&findings).render(width()))?,
    }
    match findings.iter().find_map(|finding| finding.kind) {
        // The table has told it.
        Some(kind) => Err(Failure::new(kind, "")),
        None => Ok(()),
    }
}

async fn people_side(global: &Global) -> Vec<Finding> {
    let clock = SystemClock::new();
    let asked = clock.now();
    let health = match reach(global).await {
        Ok((client, health)) => {
            let base = client.base().to_owned();
            let text = format!("{base} answers, version {}", health.version);
            let tls = format!(
                "trusted by {}",
                if global.ca.is_some() {
                    "the file of --ca"
                } else {
                    "your login's or the system's authorities"
                }
            );
            let api = if health.ok {
                Finding::ok("api", text)
            } else {
                let text = format!("{text}, but can't read its state. Look at the broker's log.");
                Finding::failed("api", &Failure::unavailable(text))
            };
            (vec![api, Finding::ok("tls", tls)], Some(health))
        }
        Err(failure) => {
            let check = if failure.text().contains("certificate") {
                "tls"
            } else {
                "api"
            };
            (vec![Finding::failed(check, &failure)], None)
        }
    };
    let (mut findings, health) = health;
    let Some(health) = health else {
        return findings;
    };
    findings.push(skew(asked, clock.now(), &health));
    findings.push(recordings(&health));
    let state = async {
        let client = Context::new(global)?.client;
        client.get::<LogState>("log").await
    };
    // Whoever may not know more is told what everybody may.
    match state.await {
        Ok(state) => findings.extend(log::in_full(&state, health.now)),
        Err(_) => findings.push(log::briefly(&health)),
    }
    let login = async {
        let me: Me = Context::new(global)?.client.get("me").await?;
        let site = me.site.map_or_else(
            || "no plant file was applied yet".to_owned(),
            |site| format!("{}, {}", site.title, site.time_zone),
        );
        Ok(format!("{} ({}); {site}", me.account.name, me.account.role))
    };
    findings.push(Finding::of("login", login.await));
    findings
}

/// The API, without a login.
pub(super) async fn reach(global: &Global) -> Result<(Client, Health), Failure> {
    let saved = Profile::load(&profile::path()?).ok().flatten();
    let (base, saved_ca) = match (&global.api, saved) {
        (Some(api), Some(saved)) if profile::same_api(&saved.api, api) => (saved.api, saved.ca),
        (Some(api), _) => (api.clone(), None),
        (None, Some(saved)) => (saved.api, saved.ca),
        (None, None) => {
            return Err(Failure::usage(
                "Where is the broker? Add --api https://HOST:PORT, or log in.",
            ));
        }
    };
    let ca = match &global.ca {
        Some(path) => Some(read_ca(path)?),
        None => saved_ca,
    };
    let client = Client::new(&base, ca.as_deref(), None)?;
    let health = client.get("health").await?;
    Ok((client, health))
}

fn recordings(health: &Health) -> Finding {
    let check = "recordings";
    match health.recordings.as_str() {
        "ample" => Finding::ok(check, "sessions can be recorded"),
        "low" => Finding::failed(
            check,
            &Failure::unavailable(
                "the disk for recordings is getting full, so no session begins. Make room on it, or \
             lower recordings.least_free_mib.",
            ),
        ),
        "critical" => Finding::failed(
            check,
            &Failure::unavailable(
                "the disk for recordings is nearly full, so all sessions are ended. Make room on it.",
            ),
        ),
        _ => Finding::failed(
            check,
            &Failure::unavailable(
                "sessions can't be recorded, so none begins. The audit log says why: drawbridge audit \
             tail --action recorder.",
            ),
        ),
    }
}

/// The answer was written between `asked` and `answered`.
fn skew(asked: domain::Timestamp, answered: domain::Timestamp, health: &Health) -> Finding {
    let (behind, ahead) = (health.now.since(answered), asked.since(health.now));
    let (skew, how) = if behind > Duration::ZERO {
        (behind, "behind")
    } else {
        (ahead, "ahead of")
    };
    if skew > MOST_SKEW {
        let skew = human_duration(skew);
        Finding::warning(
            "clock",
            format!(
                "this machine is {skew} {how} the broker. Windows go by the broker's clock: set \
                 both by NTP."
            ),
        )
    } else {
        Finding::ok(
            "clock",
            format!("within {} s of the broker's", MOST_SKEW.as_secs()),
        )
    }
}

fn table(findings: &[Finding]) -> Table {
    let mut table = Table::new(["check", "", "what was found"]);
    for finding in findings {
        let verdict = match finding.verdict {
            Verdict::Ok => "ok",
            Verdict::Warning => "warning",
            Verdict::Failed => "FAILED",
        };
        table.row([finding.check.into(), verdict.into(), (&finding.text).into()]);
    }
    table
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::*;

    #[test]
    fn a_clock_that_differs_is_told() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        for (now, verdict, told) in [
            ("2026-11-24T13:00:00Z", Verdict::Ok, "within 30 s"),
            ("2026-11-24T13:00:25Z", Verdict::Ok, "within 30 s"),
            (
                "2026-11-24T13:10:01Z",
                Verdict::Warning,
                "10 min behind the broker",
            ),
            (
                "2026-11-24T12:00:00Z",
                Verdict::Warning,
                "1 h ahead of the broker",
            ),
        ] {
            let health = Health {
                ok: true,
                version: String::new(),
                now: at(now),
                recordings: "ample".to_owned(),
                log: "signed".to_owned(),
            };
            let found = skew(
                at("2026-11-24T13:00:00Z"),
                at("2026-11-24T13:00:01Z"),
                &health,
            );
            assert_eq!(found.verdict, verdict, "{found:?}");
            assert!(found.text.contains(told), "{found:?}");
        }
    }
}
