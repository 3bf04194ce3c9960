//! `cachewright drift`: which servers to ask, and how; the comparison and its report are the library's.

mod access;
mod baseline;
mod select;
mod via;

use std::io::IsTerminal;
use std::path::Path;
use std::time::SystemTime;

use self::baseline::Stop;
use super::args::{DriftArgs, DriftFormatArg};
use super::exit::Exit;
use super::files::{Secrets, compile_spec, today};
use super::output::Output;
use super::progress::Progress;
use crate::check::Checked;
use crate::drift::{self, Against, Copies, NodeReport, Tally};
use crate::live::{self, Access, Route};
use crate::model::{AnyNode, Model};
use crate::report::drift::{Accepting, Format, Look, Told};
use crate::report::{self, Options};
use crate::source::Sources;

pub(super) fn run(args: &DriftArgs, output: &mut Output) -> Exit {
    let mut compiled = compile_spec(&args.spec);
    // Lints do not stand in the way, and are not repeated here, whatever their level.
    let Some(model) = compiled.take_checked() else {
        let secrets = compiled.secrets();
        let options = Options { color: output.color_err(), redact: &secrets };
        output.err(report::emit(&compiled.findings, &compiled.sources, report::Format::Human, &options));
        if compiled.unreadable {
            return Exit::Usage;
        }
        output.err("no server was asked: they can be compared with a sound spec only\n");
        return Exit::Findings;
    };
    match compare(args, &model, &compiled.sources, output) {
        Ok(exit) | Err(Stop::Told(exit)) => exit,
        Err(Stop::Usage(why)) => output.usage(&why),
    }
}

/// Asks and tells; or says what was wrong with how it was called, before anybody was asked.
fn compare(
    args: &DriftArgs,
    model: &Checked<Model>,
    sources: &Sources,
    output: &mut Output,
) -> Result<Exit, Stop> {
    let nodes = select::nodes(model, &args.selectors)?;
    let access = access::access(&args.access, model)?;
    if let Some(folder) = args.files.as_ref().filter(|folder| !folder.is_dir()) {
        return Err(Stop::Usage(format!("there is no folder {}", folder.display())));
    }
    let baseline = baseline::read(args, output)?;
    let routes: Vec<Route> = nodes.iter().map(|node| Route::to(model, node, &access)).collect();
    let asked_at = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs();
    let mut reports = ask(model, &nodes, &access, args.files.as_deref());
    let remarks = baseline
        .as_ref()
        .map(|(_, baseline)| baseline.apply(model, &mut reports, today()))
        .unwrap_or_default();
    let deny_moved = args.deny.is_some();
    let told = Told {
        model,
        sources,
        reports: &reports,
        routes: &routes,
        baseline: baseline.as_ref().map(|(name, baseline)| Accepting {
            name,
            sources: &baseline.sources,
            remarks: &remarks,
        }),
        deny_moved,
        asked_at,
    };
    let look = Look { color: output.color_out(), width: output.width() };
    let tally = Tally::of(&reports, deny_moved);
    if let Some(path) = &args.write_baseline {
        output.out(report::drift::unobserved(&told, look));
        baseline::write(path, baseline.as_ref().map(|(_, baseline)| baseline), &told, output)?;
        return Ok(if tally.unknown() > 0 { Exit::Unchecked } else { Exit::Clean });
    }
    output.out(report::drift::emit(&told, args.format.into(), look));
    if let Some(baseline) = told.baseline {
        output.err(baseline::remarks(&baseline));
    }
    Ok(exit(&tally))
}

/// Asks the nodes, and compares what they say; `files` is the folder with copies of the hosts' files.
fn ask<'m>(
    model: &'m Checked<Model>,
    nodes: &[AnyNode<'m>],
    access: &Access<'_>,
    files: Option<&Path>,
) -> Vec<NodeReport<'m>> {
    let progress = Progress::start("asking servers", nodes.len(), std::io::stderr().is_terminal());
    let heard = live::observe(model, nodes, access, || progress.step());
    progress.end();
    let copy = |host: &str, path: &str| {
        let folder = files?.join(host);
        std::fs::read(folder.join(path.trim_start_matches('/'))).ok()
    };
    let copies = files.is_some().then_some(&copy as Copies<'_>);
    let against = Against { secrets: &Secrets, copies, now: time::OffsetDateTime::now_utc() };
    drift::compare(model, &heard, &against)
}

fn exit(tally: &Tally) -> Exit {
    match (tally.unknown(), tally.drift) {
        (1.., _) => Exit::Unchecked,
        (0, 1..) => Exit::Findings,
        (0, 0) => Exit::Clean,
    }
}

impl From<DriftFormatArg> for Format {
    fn from(format: DriftFormatArg) -> Self {
        match format {
            DriftFormatArg::Human => Format::Human,
            DriftFormatArg::Json => Format::Json,
            DriftFormatArg::Junit => Format::Junit,
            DriftFormatArg::Github => Format::Github,
            DriftFormatArg::Prometheus => Format::Prometheus,
        }
    }
}
