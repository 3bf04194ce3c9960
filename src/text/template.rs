//! Templates in Jinja's syntax, as far as somebody has to look at them before they run: which filters and
//! tags they use, and which other templates they bring in, each with its place.
//!
//! Compiling and filling in is minijinja's business. What it refuses is read here as well as possible.

use super::Span;

/// What a template uses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TemplateUses {
    /// Each filter, in the order of the text.
    pub filters: Vec<Used>,
    /// The first word of each `{% … %}`, in the order of the text.
    pub tags: Vec<Used>,
    /// The templates that it includes, extends or imports by name.
    pub templates: Vec<Used>,
    /// It brings in a template whose name it computes.
    pub computes_names: bool,
}

/// A name and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    /// The name.
    pub name: String,
    /// Where it stands; with its quotes where it is a string.
    pub span: Span,
}

impl TemplateUses {
    /// Reads a template.
    pub fn read(text: &str) -> Self {
        let mut uses = TemplateUses::default();
        let mut at = 0;
        while let Some(open) = text[at..].find('{').map(|found| at + found) {
            at = match text.as_bytes().get(open + 1) {
                Some(b'#') => text[open..].find("#}").map_or(text.len(), |end| open + end + 2),
                Some(b'{') => uses.code(text, open + 2, "}}").1,
                Some(b'%') => match uses.code(text, open + 2, "%}") {
                    (true, end) => end_of_raw(text, end),
                    (false, end) => end,
                },
                _ => open + 1,
            };
        }
        uses
    }

    /// Notes what stands between delimiters. Gives whether it is `{% raw %}`, and where it ends.
    fn code(&mut self, text: &str, start: usize, close: &str) -> (bool, usize) {
        let (tokens, end) = tokens(text, start, close);
        for pair in tokens.windows(2) {
            if let [Token::Sign(b'|'), Token::Word(word)] = pair {
                self.filters.push(word.clone());
            }
        }
        let first = tokens.first().filter(|_| close == "%}");
        let Some(Token::Word(tag)) = first else { return (false, end) };
        self.tags.push(tag.clone());
        match (tag.name.as_str(), &tokens[1..]) {
            ("filter", [Token::Word(filter), ..]) => self.filters.push(filter.clone()),
            ("include" | "extends" | "import" | "from", rest) => self.brought_in(rest),
            _ => {}
        }
        (tag.name == "raw", end)
    }

    fn brought_in(&mut self, rest: &[Token]) {
        let literal = matches!(rest, [Token::Text(_)] | [Token::Text(_), Token::Word(_), ..]);
        let list = matches!(rest, [Token::Sign(b'['), ..]);
        self.computes_names |= !literal && !list;
        let words = rest.iter().filter_map(|token| match token {
            Token::Text(used) => Some(used.clone()),
            _ => None,
        });
        self.templates.extend(words);
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(Used),
    Text(Used),
    Sign(u8),
}

/// The tokens up to a closing delimiter that stands outside of strings and brackets, and the place behind it.
fn tokens(text: &str, start: usize, close: &str) -> (Vec<Token>, usize) {
    let bytes = text.as_bytes();
    let (mut tokens, mut at, mut depth) = (Vec::new(), start, 0_usize);
    while at < bytes.len() {
        if depth == 0 && text.is_char_boundary(at) && text[at..].starts_with(close) {
            return (tokens, at + close.len());
        }
        match bytes[at] {
            quote @ (b'"' | b'\'') => {
                let end = end_of_string(bytes, at, quote);
                let name = text.get(at + 1..end.saturating_sub(1)).unwrap_or_default().to_owned();
                tokens.push(Token::Text(Used { name, span: Span::new(at, end) }));
                at = end;
            }
            byte if byte.is_ascii_alphabetic() || byte == b'_' => {
                let word = bytes[at..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_');
                let end = at + word.count();
                let name = text[at..end].to_owned();
                tokens.push(Token::Word(Used { name, span: Span::new(at, end) }));
                at = end;
            }
            byte => {
                match byte {
                    b'(' | b'[' | b'{' => depth += 1,
                    b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                let trims = tokens.is_empty() && matches!(byte, b'-' | b'+');
                if !byte.is_ascii_whitespace() && !trims && byte.is_ascii() {
                    tokens.push(Token::Sign(byte));
                }
                at += 1;
            }
        }
    }
    (tokens, bytes.len())
}

fn end_of_string(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            byte if *byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The place behind `{% endraw %}`.
fn end_of_raw(text: &str, mut at: usize) -> usize {
    while let Some(open) = text[at..].find("{%").map(|found| at + found) {
        let inner = text[open + 2..].trim_start_matches(['-', '+']).trim_start();
        if inner.starts_with("endraw") {
            return text[open..].find("%}").map_or(text.len(), |end| open + end + 2);
        }
        at = open + 2;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(list: &[Used]) -> Vec<&str> {
        list.iter().map(|used| used.name.as_str()).collect()
    }

    #[test]
    fn filters_and_tags_with_their_places() {
        let text = "{{ a|safe }} {%- filter upper | e -%} x | no {% endfilter %}{% if a %}{% endif %}";
        let uses = TemplateUses::read(text);
        assert_eq!(names(&uses.filters), ["safe", "e", "upper"]);
        assert_eq!(names(&uses.tags), ["filter", "endfilter", "if", "endif"]);
        assert_eq!(&text[uses.filters[0].span.range()], "safe");
    }

    #[test]
    fn strings_comments_and_raw_parts_use_nothing() {
        let text = "{{ '}}|safe' ~ \"\\\"|safe\" }}{# |safe {{ x|safe }} #}{%- raw -%}{{ x|safe }}{%- endraw %}|safe";
        assert_eq!(names(&TemplateUses::read(text).filters), Vec::<&str>::new());
        let nested = TemplateUses::read("{{ {'a': {'b': 1}}|safe }}{{ x|e }}");
        assert_eq!(names(&nested.filters), ["safe", "e"]);
    }

    #[test]
    fn templates_that_are_brought_in() {
        let read = TemplateUses::read;
        let uses = read(
            "{% extends 'a' %}{% include \"b\" ignore missing %}{% from 'c' import d %}{% import 'e' as f %}",
        );
        assert_eq!((names(&uses.templates), uses.computes_names), (vec!["a", "b", "c", "e"], false));
        let list = read("{% include ['a', 'b'] %}");
        assert_eq!((names(&list.templates), list.computes_names), (vec!["a", "b"], false));
        assert!(read("{% include name %}").computes_names);
        assert!(read("{% include 'a' ~ name %}").computes_names);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "([{}%#|'\"\\\\a-c \nä-]|raw|safe){0,30}") {
            for used in TemplateUses::read(&text).filters {
                prop_assert_eq!(text.get(used.span.range()), Some(used.name.as_str()));
            }
        }
    }
}
