//! Bytes of a stream as text, though packets split characters anywhere.

/// The start of a UTF-8 character whose rest has not arrived: 3 bytes at most.
#[derive(Clone, Debug, Default)]
pub(super) struct Carry {
    bytes: [u8; 3],
    len: usize,
}

/// What a packet, with the bytes carried into it, is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Less than one character: all of it is carried on.
    Nothing,
    /// The character that the packet completes, then the rest of its text.
    Text(Joined, &'a str),
    /// Not UTF-8. The carried bytes are in it.
    Raw(Vec<u8>),
}

/// At most one character that was split between packets.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Joined {
    bytes: [u8; 4],
    len: usize,
}

impl Joined {
    pub(super) fn as_str(&self) -> &str {
        self.bytes
            .get(..self.len)
            .and_then(|bytes| str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }
}

impl Carry {
    pub(super) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Takes the next packet; what may be the start of a character at its end
    /// is carried to the next one.
    pub(super) fn take<'a>(&mut self, packet: &'a [u8]) -> Piece<'a> {
        if self.len == 0 {
            return self.take_rest(Joined::default(), packet, packet);
        }
        let mut joined = Joined::default();
        let mut rest = packet;
        let carried = self.bytes;
        for &byte in carried.iter().take(self.len) {
            joined.push(byte);
        }
        while unfinished(joined.get())
            && let Some((&byte, after)) = rest.split_first()
        {
            joined.push(byte);
            rest = after;
        }
        if unfinished(joined.get()) {
            self.keep(joined.get());
            return Piece::Nothing;
        }
        if joined.as_str().is_empty() {
            // What was carried is no start of what followed.
            return self.take_raw(packet);
        }
        self.take_rest(joined, rest, packet)
    }

    /// What is still carried, for the end of the stream.
    pub(super) fn flush(&mut self) -> Option<Vec<u8>> {
        let carried = self
            .bytes
            .get(..self.len)
            .filter(|bytes| !bytes.is_empty())?
            .to_vec();
        self.len = 0;
        Some(carried)
    }

    fn take_rest<'a>(&mut self, joined: Joined, rest: &'a [u8], packet: &'a [u8]) -> Piece<'a> {
        let (body, suffix) = split_suffix(rest);
        let Ok(text) = simdutf8::basic::from_utf8(body) else {
            return self.take_raw(packet);
        };
        self.keep(suffix);
        if joined.len == 0 && text.is_empty() {
            Piece::Nothing
        } else {
            Piece::Text(joined, text)
        }
    }

    fn take_raw<'a>(&mut self, packet: &[u8]) -> Piece<'a> {
        let (body, suffix) = split_suffix(packet);
        let mut raw = self.flush().unwrap_or_default();
        raw.extend_from_slice(body);
        self.keep(suffix);
        Piece::Raw(raw)
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.len = 0;
        for (slot, &byte) in self.bytes.iter_mut().zip(bytes) {
            *slot = byte;
            self.len += 1;
        }
    }
}

impl Joined {
    fn push(&mut self, byte: u8) {
        if let Some(slot) = self.bytes.get_mut(self.len) {
            *slot = byte;
            self.len += 1;
        }
    }

    fn get(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// Cuts off the start of a character that `bytes` may end with.
fn split_suffix(bytes: &[u8]) -> (&[u8], &[u8]) {
    for len in 1..=bytes.len().min(3) {
        let Some((body, suffix)) = bytes.split_at_checked(bytes.len() - len) else {
            break;
        };
        if unfinished(suffix) {
            return (body, suffix);
        }
    }
    (bytes, &[])
}

/// Whether `bytes` is the start of one character, and nothing else.
fn unfinished(bytes: &[u8]) -> bool {
    str::from_utf8(bytes)
        .is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(packets: &[&[u8]]) -> Vec<String> {
        let mut carry = Carry::default();
        let mut all: Vec<_> = packets
            .iter()
            .map(|packet| match carry.take(packet) {
                Piece::Nothing => "-".to_owned(),
                Piece::Text(joined, text) => format!("{}{text}", joined.as_str()),
                Piece::Raw(raw) => format!("{raw:x?}"),
            })
            .collect();
        all.extend(carry.flush().map(|raw| format!("end {raw:x?}")));
        all
    }

    #[test]
    fn characters_split_between_packets() {
        let cases: &[(&[&[u8]], &[&str])] = &[
            (&[b"plain", b""], &["plain", "-"]),
            (&[b"a\xc3", b"\xa9b"], &["a", "éb"]),
            (&[b"\xe2", b"\x82", b"\xac"], &["-", "-", "€"]),
            (
                &[b"\xf0\x9f", b"\x98\x80 \xf0\x9f\x98", b"\x80"],
                &["-", "😀 ", "😀"],
            ),
            (&[b"x\xe2\x82", b"no"], &["x", "[e2, 82, 6e, 6f]"]),
            (&[b"\xff\xc3", b"\xa9"], &["[ff]", "é"]),
            (
                &[b"\xc3", b"\xa9\xff\xe2", b"\x82\xac"],
                &["-", "[c3, a9, ff]", "€"],
            ),
            (&[b"ok\xf0\x9f\x98"], &["ok", "end [f0, 9f, 98]"]),
            (&[b"\xed\xa0\x80"], &["[ed, a0, 80]"]),
            (&[b"\x80\xc3", b"\xc3", b"\xa9"], &["[80]", "[c3]", "é"]),
        ];
        for (packets, expected) in cases {
            assert_eq!(&pieces(packets), expected, "{packets:x?}");
        }
    }
}
