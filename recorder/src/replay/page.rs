//! The replay as one page that opens from disk. `web/replay` makes its template;
//! here the recording is put in, as data that no browser takes for anything else.

use std::io::{self, Read, Write};

use serde::Serialize;
use thiserror::Error;

use super::Marker;

/// Where in the template the data belongs.
const HERE: &str = "__DRAWBRIDGE_RECORDING__";

/// What the page says about the recording, beside showing it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// One line: whose session, on what.
    pub title: String,
    /// Names and values, in the order in which they are shown.
    pub rows: Vec<(String, String)>,
}

/// A template that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the replay page of this build is no template: build it anew with `make web`")]
pub struct BadTemplate;

impl From<BadTemplate> for io::Error {
    fn from(bad: BadTemplate) -> Self {
        Self::new(io::ErrorKind::InvalidInput, bad)
    }
}

/// Writes the page: a recording, asciicast v3, which is read a piece at a time, and
/// what is pointed out in it.
///
/// # Errors
/// `InvalidInput` with [`BadTemplate`] inside, or what reader or writer say.
pub fn page(
    template: &str,
    facts: &Facts,
    marks: &[Marker],
    mut cast: impl Read,
    out: &mut impl Write,
) -> io::Result<()> {
    let (before, after) = template.split_once(HERE).ok_or(BadTemplate)?;
    if after.contains(HERE) {
        return Err(BadTemplate.into());
    }
    let marks: Vec<_> = marks.iter().map(Mark::of).collect();
    out.write_all(before.as_bytes())?;
    out.write_all(b"{\"facts\":")?;
    out.write_all(&json(facts)?)?;
    out.write_all(b",\"marks\":")?;
    out.write_all(&json(&marks)?)?;
    out.write_all(b",\"cast\":\"")?;
    let mut piece = Vec::new();
    let mut buf = vec![0; 64 << 10];
    loop {
        let read = match cast.read(&mut buf) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        piece.clear();
        for &byte in buf.iter().take(read) {
            match byte {
                b'"' | b'\\' => piece.extend_from_slice(&[b'\\', byte]),
                b'\n' => piece.extend_from_slice(b"\\n"),
                b'<' | b'>' | b'&' | 0..=0x1f => escaped(byte, &mut piece),
                _ => piece.push(byte),
            }
        }
        out.write_all(&piece)?;
    }
    out.write_all(b"\"}")?;
    out.write_all(after.as_bytes())
}

/// A mark as the page takes it: at that time of the recording.
#[derive(Serialize)]
struct Mark<'a> {
    ms: u64,
    label: &'a str,
}

impl<'a> Mark<'a> {
    fn of(marker: &'a Marker) -> Self {
        Self {
            ms: marker.real_ms,
            label: &marker.label,
        }
    }
}

/// The quotes of JSON stay; only what HTML could see is escaped.
fn json(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    for byte in serde_json::to_vec(value)? {
        match byte {
            b'<' | b'>' | b'&' => escaped(byte, &mut out),
            _ => out.push(byte),
        }
    }
    Ok(out)
}

/// A character of JSON by its number: HTML sees nothing in it.
fn escaped(byte: u8, out: &mut Vec<u8>) {
    // Writing to a Vec can't fail.
    let _ = write!(out, "\\u{byte:04x}");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Index, Settings};
    use super::*;
    use crate::screen::Patience;

    const TEMPLATE: &str =
        "<script id=r type=\"application/json\">__DRAWBRIDGE_RECORDING__</script>";

    fn data(facts: &Facts, marks: &[Marker], cast: &[u8]) -> (String, serde_json::Value) {
        let mut out = Vec::new();
        page(TEMPLATE, facts, marks, cast, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let data = text
            .strip_prefix("<script id=r type=\"application/json\">")
            .and_then(|rest| rest.strip_suffix("</script>"))
            .unwrap()
            .to_owned();
        let json = serde_json::from_str(&data).unwrap();
        (data, json)
    }

    #[test]
    fn what_was_recorded_ends_no_script() {
        let cast = "[0.1, \"o\", \"</script><script>alert(1)</script><!--\\u001b\"]\n";
        let facts = Facts {
            title: "</script>&lt;\"".to_owned(),
            rows: vec![("asset".to_owned(), "<!--".to_owned())],
        };
        let marks = Index::build(
            "{\"version\":3,\"term\":{\"cols\":80,\"rows\":24}}\n[2,\"m\",\"</script>\"]\n"
                .as_bytes(),
            Settings::default(),
            &mut Patience::new(&mut || true),
        )
        .unwrap();
        let (data, json) = data(&facts, marks.markers(), cast.as_bytes());
        assert!(!data.contains(['<', '>', '&']), "{data}");
        assert_eq!(json["cast"], cast);
        assert_eq!(json["facts"]["title"], facts.title);
        assert_eq!(
            json["marks"],
            serde_json::json!([{ "ms": 2000, "label": "</script>" }])
        );
        assert_eq!(json["facts"]["rows"][0][1], "<!--");
    }

    #[test]
    fn a_template_without_a_place_is_refused() {
        for template in [
            "<html>",
            "__DRAWBRIDGE_RECORDING__ __DRAWBRIDGE_RECORDING__",
        ] {
            let made = page(template, &Facts::default(), &[], &b""[..], &mut Vec::new());
            assert_eq!(
                made.map_err(|error| error.kind()),
                Err(io::ErrorKind::InvalidInput)
            );
        }
    }

    proptest! {
        #[test]
        fn any_recording_comes_out_as_it_went_in(cast in "(?s).{0,200}") {
            let (data, json) = data(&Facts::default(), &[], cast.as_bytes());
            prop_assert!(!data.contains('<'));
            prop_assert_eq!(json["cast"].as_str(), Some(cast.as_str()));
        }
    }
}
