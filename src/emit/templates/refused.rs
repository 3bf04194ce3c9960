//! What templates may not use: escaping for HTML, switching it on or off, and writing `none`.
//!
//! It is found in the text before anything runs. What hides from that, such as a filter named by a text
//! (`map("safe")`), fails when it runs.

use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Error, ErrorKind};

use crate::diag::{Code, Finding};
use crate::source::Sources;
use crate::spec::TemplateFile;
use crate::text::template::{TemplateUses, Used};

/// Filters that escape for HTML or declare a text escaped.
const FILTERS: [&str; 3] = ["safe", "escape", "e"];
/// The tag that switches escaping.
const TAG: &str = "autoescape";

/// Everything in a template that is refused.
pub(super) fn findings(file: &TemplateFile, uses: &TemplateUses) -> Vec<Finding> {
    let filters = uses.filters.iter().filter(|used| FILTERS.contains(&used.name.as_str()));
    let tags = uses.tags.iter().filter(|used| used.name == TAG);
    let filters = filters.map(|used| refused(file, used, &format!("the filter `{}`", used.name)));
    filters.chain(tags.map(|used| refused(file, used, "`{% autoescape %}`"))).collect()
}

fn refused(file: &TemplateFile, used: &Used, what: &str) -> Finding {
    let span = Sources::span(file.source, used.span.range());
    let title = format!("templates cannot use {what}");
    explained(Finding::new(Code::InvalidTemplate, span, title))
}

/// Adds why escaping is refused and what to use.
pub(super) fn explained(finding: Finding) -> Finding {
    finding
        .help("leave it out; to quote a value for where it goes, use `|shell`, `|json`, `|systemd` or `|redis_conf`")
        .note("it is about escaping for HTML, which no file here is: quoting belongs to the format that the file has")
}

/// Makes what hid from [`findings`] fail when it runs.
pub(super) fn guard(environment: &mut Environment<'static>) {
    for name in FILTERS {
        let fail = move |_: &Value| Err::<Value, _>(error(&format!("the filter `{name}`")));
        environment.add_filter(name, fail);
    }
    environment.set_formatter(|out, state, value| match state.auto_escape() {
        // It would stand in the file as a word that looks like a value.
        AutoEscape::None if value.is_none() => Err(Error::new(ErrorKind::InvalidOperation, NONE)),
        AutoEscape::None => super::write_value(out, state, value),
        _ => Err(error("`{% autoescape %}`")),
    });
}

/// How the engine's errors of refused things are told from others.
const MARK: &str = "templates cannot use ";

/// How the engine's errors of written nones are told from others.
const NONE: &str = "the value is none, which is not to be written";

/// Whether an error of the engine is of a none that was to be written.
pub(super) fn is_none(detail: &str) -> bool {
    detail == NONE
}

fn error(what: &str) -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("{MARK}{what}"))
}

/// Whether an error of the engine is one of [`guard`]'s.
pub(super) fn is_refusal(detail: &str) -> bool {
    detail.starts_with(MARK)
}
