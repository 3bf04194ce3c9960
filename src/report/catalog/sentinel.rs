//! The page of a directive of sentinel.conf.

// Writing to a String cannot fail.
use std::fmt::Write;

use super::directive::sources;
use super::spans::{Held, during, lines};
use super::{Scope, kinds};
use crate::catalog::Owner;
use crate::catalog::sentinel::{
    Scope as About, SentinelArg, SentinelArgKind, SentinelDirective, SentinelFacts, SentinelRepeat,
    SentinelRewrite,
};
use crate::report::table::Table;

/// All that is known of a Sentinel directive in one engine's versions.
pub fn sentinel_page(directive: &'static SentinelDirective, scope: Scope, width: Option<usize>) -> String {
    let facts: Vec<&'static SentinelFacts> = directive.within(scope.versions).collect();
    let mut table = Table::new();
    let mut row = |name: &str, text: String| {
        if !text.is_empty() {
            table.row([format!("  {name}"), text]);
        }
    };
    let by = |say: &dyn Fn(&'static SentinelFacts) -> String| {
        lines(
            facts.iter().map(|facts| Held { since: facts.since, until: facts.until, what: say(facts) }),
            scope,
        )
    };
    let first = facts.first().map(|facts| facts.since);
    let until = facts.last().and_then(|facts| facts.until);
    let when = first.and_then(|since| during(since, until, scope));
    row("exists in", when.unwrap_or_else(|| format!("all of {}", scope.title())));
    row(
        "speaks of",
        match directive.scope {
            About::Primary => "one watched primary",
            About::Global => "the Sentinel itself",
        }
        .to_owned(),
    );
    row(
        "value",
        by(&|facts| {
            let one = facts.args.len() == 1;
            facts.args.iter().map(|each| arg(each, one)).collect::<Vec<_>>().join("; then ")
        }),
    );
    row(
        "default",
        by(&|facts| match facts.default {
            Some("") => "empty".to_owned(),
            Some(default) => format!("`{default}`"),
            None => String::new(),
        }),
    );
    row("at runtime", by(&runtime));
    row(
        "several lines",
        by(&|facts| {
            match facts.repeat {
                SentinelRepeat::LastWins => "the last one counts",
                SentinelRepeat::Once => "a second one for the same primary refuses the start",
                SentinelRepeat::Accumulate => "they add up",
            }
            .to_owned()
        }),
    );
    row("when rewritten", by(&rewritten));
    if facts.iter().any(|facts| !facts.aliases.is_empty() || facts.name != directive.name) {
        row(
            "called",
            by(&|facts| {
                let aliases: Vec<String> =
                    facts.aliases.iter().map(|alias| format!(", also `{alias}`")).collect();
                format!("`{}`{}", facts.name, aliases.concat())
            }),
        );
    }
    row(
        "written by",
        match (directive.owner, directive.from_spec) {
            (Owner::Server, _) => "Sentinel itself".to_owned(),
            (Owner::Operator, None) if directive.scope == About::Primary => {
                "you, in `sentinel` of the deployment".to_owned()
            }
            (Owner::Operator, None) => "you, under `config` of the set".to_owned(),
            (_, from) => format!("cachewright, from {}", from.unwrap_or("the spec")),
        },
    );
    row("secret", if directive.secret { "yes".to_owned() } else { String::new() });
    row("known from", sources(scope, &|version| directive.at(version).is_some()));
    let mut text = format!("sentinel {}  {}\n{}\n", directive.name, directive.about, scope.title());
    text.push_str(&table.render(width));
    if let Some(facts) = facts.last() {
        let _ = write!(text, "\n  in sentinel.conf  {}\n", line(directive, facts));
    }
    text
}

pub(super) fn arg(arg: &SentinelArg, one: bool) -> String {
    let looks = match arg.kind {
        SentinelArgKind::Atoi(numeric) => {
            format!("a whole number, {}; what follows its digits is ignored", kinds::range(&numeric))
        }
        SentinelArgKind::Bool => "`yes` or `no`".to_owned(),
        SentinelArgKind::Host => "an address or host name".to_owned(),
        SentinelArgKind::Executable => "a program that can be run".to_owned(),
        SentinelArgKind::Id => "40 characters".to_owned(),
        SentinelArgKind::Epoch => "a number".to_owned(),
        SentinelArgKind::Text => "a text".to_owned(),
    };
    let optional = if arg.optional { ", may be absent" } else { "" };
    if one { format!("{looks}{optional}") } else { format!("{}: {looks}{optional}", arg.name) }
}

fn runtime(facts: &SentinelFacts) -> String {
    match (facts.sentinel_set, facts.config_set) {
        (Some(option), _) if facts.scripts_must_be_allowed => {
            format!("`SENTINEL SET NAME {option}`, after `deny-scripts-reconfig no`")
        }
        (Some(option), _) => format!("`SENTINEL SET NAME {option}`"),
        (None, true) => format!("`SENTINEL CONFIG SET {}`", facts.name),
        (None, false) => "no, it needs a restart".to_owned(),
    }
}

fn rewritten(facts: &SentinelFacts) -> String {
    let what = match facts.rewrite {
        SentinelRewrite::Always => "always written, with its current value",
        SentinelRewrite::WhenSet => "written when it is set",
        SentinelRewrite::UnlessDefault => "left out at the default",
        SentinelRewrite::KeptWherePresent => "kept where it stands",
    };
    if facts.rewritten_in_quotes { format!("{what}, in quotes") } else { what.to_owned() }
}

fn line(directive: &SentinelDirective, facts: &SentinelFacts) -> String {
    let mut words = vec!["sentinel", facts.name];
    if directive.scope == About::Primary {
        words.push("NAME");
    }
    for arg in facts.args {
        words.push(match arg.kind {
            SentinelArgKind::Atoi(_) if arg.name == "port" => "6379",
            SentinelArgKind::Atoi(_) => facts.default.filter(|default| *default != "0").unwrap_or("2"),
            SentinelArgKind::Bool => {
                if facts.default == Some("yes") {
                    "no"
                } else {
                    "yes"
                }
            }
            SentinelArgKind::Host => "10.0.0.1",
            SentinelArgKind::Executable => "/etc/redis/notify.sh",
            SentinelArgKind::Id => "ID",
            SentinelArgKind::Epoch => "0",
            SentinelArgKind::Text if directive.secret => "SECRET",
            SentinelArgKind::Text => "TEXT",
        });
    }
    words.join(" ")
}
