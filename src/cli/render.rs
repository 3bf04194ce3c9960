//! `cachewright render`.

use std::mem::ManuallyDrop;
use std::path::Path;

use super::args::RenderArgs;
use super::changes::Changes;
use super::exit::Exit;
use super::files::{Secrets, compile_spec};
use super::output::Output;
use crate::check::Checked;
use crate::emit::{Artifact, EmitError, EmitOptions, SecretSource, Stopped, emit, emit_one, emit_to};
use crate::model::Model;
use crate::pipeline::{Compiled, template_findings};
use crate::report::{self, Format, Options, counted};
use crate::spec::nearest;
use crate::tree::{Staging, Summary, TreeError};

/// Files that are listed where one was not found.
const LISTED: usize = 20;
/// Files changed by hand that are named.
const NAMED: usize = 5;

pub(super) fn run(args: &RenderArgs, output: &mut Output) -> Exit {
    let mut compiled = compile_spec(&args.spec);
    let secrets = compiled.secrets();
    let options = Options { color: output.color_err(), redact: &secrets };
    output.err(report::emit(&compiled.findings, &compiled.sources, Format::Human, &options));
    if compiled.unreadable {
        return Exit::Usage;
    }
    if compiled.findings.has_errors() {
        return Exit::Findings;
    }
    let Some(model) = compiled.take_checked() else { return Exit::Findings };
    // The program ends: to give back the memory of thousands of nodes piece by piece would only take time.
    let model = ManuallyDrop::new(model);
    let secrets = args.with_secrets.then_some(&Secrets as &dyn SecretSource);
    let options = EmitOptions { secrets, layout: args.layout.into() };
    let rendering = Rendering { compiled: &compiled, model: &model, options: &options };
    match (&args.file, &args.out) {
        (Some(file), _) => rendering.print(file, output),
        (None, Some(folder)) if args.check => rendering.compare(folder, output),
        (None, Some(folder)) => rendering.write(folder, output),
        (None, None) => output.usage("say where to: `-o DIR` for all files, or the name of one"),
    }
}

/// A spec that may be rendered, and how.
struct Rendering<'r> {
    compiled: &'r Compiled,
    model: &'r Checked<Model>,
    options: &'r EmitOptions<'r>,
}

impl Rendering<'_> {
    fn print(&self, file: &str, output: &mut Output) -> Exit {
        match emit_one(self.model, self.options, file) {
            Ok(Some(artifact)) => {
                output.out(&artifact.bytes);
                return Exit::Clean;
            }
            Ok(None) => {}
            Err(errors) => return self.unrendered(&errors, output),
        }
        match emit(self.model, self.options) {
            Ok(artifacts) => no_such_file(&artifacts, file, output),
            Err(errors) => self.unrendered(&errors, output),
        }
    }

    /// Brings a folder up to date.
    fn write(&self, folder: &Path, output: &mut Output) -> Exit {
        let opened =
            Staging::open(folder).and_then(|staging| staging.is_for(&self.model.name).map(|()| staging));
        let mut staging = match opened {
            Ok(staging) => staging,
            Err(error) => return output.usage(&error.to_string()),
        };
        let manifest = match emit_to(self.model, self.options, |artifact| staging.add(&artifact)) {
            Ok(manifest) => manifest,
            Err(stopped) => return self.stopped(stopped, output),
        };
        match staging.commit(&manifest) {
            Ok(summary) => {
                for path in &summary.kept {
                    output.err(format!(
                        "warning: {} is rendered no more, and was changed by hand: it is left there, and is yours now\n",
                        folder.join(path).display()
                    ));
                }
                if !summary.replaced.is_empty() {
                    output.err(format!("warning: {}\n", replaced(&summary.replaced)));
                }
                output.err(format!("{}\n", told(&summary, folder)));
                Exit::Clean
            }
            Err(error) => output.usage(&error.to_string()),
        }
    }

    /// Says what would change in a folder.
    fn compare(&self, folder: &Path, output: &mut Output) -> Exit {
        let mut changes = match Changes::of(folder, self.model) {
            Ok(changes) => changes,
            Err(error) => return output.usage(&error.to_string()),
        };
        let looked = emit_to(self.model, self.options, |artifact| changes.look_at(&artifact));
        let looked = looked.and_then(|manifest| changes.look_at(&manifest.artifact()).map_err(Stopped::Sink));
        if let Err(stopped) = looked {
            return self.stopped(stopped, output);
        }
        let report = changes.report(output.color_out());
        output.out(report.text);
        if report.clean { Exit::Clean } else { Exit::Findings }
    }

    fn stopped(&self, stopped: Stopped<TreeError>, output: &mut Output) -> Exit {
        match stopped {
            Stopped::Errors(errors) => self.unrendered(&errors, output),
            Stopped::Sink(error) => output.usage(&error.to_string()),
        }
    }

    /// Says what stands in the way: own templates by findings in them, the rest by the file that it concerns.
    fn unrendered(&self, errors: &[EmitError], output: &mut Output) -> Exit {
        let findings = template_findings(errors);
        let secrets = self.compiled.secrets_beside(&findings);
        let options = Options { color: output.color_err(), redact: &secrets };
        output.err(report::emit(&findings, &self.compiled.sources, Format::Human, &options));
        for error in errors.iter().filter(|error| error.finding().is_none()) {
            output.err(format!("error: {error}\n"));
        }
        Exit::Findings
    }
}

/// What a run did, in a line.
fn told(summary: &Summary, folder: &Path) -> String {
    let mut parts = Vec::new();
    if summary.unchanged > 0 {
        parts.push(format!("{} unchanged", summary.unchanged));
    }
    if summary.modes > 0 {
        parts.push(format!("the mode of {} set right", counted(summary.modes, "file")));
    }
    if !summary.removed.is_empty() {
        parts.push(format!("{} removed", summary.removed.len()));
    }
    let more = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
    format!("{} written to {}{more}", counted(summary.written, "file"), folder.display())
}

/// Which files somebody had changed, so that a repair made on a host at night is not lost unseen.
fn replaced(paths: &[String]) -> String {
    let shown: Vec<&str> = paths.iter().map(String::as_str).take(NAMED).collect();
    let more = paths.len() - shown.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let (files, hold) = (counted(paths.len(), "file"), if paths.len() == 1 { "holds" } else { "hold" });
    format!(
        "{files} had been changed by hand and {hold} what the spec says again: {}{more}",
        shown.join(", ")
    )
}

/// Says which files there are.
fn no_such_file(artifacts: &[Artifact], file: &str, output: &mut Output) -> Exit {
    let near = nearest(file, artifacts.iter().map(|artifact| artifact.path.as_str()));
    let hint = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let paths: Vec<&str> =
                artifacts.iter().map(|artifact| artifact.path.as_str()).take(LISTED).collect();
            let more = match artifacts.len() - paths.len() {
                0 => String::new(),
                more => format!("\n  and {more} more, which `-o DIR` writes out"),
            };
            format!("its files are:\n  {}{more}", paths.join("\n  "))
        }
    };
    output.usage(&format!("the spec renders no file `{file}`; {hint}"))
}
