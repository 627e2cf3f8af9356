//! The two sides of a recording on one timeline.

use std::io::{self, Read};
use std::time::Duration;

use super::Source;
use crate::cast::{CheckedLines, Encoder};
use crate::frame::{FrameReader, Kind};

/// A `.cast` with the frames of an input log between its lines. Of two events
/// in the same millisecond the asset's comes first, so that nothing comes
/// between an output and the true bytes that belong to it.
pub(super) struct WithInput<C, I> {
    cast: CheckedLines<C>,
    input: FrameReader<I>,
    /// The input that comes next.
    frame: Option<(Duration, Vec<u8>)>,
    encoder: Encoder,
    line: Vec<u8>,
}

impl<C: Read, I: Read> WithInput<C, I> {
    /// Begins with the header of `cast`.
    pub(super) fn new(mut cast: CheckedLines<C>, input: FrameReader<I>) -> io::Result<Self> {
        let line = cast.line().to_vec();
        cast.advance()?;
        let mut merged = Self {
            cast,
            input,
            frame: None,
            encoder: Encoder::new(),
            line,
        };
        merged.next_frame()?;
        Ok(merged)
    }

    fn next_frame(&mut self) -> io::Result<()> {
        self.frame = None;
        while let Some(frame) = self.input.next_frame()? {
            if frame.kind == Kind::Data {
                self.frame = Some((frame.at, frame.payload.to_vec()));
                break;
            }
        }
        Ok(())
    }

    fn next_input(&mut self) -> io::Result<()> {
        if let Some((at, bytes)) = self.frame.take() {
            self.encoder.input(at, &bytes, &mut self.line);
        }
        self.next_frame()
    }

    fn next_cast(&mut self) -> io::Result<()> {
        match self.cast.after_interval() {
            Some(rest) => self.encoder.retimed(self.cast.at(), rest, &mut self.line),
            None => self.line.extend_from_slice(self.cast.line()),
        }
        self.cast.advance()?;
        Ok(())
    }
}

impl<C: Read, I: Read> Source for WithInput<C, I> {
    fn line(&self) -> &[u8] {
        &self.line
    }

    fn advance(&mut self) -> io::Result<()> {
        self.line.clear();
        // An input of less than one character makes no line.
        while self.line.is_empty() {
            let more = !self.cast.line().is_empty();
            match &self.frame {
                Some((at, _)) if !more || at.as_millis() < self.cast.at().as_millis() => {
                    self.next_input()?
                }
                _ if more => self.next_cast()?,
                _ => {
                    self.encoder.flush(self.cast.at(), &mut self.line);
                    break;
                }
            }
        }
        Ok(())
    }
}
