//! Where passwords may stand in a text that cannot be read. What can be read knows its own secrets.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::OnceLock;

use super::decode::nearest;
use super::scalars::is_variable;
use super::shape::{Field, Shape};
use super::{SecretTable, Spec};
use crate::catalog::{self, Engine, memcached, sentinel};

mod template;
mod tokens;

pub(crate) use template::{in_template, is_near_secret};
use tokens::{Kind, Token};

/// Parts of what people make of such a name.
const LIKE_SECRETS: [&str; 6] = ["pas", "auth", "secret", "pwd", "pw", "credential"];

/// What may be a secret in a text of the language, sound or not: whatever is written for a key that holds one or
/// resembles such a key, but for references, and passwords among rules of users. Rather too much than too little:
/// a secret may lack its quote, its key or its bracket.
pub(crate) fn written(text: &str) -> Vec<Range<usize>> {
    let tokens = tokens::read(text);
    let mut places = Vec::new();
    // How far values of each syntax are hidden already. One inside of another ends no later, so that a text full of
    // them is read once.
    let (mut toml_to, mut json_to) = (0, 0);
    // Texts have few keys, many times each.
    let mut known: BTreeMap<&str, bool> = BTreeMap::new();
    let mut may_hold = |key| *known.entry(key).or_insert_with(|| may_hold_secret(key));
    for at in 0..tokens.len() {
        if let Some((start, toml)) = value_of(text, &tokens, at, &mut may_hold) {
            let done = if toml { json_to.max(toml_to) } else { json_to };
            if start >= done {
                let end = end_of_value(&tokens, start, toml);
                hide_value(text, &tokens[start..end], &tokens, start, &mut places);
                *(if toml { &mut toml_to } else { &mut json_to }) = end;
            }
        }
        hide_rules(text, &tokens[at], &mut places);
    }
    places
}

/// The first token of what is written for the key at a token, where it is one that may hold a secret, and whether it
/// is TOML.
fn value_of<'t>(
    text: &'t str,
    tokens: &[Token],
    key: usize,
    may_hold_secret: &mut impl FnMut(&'t str) -> bool,
) -> Option<(usize, bool)> {
    let token = tokens.get(key)?;
    let next = tokens.get(key + 1)?;
    let assigns = matches!(next.kind, Kind::Mark('=' | ':'));
    // As configuration files have it: `requirepass hunter2`.
    let first = key.checked_sub(1).is_none_or(|before| tokens[before].kind == Kind::Break);
    let bare = first && token.kind == Kind::Word && !matches!(next.kind, Kind::Mark(_) | Kind::Break);
    if !(assigns || bare) || !token.is_name() || !may_hold_secret(token.inner(text)) {
        return None;
    }
    Some((key + if assigns { 2 } else { 1 }, next.kind != Kind::Mark(':')))
}

/// Where a value ends that begins at a token. One that is not closed ends before the next line that begins
/// something of its own.
fn end_of_value(tokens: &[Token], start: usize, toml: bool) -> usize {
    let (mut depth, mut begun) = (0usize, false);
    for (at, token) in tokens.iter().enumerate().skip(start) {
        match token.kind {
            Kind::Mark('[' | '{') => depth += 1,
            Kind::Mark(']' | '}' | ',' | '#') if depth == 0 => return at,
            Kind::Mark(']' | '}') => depth -= 1,
            Kind::Break if depth == 0 && begun => return at,
            Kind::Break if toml && begins_statement(&tokens[at + 1..]) => return at,
            _ => {}
        }
        begun |= token.kind != Kind::Break;
    }
    tokens.len()
}

/// Whether a line is `key = …`, `key.key = …` or `[header]`.
fn begins_statement(line: &[Token]) -> bool {
    let mut marks = line.iter().skip_while(|token| token.is_name() || token.kind == Kind::Mark('.'));
    match line.first().map(|token| token.kind) {
        Some(Kind::Mark('[')) => line.get(1).is_some_and(|token| token.kind == Kind::Word),
        Some(_) if line[0].is_name() => marks.next().is_some_and(|token| token.kind == Kind::Mark('=')),
        _ => false,
    }
}

/// Hides what is written in a value, but for references and the keys of tables.
fn hide_value(text: &str, value: &[Token], all: &[Token], from: usize, places: &mut Vec<Range<usize>>) {
    let (mut depth, mut hidden_to) = (0usize, 0);
    for (at, token) in value.iter().enumerate() {
        let next = all.get(from + at + 1).map(|next| next.kind);
        let is_key = match token.kind {
            Kind::Word => matches!(next, Some(Kind::Mark('=' | ':'))),
            _ => next == Some(Kind::Mark(':')),
        };
        if depth > 0 && is_key && token.is_name() {
            continue;
        }
        match token.kind {
            Kind::Mark('[' | '{') => depth += 1,
            Kind::Mark(']' | '}') => depth = depth.saturating_sub(1),
            Kind::Text { .. } if refers(text, value, at) => {}
            Kind::Text { .. } => places.push(token.at.clone()),
            // Without quotes it may go on in any characters.
            Kind::Word | Kind::Other if token.at.start < hidden_to => {}
            Kind::Word | Kind::Other => {
                let end = text[token.at.start..].find('\n').map_or(text.len(), |end| token.at.start + end);
                places.push(token.at.start..end);
                hidden_to = end;
            }
            Kind::Mark(_) | Kind::Break => {}
        }
    }
}

/// Whether a text is the source that a reference names.
fn refers(text: &str, value: &[Token], at: usize) -> bool {
    let Some(key) = at.checked_sub(2).and_then(|key| value.get(key)) else { return false };
    match key.inner(text) {
        "env" => is_variable(value[at].inner(text)),
        "file" => true,
        _ => false,
    }
}

/// Hides passwords among the rules of a user: `>password` and `<password`.
fn hide_rules(text: &str, token: &Token, places: &mut Vec<Range<usize>>) {
    let Kind::Text { closed } = token.kind else { return };
    let content = &text[token.at.clone()];
    for (at, _) in content.match_indices(['>', '<']) {
        let before = content[..at].chars().next_back();
        let rest = &content[at + 1..];
        if before.is_none_or(|c| c.is_whitespace() || "\"'(n".contains(c)) {
            let end = rest.find(|c: char| c.is_whitespace() || "\"')".contains(c)).filter(|_| closed);
            let start = token.at.start + at + 1;
            let place = start..end.map_or(token.at.end, |end| start + end);
            places.extend((!place.is_empty()).then_some(place));
        }
    }
}

/// Whether a key, or what it may have been meant to be, holds a secret.
fn may_hold_secret(key: &str) -> bool {
    let key = key.trim().to_ascii_lowercase().replace('_', "-");
    let names = names();
    if names.secret.contains(key.as_str()) {
        return true;
    }
    let like = || LIKE_SECRETS.iter().any(|part| key.contains(part));
    let known = names.other.contains(key.as_str())
        || memcached::option(&key).is_some()
        || [Engine::Redis, Engine::Valkey].into_iter().any(|engine| {
            catalog::directive(engine, &key).is_some() || sentinel::directive(engine, &key).is_some()
        });
    !known && (like() || nearest(&key, names.secret.iter().copied()).is_some())
}

/// The keys of the language and the directives that hold secrets, and all other keys of the language.
struct Names {
    secret: BTreeSet<&'static str>,
    other: BTreeSet<&'static str>,
}

fn names() -> &'static Names {
    static NAMES: OnceLock<Names> = OnceLock::new();
    NAMES.get_or_init(|| {
        let mut names = Names { secret: BTreeSet::new(), other: BTreeSet::new() };
        for engine in [Engine::Redis, Engine::Valkey] {
            for directive in catalog::directives(engine).iter().filter(|directive| directive.secret) {
                let spellings = directive
                    .revisions
                    .iter()
                    .flat_map(|facts| facts.aliases.iter().copied().chain([facts.name]));
                names.secret.extend(spellings);
            }
            for directive in sentinel::directives(engine).iter().filter(|directive| directive.secret) {
                names.secret.extend(directive.revisions.iter().map(|facts| facts.name));
            }
        }
        names.read(Spec::RECORD.fields);
        names
    })
}

impl Names {
    fn read(&mut self, fields: &'static [Field]) {
        for field in fields {
            if self.read_shape(&(field.shape)()) { &mut self.secret } else { &mut self.other }
                .insert(field.key);
        }
    }

    /// Reads what may be written in a place, and says whether that is a secret.
    fn read_shape(&mut self, shape: &Shape) -> bool {
        match shape {
            Shape::OneKey(record) if record.what == SecretTable::RECORD.what => true,
            Shape::Record(record) | Shape::OneKey(record) | Shape::WithSentinelSettings(record) => {
                self.read(record.fields);
                false
            }
            Shape::List(item) | Shape::Names(item) => self.read_shape(item),
            Shape::Either(choices) => {
                // All of them are read, whatever the first one is.
                let secret = choices.iter().filter(|choice| self.read_shape(choice)).count();
                secret > 0
            }
            Shape::Scalar(_) | Shape::Words(_) | Shape::Lints(_) | Shape::Config | Shape::KernelSettings => {
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_hidden_and_references_are_not() {
        let hidden = |text: &'static str| written(text).into_iter().map(|at| &text[at]).collect::<Vec<_>>();
        assert_eq!(hidden("requirepass = \"hunter2\nport = 1\n"), ["\"hunter2"]);
        assert_eq!(hidden("users.a.passwords = [\"a\", \"b\"\n"), ["\"a\"", "\"b\""]);
        assert_eq!(hidden("x = { password = \"hunter2 }"), ["\"hunter2 }"]);
        assert_eq!(hidden("rules = \"on >hunter2 ~*"), ["hunter2 ~*"]);
        assert_eq!(hidden("rules = \"on >hunter2 ~*\""), ["hunter2"]);
        assert_eq!(hidden("passwords = [{ env = \"A\" }\nname = \"x\"\n"), Vec::<&str>::new());
        assert_eq!(hidden("masterauth = hunter2"), ["hunter2"]);
        assert_eq!(hidden("masterauth = \"hunter2\" = 1"), ["\"hunter2\"", "1"]);
        assert_eq!(hidden("masterauth hunter2 # x"), ["hunter2 # x"]);
        assert_eq!(hidden("mastrauth = [{ env = \"A\" }, \"b\"]"), ["\"b\""]);
        assert_eq!(hidden("\"password\": { \"value\": [\n\"b\"] }, \"user\": \"c\""), ["\"b\""]);
        assert_eq!(hidden("password = \"\"\"\nb\n\"\"\"\nport = 1"), ["\"\"\"\nb\n\"\"\""]);
        assert_eq!(hidden("password = { env = \"a-b\" } # why"), ["\"a-b\""]);
        assert_eq!(hidden("password = [\"b\"\nname = \"x\"\n[hosts]"), ["\"b\""]);
        assert_eq!(hidden("masteruser = \"x\"\nuser = \"y\"\nauth-user = \"z\"\nkey-file = \"/k\""), [""; 0]);
    }

    /// Nothing is read again and again, whatever is not closed.
    #[test]
    fn large_texts_are_read_once() {
        for piece in [
            "\"password\": [\n",
            "\"password\": {",
            "password = [\n",
            "\"password\": [1,",
            "password = {x = 1, ",
            "password x ",
        ] {
            let text = piece.repeat(2_000_000 / piece.len());
            let places = written(&text);
            assert!(places.len() <= text.len() / piece.len() + 1, "{piece}");
        }
    }
}
