//! From places in an output to places in the templates that made it.

use std::ops::Range;

use minijinja::{OutputSpan, OutputSpanKind};

use crate::source::{Sources, Span};
use crate::spec::TemplateFile;

use super::super::templates::{Own, line_of};

/// What of an output came from where.
pub(in crate::emit) struct OutputMap<'a> {
    own: &'a Own,
    name: &'a str,
    /// In the order of the output.
    spans: Vec<OutputSpan>,
}

impl<'a> OutputMap<'a> {
    /// The map of what the template `name` made.
    pub(in crate::emit) fn new(own: &'a Own, name: &'a str, spans: Vec<OutputSpan>) -> Self {
        OutputMap { own, name, spans }
    }

    /// The name of the template that replaces ours, or is brought in by ours.
    pub(super) fn template(&self) -> &str {
        self.file().map_or(self.name, |file| &file.name)
    }

    fn file(&self) -> Option<&TemplateFile> {
        self.own.file(self.name).or_else(|| self.spans.iter().find_map(|span| self.own.file(span.name())))
    }

    /// The part of an own template that made the beginning of a part of the output: the text itself, and as
    /// much of what follows as came from the same template, or the expression.
    pub(super) fn source(&self, at: Range<usize>) -> Option<Span> {
        let first = self.covering(at.start)?;
        let file = self.own.file(first.name())?;
        let start = point(first, at.start).start;
        let last = at.end.checked_sub(1).and_then(|end| Some((self.covering(end)?, end)));
        let end = match last {
            Some((last, end)) if last.name() == first.name() && end >= at.start => point(last, end).end,
            _ => point(first, at.start).end,
        };
        let end = if end > start { end } else { first.source_range().end };
        Some(Sources::span(file.source, start..end))
    }

    fn covering(&self, byte: usize) -> Option<&OutputSpan> {
        let at = self.spans.partition_point(|span| span.output_range().end <= byte);
        self.spans.get(at).filter(|span| span.output_range().contains(&byte))
    }

    /// Where an own template places a variable; else its first line.
    pub(super) fn placeholder(&self, variable: &str) -> Span {
        let expression = self.spans.iter().find_map(|span| {
            let file = self.own.file(span.name()).filter(|_| span.kind() == OutputSpanKind::Expression)?;
            let written = file.text.get(span.source_range())?;
            written.contains(variable).then(|| Sources::span(file.source, span.source_range()))
        });
        let first = || {
            let file = self.file()?;
            Some(Sources::span(file.source, line_of(&file.text, 1)))
        };
        expression.or_else(first).unwrap_or_default()
    }

    /// Whether the template itself, and no variable of it, says what stands at a place.
    pub(super) fn is_literal(&self, span: Span) -> bool {
        let within = |raw: &OutputSpan| {
            let range = raw.source_range();
            let own = self.own.file(raw.name()).is_some_and(|file| file.source == span.source);
            own && range.start < span.range().end && span.start as usize <= range.end
        };
        self.spans.iter().filter(|raw| raw.kind() == OutputSpanKind::Raw).any(within)
    }
}

/// The source of one byte of an output: the byte itself, or the whole expression.
fn point(span: &OutputSpan, byte: usize) -> Range<usize> {
    match span.kind() {
        OutputSpanKind::Raw => {
            let start = span.source_range().start + (byte - span.output_range().start);
            start..start + 1
        }
        _ => span.source_range(),
    }
}
