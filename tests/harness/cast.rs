//! Recordings, read by the letter of asciicast v3 and not with the recorder's own
//! reader, and by asciinema itself.

use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use crate::tools::Tool;

/// A recording.
pub struct Cast {
    /// Its first line.
    pub header: Value,
    events: Vec<(f64, String, Value)>,
}

impl Cast {
    /// Reads it strictly.
    ///
    /// # Panics
    /// If any line is not what the format says, the last one not ended included.
    #[must_use]
    pub fn read(text: &str) -> Self {
        assert!(
            text.ends_with('\n'),
            "the last line is torn: {:?}",
            tail(text)
        );
        let mut lines = text.lines();
        let header: Value = serde_json::from_str(lines.next().expect("a header")).expect("JSON");
        assert_eq!(header["version"], 3);
        for size in ["cols", "rows"] {
            assert!(
                header["term"][size].as_u64().is_some_and(|n| n > 0),
                "{header}"
            );
        }
        let events = lines
            .filter(|line| !line.starts_with('#'))
            .map(|line| {
                let event: (f64, String, Value) = serde_json::from_str(line)
                    .unwrap_or_else(|error| panic!("{error}: {}", tail(line)));
                assert!(event.0 >= 0.0, "time goes back: {}", tail(line));
                event
            })
            .collect();
        Self { header, events }
    }

    /// The data of the events with a code, in order.
    pub fn all<'a>(&'a self, code: &'a str) -> impl Iterator<Item = &'a str> {
        self.events
            .iter()
            .filter(move |(_, c, _)| c == code)
            .map(|(.., data)| {
                data.as_str()
                    .unwrap_or_else(|| panic!("data that is no text: {data}"))
            })
    }

    /// All that the asset sent, byte by byte.
    #[must_use]
    pub fn output(&self) -> Vec<u8> {
        self.bytes("o")
    }

    /// The same as text.
    #[must_use]
    pub fn shown(&self) -> String {
        String::from_utf8_lossy(&self.output()).into_owned()
    }

    /// All that the vendor sent, byte by byte.
    #[must_use]
    pub fn input(&self) -> Vec<u8> {
        self.bytes("i")
    }

    /// The bytes of the events with a code; where the text could not hold them, the
    /// event `b` after it does.
    fn bytes(&self, code: &str) -> Vec<u8> {
        let mut all = Vec::new();
        let mut last = 0;
        let mut before = "";
        for (_, this, data) in &self.events {
            let data = || data.as_str().expect("text");
            if this == code {
                last = all.len();
                all.extend_from_slice(data().as_bytes());
            } else if this == "b" && before == code {
                all.truncate(last);
                all.extend(BASE64_STANDARD.decode(data()).expect("base64"));
            }
            before = this;
        }
        all
    }

    /// The exit status that it ends with.
    #[must_use]
    pub fn exit(&self) -> Option<&str> {
        self.all("x").last()
    }

    /// How long it is, in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.events.iter().map(|(interval, ..)| interval).sum()
    }
}

/// What asciinema shows of a recording, as text without escapes; it refuses what
/// is no valid file.
///
/// # Panics
/// If asciinema refuses it.
#[must_use]
pub fn as_asciinema_shows(text: &str) -> String {
    let directory = tempfile::tempdir().expect("a directory");
    let (cast, shown) = (
        directory.path().join("in.cast"),
        directory.path().join("out.txt"),
    );
    std::fs::write(&cast, text).expect("a file");
    let converted = Command::new(Tool::Asciinema.path())
        .args(["convert", "--output-format", "txt"])
        .args([&cast, &shown])
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .output()
        .expect("asciinema runs");
    let errors = String::from_utf8_lossy(&converted.stderr);
    assert!(converted.status.success(), "asciinema: {errors}");
    std::fs::read_to_string(shown).expect("a text")
}

fn tail(text: &str) -> String {
    text.chars()
        .rev()
        .take(200)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect()
}
