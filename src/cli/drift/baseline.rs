//! The file of a baseline: read before anybody is asked, and written.

use std::path::Path;

use super::super::args::DriftArgs;
use super::super::exit::Exit;
use super::super::files::{in_days, reason, write_whole};
use super::super::output::Output;
use crate::drift::{Baseline, NodeReport};
use crate::report::drift::Accepting;
use crate::report::{self, Options, counted};

/// How long a new entry counts, in days.
const DAYS: i64 = 90;

/// The baseline of a run with the name of its file: the one that was named, or the one that is to be written anew.
/// Mistakes in it are printed, all of them; nobody is asked then.
pub(super) fn read(
    args: &DriftArgs,
    output: &mut Output,
) -> Result<Result<Option<(String, Baseline)>, String>, Exit> {
    let (path, old) = match (&args.baseline, &args.write_baseline) {
        (Some(path), _) => (path, false),
        (None, Some(path)) => (path, true),
        (None, None) => return Ok(Ok(None)),
    };
    let name = path.display().to_string();
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if old && error.kind() == std::io::ErrorKind::NotFound => return Ok(Ok(None)),
        Err(error) => return Ok(Err(format!("cannot read {name}: {}", reason(&error)))),
    };
    if old && !Baseline::is_ours(&bytes) {
        let why = "it was not written by `drift --write-baseline`; name another file";
        return Ok(Err(format!("{name} is left alone: {why}")));
    }
    let Ok(text) = String::from_utf8(bytes) else { return Ok(Err(format!("{name} is not UTF-8 text"))) };
    match Baseline::read(&name, &text) {
        Ok(baseline) => Ok(Ok(Some((name, baseline)))),
        Err((sources, findings)) => {
            let options = Options { color: output.color_err(), redact: &[] };
            output.err(report::emit(&findings, &sources, report::Format::Human, &options));
            Err(Exit::Usage)
        }
    }
}

/// Writes a baseline of all that counts as drift.
pub(super) fn write(
    path: &Path,
    reports: &[NodeReport<'_>],
    deny_moved: bool,
    output: &mut Output,
) -> Result<(), String> {
    let (text, count) = Baseline::text(reports, deny_moved, in_days(DAYS));
    write_whole(path, text.as_bytes(), 0o644)?;
    let name = path.display();
    let differences = counted(count, "difference");
    let open = text.lines().filter(|line| *line == "reason = \"\"").count();
    output.err(format!("{name} accepts {differences}"));
    output.err(match open {
        0 => "\n".to_owned(),
        open => format!(": give a reason to {}\n", counted(open, "entry").replace("entrys", "entries")),
    });
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
