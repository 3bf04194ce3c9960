//! Rows of two values beside what they are about: in columns where they fit, below each other where they do not.
//! What lies between is cut only where it fills screens.

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

use crate::report::table::{prefix, wrap};
use crate::report::visible::visible_line;

use super::Look;

/// The columns of lines that no terminal reads.
const UNTOLD: usize = 100;
/// The fewest columns that are worth laying out for.
const NARROWEST: usize = 40;
/// The space between columns.
const GAP: usize = 2;
/// How far rows stand from the left.
const INDENT: usize = 4;
/// How far what is said of a row stands from the left.
const BELOW: usize = 6;
/// Names of columns.
const WANTED: &str = "WANTED";
const LIVE: &str = "LIVE";
/// Columns of a value that is shown whole; of a longer one, both ends are.
const LONGEST: usize = 600;

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const RED: Style = AnsiColor::Red.on_default();
pub(super) const GREEN: Style = AnsiColor::Green.on_default();
pub(super) const ALARM: Style = AnsiColor::BrightRed.on_default().bold();

/// What is said of one difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) subject: String,
    pub(super) wanted: String,
    pub(super) live: String,
    pub(super) below: Vec<Below>,
}

/// A line below a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Below {
    /// Words, which may be broken anywhere.
    Words(String),
    /// A command to copy, which may not.
    Command(String),
}

/// Text that grows line by line.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) text: String,
    look: Look,
}

/// Where the columns of a group of rows begin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    subject: usize,
    wanted: usize,
}

impl Page {
    pub(super) fn new(look: Look) -> Self {
        Page { text: String::new(), look }
    }

    fn width(&self) -> usize {
        self.look.width.unwrap_or(UNTOLD).max(NARROWEST)
    }

    /// A text in a style, where there are any.
    pub(super) fn paint(&self, style: Style, text: &str) -> String {
        if self.look.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// A line as it is; trailing spaces go.
    pub(super) fn line(&mut self, text: &str) {
        self.text.push_str(text.trim_end_matches(' '));
        self.text.push('\n');
    }

    /// An empty line, but at the top.
    pub(super) fn space(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    /// Words behind a beginning; where they go on, they stand below themselves.
    pub(super) fn words(&mut self, begin: &str, text: &str, style: Style) {
        let indent = begin.width();
        let room = self.width().saturating_sub(indent).max(NARROWEST / 2);
        for (at, part) in wrap(&visible_line(text), room).iter().enumerate() {
            let begin = if at == 0 { begin.to_owned() } else { " ".repeat(indent) };
            let part = self.paint(style, part);
            self.line(&format!("{begin}{part}"));
        }
    }

    /// Words behind a beginning that leaves them room; else below it.
    pub(super) fn beside(&mut self, begin: &str, text: &str) {
        if begin.width() + text.width() <= self.width() || begin.width() * 2 <= self.width() {
            return self.words(begin, text, Style::new());
        }
        self.line(begin);
        self.words(&" ".repeat(INDENT), text, Style::new());
    }

    /// Columns for the rows that fit into some; the others stand below each other, and widen nothing.
    pub(super) fn columns<'r>(&self, rows: impl Iterator<Item = &'r Row> + Clone) -> Columns {
        let all = self.columns_of(rows.clone());
        self.columns_of(rows.filter(|row| self.fits(row, all)))
    }

    fn columns_of<'r>(&self, rows: impl Iterator<Item = &'r Row> + Clone) -> Columns {
        let room = self.width() - INDENT;
        let widest = |most: usize, widths: &mut dyn Iterator<Item = usize>| {
            widths.filter(|width| *width <= most).max().unwrap_or(0)
        };
        let subject = widest(room / 2, &mut rows.clone().map(|row| width_of(&row.subject)));
        let rest = room.saturating_sub(subject + 2 * GAP);
        let wanted = widest(rest / 2, &mut rows.map(|row| width_of(&row.wanted)));
        Columns { subject, wanted: wanted.max(WANTED.len()) }
    }

    /// Whether a row fits into columns.
    fn fits(&self, row: &Row, columns: Columns) -> bool {
        let room = self.width().saturating_sub(INDENT + columns.subject + columns.wanted + 2 * GAP);
        width_of(&row.subject) <= columns.subject
            && width_of(&row.wanted) <= columns.wanted
            && width_of(&row.live) <= room
    }

    /// A title with the names of the columns below it.
    pub(super) fn title(&mut self, title: &str, columns: Columns) {
        let at = INDENT + columns.subject + GAP;
        let fill = " ".repeat((at).saturating_sub(title.width()).max(GAP));
        let title = self.paint(BOLD, title);
        self.line(&format!("{title}{fill}{WANTED:<width$}{LIVE}", width = columns.wanted + GAP));
    }

    /// A row and what is said of it.
    pub(super) fn row(&mut self, row: &Row, columns: Columns) {
        let [subject, wanted, live] =
            [&row.subject, &row.wanted, &row.live].map(|text| middle(&visible_line(text)));
        let indent = " ".repeat(INDENT);
        if self.fits(row, columns) {
            let pad = |text: &str, width: usize| " ".repeat(width + GAP - text.width());
            let (after, behind) = (pad(&subject, columns.subject), pad(&wanted, columns.wanted));
            let (wanted, live) = (self.paint(GREEN, &wanted), self.paint(RED, &live));
            self.line(&format!("{indent}{subject}{after}{wanted}{behind}{live}"));
        } else {
            self.words(&indent, &subject, Style::new());
            let below = " ".repeat(BELOW);
            self.words(&format!("{below}wanted  "), &wanted, GREEN);
            self.words(&format!("{below}live    "), &live, RED);
        }
        for below in &row.below {
            let indent = " ".repeat(BELOW);
            match below {
                Below::Words(text) => self.words(&indent, text, Style::new()),
                // Broken into lines, it would be another command when it is pasted.
                Below::Command(text) => {
                    let text = visible_line(text).into_owned();
                    self.line(&format!("{indent}mend: {text}"));
                }
            }
        }
    }
}

/// The columns that a text takes.
fn width_of(text: &str) -> usize {
    visible_line(text).width()
}

/// A text, or both ends of a very long one.
fn middle(text: &str) -> String {
    let width = text.width();
    if width <= LONGEST {
        return text.to_owned();
    }
    let half = LONGEST / 2;
    let head = prefix(text, half);
    let tail: Vec<char> = text.chars().rev().take(half).collect();
    format!("{head} … {}", tail.into_iter().rev().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_keep_both_ends() {
        let long = format!("begin{}end", "-".repeat(2 * LONGEST));
        let cut = middle(&long);
        assert!(cut.starts_with("begin-") && cut.contains("- … -") && cut.ends_with("-end"), "{cut}");
        assert!(cut.width() <= LONGEST + 3);
        assert_eq!(middle("short"), "short");
    }
}
