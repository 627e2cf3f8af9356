//! Lists a page at a time. A cursor is the last item's key, so that a page
//! neither repeats nor skips an item when others come or go.

use std::str::FromStr;

use crate::error::StoreError;

/// Which page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// [`Paged::next`] of the page before; none for the first.
    pub after: Option<String>,
    /// How many items at most; kept between 1 and [`Page::MOST`].
    pub limit: u32,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            after: None,
            limit: 50,
        }
    }
}

impl Page {
    /// The most items that one page holds.
    pub const MOST: u32 = 200;

    fn size(&self) -> u32 {
        self.limit.clamp(1, Self::MOST)
    }

    /// How many rows to ask for: one more than fits tells whether a page follows.
    pub(crate) fn rows(&self) -> i64 {
        i64::from(self.size()) + 1
    }

    pub(crate) fn cursor<T: FromStr>(&self) -> Result<Option<T>, StoreError> {
        let cursor = self.after.as_deref().map(str::parse).transpose();
        cursor.map_err(|_| StoreError::BadCursor)
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paged<T> {
    /// The items.
    pub items: Vec<T>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}

impl<T> Paged<T> {
    /// A page of [`Page::rows`] rows, the surplus one cut off.
    pub(crate) fn cut(mut items: Vec<T>, page: &Page, cursor: impl FnOnce(&T) -> String) -> Self {
        let size = usize::try_from(page.size()).unwrap_or(usize::MAX);
        let more = items.len() > size;
        items.truncate(size);
        let next = items.last().filter(|_| more).map(cursor);
        Self { items, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_next_page_is_promised_only_if_there_is_one() {
        let page = Page {
            after: None,
            limit: 2,
        };
        assert_eq!(page.rows(), 3);
        let full = Paged::cut(vec![1, 2, 3], &page, ToString::to_string);
        assert_eq!((full.items, full.next.as_deref()), (vec![1, 2], Some("2")));
        let last = Paged::cut(vec![1, 2], &page, ToString::to_string);
        assert_eq!((last.items, last.next), (vec![1, 2], None));
    }

    #[test]
    fn the_limit_is_bounded() {
        for (limit, rows) in [(0, 2), (1, 2), (200, 201), (u32::MAX, 201)] {
            assert_eq!(Page { after: None, limit }.rows(), rows);
        }
    }
}
