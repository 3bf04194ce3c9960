//! Findings as JSON, for programs. `docs/json.md` describes the document; a change that could break a reader
//! raises [`VERSION`].

use serde::Serialize;

use super::redact::{Redaction, clamp};
use super::{Counts, Options};
use crate::diag::{Certainty, Finding, Findings, Fix, Place};
use crate::source::{Sources, Span};
use crate::spec::edits::{self, Change};

/// The name of the format, in the field `format`.
pub const FORMAT: &str = "cachewright.findings";
/// The version of the format, in the field `version`.
pub const VERSION: u32 = 1;

/// What was found in one spec.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The findings.
    pub findings: &'a Findings,
    /// The texts of the spec.
    pub sources: &'a Sources,
    /// As [`Options::redact`].
    pub redact: &'a [Span],
}

/// Writes the document of one spec, indented, with a line feed at its end. [`Options::color`] changes nothing.
pub fn render(findings: &Findings, sources: &Sources, options: &Options) -> String {
    render_all(&[Report { findings, sources, redact: options.redact }], &[])
}

/// Writes one document of several specs, in their order, and of what `--fix` has mended in them. Findings that two
/// specs have in common (in a layer that both extend) stand there once for each.
pub fn render_all(reports: &[Report<'_>], fixed: &[Report<'_>]) -> String {
    let counts = reports.iter().map(|report| Counts::of(report.findings));
    let (errors, warnings) = counts
        .fold((0, 0), |(errors, warnings), counts| (errors + counts.errors, warnings + counts.warnings));
    let document = Document {
        format: FORMAT,
        version: VERSION,
        findings: listed(reports),
        fixed: listed(fixed),
        summary: SummaryJson { errors, warnings },
    };
    // Structs of strings and numbers always serialize; an error could only be shown.
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_else(|error| error.to_string());
    text.push('\n');
    text
}

fn listed(reports: &[Report<'_>]) -> Vec<FindingJson> {
    let findings = reports.iter().flat_map(|report| {
        let reader =
            Reader { sources: report.sources, redaction: Redaction::new(report.sources, report.redact) };
        report.findings.iter().map(move |finding| reader.finding(finding))
    });
    findings.collect()
}

#[derive(Serialize)]
struct Document {
    format: &'static str,
    version: u32,
    findings: Vec<FindingJson>,
    fixed: Vec<FindingJson>,
    summary: SummaryJson,
}

#[derive(Serialize)]
struct SummaryJson {
    errors: usize,
    warnings: usize,
}

#[derive(Serialize)]
struct FindingJson {
    rule: &'static str,
    level: &'static str,
    message: String,
    place: PlaceKind,
    file: String,
    line: Option<usize>,
    column: Option<usize>,
    end_line: Option<usize>,
    end_column: Option<usize>,
    label: Option<String>,
    related: Vec<RelatedJson>,
    help: Vec<String>,
    notes: Vec<String>,
    fix: Option<FixJson>,
    certainty: Option<&'static str>,
    edits: Vec<FixJson>,
    deployment: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum PlaceKind {
    Source,
    Output,
    Named,
}

#[derive(Serialize)]
struct RelatedJson {
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    label: String,
}

#[derive(Serialize)]
struct FixJson {
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    replacement: String,
}

/// Where a span begins and ends.
struct Extent {
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

struct Reader<'a> {
    sources: &'a Sources,
    redaction: Redaction,
}

impl Reader<'_> {
    fn finding(&self, finding: &Finding) -> FindingJson {
        let mut json = FindingJson {
            rule: finding.code.name(),
            level: finding.level.name(),
            message: self.text(&finding.title),
            place: PlaceKind::Named,
            file: String::new(),
            line: None,
            column: None,
            end_line: None,
            end_column: None,
            label: finding.label.as_deref().map(|label| self.text(label)),
            related: finding
                .related
                .iter()
                .map(|related| self.related(related.span, &related.label))
                .collect(),
            help: finding.help.iter().map(|help| self.text(help)).collect(),
            notes: finding.notes.iter().map(|note| self.text(note)).collect(),
            fix: None,
            certainty: None,
            edits: Vec::new(),
            deployment: finding.deployment.clone(),
        };
        if let Some(fix) = &finding.fix {
            self.fix(fix, &mut json);
        }
        match &finding.place {
            Place::Span(span) => {
                let extent = self.extent(*span);
                json.place = PlaceKind::Source;
                json.file = extent.file;
                json.line = Some(extent.line);
                json.column = Some(extent.column);
                json.end_line = Some(extent.end_line);
                json.end_column = Some(extent.end_column);
            }
            Place::Output { path, line } => {
                json.place = PlaceKind::Output;
                json.file = self.text(path);
                json.line = Some(*line);
            }
            Place::Named(name) => json.file = self.text(name),
        }
        json
    }

    fn related(&self, span: Span, label: &str) -> RelatedJson {
        let Extent { file, line, column, end_line, end_column } = self.extent(span);
        RelatedJson { file, line, column, end_line, end_column, label: self.text(label) }
    }

    /// A fix whose edits cannot be told apart from what stands around them is none for a program.
    fn fix(&self, fix: &Fix, json: &mut FindingJson) {
        let changes: Option<Vec<_>> =
            fix.edits.iter().map(|edit| edits::resolve(edit, self.sources)).collect();
        let Some(changes) = changes else { return };
        json.certainty = Some(match fix.certainty {
            Certainty::Sure => "sure",
            Certainty::Guess => "guess",
        });
        json.edits = changes.iter().map(|change| self.edit(change)).collect();
        if let [change] = changes.as_slice() {
            json.fix = Some(self.edit(change));
        }
    }

    fn edit(&self, change: &Change) -> FixJson {
        let span = Sources::span(change.source, change.range.clone());
        let Extent { file, line, column, end_line, end_column } = self.extent(span);
        FixJson { file, line, column, end_line, end_column, replacement: self.text(&change.text) }
    }

    fn extent(&self, span: Span) -> Extent {
        let source = self.sources.get(span.source);
        let range = clamp(source, span);
        let place = |byte: usize| source.line_column(u32::try_from(byte).unwrap_or(u32::MAX));
        let (start, end) = (place(range.start), place(range.end));
        Extent {
            file: source.name.clone(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }

    fn text(&self, text: &str) -> String {
        self.redaction.message(text).into_owned()
    }
}
