//! Keeping recordings longer, and showing one to somebody outside.

use std::fs;
use std::time::Duration;

use harness::cast::Cast;

use super::{House, count, short, text};

/// A visit that is over, by its session.
async fn visited(house: &House) -> String {
    let grant = house.grant().await;
    let connect = format!("grant connect {grant} --exec -- 'echo out'");
    house.vera.works(&connect).await;
    house.audun.works("session list --output id").await
}

#[tokio::test]
async fn what_is_held_is_told_and_released_by_an_auditor() {
    let house = House::new().await;
    let session = visited(&house).await;
    let (adam, audun, id) = (&house.adam, &house.audun, short(&session));
    let plan = adam.json("recording purge --dry-run").await;
    assert_eq!(plan["due_count"], 0);
    assert_eq!(text(&plan["next"][0], "session"), session);
    let table = adam.works("recording purge --dry-run").await;
    assert!(table.contains(id) && table.contains("kept"), "{table}");
    let refused = adam.fails("recording purge", 2).await;
    assert!(text(&refused, "detail").contains("--dry-run"), "{refused}");

    let hold = format!("recording hold {id} --reason 'Case 17'");
    let held = adam.json(&hold).await;
    assert_eq!(text(&held, "session"), session);
    let hold = short(text(&held, "id")).to_owned();
    audun
        .works("recording hold --zone hall --reason 'Case 18'")
        .await;
    assert_eq!(count(&audun.json("recording holds").await), 2);
    let of_zone = audun.json("recording holds --zone hall").await;
    assert_eq!(text(&of_zone["items"][0], "reason"), "Case 18");
    let table = audun.works("recording holds").await;
    assert!(
        table.contains("zone hall") && table.contains("Case 17"),
        "{table}"
    );

    let release = format!("recording release {hold} --reason 'Closed'");
    adam.fails(&release, 77).await;
    let released = audun.json(&release).await;
    assert_eq!(text(&released["released"], "reason"), "Closed");
    assert_eq!(count(&adam.json("recording holds").await), 1);
    assert_eq!(count(&adam.json("recording holds --released").await), 1);
    for who in [&house.vera, &house.anna, &house.olga] {
        let refused = format!("recording hold {session} --reason 'No'");
        who.fails(&refused, 77).await;
    }
}

#[tokio::test]
async fn somebody_outside_opens_one_recording_by_its_link() {
    let house = House::new().await;
    let session = visited(&house).await;
    let (audun, id) = (&house.audun, short(&session));
    let share = format!("recording share {id} --for 7d --note 'The regulator'");
    house.adam.fails(&share, 77).await;
    let shared = audun.json(&share).await;
    let link = text(&shared, "link");
    let secret = link.rsplit('/').next().expect("a secret");

    let ca = fs::read(house.binary.authority()).expect("the authority");
    let ca = reqwest::Certificate::from_pem(&ca).expect("a certificate");
    let outside = reqwest::Client::builder().tls_certs_only([ca]).no_proxy();
    let outside = outside.build().expect("a client");
    let open = async |link: &str| {
        let answer = outside.get(link).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    };
    let (status, cast) = open(link).await;
    assert_eq!((status, Cast::read(&cast).shown().as_str()), (200, "out\n"));
    let (status, _) = open(&format!("{link}x")).await;
    assert_eq!(status, 404);
    // The evidence itself, once the seal is signed, which is within a moment of it.
    let bundle = audun.file("visit.tar");
    for tries in 0.. {
        let answer = outside.get(format!("{link}/bundle.tar")).send().await;
        let answer = answer.expect("an answer");
        if answer.status() == 200 {
            let bytes = answer.bytes().await.expect("bytes");
            fs::write(&bundle, bytes).expect("written");
            break;
        }
        assert!(tries < 100, "{answer:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let key = audun.file("log.vkey");
    fs::write(&key, audun.works("audit key").await + "\n").expect("a key");
    let verify = format!("verify '{}' --key '{}'", bundle.display(), key.display());
    let verdict = audun.types(&verify).await;
    assert_eq!(verdict.status, 0, "{verdict:?}");

    let listed = audun
        .json(&format!("recording shares --session {id}"))
        .await;
    assert_eq!(listed["items"][0]["openings"], 2);
    let table = audun.works("recording shares").await;
    assert!(table.contains("The regulator"), "{table}");
    let opened = audun
        .json("audit tail --action recording.opened --all")
        .await;
    assert_eq!(text(&opened["items"][0], "source"), "127.0.0.1");
    assert_eq!(
        text(&opened["items"][0]["after"], "share"),
        text(&shared["share"], "id")
    );
    let log = audun.json("audit tail --all").await.to_string();
    assert!(!log.contains(secret), "the log has no secret");

    let unshare = format!("recording unshare {}", short(text(&shared["share"], "id")));
    house.adam.works(&unshare).await;
    let (status, _) = open(link).await;
    assert_eq!(status, 404);
    assert_eq!(
        text(&audun.fails(&unshare, 1).await, "code"),
        "already_revoked"
    );
}
