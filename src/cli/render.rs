//! `cachewright render`.

use super::args::RenderArgs;
use super::exit::Exit;
use super::files::{Secrets, compile_spec, write_whole};
use super::output::Output;
use crate::emit::{Artifact, EmitOptions, emit};
use crate::pipeline::template_findings;
use crate::report::{self, Format, Options};
use crate::spec::nearest;

pub(super) fn run(args: &RenderArgs, output: &mut Output) -> Exit {
    let compiled = compile_spec(&args.spec);
    let secrets = compiled.secrets();
    let options = Options { color: output.color_err(), redact: &secrets };
    output.err(report::emit(&compiled.findings, &compiled.sources, Format::Human, &options));
    if compiled.unreadable {
        return Exit::Usage;
    }
    let Some(checked) = compiled.checked().filter(|_| !compiled.findings.has_errors()) else {
        return Exit::Findings;
    };
    let source = args.with_secrets.then_some(&Secrets as &dyn crate::emit::SecretSource);
    let artifacts = match emit(&checked, &EmitOptions { secrets: source, layout: args.layout.into() }) {
        Ok(artifacts) => artifacts,
        Err(errors) => {
            let findings = template_findings(&errors);
            let secrets = compiled.secrets_beside(&findings);
            let options = Options { redact: &secrets, ..options };
            output.err(report::emit(&findings, &compiled.sources, Format::Human, &options));
            for error in errors.iter().filter(|error| error.finding().is_none()) {
                output.err(format!("error: {error}\n"));
            }
            return Exit::Findings;
        }
    };
    match (&args.file, &args.out) {
        (Some(file), _) => one(&artifacts, file, output),
        (None, Some(folder)) => {
            for artifact in &artifacts {
                if let Err(why) = write_whole(&folder.join(&artifact.path), &artifact.bytes, artifact.mode) {
                    return output.usage(&why);
                }
            }
            output.err(format!("{} files written to {}\n", artifacts.len(), folder.display()));
            Exit::Clean
        }
        (None, None) => output.usage("say where to: `-o DIR` for all files, or the name of one"),
    }
}

fn one(artifacts: &[Artifact], file: &str, output: &mut Output) -> Exit {
    if let Some(artifact) = artifacts.iter().find(|artifact| artifact.path == file) {
        output.out(&artifact.bytes);
        return Exit::Clean;
    }
    let near = nearest(file, artifacts.iter().map(|artifact| artifact.path.as_str()));
    let hint = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let paths: Vec<&str> = artifacts.iter().map(|artifact| artifact.path.as_str()).take(20).collect();
            format!("its files are:\n  {}", paths.join("\n  "))
        }
    };
    output.usage(&format!("the spec renders no file `{file}`; {hint}"))
}
