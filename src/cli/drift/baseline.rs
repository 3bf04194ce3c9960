//! The file of a baseline: read before anybody is asked, and written.

use std::fmt::Write as _;
use std::path::Path;

use super::super::args::DriftArgs;
use super::super::exit::Exit;
use super::super::files::{in_days, reason, write_whole};
use super::super::output::Output;
use crate::drift::Baseline;
use crate::report::drift::{Accepting, Told};
use crate::report::{self, Options, counted};

/// How long a new entry counts, in days.
const DAYS: i64 = 90;

/// Why a run ends before anybody was asked.
#[derive(Debug)]
pub(super) enum Stop {
    /// This has to be said.
    Usage(String),
    /// All has been said.
    Told(Exit),
}

impl From<String> for Stop {
    fn from(why: String) -> Self {
        Stop::Usage(why)
    }
}

/// The baseline of a run with the name of its file: the one that was named, or the one that is to be written anew.
/// Mistakes in it are printed, all of them.
pub(super) fn read(args: &DriftArgs, output: &mut Output) -> Result<Option<(String, Baseline)>, Stop> {
    let (path, old) = match (&args.baseline, &args.write_baseline) {
        (Some(path), _) => (path, false),
        (None, Some(path)) => (path, true),
        (None, None) => return Ok(None),
    };
    let name = path.display().to_string();
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if old && error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("cannot read {name}: {}", reason(&error)).into()),
    };
    if old && !Baseline::is_ours(&bytes) {
        let why = "it was not written by `drift --write-baseline`; name another file";
        return Err(format!("{name} is left alone: {why}").into());
    }
    let text = String::from_utf8(bytes).map_err(|_| format!("{name} is not UTF-8 text"))?;
    match Baseline::read(&name, &text) {
        Ok(baseline) => Ok(Some((name, baseline))),
        Err((sources, findings)) => {
            let options = Options { color: output.color_err(), redact: &[] };
            output.err(report::emit(&findings, &sources, report::Format::Human, &options));
            Err(Stop::Told(Exit::Usage))
        }
    }
}

/// Writes a baseline of all that counts as drift.
pub(super) fn write(
    path: &Path,
    before: Option<&Baseline>,
    told: &Told<'_>,
    output: &mut Output,
) -> Result<(), String> {
    let (text, count) = Baseline::text(before, told.model, told.reports, told.deny_moved, in_days(DAYS));
    write_whole(path, text.as_bytes(), 0o644)?;
    let mut line = format!("{} accepts {}", path.display(), counted(count, "difference"));
    match text.lines().filter(|line| *line == "reason = \"\"").count() {
        0 => {}
        1 => line.push_str("; one entry needs a reason before it can be used"),
        open => {
            let _ = write!(line, "; {open} entries need a reason before it can be used");
        }
    }
    output.err(format!("{line}\n"));
    Ok(())
}

/// What is to be said of entries, a line each.
pub(super) fn remarks(baseline: &Accepting<'_>) -> String {
    let line = |remark: &crate::drift::Remark| {
        let place = baseline.sources.locate(remark.span);
        format!("warning: {}:{}: {}\n", place.file, place.at.line, remark.text)
    };
    baseline.remarks.iter().map(line).collect()
}
