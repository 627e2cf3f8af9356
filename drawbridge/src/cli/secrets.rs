//! Passwords, typed without echo or read from standard input, and keys, read from
//! files; never arguments, which other users of the machine can see.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::Path;

use admin_api::dto::Secret;
use anyhow::Context;

use super::failure::Failure;

/// The vault takes no more, in bytes.
const LONGEST: usize = 64 * 1024;

/// Where passwords come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    Terminal,
    /// One a line.
    StandardInput,
}

impl From {
    pub(crate) const fn flag(password_stdin: bool) -> Self {
        if password_stdin {
            Self::StandardInput
        } else {
            Self::Terminal
        }
    }

    /// A password that exists.
    pub(crate) fn current(self, prompt: &str) -> Result<Secret, Failure> {
        match self {
            Self::Terminal => ask(prompt),
            Self::StandardInput => line(io::stdin().lock()),
        }
    }

    /// A password that is chosen now: typed twice.
    pub(crate) fn chosen(self, prompt: &str) -> Result<Secret, Failure> {
        let first = self.current(prompt)?;
        if self == Self::Terminal && ask("Again: ")?.expose() != first.expose() {
            return Err(Failure::failed(
                "The two were not the same, and nothing was changed. Try again.",
            ));
        }
        Ok(first)
    }
}

/// A private key, as the file has it.
pub(crate) fn key(path: &Path) -> Result<Secret, Failure> {
    let read = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        bounded(File::open(path)?).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().with_context(|| format!("{} could not be read", path.display()))?;
    whole(bytes, &path.display().to_string())
}

/// One byte more than is taken, to tell what is too long from what just fits.
fn bounded<R: Read>(from: R) -> io::Take<R> {
    from.take(LONGEST as u64 + 1)
}

/// Half a key is none: what is too long is refused and never cut.
fn whole(bytes: Vec<u8>, what: &str) -> Result<Secret, Failure> {
    if bytes.len() > LONGEST {
        return Err(Failure::usage(format!(
            "{what} is larger than {} KiB, which is no password and no key. Nothing was changed.",
            LONGEST / 1024
        )));
    }
    let text = String::from_utf8(bytes).map_err(|_| {
        Failure::usage(format!("{what} is not text in UTF-8. Nothing was changed."))
    })?;
    not_empty(text)
}

fn ask(prompt: &str) -> Result<Secret, Failure> {
    let typed = rpassword::prompt_password(prompt).map_err(|error| {
        Failure::usage(format!(
            "There is no terminal to ask for a password on ({error}). Use --password-stdin."
        ))
    })?;
    not_empty(typed)
}

fn line(from: impl BufRead) -> Result<Secret, Failure> {
    let mut bytes = Vec::new();
    bounded(from).read_until(b'\n', &mut bytes)?;
    while bytes.last().is_some_and(|last| b"\r\n".contains(last)) {
        bytes.pop();
    }
    whole(bytes, "What came on standard input")
}

fn not_empty(text: String) -> Result<Secret, Failure> {
    if text.is_empty() {
        return Err(Failure::usage(
            "The password or key is empty, and nothing was changed.",
        ));
    }
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_password() {
        for (text, expected) in [
            ("secret", Some("secret")),
            ("secret\n", Some("secret")),
            (" with blanks \r\nnext\n", Some(" with blanks ")),
            ("\n", None),
            ("", None),
        ] {
            let found = line(text.as_bytes()).ok();
            assert_eq!(found.as_ref().map(Secret::expose), expected, "{text:?}");
        }
        let mut two = &b"old\nnew\n"[..];
        assert_eq!(line(&mut two).expect("the first").expose(), "old");
        assert_eq!(line(&mut two).expect("the second").expose(), "new");
    }

    #[test]
    fn what_is_too_long_is_refused_and_not_cut() {
        let longest = "k".repeat(LONGEST);
        let longer = format!("{longest}k");
        let refused = |found: Result<Secret, Failure>| {
            found
                .expect_err("too long")
                .text()
                .contains("larger than 64 KiB")
        };
        assert_eq!(line(longest.as_bytes()).expect("fits").expose(), longest);
        assert!(refused(line(longer.as_bytes())));
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("key");
        std::fs::write(&path, &longest).expect("written");
        assert_eq!(key(&path).expect("fits").expose(), longest);
        std::fs::write(&path, &longer).expect("written");
        assert!(refused(key(&path)));
        std::fs::write(&path, b"\xff\xfe").expect("written");
        assert!(key(&path).expect_err("no text").text().contains("not text"));
    }
}
