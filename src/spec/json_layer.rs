//! Reads a JSON text into the untyped tree. Strict JSON: no comments, no trailing commas.

use jsonc_parser::ast::{Object, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::json_places::{likely, line_before};
use super::raw::{Entry, Node, Raw, Table};
use crate::diag::{Code, Finding, Findings};
use crate::source::{SourceId, Sources, Span};

/// Strict JSON as terraform and inventories write it.
const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Reads the text; a JSON text with an error yields an empty table.
pub(super) fn read(id: SourceId, text: &str, findings: &mut Findings) -> Table {
    match parse_to_ast(text, &CollectOptions::default(), &STRICT) {
        Err(error) => {
            findings.push(syntax(id, text, &error));
            Table::default()
        }
        Ok(parsed) => match parsed.value {
            Some(Value::Object(object)) => Reader { id, findings }.table(&object),
            other => {
                let range = other.as_ref().map_or(0..0, |value| value.start()..value.end());
                let title = "a JSON layer is an object with the same keys as a TOML layer";
                findings.push(Finding::new(Code::Syntax, Sources::span(id, range), title));
                Table::default()
            }
        },
    }
}

/// The finding for the first error; a parser of JSON does not go on behind it.
fn syntax(id: SourceId, text: &str, error: &jsonc_parser::errors::ParseError) -> Finding {
    let range = error.range();
    let noticed = Sources::span(id, range.start..range.end);
    let title = format!("not valid JSON: {}", error.kind());
    let mut finding = match likely(text) {
        Some((place, what)) => Finding::new(Code::Syntax, Sources::span(id, place), title)
            .label(what)
            .related(noticed, "the reader stumbles here"),
        None => Finding::new(Code::Syntax, noticed, title),
    };
    if let Some(line) = line_before(text, range.start) {
        finding = finding.related(Sources::span(id, line), "or something is wrong at the end of this line");
    }
    finding
}

struct Reader<'a> {
    id: SourceId,
    findings: &'a mut Findings,
}

impl Reader<'_> {
    fn span(&self, ranged: &impl Ranged) -> Span {
        Sources::span(self.id, ranged.start()..ranged.end())
    }

    fn table(&mut self, object: &Object<'_>) -> Table {
        let mut table = Table::default();
        for property in &object.properties {
            let key = self.span(&property.name);
            let value = self.node(&property.value);
            let name = property.name.as_str().to_owned();
            let entry = Entry { key, value, overrode: Vec::new() };
            if let Some(first) = table.entries.insert(name.clone(), Box::new(entry)) {
                self.findings.push(
                    Finding::new(Code::Syntax, key, format!("the key `{name}` stands twice in one object"))
                        .related(first.key, "the first one"),
                );
            }
        }
        table
    }

    fn node(&mut self, value: &Value<'_>) -> Node {
        let span = self.span(value);
        let value = match value {
            Value::StringLit(text) => Raw::Text(text.value.to_string()),
            Value::BooleanLit(flag) => Raw::Bool(flag.value),
            Value::NullKeyword(_) => Raw::Null,
            Value::Array(items) => Raw::List(items.elements.iter().map(|item| self.node(item)).collect()),
            Value::Object(object) => Raw::Table(self.table(object)),
            Value::NumberLit(number) => match (number.value.parse(), number.value.parse()) {
                (Ok(integer), _) => Raw::Integer(integer),
                (_, Ok(float)) if number.value.contains(['.', 'e', 'E']) => Raw::Float(float),
                _ => Raw::Text(number.value.to_owned()),
            },
        };
        Node { value, span }
    }
}
