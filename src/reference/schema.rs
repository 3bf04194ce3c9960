//! The JSON Schema of a layer of a spec.
//!
//! It speaks of one file, and a file may be one layer of several: no key is required, and what only `check` can
//! know (versions, what other layers say) is left to it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::layout::laid_out;
use super::modules;
use super::settings::Dialect;
use super::value_forms::{self, reference};
use crate::catalog::Engine;
use crate::check::{RULES, RuleGroup};
use crate::spec::shape::{Field, Form as ScalarForm, Presence, Record, Shape, prose};
use crate::spec::{EXTENDS, NAME_PATTERN, Spec, UNSET, WatchSpec};

/// The name of the definition of a reference to a secret.
pub(super) const SECRET: &str = "reference-to-a-secret";
/// The name of the definition that nothing satisfies. `false` would say the same, but editors built on taplo then
/// mark the whole table; this marks the entry, and its description is what they show.
pub(super) const NO_SUCH_KEY: &str = "no-such-key";
const TITLE: &str = "A layer of a cachewright spec";
const KERNEL_SETTINGS: &str = "kernel-settings";

/// The schema of a layer, as a text.
pub fn schema() -> String {
    let mut writer = Writer::default();
    for dialect in Dialect::ALL {
        writer.definitions.extend(dialect.definitions(&keys_beside(dialect)));
    }
    writer.definitions.extend(value_forms::definitions());
    let no_such_key = json!({ "not": { "description": "the table has no such key" } });
    writer.definitions.insert(NO_SUCH_KEY.to_owned(), no_such_key);
    let mut root = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": TITLE,
    });
    let table = writer.table(Spec::RECORD, Context::default(), &[&EXTENDS]);
    for part in [table, modules::in_profiles()] {
        merge(&mut root, part);
    }
    root["definitions"] = Value::Object(writer.definitions.into_iter().collect());
    laid_out(&root)
}

/// Whether a text is a schema that some cachewright wrote.
pub fn is_schema(text: &[u8]) -> bool {
    serde_json::from_slice::<Value>(text).is_ok_and(|schema| schema["title"] == TITLE)
}

/// Adds the entries of one object to another.
fn merge(object: &mut Value, more: Value) {
    if let (Value::Object(object), Value::Object(more)) = (object, more) {
        object.extend(more);
    }
}

/// Where in a spec something stands.
#[derive(Debug, Clone, Copy, Default)]
struct Context {
    /// Whose settings `config` holds.
    dialect: Option<Dialect>,
    /// In a list, which layers replace as a whole: what must be there must be there, and nothing can be unset.
    in_list: bool,
}

#[derive(Default)]
struct Writer {
    definitions: BTreeMap<String, Value>,
}

impl Writer {
    /// The schema of what may be written in one place.
    fn shape(&mut self, shape: &Shape, context: Context) -> Value {
        match shape {
            Shape::Scalar(scalar) => any_of(&scalar.forms.iter().map(form).collect::<Vec<_>>()),
            Shape::Words(words) => {
                let (words, docs): (Vec<_>, Vec<_>) =
                    words.words.iter().map(|(word, doc)| (*word, prose(doc))).unzip();
                json!({ "enum": words, "x-taplo": { "docs": { "enumValues": docs } } })
            }
            Shape::Record(record) | Shape::OneKey(record) | Shape::WithSentinelSettings(record) => {
                self.record(shape, record, context)
            }
            Shape::List(item) => {
                let items = self.shape(item, Context { in_list: true, ..context });
                json!({ "type": "array", "items": items })
            }
            Shape::Names(item) => self.names(item, context),
            Shape::Lints(item) => self.lints(item, context),
            Shape::Config => reference(&context.dialect.unwrap_or(Dialect::Any).settings()),
            Shape::KernelSettings => self.kernel_settings(),
            Shape::Either(shapes) => {
                any_of(&shapes.iter().map(|shape| self.shape(shape, context)).collect::<Vec<_>>())
            }
        }
    }

    /// A reference to the definition of a record, which is made where there is none yet.
    fn record(&mut self, shape: &Shape, record: &'static Record, context: Context) -> Value {
        let context = Context { dialect: context.dialect.filter(|_| holds_config(shape)), ..context };
        let name = definition_name(record, context);
        if !self.definitions.contains_key(&name) {
            let mut table = self.table(record, context, &[]);
            match shape {
                Shape::OneKey(_) if context.in_list => {
                    merge(&mut table, json!({ "minProperties": 1, "maxProperties": 1 }));
                }
                Shape::OneKey(_) => {
                    let both: Vec<&str> = record.fields.iter().map(|field| field.key).collect();
                    merge(&mut table, json!({ "not": { "required": both } }));
                }
                Shape::WithSentinelSettings(_) => {
                    if let Value::Object(table) = &mut table {
                        table.remove("additionalProperties");
                    }
                    Dialect::Watch.offer_and_accept(&mut table);
                }
                _ => {}
            }
            merge(&mut table, modules::in_record(record, context.dialect));
            self.definitions.insert(name.clone(), table);
        }
        reference(&name)
    }

    /// A table with the keys of a record.
    fn table(&mut self, record: &Record, context: Context, more: &[&Field]) -> Value {
        let mut properties = Map::new();
        for field in record.fields.iter().chain(more.iter().copied()) {
            // The name of a table of deployments says whose settings they hold.
            let dialect = context.dialect.or_else(|| dialect(field.key));
            properties.insert(field.key.to_owned(), self.field(field, Context { dialect, ..context }));
        }
        if !context.in_list {
            properties.insert(UNSET.key.to_owned(), self.unset());
        }
        let mut table = json!({
            "type": "object",
            "description": prose(record.doc),
            "properties": properties,
            "additionalProperties": reference(NO_SUCH_KEY),
        });
        let required = record.fields.iter().filter(|field| field.presence == Presence::Required);
        let required: Vec<&str> = required.map(|field| field.key).collect();
        if !required.is_empty() {
            // Layers may say it: an editor offers these keys together and does not insist.
            table["x-taplo"] = json!({ "initKeys": required });
        }
        if context.in_list && !required.is_empty() {
            table["required"] = json!(required);
        }
        table
    }

    /// The schema of a key's value, with what the key is about.
    fn field(&mut self, field: &Field, context: Context) -> Value {
        let mut value = self.shape(&(field.shape)(), context);
        if let Some((min, max)) = field.bounds {
            merge(&mut value, json!({ "minimum": min, "maximum": max }));
        }
        if value.get("$ref").is_some() {
            // What stands beside a reference does not count in this draft.
            value = json!({ "allOf": [value] });
        }
        described(&description(field), value)
    }

    /// The list of keys that a layer takes away.
    fn unset(&mut self) -> Value {
        if !self.definitions.contains_key(UNSET.key) {
            let list = self.field(&UNSET, Context::default());
            self.definitions.insert(UNSET.key.to_owned(), list);
        }
        reference(UNSET.key)
    }

    fn names(&mut self, item: &Shape, context: Context) -> Value {
        let item = self.shape(item, context);
        json!({
            "type": "object",
            "properties": { UNSET.key: self.unset() },
            "propertyNames": { "pattern": NAME_PATTERN },
            "additionalProperties": item,
        })
    }

    fn lints(&mut self, item: &Shape, context: Context) -> Value {
        const LINTS: &str = "lints";
        if !self.definitions.contains_key(LINTS) {
            let level = self.shape(item, context);
            let mut properties = Map::new();
            for group in RuleGroup::ALL {
                let about = format!("Every lint of the group `{}`.", group.name());
                properties.insert(group.name().to_owned(), described(&about, level.clone()));
            }
            for rule in RULES.iter().filter(|rule| rule.code.kind().is_lint()) {
                let lint = described(&format!("{}.", rule.about), level.clone());
                properties.insert(rule.code.name().to_owned(), lint);
            }
            properties.insert(UNSET.key.to_owned(), self.unset());
            let table = json!({ "type": "object", "properties": properties, "additionalProperties": reference(NO_SUCH_KEY) });
            self.definitions.insert(LINTS.to_owned(), table);
        }
        reference(LINTS)
    }

    fn kernel_settings(&mut self) -> Value {
        let value = json!({ "anyOf": [{ "type": ["integer", "string"] }, reference(KERNEL_SETTINGS)] });
        let table = json!({
            "type": "object",
            "properties": { UNSET.key: self.unset() },
            "additionalProperties": value,
        });
        self.definitions.insert(KERNEL_SETTINGS.to_owned(), table);
        reference(KERNEL_SETTINGS)
    }
}

/// The keys of the language that stand in one table with settings.
fn keys_beside(dialect: Dialect) -> Vec<&'static str> {
    match dialect {
        Dialect::Watch => WatchSpec::RECORD.fields.iter().map(|field| field.key).collect(),
        _ => Vec::new(),
    }
}

/// The schema with what it is about, where editors look for that: in the first choice.
fn described(about: &str, mut schema: Value) -> Value {
    let mut described = json!({ "description": about });
    if let Some(first) = schema.get_mut("anyOf").and_then(|choices| choices.get_mut(0))
        && first.get("$ref").is_none()
    {
        merge(&mut described, first.take());
        *first = described;
        return schema;
    }
    merge(&mut described, schema);
    described
}

/// Whose settings the tables under a key of the root hold.
pub(super) fn dialect(key: &str) -> Option<Dialect> {
    let engine = Engine::ALL.into_iter().find(|engine| engine.name() == key).map(Dialect::Of);
    engine.or_else(|| (key == "sentinels").then_some(Dialect::Sentinel))
}

fn definition_name(record: &Record, context: Context) -> String {
    let words: Vec<&str> = record.what.split(' ').collect();
    let plain = match words.as_slice() {
        ["a" | "an", rest @ ..] => rest.join("-"),
        all => all.join("-"),
    };
    let plain = plain.replace('\'', "");
    let list = if context.in_list { "listed-" } else { "" };
    match context.dialect {
        // Some records are one dialect's alone, and say so.
        Some(dialect) if !plain.starts_with(dialect.prefix()) => {
            format!("{list}{}-{plain}", dialect.prefix())
        }
        _ => format!("{list}{plain}"),
    }
}

/// Whether a `config` table is part of it.
fn holds_config(shape: &Shape) -> bool {
    match shape {
        Shape::Config => true,
        Shape::Record(record) => record.fields.iter().any(|field| holds_config(&(field.shape)())),
        Shape::Names(item) | Shape::List(item) => holds_config(item),
        _ => false,
    }
}

/// A choice. Choices of different types are said in one: their other keywords speak of their own type only, and
/// editors show the description of what is not a choice.
fn any_of(schemas: &[Value]) -> Value {
    let mut types = Vec::new();
    let mut all = Map::new();
    for schema in schemas {
        let Some(keyword) = schema.get("type").and_then(Value::as_str) else {
            return json!({ "anyOf": schemas });
        };
        types.push(keyword);
        all.extend(schema.as_object().cloned().unwrap_or_default());
    }
    all["type"] = match types.as_slice() {
        [only] => json!(only),
        several => json!(several),
    };
    Value::Object(all)
}

fn form(form: &ScalarForm) -> Value {
    match *form {
        ScalarForm::Bool => json!({ "type": "boolean" }),
        ScalarForm::Integer(i64::MIN, i64::MAX) => json!({ "type": "integer" }),
        ScalarForm::Integer(min, i64::MAX) => json!({ "type": "integer", "minimum": min }),
        ScalarForm::Integer(min, max) => json!({ "type": "integer", "minimum": min, "maximum": max }),
        ScalarForm::Text(None) => json!({ "type": "string", "minLength": 1 }),
        ScalarForm::Text(Some(pattern)) => json!({ "type": "string", "pattern": pattern }),
        ScalarForm::Date => json!({ "type": "string", "format": "date" }),
    }
}

/// What an editor shows of a key.
fn description(field: &Field) -> String {
    let mut text = prose(field.doc);
    if field.presence == Presence::Required {
        text.push_str(" Required, in one of the layers.");
    }
    if let Shape::Words(words) = (field.shape)() {
        for (word, doc) in words.words {
            // Writing to a String cannot fail.
            let _ = write!(text, " `{word}`: {}", prose(doc));
        }
    }
    text
}
