//! Splitting a text at `\n` without losing a byte.

use super::Span;

/// Spans of all lines, each with its line ending. A text that ends in `\n` has no empty line after it;
/// an empty text has no line.
pub(super) fn lines(text: &[u8]) -> Vec<Span> {
    let mut start = 0;
    text.split_inclusive(|&byte| byte == b'\n')
        .map(|line| {
            let span = Span::new(start, start + line.len());
            start += line.len();
            span
        })
        .collect()
}

/// The span without the bytes of `set` at both ends.
pub(super) fn trim(text: &[u8], span: Span, set: &[u8]) -> Span {
    let bytes = span.of(text);
    let leading = bytes.iter().take_while(|byte| set.contains(byte)).count();
    let trailing = bytes.iter().skip(leading).rev().take_while(|byte| set.contains(byte)).count();
    let start = span.start as usize + leading;
    Span::new(start, start + bytes.len() - leading - trailing)
}

/// `\r\n` where the first line of the text ends so, `\n` otherwise.
pub(super) fn line_ending(text: &[u8]) -> &'static [u8] {
    match lines(text).first() {
        Some(first) if first.of(text).ends_with(b"\r\n") => b"\r\n",
        _ => b"\n",
    }
}

/// The blanks of C's `isspace` in the C locale, which is what servers run with.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_endings() {
        let text = b"a\r\n\nb";
        let parts: Vec<&[u8]> = lines(text).into_iter().map(|span| span.of(text)).collect();
        assert_eq!(parts, [&b"a\r\n"[..], b"\n", b"b"]);
        assert!(lines(b"").is_empty());
        assert_eq!(lines(b"a\n").len(), 1);
    }

    #[test]
    fn trimming_all_leaves_an_empty_span_inside() {
        assert_eq!(trim(b" \t ", Span::new(0, 3), b" \t"), Span::new(3, 3));
        assert_eq!(trim(b" a b\r", Span::new(0, 5), b" \r"), Span::new(1, 4));
    }
}
