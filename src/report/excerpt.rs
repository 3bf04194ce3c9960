//! The part of a text that a message shows: its marked lines, without secrets, and cut where they are too
//! long. Marks move with the text, so that they stay below the characters they mean.

use std::collections::BTreeMap;
use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use super::redact::MASK;
use crate::source::Source;

/// The widest line that is shown whole, in columns.
const WIDEST: usize = 200;
/// How much of a wider line is shown before the mark.
const LEAD: usize = 60;
/// Stands where a line was cut.
const CUT: &str = "…";
/// How wide the renderer draws a tab.
const TAB: usize = 4;
/// How many lines of a longer mark are kept at either end: more than the renderer shows.
const KEPT: usize = 6;

/// A piece of text to show.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    /// The lines; those that nobody will see are empty. Each ends with a line feed.
    pub(super) text: String,
    /// The number of the first line, counted from 1.
    pub(super) first_line: usize,
    /// Where each mark is in `text`, in the order given.
    pub(super) marks: Vec<Range<usize>>,
}

impl Excerpt {
    /// Cuts out the marked lines. Marks and hidden ranges lie in the text and on boundaries of
    /// characters; hidden ranges are sorted and apart. The first mark is the one that long lines are cut around.
    pub(super) fn new(source: &Source, marks: &[Range<usize>], hidden: &[Range<usize>]) -> Self {
        let marks: Vec<Mark> = marks.iter().map(|mark| Mark::new(source, mark)).collect();
        let first_line = marks.iter().map(|mark| mark.lines.start).min().unwrap_or(1);
        let last_line = marks.iter().map(|mark| mark.lines.end).max().unwrap_or(first_line);

        let mut text = String::new();
        let mut lines = BTreeMap::new();
        for number in first_line..=last_line {
            if marks.iter().any(|mark| mark.keeps(number)) {
                let content = source.line_range(number);
                let focus = focus(&marks, number, &content);
                let line = Line { text: &source.text, content, hidden };
                lines.insert(number, line.pieces(focus, &mut text));
            }
            text.push('\n');
        }
        let marks = marks.iter().map(|mark| mark.moved(&lines)).collect();
        Excerpt { text, first_line, marks }
    }
}

/// A marked range and the numbers of its first and last line.
struct Mark {
    range: Range<usize>,
    lines: Range<usize>,
}

impl Mark {
    fn new(source: &Source, range: &Range<usize>) -> Self {
        // A mark that takes the line break along would be drawn over two lines.
        let breaks = source.text[range.clone()].trim_end_matches(['\n', '\r']).len();
        let range = range.start..range.start + breaks;
        let line_of = |byte: usize| source.line_column(u32::try_from(byte).unwrap_or(u32::MAX)).line;
        Mark { lines: line_of(range.start)..line_of(range.end), range }
    }

    /// Whether the renderer may show this line because of this mark: one that it covers, or a neighbour.
    fn keeps(&self, line: usize) -> bool {
        let Range { start, end } = self.lines;
        let near_start = line + 1 >= start && line <= start + KEPT;
        let near_end = line + KEPT >= end && line <= end + 1;
        line + 1 >= start && line <= end + 1 && (near_start || near_end)
    }

    fn moved(&self, lines: &BTreeMap<usize, Vec<Piece>>) -> Range<usize> {
        let pieces = |line| lines.get(&line).map_or(&[][..], Vec::as_slice);
        let start = moved_start(pieces(self.lines.start), self.range.start);
        let end = moved_end(pieces(self.lines.end), self.range.end);
        start..end.max(start)
    }
}

/// What must be seen of a line: all its marks if they fit, else the first of them.
fn focus(marks: &[Mark], number: usize, content: &Range<usize>) -> usize {
    let starts: Vec<usize> = marks
        .iter()
        .filter(|mark| mark.lines.start <= number && number <= mark.lines.end)
        .map(|mark| mark.range.start.clamp(content.start, content.end))
        .collect();
    let first = starts.first().copied().unwrap_or(content.start);
    let leftmost = starts.iter().copied().min().unwrap_or(first);
    if first - leftmost + LEAD <= WIDEST / 2 { leftmost } else { first }
}

/// A run of bytes of a line and where it went; either as it was or replaced as a whole.
#[derive(Debug)]
struct Piece {
    from: Range<usize>,
    to: Range<usize>,
    kept: bool,
}

fn moved_start(pieces: &[Piece], byte: usize) -> usize {
    match pieces.iter().find(|piece| byte < piece.from.end) {
        Some(piece) if piece.kept => piece.to.start + byte.saturating_sub(piece.from.start),
        Some(piece) => piece.to.start,
        None => pieces.last().map_or(0, |piece| piece.to.end),
    }
}

fn moved_end(pieces: &[Piece], byte: usize) -> usize {
    match pieces.iter().find(|piece| byte <= piece.from.end) {
        Some(piece) if piece.kept => piece.to.start + byte.saturating_sub(piece.from.start),
        Some(piece) if byte <= piece.from.start => piece.to.start,
        Some(piece) => piece.to.end,
        None => pieces.last().map_or(0, |piece| piece.to.end),
    }
}

/// A line of a text. Its units are characters and hidden ranges.
struct Line<'a> {
    text: &'a str,
    content: Range<usize>,
    hidden: &'a [Range<usize>],
}

impl Line<'_> {
    /// Appends the line to `out`, without what is hidden, and cut around `focus` if it is too wide.
    fn pieces(&self, focus: usize, out: &mut String) -> Vec<Piece> {
        let window = self.window(focus);
        let mut pieces = vec![Piece {
            from: self.content.start..self.content.start,
            to: out.len()..out.len(),
            kept: true,
        }];
        if self.content.start < window.start {
            replace(&mut pieces, self.content.start..window.start, CUT, out);
        }
        let mut at = window.start;
        while at < window.end {
            let unit = self.unit_after(at);
            let range = at..unit.end.min(window.end);
            at = range.end;
            if unit.hidden {
                replace(&mut pieces, range, MASK, out);
            } else {
                keep(&mut pieces, range, self.text, out);
            }
        }
        if window.end < self.content.end {
            replace(&mut pieces, window.end..self.content.end, CUT, out);
        }
        pieces
    }

    /// The part of the line that is shown.
    fn window(&self, focus: usize) -> Range<usize> {
        if self.walk(self.content.start, WIDEST) == self.content.end {
            return self.content.clone();
        }
        let start = self.walk_back(focus, LEAD);
        let end = self.walk(start, WIDEST);
        // At the end of a line there is room for more of what comes before.
        if end == self.content.end { self.walk_back(end, WIDEST)..end } else { start..end }
    }

    /// The byte that lies at most so many columns after another one.
    fn walk(&self, from: usize, columns: usize) -> usize {
        let (mut at, mut width) = (from, 0);
        while at < self.content.end {
            let unit = self.unit_after(at);
            width += unit.width;
            if width > columns {
                break;
            }
            at = unit.end;
        }
        at
    }

    /// The byte that lies at most so many columns before another one.
    fn walk_back(&self, from: usize, columns: usize) -> usize {
        let (mut at, mut width) = (from, 0);
        while at > self.content.start {
            let unit = self.unit_before(at);
            width += unit.width;
            if width > columns {
                break;
            }
            at = unit.start;
        }
        at
    }

    fn unit_after(&self, at: usize) -> Unit {
        let next = self.hidden.partition_point(|hidden| hidden.end <= at);
        match self.hidden.get(next) {
            Some(hidden) if hidden.start <= at => self.hidden_unit(hidden),
            _ => {
                let c = self.text[at..].chars().next().unwrap_or(' ');
                Unit {
                    start: at,
                    end: (at + c.len_utf8()).min(self.content.end),
                    width: width(c),
                    hidden: false,
                }
            }
        }
    }

    fn unit_before(&self, at: usize) -> Unit {
        let next = self.hidden.partition_point(|hidden| hidden.end < at);
        match self.hidden.get(next) {
            Some(hidden) if hidden.start < at => self.hidden_unit(hidden),
            _ => {
                let c = self.text[..at].chars().next_back().unwrap_or(' ');
                Unit { start: at - c.len_utf8().min(at), end: at, width: width(c), hidden: false }
            }
        }
    }

    fn hidden_unit(&self, hidden: &Range<usize>) -> Unit {
        Unit {
            start: hidden.start.max(self.content.start),
            end: hidden.end.min(self.content.end),
            width: MASK.chars().count(),
            hidden: true,
        }
    }
}

struct Unit {
    start: usize,
    end: usize,
    width: usize,
    hidden: bool,
}

fn width(c: char) -> usize {
    match c {
        '\t' => TAB,
        // Control characters are shown as signs of one column.
        c => c.width().unwrap_or(1),
    }
}

fn replace(pieces: &mut Vec<Piece>, from: Range<usize>, by: &str, out: &mut String) {
    let start = out.len();
    out.push_str(by);
    pieces.push(Piece { from, to: start..out.len(), kept: false });
}

fn keep(pieces: &mut Vec<Piece>, from: Range<usize>, text: &str, out: &mut String) {
    out.push_str(&text[from.clone()]);
    match pieces.last_mut() {
        Some(last) if last.kept && last.from.end == from.start => {
            last.from.end = from.end;
            last.to.end = out.len();
        }
        _ => pieces.push(Piece { to: out.len() - from.len()..out.len(), from, kept: true }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn excerpt(text: &str, marks: &[Range<usize>], hidden: &[Range<usize>]) -> Excerpt {
        let mut sources = Sources::default();
        let id = sources.add("a.toml", text);
        Excerpt::new(sources.get(id), marks, hidden)
    }

    #[test]
    fn marks_move_with_the_text_around_a_hidden_range() {
        // a = "secret" b
        let (before, secret, behind, within) = (0..1, 5..11, 13..14, 7..8);
        let marks = [before, secret.clone(), behind, within];
        let shown = excerpt("a = \"secret\" b\r\n", &marks, &[secret]);
        assert_eq!(shown.text, "a = \"•••\" b\n");
        let marked: Vec<&str> = shown.marks.iter().map(|mark| &shown.text[mark.clone()]).collect();
        assert_eq!(marked, ["a", "•••", "b", "•••"]);
    }

    #[test]
    fn lines_that_nobody_sees_are_empty() {
        let text = (1..=40).map(|n| format!("line {n}")).collect::<Vec<_>>().join("\n");
        let at = |needle: &str| text.find(needle).map_or(0..0, |start| start..start + needle.len());
        let shown = excerpt(&text, &[at("line 30"), at("line 10")], &[]);
        assert_eq!(shown.first_line, 10);
        let lines: Vec<&str> = shown.text.lines().collect();
        assert_eq!((lines[0], lines[1], lines[2], lines[20]), ("line 10", "line 11", "", "line 30"));
        assert_eq!(&shown.text[shown.marks[0].clone()], "line 30");
    }

    #[test]
    fn a_line_is_cut_only_when_it_is_too_wide() {
        let whole = "x".repeat(WIDEST);
        assert_eq!(excerpt(&whole, &[0..1, 9..10], &[]).text, format!("{whole}\n"));
        let wide = "漢".repeat(WIDEST / 2 + 1);
        assert_eq!(excerpt(&wide, &[0..3, 3..6], &[]).text, format!("{}…\n", "漢".repeat(WIDEST / 2)));
    }
}
