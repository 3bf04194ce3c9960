//! `schemas/acl.toml` and `schemas/*-commands.toml` → ACL rules, categories and commands of each engine.

use crate::decode::{Dated, Schema};
use crate::literal::{option, slice, string, table, variant, version};
use crate::problem::Problem;
use crate::version::Version;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;
use toml::{Table, Value};

/// The engines, the first version of each, and the prefix of the names of their tables.
const ENGINES: [(&str, Version, &str); 2] =
    [("redis", Version::new(6, 0, 0), "REDIS"), ("valkey", Version::new(7, 2, 0), "VALKEY")];

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Behaviour {
    duplicate_user: DuplicateUser,
    channels_open: bool,
    subcommands: Subcommands,
    sanitize_printed: SanitizePrinted,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum DuplicateUser {
    LastWins,
    Fatal,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Subcommands {
    AnyFirstArgument,
    KnownOnly,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SanitizePrinted {
    Never,
    WhenSkipped,
    Always,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Rule {
    scope: RuleScope,
    about: String,
    arg: Option<RuleArg>,
    same_as: Option<String>,
    engines: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RuleScope {
    User,
    Selector,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RuleArg {
    Password,
    PasswordHash,
    KeyPattern,
    ChannelPattern,
    Command,
    Category,
    Databases,
    Selector,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Command {
    categories: String,
}

/// The Rust source of the tables of both engines.
pub(crate) fn tables(folder: &Path) -> Result<String, Vec<Problem>> {
    let mut schema = Schema::read(folder, "acl.toml")?;
    let meta: Table = schema.take("meta")?;
    let rules: Table = schema.take("rules")?;
    let mut text = String::new();
    let mut problems = Vec::new();
    let mut add = |name: String, of: &str, items: Result<Vec<String>, Vec<Problem>>| match items {
        Ok(items) => text.push_str(&table(&name, of, items)),
        Err(found) => problems.extend(found),
    };
    for (engine, first, prefix) in ENGINES {
        add(
            format!("{prefix}_ACL_BEHAVIOUR"),
            "AclBehaviour",
            behaviour(&schema, meta.clone(), engine, first).map_err(|problem| vec![problem]),
        );
        add(format!("{prefix}_ACL_RULES"), "AclRule", all_rules(&schema, &rules, engine, first));
        match commands(folder, engine, first) {
            Ok((categories, commands)) => {
                add(format!("{prefix}_CATEGORIES"), "&str", Ok(categories));
                add(format!("{prefix}_COMMANDS"), "Command", Ok(commands));
            }
            Err(found) => add(String::new(), "", Err(found)),
        }
    }
    if problems.is_empty() { Ok(text) } else { Err(problems) }
}

fn behaviour(schema: &Schema, meta: Table, engine: &str, first: Version) -> Result<Vec<String>, Problem> {
    let mut all = Vec::new();
    for Dated { since, until, state } in schema.dated(engine, "meta", meta, first)? {
        let state: Behaviour = schema.decode("meta", state)?;
        all.push(format!(
            "AclBehaviour {{ since: {}, until: {}, duplicate_user: {}, channels_open: {}, subcommands: {}, \
             sanitize_printed: {} }}",
            version(since),
            option(until.map(version)),
            variant("DuplicateUser", state.duplicate_user),
            state.channels_open,
            variant("Subcommands", state.subcommands),
            variant("SanitizePrinted", state.sanitize_printed),
        ));
    }
    Ok(all)
}

fn all_rules(
    schema: &Schema,
    rules: &Table,
    engine: &str,
    first: Version,
) -> Result<Vec<String>, Vec<Problem>> {
    let mut all = Vec::new();
    let mut problems = Vec::new();
    for (word, value) in rules {
        match rule(schema, word, value, engine, first) {
            Ok(rule) => all.extend(rule),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(all) } else { Err(problems) }
}

/// The source of a rule, or nothing where the engine lacks it.
fn rule(
    schema: &Schema,
    word: &str,
    value: &Value,
    engine: &str,
    first: Version,
) -> Result<Option<String>, Problem> {
    let mut entry = value.as_table().cloned().ok_or_else(|| schema.problem(word, "is not a table"))?;
    let since = schema.take_since(word, &mut entry)?.map_or(first, |since| since.max(first));
    let rule: Rule = schema.decode(word, entry)?;
    if rule.engines.is_some_and(|engines| engines.iter().all(|one| one != engine)) {
        return Ok(None);
    }
    Ok(Some(format!(
        "AclRule {{ text: {}, about: {}, scope: {}, arg: {}, same_as: {}, since: {} }}",
        string(word),
        string(&rule.about),
        variant("AclScope", rule.scope),
        option(rule.arg.map(|arg| variant("AclArg", arg))),
        option(rule.same_as.as_deref().map(string)),
        version(since),
    )))
}

/// The categories and the commands of an engine.
fn commands(folder: &Path, engine: &str, first: Version) -> Result<(Vec<String>, Vec<String>), Vec<Problem>> {
    let mut schema = Schema::read(folder, &format!("{engine}-commands.toml"))?;
    let categories: BTreeSet<String> = schema.take("categories")?;
    let entries: Table = schema.take("commands")?;
    let mut all = Vec::new();
    let mut problems = Vec::new();
    for (name, value) in &entries {
        match command(&schema, name, value, engine, first, &categories) {
            Ok(command) => all.push(command),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok((categories.iter().map(|name| string(name)).collect(), all))
    } else {
        Err(problems)
    }
}

fn command(
    schema: &Schema,
    name: &str,
    value: &Value,
    engine: &str,
    first: Version,
    known: &BTreeSet<String>,
) -> Result<String, Problem> {
    // A plain text stands for a command that has always been there, with these categories.
    let mut entry = match value {
        Value::Table(table) => table.clone(),
        text => Table::from_iter([("categories".to_owned(), text.clone())]),
    };
    let since = schema.take_since(name, &mut entry)?.unwrap_or(first);
    let ends = entry.remove("until");
    let ends = ends.as_ref().and_then(Value::as_str).map(|text| schema.version(name, text)).transpose()?;
    let mut revisions = Vec::new();
    for Dated { since, until, state } in schema.dated(engine, name, entry, since)? {
        let state: Command = schema.decode(name, state)?;
        if let Some(unknown) = state.categories.split_whitespace().find(|category| !known.contains(*category))
        {
            return Err(schema.problem(name, format!("`{unknown}` is not one of `categories`")));
        }
        revisions.push(format!(
            "CommandFacts {{ since: {}, until: {}, categories: {} }}",
            version(since),
            option(until.or(ends).map(version)),
            slice(state.categories.split_whitespace().map(string)),
        ));
    }
    Ok(format!("Command {{ name: {}, revisions: {} }}", string(name), slice(revisions)))
}
