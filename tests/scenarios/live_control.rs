//! People of the plant steer a session while it runs: they let it in, hold its
//! input, speak to its vendor, and close the site.

use std::time::Duration;

use admin_api::dto::{ConduitsClosed, Session};
use harness::asyncssh;
use harness::binary::{Binary, Room};
use harness::cast::Cast;
use harness::client::{Client, Live, PATIENCE};
use harness::plant::PlantFile;
use harness::sshd::Sshd;
use harness::target::Target;
use harness::tools::Tool;
use harness::world::World;
use serde_json::json;

const LOBBY: &str = "The control room has been told that you are here.";
const HALL: &str = "title = \"Turbine hall\"\n";

/// A plant whose hall is as strict as that.
async fn strict(rules: &str) -> World {
    let lines = format!("{HALL}{rules}\n");
    World::with(Sshd::start(), |plant, _| plant.replace(HALL, &lines)).await
}

async fn terminal(world: &World) -> Live {
    Client::ssh(&world.door().await, &["-tt"], None).start()
}

/// What olga of the control room does to the newest session.
async fn olga(world: &World, verb: &str) -> Session {
    let olga = world.person("olga").await;
    let id = olga.last_session().await.id;
    let path = format!("sessions/{id}/{verb}");
    olga.post(&path, &json!({})).await.expect(verb)
}

/// Longer than a change takes to be noticed.
async fn a_while() {
    tokio::time::sleep(Duration::from_millis(1500)).await;
}

async fn cast(world: &World, id: &str) -> Cast {
    let audun = world.person("audun").await;
    Cast::read(&audun.cast(id, "").await.expect("a recording"))
}

#[tokio::test]
async fn a_vendor_waits_until_the_control_room_lets_them_in() {
    let world = strict("let_in = true").await;
    let before = world.asset.connections();
    let mut client = terminal(&world).await;
    client.expect(LOBBY).await;
    client.send("echo too-$((1 + 1))-early\n").await;
    a_while().await;
    assert_eq!(world.asset.connections(), before, "nothing is dialled");
    let audun = world.person("audun").await;
    let session = audun.last_session().await;
    assert_eq!(session.entry.state, "waiting");
    assert_eq!(session.input.state, "lobby");

    let session = olga(&world, "let-in").await;
    assert_eq!(session.entry.by.as_deref(), Some("olga"));
    client.expect("You have been let in.").await;
    client.expect("Connected to plc-7").await;
    client.send("echo in-$((1 + 1))-time; exit\n").await;
    client.expect("in-2-time").await;
    let seen = client.end(PATIENCE).await.text();
    assert!(!seen.contains("too-2-early"), "{seen}");

    let closed = world.closed().await;
    let cast = cast(&world, &closed.id).await;
    assert!(
        cast.all("m")
            .any(|mark| mark.contains("input in the lobby, not sent: ")),
        "{:?}",
        cast.shown()
    );
    let deeds = audun
        .audit(&format!("&subject=session/{}", closed.id))
        .await;
    assert!(deeds.iter().any(|event| event.action == "session.let_in"));
}

#[tokio::test]
async fn one_who_is_never_let_in_is_closed_at_the_end_of_the_window() {
    let world = strict("let_in = true").await;
    let mut client = terminal(&world).await;
    client.expect(LOBBY).await;
    world
        .clock
        .advance_to(world.after(Duration::from_secs(2 * 3600)));
    let outcome = client.end(PATIENCE).await;
    assert!(
        outcome.text().contains("Your window has ended"),
        "{outcome:?}"
    );
    let closed = world.closed().await;
    assert_eq!(closed.closed.expect("closed").code, "window_ended");
}

#[tokio::test]
async fn what_is_typed_while_paused_never_runs() {
    let world = World::new().await;
    let mut client = terminal(&world).await;
    client.send("echo here-$((1 + 1))\n").await;
    client.expect("here-2").await;
    olga(&world, "pause").await;
    client.expect("Input is paused by the control room").await;
    let ran = world.asset.home().join("ran");
    client.send(&format!("touch '{}'\n", ran.display())).await;
    a_while().await;
    olga(&world, "resume").await;
    client.expect("Input flows again.").await;
    client.send("echo after-$((1 + 1)); exit\n").await;
    client.expect("after-2").await;
    client.end(PATIENCE).await;
    assert!(!ran.exists(), "it ran");
    let closed = world.closed().await;
    let cast = cast(&world, &closed.id).await;
    for words in [
        "Input is paused by the control room",
        "input while paused, not sent: ",
        "Input flows again.",
    ] {
        assert!(cast.all("m").any(|mark| mark.contains(words)), "{words}");
    }
}

#[tokio::test]
async fn a_signal_that_is_sent_while_paused_goes_nowhere() {
    if Tool::Asyncssh.left_out() {
        return;
    }
    let asset = Target::start();
    let world = World::with(Sshd::start(), |plant, sshd| {
        plant
            .replace(
                &format!("port = {}", sshd.at().port()),
                &format!("port = {}", asset.port()),
            )
            .replace(sshd.host_key(), asset.host_key())
    })
    .await;
    let adam = world.person("adam").await;
    adam.store_key("plc-7", asset.credential()).await;
    let door = world.door().await;
    let steps = json!([{ "op": "shell", "command": "x", "steps": [
        {"expect": "ready"}, {"signal": "TERM"}, {"expect": "signal TERM"},
        {"expect": "Input is paused"}, {"signal": "INT"},
        {"expect": "Input flows again"}, {"send": "quit\n"},
    ]}]);
    let visit = async { asyncssh::run(&door, steps).await };
    let plant = async {
        let vera = world.person("vera").await;
        let id = loop {
            let open = vera.sessions().await;
            if let Some(session) = open.first() {
                break session.id.clone();
            }
            a_while().await;
        };
        a_while().await;
        olga(&world, "pause").await;
        a_while().await;
        olga(&world, "resume").await;
        id
    };
    let (answers, id) = tokio::join!(visit, plant);
    let output = answers[0]["output"].as_str().expect("text");
    assert!(!output.contains("signal INT"), "{output}");
    let cast = cast(&world, &id).await;
    let markers: Vec<_> = cast.all("m").collect();
    let said = |what: &str| markers.iter().any(|marker| marker.contains(what));
    assert!(
        said("signal INT while input is held, not sent"),
        "{markers:?}"
    );
}

#[tokio::test]
async fn bulk_input_that_was_paused_arrives_whole() {
    let world = World::new().await;
    let kept = world.asset.home().join("bulk");
    let command = format!("echo ready; cat > '{}'", kept.display());
    let door = world.door().await;
    let mut client = Client::ssh(&door, &[], Some(&command)).start();
    client.expect("ready").await;
    let line = "0123456789abcde\n".repeat(4096);
    client.send(&line).await;
    olga(&world, "pause").await;
    client
        .expect_error("Input is paused by the control room")
        .await;
    let before = std::fs::metadata(&kept).map_or(0, |file| file.len());
    for _ in 0..40 {
        client.send(&line).await;
    }
    a_while().await;
    let held = std::fs::metadata(&kept).map_or(0, |file| file.len());
    assert!(
        held <= before.max(line.len() as u64),
        "{held} bytes came through"
    );
    olga(&world, "resume").await;
    client.close_stdin();
    assert_eq!(client.end(PATIENCE).await.status, Some(0));
    assert_eq!(
        std::fs::read_to_string(&kept).expect("a file"),
        line.repeat(41)
    );
}

#[tokio::test]
async fn a_supervised_zone_holds_input_that_nobody_watches() {
    let world = strict("supervised = true").await;
    let before = world.asset.connections();
    let mut client = terminal(&world).await;
    client
        .expect("Nobody of the plant is watching just now")
        .await;
    a_while().await;
    assert_eq!(world.asset.connections(), before);
    let session = world.person("olga").await.last_session().await;
    assert!(session.supervised);
    assert_eq!(session.input.state, "unwatched");
}

#[tokio::test]
async fn a_message_stands_on_the_vendor_s_screen() {
    let world = World::new().await;
    let mut client = terminal(&world).await;
    client.expect("Connected to plc-7").await;
    let olga = world.person("olga").await;
    let id = olga.last_session().await.id;
    let text = json!({ "text": "Stop after step 4." });
    let path = format!("sessions/{id}/message");
    let (): () = olga.post(&path, &text).await.expect("sent");
    client
        .expect("*** Control room: Stop after step 4. ***")
        .await;
}

#[tokio::test]
async fn the_whole_site_is_closed_at_once() {
    let world = World::new().await;
    let mut client = terminal(&world).await;
    client.expect("Connected to plc-7").await;
    let olga = world.person("olga").await;
    let why = json!({ "reason": "unknown traffic" });
    let done: ConduitsClosed = olga.post("conduits/close", &why).await.expect("closed");
    assert_eq!(done.closed, ["to-core", "to-hall"]);
    let outcome = client.end(PATIENCE).await;
    assert!(outcome.text().contains("closed the way"), "{outcome:?}");
    let closed = world.closed().await;
    assert_eq!(closed.closed.expect("closed").code, "conduit_closed");
}

#[tokio::test]
async fn a_crash_in_the_lobby_leaves_a_whole_recording() {
    let asset = Sshd::start();
    let plant = PlantFile::new()
        .asset("plc-7", "hall", asset.at(), asset.host_key())
        .vendor("vera", &["plc-7"])
        .replace(HALL, &format!("{HALL}let_in = true\n"));
    let mut binary = Binary::start_in(&plant, Room::Plenty).await;
    let admin = binary.admin().await;
    admin.store_key("plc-7", asset.credential()).await;
    let vera = binary.api().person("vera").await;
    let until = binary.now().plus(Duration::from_secs(3600));
    let request = vera.ask("plc-7", None, until).await.expect("asked");
    let anna = binary.api().person("anna").await;
    let granted = anna.approve(&request.id).await.expect("approved");
    let door = vera.door(&granted.grant.expect("a grant")).await;
    let audun = binary.api().person("audun").await;

    let mut client = Client::ssh(&door, &["-tt"], None).start();
    client.expect(LOBBY).await;
    client.send("whoami\n").await;
    a_while().await;
    binary.kill();
    binary.start_again();
    let audun = audun.at(&binary.api());
    let session = audun.last_session().await;
    assert_eq!(session.closed.expect("closed").code, "interrupted");
    let cast = audun.cast(&session.id, "?input=true").await;
    let cast = Cast::read(&cast.expect("a recording"));
    assert!(cast.shown().contains(LOBBY), "{}", cast.shown());
    assert_eq!(cast.input(), b"whoami\n");
    assert_eq!(asset.logins(), 0);
}
