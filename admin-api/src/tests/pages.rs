//! What is no route: the desks' pages, for anyone, with nothing of the plant in
//! them; and the headers of every answer.

use axum::body::Body;
use axum::http::{HeaderMap, Request};

use super::world::{Answer, World};

async fn get(world: &World, path: &str, accept: &str) -> Answer {
    let request = Request::get(path).header("accept", accept);
    Answer::read(world.send(request.body(Body::empty()).unwrap()).await).await
}

fn policy(headers: &HeaderMap) -> Vec<String> {
    let policy = headers["content-security-policy"].to_str().unwrap();
    policy.split("; ").map(ToOwned::to_owned).collect()
}

/// Whether the pages are in the program depends on who builds: `make test` builds
/// them first.
fn is_built(answer: &Answer) -> bool {
    answer.status == 200
}

#[tokio::test]
async fn each_address_of_a_desk_is_the_one_page_and_runs_nothing_but_our_own() {
    let world = World::new().await;
    let mut nonces = Vec::new();
    for path in ["/", "/sign-in", "/requests/0190", "/sessions"] {
        let answer = get(&world, path, "text/html,application/xhtml+xml,*/*;q=0.8").await;
        assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8");
        assert_eq!(answer.headers["cache-control"], "no-store");
        let rules = policy(&answer.headers);
        assert!(rules.contains(&"default-src 'none'".to_owned()));
        assert!(rules.contains(&"frame-ancestors 'none'".to_owned()));
        let all = rules.join("; ");
        assert!(
            !all.contains("unsafe-inline") && !all.contains("'unsafe-eval'"),
            "{all}"
        );
        assert!(!all.contains("http") && !all.contains('*'), "{all}");
        let style = rules
            .iter()
            .find(|rule| rule.starts_with("style-src"))
            .unwrap();
        let nonce = style
            .split("'nonce-")
            .nth(1)
            .unwrap()
            .trim_end_matches('\'');
        let page = String::from_utf8_lossy(&answer.body).into_owned();
        if is_built(&answer) {
            assert!(page.contains(nonce), "it is in the page");
            assert!(
                !page.contains("__NONCE__") && !page.contains("<script>"),
                "{page}"
            );
        } else {
            assert!(page.contains("make web"), "{page}");
        }
        nonces.push(nonce.to_owned());
    }
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), 4, "each answer has a nonce of its own");
}

#[tokio::test]
async fn no_page_stands_where_programs_ask() {
    let world = World::new().await;
    for path in [
        "/api",
        "/api/v1/nothing",
        "/log/nothing",
        "/metrics/nothing",
    ] {
        get(&world, path, "text/html")
            .await
            .problem(404, "no_such_path");
    }
    // Nor for what does not ask for a page.
    for accept in ["*/*", "application/json", "text/html;q=0"] {
        get(&world, "/nothing", accept)
            .await
            .problem(404, "no_such_path");
    }
    let request = Request::post("/").header("accept", "text/html");
    let answer = world.send(request.body(Body::empty()).unwrap()).await;
    Answer::read(answer).await.problem(404, "no_such_path");
}

#[tokio::test]
async fn built_files_are_compressed_named_by_their_content_and_kept() {
    let world = World::new().await;
    let page = get(&world, "/", "text/html").await;
    if !is_built(&page) {
        return;
    }
    let text = String::from_utf8_lossy(&page.body).into_owned();
    let script = text.split("src=\"").nth(1).unwrap();
    let script = script.split('"').next().unwrap();
    let mut bodies = Vec::new();
    for coding in ["", "gzip", "gzip, br", "br;q=0, gzip"] {
        let request = Request::get(script).header("accept-encoding", coding);
        let answer = Answer::read(world.send(request.body(Body::empty()).unwrap()).await).await;
        assert_eq!(answer.status, 200, "{script}");
        let sent = answer.headers.get("content-encoding");
        let sent = sent.map(|sent| sent.to_str().unwrap().to_owned());
        let wanted = match coding {
            "" => None,
            "gzip, br" => Some("br".to_owned()),
            _ => Some("gzip".to_owned()),
        };
        assert_eq!(sent, wanted, "{coding}");
        assert_eq!(
            answer.headers["content-type"],
            "text/javascript; charset=utf-8"
        );
        assert_eq!(
            answer.headers["cache-control"],
            "public, max-age=31536000, immutable"
        );
        assert_eq!(answer.headers["vary"], "accept-encoding");
        bodies.push(answer.body.len());
    }
    assert!(bodies[2] < bodies[1] && bodies[1] < bodies[0], "{bodies:?}");
    let other = script.replace(".js", "-other.js");
    get(&world, &other, "*/*")
        .await
        .problem(404, "no_such_path");
}

/// As a scanner of web applications looks at them.
#[tokio::test]
async fn every_answer_has_the_headers_that_keep_a_browser_in_bounds() {
    let world = World::new().await;
    for path in [
        "/",
        "/assets/nothing.js",
        "/api/v1/health",
        "/api/v1/me",
        "/api/nothing",
    ] {
        let answer = get(&world, path, "text/html, application/json").await;
        let has = |name: &str, value: &str| {
            let found = answer
                .headers
                .get(name)
                .unwrap_or_else(|| panic!("{path}: no {name}"));
            assert_eq!(found, value, "{path}: {name}");
        };
        has("strict-transport-security", "max-age=31536000");
        has("x-content-type-options", "nosniff");
        has("x-frame-options", "DENY");
        has("referrer-policy", "no-referrer");
        has("cross-origin-opener-policy", "same-origin");
        has("cross-origin-resource-policy", "same-origin");
        assert!(policy(&answer.headers).contains(&"frame-ancestors 'none'".to_owned()));
        assert!(answer.headers.contains_key("permissions-policy"));
        for tells_too_much in ["server", "x-powered-by", "access-control-allow-origin"] {
            assert!(
                !answer.headers.contains_key(tells_too_much),
                "{path}: {tells_too_much}"
            );
        }
    }
}
