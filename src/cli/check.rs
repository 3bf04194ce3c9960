//! `cachewright check`.

use super::args::{CheckArgs, FormatArg};
use super::exit::Exit;
use super::files::compile_spec;
use super::output::Output;
use crate::diag::{Findings, Level};
use crate::explain;
use crate::pipeline::Compiled;
use crate::report::json::Report;
use crate::report::{self, Format, Options};

pub(super) fn run(args: &CheckArgs, output: &mut Output) -> Exit {
    if args.list_rules {
        let text = explain::list().render(output.width());
        output.out(text);
        return Exit::Clean;
    }
    let compiled: Vec<_> = args
        .specs
        .iter()
        .map(|path| {
            let mut compiled = compile_spec(path);
            compiled.try_templates();
            (path, compiled)
        })
        .collect();
    let deny = args.deny.is_some();
    match args.format {
        FormatArg::Human => {
            for (path, compiled) in &compiled {
                human(&path.to_string_lossy(), compiled, output);
            }
        }
        FormatArg::Json => output.out(json(compiled.iter().map(|(_, compiled)| compiled))),
    }
    compiled.iter().map(|(_, compiled)| exit_of(compiled, deny)).fold(Exit::Clean, Exit::and)
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
fn json<'c>(compiled: impl Iterator<Item = &'c Compiled>) -> String {
    let with_secrets: Vec<_> = compiled.map(|compiled| (compiled, compiled.secrets())).collect();
    let reports: Vec<Report<'_>> = with_secrets
        .iter()
        .map(|(compiled, secrets)| Report {
            findings: &compiled.findings,
            sources: &compiled.sources,
            redact: secrets,
        })
        .collect();
    report::json::render_all(&reports)
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
