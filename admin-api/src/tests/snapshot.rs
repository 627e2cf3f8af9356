//! The API's description, as it is committed.

use std::path::Path;

const REFRESH: &str = "REFRESH_OPENAPI=1 cargo test -p drawbridge-admin-api snapshot";

#[test]
fn the_committed_description_is_the_programs() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let served = crate::openapi().to_pretty_json().unwrap() + "\n";
    if std::env::var("REFRESH_OPENAPI").is_ok_and(|wish| wish == "1") {
        std::fs::write(&path, &served).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = served
        .lines()
        .zip(committed.lines())
        .position(|(s, c)| s != c);
    assert!(
        served == committed,
        "admin-api/openapi.json is not what the program serves (first difference in line {}). \
         If the change is meant, refresh it with `{REFRESH}` and commit it.",
        differs.map_or(0, |line| line + 1)
    );
}

#[test]
fn the_description_is_sound() {
    let document = serde_json::to_value(crate::openapi()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let text = document.to_string();
    let mut refs: Vec<_> = text
        .split("\"#/components/schemas/")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    refs.dedup();
    assert!(!refs.is_empty());
    for name in refs {
        let schema = &document["components"]["schemas"][name];
        assert!(schema.is_object(), "{name} is referred to and not there");
    }
    let mut ids = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path}");
            let open = operation["security"].is_null();
            assert_eq!(open, operation["x-action"].is_null(), "{method} {path}");
            ids.push(operation["operationId"].as_str().unwrap());
        }
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "two operations have the same id");
}
