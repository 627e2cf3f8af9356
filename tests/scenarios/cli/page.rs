//! The replay page of a bundle, in a real browser, with the network cut.

use std::process::Command;
use std::time::Duration;

use harness::tools::{Tool, workspace};
use serde_json::Value;

use super::House;

/// What the asset shows: markup, a title, and a command as a shell with OSC 133
/// announces it.
const SHOWN: &str = r"printf '\033]0;</script><script>alert(1)</script>\007<img src=x onerror=alert(2)>\r\n\033]133;A\007$ \033]133;B\007stop pump-3\033]133;C\007\r\n'; sleep 1; echo pump-3 stands";

#[tokio::test]
async fn the_page_of_a_bundle_replays_from_disk() {
    if Tool::Chromium.left_out() || Tool::Node.left_out() {
        return;
    }
    // It must be there before anything is started.
    let _ = Tool::Chromium.path();
    let mut look = Command::new(Tool::Node.path());
    let house = House::new().await;
    let grant = house.grant().await;
    let connect = format!("grant connect {grant} --exec -- \"{SHOWN}\"");
    let ran = house.vera.types(&connect).await;
    assert_eq!(ran.status, 0, "{ran:?}");
    let audun = &house.audun;
    let session = audun.works("session list --output id").await;
    let bundle = audun.file("visit.tar");
    let export = format!("recording export {session} --out '{}'", bundle.display());
    for _ in 0..100 {
        if audun.types(&export).await.status == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let unpacked = bundle.with_extension("");
    std::fs::create_dir(&unpacked).expect("a directory");
    let mut tar = Command::new("tar");
    tar.arg("-xf").arg(&bundle).arg("-C").arg(&unpacked);
    assert!(tar.status().expect("tar runs").success());

    look.arg(workspace().join("web/replay/browser/page.js"));
    look.arg(unpacked.join("replay.html"))
        .arg(bundle.with_extension("png"));
    let looked = look.output().expect("node runs");
    assert!(looked.status.success(), "{looked:?}");
    let seen: Value = serde_json::from_slice(&looked.stdout).expect("JSON");
    let shown = seen["shown"].as_str().expect("text");
    assert!(shown.contains("<img src=x onerror=alert(2)>"), "{seen}");
    assert!(shown.contains("pump-3 stands"), "{seen}");
    assert_eq!(seen["errors"], serde_json::json!([]), "{seen}");
    assert_eq!(seen["title"], "vera at plc-7", "{seen}");
    let marks = seen["marks"].as_array().expect("marks");
    assert!(marks.iter().any(|mark| mark == "$ stop pump-3"), "{seen}");
    assert!(marks.iter().any(|mark| mark == "exit status 0"), "{seen}");
    assert!(
        seen["at"]
            .as_str()
            .expect("a time")
            .starts_with("0:00:01 after"),
        "{seen}"
    );
}
