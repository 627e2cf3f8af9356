//! What lists have in common: how many, and ids short enough for a table.

use admin_api::dto::Page;
use clap::Args;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::client::Client;
use super::failure::Failure;

/// How many hexadecimal digits of an id a table shows: its end, which is random.
const SHORT: usize = 8;
/// The fewest that are taken for an id.
const SHORTEST: usize = 4;
/// Among how many of the newest a short id is looked up.
const LOOKED_THROUGH: usize = 1000;

/// How many.
#[derive(Args, Clone, Copy, Debug)]
pub struct Most {
    /// At most this many, the newest
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// All of them
    #[arg(long, conflicts_with = "limit")]
    all: bool,
}

impl Most {
    /// All, for lists that a plant's size bounds.
    pub(crate) const fn all() -> Self {
        Self {
            limit: 0,
            all: true,
        }
    }

    /// Asks for that many.
    pub(crate) async fn of<T: DeserializeOwned>(
        self,
        client: &Client,
        path: &str,
        query: &impl Serialize,
    ) -> Result<Page<T>, Failure> {
        let most = if self.all {
            None
        } else {
            usize::try_from(self.limit).ok()
        };
        client.list(path, query, most).await
    }
}

/// The end of an id, for a table. Commands take it in place of the whole.
pub(crate) fn short(id: &str) -> String {
    let start = id.chars().count().saturating_sub(SHORT);
    id.chars().skip(start).collect()
}

/// The whole id that a person means by `text`: an id, or the end of one.
pub(crate) async fn whole_id<T: DeserializeOwned>(
    client: &Client,
    things: &str,
    text: &str,
    id: impl Fn(&T) -> &str,
) -> Result<String, Failure> {
    match kind(text) {
        Kind::Whole => Ok(text.to_ascii_lowercase()),
        Kind::End => {
            let newest = client
                .list::<T>(things, &[(); 0], Some(LOOKED_THROUGH))
                .await?;
            only(things, text, newest.items.iter().map(id))
        }
        Kind::Neither => Err(Failure::usage(format!(
            "{text:?} is no id: write it as `drawbridge {}` shows it",
            lister(things)
        ))),
    }
}

/// The command that lists such things.
fn lister(things: &str) -> String {
    match things {
        "holds" | "shares" => format!("recording {things}"),
        things => format!("{} list", things.trim_end_matches('s')),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Whole,
    End,
    Neither,
}

fn kind(text: &str) -> Kind {
    let is_hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    let parts: Vec<_> = text.split('-').collect();
    let lengths: Vec<_> = parts.iter().map(|part| part.len()).collect();
    if lengths == [8, 4, 4, 4, 12] && parts.iter().all(|part| is_hex(part)) {
        Kind::Whole
    } else if (SHORTEST..=12).contains(&text.len()) && is_hex(text) {
        Kind::End
    } else {
        Kind::Neither
    }
}

fn only<'a>(
    things: &str,
    end: &str,
    ids: impl Iterator<Item = &'a str>,
) -> Result<String, Failure> {
    let end = end.to_ascii_lowercase();
    let thing = things.trim_end_matches('s');
    // A session has a recording for each channel.
    let mut found: Vec<_> = ids.filter(|id| id.ends_with(&end)).collect();
    found.dedup();
    match found.as_slice() {
        [id] => Ok((*id).to_owned()),
        [] => Err(Failure::failed(format!(
            "No {thing} that you may see ends in {end}. See `drawbridge {}`.",
            lister(things)
        ))),
        several => Err(Failure::failed(format!(
            "{} {things} end in {end}: write more of the id.",
            several.len()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "01935d2a-7b1c-7e4f-9a3b-5c6d7e8f9a0b";
    const TWO: &str = "01935d2a-7b1c-7e4f-9a3b-000000009a0b";

    #[test]
    fn ids_whole_and_short() {
        for (text, expected) in [
            (ONE, Kind::Whole),
            ("7e8f9a0b", Kind::End),
            ("9A0B", Kind::End),
            ("a0b", Kind::Neither),
            ("plc-7", Kind::Neither),
            ("../grants", Kind::Neither),
            ("01935d2a-7b1c-7e4f-9a3b-5c6d7e8f9a0", Kind::Neither),
            ("", Kind::Neither),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
        assert_eq!(short(ONE), "7e8f9a0b");
        assert_eq!(short("abc"), "abc");
    }

    #[test]
    fn an_end_must_name_one_thing() {
        let find = |end| only("grants", end, [ONE, TWO, TWO].into_iter());
        assert_eq!(find("7E8F9A0B").ok().as_deref(), Some(ONE));
        assert_eq!(
            find("00009a0b").ok().as_deref(),
            Some(TWO),
            "twice the same is once"
        );
        assert!(find("9a0b").is_err());
        assert!(find("ffff").is_err());
    }
}
