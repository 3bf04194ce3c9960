//! What must not be shown: the places of secrets in the texts, and the secrets as words in messages.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::source::{Source, SourceId, Sources, Span};

/// What stands in the place of a secret; of one length, so that it tells nothing about the secret's.
pub(super) const MASK: &str = "•••";

/// The shortest secret, in bytes, that is looked for in messages too. Replacing shorter ones would spoil
/// messages for little: a message that quotes a secret is a mistake of its rule in the first place.
const SHORTEST_WORD: usize = 6;

/// The secrets of one report.
#[derive(Debug, Default)]
pub(super) struct Redaction {
    places: BTreeMap<SourceId, Vec<Range<usize>>>,
    words: Vec<String>,
}

impl Redaction {
    /// Learns what is written at the places of secrets. Places outside their text are cut to it.
    pub(super) fn new(sources: &Sources, redact: &[Span]) -> Self {
        let mut redaction = Redaction::default();
        for span in redact {
            let source = sources.get(span.source);
            let range = clamp(source, *span);
            redaction.learn_words(&source.text[range.clone()]);
            let inner = without_quotes(&source.text, range);
            if !inner.is_empty() {
                redaction.places.entry(span.source).or_default().push(inner);
            }
        }
        for places in redaction.places.values_mut() {
            *places = merge(std::mem::take(places));
        }
        // The longest first: a secret may begin with another one.
        redaction.words.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        redaction.words.dedup();
        redaction
    }

    /// The places in one text: sorted, apart from each other, none empty.
    pub(super) fn places(&self, id: SourceId) -> &[Range<usize>] {
        self.places.get(&id).map_or(&[], Vec::as_slice)
    }

    /// A message without the secrets, should it quote one.
    pub(super) fn message<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        for word in &self.words {
            if text.contains(word.as_str()) {
                text = Cow::Owned(text.replace(word.as_str(), MASK));
            }
        }
        text
    }

    /// What is written at a place, without the secrets.
    pub(super) fn slice(&self, sources: &Sources, span: Span) -> String {
        let source = sources.get(span.source);
        let range = clamp(source, span);
        let mut out = String::new();
        let mut from = range.start;
        for place in self.places(span.source) {
            if place.end <= from || place.start >= range.end {
                continue;
            }
            out.push_str(&source.text[from..place.start.max(from)]);
            out.push_str(MASK);
            from = place.end.min(range.end);
        }
        out.push_str(&source.text[from..range.end]);
        out
    }

    /// Remembers a secret as it is written, as it is meant, and each of its lines.
    fn learn_words(&mut self, written: &str) {
        let inner = &written[without_quotes(written, 0..written.len())];
        let meant = meant(written);
        for text in [Some(inner), meant.as_deref()].into_iter().flatten() {
            let words = text.lines().map(str::trim).chain([text]);
            self.words.extend(words.filter(|word| word.len() >= SHORTEST_WORD).map(str::to_owned));
        }
    }
}

/// A span as a range that lies in its text and on the boundaries of characters.
pub(super) fn clamp(source: &Source, span: Span) -> Range<usize> {
    let start = source.text.floor_char_boundary(span.start as usize);
    let end = source.text.ceil_char_boundary(span.end as usize).max(start);
    start..end
}

/// The string that a literal of TOML or JSON stands for.
fn meant(literal: &str) -> Option<String> {
    let json = || serde_json::from_str(literal).ok();
    let toml = || {
        let mut table: toml::Table = toml::from_str(&format!("v = {literal}")).ok()?;
        table.remove("v")?.as_str().map(str::to_owned)
    };
    json().or_else(toml)
}

fn without_quotes(text: &str, range: Range<usize>) -> Range<usize> {
    let literal = &text[range.clone()];
    for quote in ["\"\"\"", "'''", "\"", "'"] {
        let enclosed = literal.len() >= 2 * quote.len();
        if enclosed && literal.starts_with(quote) && literal.ends_with(quote) {
            return range.start + quote.len()..range.end - quote.len();
        }
    }
    range
}

fn merge(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redaction(text: &str, literals: &[&str]) -> (Sources, SourceId, Redaction) {
        let mut sources = Sources::default();
        let id = sources.add("a.toml", text);
        let spans: Vec<_> = literals
            .iter()
            .map(|literal| {
                let start = text.find(literal).unwrap();
                Sources::span(id, start..start + literal.len())
            })
            .collect();
        let redaction = Redaction::new(&sources, &spans);
        (sources, id, redaction)
    }

    #[test]
    fn quotes_stay_and_the_secret_goes() {
        let (sources, id, redaction) = redaction("p = \"hunter2\" # x", &["\"hunter2\""]);
        assert_eq!(redaction.places(id).first(), Some(&(5..12)));
        assert_eq!(redaction.slice(&sources, Sources::span(id, 0..99)), "p = \"•••\" # x");
        assert_eq!(redaction.slice(&sources, Sources::span(id, 7..9)), "•••");
    }

    #[test]
    fn a_message_loses_the_secret_as_written_and_as_meant() {
        let (_, _, redaction) = redaction(r#"p = "hun\"ter\u0032""#, &[r#""hun\"ter\u0032""#]);
        assert_eq!(redaction.message(r#"`hun"ter2` is short"#), "`•••` is short");
        assert_eq!(redaction.message(r"hun\u0022 and hun\"), r"hun\u0022 and hun\");
        assert_eq!(redaction.message(r#"<hun\"ter\u0032>"#), "<•••>");
    }

    #[test]
    fn lines_of_a_secret_are_secrets() {
        let (_, _, redaction) =
            redaction("p = '''\n  line-one\nline-two'''", &["'''\n  line-one\nline-two'''"]);
        assert_eq!(redaction.message("line-one, line-two, line-six"), "•••, •••, line-six");
    }

    #[test]
    fn overlapping_places_are_one() {
        assert_eq!(merge(vec![5..9, 1..3, 2..6, 12..13]), [1..9, 12..13]);
    }

    #[test]
    fn a_lone_quote_is_not_a_pair() {
        assert_eq!(without_quotes("\"", 0..1), 0..1);
        assert_eq!(without_quotes("\"\"\"", 0..3), 1..2);
    }
}
