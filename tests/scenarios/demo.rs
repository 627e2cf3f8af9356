//! The demo, as a newcomer meets it: one command, then what it says to type.

use std::net::SocketAddr;

use harness::cast::{Cast, as_asciinema_shows};
use harness::client::{Client, Door};
use harness::demo::Demo;
use harness::tools::Tool;
use serde_json::Value;

#[tokio::test]
async fn it_tells_programs_what_they_need() {
    let demo = Demo::start().await;
    let facts = &demo.facts;
    assert!(
        facts["api"]
            .as_str()
            .is_some_and(|api| api.starts_with("https://")),
        "{facts}"
    );
    let authority = std::fs::read_to_string(facts["ca_cert"].as_str().expect("a path"));
    assert!(
        authority
            .expect("a file")
            .starts_with("-----BEGIN CERTIFICATE-----")
    );
    assert!(
        facts["ssh"]["host"].is_string() && facts["ssh"]["port"].is_u64(),
        "{facts}"
    );
    for role in ["vendor", "approver", "operator", "auditor", "admin"] {
        let people = facts["accounts"][role].as_array().expect(role);
        assert!(
            people.len() >= if role == "approver" { 2 } else { 1 },
            "{facts}"
        );
        for person in people {
            for key in ["name", "password", "token"] {
                assert!(
                    person[key].as_str().is_some_and(|text| !text.is_empty()),
                    "{facts}"
                );
            }
        }
    }
    let assets = facts["assets"].as_array().expect("assets");
    assert!(assets.len() >= 3, "{facts}");
    assert_eq!(assets[0]["approvals"], 1);
    for asset in assets {
        assert!(
            asset["name"].is_string() && asset["zone"].is_string(),
            "{facts}"
        );
        assert_eq!(asset["protocols"], serde_json::json!(["ssh"]));
    }
    // Both the demo's data and this file hold logins: for their owner alone.
    let private = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(demo.file("demo.json"))
            .expect("a file")
            .permissions(),
    );
    assert_eq!(private & 0o077, 0, "{private:o}");
}

/// Line by line what the demo prints; `connect` is done by hand with the same
/// client, because a test has no terminal.
#[tokio::test]
async fn the_story_works_as_it_is_printed() {
    let mut demo = Demo::start().await;
    assert!(
        demo.said().contains("vera request create plc-7"),
        "{}",
        demo.said()
    );
    demo.works(
        "vera request create plc-7 --for 1h --purpose 'Check the vibration limit' --work-order WO-1182",
    )
    .await;
    assert!(
        demo.works("arne request list").await.contains("WO-1182")
            || demo
                .works("arne request list")
                .await
                .contains("Check the vibration")
    );
    demo.works(
        r#"arne request approve "$(arne request list --state waiting --output id | head -n 1)""#,
    )
    .await;

    let ticket = r#"vera grant ticket "$(vera grant list --phase open --output id | head -n 1)" --output json"#;
    let ticket: Value = serde_json::from_str(&demo.works(ticket).await).expect("JSON");
    let door = Door {
        at: SocketAddr::new(
            ticket["ssh"]["host"]
                .as_str()
                .expect("a host")
                .parse()
                .expect("an address"),
            u16::try_from(ticket["ssh"]["port"].as_u64().expect("a port")).expect("a port"),
        ),
        user: ticket["ssh"]["username"]
            .as_str()
            .expect("a name")
            .to_owned(),
        password: ticket["ticket"].as_str().expect("a ticket").to_owned(),
    };
    assert_eq!(door.user, "vera+plc-7");
    let known = format!("UserKnownHostsFile={}", demo.file("known_hosts").display());
    let options = ["-tt", "-o", "StrictHostKeyChecking=yes", "-o", &known];
    let mut client = Client::ssh(&door, &options, None).start();
    client.send("status\r").await;
    client.expect("State").await;
    assert!(
        demo.works("olga session list --open")
            .await
            .contains("vera")
    );
    client.send("exit\r").await;
    let outcome = client.end(std::time::Duration::from_secs(10)).await;
    assert_eq!(outcome.status, Some(0), "{outcome:?}");

    let session = demo
        .works("audun recording list --output id | head -n 1")
        .await;
    let played = demo
        .works(&format!("audun recording play {session} --speed 1000"))
        .await;
    assert!(played.contains("State"), "{played}");
    let refused = demo.shell(&format!("vera recording play {session}")).await;
    assert!(!refused.status.success(), "a vendor replayed a recording");
    let cast = demo.file("out.cast");
    demo.works(&format!(
        "audun recording export {session} --out '{}'",
        cast.display()
    ))
    .await;
    let text = std::fs::read_to_string(&cast).expect("the recording");
    assert!(Cast::read(&text).shown().contains("State"));
    if !Tool::Asciinema.left_out() {
        assert!(as_asciinema_shows(&text).contains("State"));
    }
    let trail = demo.works("audun audit tail -n 50").await;
    for deed in [
        "request.filed",
        "request.approved",
        "ticket.issued",
        "session.opened",
        "session.closed",
    ] {
        assert!(trail.contains(deed), "no {deed} in {trail}");
    }
    demo.works("drawbridge doctor || true").await;

    // Stopped and started again, it goes on where it was left.
    demo.stop();
    assert!(
        demo.said().contains("The demo has ended"),
        "{}",
        demo.said()
    );
    demo.start_again().await;
    assert!(
        demo.works("audun recording list --output id")
            .await
            .contains(&session)
    );
}

#[tokio::test]
async fn a_safety_zone_takes_two() {
    let demo = Demo::start().await;
    demo.works("vera request create sis-1 --for 30m --purpose 'Proof test'")
        .await;
    let request = demo
        .works("arne request list --state waiting --output id")
        .await;
    demo.works(&format!("arne request approve {request}")).await;
    assert_eq!(
        demo.works("vera grant list --phase open --output id").await,
        ""
    );
    let again = demo.shell(&format!("arne request approve {request}")).await;
    assert!(!again.status.success(), "one person approved twice");
    demo.works(&format!("berit request approve {request}"))
        .await;
    assert_ne!(
        demo.works("vera grant list --phase open --output id").await,
        ""
    );
}
