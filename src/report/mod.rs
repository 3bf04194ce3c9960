//! From findings to text: for people ([`human`]), for programs ([`json`]), and plain tables ([`table`]).
//! Everything here is a pure function of findings, texts and options. Nothing here decides what is wrong, reads
//! a file or the environment, or prints; and nothing here lets a secret through that it was told of.

pub mod catalog;
pub mod drift;
mod excerpt;
pub mod human;
pub mod json;
mod redact;
pub mod table;
mod visible;

use crate::diag::{Findings, Level};
use crate::source::{Sources, Span};
pub(crate) use crate::spec::counted;

/// The forms that a report can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Messages that show the source.
    #[default]
    Human,
    /// The document that `docs/json.md` describes.
    Json,
}

/// What a report depends on besides the findings.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// Whether messages for people hold escape codes for colours. JSON never does.
    pub color: bool,
    /// The places where the value of a secret stands in a text. What stands there is replaced by dots of a
    /// fixed number wherever a report would show it; quotes around it stay.
    pub redact: &'a [Span],
}

/// Writes findings in a format, in their order. For people, no findings are no text; see
/// [`human::clean_line`].
pub fn emit(findings: &Findings, sources: &Sources, format: Format, options: &Options) -> String {
    match format {
        Format::Human => human::render(findings, sources, options),
        Format::Json => json::render(findings, sources, options),
    }
}

/// How many findings there are of each level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Counts {
    errors: usize,
    warnings: usize,
}

impl Counts {
    fn of(findings: &Findings) -> Self {
        let errors = findings.iter().filter(|finding| finding.level == Level::Error).count();
        Counts { errors, warnings: findings.len() - errors }
    }
}
