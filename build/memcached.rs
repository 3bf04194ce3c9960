//! `schemas/memcached.toml` → the options of memcached.

use crate::decode::{Dated, Schema};
use crate::directive::{Owner, Unit};
use crate::literal::{option, slice, string, strings, table, variant, version};
use crate::numeric;
use crate::problem::Problem;
use crate::version::Version;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use toml::Value;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Meta {
    first: String,
    last_known: String,
    measured: Vec<String>,
    verified: Vec<String>,
}

/// What options have to satisfy together.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Limits {
    page_size: u32,
    item_share: u32,
    hot_and_warm_percent: u8,
    default_hashpower: u8,
    item_lock_powers: Vec<(u32, u8)>,
}

/// One state of an option, as written.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Entry {
    about: String,
    flag: Option<char>,
    scope: Option<Scope>,
    #[serde(default = "operator")]
    owner: Owner,
    from_spec: Option<String>,
    kind: Kind,
    range: Option<String>,
    unit: Option<Unit>,
    above: Option<f64>,
    most: Option<f64>,
    #[serde(default)]
    values: Vec<String>,
    separator: Option<char>,
    #[serde(default)]
    takes_value: bool,
    without_value: Option<String>,
    default: Option<String>,
    #[serde(default)]
    conflicts: Vec<String>,
    #[serde(default)]
    requires: Vec<String>,
    #[serde(default)]
    forces: BTreeMap<String, String>,
    negates: Option<String>,
    before: Option<String>,
    build: Option<Build>,
    stat: Option<Stat>,
    runtime: Option<String>,
    repeat: Option<Repeat>,
}

const fn operator() -> Owner {
    Owner::Operator
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Scope {
    Extended,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Switch,
    Action,
    Counter,
    Ignored,
    Atoi,
    Strtol,
    Strtoul,
    Atof,
    Strtod,
    Octal,
    Size,
    Char,
    Word,
    List,
    Path,
    PathAndSize,
    Text,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Build {
    Tls,
    Sasl,
    Proxy,
    Extstore,
    DropPrivileges,
    Debug,
    SockCookie,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Repeat {
    Accumulate,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Stat {
    name: String,
    format: Format,
    build: Option<Build>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Format {
    Decimal,
    Multiplied(u64),
    Decimals(u8),
    Octal,
    AsGiven,
    Joined,
    Words(BTreeMap<String, String>),
    Fixed(String),
    Unsafe,
}

/// The Rust source of the table of options.
pub(crate) fn tables(folder: &Path) -> Result<String, Vec<Problem>> {
    let mut schema = Schema::read(folder, "memcached.toml")?;
    let meta: Meta = schema.take("meta")?;
    let (first, minors) = supported(&schema, &meta).map_err(|problem| vec![problem])?;
    let limits: Limits = schema.take("limits")?;
    let mut options = Vec::new();
    let mut problems = Vec::new();
    for (name, value) in &schema.tables {
        match one(&schema, name, value, first) {
            Ok(text) => options.push(text),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok([
            table("MEMCACHED_MINORS", "Minor", [minors]),
            table("OPTIONS", "MemcachedOption", options),
            limits_literal(&limits),
        ]
        .concat())
    } else {
        Err(problems)
    }
}

fn limits_literal(limits: &Limits) -> String {
    format!(
        "pub(super) static LIMITS: Limits = Limits {{ page_size: {}, item_share: {}, hot_and_warm_percent: {}, \
         default_hashpower: {}, item_lock_powers: {} }};\n",
        limits.page_size,
        limits.item_share,
        limits.hot_and_warm_percent,
        limits.default_hashpower,
        slice(limits.item_lock_powers.iter().map(|(threads, power)| format!("({threads}, {power})"))),
    )
}

/// The first version, and the source of the one supported minor.
fn supported(schema: &Schema, meta: &Meta) -> Result<(Version, String), Problem> {
    let versions = |texts: &[String]| -> Result<String, Problem> {
        let versions: Result<Vec<_>, _> = texts.iter().map(|text| schema.version("meta", text)).collect();
        Ok(slice(versions?.into_iter().map(version)))
    };
    let first = schema.version("meta", &meta.first)?;
    let minor = format!(
        "Minor {{ range: VersionRange::minor({}, {}), last_known: {}, measured: {}, verified: {}, \
         unknown: UnknownDirectives::Fatal }}",
        first.major,
        first.minor,
        version(schema.version("meta", &meta.last_known)?),
        versions(&meta.measured)?,
        versions(&meta.verified)?,
    );
    Ok((first, minor))
}

fn one(schema: &Schema, name: &str, value: &Value, first: Version) -> Result<String, Problem> {
    let problem = |message: String| schema.problem(name, message);
    let mut entry = value.as_table().cloned().ok_or_else(|| problem("is not a table".to_owned()))?;
    let since = schema.take_since(name, &mut entry)?.unwrap_or(first);
    let ends = entry.remove("until");
    let ends = ends.as_ref().and_then(Value::as_str).map(|text| schema.version(name, text)).transpose()?;
    let mut revisions = Vec::new();
    let mut newest = None;
    for Dated { since, until, state } in schema.dated("memcached", name, entry, since)? {
        let entry: Entry = schema.decode(name, state)?;
        for other in
            entry.conflicts.iter().chain(&entry.requires).chain(entry.forces.keys()).chain(&entry.negates)
        {
            if !schema.tables.contains_key(other) {
                return Err(problem(format!("`{other}` is no option")));
            }
        }
        revisions.push(facts(&entry, since, until.or(ends)).map_err(problem)?);
        newest = Some(entry);
    }
    let newest = newest.ok_or_else(|| problem("has no state".to_owned()))?;
    let spelling = match (newest.flag, newest.scope) {
        (Some(flag), None) => {
            let long = (name.chars().count() > 1).then(|| string(name));
            format!("Spelling::Flag {{ short: {flag:?}, long: {} }}", option(long))
        }
        (None, Some(Scope::Extended)) => "Spelling::Extended".to_owned(),
        _ => return Err(problem("needs either `flag` or `scope = \"extended\"`".to_owned())),
    };
    Ok(format!(
        "MemcachedOption {{ name: {}, about: {}, spelling: {spelling}, owner: {}, from_spec: {}, accumulates: {}, revisions: {} }}",
        string(name),
        string(&newest.about),
        variant("Owner", newest.owner),
        option(newest.from_spec.as_deref().map(string)),
        matches!(newest.repeat, Some(Repeat::Accumulate)),
        slice(revisions),
    ))
}

fn facts(entry: &Entry, since: Version, until: Option<Version>) -> Result<String, String> {
    let forces = entry.forces.iter().map(|(name, value)| format!("({}, {})", string(name), string(value)));
    Ok(format!(
        "OptionFacts {{ since: {}, until: {}, value: {}, without_value: {}, default: {}, conflicts: {}, requires: {}, \
         forces: {}, negates: {}, before: {}, build: {}, stat: {}, runtime: {} }}",
        version(since),
        option(until.map(version)),
        value(entry)?,
        option(entry.without_value.as_deref().map(string)),
        option(entry.default.as_deref().map(string)),
        strings(&entry.conflicts),
        strings(&entry.requires),
        slice(forces),
        option(entry.negates.as_deref().map(string)),
        option(entry.before.as_deref().filter(|name| !name.is_empty()).map(string)),
        option(entry.build.as_ref().map(|build| variant("MemcachedFeature", build))),
        option(entry.stat.as_ref().map(stat)),
        option(entry.runtime.as_deref().filter(|command| !command.is_empty()).map(string)),
    ))
}

/// The source of an `OptionValue`.
fn value(entry: &Entry) -> Result<String, String> {
    let name = format!("OptionValue::{:?}", entry.kind);
    Ok(match entry.kind {
        Kind::Switch
        | Kind::Counter
        | Kind::Octal
        | Kind::Char
        | Kind::Path
        | Kind::PathAndSize
        | Kind::Text => name,
        Kind::Action | Kind::Ignored => format!("{name} {{ takes_value: {} }}", entry.takes_value),
        Kind::Atoi | Kind::Strtol | Kind::Strtoul | Kind::Size => {
            let range = entry.range.as_deref().ok_or("`range` is missing")?;
            format!("{name}({})", numeric::literal(range, entry.unit.unwrap_or(Unit::None))?)
        }
        Kind::Atof | Kind::Strtod => {
            let bound = |bound: Option<f64>| option(bound.map(|bound| format!("{bound:?}")));
            format!("{name} {{ above: {}, most: {} }}", bound(entry.above), bound(entry.most))
        }
        Kind::Word if entry.values.is_empty() => return Err("`values` are missing".to_owned()),
        Kind::Word => format!("{name}({})", strings(&entry.values)),
        Kind::List => {
            format!("{name} {{ separator: {:?} }}", entry.separator.ok_or("`separator` is missing")?)
        }
    })
}

fn stat(stat: &Stat) -> String {
    let format = match &stat.format {
        Format::Decimal => "Decimal".to_owned(),
        Format::Multiplied(factor) => format!("Multiplied({factor})"),
        Format::Decimals(digits) => format!("Decimals({digits})"),
        Format::Octal => "Octal".to_owned(),
        Format::AsGiven => "AsGiven".to_owned(),
        Format::Joined => "Joined".to_owned(),
        Format::Words(words) => {
            let words =
                words.iter().map(|(given, printed)| format!("({}, {})", string(given), string(printed)));
            format!("Words({})", slice(words))
        }
        Format::Fixed(text) => format!("Fixed({})", string(text)),
        Format::Unsafe => "Unsafe".to_owned(),
    };
    format!(
        "Stat {{ name: {}, format: StatFormat::{format}, build: {} }}",
        string(&stat.name),
        option(stat.build.as_ref().map(|build| variant("MemcachedFeature", build))),
    )
}
