//! `schemas/redis.toml` and `schemas/valkey.toml` → the tables of directives.

use crate::decode::Schema;
use crate::directive::{Group, Owner, Repeat, Shown, TextRule, Unit, WithoutFeature};
use crate::literal::{option, slice, string, strings, variant, version};
use crate::numeric;
use crate::problem::Problem;
use crate::version::{Feature, Version, VersionRange};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use toml::{Table, Value};

/// The files, and the prefix of the names of their tables.
const ENGINES: [(&str, &str); 2] = [("redis.toml", "REDIS"), ("valkey.toml", "VALKEY")];

/// A state that begins with one of these fields says anew what values look like.
const KIND_HEADS: [&str; 2] = ["kind", "special"];

/// The fields that together say what values look like.
const KIND_FIELDS: [&str; 10] = [
    "kind",
    "special",
    "range",
    "unit",
    "max-percent",
    "values",
    "empty-is-unset",
    "max-bytes",
    "rule",
    "binary",
];

/// What is true of the engine as a whole.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Meta {
    engine: String,
    minors: BTreeMap<String, Minor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Minor {
    last_known: String,
    measured: Vec<String>,
    verified: Vec<String>,
    unknown_directives: UnknownDirectives,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum UnknownDirectives {
    Fatal,
    DottedAreQueued,
    AllAreQueued,
}

/// One state of a directive, as written.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "the fields of the file, as they are")]
struct Entry {
    about: String,
    group: Group,
    #[serde(default = "operator")]
    owner: Owner,
    #[serde(default)]
    secret: bool,
    #[serde(default)]
    backported: bool,
    from_spec: Option<String>,
    default_varies: Option<String>,
    since: Option<String>,
    until: Option<String>,
    name: Option<String>,
    #[serde(default)]
    aliases: Vec<String>,
    kind: Option<KindName>,
    special: Option<SpecialDef>,
    range: Option<String>,
    unit: Option<Unit>,
    max_percent: Option<u8>,
    #[serde(default)]
    values: Vec<Word>,
    #[serde(default)]
    empty_is_unset: bool,
    max_bytes: Option<u32>,
    #[serde(default)]
    binary: bool,
    rule: Option<TextRule>,
    default: Option<String>,
    #[serde(default = "yes")]
    runtime: bool,
    clamp: Option<(i64, i64)>,
    #[serde(default = "listed")]
    shown: Shown,
    #[serde(default = "last_wins")]
    repeat: Repeat,
    needs: Option<Feature>,
    #[serde(default = "unknown")]
    without: WithoutFeature,
    #[serde(default)]
    deprecated: bool,
    instead: Option<String>,
    #[serde(default)]
    protected: bool,
}

const fn yes() -> bool {
    true
}
const fn operator() -> Owner {
    Owner::Operator
}
const fn listed() -> Shown {
    Shown::Listed
}
const fn last_wins() -> Repeat {
    Repeat::LastWins
}
const fn unknown() -> WithoutFeature {
    WithoutFeature::Unknown
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum KindName {
    Bool,
    Enum,
    Flags,
    Integer,
    Memory,
    MemoryOrPercent,
    Octal,
    Text,
    Ignored,
}

/// The grammars, as [`crate::directive::Special`] has them, but with texts of their own.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "read through Debug, whose output is the literal")]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
enum SpecialDef {
    Bind { min_addresses: u8, max_addresses: u8, optional_prefix: bool },
    ClientOutputBufferLimit { strict: bool },
    Dir,
    Include { glob: bool },
    LatencyTrackingInfoPercentiles,
    Loadmodule,
    NotifyKeyspaceEvents { all: String, others: String },
    OomScoreAdjValues { min: i16, max: i16 },
    Replicaof { port_checked: bool },
    RenameCommand,
    Save { strict: bool },
    Sentinel,
    User,
    UncheckedMemory,
    UncheckedOctal,
    NotInFiles,
}

/// A word of an enumeration: plain, or with what is peculiar to it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Word {
    Plain(String),
    Peculiar(PeculiarWord),
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct PeculiarWord {
    word: String,
    prints: Option<String>,
    needs: Option<Feature>,
}

/// The Rust source of the tables of every engine.
pub(crate) fn tables(folder: &Path) -> Result<String, Vec<Problem>> {
    let (mut text, mut most) = (String::new(), 0);
    let mut problems = Vec::new();
    for (file, prefix) in ENGINES {
        match engine(folder, file, prefix) {
            Ok((table, directives)) => {
                text.push_str(&table);
                most = most.max(directives);
            }
            Err(found) => problems.extend(found),
        }
    }
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "/// How many directives an engine has at most.\n\
         pub(in crate::catalog) const MOST_DIRECTIVES: usize = {most};"
    );
    if problems.is_empty() { Ok(text) } else { Err(problems) }
}

/// The tables of one engine, and how many directives it has.
fn engine(folder: &Path, file: &str, prefix: &str) -> Result<(String, usize), Vec<Problem>> {
    let mut schema = Schema::read(folder, file)?;
    let meta: Meta = schema.take("meta")?;
    let (first, minors) = minors(&schema, &meta).map_err(|problem| vec![problem])?;

    let mut problems = Vec::new();
    let mut directives = Vec::new();
    // Every spelling of every version, and the directive it means.
    let mut spellings = BTreeMap::<String, usize>::new();
    // toml's table is ordered by name, and so is the one we write.
    for (name, value) in &schema.tables {
        let Value::Table(table) = value else {
            problems.push(schema.problem(name, "is not a table"));
            continue;
        };
        match directive(&schema, name, table.clone(), first, directives.len()) {
            Ok((text, names)) => {
                for spelling in names {
                    let owner = *spellings.entry(spelling.clone()).or_insert(directives.len());
                    if owner != directives.len() {
                        problems.push(schema.problem(name, format!("`{spelling}` is another directive too")));
                    }
                }
                directives.push(text);
            }
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let index = spellings.iter().map(|(spelling, at)| format!("({}, {at})", string(spelling)));
    let tables = format!(
        "pub(super) static {prefix}_MINORS: &[Minor] = {};\n\
         pub(super) static {prefix}_SPELLINGS: &[(&str, u16)] = {};\n\
         pub(super) static {prefix}_DIRECTIVES: &[Directive] = &[\n{}];\n",
        slice(minors),
        slice(index),
        directives.concat(),
    );
    Ok((tables, directives.len()))
}

/// The first supported version, and the source of each minor.
fn minors(schema: &Schema, meta: &Meta) -> Result<(Version, Vec<String>), Problem> {
    let problem = |message: String| schema.problem("meta", message);
    if !schema.file.ends_with(&format!("/{}.toml", meta.engine)) {
        return Err(problem(format!("engine = {:?} in {}", meta.engine, schema.file)));
    }
    let versions = |texts: &[String]| -> Result<String, Problem> {
        let versions: Result<Vec<_>, _> = texts.iter().map(|text| schema.version("meta", text)).collect();
        Ok(slice(versions?.into_iter().map(version)))
    };
    let mut minors = Vec::new();
    for (name, minor) in &meta.minors {
        let range: VersionRange =
            name.parse().map_err(|error| problem(format!("minor {name:?}: {error}")))?;
        let text = format!(
            "Minor {{ range: VersionRange::minor({}, {}), last_known: {}, measured: {}, verified: {}, unknown: {} }}",
            range.first.major,
            range.first.minor,
            version(schema.version("meta", &minor.last_known)?),
            versions(&minor.measured)?,
            versions(&minor.verified)?,
            variant("UnknownDirectives", &minor.unknown_directives),
        );
        minors.push((range.first, text));
    }
    minors.sort_by_key(|(first, _)| *first);
    let first = minors.first().ok_or_else(|| problem("no minors".to_owned()))?.0;
    Ok((first, minors.into_iter().map(|(_, text)| text).collect()))
}

/// The source of one directive and all its spellings, in lower case.
fn directive(
    schema: &Schema,
    name: &str,
    table: Table,
    first: Version,
    place: usize,
) -> Result<(String, Vec<String>), Problem> {
    let mut states = Vec::new();
    for (from, state) in schema.states(name, table, &KIND_HEADS, &KIND_FIELDS)? {
        states.push((from, schema.decode::<Entry>(name, state)?));
    }
    let (_, base) = &states[0];
    let problem = |message: &str| Err(schema.problem(name, message));
    if base.about.is_empty() || base.about.chars().count() >= 100 || base.about.ends_with('.') {
        return problem("`about` is one line below 100 characters, without a final stop");
    }
    let since = base.since.as_deref().map_or(Ok(first), |text| schema.version(name, text))?;
    let until = base.until.as_deref().map(|text| schema.version(name, text)).transpose()?;
    let starts: Vec<Version> = states.iter().map(|(from, _)| from.unwrap_or(since)).collect();
    if !starts.is_sorted_by(|a, b| a < b) || until.is_some_and(|until| until <= starts[starts.len() - 1]) {
        return problem("since < from … < until does not hold");
    }

    let mut revisions = String::new();
    let mut spellings = Vec::new();
    for (at, (_, entry)) in states.iter().enumerate() {
        let ends = starts.get(at + 1).copied().or(until);
        write_facts(&mut revisions, schema, name, entry, starts[at], ends)?;
        spellings.push(entry.name.as_deref().unwrap_or(name).to_ascii_lowercase());
        spellings.extend(entry.aliases.iter().map(|alias| alias.to_ascii_lowercase()));
    }
    if states.last().is_some_and(|(_, entry)| entry.name.as_deref().unwrap_or(name) != name) {
        return problem("the newest name is not the entry's name");
    }
    spellings.sort();
    spellings.dedup();
    let text = format!(
        "Directive {{ name: {}, place: {place}, about: {}, group: {}, owner: {}, secret: {}, backported: {}, from_spec: {}, default_varies: {}, revisions: &[\n{revisions}] }},\n",
        string(name),
        string(&base.about),
        variant("Group", base.group),
        variant("Owner", base.owner),
        base.secret,
        base.backported,
        option(base.from_spec.as_deref().map(string)),
        option(base.default_varies.as_deref().map(string)),
    );
    Ok((text, spellings))
}

/// Appends the source of one revision.
fn write_facts(
    out: &mut String,
    schema: &Schema,
    name: &str,
    entry: &Entry,
    since: Version,
    until: Option<Version>,
) -> Result<(), Problem> {
    let own = entry.name.as_deref().unwrap_or(name);
    let kind = kind(entry).map_err(|message| schema.problem(name, format!("{since}: {message}")))?;
    // Nothing is printed for a directive that is read and ignored, whatever an older version printed.
    let default = entry.default.as_deref().filter(|_| !matches!(entry.kind, Some(KindName::Ignored)));
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "Facts {{ name: {}, since: {}, until: {}, aliases: {}, kind: {kind}, default: {}, clamp: {}, runtime: {}, \
         shown: {}, repeat: {}, needs: {}, without_feature: {}, deprecated: {}, instead: {}, renamed: {}, protected: {} }},",
        string(own),
        version(since),
        option(until.map(version)),
        strings(&entry.aliases),
        option(default.map(string)),
        option(entry.clamp.map(|(low, high)| format!("({low}, {high})"))),
        entry.runtime,
        variant("Shown", entry.shown),
        variant("Repeat", entry.repeat),
        feature(entry.needs),
        variant("WithoutFeature", entry.without),
        entry.deprecated,
        option(entry.instead.as_deref().map(string)),
        option((own != name).then(|| string(name))),
        entry.protected,
    );
    Ok(())
}

fn feature(needs: Option<Feature>) -> String {
    option(needs.map(|feature| variant("Feature", feature)))
}

/// The source of a `Kind`.
fn kind(entry: &Entry) -> Result<String, String> {
    let Some(kind) = entry.kind else {
        let special = entry.special.as_ref().ok_or("neither `kind` nor `special`")?;
        return Ok(format!("Kind::Special(Special::{special:?})"));
    };
    if entry.special.is_some() {
        return Err("both `kind` and `special`".to_owned());
    }
    let name = format!("Kind::{kind:?}");
    Ok(match kind {
        KindName::Bool | KindName::Ignored => name,
        KindName::Enum | KindName::Flags => {
            if entry.values.is_empty() {
                return Err("`values` are missing".to_owned());
            }
            format!("{name}({})", slice(entry.values.iter().map(word)))
        }
        KindName::Integer | KindName::Octal => format!("{name}({})", numeric(entry, Unit::None)?),
        KindName::Memory => format!("{name}({})", numeric(entry, Unit::Bytes)?),
        KindName::MemoryOrPercent => {
            let max_percent = entry.max_percent.ok_or("`max-percent` is missing")?;
            format!("{name} {{ numeric: {}, max_percent: {max_percent} }}", numeric(entry, Unit::Bytes)?)
        }
        KindName::Text => format!(
            "{name} {{ empty_is_unset: {}, rule: {}, max_bytes: {}, binary: {} }}",
            entry.empty_is_unset,
            option(entry.rule.map(|rule| variant("TextRule", rule))),
            option(entry.max_bytes),
            entry.binary,
        ),
    })
}

fn word(word: &Word) -> String {
    let (word, prints, needs) = match word {
        Word::Plain(word) => (word, word, None),
        Word::Peculiar(peculiar) => {
            (&peculiar.word, peculiar.prints.as_ref().unwrap_or(&peculiar.word), peculiar.needs)
        }
    };
    format!("EnumWord {{ word: {}, prints: {}, needs: {} }}", string(word), string(prints), feature(needs))
}

fn numeric(entry: &Entry, usual: Unit) -> Result<String, String> {
    let range = entry.range.as_deref().ok_or("`range` is missing")?;
    numeric::literal(range, entry.unit.unwrap_or(usual))
}
