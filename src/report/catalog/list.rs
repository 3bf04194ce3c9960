//! Tables of many: all that a version has, and what a part of a name meets.

use super::directive::group_title;
use super::{Scope, kinds};
use crate::catalog::memcached::{OptionFacts, OptionValue, Spelling, options};
use crate::catalog::sentinel::{SentinelArgKind, SentinelFacts};
use crate::catalog::{Directive, Engine, Facts, Group, Kind, Shown, directives, sentinel};
use crate::report::table::{Overflow, Table, truncate};

/// Values and defaults wider than this are cut in a table; the page has them in full.
const WIDEST: usize = 20;

/// Everything that the versions have, in the order of a configuration file.
pub fn listing(scope: Scope, width: Option<usize>) -> String {
    let mut table =
        Table::with_header(["NAME", "VALUE", "DEFAULT", "RUNTIME", "ABOUT"]).overflow(Overflow::Truncate);
    if scope.engine == Engine::Memcached {
        list_options(scope, &mut table);
        return table.render(width);
    }
    for group in groups(scope.engine) {
        heading(&mut table, &group_title(group));
        for directive in directives(scope.engine).iter().filter(|directive| directive.group == group) {
            if let Some(facts) = newest(directive, scope) {
                directive_row(directive, facts, &mut table);
            }
        }
    }
    heading(&mut table, "sentinel.conf, after the word `sentinel`");
    for directive in sentinel::directives(scope.engine) {
        if let Some(facts) = directive.within(scope.versions).last() {
            table.row([
                facts.name,
                &sentinel_value(facts),
                facts.default.unwrap_or_default(),
                if facts.config_set || facts.sentinel_set.is_some() { "yes" } else { "no" },
                directive.about,
            ]);
        }
    }
    table.render(width)
}

/// The groups that have directives, in the order of the file.
fn groups(engine: Engine) -> Vec<Group> {
    let mut groups: Vec<Group> = directives(engine).iter().map(|directive| directive.group).collect();
    groups.sort_unstable();
    groups.dedup();
    groups
}

fn heading(table: &mut Table, title: &str) {
    table.row([""]);
    table.row([format!("# {title}")]);
}

/// The newest facts in the scope, of a directive that is worth a line.
fn newest(directive: &'static Directive, scope: Scope) -> Option<&'static Facts> {
    let facts = directive.within(scope.versions).last()?;
    (facts.kind != Kind::Ignored && facts.shown != Shown::SpecialBuilds).then_some(facts)
}

fn directive_row(directive: &Directive, facts: &Facts, table: &mut Table) {
    let default = facts.default.map_or("-", |default| if default.is_empty() { "\"\"" } else { default });
    table.row([
        facts.name,
        &truncate(&kinds::short(&facts.kind), WIDEST),
        &truncate(default, WIDEST),
        if facts.protected {
            "protected"
        } else if facts.runtime {
            "yes"
        } else {
            "no"
        },
        directive.about,
    ]);
}

fn sentinel_value(facts: &SentinelFacts) -> String {
    match facts.args {
        [only] => match only.kind {
            SentinelArgKind::Bool => "yes/no".to_owned(),
            _ => only.name.to_owned(),
        },
        several => format!("{} arguments", several.len()),
    }
}

fn list_options(scope: Scope, table: &mut Table) {
    let is_setting = |facts: &OptionFacts| !matches!(facts.value, OptionValue::Action { .. });
    for (title, extended) in [("options", false), ("after -o", true)] {
        heading(table, title);
        for option in options().iter().filter(|option| (option.spelling == Spelling::Extended) == extended) {
            if let Some(facts) = option.within(scope.versions).last().filter(|facts| is_setting(facts)) {
                table.row([
                    option.name,
                    &super::memcached::short(&facts.value),
                    facts.default.unwrap_or("-"),
                    if facts.runtime.is_some() { "yes" } else { "no" },
                    option.about,
                ]);
            }
        }
    }
}

/// Something that a part of a name meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Its name, as `catalog NAME` takes it.
    pub name: String,
    /// What it is: `directive`, `sentinel`, `option`, `command`.
    pub what: &'static str,
    /// The engines that have it, as prose.
    pub engines: String,
    /// What it does.
    pub about: String,
}

/// A table of matches.
pub fn matches(found: &[Match], width: Option<usize>) -> String {
    let mut table = Table::with_header(["NAME", "WHAT", "WHERE", "ABOUT"]).overflow(Overflow::Truncate);
    for one in found {
        table.row([one.name.as_str(), one.what, &one.engines, &one.about]);
    }
    table.render(width)
}
