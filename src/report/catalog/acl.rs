//! Pages of commands, their categories, and the words of ACL rules.

use super::spans::{Held, during, lines};
use super::{Scope, minor};
use crate::catalog::acl::{AclArg, AclRule, AclScope, Command, commands};
use crate::catalog::supported;
use crate::report::table::Table;

/// A command or subcommand: where it exists and which categories it is in.
pub fn command_page(command: &'static Command, scope: Scope, width: Option<usize>) -> String {
    let facts = || {
        command.revisions.iter().filter(|facts| {
            facts.since <= scope.versions.last && facts.until.is_none_or(|until| scope.versions.first < until)
        })
    };
    let mut table = Table::new();
    let spans =
        super::spans::joined(facts().map(|facts| Held { since: facts.since, until: facts.until, what: () }));
    let when: Vec<String> = spans
        .iter()
        .map(|span| during(span.since, span.until, scope).unwrap_or_else(|| scope.title()))
        .collect();
    table.row(["  exists in".to_owned(), when.join("; ")]);
    let categories = lines(
        facts().map(|facts| {
            let names: Vec<String> = facts.categories.iter().map(|name| format!("@{name}")).collect();
            let what = if names.is_empty() { "none".to_owned() } else { names.join(" ") };
            Held { since: facts.since, until: facts.until, what }
        }),
        scope,
    );
    table.row(["  categories".to_owned(), categories]);
    let children: Vec<&str> = commands(scope.engine)
        .iter()
        .filter(|other| other.name.split_once('|').is_some_and(|(parent, _)| parent == command.name))
        .filter_map(|other| other.name.split_once('|').map(|(_, name)| name))
        .collect();
    if !children.is_empty() {
        table.row(["  subcommands".to_owned(), children.join(" ")]);
    }
    format!(
        "{}  A command\n{}\n{}\n  in a rule    +{} or -{}\n",
        command.name,
        scope.title(),
        table.render(width),
        command.name,
        command.name
    )
}

/// The commands of a category.
pub fn category_page(category: &str, scope: Scope, width: Option<usize>) -> String {
    // What a category holds is a question about one version.
    let newest = supported(scope.engine).iter().rfind(|minor| minor.range.contains(scope.versions.last));
    let scope = match newest {
        Some(minor) if scope.versions.first < minor.range.first => Scope { versions: minor.range, ..scope },
        _ => scope,
    };
    let newest = scope.versions.last;
    let members: Vec<&str> = commands(scope.engine)
        .iter()
        .filter(|command| {
            command.at(newest).is_some_and(|facts| category == "all" || facts.categories.contains(&category))
        })
        .map(|command| command.name)
        .collect();
    let mut table = Table::new();
    table.row(["  commands".to_owned(), members.join(" ")]);
    format!(
        "@{category}  A category of {} commands\n{}\n{}\n  in a rule  +@{category} or -@{category}\n",
        members.len(),
        scope.title(),
        table.render(width)
    )
}

/// A word of ACL rules.
pub fn rule_page(rule: &'static AclRule, scope: Scope, width: Option<usize>) -> String {
    let mut table = Table::new();
    let since = if rule.since > scope.versions.first {
        format!("{} and later", minor(rule.since))
    } else {
        format!("all of {}", scope.title())
    };
    table.row(["  exists in".to_owned(), since]);
    if let Some(arg) = rule.arg {
        table.row(["  followed by", argument(arg)]);
    }
    if let Some(other) = rule.same_as {
        table.row(["  same as".to_owned(), format!("`{other}`")]);
    }
    table.row([
        "  stands",
        match rule.scope {
            AclScope::User => "on the user only",
            AclScope::Selector => "on the user, and inside a selector where there are any",
        },
    ]);
    format!("{}  {}\n{}, ACL rule\n{}", rule.text, rule.about, scope.title(), table.render(width))
}

fn argument(arg: AclArg) -> &'static str {
    match arg {
        AclArg::Password => "a password in clear",
        AclArg::PasswordHash => "the SHA-256 of a password, 64 hexadecimal digits",
        AclArg::KeyPattern => "a pattern of keys",
        AclArg::ChannelPattern => "a pattern of channels",
        AclArg::Command => "a command, or command|subcommand",
        AclArg::Category => "a category, or `all`",
        AclArg::Databases => "numbers of databases, with commas between them",
        AclArg::Selector => "rules, up to a closing parenthesis",
    }
}
