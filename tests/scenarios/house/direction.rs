//! {domain, ledger} ← {store, recorder} ← {broker, admin-api} ← drawbridge ← {tests, bench}.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};
use harness::tools::workspace;

/// Each room of the house, and the rooms that it may know.
const ROOMS: &[(&str, &[&str])] = &[
    ("drawbridge-domain", &[]),
    ("drawbridge-ledger", &[]),
    (
        "drawbridge-store",
        &["drawbridge-domain", "drawbridge-ledger"],
    ),
    (
        "drawbridge-recorder",
        &["drawbridge-domain", "drawbridge-ledger"],
    ),
    (
        "drawbridge-broker",
        &[
            "drawbridge-domain",
            "drawbridge-ledger",
            "drawbridge-store",
            "drawbridge-recorder",
        ],
    ),
    (
        "drawbridge-admin-api",
        &[
            "drawbridge-domain",
            "drawbridge-ledger",
            "drawbridge-store",
            "drawbridge-recorder",
        ],
    ),
    (
        "drawbridge",
        &[
            "drawbridge-domain",
            "drawbridge-ledger",
            "drawbridge-store",
            "drawbridge-recorder",
            "drawbridge-broker",
            "drawbridge-admin-api",
        ],
    ),
    (
        "drawbridge-tests",
        &[
            "drawbridge",
            "drawbridge-domain",
            "drawbridge-ledger",
            "drawbridge-store",
            "drawbridge-recorder",
            "drawbridge-broker",
            "drawbridge-admin-api",
        ],
    ),
    (
        "drawbridge-bench",
        &[
            "drawbridge",
            "drawbridge-domain",
            "drawbridge-recorder",
            "drawbridge-tests",
        ],
    ),
];

/// What each room must never have in its walls, however deep.
const NEVER: &[(&str, &[&str])] = &[
    (
        "drawbridge-domain",
        &["tokio", "sqlx", "axum", "russh", "rustls", "reqwest"],
    ),
    (
        "drawbridge-ledger",
        &["tokio", "sqlx", "axum", "russh", "rustls", "reqwest"],
    ),
    ("drawbridge-recorder", &["sqlx", "axum", "russh", "reqwest"]),
    ("drawbridge-store", &["axum", "russh", "reqwest"]),
    ("drawbridge-broker", &["axum", "reqwest"]),
    ("drawbridge-admin-api", &["russh"]),
];

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(workspace().join("Cargo.toml"))
        .other_options(vec!["--locked".to_owned()])
        .exec()
        .expect("cargo metadata")
}

#[test]
fn each_room_knows_only_those_below_it() {
    let metadata = metadata();
    let allowed: BTreeMap<&str, &[&str]> = ROOMS.iter().copied().collect();
    let members: BTreeSet<&str> = metadata
        .workspace_packages()
        .iter()
        .map(|p| p.name.as_str())
        .collect();
    assert_eq!(
        members,
        allowed.keys().copied().collect(),
        "a room without a place in the order"
    );
    for package in metadata.workspace_packages() {
        // Test code counts as well: what it needs from above, it can't be without.
        for dependency in package
            .dependencies
            .iter()
            .filter(|d| members.contains(d.name.as_str()))
        {
            assert!(
                allowed[package.name.as_str()].contains(&dependency.name.as_str()),
                "{} must not know {}",
                package.name,
                dependency.name
            );
        }
    }
}

#[test]
fn no_room_has_what_does_not_belong_there() {
    let metadata = metadata();
    for (room, never) in NEVER {
        let inside = all_below(&metadata, room);
        assert!(
            inside.contains("thiserror"),
            "the walk from {room} found next to nothing"
        );
        for name in *never {
            assert!(!inside.contains(*name), "{room} must do without {name}");
        }
    }
}

/// The names of all packages that `room` is built with, outside tests.
fn all_below(metadata: &Metadata, room: &str) -> BTreeSet<String> {
    let nodes = &metadata.resolve.as_ref().expect("a resolved graph").nodes;
    let id = &metadata
        .packages
        .iter()
        .find(|p| p.name.as_str() == room)
        .expect(room)
        .id;
    let (mut seen, mut todo) = (BTreeSet::new(), vec![id]);
    while let Some(id) = todo.pop() {
        let node = nodes
            .iter()
            .find(|n| n.id == *id)
            .expect("a node of the graph");
        let normal = node.deps.iter().filter(|dependency| {
            dependency
                .dep_kinds
                .iter()
                .any(|kind| kind.kind == DependencyKind::Normal)
        });
        todo.extend(
            normal
                .map(|dependency| &dependency.pkg)
                .filter(|id| seen.insert(*id)),
        );
    }
    seen.iter()
        .map(|id| metadata[*id].name.to_string())
        .collect()
}
