//! What minijinja says is wrong, at its place in a template.

use std::error::Error as _;
use std::ops::Range;

use minijinja::{Error, ErrorKind, Value};

use crate::diag::{Code, Finding};
use crate::source::{Sources, Span};
use crate::spec::{TemplateFile, nearest, secrets};

use super::Own;
use super::refused::{explained, is_none, is_refusal};

/// A finding for an error in own templates; none where the error touches none of them. `data` is what the
/// template was filled with.
pub(super) fn finding(own: &Own, error: &Error, data: Option<&Value>) -> Option<Finding> {
    let chain = chain(error);
    let places: Vec<(&Error, &TemplateFile)> =
        chain.iter().filter_map(|error| Some((*error, own.file(error.name()?)?))).collect();
    let (at, file) = *places.last()?;
    let cause = chain.last().copied().unwrap_or(error);
    let span = place(file, at);
    let mut finding = told(file, span, cause, data);
    for (outer, outer_file) in places.iter().rev().skip(1).take(3) {
        let outer_span = place(outer_file, outer);
        if outer_span != span {
            finding = finding.related(outer_span, "brought in here");
        }
    }
    Some(finding)
}

/// The error and what it was caused by, as far as the engine tells of itself.
fn chain(error: &Error) -> Vec<&Error> {
    let mut chain = vec![error];
    let mut source = error.source();
    while let Some(next) = source {
        if let Some(inner) = next.downcast_ref::<Error>() {
            chain.push(inner);
        }
        source = next.source();
    }
    chain
}

/// The expression that fails, else the line, else the beginning.
fn place(file: &TemplateFile, error: &Error) -> Span {
    let whole = |range: &Range<usize>| file.text.get(range.clone()).is_some_and(|text| !text.is_empty());
    let range = error.range().filter(whole).or_else(|| error.line().map(|line| line_of(&file.text, line)));
    Sources::span(file.source, first_line(&file.text, range.unwrap_or(0..0)))
}

/// What of a range stands on its first line, without blanks at its ends.
fn first_line(text: &str, range: Range<usize>) -> Range<usize> {
    let Some(part) = text.get(range.clone()) else { return range };
    let start = range.start + (part.len() - part.trim_start().len());
    let line = part.trim_start().lines().next().unwrap_or_default().trim_end();
    start..start + line.len()
}

/// A line counted from 1, without its line break.
pub(in crate::emit) fn line_of(text: &str, number: usize) -> Range<usize> {
    let mut start = 0;
    for (at, line) in text.split_inclusive('\n').enumerate() {
        if at + 1 == number {
            return start..start + line.trim_end().len();
        }
        start += line.len();
    }
    text.len()..text.len()
}

fn told(file: &TemplateFile, span: Span, cause: &Error, data: Option<&Value>) -> Finding {
    let name = &file.name;
    let detail = cause.detail().unwrap_or_default();
    let new = |title: String| Finding::new(Code::InvalidTemplate, span, title);
    // The engine quotes what it does not understand.
    if !is_refusal(detail) && !is_none(detail) && secrets::is_near_secret(&file.text, &span.range()) {
        return new(format!("`{name}` cannot be used, because of a line that names a secret"))
            .help("correct the line; it takes no secret, for those come from the spec's references")
            .note(format!("what is wrong with it is not quoted here: {}", cause.kind()));
    }
    match cause.kind() {
        _ if is_refusal(detail) => explained(new(detail.to_owned())),
        ErrorKind::SyntaxError => new(format!("`{name}` is no template: {}", or_kind(cause)))
            .help("correct its syntax, which is Jinja's"),
        ErrorKind::UndefinedError => undefined(file, span, detail, data),
        ErrorKind::OutOfFuel => new(format!("`{name}` does too much and does not come to an end"))
            .help("look for a loop over very many things, or one inside of another"),
        ErrorKind::TemplateNotFound => new(format!("`{name}` brings in what is not there: {detail}"))
            .help("its name has to end in `.j2` and begin at the folder of templates"),
        ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction => {
            new(format!("`{name}` uses what there is not: {detail}"))
                .help("docs/templates.md lists our filters; the others are minijinja's own")
        }
        _ if detail.contains("recursion limit") => {
            new(format!("`{name}` brings in itself, or calls a macro that calls itself, without an end"))
                .help("look for templates that include each other")
        }
        _ if is_none(detail) => {
            let written = file.text.get(span.range()).unwrap_or_default();
            new(format!("`{name}` writes `{written}` where it is none")).help(format!(
                "ask first, `{{% if {written} %}}`, or write something else: `{{{{ {written} or \"-\" }}}}`"
            ))
        }
        _ => new(format!("`{name}` cannot be filled in: {}", or_kind(cause))),
    }
}

fn or_kind(error: &Error) -> String {
    error.detail().map_or_else(|| error.kind().to_string(), str::to_owned)
}

/// A variable or field that is not there.
fn undefined(file: &TemplateFile, span: Span, detail: &str, data: Option<&Value>) -> Finding {
    let written = file.text.get(span.range()).unwrap_or_default();
    let what = if written.is_empty() { "something".to_owned() } else { format!("`{written}`") };
    let title = format!("{what} is not there for `{}`", file.name);
    let finding = Finding::new(Code::InvalidTemplate, span, title);
    let Some((word, known)) = data.and_then(|data| first_unknown(written, data)) else {
        return finding
            .help("docs/templates.md lists what there is; `is defined` asks whether something is there");
    };
    let names: Vec<&str> = known.iter().map(String::as_str).collect();
    let finding = match nearest(word, names.iter().copied()) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => finding.help(format!("there are {}", crate::spec::listed(&names))),
    };
    if detail.is_empty() || detail.contains(written) { finding } else { finding.note(detail.to_owned()) }
}

/// The first name of `a.b.c` that the data do not have, and those that they have there.
fn first_unknown<'w>(written: &'w str, data: &Value) -> Option<(&'w str, Vec<String>)> {
    let mut at = data.clone();
    for word in written.split('.').map(str::trim) {
        let next = at.get_attr(word).ok()?;
        if next.is_undefined() {
            let known: Vec<String> = at.try_iter().ok()?.map(|key| key.to_string()).collect();
            return (!known.is_empty()).then_some((word, known));
        }
        at = next;
    }
    None
}
