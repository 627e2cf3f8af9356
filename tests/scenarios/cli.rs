//! The program's command line against a running broker: what scripts and people
//! get, the exit status, and what has come of it.

mod doctor;
mod evidence;
mod failing;
mod keeping;
mod mending;
mod page;
mod plant;
mod visit;

use harness::binary::{Binary, Room};
use harness::cli::Typist;
use harness::plant::PlantFile;
use harness::sshd::Sshd;
use serde_json::Value;

/// A plant with `plc-7`, and somebody of each role who has logged in.
struct House {
    asset: Sshd,
    binary: Binary,
    vera: Typist,
    anna: Typist,
    olga: Typist,
    audun: Typist,
    adam: Typist,
}

impl House {
    async fn new() -> Self {
        let asset = Sshd::start();
        let plant = PlantFile::new()
            .asset("plc-7", "hall", asset.at(), asset.host_key())
            .vendor("vera", &["plc-7"]);
        let binary = Binary::start_in(&plant, Room::Plenty).await;
        let key = asset.credential();
        binary.admin().await.store_key("plc-7", key).await;
        Self {
            vera: Typist::at(&binary, "vera").await,
            anna: Typist::at(&binary, "anna").await,
            olga: Typist::at(&binary, "olga").await,
            audun: Typist::at(&binary, "audun").await,
            adam: Typist::at(&binary, "adam").await,
            asset,
            binary,
        }
    }

    /// An open grant of `vera`'s.
    async fn grant(&self) -> String {
        let request = self
            .vera
            .works("request create plc-7 --for 1h --purpose 'Check the limit' --output id")
            .await;
        let approved = self.anna.json(&format!("request approve {request}")).await;
        text(&approved, "grant").to_owned()
    }
}

/// A field of text.
fn text<'a>(of: &'a Value, field: &str) -> &'a str {
    of[field]
        .as_str()
        .unwrap_or_else(|| panic!("no {field} in {of}"))
}

/// The id as tables show it.
fn short(id: &str) -> &str {
    &id[id.len() - 8..]
}

/// How many a list holds.
fn count(list: &Value) -> usize {
    list["items"].as_array().expect("a list").len()
}
