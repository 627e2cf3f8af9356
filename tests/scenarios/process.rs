//! The real program: killed, out of room, flooded.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::time::Duration;

use admin_api::dto::Session;
use harness::api::Person;
use harness::binary::{Binary, Room, peak_memory, resident_memory};
use harness::cast::Cast;
use harness::client::{Client, Door};
use harness::plant::PlantFile;
use harness::sshd::Sshd;
use harness::tools::Tool;

/// A plant with the real program in front of it.
pub(crate) struct Story {
    pub(crate) asset: Sshd,
    pub(crate) binary: Binary,
    pub(crate) vera: Person,
    pub(crate) grant: String,
}

impl Story {
    /// `vera` has an hour at `plc-7`.
    pub(crate) async fn begin(room: Room) -> Self {
        Self::begin_with(room, "").await
    }

    /// The same, with further lines of `[recordings]`.
    pub(crate) async fn begin_with(room: Room, recordings: &str) -> Self {
        let asset = Sshd::start();
        let plant = PlantFile::new()
            .asset("plc-7", "hall", asset.at(), asset.host_key())
            .vendor("vera", &["plc-7"]);
        let binary = Binary::start_with(&plant, room, recordings).await;
        binary
            .admin()
            .await
            .store_key("plc-7", asset.credential())
            .await;
        let vera = binary.api().person("vera").await;
        let until = binary.now().plus(Duration::from_secs(3600));
        let request = vera.ask("plc-7", None, until).await.expect("asked");
        let anna = binary.api().person("anna").await;
        let granted = anna.approve(&request.id).await.expect("approved");
        Self {
            asset,
            binary,
            vera,
            grant: granted.grant.expect("a grant"),
        }
    }

    pub(crate) async fn door(&self) -> Door {
        self.vera.door(&self.grant).await
    }

    pub(crate) async fn closed(&self) -> Session {
        let audun = self.binary.api().person("audun").await;
        for _ in 0..200 {
            let session = audun.last_session().await;
            if session.closed.is_some() {
                return session;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the session stays open\n{}", self.binary.log());
    }
}

#[tokio::test]
async fn killed_in_the_middle_it_mends_what_was_torn() {
    let mut story = Story::begin(Room::Plenty).await;
    let mut client = Client::ssh(&story.door().await, &["-tt"], None).start();
    client.send("echo one-$((40 + 2))\n").await;
    client.expect("one-42").await;
    // Output is durable within a quarter of a second.
    tokio::time::sleep(Duration::from_millis(600)).await;
    story.binary.kill();
    client.end(Duration::from_secs(20)).await;

    // The kernel had all that was written; a power cut would not: tear the tail.
    let mut torn = 0;
    for session in fs::read_dir(story.binary.recordings()).expect("recordings") {
        for file in fs::read_dir(session.expect("an entry").path().join("0")).expect("a session") {
            let path = file.expect("an entry").path();
            if path
                .extension()
                .is_some_and(|extension| extension == "jsonl")
            {
                let file = fs::OpenOptions::new()
                    .write(true)
                    .open(&path)
                    .expect("a recording");
                let end = file.metadata().expect("a size").len();
                file.write_all_at(b"{\"chunk\":0,\"track\":\"out", end)
                    .expect("torn");
                torn += 1;
            }
        }
    }
    assert_eq!(torn, 1);

    story.binary.start_again();
    let session = story.closed().await;
    let closed = session.closed.expect("closed");
    assert_eq!(
        (closed.code.as_str(), closed.blame.as_str()),
        ("interrupted", "broker")
    );
    let audun = story.binary.api().person("audun").await;
    let recording = audun.recordings(&session.id).await.remove(0);
    assert_eq!(recording.state, "interrupted");
    let cast = Cast::read(
        &audun
            .cast(&session.id, "?input=true")
            .await
            .expect("the recording"),
    );
    assert!(cast.shown().contains("one-42"), "{:?}", cast.shown());
    assert!(!cast.shown().contains("torn"));
    assert!(String::from_utf8_lossy(&cast.input()).contains("echo one-$((40 + 2))"));
    let marks: Vec<_> = cast.all("m").collect();
    assert!(
        marks.iter().any(|mark| mark.contains("interrupted")),
        "{marks:?}"
    );

    // And it works again, with the same grant.
    story.vera = story.binary.api().person("vera").await;
    let outcome = Client::ssh(&story.door().await, &[], Some("echo again"))
        .run()
        .await;
    assert_eq!(outcome.text(), "again\n");
}

/// What was typed before the kill and has reached the asset is in the recording,
/// to the last byte, whenever the kill comes.
#[tokio::test]
async fn killed_while_input_flows_nothing_unrecorded_has_passed() {
    let mut story = Story::begin(Room::Plenty).await;
    for round in 0..3 {
        let reached = story.asset.home().join(format!("reached-{round}"));
        let command = format!("echo ready; cat > '{}'", reached.display());
        let mut client = Client::ssh(&story.door().await, &[], Some(&command)).start();
        client.expect("ready").await;
        for n in 0..200_u32 {
            if n == 20 + 60 * round {
                story.binary.kill();
            }
            if client.try_send(&format!("line {n}\n")).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        client.close_stdin();
        client.end(Duration::from_secs(20)).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        story.binary.start_again();
        let session = story.closed().await;
        let audun = story.binary.api().person("audun").await;
        let text = audun
            .cast(&session.id, "?input=true")
            .await
            .expect("the recording");
        let recorded = Cast::read(&text).input();
        let reached = fs::read(&reached).unwrap_or_default();
        assert!(
            !reached.is_empty(),
            "round {round}: killed before anything happened"
        );
        assert!(
            recorded.starts_with(&reached),
            "round {round}: {} bytes reached the asset, {} are recorded",
            reached.len(),
            recorded.len()
        );
        story.vera = story.binary.api().person("vera").await;
    }
}

#[tokio::test]
async fn a_file_system_that_is_full_closes_the_session() {
    if Tool::Tmpfs.left_out() {
        return;
    }
    let story = Story::begin(Room::Tmpfs(24)).await;
    let reached = story.asset.home().join("reached");
    let command = format!("echo ready; cat > '{}'", reached.display());
    let mut client = Client::ssh(&story.door().await, &[], Some(&command)).start();
    client.expect("ready").await;
    let mut sent = String::new();
    for n in 0..40 {
        let piece = scrambled(n, 1 << 20);
        sent.push_str(&piece);
        if client.try_send(&piece).await.is_err() {
            break;
        }
    }
    client.close_stdin();
    let outcome = client.end(Duration::from_secs(30)).await;
    assert_ne!(outcome.status, Some(0), "{outcome:?}");
    assert!(outcome.stderr.contains("can't be recorded"), "{outcome:?}");
    let session = story.closed().await;
    assert_eq!(session.closed.expect("closed").code, "recording_failed");
    let reached = fs::read(&reached).expect("what reached the asset");
    assert!(!reached.is_empty(), "it was full before anything happened");
    assert!(sent.as_bytes().starts_with(&reached));
    // What is not in the recording yet is in the log, and comes as soon as it can.
    story.binary.make_room();
    let audun = story.binary.api().person("audun").await;
    let query = format!("&action=recording.sealed&subject=session/{}", session.id);
    for _ in 0..100 {
        if !audun.audit(&query).await.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let text = audun
        .cast(&session.id, "?input=true")
        .await
        .expect("the recording");
    let recorded = Cast::read(&text).input();
    assert!(
        recorded.len() >= reached.len(),
        "{} bytes reached the asset, {} are recorded",
        reached.len(),
        recorded.len()
    );
    assert_eq!(recorded[..reached.len()], reached[..]);
}

/// Text that no compression makes much shorter.
fn scrambled(seed: u64, length: usize) -> String {
    let mut state = (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            char::from(b'0' + u8::try_from(state % 64).expect("six bits"))
        })
        .collect()
}

/// Memory does not grow with what flows, nor with who is slow.
#[tokio::test]
async fn a_flood_of_a_gigabyte_leaves_memory_flat() {
    let story = Story::begin(Room::Plenty).await;
    // Warm: one session has come and gone.
    Client::ssh(&story.door().await, &[], Some("echo warm"))
        .run()
        .await;
    let before = resident_memory(story.binary.pid());
    let command = "head -c 1000000000 /dev/zero";
    let mut flood = Client::ssh(&story.door().await, &[], Some(command)).start_unheard();
    tokio::time::timeout(Duration::from_secs(120), flood.wait())
        .await
        .expect("it comes to its end");
    let session = story.closed().await;
    let audun = story.binary.api().person("audun").await;
    assert_eq!(
        audun.recordings(&session.id).await.remove(0).bytes_out,
        1_000_000_000
    );
    assert_flat(&story, before, "a flood to a fast reader");
}

#[tokio::test]
async fn a_flood_to_nobody_who_reads_leaves_memory_flat() {
    let story = Story::begin(Room::Plenty).await;
    Client::ssh(&story.door().await, &[], Some("echo warm"))
        .run()
        .await;
    let before = resident_memory(story.binary.pid());
    let flood = Client::ssh(&story.door().await, &["-tt"], Some("yes")).start_unread();
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_flat(&story, before, "a flood to nobody who reads");
    flood.kill().await;
}

fn assert_flat(story: &Story, before: u64, what: &str) {
    let peak = peak_memory(story.binary.pid());
    let grown = peak.saturating_sub(before) >> 20;
    assert!(grown < 64, "{what}: {grown} MiB more than before");
}

#[tokio::test]
async fn told_to_stop_it_closes_what_is_open() {
    let mut story = Story::begin(Room::Plenty).await;
    let mut client = Client::ssh(&story.door().await, &["-tt"], None).start();
    client.send("echo one-$((40 + 2))\n").await;
    client.expect("one-42").await;
    story.binary.stop();
    let outcome = client.end(Duration::from_secs(20)).await;
    assert!(outcome.text().contains("being stopped"), "{outcome:?}");
    story.binary.start_again();
    let session = story.closed().await;
    assert_eq!(session.closed.expect("closed").code, "broker_stopped");
    let audun = story.binary.api().person("audun").await;
    assert_eq!(
        audun.recordings(&session.id).await.remove(0).state,
        "complete"
    );
}
