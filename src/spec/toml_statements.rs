//! The statements of a TOML text that has syntax errors: which lines one mistake spoils, so that the
//! rest can be read as if they were not there, and each mistake is one finding.

use std::ops::Range;

use toml::de::DeTable;

/// A text gets this many syntax errors; what follows them is taken for lost.
const MOST_ERRORS: usize = 24;
/// So often is a text read again, all in all, to find out which statement an error belongs to.
const MOST_TRIES: usize = 256;

/// A mistake of syntax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    /// Where the parser noticed it.
    pub(super) at: Range<usize>,
    /// The lines that are lost to it, without the last line break.
    pub(super) lost: Range<usize>,
    /// What the parser says.
    pub(super) message: String,
}

/// The mistakes of a text, in order, and the text with blanks in their place. Every other byte stands
/// where it stood.
pub(super) fn mend(text: &str) -> (String, Vec<Mistake>) {
    let mut rest = text.to_owned();
    let mut mistakes: Vec<Mistake> = Vec::new();
    let mut tries = MOST_TRIES;
    while let Some((at, message)) = first_error(&rest) {
        let mistake = mistake(&rest, at, message, &mut tries);
        // Without anything to take out there is no way on.
        let stuck = rest[mistake.lost.clone()].trim().is_empty() || mistakes.len() + 1 == MOST_ERRORS;
        let lost = if stuck { 0..text.len() } else { mistake.lost.clone() };
        blank(&mut rest, lost);
        mistakes.push(mistake);
    }
    mistakes.sort_by_key(|mistake| mistake.lost.start);
    (rest, mistakes)
}

/// The first syntax error of a text.
fn first_error(text: &str) -> Option<(Range<usize>, String)> {
    let (_, errors) = DeTable::parse_recoverable(text);
    let end = text.len();
    let place = |error: &toml::de::Error| {
        let at = error.span().unwrap_or(end..end);
        (at.start.min(end)..at.end.min(end), error.message().replace('\n', ", "))
    };
    errors.iter().map(place).min_by_key(|(at, _)| at.start)
}

/// The statement that an error belongs to: text before it is sound without it.
fn mistake(text: &str, at: Range<usize>, message: String, tries: &mut usize) -> Mistake {
    let lines = Lines::new(text);
    let mut sound = |line: usize| {
        *tries = tries.checked_sub(1)?;
        Some(first_error(&text[..lines.start(line)]).is_none())
    };
    let mut start = lines.statement(lines.of(at.start));
    // Something before is not closed: it is what is wrong.
    while start > 0 && sound(start) == Some(false) {
        start = lines.statement(start - 1);
    }
    let next = lines.next_statement(start);
    // Of several lines, the first that cannot stand behind the ones above.
    while let Some(line) = (start + 1..next).find(|line| lines.says_something(*line)) {
        if sound(line) != Some(true) {
            break;
        }
        start = line;
    }
    let end = if lines.is_header(start) { lines.next_header(start) } else { next };
    let lost = lines.start(start)..lines.end(end.max(start + 1) - 1);
    // The statement by itself shows best where it goes wrong.
    let (at, message) = first_error(&text[..lines.start(next)]).unwrap_or((at, message));
    Mistake { at: clamped(at, &lost, text), lost, message }
}

/// A place within the lines that are lost.
fn clamped(at: Range<usize>, lost: &Range<usize>, text: &str) -> Range<usize> {
    let start = at.start.clamp(lost.start, lost.end);
    let end = at.end.clamp(start, lost.end);
    // The parser may point behind the last character of a line.
    let start = if start == end && start == lost.end {
        lost.start + text[lost.clone()].trim_end().len()
    } else {
        start
    };
    start..end.max(start)
}

/// Puts a blank in place of every byte but line breaks.
fn blank(text: &mut String, range: Range<usize>) {
    let blanks = blanks(&text[range.clone()]);
    text.replace_range(range, &blanks);
}

fn blanks(text: &str) -> String {
    text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect()
}

/// A text's lines by where they start.
struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Lines { text, starts: std::iter::once(0).chain(breaks).collect() }
    }

    /// The line of a byte.
    fn of(&self, byte: usize) -> usize {
        self.starts.partition_point(|start| *start <= byte).max(1) - 1
    }

    fn start(&self, line: usize) -> usize {
        self.starts.get(line).copied().unwrap_or(self.text.len())
    }

    /// The end of a line, before its line break.
    fn end(&self, line: usize) -> usize {
        let end = self.start(line + 1);
        let start = self.start(line).min(end);
        start + self.text[start..end].trim_end_matches(['\n', '\r']).len()
    }

    fn line(&self, line: usize) -> &'t str {
        self.text[self.start(line)..self.end(line)].trim()
    }

    /// The line where the statement of a line seems to begin.
    fn statement(&self, line: usize) -> usize {
        (0..=line).rev().find(|line| begins(self.line(*line)) || self.is_header(*line)).unwrap_or(0)
    }

    fn next_statement(&self, line: usize) -> usize {
        let later = line + 1..self.starts.len();
        later
            .into_iter()
            .find(|line| begins(self.line(*line)) || self.is_header(*line))
            .unwrap_or(self.starts.len())
    }

    /// Whether a line is more than a comment.
    fn says_something(&self, line: usize) -> bool {
        let line = self.line(line);
        !line.is_empty() && !line.starts_with('#')
    }

    /// Whether a line is a table's header, or was meant as one.
    fn is_header(&self, line: usize) -> bool {
        let line = self.line(line);
        let content = line.split('#').next().unwrap_or(line).trim();
        let list = ["[true", "[false", "[inf", "[nan"].iter().any(|item| content.starts_with(item));
        let opened = content.starts_with('[') && !list;
        let closed = content.ends_with(']') && !content.contains(['=', ',']);
        (opened || closed)
            && content.contains(|c: char| c.is_ascii_alphabetic())
            && !content.contains(['"', '\'', '{', '}'])
    }

    fn next_header(&self, line: usize) -> usize {
        (line + 1..self.starts.len()).find(|line| self.is_header(*line)).unwrap_or(self.starts.len())
    }
}

/// Whether a line reads like `key = …`.
fn begins(line: &str) -> bool {
    let Some((key, _)) = line.split_once('=') else { return false };
    let key = key.trim();
    !key.is_empty()
        && !key.starts_with(['#', '[', '{', ']', '}', ','])
        && key.chars().all(|c| c.is_ascii_alphanumeric() || "-_.\"' ".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(text: &str) -> Vec<(&str, usize)> {
        let (rest, mistakes) = mend(text);
        assert_eq!(rest.len(), text.len());
        assert!(first_error(&rest).is_none(), "{rest}");
        let line = |at: usize| text[..at].matches('\n').count() + 1;
        mistakes
            .into_iter()
            .map(|mistake| (text[mistake.lost.clone()].trim_end(), line(mistake.at.start)))
            .collect()
    }

    #[test]
    fn a_mistake_costs_its_own_statement() {
        assert_eq!(mistakes("a = \"x\nb = 1\n"), [("a = \"x", 1)]);
        assert_eq!(mistakes("a = 1\nb = = 2\nc = 3\nd 4\n"), [("b = = 2", 2), ("d 4", 4)]);
        assert_eq!(mistakes("a = 1\na = 2\nb = 3\n"), [("a = 2", 2)]);
        assert_eq!(mistakes("[t]\n!\na = 1\n"), [("!", 2)]);
    }

    #[test]
    fn what_is_not_closed_ends_where_the_next_statement_begins() {
        assert_eq!(mistakes("a = 1\nh = [\"x\", \"y\"\nb = 2\n[t]\nc = 3\n"), [("h = [\"x\", \"y\"", 2)]);
        assert_eq!(mistakes("h = [\n  \"x\"\n  \"y\",\n]\nb = 2\n"), [("h = [\n  \"x\"\n  \"y\",\n]", 3)]);
        assert_eq!(mistakes("a = { x = 1, y = { z = 2 }\nb = 2\n"), [("a = { x = 1, y = { z = 2 }", 1)]);
        assert_eq!(mistakes("a = \"\"\"x\nb = 2\n[t]\n"), [("a = \"\"\"x", 1)]);
    }

    #[test]
    fn a_broken_header_takes_its_table_along() {
        assert_eq!(mistakes("[a\nx = 1\n\n[b]\ny = 2\n"), [("[a\nx = 1", 1)]);
        assert_eq!(mistakes("[b]\ny = 2\na.c]\nx = 1\n"), [("a.c]\nx = 1", 3)]);
    }

    #[test]
    fn any_text_is_mended() {
        for text in ["", "!", "= = =", "[[[[", "\"", "a = [", "a = {", "]", "a.b.c", "\u{feff}x", "ä = 1\nö"]
        {
            mistakes(text);
        }
    }
}
