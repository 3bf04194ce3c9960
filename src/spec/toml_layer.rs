//! Reads a TOML text into the untyped tree, with every syntax error it has.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::raw::{Entry, Node, Raw, Table};
use super::toml_statements::mend;
use crate::diag::{Code, Finding, Findings};
use crate::source::{SourceId, Sources, Span};

/// Reads the text; what could be read is returned also when there were errors.
pub(super) fn read(id: SourceId, text: &str, findings: &mut Findings) -> Table {
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Reader { id, findings }.table(table.get_ref());
    }
    // The parser's own recovery takes what follows an open bracket or quote for part of it, and reports
    // more than was written wrong.
    let (rest, mistakes) = mend(text);
    for mistake in mistakes {
        let written = text.get(mistake.at.clone()).unwrap_or("");
        let (what, help) = explained(&mistake.message, written);
        let span = Sources::span(id, mistake.at.clone());
        let finding = Finding::new(Code::Syntax, span, format!("not valid TOML: {what}"));
        findings.push(match help {
            Some(help) => finding.help(help),
            None => finding,
        });
    }
    Reader { id, findings }.table(DeTable::parse_recoverable(&rest).0.get_ref())
}

/// What the parser says of a mistake, without its jargon, and what to do where that is known.
fn explained(message: &str, written: &str) -> (String, Option<String>) {
    let what = message.replace(", expected literal string", "");
    let help = match written.to_ascii_lowercase().as_str() {
        word @ ("true" | "false") => Some(format!("write `{word}`")),
        "yes" | "on" => Some("write `true`, or the word in quotes".to_owned()),
        "no" | "off" => Some("write `false`, or the word in quotes".to_owned()),
        _ if what.contains("duplicate key") => {
            Some("keep one of them: a key stands once in its table".to_owned())
        }
        _ if what.contains("must be quoted") => Some("write text in quotes: `\"…\"`".to_owned()),
        _ if what.contains("string") && what.contains("expected `") => {
            Some("end the text with the quote that it begins with".to_owned())
        }
        _ => None,
    };
    (what, help)
}

struct Reader<'a> {
    id: SourceId,
    findings: &'a mut Findings,
}

impl Reader<'_> {
    fn span<T>(&self, spanned: &Spanned<T>) -> Span {
        Sources::span(self.id, spanned.span())
    }

    fn table(&mut self, table: &DeTable<'_>) -> Table {
        let entries = table
            .iter()
            .map(|(key, value)| {
                let entry = Entry { key: self.span(key), value: self.node(value), overrode: Vec::new() };
                (key.get_ref().to_string(), Box::new(entry))
            })
            .collect();
        Table { entries, unset: Vec::new() }
    }

    fn node(&mut self, value: &Spanned<DeValue<'_>>) -> Node {
        let span = self.span(value);
        let value = match value.get_ref() {
            DeValue::String(text) => Raw::Text(text.to_string()),
            DeValue::Boolean(flag) => Raw::Bool(*flag),
            DeValue::Datetime(date) => Raw::Datetime(date.to_string()),
            DeValue::Array(items) => Raw::List(items.iter().map(|item| self.node(item)).collect()),
            DeValue::Table(table) => Raw::Table(self.table(table)),
            // Too large for TOML's integers: directives of memory go up to 2^64 - 1. The text keeps every
            // digit, and a field that wants a smaller number says so.
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or_else(|_| Raw::Text(number.to_string()), Raw::Integer),
            DeValue::Float(number) => {
                if let Ok(number) = number.as_str().parse() {
                    Raw::Float(number)
                } else {
                    self.findings.push(Finding::new(Code::Syntax, span, "not a number that TOML knows"));
                    Raw::Null
                }
            }
        };
        Node { value, span }
    }
}
