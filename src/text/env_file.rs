//! Files of `NAME="value"` lines: /etc/sysconfig/memcached, /etc/default/*, read by systemd's
//! `EnvironmentFile=` or sourced by sh.
//!
//! Read as systemd reads them (`parse_env_file_internal` in env-file.c); written so that systemd and sh
//! agree.

use std::fmt;

use super::lines::lines;
use super::mapped::Mapped;
use super::systemd::split_mapped;
use super::{Format, Problem, Span, SyntaxError, Unrepresentable, Word};

/// A file of variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvFile {
    text: Vec<u8>,
    entries: Vec<EnvEntry>,
    errors: Vec<SyntaxError>,
}

/// One variable. The last one of a name counts.
#[derive(Clone, PartialEq, Eq)]
pub struct EnvEntry {
    /// The name.
    pub name: Word,
    /// The value without its quotes; the span holds them. It may reach over several lines.
    pub value: Word,
    /// The value split as an unbraced `$NAME` in `ExecStart=` is, with places in the file.
    pub words: Vec<Word>,
}

impl fmt::Debug for EnvEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={:?}", self.name.lossy(), self.value)
    }
}

impl EnvFile {
    /// Reads a file. Never fails: what systemd ignores, or reads to the end of the file for want of a
    /// quote, is in [`EnvFile::errors`].
    pub fn parse(text: impl Into<Vec<u8>>) -> Self {
        let text = text.into();
        let mut reader = Reader { text: &text, at: 0, entries: Vec::new(), errors: Vec::new() };
        while reader.at < text.len() {
            reader.line();
        }
        let Reader { entries, errors, .. } = reader;
        Self { text, entries, errors }
    }

    /// The variables, in order.
    pub fn entries(&self) -> &[EnvEntry] {
        &self.entries
    }

    /// The variable that counts under this name.
    pub fn get(&self, name: &str) -> Option<&EnvEntry> {
        self.entries.iter().rev().find(|entry| entry.name.value == name.as_bytes())
    }

    /// The file, byte for byte.
    pub fn to_bytes(&self) -> &[u8] {
        &self.text
    }

    /// What is wrong, in order.
    pub fn errors(&self) -> &[SyntaxError] {
        &self.errors
    }
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    entries: Vec<EnvEntry>,
    errors: Vec<SyntaxError>,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// Before a value, or after a closing quote: blanks are skipped.
    Before,
    Plain,
    Quoted(u8),
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn until(&self, stops: &[u8]) -> usize {
        let rest = &self.text[self.at..];
        self.at + rest.iter().position(|byte| stops.contains(byte)).unwrap_or(rest.len())
    }

    fn line(&mut self) {
        match self.peek() {
            Some(b' ' | b'\t' | b'\r' | b'\n') => self.at += 1,
            Some(b'#' | b';') => self.at = self.until(b"\n\r"),
            _ => self.assignment(),
        }
    }

    fn assignment(&mut self) {
        let start = self.at;
        self.at = self.until(b"=\n\r");
        let name = self.text[start..self.at].trim_ascii_end();
        let name = Word { value: name.to_vec(), span: Span::new(start, start + name.len()) };
        if self.peek() != Some(b'=') {
            self.errors.push(SyntaxError::new(name.span, Problem::NotAnAssignment));
            return;
        }
        self.at += 1;
        let (value, span) = self.value();
        if !is_name(&name.value) {
            self.errors.push(SyntaxError::new(name.span, Problem::NotAnAssignment));
            return;
        }
        let words = split_mapped(&value);
        let value = Word { value: value.bytes().to_vec(), span };
        self.entries.push(EnvEntry { name, value, words });
    }

    /// Reads up to the line break that ends the value, and says where the value stands.
    fn value(&mut self) -> (Mapped, Span) {
        let mut value = Mapped::default();
        let mut state = State::Before;
        // Blanks after this many bytes are at the end of the value and go.
        let mut kept = 0;
        let mut start = None;
        let mut end = self.at;
        while let Some(byte) = self.peek() {
            let at = self.at;
            let mut place = Span::new(at, at + 1);
            self.at += 1;
            match (state, byte) {
                (State::Before | State::Plain, b'\n' | b'\r') => break,
                (State::Before, b' ' | b'\t') => continue,
                (State::Before, b'\'' | b'"') => state = State::Quoted(byte),
                (State::Quoted(quote), byte) if byte == quote => state = State::Before,
                (State::Before | State::Plain | State::Quoted(b'"'), b'\\') => {
                    let next = self.peek();
                    let in_quotes = state != State::Before && state != State::Plain;
                    place.end = place.end.saturating_add(1);
                    self.at += 1;
                    match next {
                        Some(b'\n' | b'\r') | None => {}
                        Some(next) if in_quotes && !b"\"\\`$".contains(&next) => {
                            value.push(b'\\', place);
                            value.push(next, place);
                        }
                        Some(next) => value.push(next, place),
                    }
                    if !in_quotes {
                        state = State::Plain;
                    }
                }
                (State::Before, _) => {
                    value.push(byte, place);
                    state = State::Plain;
                }
                (State::Plain | State::Quoted(_), _) => value.push(byte, place),
            }
            start = start.or(Some(at));
            if state != State::Plain || !matches!(byte, b' ' | b'\t') {
                kept = value.bytes().len();
                end = self.at.min(self.text.len());
            }
        }
        value.truncate(kept);
        let span = Span::new(start.unwrap_or(end), end);
        if let State::Quoted(_) = state {
            self.errors.push(SyntaxError::new(span, Problem::UnclosedQuote));
        }
        (value, span)
    }
}

fn is_name(name: &[u8]) -> bool {
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    name.iter().all(word) && name.first().is_some_and(|first| !first.is_ascii_digit())
}

/// A line `NAME="value"` without a line break, which systemd and sh read alike.
///
/// # Errors
/// A name that is not made of letters, digits and `_`; a control character other than tab in the value.
/// A line break could be written, but tools that work by lines would cut it.
pub fn write_variable(name: &str, value: &str) -> Result<String, Unrepresentable> {
    let refuse = |what, reason| Unrepresentable::new(Format::EnvironmentFile, what, reason);
    if !is_name(name.as_bytes()) {
        return Err(refuse("a variable's name", "holds more than letters, digits and `_`"));
    }
    if let Some(at) = value.find(|c: char| c.is_control() && c != '\t') {
        return Err(refuse("a variable", "holds a line break or another control character").at(at));
    }
    let mut line = format!("{name}=\"");
    for c in value.chars() {
        if matches!(c, '"' | '\\' | '`' | '$') {
            line.push('\\');
        }
        line.push(c);
    }
    line.push('"');
    Ok(line)
}

/// A line `NAME="args…"` for a variable that is used unquoted, as `$OPTIONS` is. systemd would honour
/// quotes inside it, sh would not, so no argument may need any.
///
/// # Errors
/// An argument that is empty or holds blanks, quotes, backslashes, `*` or `?`, or what
/// [`write_variable`] refuses.
pub fn write_options<A: AsRef<str>>(name: &str, args: &[A]) -> Result<String, Unrepresentable> {
    let mut joined = String::new();
    for arg in args {
        let arg = arg.as_ref();
        let refuse = |reason| Unrepresentable::new(Format::EnvironmentFile, "an argument", reason);
        if arg.is_empty() {
            return Err(refuse("is empty, and would vanish"));
        }
        if let Some(at) = arg.find(|c: char| c.is_whitespace() || "\"'\\*?".contains(c)) {
            return Err(refuse("holds a blank, a quote, a backslash, `*` or `?`").at(at));
        }
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(arg);
    }
    write_variable(name, &joined)
}

/// A line `NAME="args…"` for a variable that systemd alone reads, unquoted in `ExecStart=`: it splits the value
/// and honours quotes inside it, so that any argument can be written.
///
/// # Errors
/// What [`write_variable`] refuses.
pub fn write_split_variable<A: AsRef<str>>(name: &str, args: &[A]) -> Result<String, Unrepresentable> {
    let words: Vec<String> = args.iter().map(|arg| split_word(arg.as_ref())).collect();
    write_variable(name, &words.join(" "))
}

/// A word that [`split_mapped`] gives back.
fn split_word(arg: &str) -> String {
    let special = |c: char| c.is_ascii_whitespace() || matches!(c, '"' | '\'' | '\\');
    if !arg.is_empty() && !arg.contains(special) {
        return arg.to_owned();
    }
    let mut word = String::from("\"");
    for c in arg.chars() {
        if matches!(c, '"' | '\\') {
            word.push('\\');
        }
        word.push(c);
    }
    word.push('"');
    word
}

/// Whether a text looks like such a file: every line that says something is an assignment.
pub fn looks_like_env_file(text: &[u8]) -> bool {
    let said = |line: &&[u8]| !matches!(line.first(), None | Some(b'#' | b';'));
    let mut any = false;
    for line in lines(text).iter().map(|span| span.of(text).trim_ascii()).filter(said) {
        any = true;
        let name = line.split(|&byte| byte == b'=').next().unwrap_or_default();
        if name.len() == line.len() || !is_name(name) {
            return false;
        }
    }
    any
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn get(text: &str, name: &str) -> String {
        EnvFile::parse(text).get(name).unwrap().value.lossy().into_owned()
    }

    #[test]
    fn a_usual_file() {
        let text =
            "# c\r\nPORT=\"11211\"\r\n; c\nUSER = memcached \n\nOPTIONS=\"-l 127.0.0.1 -o 'a b'\"\nPORT=1";
        let file = EnvFile::parse(text);
        assert_eq!(file.errors(), []);
        assert_eq!(get(text, "PORT"), "1");
        assert_eq!(get(text, "USER"), "memcached");
        let options = file.get("OPTIONS").unwrap();
        let words: Vec<_> = options.words.iter().map(|word| word.lossy()).collect();
        assert_eq!(words, ["-l", "127.0.0.1", "-o", "a b"]);
        assert_eq!(options.words[1].span.of(text.as_bytes()), b"127.0.0.1");
        assert_eq!(options.value.span.of(text.as_bytes()), b"\"-l 127.0.0.1 -o 'a b'\"");
        assert!(looks_like_env_file(text.replace("USER ", "USER").as_bytes()));
        assert!(!looks_like_env_file(b"-m 64\n"));
    }

    #[test]
    fn quoting_as_systemd_has_it() {
        assert_eq!(get("A='it\\s' \"b\\$\\q\" c \n", "A"), "it\\sb$\\qc");
        assert_eq!(get("A=b\"c\" d\\ \n", "A"), "b\"c\" d ");
        assert_eq!(get("A=a\\\nb\n", "A"), "ab");
        assert_eq!(get("A=\"x\ny\"\n", "A"), "x\ny");
        assert_eq!(get("A=\nB=1", "A"), "");
    }

    #[test]
    fn what_is_ignored() {
        let file = EnvFile::parse("-m 64\n1A=2\nB='x\n");
        let problems: Vec<_> = file.errors().iter().map(|error| error.problem).collect();
        assert_eq!(problems, [Problem::NotAnAssignment, Problem::NotAnAssignment, Problem::UnclosedQuote]);
    }

    #[test]
    fn writing() {
        assert_eq!(write_variable("A", "a \"b\" $c `d` \\").unwrap(), r#"A="a \"b\" \$c \`d\` \\""#);
        assert!(write_variable("A B", "").is_err());
        assert!(write_variable("A", "a\nb").is_err());
        assert_eq!(write_options("OPTIONS", &["-l", "[::1]:1"]).unwrap(), r#"OPTIONS="-l [::1]:1""#);
        for bad in ["", "a b", "it's", "*"] {
            assert!(write_options("OPTIONS", &[bad]).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_survive(text in proptest::collection::vec(any::<u8>(), 0..120)) {
            let file = EnvFile::parse(text.clone());
            prop_assert_eq!(file.to_bytes(), &text[..]);
        }

        #[test]
        fn any_syntax_is_read(text in "[AB=\"'\\\\ #;$\n]{0,24}") {
            for entry in EnvFile::parse(text.as_str()).entries() {
                prop_assert!(entry.value.span.end as usize <= text.len());
            }
        }

        #[test]
        fn systemd_splits_what_is_written_for_it(args in proptest::collection::vec("[ -~\tä]{0,6}", 0..4)) {
            let file = EnvFile::parse(write_split_variable("O", &args).unwrap());
            let words: Vec<String> =
                file.get("O").unwrap().words.iter().map(|word| word.lossy().into_owned()).collect();
            prop_assert_eq!(words, args);
        }

        #[test]
        fn what_is_written_is_read_back(value in "[ -~\tä]{0,12}") {
            prop_assert_eq!(get(&format!("X=1\n{}\nY=2", write_variable("A", &value).unwrap()), "A"), value);
        }
    }
}
