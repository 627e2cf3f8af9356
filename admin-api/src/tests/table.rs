//! Who may call what: every route of the API's description, times every role and
//! nobody. The table is written by hand, so that a change to it is a decision.

use axum::body::Body;
use axum::http::Request;

use super::world::{Answer, OF_EACH_ROLE, PASSWORD, World};

const ANYONE: &str = "anyone";
const ALL: &str = "vendor approver operator auditor admin";

const TABLE: &[(&str, &str, &str)] = &[
    ("GET", "/api/openapi.json", ANYONE),
    ("GET", "/api/v1/health", ANYONE),
    ("GET", "/api/v1/recorder", "approver operator auditor admin"),
    ("GET", "/metrics", "approver operator auditor admin"),
    ("GET", "/api/v1/banner", ANYONE),
    ("POST", "/api/v1/login", ANYONE),
    ("POST", "/api/v1/login/browser", ANYONE),
    ("POST", "/api/v1/logout", ALL),
    ("GET", "/api/v1/me", ALL),
    ("GET", "/api/v1/me/logins", ALL),
    ("POST", "/api/v1/me/logins/{id}/revoke", ALL),
    ("POST", "/api/v1/me/password", ALL),
    ("GET", "/api/v1/accounts", "auditor admin"),
    ("GET", "/api/v1/accounts/{name}", "auditor admin"),
    ("POST", "/api/v1/accounts/{name}/password", "admin"),
    ("POST", "/api/v1/accounts/{name}/disable", "admin"),
    ("POST", "/api/v1/accounts/{name}/enable", "admin"),
    ("GET", "/api/v1/plant", "auditor admin"),
    ("PUT", "/api/v1/plant", "admin"),
    ("GET", "/api/v1/zones", "approver operator auditor admin"),
    ("GET", "/api/v1/conduits", "approver operator auditor admin"),
    (
        "POST",
        "/api/v1/conduits/{name}/close",
        "approver operator admin",
    ),
    ("POST", "/api/v1/conduits/{name}/open", "approver admin"),
    ("POST", "/api/v1/conduits/close", "approver operator admin"),
    ("GET", "/api/v1/assets", ALL),
    ("GET", "/api/v1/credentials", "admin"),
    ("PUT", "/api/v1/credentials/{name}", "admin"),
    ("DELETE", "/api/v1/credentials/{name}", "admin"),
    ("GET", "/api/v1/requests", ALL),
    ("POST", "/api/v1/requests", "vendor"),
    ("GET", "/api/v1/requests/{id}", ALL),
    ("POST", "/api/v1/requests/{id}/withdraw", "vendor"),
    ("POST", "/api/v1/requests/{id}/approve", "approver"),
    ("POST", "/api/v1/requests/{id}/deny", "approver"),
    ("GET", "/api/v1/grants", ALL),
    ("GET", "/api/v1/grants/{id}", ALL),
    ("POST", "/api/v1/grants/{id}/tickets", "vendor"),
    ("GET", "/api/v1/grants/{id}/terminal", "vendor"),
    ("POST", "/api/v1/grants/{id}/extend", "vendor approver"),
    (
        "POST",
        "/api/v1/grants/{id}/revoke",
        "approver operator admin",
    ),
    ("GET", "/api/v1/sessions", ALL),
    ("GET", "/api/v1/sessions/{id}", ALL),
    (
        "GET",
        "/api/v1/sessions/{id}/live",
        "approver operator auditor",
    ),
    (
        "POST",
        "/api/v1/sessions/{id}/here",
        "approver operator auditor",
    ),
    (
        "POST",
        "/api/v1/sessions/{id}/end",
        "vendor approver operator admin",
    ),
    ("POST", "/api/v1/sessions/{id}/let-in", "approver operator"),
    ("POST", "/api/v1/sessions/{id}/pause", "approver operator"),
    ("POST", "/api/v1/sessions/{id}/resume", "approver operator"),
    (
        "POST",
        "/api/v1/sessions/{id}/message",
        "approver operator admin",
    ),
    (
        "GET",
        "/api/v1/sessions/{id}/recording.cast",
        "approver auditor",
    ),
    (
        "GET",
        "/api/v1/sessions/{id}/bundle.tar",
        "approver auditor",
    ),
    ("GET", "/api/v1/sessions/{id}/verify", "approver auditor"),
    ("GET", "/api/v1/recordings", "approver auditor admin"),
    ("POST", "/api/v1/sessions/{id}/hold", "auditor admin"),
    ("POST", "/api/v1/zones/{name}/hold", "auditor admin"),
    ("GET", "/api/v1/holds", "auditor admin"),
    ("POST", "/api/v1/holds/{id}/release", "auditor"),
    ("GET", "/api/v1/retention", "auditor admin"),
    ("POST", "/api/v1/sessions/{id}/shares", "auditor"),
    ("GET", "/api/v1/shares", "auditor admin"),
    ("POST", "/api/v1/shares/{id}/revoke", "auditor admin"),
    ("GET", "/api/v1/shared/{token}", ANYONE),
    ("GET", "/api/v1/shared/{token}/bundle.tar", ANYONE),
    ("GET", "/api/v1/recordings/search", "approver auditor"),
    (
        "GET",
        "/api/v1/sessions/{id}/replay.json",
        "approver auditor",
    ),
    (
        "GET",
        "/api/v1/sessions/{id}/replay/{name}",
        "approver auditor",
    ),
    ("GET", "/api/v1/audit", "auditor admin"),
    ("GET", "/api/v1/notices", "auditor admin"),
    ("POST", "/api/v1/notices/test", "admin"),
    ("GET", "/api/v1/events", ALL),
    ("GET", "/log/checkpoint", "auditor admin"),
    ("GET", "/log/tile/{path}", "auditor admin"),
    ("GET", "/log/vkeys", "auditor admin"),
    ("GET", "/log/handovers", "auditor admin"),
    ("GET", "/api/v1/log", "auditor admin"),
    ("GET", "/api/v1/log/anchors", "auditor admin"),
];

/// Each method and path of the API's description.
pub(super) fn described() -> Vec<(String, String)> {
    let document = serde_json::to_value(crate::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let routes = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().keys();
        methods.map(|method| (method.to_uppercase(), path.clone()))
    });
    routes.collect()
}

#[test]
fn every_route_has_a_line_and_every_line_a_route() {
    let mut described = described();
    let lines = TABLE
        .iter()
        .map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()));
    let mut lines: Vec<_> = lines.collect();
    described.sort();
    lines.sort();
    assert_eq!(described, lines, "left: what is served; right: this table");
}

/// A route, called with a path that names nothing and without a body.
fn call(method: &str, path: &str, token: Option<&str>) -> Request<Body> {
    let path = path
        .replace("{id}", "01930000-0000-7000-8000-000000000000")
        .replace("{name}", "nobody")
        .replace("{path}", "0/000")
        .replace("{token}", "dbs_nothing");
    let mut request = Request::builder().method(method).uri(path);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn every_route_for_every_role() {
    let world = World::new().await;
    for (method, path, roles) in TABLE {
        for (role, name) in OF_EACH_ROLE {
            let token = world.token(name).await;
            let before = world.events().await;
            let response = world.send(call(method, path, Some(&token))).await;
            let status = response.status().as_u16();
            let case = format!("{method} {path} as {role}: {status}");
            if *roles == ANYONE || roles.split(' ').any(|r| r == role) {
                assert!(!matches!(status, 401 | 403 | 405 | 500..), "{case}");
            } else {
                let answer = Answer::read(response).await;
                answer.problem(403, "not_allowed");
                assert_eq!(world.events().await, before, "{case} changed something");
            }
        }
    }
}

#[tokio::test]
async fn nobody_comes_in_without_a_token_that_holds() {
    let world = World::new().await;
    for (method, path, roles) in TABLE {
        for (token, code) in [(None, "not_logged_in"), (Some("dbt_wrong"), "token_over")] {
            let response = world.send(call(method, path, token)).await;
            if *roles == ANYONE {
                assert_ne!(response.status(), 401, "{method} {path}");
            } else {
                let answer = Answer::read(response).await;
                answer.problem(401, code);
                assert_eq!(answer.headers["www-authenticate"], "Bearer");
            }
        }
    }
}

/// The same as the first, for browsers: a cookie opens what a token opens.
#[tokio::test]
async fn every_route_for_every_role_with_a_cookie() {
    let world = World::new().await;
    for (role, name) in OF_EACH_ROLE {
        world.set_password(name, PASSWORD).await;
        for (method, path, roles) in TABLE {
            let cookie = world.cookie(name).await;
            let mut request = call(method, path, None);
            let headers = request.headers_mut();
            headers.insert("cookie", cookie.parse().unwrap());
            headers.insert("sec-fetch-site", "same-origin".parse().unwrap());
            let status = world.send(request).await.status().as_u16();
            let case = format!("{method} {path} as {role} with a cookie: {status}");
            if *roles == ANYONE || roles.split(' ').any(|r| r == role) {
                assert!(!matches!(status, 401 | 403 | 405 | 500..), "{case}");
            } else {
                assert_eq!(status, 403, "{case}");
            }
            // Nothing at all with another site's call.
            let mut request = call(method, path, None);
            let headers = request.headers_mut();
            headers.insert("cookie", cookie.parse().unwrap());
            headers.insert("sec-fetch-site", "cross-site".parse().unwrap());
            if *roles != ANYONE {
                let answer = Answer::read(world.send(request).await).await;
                answer.problem(403, "cross_site");
            }
        }
    }
}

/// A `HEAD` is answered by the route of `GET`, so it must be refused with it.
#[tokio::test]
async fn a_head_is_refused_where_a_get_is() {
    let world = World::new().await;
    for (_, path, roles) in TABLE.iter().filter(|(method, ..)| *method == "GET") {
        for (role, name) in OF_EACH_ROLE {
            let token = world.token(name).await;
            let status = world.send(call("HEAD", path, Some(&token))).await.status();
            let allowed = *roles == ANYONE || roles.split(' ').any(|r| r == role);
            assert_eq!(status != 403, allowed, "HEAD {path} as {role}: {status}");
        }
        if *roles != ANYONE {
            assert_eq!(world.send(call("HEAD", path, None)).await.status(), 401);
        }
    }
}

#[tokio::test]
async fn other_spellings_of_a_path_lead_nowhere() {
    let world = World::new().await;
    let token = world.token("adam").await;
    for path in [
        "/",
        "/api",
        "/api/v1",
        "/api/v1/",
        "/api/v1/accounts/",
        "//api/v1/accounts",
        "/api/v1//accounts",
        "/api/v1/Accounts",
        "/api/v1/./accounts",
        "/api/v1/me/../accounts",
        "/api/v1/accounts%2F",
        "/API/v1/accounts",
        "/v1/accounts",
        "/log",
        "/log/",
        "/log/tile",
        "/log/tile/",
        "/api/log/checkpoint",
    ] {
        let response = world.send(call("GET", path, Some(&token))).await;
        Answer::read(response).await.problem(404, "no_such_path");
    }
    for (method, path) in [
        ("DELETE", "/api/v1/accounts"),
        ("PATCH", "/api/v1/plant"),
        ("OPTIONS", "/api/v1/login"),
    ] {
        let response = world.send(call(method, path, Some(&token))).await;
        Answer::read(response).await.problem(405, "no_such_method");
    }
}
