//! Text made safe for a terminal: a name in a spec may hold any character, also those that move the cursor.

use std::borrow::Cow;

/// Replaces control characters and those that change the direction of writing by signs for them. Line breaks
/// stay; a tab becomes four spaces, as in the shown source.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| c == '\n' || replacement(c).is_none()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match replacement(c) {
            _ if c == '\n' => out.push('\n'),
            _ if c == '\t' => out.push_str("    "),
            Some(sign) => out.push(sign),
            None => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// As [`visible`], and on one line.
pub(super) fn visible_line(text: &str) -> Cow<'_, str> {
    match visible(text) {
        text if !text.contains('\n') => text,
        text => Cow::Owned(text.replace('\n', " ")),
    }
}

fn replacement(c: char) -> Option<char> {
    match c {
        // The block "Control Pictures" mirrors the first 32 characters.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)),
        '\u{7f}' => Some('\u{2421}'),
        '\u{80}'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some(char::REPLACEMENT_CHARACTER)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_the_cursor_becomes_a_sign() {
        assert_eq!(visible("a\u{1b}[2J\r\tb\nc\u{7f}\u{202e}"), "a␛[2J␍    b\nc␡\u{fffd}");
        assert_eq!(visible_line("a\nb"), "a b");
        assert!(matches!(visible("größe\n"), Cow::Borrowed(_)));
    }
}
