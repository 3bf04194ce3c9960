//! The schema in the hands of a validator that knows nothing of this project.

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

/// The schema of a layer.
pub(crate) struct Schema {
    whole: Value,
    validator: Validator,
}

impl Schema {
    pub(crate) fn new() -> Self {
        let whole: Value = serde_json::from_str(&cachewright::reference::schema()).unwrap();
        jsonschema::draft7::meta::validate(&whole).unwrap();
        Schema { validator: compiled(&whole), whole }
    }

    /// One definition alone.
    pub(crate) fn definition(&self, pointer: &str) -> Validator {
        assert!(self.whole.pointer(&format!("/definitions/{pointer}")).is_some(), "no definition {pointer}");
        let mut schema =
            json!({ "$schema": self.whole["$schema"], "$ref": format!("#/definitions/{pointer}") });
        schema["definitions"] = self.whole["definitions"].clone();
        compiled(&schema)
    }

    /// The value at a place of the schema.
    pub(crate) fn at(&self, pointer: &str) -> &Value {
        self.whole.pointer(pointer).unwrap_or_else(|| panic!("nothing at {pointer}"))
    }

    /// What is wrong with a layer, each with its place.
    pub(crate) fn errors(&self, layer: &Value) -> Vec<String> {
        let said = |error: jsonschema::ValidationError<'_>| format!("{}: {error}", error.instance_path());
        self.validator.iter_errors(layer).map(said).collect()
    }

    pub(crate) fn accepts(&self, layer: &Value) -> bool {
        self.validator.is_valid(layer)
    }
}

fn compiled(schema: &Value) -> Validator {
    jsonschema::options().with_draft(Draft::Draft7).should_validate_formats(true).build(schema).unwrap()
}

/// A layer as JSON, as editors hand it to validators: dates are texts. None where it cannot be read.
pub(crate) fn layer(path: &str, text: &str) -> Option<Value> {
    let is_json = std::path::Path::new(path).extension().is_some_and(|extension| extension == "json");
    if is_json { serde_json::from_str(text).ok() } else { Some(table(&text.parse().ok()?)) }
}

fn table(table: &toml::Table) -> Value {
    Value::Object(table.iter().map(|(key, value)| (key.clone(), json_of(value))).collect::<Map<_, _>>())
}

fn json_of(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.as_str().into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Boolean(flag) => (*flag).into(),
        toml::Value::Datetime(date) => date.to_string().into(),
        toml::Value::Array(items) => items.iter().map(json_of).collect(),
        toml::Value::Table(inner) => table(inner),
    }
}
