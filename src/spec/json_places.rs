//! Where a JSON text goes wrong. A parser notices an open bracket at the end of the text; how the text is
//! laid out shows the line. Only asked about texts that have an error.

use std::ops::Range;

/// The likely place of a syntax error, with what is wrong there; none where the layout shows nothing.
pub(super) fn likely(text: &str) -> Option<(Range<usize>, &'static str)> {
    let begins = text.find(|c: char| !c.is_whitespace())?;
    if !text[begins..].starts_with('{') {
        return Some((0..begins + 1, "a layer is an object, which begins with `{`"));
    }
    let mut open: Vec<Bracket> = Vec::new();
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        let content = line_start..line_start + line.trim_end().len();
        let Some(brackets) = brackets(line) else {
            return Some((content, "a string is not closed"));
        };
        for (at, c) in brackets {
            let here = line_start + at;
            match c {
                '{' | '[' => open.push(Bracket { at: here, line: line_start, indent }),
                _ => {
                    let Some(opened) = open.pop() else {
                        return Some((here..here + 1, "nothing is open here"));
                    };
                    // A closing bracket closes what was opened on its line, or stands first on a line of its
                    // own, as far to the right as the line of what it closes.
                    let alone = at == indent;
                    if opened.line != line_start && !alone {
                        return Some((here..here + 1, "nothing on this line is open here"));
                    }
                    if opened.line != line_start && opened.indent > indent {
                        return Some((opened.at..opened.at + 1, "this is not closed"));
                    }
                }
            }
        }
        line_start += line.len();
    }
    // Of what is open at the end, the innermost was forgotten.
    open.last().map(|last| (last.at..last.at + 1, "this is not closed"))
}

/// The line before an error that is noticed at the beginning of a line: something is missing there, or too
/// much.
pub(super) fn line_before(text: &str, at: usize) -> Option<Range<usize>> {
    let before = text.get(..at)?;
    let start = before.rfind('\n')?;
    let first_tokens = before[start..].trim().len() < 24;
    let content = before[..start].trim_end();
    let line = content.rfind('\n').map_or(0, |at| at + 1);
    (first_tokens && line < content.len()).then_some(line..content.len())
}

struct Bracket {
    at: usize,
    line: usize,
    indent: usize,
}

/// The brackets of a line outside of its strings; none where a string is not closed.
fn brackets(line: &str) -> Option<Vec<(usize, char)>> {
    let (mut found, mut string, mut escaped) = (Vec::new(), false, false);
    for (at, c) in line.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if string => escaped = true,
            '"' => string = !string,
            '{' | '}' | '[' | ']' if !string => found.push((at, c)),
            _ => {}
        }
    }
    (!string).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "{\n  \"a\": {\n    \"b\": { \"c\": [1] },\n    \"d\": {}\n  }\n}\n";

    fn line(text: &str) -> Option<usize> {
        likely(text).map(|(at, _)| text[..at.start].matches('\n').count() + 1)
    }

    #[test]
    fn the_layout_shows_the_line() {
        assert_eq!(likely(GOOD), None);
        assert_eq!(line(&GOOD.replacen("{ \"c\"", "\"c\"", 1)), Some(3));
        assert_eq!(line(&GOOD.replacen("[1] }", "[1]", 1)), Some(3));
        assert_eq!(line(&GOOD.replacen("[1] }", "[1] }}", 1)), Some(3));
        assert_eq!(line(&GOOD.replacen("\"b\"", "\"b", 1)), Some(3));
        assert_eq!(line(&GOOD.replacen('{', "", 1)), Some(1));
        assert_eq!(line(""), None);
    }

    #[test]
    fn the_line_before_is_shown_where_an_error_is_first_on_its_line() {
        let at = GOOD.find("\"d\"").unwrap();
        assert_eq!(line_before(GOOD, at).map(|line| &GOOD[line]), Some("    \"b\": { \"c\": [1] },"));
        assert_eq!(line_before(GOOD, 0), None);
    }
}
