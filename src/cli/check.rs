//! `cachewright check`.

use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use super::args::{CheckArgs, FormatArg};
use super::exit::Exit;
use super::files::{compile_spec, is_stdin, mend_specs, rewrite};
use super::output::Output;
use crate::diag::{Findings, Level};
use crate::explain;
use crate::fix::Fixed;
use crate::pipeline::Compiled;
use crate::report::json::Report;
use crate::report::{self, Format, Options};
use crate::source::Span;

pub(super) fn run(args: &CheckArgs, output: &mut Output) -> Exit {
    if args.list_rules {
        let text = explain::list().render(output.width());
        output.out(text);
        return Exit::Clean;
    }
    let checked = if args.fix {
        match mend(&args.specs, output) {
            Ok(checked) => checked,
            Err(exit) => return exit,
        }
    } else {
        Checked { compiled: args.specs.iter().map(|path| compile(path)).collect(), fixed: Vec::new() }
    };
    // The program ends: to give back the memory of thousands of nodes piece by piece would only take time.
    let checked = ManuallyDrop::new(checked);
    let deny = args.deny.is_some();
    match args.format {
        FormatArg::Human => {
            for (path, compiled) in args.specs.iter().zip(&checked.compiled) {
                human(&path.to_string_lossy(), compiled, output);
            }
        }
        FormatArg::Json => output.out(json(&checked)),
    }
    checked.compiled.iter().map(|compiled| exit_of(compiled, deny)).fold(Exit::Clean, Exit::and)
}

/// What is left of the findings, and what was mended.
struct Checked {
    compiled: Vec<Compiled>,
    fixed: Vec<Fixed>,
}

fn compile(path: &Path) -> Compiled {
    let mut compiled = compile_spec(path);
    compiled.try_templates();
    compiled
}

/// Mends the specs and writes what changed. Nothing is said to be mended that was not written.
fn mend(specs: &[PathBuf], output: &mut Output) -> Result<Checked, Exit> {
    if specs.iter().any(|path| is_stdin(path)) {
        return Err(output.usage("`--fix` writes to files, and standard input is none: name the spec's file"));
    }
    let mended = mend_specs(specs);
    rewrite(&mended.texts).map_err(|why| output.usage(&why))?;
    for fixed in &mended.fixed {
        let options = Options { color: false, redact: &fixed.secrets };
        output.err(report::human::fixed_lines(&fixed.findings, &fixed.sources, &options));
    }
    Ok(Checked { compiled: mended.compiled, fixed: mended.fixed })
}

fn human(name: &str, compiled: &Compiled, output: &mut Output) {
    let secrets = compiled.secrets();
    let options = Options { color: output.color_out(), redact: &secrets };
    output.out(report::emit(&compiled.findings, &compiled.sources, Format::Human, &options));
    if compiled.findings.is_empty() {
        output.out(clean(name, compiled));
    }
}

/// One document, however many specs there are.
fn json(checked: &Checked) -> String {
    let secrets: Vec<Vec<Span>> = checked.compiled.iter().map(Compiled::secrets).collect();
    let left = checked.compiled.iter().zip(&secrets).map(|(compiled, secrets)| Report {
        findings: &compiled.findings,
        sources: &compiled.sources,
        redact: secrets,
    });
    let fixed = checked.fixed.iter().map(|fixed| Report {
        findings: &fixed.findings,
        sources: &fixed.sources,
        redact: &fixed.secrets,
    });
    report::json::render_all(&left.collect::<Vec<_>>(), &fixed.collect::<Vec<_>>())
}

fn exit_of(compiled: &Compiled, deny_warnings: bool) -> Exit {
    if compiled.unreadable {
        return Exit::Usage;
    }
    if bad(&compiled.findings, deny_warnings) { Exit::Findings } else { Exit::Clean }
}

fn bad(findings: &Findings, deny_warnings: bool) -> bool {
    findings.iter().any(|finding| finding.level == Level::Error || deny_warnings)
}

fn clean(name: &str, compiled: &Compiled) -> String {
    let Some(model) = &compiled.model else { return String::new() };
    let deployments = model.deployments.len() + model.sentinels.len() + model.memcached.len();
    let nodes = model.deployments.iter().map(|deployment| deployment.nodes.len()).sum::<usize>()
        + model.sentinels.iter().map(|set| set.nodes.len()).sum::<usize>()
        + model.memcached.iter().map(|deployment| deployment.nodes.len()).sum::<usize>();
    report::human::clean_line(name, deployments, nodes)
}
