//! Where a log's tiles and entries stand (c2sp.org/tlog-tiles).

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::lines::decimal;
use crate::tree::Node;

/// How many hashes a whole tile has, or entries a whole bundle.
pub const WIDTH: u16 = 256;
/// How many levels of the tree one of tiles stands for.
const HEIGHT: u32 = 8;
/// The highest level of tiles in a tree whose leaves can be counted.
const HIGHEST: u8 = 7;
/// The longest path that is looked at: levels, seven groups of digits, a width.
const LONGEST: usize = 64;

/// A text that is not the path of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not the path of a tile, such as 0/x001/234.p/5 or entries/067")]
pub struct BadTilePath;

/// What a tile has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Hashes of that level of tiles: of level 0 those of leaves.
    Hashes(u8),
    /// The leaves themselves.
    Entries,
}

/// One tile, as it stands under `tile/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TilePath {
    /// What it has.
    pub content: Content,
    /// Its place among those of its level, from 0.
    pub index: u64,
    /// How many hashes or entries it has, from 1 to [`WIDTH`]; of one that is
    /// written as partial, less.
    pub width: u16,
}

impl TilePath {
    /// The first hash or entry in it, and the one after its last, among those of
    /// its level.
    #[must_use]
    pub fn range(&self) -> (u64, u64) {
        let start = self.index.saturating_mul(u64::from(WIDTH));
        (start, start.saturating_add(u64::from(self.width)))
    }

    /// Whether a tree of `size` leaves has it.
    #[must_use]
    pub fn is_in(&self, size: u64) -> bool {
        let level = match self.content {
            Content::Hashes(level) => level,
            Content::Entries => 0,
        };
        let (_, end) = self.range();
        size.checked_shr(HEIGHT * u32::from(level))
            .is_some_and(|full| end <= full)
    }

    /// The subtrees whose hashes it consists of; none of one with entries.
    #[must_use]
    pub fn nodes(&self) -> Vec<Node> {
        let Content::Hashes(tile_level) = self.content else {
            return Vec::new();
        };
        let Ok(height) = u8::try_from(HEIGHT) else {
            return Vec::new();
        };
        let level = tile_level.saturating_mul(height);
        let (start, end) = self.range();
        (start..end).map(|index| Node { level, index }).collect()
    }

    /// Every tile of a tree of `size` leaves: whole ones, and one partial one at
    /// the right edge of each level.
    pub fn all(size: u64) -> impl Iterator<Item = Self> {
        let levels = (0..=HIGHEST).map(|level| (Content::Hashes(level), level));
        levels
            .chain([(Content::Entries, 0)])
            .flat_map(move |(content, level)| {
                let hashes = size >> (HEIGHT * u32::from(level));
                let whole = hashes / u64::from(WIDTH);
                let rest = u16::try_from(hashes % u64::from(WIDTH)).unwrap_or(0);
                let tile = move |index, width| Self {
                    content,
                    index,
                    width,
                };
                let partial = (rest > 0).then(|| tile(whole, rest));
                (0..whole)
                    .map(move |index| tile(index, WIDTH))
                    .chain(partial)
            })
    }
}

impl FromStr for TilePath {
    type Err = BadTilePath;

    fn from_str(path: &str) -> Result<Self, BadTilePath> {
        if path.len() > LONGEST {
            return Err(BadTilePath);
        }
        let (content, place) = path.split_once('/').ok_or(BadTilePath)?;
        let content = match content {
            "entries" => Content::Entries,
            level => {
                let level = decimal(level).and_then(|level| u8::try_from(level).ok());
                Content::Hashes(level.filter(|level| *level <= HIGHEST).ok_or(BadTilePath)?)
            }
        };
        let (index, width) = match place.split_once(".p/") {
            Some((index, width)) => {
                let width = decimal(width).and_then(|width| u16::try_from(width).ok());
                let partial = width.filter(|width| (1..WIDTH).contains(width));
                (index, partial.ok_or(BadTilePath)?)
            }
            None => (place, WIDTH),
        };
        Ok(Self {
            content,
            index: read_index(index).ok_or(BadTilePath)?,
            width,
        })
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.content {
            Content::Hashes(level) => write!(f, "{level}/")?,
            Content::Entries => f.write_str("entries/")?,
        }
        write_index(f, self.index)?;
        if self.width < WIDTH {
            write!(f, ".p/{}", self.width)?;
        }
        Ok(())
    }
}

/// `x001/x234/067`: three digits each, an `x` before all but the last.
fn write_index(f: &mut fmt::Formatter<'_>, index: u64) -> fmt::Result {
    let (before, last) = (index / 1000, index % 1000);
    if before > 0 {
        write_group(f, before)?;
    }
    write!(f, "{last:03}")
}

fn write_group(f: &mut fmt::Formatter<'_>, index: u64) -> fmt::Result {
    let (before, last) = (index / 1000, index % 1000);
    if before > 0 {
        write_group(f, before)?;
    }
    write!(f, "x{last:03}/")
}

fn read_index(text: &str) -> Option<u64> {
    let (before, last) = match text.rsplit_once('/') {
        Some((before, last)) => (Some(before), last),
        None => (None, text),
    };
    let mut index = 0_u64;
    for group in before.into_iter().flat_map(|groups| groups.split('/')) {
        index = append(index, group.strip_prefix('x')?)?;
        // Whatever begins with zeros is written shorter.
        if index == 0 {
            return None;
        }
    }
    append(index, last)
}

fn append(index: u64, group: &str) -> Option<u64> {
    let three = group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = three.then(|| group.parse().ok()).flatten()?;
    index.checked_mul(1000)?.checked_add(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tile(content: Content, index: u64, width: u16) -> TilePath {
        TilePath {
            content,
            index,
            width,
        }
    }

    #[test]
    fn paths_are_those_of_the_specification() {
        for (path, is) in [
            (
                "0/x001/x234/067",
                tile(Content::Hashes(0), 1_234_067, WIDTH),
            ),
            ("0/000", tile(Content::Hashes(0), 0, WIDTH)),
            ("1/000.p/17", tile(Content::Hashes(1), 0, 17)),
            ("entries/273.p/112", tile(Content::Entries, 273, 112)),
            ("entries/x001/000", tile(Content::Entries, 1000, WIDTH)),
            (
                "7/x018/x446/x744/x073/x709/x551/615.p/255",
                tile(Content::Hashes(7), u64::MAX, 255),
            ),
        ] {
            assert_eq!(is.to_string(), path);
            assert_eq!(path.parse(), Ok(is));
        }
    }

    #[test]
    fn other_spellings_are_no_paths() {
        for bad in [
            "",
            "0",
            "0/",
            "0/0",
            "0/00",
            "0/0000",
            "0/x000/001",
            "0/x001",
            "0/001/002",
            "0/x01/002",
            "0/x001/x002",
            "0/x001//002",
            "00/001",
            "8/000",
            "-1/000",
            "8/0/000",
            "data/000",
            "Entries/000",
            "0/000.p/0",
            "0/000.p/256",
            "0/000.p/01",
            "0/000.p/",
            "0/000.p/1/2",
            "0/000.p",
            "0/000/",
            "0/../000",
            "0/x018/x446/x744/x073/x709/x551/616",
            "0/x001/x018/x446/x744/x073/x709/x551/615",
            "entries/000\n",
        ] {
            assert_eq!(bad.parse::<TilePath>(), Err(BadTilePath), "{bad:?}");
        }
    }

    #[test]
    fn a_tree_has_the_tiles_that_the_specification_counts() {
        let count =
            |size, wanted: fn(&TilePath) -> bool| TilePath::all(size).filter(wanted).count();
        let whole = |level: u8| move |t: &TilePath| t.content == Content::Hashes(level);
        // Its example: 70,000 leaves.
        let tiles: Vec<_> = TilePath::all(70_000).collect();
        let of = |level: u8| tiles.iter().copied().filter(move |t| whole(level)(t));
        assert_eq!(of(0).filter(|t| t.width == WIDTH).count(), 273);
        assert_eq!(of(0).next_back(), Some(tile(Content::Hashes(0), 273, 112)));
        let level_1: Vec<_> = of(1).collect();
        assert_eq!(
            level_1,
            [
                tile(Content::Hashes(1), 0, WIDTH),
                tile(Content::Hashes(1), 1, 17)
            ]
        );
        let level_2: Vec<_> = of(2).collect();
        assert_eq!(level_2, [tile(Content::Hashes(2), 0, 1)]);
        assert_eq!(of(3).count(), 0);
        assert_eq!(count(70_000, |t| t.content == Content::Entries), 274);
        let small: Vec<_> = TilePath::all(256).map(|t| t.to_string()).collect();
        assert_eq!(small, ["0/000", "1/000.p/1", "entries/000"]);
        assert_eq!(TilePath::all(0).count(), 0);
    }

    #[test]
    fn a_tile_is_in_a_tree_that_is_large_enough() {
        for size in [0, 1, 255, 256, 257, 70_000] {
            for path in TilePath::all(size) {
                assert!(path.is_in(size), "{path} in {size}");
                let wider = tile(path.content, path.index, path.width + 1);
                assert!(
                    path.width == WIDTH || !wider.is_in(size),
                    "{wider} in {size}"
                );
                let next = tile(path.content, path.index + 1, WIDTH);
                assert!(!next.is_in(size) || TilePath::all(size).any(|t| t == next));
            }
        }
        let far = tile(Content::Hashes(7), u64::MAX, WIDTH);
        assert!(!far.is_in(u64::MAX));
    }

    #[test]
    fn a_tile_consists_of_subtrees() {
        let nodes = tile(Content::Hashes(1), 2, 3).nodes();
        let expected: Vec<_> = (512..515).map(|index| Node { level: 8, index }).collect();
        assert_eq!(nodes, expected);
        assert_eq!(tile(Content::Entries, 2, 3).nodes(), []);
    }

    proptest! {
        #[test]
        fn any_text_is_a_path_or_an_error(text in "(entries|[0-9]{1,2})?/?(x[0-9]{3}/){0,3}[0-9]{0,4}(\\.p/[0-9]{0,4})?\\PC?") {
            if let Ok(path) = text.parse::<TilePath>() {
                prop_assert_eq!(path.to_string(), text);
            }
        }
    }
}
