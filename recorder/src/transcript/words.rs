//! What somebody looks for: words and phrases, all of which a line must have.

use thiserror::Error;

/// The most words and phrases.
const MOST: usize = 20;
/// The longest search, in characters.
const LONGEST: usize = 400;

/// Nothing that could be looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoWords {
    /// No letter and no digit.
    #[error("write a word to look for: signs alone are not kept in the index")]
    Nothing,
    /// Too much.
    #[error("look for at most 20 words, of 400 characters together")]
    TooMuch,
}

/// Words and phrases. `"reset fault" pump*` is the phrase `reset fault` and a word
/// that begins with `pump`. Nothing else in it has a meaning: `plc-7`, `AND` and
/// `a(b)` are looked for as they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words(Vec<Phrase>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Phrase {
    text: String,
    is_start: bool,
}

impl Words {
    /// Reads what a person wrote.
    ///
    /// # Errors
    /// When there is nothing to look for in it, or too much.
    pub fn parse(text: &str) -> Result<Self, NoWords> {
        if text.chars().count() > LONGEST {
            return Err(NoWords::TooMuch);
        }
        let mut phrases = Vec::new();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let (phrase, after) = match rest.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
                None => {
                    let end = rest.find([' ', '\t', '"']).unwrap_or(rest.len());
                    rest.split_at(end)
                }
            };
            let (phrase, after) = match after.strip_prefix('*') {
                Some(after) => (format!("{phrase}*"), after),
                None => (phrase.to_owned(), after),
            };
            let (text, is_start) = match phrase.strip_suffix('*') {
                Some(start) => (start.trim().to_owned(), true),
                None => (phrase.trim().to_owned(), false),
            };
            if text.chars().any(char::is_alphanumeric) {
                phrases.push(Phrase { text, is_start });
            }
            rest = after.trim_start();
        }
        match phrases.len() {
            0 => Err(NoWords::Nothing),
            count if count > MOST => Err(NoWords::TooMuch),
            _ => Ok(Self(phrases)),
        }
    }

    /// Each phrase, and whether it is only the start of a word.
    pub fn phrases(&self) -> impl Iterator<Item = (&str, bool)> {
        self.0.iter().map(|p| (p.text.as_str(), p.is_start))
    }

    /// Whether a line has all of them, capital or small.
    #[must_use]
    pub fn all_in(&self, line: &str) -> bool {
        let line = tokens(line);
        self.0.iter().all(|phrase| {
            let wanted = tokens(&phrase.text);
            let last = wanted.len().saturating_sub(1);
            line.windows(wanted.len().max(1)).any(|words| {
                words
                    .iter()
                    .zip(&wanted)
                    .enumerate()
                    .all(|(at, (word, wanted))| {
                        word == wanted
                            || (phrase.is_start && at == last && word.starts_with(wanted))
                    })
            })
        })
    }
}

/// Runs of letters and digits, as the index has them.
fn tokens(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}
