//! TOML and JSON as tokens, read without ever failing: of a text that no parser takes.

use std::ops::Range;

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) at: Range<usize>,
}

/// What it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A quoted text with its quotes.
    Text {
        /// The closing quote is there; without it, the text ends with its line, or with everything.
        closed: bool,
    },
    /// Letters, digits, `-` and `_`.
    Word,
    /// A character that separates or encloses.
    Mark(char),
    /// Any other character.
    Other,
    /// The end of a line.
    Break,
}

impl Token {
    /// Whether it can be a key.
    pub(super) fn is_name(&self) -> bool {
        matches!(self.kind, Kind::Word | Kind::Text { .. })
    }

    /// Its text without quotes.
    pub(super) fn inner<'t>(&self, text: &'t str) -> &'t str {
        text[self.at.clone()].trim_matches(['"', '\''])
    }
}

/// All tokens of a text. Comments are read like everything else: a secret may stand in one.
pub(super) fn read(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (kind, length) = match first {
            '\n' => (Some(Kind::Break), 1),
            c if c.is_whitespace() => (None, c.len_utf8()),
            '"' | '\'' => {
                let (closed, length) = quoted(rest, first);
                (Some(Kind::Text { closed }), length)
            }
            '=' | ':' | ',' | '.' | '[' | ']' | '{' | '}' | '#' => (Some(Kind::Mark(first)), 1),
            c if in_word(c) => (Some(Kind::Word), rest.find(|c| !in_word(c)).unwrap_or(rest.len())),
            c => (Some(Kind::Other), c.len_utf8()),
        };
        tokens.extend(kind.map(|kind| Token { kind, at: at..at + length }));
        at += length;
    }
    tokens
}

fn in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

/// The length of a quoted text, and whether it is closed.
fn quoted(text: &str, quote: char) -> (bool, usize) {
    let three = if quote == '"' { "\"\"\"" } else { "'''" };
    if let Some(rest) = text.strip_prefix(three) {
        return match rest.find(three) {
            Some(end) => (true, 3 + end + 3),
            None => (false, text.len()),
        };
    }
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\n' => return (false, text[..at].trim_end().len()),
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            c if c == quote => return (true, at + 1),
            _ => {}
        }
    }
    (false, text.trim_end().len())
}
