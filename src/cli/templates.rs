//! `cachewright templates`: what templates there are, and their texts to start from.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::args::{ExportArgs, TemplatesArgs, TemplatesCommand};
use super::exit::Exit;
use super::files::{reason, write_whole};
use super::output::Output;
use crate::emit::{BuiltInTemplate, built_in_templates};
use crate::report::counted;
use crate::spec::{listed, nearest};

pub(super) fn run(args: &TemplatesArgs, output: &mut Output) -> Exit {
    match &args.command {
        None => list(output),
        Some(TemplatesCommand::Export(args)) => export(args, output),
    }
}

fn list(output: &mut Output) -> Exit {
    let width = built_in_templates().map(|template| template.name.len()).max().unwrap_or_default();
    for template in built_in_templates() {
        let read = if template.read_back { "; read back and compared with the spec" } else { "" };
        output.out(format!("{:width$}  {}{read}\n", template.name, template.makes));
    }
    Exit::Clean
}

/// Writes all that were asked for, or none.
fn export(args: &ExportArgs, output: &mut Output) -> Exit {
    let templates = match chosen(&args.names) {
        Ok(templates) => templates,
        Err(why) => return output.usage(&why),
    };
    let (mut missing, mut different) = (Vec::new(), Vec::new());
    for template in &templates {
        let path = args.out.join(template.name);
        match found(&path, template) {
            Ok(Found::Nothing) => missing.push((path, template)),
            Ok(Found::Same) => {}
            Ok(Found::Other) => different.push(template.name),
            Err(error) => {
                return output.usage(&format!("cannot read {}: {}", path.display(), reason(&error)));
            }
        }
    }
    if !different.is_empty() {
        return output.usage(&format!(
            "{} in {} differ from ours and are not written over; nothing was written. Export to another folder \
             with `-o DIR`, or name single templates",
            listed(&different),
            args.out.display()
        ));
    }
    if let Err(why) = write_all(&missing) {
        return output.usage(&why);
    }
    let there = templates.len() - missing.len();
    let note = if there > 0 { format!(", {there} there already") } else { String::new() };
    output.err(format!("{} written to {}{note}\n", counted(missing.len(), "template"), args.out.display()));
    Exit::Clean
}

fn chosen(names: &[String]) -> Result<Vec<BuiltInTemplate>, String> {
    let all: Vec<BuiltInTemplate> = built_in_templates().collect();
    if names.is_empty() {
        return Ok(all);
    }
    let known = || all.iter().map(|template| template.name);
    let unknown = names.iter().find(|name| !known().any(|known| known == name.as_str()));
    if let Some(name) = unknown {
        let hint = match nearest(name, known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`cachewright templates` lists them".to_owned(),
        };
        return Err(format!("there is no template `{}`; {hint}", name.escape_debug()));
    }
    Ok(all.into_iter().filter(|template| names.iter().any(|name| name == template.name)).collect())
}

/// What is at a template's place.
enum Found {
    Nothing,
    Same,
    Other,
}

fn found(path: &Path, template: &BuiltInTemplate) -> io::Result<Found> {
    match fs::read(path) {
        Ok(bytes) if bytes == template.text.as_bytes() => Ok(Found::Same),
        Ok(_) => Ok(Found::Other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Found::Nothing),
        Err(error) => Err(error),
    }
}

/// Writes files that are not there. Where one fails, those before it are taken away again.
fn write_all(files: &[(PathBuf, &BuiltInTemplate)]) -> Result<(), String> {
    for (at, (path, template)) in files.iter().enumerate() {
        if let Err(why) = write_whole(path, template.text.as_bytes(), 0o644) {
            for (written, _) in &files[..at] {
                // The first error is the one to report.
                let _ = fs::remove_file(written);
            }
            return Err(why);
        }
    }
    Ok(())
}
