//! `cachewright check`.

use super::args::{CheckArgs, FormatArg};
use super::exit::Exit;
use super::files::compile_spec;
use super::output::Output;
use crate::diag::{Findings, Level};
use crate::pipeline::Compiled;
use crate::report::{self, Format, Options};

impl From<FormatArg> for Format {
    fn from(format: FormatArg) -> Self {
        match format {
            FormatArg::Human => Format::Human,
            FormatArg::Json => Format::Json,
        }
    }
}

pub(super) fn run(args: &CheckArgs, output: &mut Output) -> Exit {
    let compiled: Vec<_> = args.specs.iter().map(|path| (path, compile_spec(path))).collect();
    let deny = args.deny.is_some();
    let mut exit = Exit::Clean;
    for (path, compiled) in &compiled {
        exit = exit.and(exit_of(compiled, deny));
        let secrets = compiled.secrets();
        let options = Options { color: output.color_out(), redact: &secrets };
        let text = report::emit(&compiled.findings, &compiled.sources, args.format.into(), &options);
        output.out(text);
        if args.format == FormatArg::Human && compiled.findings.is_empty() {
            output.out(clean(&path.to_string_lossy(), compiled));
        }
    }
    exit
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
