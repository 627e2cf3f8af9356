//! One segment, read from where it begins.

use std::io::{self, Read};

use serde::Serialize;

use super::index::{Index, Moment, Segment, is_shown};
use super::marker::Marker;
use super::seconds;
use crate::cast::{Event, Events, Place, Timed};
use crate::screen::bounded;

impl Index {
    /// A segment for the player; `None` if there is none of that number. `cast` is
    /// the plain recording **from [`Index::offset`] on**; no more of it is read
    /// than the segment takes.
    ///
    /// # Errors
    /// What the reader says.
    pub fn segment(&self, number: usize, cast: impl Read) -> io::Result<Option<Vec<u8>>> {
        let Some(segment) = self.segments.get(number) else {
            return Ok(None);
        };
        let next = self.segments.get(number + 1);
        let start = segment.start_ms(number);
        let end = next.map_or(u64::MAX, |next| next.start.at_ms);
        let from = self.markers.partition_point(|m| m.at_ms < start);
        let to = self.markers.partition_point(|m| m.at_ms < end);
        let mut out = Out::new(segment, self.markers.get(from..to).unwrap_or_default());
        // The player wants an event at the very start, and one at the very end.
        out.event(start, "o", "");
        if segment.place != Place::default() {
            self.read(segment, next, cast, &mut out)?;
        }
        if next.is_none() {
            out.event(self.duration_ms, "o", "");
        }
        Ok(Some(out.finish()))
    }

    fn read(
        &self,
        segment: &Segment,
        next: Option<&Segment>,
        cast: impl Read,
        out: &mut Out<'_>,
    ) -> io::Result<()> {
        let end = next.map_or(u64::MAX, |next| next.place.offset);
        let mut events = Events::resume(cast, segment.place);
        let mut now: Option<Moment> = None;
        while let Some((place, Timed { at, event })) = events.next_event()? {
            if place.offset >= end {
                break;
            }
            if !is_shown(&event) {
                continue;
            }
            let moment = now.map_or(segment.start, |now| now.next(at, self.idle_limit));
            // What was added since to a recording that goes on has no place here.
            if moment.at_ms > self.duration_ms {
                break;
            }
            now = Some(moment);
            if let Event::Output(text) = &event {
                let text = self.lines.for_terminal(text);
                out.event(moment.at_ms, "o", &text);
            } else if let Event::Resize { cols, rows } = event {
                let (cols, rows) = bounded(cols, rows);
                out.event(moment.at_ms, "r", &format!("{cols}x{rows}"));
            }
        }
        Ok(())
    }
}

/// A segment's JSON in the making.
struct Out<'a> {
    json: Vec<u8>,
    markers: std::slice::Iter<'a, Marker>,
    first: bool,
}

impl<'a> Out<'a> {
    fn new(segment: &Segment, markers: &'a [Marker]) -> Self {
        let mut out = Self {
            json: b"{\"snapshot\":".to_vec(),
            markers: markers.iter(),
            first: true,
        };
        out.append(&Snapshot {
            cols: segment.cols,
            rows: segment.rows,
            init: &segment.init,
        });
        out.json.extend_from_slice(b",\"events\":[");
        out
    }

    /// Adds an event, after the markers that come before it.
    fn event(&mut self, at_ms: u64, code: &str, data: &str) {
        while let Some(marker) = self.markers.as_slice().first()
            && marker.at_ms < at_ms
        {
            self.marker(marker);
            self.markers.next();
        }
        self.line(at_ms, code, data);
    }

    fn marker(&mut self, marker: &Marker) {
        self.line(marker.at_ms, "m", &marker.label);
    }

    fn line(&mut self, at_ms: u64, code: &str, data: &str) {
        if !self.first {
            self.json.push(b',');
        }
        self.first = false;
        self.append(&(seconds(at_ms), code, data));
    }

    fn append(&mut self, value: &impl Serialize) {
        // Numbers and strings always serialise, and memory takes all.
        let _ = serde_json::to_writer(&mut self.json, value);
    }

    fn finish(mut self) -> Vec<u8> {
        for marker in self.markers.clone() {
            self.marker(marker);
        }
        self.json.extend_from_slice(b"]}");
        self.json
    }
}

#[derive(Serialize)]
struct Snapshot<'a> {
    cols: u16,
    rows: u16,
    init: &'a str,
}
