//! Secrets go in and never come out.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use super::world::World;

#[tokio::test]
async fn a_secret_is_stored_listed_without_itself_and_removed() {
    let world = World::new().await;
    let put = |body| world.json("PUT", "adam", "/credentials/plc-7", body);
    put(json!({ "kind": "password", "secret": "s3cret-of-the-plc" }))
        .await
        .expect(204);
    let list = world.get("adam", "/credentials").await;
    assert_eq!(list.expect(200)["items"][0]["kind"], "password");
    assert!(!String::from_utf8_lossy(&list.body).contains("s3cret"));
    put(json!({ "kind": "token", "secret": "x" }))
        .await
        .problem(422, "invalid_value");
    put(json!({ "kind": "password", "secret": "" }))
        .await
        .problem(422, "bad_credential");
    let log = world.get("audun", "/audit?subject=credential").await;
    assert!(!String::from_utf8_lossy(&log.body).contains("s3cret"));

    for status in [204, 404] {
        let token = world.token("adam").await;
        let request = Request::delete("/api/v1/credentials/plc-7")
            .header("authorization", format!("Bearer {token}"))
            .body(Body::empty());
        assert_eq!(world.send(request.unwrap()).await.status(), status);
    }
}
