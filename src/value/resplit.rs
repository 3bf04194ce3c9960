//! A directive with many arguments takes them in one as well: config.c since 7.0.1 splits a single
//! argument again, by the rules of a line (`save "900 1"`).

use super::case::Server;
use super::cnum::{is_space, until_nul};

/// The arguments of a directive with many, as its own reader sees them. An argument with unbalanced
/// quotes leaves none: the servers do not notice the failure.
pub(super) fn arguments(server: Server, args: &[&[u8]]) -> Vec<Vec<u8>> {
    match args {
        [arg] if server.resplits() && !arg.is_empty() => split(arg).unwrap_or_default(),
        _ => args.iter().map(|arg| arg.to_vec()).collect(),
    }
}

/// Splits a text as the servers split a line (`sdssplitargs`); none where quotes are unbalanced.
pub(super) fn split(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let text = until_nul(text);
    let mut words = Vec::new();
    let mut at = 0;
    loop {
        at += text[at..].iter().take_while(|&&b| is_space(b)).count();
        if at == text.len() {
            return Some(words);
        }
        let (word, end) = word(text, at)?;
        words.push(word);
        at = end;
    }
}

/// One word from `at` on, and where it ends.
fn word(text: &[u8], mut at: usize) -> Option<(Vec<u8>, usize)> {
    let mut word = Vec::new();
    loop {
        match text.get(at) {
            None | Some(b' ' | b'\n' | b'\r' | b'\t') => return Some((word, at)),
            Some(quote @ (b'"' | b'\'')) => {
                at = quoted(text, at + 1, *quote, &mut word)?;
                // The closing quote ends the word and must be followed by a blank or nothing.
                return match text.get(at) {
                    Some(&next) if !is_space(next) => None,
                    _ => Some((word, at)),
                };
            }
            Some(&byte) => {
                word.push(byte);
                at += 1;
            }
        }
    }
}

/// The inside of quotes, appended to `word`; returns the place behind the closing quote.
fn quoted(text: &[u8], mut at: usize, quote: u8, word: &mut Vec<u8>) -> Option<usize> {
    loop {
        let (byte, length) = match (quote, &text[at..]) {
            (_, [byte, ..]) if *byte == quote => return Some(at + 1),
            (b'"', [b'\\', b'x', high, low, ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                (hex(*high) * 16 + hex(*low), 4)
            }
            (b'"', [b'\\', escaped, ..]) => (unescaped(*escaped), 2),
            (b'\'', [b'\\', b'\'', ..]) => (b'\'', 2),
            (_, [byte, ..]) => (*byte, 1),
            (_, []) => return None,
        };
        word.push(byte);
        at += length;
    }
}

/// What a backslash and a letter stand for between double quotes.
fn unescaped(letter: u8) -> u8 {
    match letter {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 0x08,
        b'a' => 0x07,
        other => other,
    }
}

/// The value of a hexadecimal digit.
fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Option<Vec<String>> {
        split(text.as_bytes()).map(|w| w.iter().map(|w| String::from_utf8_lossy(w).into_owned()).collect())
    }

    #[test]
    fn a_text_is_split_as_a_line() {
        assert_eq!(words("900  1\t300 10 "), Some(vec!["900".into(), "1".into(), "300".into(), "10".into()]));
        assert_eq!(words(r#""a b" 'c d' e"f""#), Some(vec!["a b".into(), "c d".into(), "ef".into()]));
        assert_eq!(words(r#""\x41\n\q""#), Some(vec!["A\nq".into()]));
        assert_eq!(words(" "), Some(vec![]));
        assert_eq!(words("''"), Some(vec![String::new()]));
        for broken in [r#""a"#, "'a", r#""a"b"#, "'a'b"] {
            assert_eq!(words(broken), None, "{broken}");
        }
    }
}
