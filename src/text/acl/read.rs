use super::AclRule;
use crate::text::conf::split_args;
use crate::text::lines::is_space;
use crate::text::mapped::Mapped;
use crate::text::{Problem, Span, SyntaxError, Word};

/// A rule and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpannedRule {
    /// The rule.
    pub rule: AclRule,
    /// Its word, or all words of a selector.
    pub span: Span,
    /// Of a selector: where each of its rules stands, in their order.
    pub inner: Vec<Span>,
}

/// What a list of words says: all rules that could be read, and all words that could not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rules {
    /// The rules, in order; order matters to servers.
    pub rules: Vec<SpannedRule>,
    /// What is wrong, in order of places.
    pub errors: Vec<SyntaxError>,
}

impl Rules {
    /// The rules without their places.
    pub fn plain(&self) -> Vec<AclRule> {
        self.rules.iter().map(|rule| rule.rule.clone()).collect()
    }
}

/// Reads rules as they stand in one string: `~app:* +@read -@dangerous`. Words end at ASCII white
/// space, of which any amount may stand between them. Spans are relative to `text`.
pub fn read_rules(text: &str) -> Rules {
    let mut words = Vec::new();
    let mut start = 0;
    for part in text.as_bytes().split(|&byte| is_space(byte)) {
        let span = Span::new(start, start + part.len());
        // Empty words stay: with them, a selector's text is as long as its source.
        words.push(Word { value: part.to_vec(), span });
        start += part.len() + 1;
    }
    read_words(&words)
}

/// Reads rules that are already split into words, such as the arguments of a `user` line.
///
/// Empty words mean nothing. A word that starts with `(` and does not end with `)` takes in the words
/// after it, up to one that does. A second `(` inside is an error: 7.2 takes it for a rule and
/// refuses it, 7.0 takes it for a new start and forgets the words before it (tried on 7.0.15).
pub fn read_words(words: &[Word]) -> Rules {
    let mut read = Rules::default();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if word.value.is_empty() {
            continue;
        }
        if !word.value.starts_with(b"(") {
            read.word(word);
            continue;
        }
        let mut text = Mapped::default();
        text.push_word(&word.value, word.span);
        let mut span = word.span;
        while !text.bytes().ends_with(b")") {
            let Some(next) = rest.next() else {
                read.errors.push(SyntaxError::new(word.span, Problem::AclUnclosedSelector));
                return read;
            };
            text.push(b' ', Span { start: span.end, end: next.span.start });
            text.push_word(&next.value, next.span);
            span = span.to(next.span);
        }
        read.selector(&text, span);
    }
    read
}

impl Rules {
    fn word(&mut self, word: &Word) {
        match AclRule::read(&word.value) {
            Ok(rule) => self.rules.push(SpannedRule { rule, span: word.span, inner: Vec::new() }),
            Err(problem) => self.errors.push(SyntaxError::new(word.span, problem)),
        }
    }

    /// A selector is split once more, with the quotes of redis.conf.
    fn selector(&mut self, text: &Mapped, span: Span) {
        let bytes = text.bytes();
        let Ok(args) = split_args(&bytes[1..bytes.len() - 1], 1) else {
            self.errors.push(SyntaxError::new(span, Problem::AclSelectorQuotes));
            return;
        };
        let mut rules = Vec::new();
        let mut inner = Vec::new();
        for arg in args {
            let place = text.source(arg.span);
            match AclRule::read(&arg.value) {
                Ok(rule) if rule.fits_selector() => {
                    rules.push(rule);
                    inner.push(place);
                }
                Ok(_) => self.errors.push(SyntaxError::new(place, Problem::AclNotInSelector)),
                Err(problem) => self.errors.push(SyntaxError::new(place, problem)),
            }
        }
        self.rules.push(SpannedRule { rule: AclRule::Selector(rules), span, inner });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::acl::Sensitive;

    fn problems(text: &str) -> Vec<(Problem, &str)> {
        let errors = read_rules(text).errors;
        errors.into_iter().map(|error| (error.problem, &text[error.span.range()])).collect()
    }

    #[test]
    fn words_and_their_places() {
        let text = " ~session:*\n+@read  -@dangerous ";
        let read = read_rules(text);
        let places: Vec<_> = read.rules.iter().map(|rule| &text[rule.span.range()]).collect();
        assert_eq!(places, ["~session:*", "+@read", "-@dangerous"]);
        assert!(read.errors.is_empty());
    }

    #[test]
    fn selectors_may_span_words() {
        let read = read_rules("on (~a:*  +GET) () ( %R~b )");
        let get = AclRule::Command { allow: true, name: "get".into(), sub: None };
        let key = |read, write, pattern: &[u8]| AclRule::KeyPattern { read, write, pattern: pattern.into() };
        assert_eq!(
            read.plain(),
            [
                AclRule::On,
                AclRule::Selector(vec![key(true, true, b"a:*"), get]),
                AclRule::Selector(vec![]),
                AclRule::Selector(vec![key(true, false, b"b")]),
            ]
        );
        assert_eq!(read.rules[1].span, Span::new(3, 15));
        assert_eq!(read.rules[1].inner, [Span::new(4, 8), Span::new(10, 14)]);
    }

    #[test]
    fn errors_in_selectors_are_at_their_rule() {
        assert_eq!(
            problems("(~a on >pw) bad (~b (+get)"),
            [
                (Problem::AclNotInSelector, "on"),
                (Problem::AclNotInSelector, ">pw"),
                (Problem::AclUnknownRule, "bad"),
                (Problem::AclUnknownRule, "(+get"),
            ]
        );
    }

    #[test]
    fn an_open_selector_is_one_error() {
        assert_eq!(problems("on (~a +get"), [(Problem::AclUnclosedSelector, "(~a")]);
    }

    #[test]
    fn selectors_have_quotes_and_unbalanced_ones_empty_them() {
        let read = read_rules(r#"(~"it's" +get)"#);
        let AclRule::Selector(rules) = &read.rules[0].rule else { panic!("no selector") };
        assert!(matches!(&rules[0], AclRule::KeyPattern { pattern, .. } if pattern == b"it's"));
        assert_eq!(problems("(~it's +get)"), [(Problem::AclSelectorQuotes, "(~it's +get)")]);
    }

    #[test]
    fn quoted_arguments_of_a_conf_line_keep_their_blanks() {
        let words = [
            Word { value: b">two words".to_vec(), span: Span::new(0, 12) },
            Word { value: b"(~a +get)".to_vec(), span: Span::new(13, 24) },
        ];
        let read = read_words(&words);
        assert_eq!(read.rules[0].rule, AclRule::AddPassword(Sensitive(b"two words".to_vec())));
        assert_eq!(read.rules[1].inner, [Span::new(13, 24); 2]);
    }

    proptest! {
        #[test]
        fn never_panics(text in "[-+@~%&()<>#!|RWa\"' \t=,0ä]{0,24}") {
            let read = read_rules(&text);
            for span in read.rules.iter().map(|rule| rule.span).chain(read.errors.iter().map(|e| e.span)) {
                prop_assert!(span.end as usize <= text.len());
            }
        }
    }
}
