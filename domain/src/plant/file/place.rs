//! Where in a TOML file something is wrong, for whoever has to mend it. What the
//! parser can't read it does not name, so that the key is looked up in the text.

/// The line of an offset, from 1.
#[must_use]
pub fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().iter().take(offset);
    before.filter(|byte| **byte == b'\n').count() + 1
}

/// The key that an offset stands in, with its table: `asset.ssh.port`. Empty if
/// there is none.
#[must_use]
pub fn key_at(text: &str, offset: usize) -> String {
    let number = line_of(text, offset);
    let line = text.lines().nth(number - 1).unwrap_or_default();
    if let Some(table) = header(line) {
        return table.to_owned();
    }
    let Some((first, _)) = line.split_once('=') else {
        return String::new();
    };
    let started: usize = text
        .split_inclusive('\n')
        .take(number - 1)
        .map(str::len)
        .sum();
    let table = text.lines().take(number - 1).filter_map(header).last();
    let inner = inline(line, offset.saturating_sub(started));
    let parts = [table, word(first), inner];
    match word(first) {
        Some(_) => parts.into_iter().flatten().collect::<Vec<_>>().join("."),
        None => String::new(),
    }
}

/// The table that a line begins: `asset` of `[[asset]]`.
fn header(line: &str) -> Option<&str> {
    let inner = line.trim_start().strip_prefix('[')?;
    let inner = inner.strip_prefix('[').unwrap_or(inner);
    inner.split_once(']').and_then(|(name, _)| word(name))
}

/// The key within the braces of an inline table, `at` bytes into the line.
fn inline(line: &str, at: usize) -> Option<&str> {
    let before = line.get(..at)?;
    let (_, inside) = before.split_once('{')?;
    let from = before.len() - inside.rsplit(',').next().map_or(0, str::len);
    let (key, _) = line.get(from..)?.split_once('=')?;
    word(key)
}

/// A bare or dotted key; what is quoted is not read.
fn word(text: &str) -> Option<&str> {
    let text = text.trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    (!text.is_empty() && text.chars().all(plain)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
top = 1
[site]
name = "a" # [no] header
[[asset]]
name = "plc-7"
ssh = { port = "22", user = "x, y", keys = [1] }
[asset.more]
deep.key = 3
"quoted" = 4
no key
"#;

    #[test]
    fn a_key_is_named_with_its_table() {
        for (at, line, key) in [
            ("1\n", 2, "top"),
            ("site", 3, "site"),
            ("\"a\"", 4, "site.name"),
            ("asset]]", 5, "asset"),
            ("\"plc", 6, "asset.name"),
            ("{ port", 7, "asset.ssh"),
            ("port =", 7, "asset.ssh.port"),
            ("\"22\"", 7, "asset.ssh.port"),
            ("user =", 7, "asset.ssh.user"),
            ("[1]", 7, "asset.ssh.keys"),
            ("3\n", 9, "asset.more.deep.key"),
            ("4\n", 10, ""),
            ("no key", 11, ""),
        ] {
            let offset = TEXT.find(at).expect(at);
            assert_eq!(
                (line_of(TEXT, offset), key_at(TEXT, offset).as_str()),
                (line, key),
                "{at}"
            );
        }
        assert_eq!(key_at(TEXT, TEXT.len() + 9), "");
        assert_eq!(key_at("", 0), "");
    }
}
