//! Findings as messages that show the source, for people.

use std::collections::BTreeSet;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level as Severity, Origin, Renderer, Snippet};

use super::counted;
use super::excerpt::Excerpt;
use super::redact::{Redaction, clamp};
use super::visible::{visible, visible_line};
use super::{Counts, Options};
use crate::diag::{Edit, Finding, Findings, Level, Place};
use crate::source::{SourceId, Sources, Span};
use crate::spec::edits::{self, Change};

/// Wider than any line that [`Excerpt`] gives: lines are cut there and not by the renderer, which knows nothing
/// of secrets and marks the cut otherwise.
const RENDERER_WIDTH: usize = 10_000;

/// The longest text, in characters, that a fix quotes as the text to replace.
const LONGEST_QUOTE: usize = 60;

/// Writes each finding as a message, with an empty line after it, and then [`summary`]. No findings are no text.
pub fn render(findings: &Findings, sources: &Sources, options: &Options) -> String {
    if findings.is_empty() {
        return String::new();
    }
    let redaction = Redaction::new(sources, options.redact);
    let renderer = if options.color { Renderer::styled() } else { Renderer::plain() };
    let writer = Writer { sources, redaction, renderer: renderer.term_width(RENDERER_WIDTH) };
    let mut out = String::new();
    for finding in findings.iter() {
        out.push_str(&writer.message(finding));
        out.push_str("\n\n");
    }
    out.push_str(&summary(findings, sources));
    out
}

/// Two lines: how many findings in how many files, and where to read more.
pub fn summary(findings: &Findings, sources: &Sources) -> String {
    let Counts { errors, warnings } = Counts::of(findings);
    let counts: Vec<String> = [(errors, "error"), (warnings, "warning")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, noun)| counted(count, noun))
        .collect();
    let files: BTreeSet<&str> = findings
        .iter()
        .map(|finding| match &finding.place {
            Place::Span(span) => sources.get(span.source).name.as_str(),
            Place::Output { path, .. } => path,
            Place::Named(name) => name,
        })
        .collect();
    let rules: BTreeSet<&str> = findings.iter().map(|finding| finding.code.name()).collect();
    let rule = match rules.first() {
        Some(rule) if rules.len() == 1 => rule,
        _ => "RULE",
    };
    format!(
        "{} in {}\nrun `cachewright explain {rule}` for more\n",
        if counts.is_empty() { "no findings".to_owned() } else { counts.join(", ") },
        counted(files.len(), "file"),
    )
}

/// A line for each finding that was mended.
pub fn fixed_lines(findings: &Findings, sources: &Sources, options: &Options) -> String {
    let redaction = Redaction::new(sources, options.redact);
    let line = |finding: &Finding| {
        let place = finding.span().map_or_else(String::new, |span| {
            let place = sources.locate(span);
            format!("{}:{}: ", visible_line(place.file), place.at.line)
        });
        let title = redaction.message(&finding.title);
        format!("fixed {place}{} ({})\n", visible_line(&title), finding.code.name())
    };
    findings.iter().map(line).collect()
}

/// The line for a spec without findings: what was looked at, so that "nothing found" cannot mean "nothing read".
pub fn clean_line(name: &str, deployments: usize, nodes: usize) -> String {
    format!(
        "{}: {}, {}: no findings\n",
        visible_line(name),
        counted(deployments, "deployment"),
        counted(nodes, "node")
    )
}

/// A marked place of a finding.
struct Mark<'a> {
    span: Span,
    kind: AnnotationKind,
    label: Option<&'a str>,
}

/// What all messages of a report share.
struct Writer<'a> {
    sources: &'a Sources,
    redaction: Redaction,
    renderer: Renderer,
}

impl Writer<'_> {
    fn message(&self, finding: &Finding) -> String {
        let severity = match finding.level {
            Level::Error => Severity::ERROR,
            Level::Warning => Severity::WARNING,
        };
        let title = self.safe_line(&finding.title);
        let mut group = Group::with_title(severity.primary_title(title).id(finding.code.name()));
        let mut headers = Headers::default();
        match &finding.place {
            Place::Span(_) => {}
            Place::Output { path, line } => {
                group = group.element(Origin::path(headers.add(format!("{}:{line}", self.safe_line(path)))));
            }
            Place::Named(name) => {
                group = group.element(Origin::path(headers.add(self.safe_line(name))));
            }
        }
        for (id, marks) in by_source(finding) {
            group = group.element(self.snippet(id, &marks, &mut headers));
        }
        let edits = finding.fix.iter().flat_map(|fix| &fix.edits).filter(|edit| !is_said(edit, finding));
        let fix = edits.filter_map(|edit| Some(self.edit(&edits::resolve(edit, self.sources)?, finding)));
        for help in finding.help.iter().map(|help| self.safe(help)).chain(fix) {
            group = group.element(Severity::HELP.message(help));
        }
        for note in &finding.notes {
            group = group.element(Severity::NOTE.message(self.safe(note)));
        }
        headers.fill_in(self.renderer.render(&[group]))
    }

    fn snippet<'m>(
        &self,
        id: SourceId,
        marks: &[Mark<'m>],
        headers: &mut Headers,
    ) -> Snippet<'m, annotate_snippets::Annotation<'m>> {
        let source = self.sources.get(id);
        let ranges: Vec<Range<usize>> = marks.iter().map(|mark| clamp(source, mark.span)).collect();
        let excerpt = Excerpt::new(source, &ranges, self.redaction.places(id));
        let place = marks.first().map_or_else(
            || source.name.clone(),
            |mark| self.sources.locate(clamped(mark.span, &clamp(source, mark.span))).to_string(),
        );
        let annotations = marks
            .iter()
            .zip(excerpt.marks)
            .map(|(mark, range)| mark.kind.span(range).label(mark.label.map(|label| self.safe_line(label))));
        Snippet::source(excerpt.text)
            .line_start(excerpt.first_line)
            .path(headers.add(visible_line(&place).into_owned()))
            .annotations(annotations)
    }

    /// The sentence that says what an edit does, as short as its place allows.
    fn edit(&self, change: &Change, finding: &Finding) -> String {
        let source = self.sources.get(change.source);
        let span = Sources::span(change.source, change.range.clone());
        let range = clamp(source, span);
        let new = self.safe(change.text.trim_end_matches('\n'));
        let old = self.redaction.slice(self.sources, span);
        let old = old.trim_end_matches(['\n', '\r']);
        let here = finding.span() == Some(span);
        let place = self.sources.locate(clamped(span, &range)).to_string();
        let place = if here { String::new() } else { format!(" at {}", visible_line(&place)) };
        let quotable = !old.contains('\n') && old.chars().count() <= LONGEST_QUOTE;
        let old = if quotable && !here { format!(" `{}`", visible(old)) } else { " this".to_owned() };
        match (range.is_empty(), change.text.is_empty()) {
            (_, true) => format!("remove{old}{place}"),
            (true, false) if new.contains('\n') => format!("insert{place}{}", quoted(&new)),
            (true, false) => format!("insert{}{place}", quoted(&new)),
            (false, false) if here => format!("replace with{}", quoted(&new)),
            (false, false) => format!("replace{old}{place} with{}", quoted(&new)),
        }
    }

    fn safe(&self, text: &str) -> String {
        visible(&self.redaction.message(text)).into_owned()
    }

    fn safe_line(&self, text: &str) -> String {
        visible_line(&self.redaction.message(text)).into_owned()
    }
}

/// Whether the help says what an edit does: names what it puts in ("did you mean `x`?", "write `key = x`"), or has
/// words of its own for what goes away or into brackets.
fn is_said(edit: &Edit, finding: &Finding) -> bool {
    match edit {
        Edit::Replace { text, .. } => {
            let around = matches!(text.as_str(), "[" | "]") && !finding.help.is_empty();
            let word = format!("`{}`", text.trim().trim_matches('"'));
            let value = format!("`{text}`");
            let entry = format!(" = {text}`");
            let says = |help: &String| [&word, &value, &entry].into_iter().any(|said| help.contains(said));
            around || finding.help.iter().any(says)
        }
        Edit::Remove { .. } => !finding.help.is_empty(),
        Edit::Insert { key, value, .. } => {
            let entry = format!("`{key} = {value}`");
            finding.help.iter().any(|help| help.contains(&entry))
        }
    }
}

/// A text in backticks behind a space, or on lines of its own if it has several.
fn quoted(text: &str) -> String {
    if text.contains('\n') { format!(":\n{text}") } else { format!(" `{text}`") }
}

fn clamped(span: Span, range: &Range<usize>) -> Span {
    Sources::span(span.source, range.clone())
}

/// The marks of each text, the finding's own text first, then in the order in which related places name them.
fn by_source(finding: &Finding) -> Vec<(SourceId, Vec<Mark<'_>>)> {
    let primary = finding.span().map(|span| Mark {
        span,
        kind: AnnotationKind::Primary,
        label: finding.label.as_deref(),
    });
    let related = finding.related.iter().map(|related| Mark {
        span: related.span,
        kind: AnnotationKind::Context,
        label: Some(related.label.as_str()),
    });
    let mut groups: Vec<(SourceId, Vec<Mark<'_>>)> = Vec::new();
    for mark in primary.into_iter().chain(related) {
        match groups.iter_mut().find(|(id, _)| *id == mark.span.source) {
            Some((_, marks)) => marks.push(mark),
            None => groups.push((mark.span.source, vec![mark])),
        }
    }
    groups
}

/// The places in the headers of snippets (`file:line:column`). The renderer would count columns in the text that
/// it is given, which has secrets and long lines cut; so it is given a stand-in, and the true place is filled in.
#[derive(Default)]
struct Headers {
    places: Vec<String>,
}

impl Headers {
    /// Keeps a place and gives its stand-in: control characters, which nothing else in the message holds.
    fn add(&mut self, place: String) -> String {
        self.places.push(place);
        Headers::stand_in(self.places.len() - 1)
    }

    fn stand_in(index: usize) -> String {
        format!("\u{1}{index}\u{2}")
    }

    /// Puts each place where its stand-in is, and over the line and column that the renderer put behind it.
    fn fill_in(&self, mut message: String) -> String {
        for (index, place) in self.places.iter().enumerate() {
            let stand_in = Headers::stand_in(index);
            if let Some(start) = message.find(&stand_in) {
                let rest = &message[start + stand_in.len()..];
                let counted =
                    rest.len() - rest.trim_start_matches(|c: char| c == ':' || c.is_ascii_digit()).len();
                message.replace_range(start..start + stand_in.len() + counted, place);
            }
        }
        message
    }
}
