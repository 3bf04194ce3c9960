//! What there is to read about templates: the part of docs/templates.md that follows from declarations.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::data::{RECORDS, Record};
use super::templates::{ABOUT, BUILT_IN, FILTERS};

/// One of our templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltInTemplate {
    /// The name under which it can be replaced.
    pub name: &'static str,
    /// What it makes, without a final stop.
    pub makes: &'static str,
    /// Whether what a replacement makes is read back and compared with the spec.
    pub read_back: bool,
    /// The text.
    pub text: &'static str,
}

/// Our templates, by name.
pub fn built_in_templates() -> impl Iterator<Item = BuiltInTemplate> {
    ABOUT.iter().filter_map(|about| {
        let (_, text) = BUILT_IN.iter().find(|(name, _)| *name == about.name)?;
        Some(BuiltInTemplate { name: about.name, makes: about.makes, read_back: about.read_back, text })
    })
}

/// The reference of templates, filters and data, as Markdown.
pub fn markdown() -> String {
    let mut out = String::from("## Our templates\n\n| template | makes | read back |\n|---|---|---|\n");
    for about in ABOUT {
        // Writing to a String cannot fail.
        let read = if about.read_back { "yes" } else { "" };
        let _ = writeln!(out, "| `{}` | {} | {read} |", about.name, about.makes);
    }
    out.push_str("\n## Filters\n\nBeside minijinja's own:\n\n| filter | makes of a value |\n|---|---|\n");
    for filter in FILTERS {
        let _ = writeln!(out, "| `{}` | {} |", filter.name, filter.about);
    }
    out.push_str("\n## What artifacts see\n");
    for record in RECORDS {
        section(&mut out, record);
    }
    out.push_str("\n## What our templates see\n");
    let mut described = BTreeSet::new();
    for record in ABOUT.iter().flat_map(|about| about.data) {
        // Some are seen by several templates.
        if described.insert(record.name) {
            section(&mut out, record);
        }
    }
    out
}

/// The names that templates are given: of their data and of our filters.
pub(crate) fn template_words() -> BTreeSet<&'static str> {
    let records = RECORDS.iter().copied().chain(ABOUT.iter().flat_map(|about| about.data.iter().copied()));
    let fields = records.flat_map(|record| record.fields.iter().map(|field| field.name));
    fields.chain(FILTERS.iter().map(|filter| filter.name)).collect()
}

fn section(out: &mut String, record: &Record) {
    let _ = write!(out, "\n### {}\n\n{}\n\n", record.name, record.about.trim());
    out.push_str("| field | holds | |\n|---|---|---|\n");
    for field in record.fields {
        let _ = writeln!(out, "| `{}` | {} | {} |", field.name, (field.kind)(), field.about.trim());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record that another one holds has its section.
    #[test]
    fn every_link_leads_somewhere() {
        let text = markdown();
        let links = text.split("](#").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links {
            assert!(text.lines().any(|line| line.to_lowercase() == format!("### {link}")), "{link}");
        }
    }
}
