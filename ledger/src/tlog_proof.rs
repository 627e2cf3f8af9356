//! Proofs that travel (c2sp.org/tlog-proof): a leaf's index, its inclusion proof,
//! and the signed checkpoint that it is in.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use thiserror::Error;

use crate::hash::Hash;
use crate::lines::{decimal, first_line};
use crate::note::LONGEST as LONGEST_NOTE;
use crate::proof::LONGEST as LONGEST_PROOF;

const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// The longest extra data that is looked at, in characters.
const LONGEST_EXTRA: usize = 64 * 1024;
/// The longest file that is looked at, in bytes.
const LONGEST: usize = LONGEST_NOTE + LONGEST_EXTRA + 8 * 1024;

/// Why a text is no such proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadTlogProof {
    /// It is too long to be looked at.
    #[error("the proof is longer than {LONGEST} bytes")]
    TooLong,
    /// It has another form.
    #[error("not a proof of a transparency log (c2sp.org/tlog-proof@v1): {0}")]
    Form(&'static str),
}

/// A leaf's index, its inclusion proof, and the signed checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    /// What an application adds; nothing vouches for it.
    pub extra: Option<Vec<u8>>,
    /// The leaf's index, from 0.
    pub index: u64,
    /// From the leaf's sibling up to the root's child.
    pub proof: Vec<Hash>,
    /// The signed checkpoint, as it is; not verified.
    pub checkpoint: String,
}

impl TlogProof {
    /// Takes a proof apart. Nothing in it is verified.
    ///
    /// # Errors
    /// When it is not one.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadTlogProof> {
        use BadTlogProof::Form;
        if bytes.len() > LONGEST {
            return Err(BadTlogProof::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| Form("it is not UTF-8"))?;
        let next = |text| first_line(text).ok_or(Form("it is cut off"));
        let (header, rest) = next(text)?;
        if header != HEADER {
            return Err(Form("its first line is another one"));
        }
        let (mut line, mut rest) = next(rest)?;
        let mut extra = None;
        if let Some(encoded) = line.strip_prefix("extra ") {
            let decoded = BASE64_STANDARD.decode(encoded);
            let decoded = decoded.map_err(|_| Form("the extra data is not base64"))?;
            if encoded.len() > LONGEST_EXTRA {
                return Err(BadTlogProof::TooLong);
            }
            extra = Some(decoded);
            (line, rest) = next(rest)?;
        }
        let index = line.strip_prefix("index ").and_then(decimal);
        let index = index.ok_or(Form("there is no index where it must be"))?;
        let mut proof = Vec::new();
        loop {
            (line, rest) = next(rest)?;
            if line.is_empty() {
                break;
            }
            if proof.len() == LONGEST_PROOF {
                return Err(Form("it has more hashes than any tree"));
            }
            let hash = Hash::from_base64(line);
            proof.push(hash.map_err(|_| Form("a hash of it is not one"))?);
        }
        Ok(Self {
            extra,
            index,
            proof,
            checkpoint: rest.to_owned(),
        })
    }
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", BASE64_STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.proof
            .iter()
            .try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Of the form of the example in c2sp.org/tlog-proof.
    const EXAMPLE: &str = "c2sp.org/tlog-proof@v1\nextra YWdl\nindex 73894\n\
        gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n\
        B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=\n\
        \nexample.com/fancylog\n109482\nsFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=\n\
        \n— example.com/fancylog hI2DJw==\n";

    #[test]
    fn a_proof_is_read_and_written() {
        let proof = TlogProof::parse(EXAMPLE.as_bytes()).expect("a proof");
        assert_eq!(proof.extra.as_deref(), Some(b"age".as_slice()));
        assert_eq!((proof.index, proof.proof.len()), (73894, 2));
        assert!(
            proof
                .checkpoint
                .starts_with("example.com/fancylog\n109482\n")
        );
        assert_eq!(proof.to_string(), EXAMPLE);
        let alone = TlogProof {
            extra: None,
            index: 0,
            proof: Vec::new(),
            checkpoint: "log\n1\nroot\n\n— log AAAA\n".to_owned(),
        };
        let text = alone.to_string();
        assert!(
            text.starts_with("c2sp.org/tlog-proof@v1\nindex 0\n\nlog\n"),
            "{text}"
        );
        assert_eq!(TlogProof::parse(text.as_bytes()), Ok(alone));
    }

    #[test]
    fn what_is_no_proof_is_refused() {
        let hash = "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n";
        for bad in [
            "",
            "c2sp.org/tlog-proof@v1",
            "c2sp.org/tlog-proof@v1\n",
            "c2sp.org/tlog-proof@v1\nindex 1",
            "c2sp.org/tlog-proof@v1\nindex 1\n",
            &EXAMPLE.replace("@v1", "@v2"),
            &EXAMPLE.replace("73894", "073894"),
            &EXAMPLE.replace("index", "Index"),
            &EXAMPLE.replace("YWdl", "YWd"),
            &EXAMPLE.replace("gSKy", "gSK"),
            &EXAMPLE.replace(hash, &hash.repeat(LONGEST_PROOF)),
            &EXAMPLE.replace("YWdl", &"YWdl".repeat(LONGEST_EXTRA)),
            &EXAMPLE.replace("YWdl", &"YWdl".repeat(LONGEST_EXTRA / 4 + 1)),
        ] {
            assert!(TlogProof::parse(bad.as_bytes()).is_err(), "{bad:.200}");
        }
        assert!(TlogProof::parse(b"\xff").is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_proof_or_an_error(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            lines in "(extra [A-Za-z0-9+/=]{0,8}\n)?(index [0-9]{0,3}\n)?([A-Za-z0-9]{43}=\n){0,3}\n?\\PC{0,9}",
        ) {
            let _ = TlogProof::parse(&bytes);
            let text = format!("{HEADER}\n{lines}");
            if let Ok(proof) = TlogProof::parse(text.as_bytes()) {
                prop_assert_eq!(proof.to_string(), text);
            }
        }
    }
}
