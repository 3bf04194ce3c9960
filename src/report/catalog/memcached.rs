//! The page of a memcached option.

// Writing to a String cannot fail.
use std::fmt::Write;

use super::directive::sources;
use super::spans::{Held, during, lines};
use super::{Scope, kinds};
use crate::catalog::Owner;
use crate::catalog::memcached::{MemcachedOption, OptionFacts, OptionValue, Spelling, StatFormat};
use crate::report::table::Table;

/// All that is known of an option.
pub fn option_page(option: &'static MemcachedOption, scope: Scope, width: Option<usize>) -> String {
    let facts: Vec<&'static OptionFacts> = option.within(scope.versions).collect();
    let mut table = Table::new();
    let mut row = |name: &str, text: String| {
        if !text.is_empty() {
            table.row([format!("  {name}"), text]);
        }
    };
    let by = |say: &dyn Fn(&'static OptionFacts) -> String| {
        lines(
            facts.iter().map(|facts| Held { since: facts.since, until: facts.until, what: say(facts) }),
            scope,
        )
    };
    let listed = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let first = facts.first().map(|facts| facts.since);
    let until = facts.last().and_then(|facts| facts.until);
    let when = first.and_then(|since| during(since, until, scope));
    row("exists in", when.unwrap_or_else(|| format!("all of {}", scope.title())));
    row("value", by(&|facts| long(&facts.value)));
    row("default", by(&|facts| facts.default.map_or(String::new(), |default| format!("`{default}`"))));
    row(
        "without value",
        by(&|facts| facts.without_value.map_or(String::new(), |value| format!("`{value}`"))),
    );
    row(
        "at runtime",
        by(&|facts| match facts.runtime {
            Some(command) => format!("`{command}`"),
            None => "no, it needs a restart".to_owned(),
        }),
    );
    row(
        "stats settings",
        by(&|facts| match facts.stat {
            Some(stat) if stat.format == StatFormat::Unsafe => {
                format!("`{}`: asking kills the server once the option is given", stat.name)
            }
            Some(stat) => format!("`{}`", stat.name),
            None => "does not show it".to_owned(),
        }),
    );
    row("several", if option.accumulates { "they add up" } else { "the last one counts" }.to_owned());
    row("not with", by(&|facts| listed(facts.conflicts)));
    row("only with", by(&|facts| listed(facts.requires)));
    row(
        "demands",
        by(&|facts| {
            facts
                .forces
                .iter()
                .map(|(name, value)| format!("`{name} = {value}`"))
                .collect::<Vec<_>>()
                .join(", ")
        }),
    );
    row("turns off", by(&|facts| facts.negates.map_or(String::new(), |name| format!("`{name}`"))));
    row("stands before", by(&|facts| facts.before.map_or(String::new(), |name| format!("`{name}`"))));
    row("build", by(&|facts| facts.build.map_or(String::new(), |build| format!("needs {}", build.title()))));
    row(
        "written by",
        match (option.owner, option.from_spec) {
            (Owner::Operator, None) => "you, under `config`".to_owned(),
            (_, from) => format!("cachewright, from {}", from.unwrap_or("the spec")),
        },
    );
    row("known from", sources(scope, &|version| option.at(version).is_some()));
    let mut text = format!("{}  {}\n{}\n", option.name, option.about, scope.title());
    text.push_str(&table.render(width));
    if let Some(facts) = facts.last() {
        let _ = write!(text, "\n  as an argument   {}\n", argument(option, facts));
    }
    text
}

/// What values look like, in a word or two.
pub(super) fn short(value: &OptionValue) -> String {
    match value {
        OptionValue::Switch => "switch",
        OptionValue::Counter => "counter",
        OptionValue::Action { .. } => "action",
        OptionValue::Ignored { .. } => "ignored",
        OptionValue::Atoi(_) | OptionValue::Strtol(_) | OptionValue::Strtoul(_) => "number",
        OptionValue::Atof { .. } | OptionValue::Strtod { .. } => "fraction",
        OptionValue::Octal => "octal",
        OptionValue::Size(_) => "bytes",
        OptionValue::Char => "character",
        OptionValue::Word(words) if words.len() <= 3 => return words.join("/"),
        OptionValue::Word(words) => return format!("one of {} words", words.len()),
        OptionValue::List { .. } => "list",
        OptionValue::Path => "path",
        OptionValue::PathAndSize => "path:size",
        OptionValue::Text => "text",
    }
    .to_owned()
}

pub(super) fn long(value: &OptionValue) -> String {
    let fraction = |above: Option<f64>, most: Option<f64>| {
        let above = above.map(|above| format!(", above {above}")).unwrap_or_default();
        let most = most.map(|most| format!(", {most} at most")).unwrap_or_default();
        format!("a number with a fraction{above}{most}")
    };
    match value {
        OptionValue::Switch => "none: the option says it".to_owned(),
        OptionValue::Counter => "none: each repetition counts one more".to_owned(),
        OptionValue::Action { .. } => "it is no setting".to_owned(),
        OptionValue::Ignored { .. } => "it is taken and ignored".to_owned(),
        OptionValue::Atoi(numeric) => {
            format!(
                "a whole number, {}; what follows its digits is ignored (`1g` is 1)",
                kinds::range(numeric)
            )
        }
        OptionValue::Strtol(numeric) | OptionValue::Strtoul(numeric) => {
            format!("a whole number, {}", kinds::range(numeric))
        }
        OptionValue::Atof { above, most } => {
            format!("{}; garbage after it is ignored", fraction(*above, *most))
        }
        OptionValue::Strtod { above, most } => fraction(*above, *most),
        OptionValue::Octal => "an octal number".to_owned(),
        OptionValue::Size(numeric) => {
            format!("a number of bytes, {}; units `k` = 1024 and `m`, no `g`", kinds::range(numeric))
        }
        OptionValue::Char => "a character".to_owned(),
        OptionValue::Word(words) => {
            format!("one of {}", words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "))
        }
        OptionValue::List { separator } => format!("several, with `{separator}` between them"),
        OptionValue::Path => "a file or folder".to_owned(),
        OptionValue::PathAndSize => "a file, a colon, and a size with `m`, `g`, `t` or `p`".to_owned(),
        OptionValue::Text => "a text".to_owned(),
    }
}

fn argument(option: &MemcachedOption, facts: &OptionFacts) -> String {
    let value = facts.default.filter(|default| !matches!(*default, "on" | "off")).unwrap_or("VALUE");
    match (option.spelling, facts.takes_value()) {
        (Spelling::Flag { short, .. }, false) => format!("-{short}"),
        (Spelling::Flag { short, .. }, true) => format!("-{short} {value}"),
        (Spelling::Extended, false) => format!("-o {}", option.name),
        (Spelling::Extended, true) => format!("-o {}={value}", option.name),
    }
}
