//! `cachewright check`.

use super::args::{CheckArgs, FormatArg};
use super::exit::Exit;
use super::files::compile_spec;
use super::output::Output;
use crate::diag::{Findings, Level};
use crate::pipeline::Compiled;
use crate::report::{self, Options};

pub(super) fn run(args: &CheckArgs, output: &mut Output) -> Exit {
    let compiled: Vec<_> = args.specs.iter().map(|path| (path, compile_spec(path))).collect();
    let secrets: Vec<_> = compiled.iter().map(|(_, compiled)| compiled.secrets()).collect();
    let color = output.color_out();
    let reports = compiled
        .iter()
        .zip(&secrets)
        .map(|((_, compiled), redact)| (&compiled.findings, &compiled.sources, Options { color, redact }));
    match args.format {
        FormatArg::Json => output.out(report::json::render_all(reports)),
        FormatArg::Human => {
            for ((path, compiled), (findings, sources, options)) in compiled.iter().zip(reports) {
                output.out(report::human::render(findings, sources, &options));
                if findings.is_empty() {
                    output.out(clean(&path.to_string_lossy(), compiled));
                }
            }
        }
    }
    let deny = args.deny.is_some();
    compiled.iter().fold(Exit::Clean, |exit, (_, compiled)| exit.and(exit_of(compiled, deny)))
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
