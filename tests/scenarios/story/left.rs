//! What a visit leaves for the auditor.

use harness::api::Person;
use harness::cast::{Cast, as_asciinema_shows};
use harness::tools::Tool;
use harness::world::World;

/// What a visit with one channel must leave behind, whoever's client it was.
pub(super) struct Left<'a> {
    /// The command; `None` of a shell.
    pub(super) command: Option<&'a str>,
    /// What the asset must have said.
    pub(super) said: &'a [&'a str],
    /// What the vendor must have typed.
    pub(super) typed: &'a str,
    /// The exit status.
    pub(super) exit: &'a str,
}

/// What the auditor sees of the newest session: its one recording, which other
/// programs can read too, and who did what, from where and why.
pub(super) async fn check_evidence(world: &World, left: &Left<'_>) -> Cast {
    let session = world.closed().await;
    let closed = session.closed.as_ref().expect("closed");
    assert_eq!(
        (closed.code.as_str(), closed.blame.as_str()),
        ("vendor_left", "vendor")
    );
    let audun = world.person("audun").await;
    // Before anything is opened, which is itself an event.
    assert_eq!(trail(&audun).await, whole_trail());
    let recordings = audun.recordings(&session.id).await;
    assert_eq!(recordings.len(), 1, "{recordings:?}");
    let recording = &recordings[0];
    assert_eq!(recording.state, "complete");
    assert_eq!(recording.command.as_deref(), left.command);
    assert_eq!(recording.has_terminal, left.command.is_none());
    let query = format!("?channel={}&input=true", recording.channel);
    let text = audun
        .cast(&session.id, &query)
        .await
        .expect("the recording");
    let cast = Cast::read(&text);
    assert_eq!(cast.header["command"].as_str(), left.command);
    let shown = cast.shown();
    for line in left.said {
        assert!(shown.contains(line), "{line:?} is not in {shown:?}");
    }
    assert_eq!(cast.output().len() as u64, recording.bytes_out);
    let typed = String::from_utf8_lossy(&cast.input()).into_owned();
    match left.command {
        Some(_) => assert_eq!(typed, left.typed),
        // A terminal's client may answer what the asset's shell asks of it.
        None => assert!(typed.contains(left.typed), "{typed:?}"),
    }
    assert_eq!(cast.exit(), Some(left.exit));
    if !Tool::Asciinema.left_out() {
        let shown = as_asciinema_shows(&text);
        for line in left.said {
            assert!(shown.contains(line.trim_end()), "{line:?}: {shown:?}");
        }
    }
    let opened = audun.audit("&action=recording.opened").await;
    assert_eq!(opened.len(), 1);
    assert_eq!(
        (opened[0].actor.as_str(), opened[0].subject.as_str()),
        ("account/audun", format!("session/{}", session.id).as_str())
    );
    cast
}

/// Who did what from where and why, in order, since the request was filed.
async fn trail(auditor: &Person) -> Vec<[String; 4]> {
    let events = auditor.audit("").await;
    let start = events
        .iter()
        .position(|e| e.action == "request.filed")
        .expect("a request");
    events[start..]
        .iter()
        .filter(|event| !event.action.starts_with("account."))
        .map(|event| {
            let reason = event.reason.clone().unwrap_or_default();
            [&event.actor, &event.action, &event.source, &reason].map(String::clone)
        })
        .collect()
}

/// The trail of one session with one channel.
fn whole_trail() -> Vec<[String; 4]> {
    [
        [
            "account/vera",
            "request.filed",
            "127.0.0.1",
            "change the firmware",
        ],
        ["account/anna", "grant.created", "127.0.0.1", ""],
        ["account/anna", "request.approved", "127.0.0.1", ""],
        ["account/vera", "ticket.issued", "127.0.0.1", ""],
        ["account/vera", "session.opened", "127.0.0.1", ""],
        ["system", "recording.started", "system", ""],
        ["system", "recording.sealed", "system", ""],
        ["system", "session.closed", "system", ""],
    ]
    .map(|event| event.map(str::to_owned))
    .to_vec()
}
