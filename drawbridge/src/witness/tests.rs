//! A witness over HTTP, and logs that go on or cheat.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use ledger::witness::AddCheckpoint;
use ledger::{Checkpoint, Hash, KeyKind, Node, Note, Plan, SigningKey, checkpoint, root_of};
use secrecy::SecretBox;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::clock::{OsRandom, SystemClock};

const LOG: &str = "plant.example/log";

fn log_key(name: &str, seed: u8) -> SigningKey {
    let seed = SecretBox::new(Box::new([seed; 32]));
    SigningKey::from_seed(name, KeyKind::Note, seed).expect("a key")
}

fn leaves(history: u8, size: u64) -> Vec<Vec<u8>> {
    let leaf = |n: u64| vec![history, n.to_le_bytes()[0]];
    (0..size).map(leaf).collect()
}

fn proof(history: u8, old: u64, new: u64) -> Vec<Hash> {
    let plan = Plan::consistency(old, new).expect("not smaller");
    let leaves = leaves(history, new);
    let hash = |node: Node| {
        let start = usize::try_from(node.index << node.level).expect("few");
        root_of(&leaves[start..start + (1 << node.level)])
    };
    let hashes: Vec<_> = plan.nodes().map(hash).collect();
    plan.assemble(&hashes).expect("as many")
}

fn note(history: u8, size: u64) -> Note {
    let checkpoint = Checkpoint {
        origin: LOG.to_owned(),
        size,
        root: root_of(leaves(history, size)),
        extensions: Vec::new(),
    };
    checkpoint.sign(&log_key(LOG, 1), 1000).expect("signed")
}

/// That the log of that history, of `new` entries, continues that of `old` ones.
fn request(history: u8, old: u64, new: u64) -> AddCheckpoint {
    AddCheckpoint {
        old,
        proof: proof(history, old.min(new), new),
        note: note(history, new),
    }
}

async fn witness(state: &Path) -> anyhow::Result<Running> {
    let settings = Settings {
        listen: "127.0.0.1:0".parse().expect("an address"),
        state: state.to_owned(),
        logs: vec![log_key(LOG, 1).verifier().clone()],
        name: None,
        tls: None,
    };
    start(settings, Arc::new(SystemClock::new()), &OsRandom).await
}

async fn running(state: &Path) -> Running {
    witness(state).await.expect("starts")
}

/// The status, the media type and the body of the answer.
async fn asked(witness: &Running, request: impl ToString) -> (u16, String, String) {
    let url = format!("http://{}/add-checkpoint", witness.addr);
    let client = reqwest::Client::builder().no_proxy().build();
    let sent = client
        .expect("a client")
        .post(url)
        .body(request.to_string());
    let answer = sent.send().await.expect("an answer");
    let media = answer.headers().get("content-type").expect("a media type");
    let media = media.to_str().expect("text").to_owned();
    (
        answer.status().as_u16(),
        media,
        answer.text().await.expect("a body"),
    )
}

fn is_signed(witness: &Running, of: &AddCheckpoint, answer: &str) {
    let known = [witness.key.clone()];
    let good = checkpoint::cosignatures(answer, of.note.text(), &known);
    assert_eq!(good.expect("a signature").len(), 1, "{answer}");
}

const fn conflict(answer: &(u16, String, String)) -> (u16, &str, &str) {
    (answer.0, answer.1.as_str(), answer.2.as_str())
}

#[tokio::test]
async fn a_log_that_goes_on_is_signed_and_one_that_cheats_is_not() {
    let dir = tempfile::tempdir().expect("a directory");
    let witness = running(dir.path()).await;
    let (mut old, mut last) = (0, String::new());
    for new in [0, 1, 1, 5, 9] {
        let request = request(0, old, new);
        let (status, _, body) = asked(&witness, &request).await;
        assert_eq!(status, 200, "{old} to {new}: {body}");
        is_signed(&witness, &request, &body);
        (old, last) = (new, body);
    }
    // What it remembers is on the disk, with the signature that it gave.
    let file = dir
        .path()
        .join("logs")
        .join(Hash::of(LOG.as_bytes()).to_hex());
    let kept = fs::read_to_string(&file).expect("kept");
    assert!(
        kept.starts_with(note(0, 9).text()) && kept.ends_with(&last),
        "{kept}"
    );

    // Rolled back.
    let answer = asked(&witness, request(0, 0, 5)).await;
    assert_eq!(conflict(&answer), (409, "text/x.tlog.size", "9\n"));
    assert_eq!(asked(&witness, request(0, 9, 5)).await.0, 400);
    // Forked, at the same size and later.
    for fork in [request(1, 9, 9), request(1, 9, 12), request(1, 9, 12)] {
        let (status, _, body) = asked(&witness, &fork).await;
        assert_eq!(status, 422, "{body}");
        assert!(!body.contains('—'), "{body}");
    }
    // By another key, of another log, no request, and another path.
    let mut stolen = request(0, 9, 12);
    let text = Note::new(stolen.note.text()).expect("a text");
    stolen.note = text.clone().signed(&log_key(LOG, 9));
    assert_eq!(asked(&witness, &stolen).await.0, 403);
    let text = text.text().replace(LOG, "other");
    stolen.note = Note::new(text)
        .expect("a text")
        .signed(&log_key("other", 1));
    assert_eq!(asked(&witness, &stolen).await.0, 404);
    assert_eq!(asked(&witness, "hello").await.0, 400);
    assert_eq!(asked(&witness, "x".repeat(300_000)).await.0, 413);
    assert_eq!(fs::read_to_string(&file).expect("kept"), kept, "as it was");
    assert_eq!(asked(&witness, request(0, 9, 12)).await.0, 200);
    witness.stop().await.expect("stops");
}

#[tokio::test]
async fn a_restart_keeps_the_memory_and_the_key() {
    let dir = tempfile::tempdir().expect("a directory");
    let first = running(dir.path()).await;
    assert_eq!(asked(&first, request(0, 0, 7)).await.0, 200);
    let error = witness(dir.path()).await.expect_err("in use").to_string();
    assert!(error.contains("another witness has"), "{error}");
    let key = first.key.clone();
    first.stop().await.expect("stops");
    assert_eq!(key_of(dir.path()).expect("a key"), key);
    assert_eq!(key.kind(), KeyKind::Timestamped);
    let file = dir.path().join("witness.key");
    let mode = fs::metadata(&file).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);

    let second = running(dir.path()).await;
    assert_eq!(second.key, key);
    let answer = asked(&second, request(1, 0, 7)).await;
    assert_eq!(conflict(&answer), (409, "text/x.tlog.size", "7\n"));
    assert_eq!(asked(&second, request(1, 7, 9)).await.0, 422);
    assert_eq!(asked(&second, request(0, 7, 9)).await.0, 200);
    second.stop().await.expect("stops");

    // A memory that somebody wrote is none.
    let memory = dir
        .path()
        .join("logs")
        .join(Hash::of(LOG.as_bytes()).to_hex());
    fs::write(&memory, note(1, 3).to_string()).expect("written");
    let error = witness(dir.path()).await.expect_err("refused");
    let error = format!("{error:#}");
    assert!(error.contains("is not what this witness signed"), "{error}");
    fs::remove_file(&memory).expect("removed");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("opened");
    let error = witness(dir.path()).await.expect_err("refused").to_string();
    assert!(error.contains("others may read the key"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_histories_at_the_same_time_one_is_signed() {
    let dir = tempfile::tempdir().expect("a directory");
    let witness = running(dir.path()).await;
    let asking = (0..16).map(|n| asked(&witness, request(n % 4, 0, 7)));
    let answers = futures::future::join_all(asking).await;
    let signed = answers.iter().filter(|answer| answer.0 == 200).count();
    assert_eq!(signed, 1, "{answers:?}");
    let others = answers.iter().filter(|answer| answer.0 != 200);
    assert!(
        others
            .map(conflict)
            .all(|one| one == (409, "text/x.tlog.size", "7\n"))
    );
    witness.stop().await.expect("stops");
}

#[tokio::test]
async fn signatures_that_somebody_adds_are_not_kept() {
    let dir = tempfile::tempdir().expect("a directory");
    let witness = running(dir.path()).await;
    let mut crowded = request(0, 0, 7);
    for n in 0..62 {
        crowded.note = crowded.note.signed(&log_key(&format!("nobody{n}"), n));
    }
    assert_eq!(asked(&witness, &crowded).await.0, 200);
    assert_eq!(
        asked(&witness, request(0, 7, 9)).await.0,
        200,
        "it can be read again"
    );
    witness.stop().await.expect("stops");
}

#[tokio::test]
async fn what_can_not_be_remembered_is_not_signed() {
    let dir = tempfile::tempdir().expect("a directory");
    let witness = running(dir.path()).await;
    assert_eq!(asked(&witness, request(0, 0, 3)).await.0, 200);
    // Nothing can be written in its place, not even by root.
    let beside = format!("{}.new", Hash::of(LOG.as_bytes()).to_hex());
    let beside = dir.path().join("logs").join(beside);
    fs::create_dir(&beside).expect("made");
    let (status, _, body) = asked(&witness, request(0, 3, 7)).await;
    assert_eq!((status, body.as_str()), (500, "the witness can't sign\n"));
    fs::remove_dir(&beside).expect("removed");
    assert_eq!(asked(&witness, request(0, 3, 7)).await.0, 200);
    witness.stop().await.expect("stops");
}

#[tokio::test]
async fn whoever_says_nothing_is_sent_away() {
    let dir = tempfile::tempdir().expect("a directory");
    let witness = running(dir.path()).await;
    let mut open = tokio::net::TcpStream::connect(witness.addr)
        .await
        .expect("open");
    let head = "POST /add-checkpoint HTTP/1.1\r\nhost: w\r\ncontent-length: 9\r\n\r\nold ";
    open.write_all(head.as_bytes()).await.expect("sent");
    let mut answer = vec![0; 64];
    let read = tokio::time::timeout(std::time::Duration::from_secs(13), open.read(&mut answer));
    let read = read.await.expect("in time").expect("an answer");
    let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    drop(open);
    witness.stop().await.expect("stops");
}
