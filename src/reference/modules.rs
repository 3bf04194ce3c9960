//! Settings of modules, which nobody can list: where an unknown name is a mistake and where it may be theirs.

use serde_json::{Map, Value, json};

use super::schema::dialect;
use super::settings::Dialect;
use super::value_forms::reference;
use crate::catalog::Engine;
use crate::spec::Spec;
use crate::spec::shape::{Record, Shape};

/// What a record says of names that only a module could bring: they are mistakes unless its build has modules.
pub(super) fn in_record(record: &Record, dialect: Option<Dialect>) -> Value {
    let build = record.fields.iter().find(|field| field.key == MODULES.0);
    match (build, dialect.and_then(Dialect::known)) {
        (Some(_), Some(known)) => json!({
            "if": has_modules(),
            "else": { "properties": strict(record, &known) },
        }),
        _ => json!({}),
    }
}

/// The key, and the key of its table, that says that modules are loaded.
const MODULES: (&str, &str) = ("build", "modules");

fn has_modules() -> Value {
    let (build, modules) = MODULES;
    json!({
        "required": [build],
        "properties": { build: { "required": [modules], "properties": { modules: { "const": true } } } },
    })
}

/// Profiles do not say who uses them: as soon as one deployment of the file has modules, any of their settings may
/// be a module's.
pub(super) fn in_profiles() -> Value {
    let Some(known) = Dialect::Any.known() else { return json!({}) };
    let with_profiles = [Engine::Redis, Engine::Valkey].map(|engine| {
        // Some entry has modules: not every one is without.
        let some = json!({ "not": { "additionalProperties": { "not": has_modules() } } });
        json!({ "required": [engine.name()], "properties": { engine.name(): some } })
    });
    let own = Spec::RECORD.fields.iter().filter(|field| dialect(field.key).is_none());
    let profiles: Map<String, Value> =
        own.filter_map(|field| Some((field.key.to_owned(), strictly(&(field.shape)(), &known)?))).collect();
    json!({ "if": { "anyOf": with_profiles }, "else": { "properties": profiles } })
}

/// The keys of a record whose `config` tables hold nothing unknown.
fn strict(record: &Record, known: &str) -> Map<String, Value> {
    let fields = record.fields.iter();
    fields.filter_map(|field| Some((field.key.to_owned(), strictly(&(field.shape)(), known)?))).collect()
}

fn strictly(shape: &Shape, known: &str) -> Option<Value> {
    match shape {
        Shape::Config => Some(reference(known)),
        Shape::Names(item) => Some(json!({ "additionalProperties": strictly(item, known)? })),
        Shape::Record(record) => {
            let fields = strict(record, known);
            (!fields.is_empty()).then(|| json!({ "properties": fields }))
        }
        _ => None,
    }
}
