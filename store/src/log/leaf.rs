//! An event as a leaf: a line of JSON that depends on nothing but the event's
//! columns, so that it can be made again at any time. docs/evidence.md has it.

use domain::Timestamp;
use ledger::Hash;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteRow;

use crate::error::StoreError;
use crate::row::Fields;

/// Above this, what was before and after stands as its hash: a leaf must fit into
/// a bundle, whose entries have 65,535 bytes at most.
const LONGEST: usize = 60_000;

/// The columns of an event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leaf<'a> {
    pub(crate) seq: i64,
    pub(crate) id: &'a str,
    pub(crate) at: Timestamp,
    pub(crate) actor: &'a str,
    pub(crate) source: &'a str,
    pub(crate) action: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) before: Option<&'a str>,
    pub(crate) after: Option<&'a str>,
    pub(crate) reason: Option<&'a str>,
}

impl<'a> Leaf<'a> {
    /// From a row of the table audit.
    pub(crate) fn of(row: &'a SqliteRow) -> Result<Self, StoreError> {
        let fields = Fields::new(row, "audit", "id")?;
        Ok(Self {
            seq: fields.get("seq")?,
            id: fields.get("id")?,
            at: fields.time("at")?,
            actor: fields.get("actor")?,
            source: fields.get("source")?,
            action: fields.get("action")?,
            subject: fields.get("subject")?,
            before: fields.get("before")?,
            after: fields.get("after")?,
            reason: fields.get("reason")?,
        })
    }

    /// The leaf.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let whole = self.with(self.before, self.after);
        if whole.len() <= LONGEST {
            return whole.into_bytes();
        }
        let digest = |text: &str| {
            let (sha256, bytes) = (Hash::of(text.as_bytes()).to_hex(), text.len());
            format!(r#"{{"sha256":"{sha256}","bytes":{bytes}}}"#)
        };
        let (before, after) = (self.before.map(digest), self.after.map(digest));
        self.with(before.as_deref(), after.as_deref()).into_bytes()
    }

    fn with(&self, before: Option<&str>, after: Option<&str>) -> String {
        let Self {
            seq, at, reason, ..
        } = self;
        let [id, actor, source, action, subject] =
            [self.id, self.actor, self.source, self.action, self.subject].map(quoted);
        // What was written there is JSON already, and stands as it is.
        let (before, after) = (before.unwrap_or("null"), after.unwrap_or("null"));
        let reason = reason.map_or_else(|| Value::Null.to_string(), quoted);
        format!(
            r#"{{"seq":{seq},"id":{id},"at":"{at}","actor":{actor},"source":{source},"action":{action},"subject":{subject},"before":{before},"after":{after},"reason":{reason}}}"#
        )
    }
}

fn quoted(text: &str) -> String {
    json!(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf() -> Leaf<'static> {
        Leaf {
            seq: 1,
            id: "0198aaaa-0000-7000-8000-000000000000",
            at: Timestamp::from_micros(1_795_568_523_000_004),
            actor: "account/anna",
            source: "192.0.2.7",
            action: "request.approved",
            subject: "request/0198",
            before: None,
            after: Some(r#"{"b":1,"a":"ø"}"#),
            reason: Some("said \"yes\"\n\u{7}ø"),
        }
    }

    #[test]
    fn a_leaf_is_as_the_documentation_has_it() {
        let text = String::from_utf8(leaf().bytes()).expect("text");
        assert_eq!(
            text,
            r#"{"seq":1,"id":"0198aaaa-0000-7000-8000-000000000000","at":"2026-11-25T01:02:03.000004Z","actor":"account/anna","source":"192.0.2.7","action":"request.approved","subject":"request/0198","before":null,"after":{"b":1,"a":"ø"},"reason":"said \"yes\"\n\u0007ø"}"#
        );
        let parsed: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(parsed["reason"], "said \"yes\"\n\u{7}ø");
    }

    #[test]
    fn a_long_one_has_hashes_in_place_of_what_makes_it_long() {
        let long = format!("\"{}\"", "x".repeat(59_000));
        let short = Leaf {
            after: Some(&long),
            ..leaf()
        };
        assert!(short.bytes().len() > 59_000, "as it is, up to the limit");
        let longer = format!("\"{}\"", "x".repeat(60_000));
        for before in [None, Some("1")] {
            let leaf = Leaf {
                before,
                after: Some(&longer),
                ..leaf()
            };
            let parsed: Value = serde_json::from_slice(&leaf.bytes()).expect("JSON");
            let hash = Hash::of(longer.as_bytes()).to_hex();
            assert_eq!(parsed["after"], json!({ "sha256": hash, "bytes": 60_002 }));
            let one = Hash::of(b"1").to_hex();
            let expected = before.map(|_| json!({ "sha256": one, "bytes": 1 }));
            assert_eq!(parsed["before"], expected.unwrap_or_default());
            assert!(leaf.bytes().len() < 1000);
        }
    }

    #[test]
    fn each_column_is_in_it() {
        let leaf = leaf();
        let others = [
            Leaf { seq: 2, ..leaf },
            Leaf { id: "x", ..leaf },
            Leaf {
                at: Timestamp::from_micros(1_795_568_523_000_005),
                ..leaf
            },
            Leaf { actor: "x", ..leaf },
            Leaf {
                source: "x",
                ..leaf
            },
            Leaf {
                action: "x",
                ..leaf
            },
            Leaf {
                subject: "x",
                ..leaf
            },
            Leaf {
                before: Some("1"),
                ..leaf
            },
            Leaf {
                after: None,
                ..leaf
            },
            Leaf {
                reason: None,
                ..leaf
            },
        ];
        for other in others {
            assert_ne!(other.bytes(), leaf.bytes(), "{other:?}");
        }
    }
}
