//! The page of a directive of redis.conf or valkey.conf.

// Writing to a String cannot fail.
use std::fmt::Write;

use super::spans::{Held, during, lines};
use super::{Scope, kinds};
use crate::catalog::{
    Directive, Facts, Group, Kind, Owner, Repeat, Shown, Special, Version, VersionRange, WithoutFeature,
    supported,
};
use crate::report::table::Table;

/// All that is known of a directive in one engine's versions, for a terminal of `width` columns.
pub fn directive_page(directive: &'static Directive, scope: Scope, width: Option<usize>) -> String {
    let facts: Vec<&'static Facts> = directive.within(scope.versions).collect();
    let mut table = Table::new();
    let mut row = |name: &str, text: String| {
        if !text.is_empty() {
            table.row([format!("  {name}"), text]);
        }
    };
    let by = |say: &dyn Fn(&'static Facts) -> String| {
        lines(
            facts.iter().map(|facts| Held { since: facts.since, until: facts.until, what: say(facts) }),
            scope,
        )
    };
    row("exists in", exists(directive, scope));
    row("value", by(&|facts| kinds::long(&facts.kind)));
    row("default", default(directive, &by(&shown_default)));
    row(
        "in effect",
        by(&|facts| facts.clamp.map_or(String::new(), |(min, max)| format!("brought to {min} to {max}"))),
    );
    row("at runtime", by(&runtime));
    row("CONFIG GET", by(&|facts| shown(facts.shown).to_owned()));
    row("several lines", by(&|facts| repeat(facts.repeat).to_owned()));
    let plain = |facts: &&Facts| facts.aliases.is_empty() && facts.renamed.is_none() && !facts.deprecated;
    if !facts.iter().all(plain) {
        row("called", by(&names));
    }
    row("build", by(&needs));
    row("written by", owner(directive));
    row(
        "secret",
        if directive.secret {
            "yes: in a spec a reference, never the value".to_owned()
        } else {
            String::new()
        },
    );
    row("part of", group_title(directive.group));
    row("known from", sources(scope, &|version| directive.at(version).is_some()));
    let mut text = format!("{}  {}\n{}\n", directive.name, directive.about, scope.title());
    text.push_str(&table.render(width));
    if let Some((spec, conf)) = facts.last().and_then(|facts| example(directive, facts)) {
        let _ = write!(text, "\n  in a spec        {spec}\n  in {:<13} {conf}\n", file_name(scope));
    }
    text
}

fn file_name(scope: Scope) -> String {
    format!("{}.conf", scope.engine.name())
}

pub(super) fn exists(directive: &Directive, scope: Scope) -> String {
    let facts: Vec<&Facts> = directive.within(scope.versions).collect();
    let held = facts.iter().map(|facts| Held { since: facts.since, until: facts.until, what: () });
    let spans = super::spans::joined(held);
    let said =
        spans.iter().map(|span| during(span.since, span.until, scope).unwrap_or_else(|| "all".to_owned()));
    let mut text = said.collect::<Vec<_>>().join("; ");
    if text == "all" {
        text = format!("all of {}", scope.title());
    }
    if directive.backported {
        text.push_str("; older ones of distributions have it too");
    }
    text
}

pub(super) fn shown_default(facts: &Facts) -> String {
    match facts.default {
        Some("") => "empty".to_owned(),
        Some(text) => format!("`{text}`"),
        None => "none".to_owned(),
    }
}

pub(super) fn default(directive: &Directive, said: &str) -> String {
    match directive.default_varies {
        Some(why) if said == "none" => why.to_owned(),
        Some(why) => format!("{said}; {why}"),
        None if said == "none" => String::new(),
        None => said.to_owned(),
    }
}

fn runtime(facts: &Facts) -> String {
    match (facts.runtime, facts.protected) {
        (_, true) => "only with `enable-protected-configs`",
        (true, false) => "yes, by CONFIG SET",
        (false, false) => "no, it needs a restart",
    }
    .to_owned()
}

fn shown(shown: Shown) -> &'static str {
    match shown {
        // Nobody needs to be told what is usual.
        Shown::Listed => "",
        Shown::ByAlias => "lists it under its other name only",
        Shown::ByExactName => "shows it when asked by its exact name",
        Shown::Never => "never shows it",
        Shown::SpecialBuilds => "knows it in test builds only",
    }
}

fn repeat(repeat: Repeat) -> &'static str {
    match repeat {
        Repeat::LastWins => "the last one counts",
        Repeat::Accumulate => "they add up",
        Repeat::AccumulateAfterClearing => "they add up; the first one replaces the default",
        Repeat::MergePerClass => "each sets the classes that it names",
    }
}

fn names(facts: &Facts) -> String {
    let mut text = match facts.renamed {
        Some(newer) => format!("`{}`; later `{newer}`", facts.name),
        None => format!("`{}`", facts.name),
    };
    if !facts.aliases.is_empty() {
        let aliases: Vec<String> = facts.aliases.iter().map(|alias| format!("`{alias}`")).collect();
        let _ = write!(text, ", also {}", aliases.join(", "));
    }
    if facts.deprecated {
        text.push_str("; deprecated");
    }
    text
}

fn needs(facts: &Facts) -> String {
    let Some(feature) = facts.needs else { return String::new() };
    let without = match facts.without_feature {
        WithoutFeature::Unknown => "without it the name is unknown",
        WithoutFeature::NoEffect => "without it, it has no effect",
        WithoutFeature::OffOnly => "without it, it can only be off",
    };
    format!("needs {}; {without}", feature.title())
}

fn owner(directive: &Directive) -> String {
    match (directive.owner, directive.from_spec) {
        (Owner::Operator, None) => "you, under `config`".to_owned(),
        (Owner::Operator, Some(from)) => format!("you, under `config`; cachewright, from {from}"),
        (Owner::Ours, from) => format!("cachewright, from {}", from.unwrap_or("the spec")),
        (Owner::Server, from) => {
            format!(
                "the server itself, as roles change; first by cachewright, from {}",
                from.unwrap_or("the spec")
            )
        }
    }
}

/// `AppendOnlyMode` as prose.
pub(super) fn group_title(group: Group) -> String {
    let mut text = String::new();
    for letter in format!("{group:?}").chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push(' ');
        }
        text.push(letter.to_ascii_lowercase());
    }
    for (plain, usual) in [("tls", "TLS"), ("oom", "OOM"), ("cpu", "CPU"), (" io", " I/O")] {
        text = text.replace(plain, usual);
    }
    text
}

/// Which servers confirmed the facts, of those that have the thing.
pub(super) fn sources(scope: Scope, has: &dyn Fn(Version) -> bool) -> String {
    let minors = supported(scope.engine).iter().filter(|minor| meets(minor.range, scope.versions));
    let mut verified = Vec::new();
    let mut measured = Vec::new();
    for minor in minors {
        let here = |versions: &'static [Version]| versions.iter().filter(|version| has(**version));
        verified.extend(here(minor.verified).map(ToString::to_string));
        let only = here(minor.measured).filter(|version| !minor.verified.contains(version));
        measured.extend(only.map(ToString::to_string));
    }
    let said = [("checked against running", verified), ("taken over from measurements on", measured)];
    let parts = said.into_iter().filter(|(_, list)| !list.is_empty());
    parts.map(|(how, list)| format!("{how} {}", list.join(", "))).collect::<Vec<_>>().join("; ")
}

fn meets(a: VersionRange, b: VersionRange) -> bool {
    a.first <= b.last && b.first <= a.last
}

/// A line of a spec's `config`, and of the file.
fn example(directive: &Directive, facts: &Facts) -> Option<(String, String)> {
    if facts.kind == Kind::Ignored || facts.shown == Shown::SpecialBuilds {
        return None;
    }
    let name = facts.name;
    let (spec, conf) = if directive.secret {
        ("{ env = \"SECRET\" }".to_owned(), "the secret, on rollout".to_owned())
    } else {
        value(facts)?
    };
    let key = if name.contains('.') { format!("\"{name}\"") } else { name.to_owned() };
    let spec = match directive.owner {
        Owner::Operator => format!("config.{key} = {spec}"),
        Owner::Ours | Owner::Server => return None,
    };
    Some((spec, format!("{name} {conf}")))
}

/// A value that is not the default, as a spec and as the file write it.
fn value(facts: &Facts) -> Option<(String, String)> {
    let text = |text: &str| (format!("\"{text}\""), text.to_owned());
    let number = |numeric: &crate::catalog::Numeric| {
        let usual = facts.default.and_then(|default| default.parse::<i128>().ok());
        usual.filter(|usual| *usual != 0).unwrap_or_else(|| 100.clamp(numeric.min, numeric.max)).to_string()
    };
    Some(match &facts.kind {
        Kind::Bool => {
            let other = facts.default != Some("yes");
            (other.to_string(), if other { "yes" } else { "no" }.to_owned())
        }
        Kind::Enum(words) => {
            text(words.iter().find(|word| Some(word.word) != facts.default && word.needs.is_none())?.word)
        }
        Kind::Flags(words) => text(words.iter().find(|word| Some(word.word) != facts.default)?.word),
        Kind::Integer(numeric) => (number(numeric), number(numeric)),
        Kind::Memory(_) | Kind::MemoryOrPercent { .. } => text("256mb"),
        Kind::Octal(_) | Kind::Special(Special::UncheckedOctal) => text("700"),
        Kind::Text { .. } => match facts.default {
            Some(default) if !default.is_empty() && !default.contains([' ', '"', '{']) => text(default),
            _ => return None,
        },
        Kind::Special(special) => match special {
            Special::ClientOutputBufferLimit { .. } => text("pubsub 64mb 16mb 90"),
            Special::LatencyTrackingInfoPercentiles => text("50 99"),
            Special::NotifyKeyspaceEvents { .. } => text("Ex"),
            Special::OomScoreAdjValues { .. } => text("0 200 800"),
            Special::Save { .. } => text("900 1"),
            Special::UncheckedMemory => text("1gb"),
            Special::RenameCommand => text("FLUSHALL GONE"),
            Special::Loadmodule => text("/usr/lib/redis/modules/search.so"),
            _ => return None,
        },
        Kind::Ignored => return None,
    })
}
