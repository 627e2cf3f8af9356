//! No session outlives its window, and whoever may end it ends it at once.

use std::time::{Duration, Instant};

use harness::cast::Cast;
use harness::client::{Client, Live};
use harness::world::World;

/// A terminal in which something runs that would never end by itself.
async fn busy(world: &World, grant: &str) -> Live {
    let door = world.person("vera").await.door(grant).await;
    let mut client = Client::ssh(&door, &["-tt"], None).start();
    client.send("echo here-$((1 + 1)); sleep 6000\n").await;
    client.expect("here-2").await;
    client
}

#[expect(
    clippy::disallowed_methods,
    reason = "a second of the real clock is asserted"
)]
fn now() -> Instant {
    Instant::now()
}

const fn minutes(n: u64) -> Duration {
    Duration::from_secs(60 * n)
}

#[tokio::test]
async fn warned_at_ten_five_and_one_minute_and_closed_at_the_end() {
    let world = World::new().await;
    let end = world.after(minutes(60));
    let grant = world.grant(minutes(60)).await;
    let mut client = busy(&world, &grant).await;
    let told = "until 14:00 (Europe/Oslo)";
    assert!(client.output().contains(told), "{}", client.output());
    for (before, words) in [
        (minutes(10), "10 min"),
        (minutes(5), "5 min"),
        (minutes(1), "1 min"),
    ] {
        let seen = client.output().matches(words).count();
        world
            .clock
            .advance_to(end.minus(before + Duration::from_secs(5)));
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(
            client.output().matches(words).count(),
            seen,
            "too early: {}",
            client.output()
        );
        world.clock.advance_to(end.minus(before));
        client.expect_times(words, seen + 1).await;
    }
    world.clock.advance_to(end.minus(Duration::from_secs(3)));
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!client.has_ended(), "closed before its time");
    world.clock.advance_to(end);
    let began = now();
    let outcome = client.end(Duration::from_secs(5)).await;
    assert!(
        began.elapsed() < Duration::from_secs(1),
        "took {:?}",
        began.elapsed()
    );
    assert!(
        outcome.text().contains("Your window has ended"),
        "{outcome:?}"
    );
    let session = world.closed().await;
    let closed = session.closed.expect("closed");
    assert_eq!(
        (closed.code.as_str(), closed.blame.as_str()),
        ("window_ended", "policy")
    );
    // What the vendor was told is evidence as well.
    let audun = world.person("audun").await;
    let cast = Cast::read(&audun.cast(&session.id, "").await.expect("the recording"));
    let shown = cast.shown();
    let words = ["here-2", told, "10 min", "5 min", "1 min"];
    let found: Vec<_> = words.iter().filter_map(|word| shown.find(word)).collect();
    assert_eq!(found.len(), words.len(), "{shown:?}");
    let mark = cast.all("m").last();
    assert!(mark.is_some_and(|mark| mark.contains("Your window has ended")));
}

#[tokio::test]
async fn on_the_real_clock() {
    let world = World::new().await;
    let grant = world.grant(Duration::from_secs(8)).await;
    let began = now();
    let client = busy(&world, &grant).await;
    let outcome = client.end(Duration::from_secs(20)).await;
    let took = began.elapsed();
    assert!(
        (7.0..9.0).contains(&took.as_secs_f64()),
        "ended after {took:?}: {outcome:?}"
    );
    assert_eq!(
        world.closed().await.closed.expect("closed").code,
        "window_ended"
    );
}

/// Does something to a running session and measures how long it still runs.
async fn closes(world: &World, grant: &str, deed: impl AsyncFnOnce(), code: &str, says: &str) {
    let client = busy(world, grant).await;
    deed().await;
    let began = now();
    let outcome = client.end(Duration::from_secs(10)).await;
    let took = began.elapsed();
    assert!(
        took < Duration::from_secs(1),
        "{code}: still ran for {took:?}"
    );
    assert!(outcome.text().contains(says), "{code}: {outcome:?}");
    assert_eq!(world.closed().await.closed.expect("closed").code, code);
}

#[tokio::test]
async fn a_revoked_grant() {
    let world = World::new().await;
    let grant = world.grant(minutes(60)).await;
    let olga = world.person("olga").await;
    let deed = async || olga.act(&format!("grants/{grant}/revoke")).await;
    closes(&world, &grant, deed, "grant_revoked", "revoked your access").await;
}

#[tokio::test]
async fn a_disabled_account() {
    let world = World::new().await;
    let grant = world.grant(minutes(60)).await;
    let adam = world.person("adam").await;
    let deed = async || adam.act("accounts/vera/disable").await;
    closes(&world, &grant, deed, "account_disabled", "disabled").await;
}

#[tokio::test]
async fn a_closed_conduit() {
    let world = World::new().await;
    let grant = world.grant(minutes(60)).await;
    let olga = world.person("olga").await;
    let deed = async || olga.act("conduits/to-hall/close").await;
    closes(&world, &grant, deed, "conduit_closed", "closed the way").await;
}

#[tokio::test]
async fn an_ended_session() {
    let world = World::new().await;
    let grant = world.grant(minutes(60)).await;
    for (who, code, says) in [
        ("anna", "ended", "ended from the plant"),
        ("olga", "ended", "ended from the plant"),
        ("adam", "ended", "ended from the plant"),
        ("vera", "vendor_left", "The session is closed."),
    ] {
        let person = world.person(who).await;
        let deed = async || {
            let session = person.last_session().await.id;
            person.act(&format!("sessions/{session}/end")).await;
        };
        closes(&world, &grant, deed, code, says).await;
    }
}

/// OpenSSH drops what it has not shown yet when it reads that the connection is over.
#[tokio::test]
async fn a_client_that_is_slow_shows_why_all_the_same() {
    let world = World::new().await;
    let grant = world.grant(minutes(60)).await;
    let client = busy(&world, &grant).await;
    let olga = world.person("olga").await;
    let path = format!("grants/{grant}/revoke");
    let revoked = olga.act(&path);
    // Longer than the broker takes to close the channel.
    tokio::join!(client.stall(Duration::from_millis(150)), revoked);
    let outcome = client.end(Duration::from_secs(5)).await;
    assert!(
        outcome.text().contains("revoked your access"),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_session_is_ended_even_while_it_floods() {
    let world = World::new().await;
    let grant = world.grant(minutes(60)).await;
    let vera = world.person("vera").await;
    let mut client = Client::ssh(&vera.door(&grant).await, &[], Some("yes")).start_unheard();
    tokio::time::sleep(Duration::from_secs(1)).await;
    world
        .person("olga")
        .await
        .act(&format!("grants/{grant}/revoke"))
        .await;
    let ended = tokio::time::timeout(Duration::from_secs(1), client.wait()).await;
    assert!(ended.is_ok(), "still runs a second later");
    assert_eq!(
        world.closed().await.closed.expect("closed").code,
        "grant_revoked"
    );
}

/// A client that reads nothing holds nothing up: the session closes on time.
#[tokio::test]
async fn a_client_that_does_not_read_is_closed_as_well() {
    let world = World::new().await;
    let grant = world.grant(minutes(60)).await;
    let vera = world.person("vera").await;
    let client = Client::ssh(&vera.door(&grant).await, &[], Some("yes")).start_unread();
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.clock.advance(minutes(60));
    let began = now();
    let session = world.closed().await;
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "took {:?}",
        began.elapsed()
    );
    assert_eq!(session.closed.expect("closed").code, "window_ended");
    drop(client);
}

#[tokio::test]
async fn more_time_is_a_new_approval() {
    let world = World::new().await;
    let grant = world.grant(minutes(30)).await;
    let mut client = busy(&world, &grant).await;
    let vera = world.person("vera").await;
    let longer = serde_json::json!({"not_after": world.after(minutes(60)), "note": "not done"});
    let path = format!("grants/{grant}/extend");
    let request: admin_api::dto::Request = vera.post(&path, &longer).await.expect("asked");
    assert_eq!(request.state, "waiting");
    world
        .person("anna")
        .await
        .approve(&request.id)
        .await
        .expect("approved");
    // A clock that jumps before the broker knows would be a real end.
    client.expect("now ends at").await;
    world.clock.advance(minutes(40));
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!client.has_ended(), "closed at its old end");
    world.clock.advance(minutes(20));
    client.end(Duration::from_secs(5)).await;
    assert_eq!(
        world.closed().await.closed.expect("closed").code,
        "window_ended"
    );
}

#[tokio::test]
async fn a_wall_clock_that_goes_back_gives_no_time() {
    let world = World::new().await;
    let grant = world.grant(minutes(30)).await;
    let client = busy(&world, &grant).await;
    world.clock.set_wall_by(-20 * 60 * 1_000_000);
    world.clock.advance(minutes(30));
    client.end(Duration::from_secs(5)).await;
    assert_eq!(
        world.closed().await.closed.expect("closed").code,
        "window_ended"
    );
}
