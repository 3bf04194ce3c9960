use std::borrow::Cow;

use super::{Arg, quote_conf, split_args, write_directive};
use crate::text::lines::{line_ending, lines, trim};
use crate::text::{Problem, Span, SyntaxError, Unrepresentable};

/// What servers trim from both ends of a line before anything else.
const TRIMMED: &[u8] = b" \t\r\n";

/// A configuration file: its bytes, and how servers read each line.
///
/// The bytes are the truth. Edits splice them and read the result again, so spans always fit
/// [`ConfDoc::to_bytes`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfDoc {
    text: Vec<u8>,
    lines: Vec<ConfLine>,
}

/// One line, up to and with its line break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfLine {
    /// The whole line.
    pub span: Span,
    /// The line without blanks at both ends and without its line break.
    pub content: Span,
    /// What it says.
    pub kind: ConfLineKind,
}

/// What a line says to a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfLineKind {
    /// Nothing.
    Blank,
    /// Nothing: its first character that is no blank is `#`.
    Comment,
    /// A directive.
    Directive(Directive),
    /// A line at which servers stop.
    Bad(SyntaxError),
}

/// A directive as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// The name, as written.
    pub name: Arg,
    /// The arguments after it.
    pub args: Vec<Arg>,
}

impl Directive {
    /// The name in lower case, which is how servers compare it.
    pub fn key(&self) -> Cow<'_, str> {
        match self.name.lossy() {
            Cow::Borrowed(name) if !name.bytes().any(|byte| byte.is_ascii_uppercase()) => Cow::Borrowed(name),
            name => Cow::Owned(name.to_ascii_lowercase()),
        }
    }

    /// Whether this is the directive `name`, in whatever case.
    pub fn is(&self, name: &str) -> bool {
        self.name.value.eq_ignore_ascii_case(name.as_bytes())
    }

    /// From the name to the last argument.
    pub fn span(&self) -> Span {
        self.args.last().map_or(self.name.span, |last| self.name.span.to(last.span))
    }
}

impl ConfDoc {
    /// Reads a file. Never fails: a line that servers refuse is a [`ConfLineKind::Bad`] one.
    ///
    /// Lines have any length: servers read pieces of 1024 bytes but join them again.
    pub fn parse(text: impl Into<Vec<u8>>) -> Self {
        let text = text.into();
        let lines = lines(&text).into_iter().map(|span| read_line(&text, span)).collect();
        Self { text, lines }
    }

    /// All lines, in order.
    pub fn lines(&self) -> &[ConfLine] {
        &self.lines
    }

    /// The file, byte for byte.
    pub fn to_bytes(&self) -> &[u8] {
        &self.text
    }

    /// The bytes of a span of this document.
    pub fn bytes(&self, span: Span) -> &[u8] {
        span.of(&self.text)
    }

    /// The directives, each with the index of its line.
    pub fn directives(&self) -> impl Iterator<Item = (usize, &Directive)> {
        self.lines.iter().enumerate().filter_map(|(index, line)| match &line.kind {
            ConfLineKind::Directive(directive) => Some((index, directive)),
            _ => None,
        })
    }

    /// All lines that servers refuse. A server itself names only the first.
    pub fn errors(&self) -> impl Iterator<Item = &SyntaxError> {
        self.lines.iter().filter_map(|line| match &line.kind {
            ConfLineKind::Bad(error) => Some(error),
            _ => None,
        })
    }

    /// Gives the directive on line `index` new arguments; name, blanks around it and the line break stay.
    /// Nothing happens where that line holds no directive.
    ///
    /// # Errors
    /// An argument that a configuration file cannot hold; the document is then unchanged.
    pub fn set_args<A: AsRef<[u8]>>(&mut self, index: usize, args: &[A]) -> Result<(), Unrepresentable> {
        let Some(ConfLineKind::Directive(directive)) = self.lines.get(index).map(|line| &line.kind) else {
            return Ok(());
        };
        let mut written = Vec::new();
        for arg in args {
            written.push(quote_conf(arg.as_ref())?);
        }
        let joined = written.join(" ");
        let (place, joined) = match directive.args.first() {
            Some(first) if !args.is_empty() => (first.span.start..directive.span().end, joined),
            _ if args.is_empty() => (directive.name.span.end..directive.span().end, joined),
            _ => (directive.name.span.end..directive.name.span.end, format!(" {joined}")),
        };
        self.splice(place.start as usize..place.end as usize, joined.as_bytes());
        Ok(())
    }

    /// Puts a directive before line `index`, or at the end where there is no such line. The new line ends
    /// as the file's first line does; a last line without a line break is given one.
    ///
    /// # Errors
    /// A name or argument that a configuration file cannot hold; the document is then unchanged.
    pub fn insert<A: AsRef<[u8]>>(
        &mut self,
        index: usize,
        name: &str,
        args: &[A],
    ) -> Result<(), Unrepresentable> {
        let mut line = write_directive(name, args)?.into_bytes();
        let ending = line_ending(&self.text);
        line.extend_from_slice(ending);
        let at = self.lines.get(index).map_or(self.text.len(), |line| line.span.start as usize);
        if at == self.text.len() && !self.text.is_empty() && !self.text.ends_with(b"\n") {
            line.splice(0..0, ending.iter().copied());
        }
        self.splice(at..at, &line);
        Ok(())
    }

    /// Takes line `index` out, with its line break. Nothing happens where there is no such line.
    pub fn remove(&mut self, index: usize) {
        if let Some(line) = self.lines.get(index) {
            self.splice(line.span.range(), b"");
        }
    }

    fn splice(&mut self, range: std::ops::Range<usize>, with: &[u8]) {
        let mut text = std::mem::take(&mut self.text);
        if range.start <= range.end && range.end <= text.len() {
            text.splice(range, with.iter().copied());
        }
        *self = Self::parse(text);
    }
}

fn read_line(text: &[u8], span: Span) -> ConfLine {
    let content = trim(text, span, TRIMMED);
    ConfLine { span, content, kind: read_kind(text, span, content) }
}

fn read_kind(text: &[u8], span: Span, content: Span) -> ConfLineKind {
    // Anywhere in the line, even in a comment: what follows a NUL byte is lost, the line break included,
    // so that the next line continues this one.
    if let Some(nul) = span.of(text).iter().position(|&byte| byte == 0) {
        let place = Span::new(nul, nul + 1).shifted(span.start);
        return ConfLineKind::Bad(SyntaxError::new(place, Problem::Nul));
    }
    let bytes = content.of(text);
    if bytes.starts_with(b"#") {
        return ConfLineKind::Comment;
    }
    match split_args(bytes, content.start) {
        Err(error) => ConfLineKind::Bad(error),
        Ok(args) => {
            let mut args = args.into_iter();
            match args.next() {
                None => ConfLineKind::Blank,
                Some(name) => ConfLineKind::Directive(Directive { name, args: args.collect() }),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MIXED: &[u8] = b"# note\r\n\r\n\tPort  6379 \r\nsave \"900 1\"\x0c\r\nbad \"x\r\n  # c\r\nlast 1";

    fn keys(doc: &ConfDoc) -> Vec<String> {
        doc.directives().map(|(_, directive)| directive.key().into_owned()).collect()
    }

    #[test]
    fn every_kind_of_line_is_kept() {
        let doc = ConfDoc::parse(MIXED);
        assert_eq!(doc.to_bytes(), MIXED);
        let kinds: String = doc
            .lines()
            .iter()
            .map(|line| match line.kind {
                ConfLineKind::Blank => 'b',
                ConfLineKind::Comment => 'c',
                ConfLineKind::Directive(_) => 'd',
                ConfLineKind::Bad(_) => '!',
            })
            .collect();
        assert_eq!(kinds, "cbdd!cd");
        assert_eq!(keys(&doc), ["port", "save", "last"]);
        let (_, port) = doc.directives().next().unwrap();
        assert_eq!(port.name.value, b"Port");
        assert!(port.is("pORT"));
        assert_eq!(doc.bytes(port.span()), b"Port  6379");
    }

    #[test]
    fn errors_are_collected_from_all_lines() {
        let doc = ConfDoc::parse("a \"\nb 1\nc 'x'y\nd \0\n");
        let problems: Vec<_> = doc.errors().map(|error| error.problem).collect();
        assert_eq!(problems, [Problem::UnclosedQuote, Problem::TextAfterQuote, Problem::Nul]);
        assert_eq!(doc.errors().next().unwrap().span, Span::new(2, 3));
    }

    #[test]
    fn a_hash_is_a_comment_only_at_the_start() {
        let doc = ConfDoc::parse("port 1 # no\n");
        assert_eq!(doc.directives().next().unwrap().1.args.len(), 3);
    }

    #[test]
    fn nul_in_a_comment_is_an_error_too() {
        assert_eq!(ConfDoc::parse("# a\0b\nport 1\n").errors().count(), 1);
    }

    #[test]
    fn long_lines_are_one_line() {
        let long = format!("requirepass {}\nport 1\n", "x".repeat(5000));
        let doc = ConfDoc::parse(long.as_str());
        assert_eq!(doc.directives().next().unwrap().1.args[0].value.len(), 5000);
        assert_eq!(doc.lines().len(), 2);
    }

    #[test]
    fn set_args_touches_the_arguments_only() {
        let mut doc = ConfDoc::parse(MIXED);
        doc.set_args(2, &["7000"]).unwrap();
        doc.set_args(3, &["900 1", "", "a"]).unwrap();
        let expected =
            b"# note\r\n\r\n\tPort  7000 \r\nsave \"900 1\" \"\" a\x0c\r\nbad \"x\r\n  # c\r\nlast 1";
        assert_eq!(doc.to_bytes(), expected);
        let before = doc.clone();
        doc.set_args(0, &["x"]).unwrap();
        assert!(doc.set_args(2, &[b"\0"]).is_err());
        assert_eq!(doc, before);
    }

    #[test]
    fn set_args_can_add_the_first_and_drop_the_last() {
        let mut doc = ConfDoc::parse(" sentinel \nport 1 ");
        doc.set_args(0, &["myid"]).unwrap();
        doc.set_args::<&str>(1, &[]).unwrap();
        assert_eq!(doc.to_bytes(), b" sentinel myid \nport ");
    }

    #[test]
    fn insert_and_remove_keep_the_line_endings() {
        let mut doc = ConfDoc::parse("a 1\r\nb 2");
        doc.insert(1, "c", &["x y"]).unwrap();
        doc.insert(usize::MAX, "d", &["4"]).unwrap();
        assert_eq!(doc.to_bytes(), b"a 1\r\nc \"x y\"\r\nb 2\r\nd 4\r\n");
        doc.remove(0);
        doc.remove(99);
        assert_eq!(keys(&doc), ["c", "b", "d"]);
        let mut empty = ConfDoc::parse("");
        empty.insert(0, "a", &["1"]).unwrap();
        assert_eq!(empty.to_bytes(), b"a 1\n");
    }

    proptest! {
        #[test]
        fn any_bytes_survive(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            let doc = ConfDoc::parse(text.clone());
            prop_assert_eq!(doc.to_bytes(), &text[..]);
            let joined: Vec<u8> = doc.lines().iter().flat_map(|line| doc.bytes(line.span).to_vec()).collect();
            prop_assert_eq!(joined, text);
        }

        #[test]
        fn edits_keep_the_other_lines(text in "([a-c]{0,2}[ \"'#]{0,2}[a-c]{0,2}\r?\n){0,6}", at in 0usize..7) {
            let mut doc = ConfDoc::parse(text.as_str());
            let before = doc.lines().len();
            doc.insert(at, "new", &["v"]).unwrap();
            prop_assert_eq!(doc.lines().len(), before + 1);
            doc.set_args(at.min(before), &["a b"]).unwrap();
            doc.remove(at.min(before));
            prop_assert_eq!(doc.to_bytes(), text.as_bytes());
        }
    }
}
