//! What is looked for, as FTS5 reads it. A person's text is never FTS5's syntax:
//! each phrase is quoted, and nothing outside of quotes is theirs.

/// A word, or several that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phrase<'a> {
    /// As a person wrote it.
    pub text: &'a str,
    /// Whether its last word may go on: `pump` finds `pumps`.
    pub is_start: bool,
}

/// All of the phrases; nothing if there is nothing to look for.
pub(super) fn fts5(phrases: &[Phrase<'_>]) -> Option<String> {
    let mut query = String::new();
    for Phrase { text, is_start } in phrases {
        // Phrases without a letter or digit have no words, and NUL ends a query.
        if !text.contains(char::is_alphanumeric) {
            continue;
        }
        if !query.is_empty() {
            query.push_str(" AND ");
        }
        let quoted = text.replace('\0', " ").replace('"', "\"\"");
        query.push('"');
        query.push_str(&quoted);
        query.push('"');
        if *is_start {
            query.push('*');
        }
    }
    (!query.is_empty()).then_some(query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_quoted() {
        let phrase = |text, is_start| Phrase { text, is_start };
        for (phrases, query) in [
            (vec![phrase("fault", false)], Some("\"fault\"")),
            (
                vec![phrase("reset fault", false), phrase("pum", true)],
                Some("\"reset fault\" AND \"pum\"*"),
            ),
            (
                vec![phrase("a\" OR \"b", false)],
                Some("\"a\"\" OR \"\"b\""),
            ),
            (vec![phrase("text:x", false)], Some("\"text:x\"")),
            (vec![phrase("--", false), phrase("x", false)], Some("\"x\"")),
            (vec![phrase("*", true)], None),
            (vec![], None),
        ] {
            assert_eq!(fts5(&phrases).as_deref(), query);
        }
    }
}
