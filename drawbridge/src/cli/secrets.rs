//! Passwords, typed without echo or read from standard input, and keys, read from
//! files; never arguments, which other users of the machine can see.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::Path;

use admin_api::dto::Secret;
use anyhow::Context;

use super::failure::Failure;

/// More is no password and no key, in bytes.
const LONGEST: u64 = 16 * 1024;

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
    let read = || -> io::Result<String> {
        let mut text = String::new();
        File::open(path)?.take(LONGEST).read_to_string(&mut text)?;
        Ok(text)
    };
    let text = read().with_context(|| format!("{} could not be read", path.display()))?;
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
    let mut text = String::new();
    from.take(LONGEST).read_line(&mut text)?;
    let end = text.trim_end_matches(['\r', '\n']).len();
    text.truncate(end);
    not_empty(text)
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
}
