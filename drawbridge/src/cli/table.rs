//! What people see of a list or a thing. Every text that goes in is cleaned.

use comfy_table::{ContentArrangement, Table as Grid, presets};

use crate::output::clean;

/// What stands where there is nothing.
pub(crate) const NOTHING: &str = "–";

/// One place of a table: one line, or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell(String);

impl Cell {
    /// Several lines, one under the other.
    pub(crate) fn lines<T: AsRef<str>>(lines: impl IntoIterator<Item = T>) -> Self {
        let lines: Vec<_> = lines.into_iter().map(|line| clean(line.as_ref())).collect();
        if lines.is_empty() {
            Self(NOTHING.to_owned())
        } else {
            Self(lines.join("\n"))
        }
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        match text.as_ref() {
            "" => Self(NOTHING.to_owned()),
            text => Self(clean(text)),
        }
    }
}

/// Rows under a header.
#[derive(Debug)]
pub(crate) struct Table {
    header: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(crate) fn new<T: AsRef<str>>(header: impl IntoIterator<Item = T>) -> Self {
        let header = header
            .into_iter()
            .map(|h| clean(h.as_ref()).to_uppercase())
            .collect();
        Self {
            header,
            rows: Vec::new(),
        }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// As text, wrapped to `width` columns if it is given.
    pub(crate) fn render(&self, width: Option<u16>) -> String {
        let mut grid = grid(width);
        grid.set_header(&self.header);
        grid.add_rows(self.rows.iter().map(|row| row.iter().map(|cell| &cell.0)));
        trimmed(&grid)
    }
}

/// Names and values, one pair a line.
#[derive(Debug, Default)]
pub(crate) struct Details(Vec<(String, Cell)>);

impl Details {
    pub(crate) fn with(mut self, name: &str, value: impl Into<Cell>) -> Self {
        self.0.push((name.to_owned(), value.into()));
        self
    }

    /// A pair that is left out where there is no value.
    pub(crate) fn with_some<T: Into<Cell>>(self, name: &str, value: Option<T>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// As text, wrapped to `width` columns if it is given.
    pub(crate) fn render(&self, width: Option<u16>) -> String {
        let mut grid = grid(width);
        grid.add_rows(self.0.iter().map(|(name, value)| [name, &value.0]));
        trimmed(&grid)
    }
}

fn grid(width: Option<u16>) -> Grid {
    let mut grid = Grid::new();
    grid.load_style(presets::NOTHING);
    match width {
        Some(width) => {
            grid.set_content_arrangement(ContentArrangement::Dynamic)
                .set_width(width);
        }
        None => {
            grid.set_content_arrangement(ContentArrangement::Disabled);
        }
    }
    grid
}

/// Padding at both ends would be copied along with the last word.
fn trimmed(grid: &Grid) -> String {
    let lines: Vec<_> = grid.lines().collect();
    let lines: Vec<_> = lines
        .iter()
        .map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end())
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(["id", "window", "purpose"]);
        let window = Cell::lines(["14:00–16:00", "13:00–15:00 UTC"]);
        table.row([
            "3f9a1c20".into(),
            window,
            "Adjust the vibration limit of bearing 1".into(),
        ]);
        table.row(["77".into(), "".into(), "evil\u{1b}[2J\ntext".into()]);
        table
    }

    #[test]
    fn without_a_terminal_nothing_is_wrapped() {
        assert_eq!(
            table().render(None),
            "ID        WINDOW           PURPOSE\n\
             3f9a1c20  14:00–16:00      Adjust the vibration limit of bearing 1\n\
             \u{20}         13:00–15:00 UTC\n\
             77        –                evil\\u{1b}[2J\\u{a}text"
        );
    }

    #[test]
    fn on_a_terminal_it_fits() {
        for width in [20, 40, 60, 80] {
            let text = table().render(Some(width));
            let longest = text.lines().map(|line| line.chars().count()).max();
            assert!(longest <= Some(width.into()), "{width}:\n{text}");
            let joined: String = text.split_whitespace().collect();
            assert!(
                joined.contains("purpose".to_uppercase().as_str()) || width < 40,
                "{text}"
            );
        }
    }

    #[test]
    fn details_line_up() {
        let details = Details::default()
            .with("asset", "plc-7")
            .with_some("work order", None::<&str>)
            .with("approved by", Cell::lines(["arne", "berit"]));
        assert_eq!(
            details.render(None),
            "asset        plc-7\napproved by  arne\n             berit"
        );
    }
}
