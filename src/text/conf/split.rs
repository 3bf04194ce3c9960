use std::borrow::Cow;
use std::fmt;

use crate::text::lines::is_space;
use crate::text::{Problem, Span, SyntaxError};

/// How an argument was quoted where it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quote {
    /// Without quotes: no escapes either, a backslash is a backslash.
    Bare,
    /// In double quotes, with escapes.
    Double,
    /// In single quotes, where only `\'` is an escape.
    Single,
    /// Bare at first, with a quote later: `foo"bar baz"` is one argument.
    Mixed,
}

/// One argument of a line.
#[derive(Clone, PartialEq, Eq)]
pub struct Arg {
    /// The bytes that the server sees.
    pub value: Vec<u8>,
    /// Where it stands, quotes included.
    pub span: Span,
    /// How it was quoted.
    pub quote: Quote,
}

impl Arg {
    /// The value for people: bytes that are not UTF-8 show as U+FFFD.
    pub fn lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.value)
    }
}

impl fmt::Debug for Arg {
    // An argument may be a password: what panics and logs print must not hold it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Arg({} bytes at {:?}, {:?})", self.value.len(), self.span, self.quote)
    }
}

/// Splits a line as `sdssplitargs` does. Spans are relative to `line`, shifted by `offset`.
///
/// Blanks before an argument are those of `isspace`, but only blank, tab, CR and LF end a bare one:
/// `a\x0bb` is one argument, and a form feed before an argument is skipped.
///
/// # Errors
/// An unclosed quote, a closing quote that no blank follows, or a NUL byte, where C strings end.
pub fn split_args(line: &[u8], offset: u32) -> Result<Vec<Arg>, SyntaxError> {
    if let Some(nul) = line.iter().position(|&byte| byte == 0) {
        return Err(SyntaxError::new(Span::new(nul, nul + 1).shifted(offset), Problem::Nul));
    }
    let mut splitter = Splitter { line, at: 0, offset };
    let mut args = Vec::new();
    loop {
        splitter.skip_blanks();
        if splitter.at >= line.len() {
            return Ok(args);
        }
        args.push(splitter.argument()?);
    }
}

struct Splitter<'a> {
    line: &'a [u8],
    at: usize,
    offset: u32,
}

impl Splitter<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.line.get(self.at + ahead).copied()
    }

    fn skip_blanks(&mut self) {
        while self.peek(0).is_some_and(is_space) {
            self.at += 1;
        }
    }

    fn error(&self, start: usize, end: usize, problem: Problem) -> SyntaxError {
        SyntaxError::new(Span::new(start, end).shifted(self.offset), problem)
    }

    fn argument(&mut self) -> Result<Arg, SyntaxError> {
        let start = self.at;
        let mut value = Vec::new();
        let mut quote = Quote::Bare;
        while let Some(byte) = self.peek(0) {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => break,
                b'"' | b'\'' => {
                    quote = match (start == self.at, byte) {
                        (false, _) => Quote::Mixed,
                        (true, b'"') => Quote::Double,
                        (true, _) => Quote::Single,
                    };
                    self.quoted(byte, &mut value)?;
                    break;
                }
                _ => {
                    value.push(byte);
                    self.at += 1;
                }
            }
        }
        Ok(Arg { value, span: Span::new(start, self.at).shifted(self.offset), quote })
    }

    /// Reads from an opening to its closing quote, which ends the argument.
    fn quoted(&mut self, quote: u8, value: &mut Vec<u8>) -> Result<(), SyntaxError> {
        let open = self.at;
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            if byte == quote {
                self.at += 1;
                return match self.peek(0) {
                    Some(next) if !is_space(next) => {
                        Err(self.error(self.at - 1, self.at + 1, Problem::TextAfterQuote))
                    }
                    _ => Ok(()),
                };
            }
            let (decoded, length) = if quote == b'"' { self.double_quoted() } else { self.single_quoted() };
            value.push(decoded);
            self.at += length;
        }
        Err(self.error(open, self.line.len(), Problem::UnclosedQuote))
    }

    /// The byte at this place in double quotes, and how many bytes wrote it.
    fn double_quoted(&self) -> (u8, usize) {
        let byte = self.peek(0).unwrap_or_default();
        let (b'\\', Some(escaped)) = (byte, self.peek(1)) else {
            return (byte, 1);
        };
        match escaped {
            b'n' => (b'\n', 2),
            b'r' => (b'\r', 2),
            b't' => (b'\t', 2),
            b'b' => (0x08, 2),
            b'a' => (0x07, 2),
            b'x' => match (self.hex(2), self.hex(3)) {
                (Some(high), Some(low)) => (high * 16 + low, 4),
                _ => (b'x', 2),
            },
            other => (other, 2),
        }
    }

    /// The byte at this place in single quotes, and how many bytes wrote it.
    fn single_quoted(&self) -> (u8, usize) {
        match (self.peek(0), self.peek(1)) {
            (Some(b'\\'), Some(b'\'')) => (b'\'', 2),
            (byte, _) => (byte.unwrap_or_default(), 1),
        }
    }

    fn hex(&self, ahead: usize) -> Option<u8> {
        let digit = char::from(self.peek(ahead)?).to_digit(16)?;
        u8::try_from(digit).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(line: &[u8]) -> Vec<Vec<u8>> {
        split_args(line, 0).unwrap().into_iter().map(|arg| arg.value).collect()
    }

    fn problem(line: &[u8]) -> (Problem, Span) {
        let error = split_args(line, 0).unwrap_err();
        (error.problem, error.span)
    }

    #[test]
    fn escapes_of_double_quotes() {
        assert_eq!(values(br#""\n\r\t\b\a\x41\xfF\"\\\q""#), [b"\n\r\t\x08\x07A\xff\"\\q"]);
        assert_eq!(values(br#""\xg1" "\x4""#), [&b"xg1"[..], b"x4"]);
        assert_eq!(values(br#""\x00""#), [b"\0"]);
    }

    #[test]
    fn single_quotes_know_one_escape() {
        assert_eq!(values(br"'it\'s \n \\ '"), [br"it's \n \\ "]);
        // A backslash does not take another one's meaning away.
        assert_eq!(problem(br"'a\\'").0, Problem::UnclosedQuote);
    }

    #[test]
    fn quotes_may_begin_inside_an_argument_but_must_end_it() {
        assert_eq!(values(br#"foo"bar baz" x"#), [&b"foobar baz"[..], b"x"]);
        assert_eq!(problem(br#"a "b"c"#), (Problem::TextAfterQuote, Span::new(4, 6)));
        assert_eq!(problem(b"'a''b'").0, Problem::TextAfterQuote);
    }

    #[test]
    fn unclosed_quotes_point_at_the_quote() {
        assert_eq!(problem(br#"requirepass "abc"#), (Problem::UnclosedQuote, Span::new(12, 16)));
        assert_eq!(problem(br#"a "b\"#).0, Problem::UnclosedQuote);
        assert_eq!(problem(b"a it's").1, Span::new(4, 6));
    }

    #[test]
    fn vertical_tab_and_form_feed_are_blanks_only_before_arguments() {
        assert_eq!(values(b"a\x0bb \x0cc"), [&b"a\x0bb"[..], b"c"]);
        assert_eq!(values(b"\"a\"\x0bb"), [b"a", b"b"]);
        assert!(values(b" \x0b\x0c").is_empty());
    }

    #[test]
    fn bare_backslashes_and_hashes_are_themselves() {
        assert_eq!(values(br"dir C:\new #x"), [&b"dir"[..], br"C:\new", b"#x"]);
    }

    #[test]
    fn spans_and_quoting_are_kept() {
        let args = split_args(br#"a  "b c" 'd' e"f""#, 100).unwrap();
        let seen: Vec<_> = args.iter().map(|arg| (arg.span, arg.quote)).collect();
        assert_eq!(
            seen,
            [
                (Span::new(100, 101), Quote::Bare),
                (Span::new(103, 108), Quote::Double),
                (Span::new(109, 112), Quote::Single),
                (Span::new(113, 117), Quote::Mixed),
            ]
        );
        assert_eq!(values(br#""""#), [b""]);
    }

    #[test]
    fn nul_is_refused() {
        assert_eq!(problem(b"a b\0c"), (Problem::Nul, Span::new(3, 4)));
    }
}
