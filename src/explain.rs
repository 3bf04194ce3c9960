//! What there is to read about a rule: `cachewright explain` prints it as text, `docs/rules/` holds it
//! as Markdown, a page a rule. Both are generated from the rules, and their messages come from running the examples.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::check::{Example, RULES, Rule, RuleGroup};
use crate::diag::CodeKind;
use crate::pipeline::{Compiled, compile};
use crate::report::table::Table;
use crate::report::{self, Options};
use crate::spec::{Date, ReadText};

/// The name of an example's spec.
const SPEC: &str = "shop.toml";

/// The day on which examples are read.
pub(crate) const EXAMPLE_DAY: Date = Date { year: 2026, month: 1, day: 1 };

/// Texts by path, for specs that are not files.
struct Texts<'a>(BTreeMap<PathBuf, &'a str>);

impl ReadText for Texts<'_> {
    fn read(&self, path: &Path) -> Result<String, String> {
        self.0.get(path).map(|text| (*text).to_owned()).ok_or_else(|| "no such file".to_owned())
    }

    fn list(&self, folder: &Path) -> Result<Vec<String>, String> {
        let below = self.0.keys().filter_map(|path| path.strip_prefix(folder).ok());
        let names: Vec<String> = below.map(|path| path.to_string_lossy().into_owned()).collect();
        if names.is_empty() { Err("no such folder".to_owned()) } else { Ok(names) }
    }
}

/// Compiles a spec that is called `shop.toml`, with its layers by path, on a fixed day.
pub fn compile_example(spec: &str, layers: &[(&str, &str)]) -> Compiled {
    let texts = layers.iter().map(|(path, text)| (PathBuf::from(path), *text));
    let texts = Texts(texts.chain([(PathBuf::from(SPEC), spec)]).collect());
    let mut compiled = compile(Path::new(SPEC), &texts, EXAMPLE_DAY);
    compiled.try_templates();
    compiled
}

/// The messages of an example, as people see them; empty where it has no finding.
pub fn messages(example: &Example) -> String {
    let compiled = compile_example(example.spec, example.layers);
    let secrets = compiled.secrets();
    let options = Options { color: false, redact: &secrets };
    let text = report::human::render(&compiled.findings, &compiled.sources, &options);
    // Where to read more is where the reader is.
    let end = text.rfind("\n\n").unwrap_or(text.len());
    format!("{}\n", text[..end].trim_end()).trim_start_matches('\n').to_owned()
}

/// How much a rule weighs and whether that can be changed, in words.
pub fn level(rule: &Rule) -> &'static str {
    match rule.code.kind() {
        CodeKind::Hard => "always an error",
        CodeKind::Error => "an error, unless `[lints]` says otherwise",
        CodeKind::Warn => "a warning, unless `[lints]` says otherwise",
        CodeKind::Allow => "off, until `[lints]` asks for it",
    }
}

/// The rule's level as lists have it.
fn level_word(rule: &Rule) -> &'static str {
    match rule.code.kind() {
        CodeKind::Hard => "error, always",
        CodeKind::Error => "error",
        CodeKind::Warn => "warn",
        CodeKind::Allow => "allow",
    }
}

/// Every rule with a line each: its name, its group, its level and what it finds.
pub fn list() -> Table {
    let mut table = Table::with_header(["RULE", "GROUP", "LEVEL", "WHAT IT FINDS"]);
    for group in RuleGroup::ALL {
        for rule in of_group(*group) {
            table.row([rule.code.name(), group.name(), level_word(rule), rule.about]);
        }
    }
    table
}

fn of_group(group: RuleGroup) -> impl Iterator<Item = &'static Rule> {
    RULES.iter().copied().filter(move |rule| rule.group == group)
}

/// Everything about a rule, as plain text.
pub fn text(rule: &Rule) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}: {}", rule.code.name(), rule.about);
    let _ = writeln!(out, "{} ({})", level(rule).replace('`', ""), rule.group.name());
    let _ = writeln!(out, "\n{}\n\nThis fails:\n", rule.why);
    out.push_str(&indented(&files(&rule.fails)));
    out.push_str("\nwith:\n\n");
    out.push_str(&indented(&messages(&rule.fails)));
    out.push_str("\nThis passes:\n\n");
    out.push_str(&indented(&files(&rule.passes)));
    let _ = writeln!(out, "\nSource: {}", rule.source);
    out
}

/// The pages below `docs/rules/`: file name and text.
pub fn pages() -> Vec<(String, String)> {
    let rules = RULES.iter().map(|rule| (format!("{}.md", rule.code.name()), page(rule)));
    std::iter::once(("README.md".to_owned(), contents())).chain(rules).collect()
}

/// The page that lists the rules by group.
fn contents() -> String {
    let mut out = String::from(
        "# Rules\n\n\
         Every finding carries the name of its rule; `cachewright explain RULE` prints what stands on the rule's page, and\n\
         `cachewright check --list-rules` this list. These pages are generated from the rules:\n\
         `UPDATE_DOCS=1 cargo test --test rules` writes them anew.\n\n\
         What a server would refuse, or would not be what the spec declares, is always an error. All other rules are\n\
         lints: `[lints]` in the spec, and `lints` of a deployment, set their level by the rule's name or the group's.\n\n\
         ```toml\n\
         [lints]\n\
         opinion     = \"warn\"      # a group: what many good teams do otherwise, off by default\n\
         unused-host = { level = \"allow\", reason = \"cache-b joins in spring\", until = 2027-03-01 }\n\
         ```\n",
    );
    for group in RuleGroup::ALL {
        let mut rules = of_group(*group).peekable();
        if rules.peek().is_none() {
            continue;
        }
        let _ = writeln!(out, "\n## {}\n\n| rule | level | finds |\n|---|---|---|", group.name());
        for rule in rules {
            let name = rule.code.name();
            let _ = writeln!(out, "| [{name}]({name}.md) | {} | {} |", level_word(rule), rule.about);
        }
    }
    out
}

/// The page of one rule.
fn page(rule: &Rule) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "# {}\n", rule.code.name());
    let _ = writeln!(out, "{}. *{}; group {}.*\n", rule.about, capital(level(rule)), rule.group.name());
    let _ = writeln!(out, "{}\n\nThis fails:\n", rule.why);
    let _ = writeln!(out, "```toml\n{}```\n", files(&rule.fails));
    let _ = writeln!(out, "```text\n{}```\n", messages(&rule.fails));
    let _ = writeln!(out, "This passes:\n\n```toml\n{}```\n", files(&rule.passes));
    let _ = writeln!(out, "Source: {}", rule.source);
    out
}

/// The files of an example under their names; a single one needs none.
fn files(example: &Example) -> String {
    let mut out = String::new();
    if !example.layers.is_empty() {
        let _ = writeln!(out, "# {SPEC}");
    }
    out.push_str(example.spec);
    for (name, text) in example.layers {
        let _ = write!(out, "\n# {name}\n{text}");
    }
    out
}

fn indented(text: &str) -> String {
    let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") };
    text.lines().map(line).collect()
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}
