//! What an editor shows of a setting: its line, where it exists, its value and its default, in one paragraph.

use super::directive::{default, exists, shown_default};
use super::spans::{Held, during, lines};
use super::{Scope, kinds};
use crate::catalog::memcached::{MemcachedOption, OptionFacts, OptionValue};
use crate::catalog::sentinel::{SentinelDirective, SentinelFacts};
use crate::catalog::{Directive, Facts, Kind, Owner};

/// A directive of redis.conf or valkey.conf.
pub fn directive_hover(directive: &'static Directive, scope: Scope) -> String {
    let by = |say: &dyn Fn(&'static Facts) -> String| {
        let facts = directive.within(scope.versions);
        lines(facts.map(|facts| Held { since: facts.since, until: facts.until, what: say(facts) }), scope)
    };
    let only = |text: String, holds: bool| if holds { text } else { String::new() };
    let existing = exists(directive, scope);
    paragraph([
        ("", directive.about.to_owned()),
        ("", only(format!("In {} {existing}", scope.engine.title()), !existing.starts_with("all of"))),
        ("Value: ", by(&value)),
        ("Default: ", default(directive, &by(&shown_default))),
        ("", only("Needs a restart".to_owned(), directive.revisions.iter().all(|facts| !facts.runtime))),
        ("", by_owner(directive.owner, directive.from_spec)),
        ("", only(SECRET.to_owned(), directive.secret)),
    ])
}

/// What is said of a setting whose value a spec must not hold.
const SECRET: &str = "A secret: write `{ env = \"NAME\" }` or `{ file = \"/path\" }`";

/// The value in words, where the words that an editor offers do not say it.
fn value(facts: &'static Facts) -> String {
    match &facts.kind {
        Kind::Bool | Kind::Enum(_) => String::new(),
        kind => kinds::long(kind),
    }
}

fn by_owner(owner: Owner, from: Option<&str>) -> String {
    match owner {
        Owner::Ours => {
            let from = from.unwrap_or("the spec");
            format!("It follows from {from}; `{{ override = … }}` insists on another value")
        }
        Owner::Operator | Owner::Server => String::new(),
    }
}

/// A directive of sentinel.conf, in the engines that have it.
pub fn sentinel_hover(in_engines: &[(&'static SentinelDirective, Scope)]) -> String {
    let Some((first, _)) = in_engines.first() else { return String::new() };
    let newest =
        |directive: &'static SentinelDirective, scope: Scope| directive.within(scope.versions).last();
    let facts = in_engines.iter().find_map(|(directive, scope)| newest(directive, *scope));
    let given =
        |say: &dyn Fn(&'static SentinelFacts) -> Option<String>| facts.and_then(say).unwrap_or_default();
    let existing = in_engines.iter().filter_map(|(directive, scope)| {
        let since = directive.revisions.first()?.since;
        let when = during(since, directive.revisions.last()?.until, *scope)?;
        Some(format!("In {} {when}", scope.engine.title()))
    });
    paragraph([
        ("", first.about.to_owned()),
        ("", existing.collect::<Vec<_>>().join("; ")),
        ("Value: ", given(&|facts| Some(arguments(facts)))),
        ("Default: ", given(&|facts| facts.default.map(|text| format!("`{text}`")))),
        ("", if first.secret { SECRET.to_owned() } else { String::new() }),
    ])
}

fn arguments(facts: &SentinelFacts) -> String {
    let one = facts.args.len() == 1;
    facts.args.iter().map(|arg| super::sentinel::arg(arg, one)).collect::<Vec<_>>().join("; then ")
}

/// An option of memcached.
pub fn option_hover(option: &'static MemcachedOption, scope: Scope) -> String {
    let by = |say: &dyn Fn(&'static OptionFacts) -> String| {
        let facts = option.within(scope.versions);
        lines(facts.map(|facts| Held { since: facts.since, until: facts.until, what: say(facts) }), scope)
    };
    let revisions = option.revisions;
    let when = revisions.first().and_then(|facts| during(facts.since, revisions.last()?.until, scope));
    paragraph([
        ("", option.about.to_owned()),
        ("", when.map_or(String::new(), |when| format!("In memcached {when}"))),
        (
            "Value: ",
            by(&|facts| match &facts.value {
                OptionValue::Switch => String::new(),
                value => super::memcached::long(value),
            }),
        ),
        ("Default: ", by(&|facts| facts.default.map_or(String::new(), |text| format!("`{text}`")))),
        ("", by_owner(option.owner, option.from_spec)),
    ])
}

/// The parts that say something as sentences.
fn paragraph<const N: usize>(parts: [(&str, String); N]) -> String {
    let said = parts.into_iter().filter(|(_, text)| !text.is_empty());
    let sentences = said.map(|(what, text)| {
        let text = text.replace('\n', "; ");
        let mut letters = text.chars();
        // A sentence begins with a capital; what follows a colon does not.
        match letters.next().filter(|_| what.is_empty()) {
            Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
            None => format!("{what}{text}."),
        }
    });
    sentences.collect::<Vec<_>>().join(" ")
}
