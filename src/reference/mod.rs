//! The language described for those who write it: a JSON Schema for their editors (`cachewright schema`,
//! `schemas/spec.schema.json`) and a reference to read (`docs/language.md`). Both are made from the declarations
//! that decode a spec and from the catalogue; no key and no setting is named here.

mod language;
mod layout;
mod modules;
mod schema;
mod settings;
mod value_forms;

pub use language::markdown;
pub use schema::{is_schema, schema};
