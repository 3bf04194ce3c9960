//! Plain tables: columns aligned by spaces, no borders, so that they can be read and cut by other programs.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::visible::{visible, visible_line};

/// The space between columns.
const GAP: usize = 2;
/// The last column never gets narrower than this, in columns of the terminal, even if the table then is too wide.
const NARROWEST: usize = 20;

/// What happens to a last cell that is wider than the room for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overflow {
    /// It goes on in the next line, below itself.
    #[default]
    Wrap,
    /// It ends with `…`.
    Truncate,
}

/// A table of text. Only the last column gives way to the width; the others are as wide as their widest cell.
#[derive(Debug, Clone, Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
    overflow: Overflow,
}

impl Table {
    /// An empty table without a header.
    pub fn new() -> Self {
        Table::default()
    }

    /// An empty table below a header: the names of the columns.
    pub fn with_header<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Self {
        let mut table = Table::new();
        table.row(names);
        table
    }

    /// Says what happens to last cells that are too wide.
    #[must_use]
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }

    /// Adds a row. It may have fewer cells than others. Line breaks are kept in the last column of the table only.
    pub fn row<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(|cell| cell.as_ref().to_owned()).collect());
    }

    /// Writes the table for a terminal of `width` columns, or as wide as it is. No line ends with a space.
    pub fn render(&self, width: Option<usize>) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let Some(last) = columns.checked_sub(1) else {
            return String::new();
        };
        let widths: Vec<usize> = (0..last).map(|column| self.width_of(column)).collect();
        let indent: usize = widths.iter().map(|width| width + GAP).sum();
        let room = width.map_or(usize::MAX, |width| width.saturating_sub(indent).max(NARROWEST));

        let mut out = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                let cell = visible_line(cell);
                line.push_str(&cell);
                line.push_str(&" ".repeat((width + GAP).saturating_sub(cell.width())));
            }
            let cell = row.get(last).map_or("".into(), |cell| visible(cell));
            for (index, part) in self.fit(&cell, room).iter().enumerate() {
                if index > 0 {
                    line = " ".repeat(indent);
                }
                line.push_str(part);
                out.push_str(line.trim_end_matches(' '));
                out.push('\n');
            }
        }
        out
    }

    fn width_of(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| visible_line(cell).width()).max().unwrap_or(0)
    }

    fn fit(&self, cell: &str, room: usize) -> Vec<String> {
        let lines = cell.split('\n');
        match self.overflow {
            Overflow::Wrap => lines.flat_map(|line| wrap(line, room)).collect(),
            Overflow::Truncate => lines.map(|line| truncate(line, room)).collect(),
        }
    }
}

/// Cuts a text to a width, with `…` as its last column if something is missing.
pub fn truncate(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let kept = prefix(text, width.saturating_sub(1));
    format!("{}…", kept.trim_end())
}

/// Breaks a text at spaces into lines of at most `width` columns; a word that is wider is broken where it must.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let fits = used + 1 + word.width() <= width;
        if used > 0 && !fits {
            lines.push(String::new());
            used = 0;
        }
        let mut rest = word;
        while rest.width() > width {
            let part = prefix(rest, width);
            // A character may be wider than the whole column; it then stands in it all the same.
            let part =
                if part.is_empty() { &rest[..rest.chars().next().map_or(0, char::len_utf8)] } else { part };
            push(&mut lines, &mut used, part);
            rest = &rest[part.len()..];
            if !rest.is_empty() {
                lines.push(String::new());
                used = 0;
            }
        }
        if !rest.is_empty() || word.is_empty() {
            push(&mut lines, &mut used, rest);
        }
    }
    lines
}

fn push(lines: &mut [String], used: &mut usize, word: &str) {
    if let Some(line) = lines.last_mut() {
        if *used > 0 {
            line.push(' ');
        }
        line.push_str(word);
        *used = line.width();
    }
}

/// The longest beginning of a text that is at most `width` columns wide.
pub(super) fn prefix(text: &str, width: usize) -> &str {
    let mut used = 0;
    for (index, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > width {
            return &text[..index];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::with_header(["NAME", "SINCE", "MEANING"]);
        table.row(["maxmemory", "2.0", "The limit of memory for data"]);
        table.row(["größe-漢字", "", "ends\nhere"]);
        table.row(["save", "1.0"]);
        table
    }

    #[test]
    fn columns_are_aligned_by_width_and_lines_have_no_tail() {
        let expected = "NAME        SINCE  MEANING\n\
                        maxmemory   2.0    The limit of memory for data\n\
                        größe-漢字         ends\n                   here\n\
                        save        1.0\n";
        assert_eq!(table().render(None), expected);
    }

    #[test]
    fn the_last_column_wraps_into_the_width() {
        let text = table().render(Some(41));
        assert!(
            text.contains("maxmemory   2.0    The limit of memory\n                   for data\n"),
            "{text}"
        );
        assert!(text.lines().all(|line| line.width() <= 41), "{text}");
    }

    #[test]
    fn the_last_column_is_cut_if_asked_for() {
        let text = table().overflow(Overflow::Truncate).render(Some(40));
        assert!(text.contains("maxmemory   2.0    The limit of memory…\n"), "{text}");
    }

    #[test]
    fn a_width_that_is_too_small_leaves_the_last_column_readable() {
        let text = table().render(Some(3));
        assert!(text.contains("2.0    The limit of memory\n"), "{text}");
    }

    #[test]
    fn a_word_wider_than_the_column_is_broken() {
        assert_eq!(wrap("a abcdefgh b", 3), ["a", "abc", "def", "gh", "b"]);
        assert_eq!(wrap("漢字", 1), ["漢", "字"]);
        assert_eq!(wrap("", 5), [""]);
    }

    #[test]
    fn an_empty_table_is_no_text() {
        assert_eq!(Table::new().render(Some(80)), "");
    }

    proptest::proptest! {
        #[test]
        fn any_text_fits_and_nothing_is_lost(cell in r"[a-z漢é ]{0,120}", width in 2usize..40) {
            let lines = wrap(&cell, width);
            for line in &lines {
                proptest::prop_assert!(line.width() <= width, "{line:?}");
            }
            let letters = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
            proptest::prop_assert_eq!(letters(&lines.concat()), letters(&cell));
        }
    }
}
