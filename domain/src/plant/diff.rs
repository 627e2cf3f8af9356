//! What applying a plant file would change.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use serde::Serialize;

use super::{Asset, Conduit, Plant, words};
use crate::name::{AssetName, ConduitName};

/// What happens to a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// It is new.
    Add,
    /// It is there and becomes different.
    Change,
    /// It is there and no longer in the file.
    Remove,
    /// It is a session that is open and has no ground as it was admitted.
    End,
}
words!(Verb {
    Add = "add",
    Change = "change",
    Remove = "remove",
    End = "end",
});

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlantChange {
    /// What happens.
    pub verb: Verb,
    /// To what kind of thing: `zone`, `asset` …
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// For a change, the fields that differ: `address: "10.0.0.1" -> "10.0.0.2"`.
    pub detail: String,
}

impl Display for PlantChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<6} {} {}", self.verb, self.kind, self.name)?;
        if self.detail.is_empty() {
            Ok(())
        } else {
            write!(f, " ({})", self.detail)
        }
    }
}

/// What turns `old` into `new`, in the order of the file. Empty when both are the
/// same.
#[must_use]
pub fn changes(old: Option<&Plant>, new: &Plant) -> Vec<PlantChange> {
    let mut found = Vec::new();
    one(
        &mut found,
        "site",
        old.map(|p| (&p.site.name, &p.site)),
        (&new.site.name, &new.site),
    );
    one(
        &mut found,
        "rules",
        old.map(|p| (&"rules", &p.rules)),
        (&"rules", &new.rules),
    );
    many(&mut found, "zone", old.map(|p| &p.zones), &new.zones);
    many(
        &mut found,
        "conduit",
        old.map(|p| &p.conduits),
        &new.conduits,
    );
    many(&mut found, "asset", old.map(|p| &p.assets), &new.assets);
    many(
        &mut found,
        "account",
        old.map(|p| &p.accounts),
        &new.accounts,
    );
    found
}

fn one<N: Display, T: Serialize + PartialEq>(
    found: &mut Vec<PlantChange>,
    kind: &'static str,
    old: Option<(&N, &T)>,
    (name, new): (&N, &T),
) {
    let change = |verb, detail| PlantChange {
        verb,
        kind,
        name: name.to_string(),
        detail,
    };
    match old {
        None => found.push(change(Verb::Add, String::new())),
        Some((_, old)) if old != new => found.push(change(Verb::Change, differing(old, new))),
        Some(_) => {}
    }
}

fn many<N: Ord + Display, T: Serialize + PartialEq>(
    found: &mut Vec<PlantChange>,
    kind: &'static str,
    old: Option<&BTreeMap<N, T>>,
    new: &BTreeMap<N, T>,
) {
    for (name, thing) in new {
        one(
            found,
            kind,
            old.and_then(|o| o.get_key_value(name)),
            (name, thing),
        );
    }
    for name in old
        .into_iter()
        .flat_map(BTreeMap::keys)
        .filter(|n| !new.contains_key(n))
    {
        found.push(PlantChange {
            verb: Verb::Remove,
            kind,
            name: name.to_string(),
            detail: String::new(),
        });
    }
}

/// What a new plant changes of that which a session through a conduit to an asset
/// was admitted by: `the address of asset plc-7`. Texts for people, and how long a
/// window may be, are no part of it.
#[must_use]
pub fn admitted_by(
    old: &Plant,
    new: &Plant,
    asset: &AssetName,
    conduit: &ConduitName,
) -> Option<String> {
    let found = [
        pinned_of_asset(old.assets.get(asset), new.assets.get(asset))
            .map(|what| format!("{what} of asset {asset}")),
        passes_conduit(old.conduits.get(conduit), new.conduits.get(conduit))
            .map(|what| format!("{what} of conduit {conduit}")),
    ];
    let found: Vec<_> = found.into_iter().flatten().collect();
    (!found.is_empty()).then(|| found.join(" and "))
}

/// One that is in neither plant is taken for changed: nothing says what holds.
fn pinned_of_asset(old: Option<&Asset>, new: Option<&Asset>) -> Option<String> {
    let (Some(old), Some(new)) = (old, new) else {
        return Some("the entry".to_owned());
    };
    let (was, is) = (old.ssh.as_ref(), new.ssh.as_ref());
    named(&[
        ("the zone", old.zone != new.zone),
        ("the address", old.address != new.address),
        ("the port", was.map(|e| e.port) != is.map(|e| e.port)),
        ("the user", was.map(|e| &e.user) != is.map(|e| &e.user)),
        (
            "the host key",
            was.map(|e| &e.host_key) != is.map(|e| &e.host_key),
        ),
        (
            "the credential",
            was.map(|e| &e.credential) != is.map(|e| &e.credential),
        ),
    ])
}

fn passes_conduit(old: Option<&Conduit>, new: Option<&Conduit>) -> Option<String> {
    let (Some(old), Some(new)) = (old, new) else {
        return Some("the entry".to_owned());
    };
    named(&[
        ("the zone", old.zone != new.zone),
        ("the protocols", old.protocols != new.protocols),
        ("the operations", old.operations != new.operations),
        ("the environment", old.environment != new.environment),
        ("the source", old.source != new.source),
        ("the record", old.record != new.record),
    ])
}

fn named(facts: &[(&str, bool)]) -> Option<String> {
    let changed = facts.iter().filter(|(_, differs)| *differs);
    let names: Vec<_> = changed.map(|(name, _)| *name).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// The fields in which two things of one type differ.
fn differing<T: Serialize>(old: &T, new: &T) -> String {
    let (Ok(serde_json::Value::Object(old)), Ok(serde_json::Value::Object(new))) =
        (serde_json::to_value(old), serde_json::to_value(new))
    else {
        return String::new();
    };
    let fields = new.iter().filter_map(|(field, value)| {
        let before = old.get(field)?;
        (before != value).then(|| format!("{field}: {before} -> {value}"))
    });
    fields.collect::<Vec<_>>().join(", ")
}
