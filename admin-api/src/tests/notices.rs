//! What people are told, as admins and auditors see it.

use serde_json::json;
use store::{EventFilter, Lookout, NoticeWays};

use super::world::World;
use crate::ApiSettings;

async fn world(webhook: bool) -> World {
    let hooks = webhook.then(|| "hooks.example.com:443".to_owned());
    World::with(ApiSettings {
        notices: NoticeWays {
            mail: true,
            webhooks: hooks.into_iter().collect(),
        },
        ..ApiSettings::default()
    })
    .await
}

#[tokio::test]
async fn what_waits_for_somebody_stands_in_the_list() {
    let world = world(true).await;
    let empty = world.get("audun", "/notices").await.expect(200);
    assert_eq!(empty["items"], json!([]));
    let ways = NoticeWays {
        mail: true,
        webhooks: vec!["hooks.example.com:443".to_owned()],
    };
    let mut lookout = Lookout::open(&world.store, ways).await.unwrap();
    world.request("vera", "plc-7").await;
    assert!(lookout.look().await.unwrap() > 0);
    let page = world.get("adam", "/notices?limit=1").await.expect(200);
    let first = &page["items"][0];
    assert_eq!(first["kind"], "request_waits");
    assert_eq!(first["channel"], "webhook");
    assert_eq!(first["state"], "waiting");
    assert!(page.get("body").is_none(), "{page}");
}

#[tokio::test]
async fn a_test_is_sent_where_there_is_a_way_and_logged() {
    let hooked = world(true).await;
    let test = json!({ "account": "vera" });
    let started = hooked.post("adam", "/notices/test", test.clone()).await;
    let started = started.expect(202);
    assert_eq!(
        (&started["email"], &started["webhooks"]),
        (&json!(false), &json!(1))
    );
    let filter = EventFilter {
        actions: vec!["notice.tested".to_owned()],
        ..EventFilter::default()
    };
    assert_eq!(hooked.events_of(&filter).await.len(), 1);
    for (account, status, code) in [
        ("nobody", 404, "not_found"),
        ("Not A Name", 422, "invalid_value"),
    ] {
        let test = json!({ "account": account });
        let answer = hooked.post("adam", "/notices/test", test).await;
        answer.problem(status, code);
    }
    hooked.disable("vera").await;
    let answer = hooked.post("adam", "/notices/test", test.clone()).await;
    answer.problem(409, "account_disabled");

    let mute = world(false).await;
    let answer = mute.post("adam", "/notices/test", test).await;
    answer.problem(409, "no_way_to_tell");
}
