//! Where passwords may stand in a template of a configuration file.

use std::ops::Range;

/// Parts of the names of every directive and key that holds a secret.
const SECRET_WORDS: [&str; 5] = ["pass", "masterauth", "primaryauth", "secret", "pwd"];
/// What separates a directive from its value.
const SEPARATORS: [char; 7] = [' ', '\t', '=', ':', '"', '\'', '\r'];
/// The words of the templates' own language.
const LANGUAGE: [&str; 42] = [
    "and",
    "as",
    "block",
    "break",
    "call",
    "continue",
    "default",
    "defined",
    "do",
    "elif",
    "else",
    "endblock",
    "endcall",
    "endfilter",
    "endfor",
    "endif",
    "endmacro",
    "endset",
    "endwith",
    "extends",
    "false",
    "False",
    "filter",
    "for",
    "from",
    "if",
    "import",
    "in",
    "include",
    "is",
    "join",
    "loop",
    "macro",
    "none",
    "None",
    "not",
    "or",
    "set",
    "true",
    "True",
    "undefined",
    "with",
];

/// A line that names a secret, with all of each expression that is on it.
struct Part {
    /// It begins with its line, and ends with it or with the last expression.
    whole: Range<usize>,
    line_end: usize,
    /// Where the value begins.
    value: usize,
}

/// What may be a password in a template: on every line that names a secret, the text behind the name, and in
/// expressions all strings and all words that are not `known` as the template's data or filters.
pub(crate) fn in_template(text: &str, known: &dyn Fn(&str) -> bool) -> Vec<Range<usize>> {
    let expressions = expressions(text);
    let mut places = Vec::new();
    for part in parts(text, &expressions) {
        let mut from = part.value;
        for expression in &expressions[reaching(&expressions, part.whole.start, part.line_end)] {
            hide_text(text, from..expression.start.max(from), &mut places);
            hide_expression(text, expression, known, &mut places);
            from = from.max(expression.end);
        }
        hide_text(text, from..part.line_end.max(from), &mut places);
    }
    places
}

/// Whether what stands at a place in a template is on a line that names a secret, or in an expression that is:
/// what somebody else says of it is not to be repeated.
pub(crate) fn is_near_secret(text: &str, place: &Range<usize>) -> bool {
    let expressions = expressions(text);
    parts(text, &expressions)
        .iter()
        .any(|part| part.whole.start <= place.end && place.start <= part.whole.end)
}

fn parts(text: &str, expressions: &[Range<usize>]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let line_end = start + line.trim_end().len();
        if let Some(value) = value_of(line) {
            let value = (start + value).min(line_end);
            let on_it = &expressions[reaching(expressions, start, line_end)];
            let end = on_it.last().map_or(line_end, |last| last.end.max(line_end));
            parts.push(Part { whole: start..end, line_end, value });
        }
        start += line.len();
    }
    parts
}

/// Where the value begins on a line that names a secret.
fn value_of(line: &str) -> Option<usize> {
    let lower = line.to_ascii_lowercase();
    let named = SECRET_WORDS.iter().filter_map(|word| lower.find(word)).min();
    let rule = || lower.find('>').filter(|at| lower[..*at].trim_start().starts_with("user "));
    let from = named.or_else(rule)?;
    Some(line[from..].find([' ', '\t', '=', ':', '>', '"', '\'']).map_or(line.len(), |end| from + end))
}

/// The expressions and statements of a template. One that is not closed ends with its line.
fn expressions(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find('{').map(|open| at + open) {
        let close = match text.as_bytes().get(open + 1) {
            Some(b'{') => "}}",
            Some(b'%') => "%}",
            _ => {
                at = open + 1;
                continue;
            }
        };
        let closed = text[open + 2..].find(close).map(|end| open + 2 + end + 2);
        let line = || text[open..].find('\n').map_or(text.len(), |end| open + end);
        at = closed.unwrap_or_else(line);
        found.push(open..at);
    }
    found
}

/// Those of the expressions that touch a range.
fn reaching(expressions: &[Range<usize>], start: usize, end: usize) -> Range<usize> {
    let first = expressions.partition_point(|expression| expression.end <= start);
    let last = expressions.partition_point(|expression| expression.start < end);
    first..last.max(first)
}

fn hide_text(text: &str, place: Range<usize>, places: &mut Vec<Range<usize>>) {
    let written = &text[place.clone()];
    let rest = written.trim_start_matches(SEPARATORS);
    let start = place.end - rest.len();
    let end = start + rest.trim_end().len();
    places.extend((start < end).then_some(start..end));
}

/// Hides the strings, numbers and unknown words of an expression, and characters that none has.
fn hide_expression(
    text: &str,
    expression: &Range<usize>,
    known: &dyn Fn(&str) -> bool,
    places: &mut Vec<Range<usize>>,
) {
    let mut at = expression.start + 2;
    while let Some(first) = text.get(at..expression.end).and_then(|rest| rest.chars().next()) {
        let rest = &text[at..expression.end];
        let (length, hidden) = match first {
            '"' | '\'' => {
                let length = string(rest, first);
                let inner = rest[..length].trim_matches(first);
                (length, !inner.is_empty() && !is_directive(inner))
            }
            c if in_word(c) => {
                let length = rest.find(|c| !in_word(c)).unwrap_or(rest.len());
                let word = &rest[..length];
                (length, !LANGUAGE.contains(&word) && !is_directive(word) && !known(word))
            }
            c => (c.len_utf8(), !c.is_whitespace() && !"{}[]()%|.,:=<>!+-*/~".contains(c)),
        };
        if hidden {
            places.push(at..at + length);
        }
        at += length;
    }
}

/// Whether a word is no more than what names a secret.
fn is_directive(word: &str) -> bool {
    super::names().secret.contains(word.replace('_', "-").as_str())
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of a string with its quotes; all that is left where it is not closed.
fn string(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(text: &'static str) -> Vec<&'static str> {
        let known = |word: &str| ["node", "name", "shell"].contains(&word);
        in_template(text, &known).into_iter().map(|at| &text[at]).collect()
    }

    #[test]
    fn values_behind_names_of_secrets() {
        assert_eq!(hidden("requirepass hunter2\n sentinel auth-pass m h3\n"), ["hunter2", "m h3"]);
        assert_eq!(hidden("user a on >hunter2 ~*\n{% if a > b %}\n"), [">hunter2 ~*"]);
        assert_eq!(hidden("requirepass \"hunter2\"\n# secret\n"), ["hunter2\""]);
        assert_eq!(hidden("requirepass {{ node.name }}h2 # x\nport 1\n"), ["h2 # x"]);
    }

    #[test]
    fn strings_and_unknown_words_of_expressions() {
        assert_eq!(hidden("requirepass {{ \"hunter2\" | shell }}"), ["\"hunter2\""]);
        assert_eq!(hidden("{% set password = 'hunter2' %}"), ["'hunter2'"]);
        assert_eq!(hidden("{{ 'hunter2' }} is the password"), ["'hunter2'", "is the password"][..1]);
        assert_eq!(hidden("requirepass {% hunter2$x %}"), ["hunter2", "$", "x"]);
        assert_eq!(hidden("requirepass {{\n\"hunter2\" }}\n{{ \"other\" }}"), ["\"hunter2\""]);
        assert_eq!(hidden("requirepass {{ \"hunter2\n{{ x }}"), ["\"hunter2\n{{ x }}"]);
        assert_eq!(hidden("{% if node.name == \"requirepass\" %}"), [""; 0]);
        assert_eq!(hidden("requirepass {{ node.name | shell }}\n{{ other }}"), [""; 0]);
    }

    #[test]
    fn what_is_near_a_secret() {
        let text = "port 1\nrequirepass {{\n x }}\nmaxclients 2\n";
        let near =
            |word: &str| is_near_secret(text, &(text.find(word).unwrap()..text.find(word).unwrap() + 1));
        assert!(near("{{") && near("x }}") && !near("port") && !near("maxclients"));
    }
}
