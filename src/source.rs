//! The texts a spec is made of, and places in them. Nothing here knows what the texts mean.

use std::fmt;

/// One text (a layer of a spec), by its place in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SourceId(u16);

/// A range of bytes in one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// The text.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range as `usize`, for slicing.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The empty span at its beginning.
    #[must_use]
    pub fn start_only(self) -> Span {
        Span { end: self.start, ..self }
    }

    /// The smallest span that holds both; `self` when they are in different texts.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        if self.source == other.source {
            Span { source: self.source, start: self.start.min(other.start), end: self.end.max(other.end) }
        } else {
            self
        }
    }
}

/// A value and the place it was written at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

impl<T> At<T> {
    /// Pairs a value with its place.
    pub const fn new(value: T, span: Span) -> Self {
        At { value, span }
    }

    /// The same place with another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> At<U> {
        At { value: f(self.value), span: self.span }
    }

    /// Borrows the value.
    pub const fn as_ref(&self) -> At<&T> {
        At { value: &self.value, span: self.span }
    }
}

impl<T> std::ops::Deref for At<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// The bounds of a value are those of the value, wherever it stands.
impl<T: validator::ValidateRange<T>> validator::ValidateRange<T> for At<T> {
    fn greater_than(&self, max: T) -> Option<bool> {
        self.value.greater_than(max)
    }

    fn less_than(&self, min: T) -> Option<bool> {
        self.value.less_than(min)
    }
}

impl<T: serde::Serialize> serde::Serialize for At<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

/// A line and a column, both counted from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// One text with the name that people know it by.
#[derive(Clone)]
pub struct Source {
    /// The path as it was given or as it follows from `extends`; `<stdin>` for standard input.
    pub name: String,
    /// The whole text.
    pub text: String,
    line_starts: Vec<u32>,
}

impl fmt::Debug for Source {
    /// Without the text: somebody may have written a secret into it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({:?}, {} bytes)", self.name, self.text.len())
    }
}

impl Source {
    fn new(name: String, text: String) -> Self {
        let line_starts = std::iter::once(0)
            .chain(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| offset(i + 1)))
            .collect();
        Source { name, text, line_starts }
    }

    /// Line and column of a byte.
    pub fn line_column(&self, byte: u32) -> LineColumn {
        let line = self.line_starts.partition_point(|start| *start <= byte).max(1);
        let start = self.line_starts.get(line - 1).map_or(0, |start| *start as usize);
        let end = (byte as usize).min(self.text.len());
        let column = self.text.get(start..end).map_or(1, |before| before.chars().count() + 1);
        LineColumn { line, column }
    }

    /// The bytes of a line counted from 1, without its line break; empty at the end of the text for a
    /// line that is not there.
    pub fn line_range(&self, line: usize) -> std::ops::Range<usize> {
        let start_of = |line: usize| self.line_starts.get(line).map(|start| *start as usize);
        let Some(start) = line.checked_sub(1).and_then(start_of) else {
            return self.text.len()..self.text.len();
        };
        let with_break = self.text.get(start..start_of(line).unwrap_or(self.text.len())).unwrap_or("");
        let content = with_break
            .strip_suffix('\n')
            .map_or(with_break, |content| content.strip_suffix('\r').unwrap_or(content));
        start..start + content.len()
    }
}

/// All texts of one run. The largest text is 4 GiB, the largest number of texts 65,535.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    sources: Vec<Source>,
}

impl Sources {
    /// Adds a text.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> SourceId {
        let id = SourceId(u16::try_from(self.sources.len()).unwrap_or(u16::MAX));
        self.sources.push(Source::new(name.into(), text.into()));
        id
    }

    /// The text behind an id that [`Sources::add`] gave.
    pub fn get(&self, id: SourceId) -> &Source {
        &self.sources[id.0 as usize]
    }

    /// The span of a byte range of one text.
    pub fn span(id: SourceId, range: std::ops::Range<usize>) -> Span {
        Span { source: id, start: offset(range.start), end: offset(range.end) }
    }

    /// What is written at a place.
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.source).text.get(span.range()).unwrap_or("")
    }

    /// Where a span begins, as `file:line:column` prints.
    pub fn locate(&self, span: Span) -> Location<'_> {
        let source = self.get(span.source);
        Location { file: &source.name, at: source.line_column(span.start) }
    }

    /// Every text in the order it was added.
    pub fn iter(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter()
    }
}

/// A place as people read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location<'a> {
    /// The name of the text.
    pub file: &'a str,
    /// Line and column in it.
    pub at: LineColumn,
}

impl fmt::Display for Location<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.at.line, self.at.column)
    }
}

fn offset(byte: usize) -> u32 {
    u32::try_from(byte).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let mut sources = Sources::default();
        let id = sources.add("a.toml", "x = 1\nä = \"ö\"\n");
        let place = |needle: &str| {
            let start = sources.get(id).text.find(needle).unwrap();
            sources.locate(Sources::span(id, start..start + needle.len())).to_string()
        };
        assert_eq!(place("x"), "a.toml:1:1");
        assert_eq!(place("\"ö"), "a.toml:2:5");
    }

    #[test]
    fn a_line_is_given_without_its_break() {
        let mut sources = Sources::default();
        let id = sources.add("a.toml", "x\r\n\ny");
        let source = sources.get(id);
        let lines: Vec<_> = (0..5).map(|line| source.line_range(line)).collect();
        assert_eq!(lines, [5..5, 0..1, 3..3, 4..5, 5..5]);
    }

    #[test]
    fn the_end_of_a_text_has_a_place() {
        let mut sources = Sources::default();
        let id = sources.add("a.toml", "");
        assert_eq!(sources.locate(Sources::span(id, 0..0)).to_string(), "a.toml:1:1");
        assert_eq!(sources.slice(Sources::span(id, 3..9)), "");
    }
}
