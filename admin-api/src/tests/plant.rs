//! The plant file over the API.

use serde_json::json;

use super::world::{PLANT, World};

async fn apply(world: &World, query: &str, text: &str) -> super::world::Answer {
    let path = format!("/plant{query}");
    world
        .body("PUT", "adam", &path, "application/toml", text.to_owned())
        .await
}

#[tokio::test]
async fn applying_twice_changes_nothing_and_a_dry_run_only_tells() {
    let world = World::new().await;
    let same = apply(&world, "", PLANT).await.expect(200);
    assert_eq!(same, json!({ "dry_run": false, "changes": [] }));
    let other = PLANT.replace("10.20.0.7", "10.20.0.8");
    let change = json!([{
        "verb": "change", "kind": "asset", "name": "plc-7",
        "detail": "address: \"10.20.0.7\" -> \"10.20.0.8\"",
    }]);
    for (query, dry_run) in [("?dry_run=true", true), ("", false)] {
        let told = apply(&world, query, &other).await.expect(200);
        assert_eq!(told["dry_run"], dry_run);
        assert_eq!(told["changes"], change);
    }
    assert_eq!(
        apply(&world, "", &other).await.expect(200)["changes"],
        json!([])
    );
    let exported = world.get("adam", "/plant").await;
    assert_eq!(exported.headers["content-type"], "application/toml");
    let text = String::from_utf8(exported.body.to_vec()).unwrap();
    assert_eq!(
        apply(&world, "", &text).await.expect(200)["changes"],
        json!([])
    );
}

#[tokio::test]
async fn errors_name_their_line_and_nothing_is_applied() {
    let world = World::new().await;
    let bad = PLANT
        .replace("address = \"10.20.0.7\"", "address = \"plc.local\"")
        .replace("address = \"10.30.0.1\"", "address = \"\"");
    let answer = apply(&world, "", &bad).await;
    answer.problem(422, "plant_file");
    let errors = answer.value()["errors"].clone();
    assert_eq!(errors.as_array().unwrap().len(), 2, "{errors}");
    assert!(errors[0]["line"].as_u64().unwrap() > 1, "{errors}");
    assert_eq!(errors[0]["key"], "asset.address");
    let unknown = apply(&world, "", &format!("{PLANT}\ncolour = \"red\"\n")).await;
    let told = unknown.problem(422, "plant_file");
    assert!(told.contains("colour"), "{told}");
    let broken = apply(&world, "", "[site").await;
    broken.problem(422, "plant_file");
    let typo = apply(&world, "?dryrun=true", PLANT).await;
    typo.problem(400, "bad_query");
    assert_eq!(
        apply(&world, "", PLANT).await.expect(200)["changes"],
        json!([])
    );
}

#[tokio::test]
async fn live_grants_stand_in_the_way() {
    let world = World::new().await;
    let grant = world.grant("vera").await;
    let (before, _) = PLANT.split_once("[[conduit]]").unwrap();
    let (_, after) = PLANT
        .split_once("[[conduit]]\nname = \"to-reactor\"")
        .unwrap();
    let without = format!("{before}[[conduit]]\nname = \"to-reactor\"{after}");
    for query in ["", "?dry_run=true"] {
        let answer = apply(&world, query, &without).await;
        let told = answer.problem(409, "live_grants");
        assert!(told.contains("--revoke"), "{told}");
        assert_eq!(answer.value()["grants"][0]["grant"], grant);
    }
    apply(&world, "?revoke=true", &without).await.expect(200);
    let ended = world
        .get("vera", &format!("/grants/{grant}"))
        .await
        .expect(200);
    assert_eq!(ended["phase"], "closed");
}

#[tokio::test]
async fn a_large_plant_file_is_read_and_an_endless_one_is_not() {
    let world = World::new().await;
    let comment = "# a line of a comment that says nothing\n";
    let large = format!("{PLANT}{}", comment.repeat(1024 * 1024 / comment.len()));
    apply(&world, "", &large).await.expect(200);
    let endless = comment.repeat(5 * 1024 * 1024 / comment.len());
    apply(&world, "", &endless).await.problem(413, "too_large");
    let binary = world.body(
        "PUT",
        "adam",
        "/plant",
        "application/toml",
        vec![0xff_u8; 9],
    );
    binary.await.problem(400, "unreadable_body");
}
