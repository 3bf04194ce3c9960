//! `schemas/sentinel.toml` → the Sentinel directives of each engine.

use crate::decode::{Dated, Schema};
use crate::directive::{Owner, Unit};
use crate::literal::{option, slice, string, strings, table, variant, version};
use crate::numeric;
use crate::problem::Problem;
use crate::version::Version;
use serde::Deserialize;
use std::path::Path;
use toml::{Table, Value};

/// The engines, the first version of each, and the prefix of the names of their tables.
const ENGINES: [(&str, Version, &str); 2] =
    [("redis", Version::new(6, 0, 0), "REDIS"), ("valkey", Version::new(7, 2, 0), "VALKEY")];

/// One state of a directive, as written.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "the fields of the file, as they are")]
struct Entry {
    about: String,
    scope: Scope,
    #[serde(default = "operator")]
    owner: Owner,
    #[serde(default)]
    secret: bool,
    from_spec: Option<String>,
    name: Option<String>,
    #[serde(default)]
    aliases: Vec<String>,
    args: Vec<Arg>,
    default: Option<String>,
    #[serde(default = "last_wins")]
    repeat: Repeat,
    sentinel_set: Option<String>,
    #[serde(default)]
    shown: bool,
    #[serde(default)]
    config_set: bool,
    #[serde(default)]
    scripts_must_be_allowed: bool,
    rewrite: Rewrite,
    #[serde(default)]
    rewritten_in_quotes: bool,
}

const fn operator() -> Owner {
    Owner::Operator
}
const fn last_wins() -> Repeat {
    Repeat::LastWins
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Arg {
    name: String,
    kind: ArgKind,
    range: Option<String>,
    unit: Option<Unit>,
    #[serde(default)]
    optional: bool,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ArgKind {
    Atoi,
    Bool,
    Host,
    Executable,
    Id,
    Epoch,
    Text,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Scope {
    Primary,
    Global,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Repeat {
    LastWins,
    Once,
    Accumulate,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Rewrite {
    Always,
    WhenSet,
    UnlessDefault,
    KeptWherePresent,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "the fields of the file, as they are")]
struct Behaviour {
    in_file_order: bool,
    host_names: bool,
    config_command: bool,
    config_set_many: bool,
    users: bool,
}

/// The Rust source of the tables of both engines.
pub(crate) fn tables(folder: &Path) -> Result<String, Vec<Problem>> {
    let mut schema = Schema::read(folder, "sentinel.toml")?;
    let meta: Table = schema.take("meta")?;
    let mut text = String::new();
    let mut problems = Vec::new();
    for (engine, first, prefix) in ENGINES {
        let mut directives = Vec::new();
        for (name, value) in &schema.tables {
            match directive(&schema, name, value, engine, first) {
                Ok(directive) => directives.push(directive),
                Err(problem) => problems.push(problem),
            }
        }
        // A renaming moves a directive away from the place its entry has in the file.
        directives.sort();
        let directives = directives.into_iter().map(|(_, text)| text);
        text.push_str(&table(&format!("{prefix}_SENTINEL"), "SentinelDirective", directives));
        match behaviour(&schema, meta.clone(), engine, first) {
            Ok(all) => text.push_str(&table(&format!("{prefix}_BEHAVIOUR"), "SentinelBehaviour", all)),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(text) } else { Err(problems) }
}

fn behaviour(schema: &Schema, meta: Table, engine: &str, first: Version) -> Result<Vec<String>, Problem> {
    let mut all = Vec::new();
    for Dated { since, until, state } in schema.dated(engine, "meta", meta, first)? {
        let state: Behaviour = schema.decode("meta", state)?;
        all.push(format!(
            "SentinelBehaviour {{ since: {}, until: {}, in_file_order: {}, host_names: {}, config_command: {}, \
             config_set_many: {}, users: {} }}",
            version(since),
            option(until.map(version)),
            state.in_file_order,
            state.host_names,
            state.config_command,
            state.config_set_many,
            state.users,
        ));
    }
    Ok(all)
}

/// The newest name and the source of one directive.
fn directive(
    schema: &Schema,
    name: &str,
    value: &Value,
    engine: &str,
    first: Version,
) -> Result<(String, String), Problem> {
    let mut entry = value.as_table().cloned().ok_or_else(|| schema.problem(name, "is not a table"))?;
    let since = schema.take_since(name, &mut entry)?.map_or(first, |since| since.max(first));
    let mut newest = None;
    let mut revisions = Vec::new();
    for Dated { since, until, state } in schema.dated(engine, name, entry, since)? {
        let entry: Entry = schema.decode(name, state)?;
        revisions.push(facts(&entry, name, since, until).map_err(|message| schema.problem(name, message))?);
        newest = Some(entry);
    }
    let newest = newest.ok_or_else(|| schema.problem(name, "has no state"))?;
    let last_name = newest.name.as_deref().unwrap_or(name).to_owned();
    let text = format!(
        "SentinelDirective {{ name: {}, about: {}, scope: {}, owner: {}, secret: {}, from_spec: {}, revisions: {} }}",
        string(&last_name),
        string(&newest.about),
        variant("Scope", newest.scope),
        variant("Owner", newest.owner),
        newest.secret,
        option(newest.from_spec.as_deref().map(string)),
        slice(revisions),
    );
    Ok((last_name, text))
}

fn facts(entry: &Entry, name: &str, since: Version, until: Option<Version>) -> Result<String, String> {
    let args: Result<Vec<_>, _> = entry.args.iter().map(arg).collect();
    Ok(format!(
        "SentinelFacts {{ name: {}, since: {}, until: {}, aliases: {}, args: {}, default: {}, repeat: {}, \
         sentinel_set: {}, shown: {}, config_set: {}, scripts_must_be_allowed: {}, rewrite: {}, rewritten_in_quotes: {} }}",
        string(entry.name.as_deref().unwrap_or(name)),
        version(since),
        option(until.map(version)),
        strings(&entry.aliases),
        slice(args?),
        option(entry.default.as_deref().map(string)),
        variant("SentinelRepeat", entry.repeat),
        option(entry.sentinel_set.as_deref().map(string)),
        entry.shown,
        entry.config_set,
        entry.scripts_must_be_allowed,
        variant("SentinelRewrite", entry.rewrite),
        entry.rewritten_in_quotes,
    ))
}

fn arg(arg: &Arg) -> Result<String, String> {
    let mut kind = variant("SentinelArgKind", arg.kind);
    if matches!(arg.kind, ArgKind::Atoi) {
        let range = arg.range.as_deref().ok_or_else(|| format!("`range` of {:?} is missing", arg.name))?;
        kind = format!("{kind}({})", numeric::literal(range, arg.unit.unwrap_or(Unit::None))?);
    }
    Ok(format!("SentinelArg {{ name: {}, kind: {kind}, optional: {} }}", string(&arg.name), arg.optional))
}
