//! What there is to read about a rule: `cachewright explain` prints it as text, `docs/rules.md` holds it
//! as Markdown. Both are generated from the rules, and their messages come from running the examples.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::check::{Example, RULES, Rule, RuleGroup};
use crate::diag::CodeKind;
use crate::pipeline::{Compiled, compile};
use crate::report::{self, Options};
use crate::spec::{Date, ReadText};

/// The name of an example's spec.
const SPEC: &str = "shop.toml";

/// The day on which examples are read.
const EXAMPLE_DAY: Date = Date { year: 2026, month: 1, day: 1 };

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

/// Whether the spec has the last word about the rule, in words.
pub fn level(rule: &Rule) -> &'static str {
    match rule.code.kind() {
        CodeKind::Hard => "always an error",
        CodeKind::Lint => "a lint: `[lints]` sets its level",
    }
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

/// The page `docs/rules.md`.
pub fn markdown() -> String {
    let mut out = String::from(
        "# Rules\n\n\
         Every finding carries the name of its rule. `cachewright explain RULE` prints what stands here.\n\
         This page is generated from the rules; `UPDATE_DOCS=1 cargo test --test rules` writes it anew.\n",
    );
    for group in RuleGroup::ALL {
        let _ = writeln!(out, "\n**{}**\n", group.name());
        for rule in RULES.iter().filter(|rule| rule.group == *group) {
            let _ = writeln!(out, "- [{0}](#{0}): {1}", rule.code.name(), rule.about);
        }
    }
    for rule in RULES {
        let _ = writeln!(out, "\n## {}\n\n{}. *{}.*\n", rule.code.name(), rule.about, capital(level(rule)));
        let _ = writeln!(out, "{}\n\nThis fails:\n", rule.why);
        let _ = writeln!(out, "```toml\n{}```\n", files(&rule.fails));
        let _ = writeln!(out, "```text\n{}```\n", messages(&rule.fails));
        let _ = writeln!(out, "This passes:\n\n```toml\n{}```\n", files(&rule.passes));
        let _ = writeln!(out, "Source: {}", rule.source);
    }
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
