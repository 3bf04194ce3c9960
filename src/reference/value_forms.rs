//! How the values of settings may be written, as JSON Schema: what an editor offers, and what it accepts. A schema
//! must not refuse what `check` accepts, so each form is as wide as the widest of the servers' parsers, and no
//! wider than helps against slips.

use serde_json::{Value, json};

use crate::catalog::memcached::{MemcachedOption, OptionFacts, OptionValue};
use crate::catalog::sentinel::{SentinelArgKind, SentinelDirective, SentinelFacts, SentinelRepeat};
use crate::catalog::{Directive, EnumWord, Facts, Kind, Special};
use crate::value::takes_list;

/// A way to write a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// `true`, `false`, `"yes"` or `"no"`.
    YesNo,
    /// `true` or `false`.
    Switch,
    /// A number, or a text that begins with one.
    Number,
    /// A number with a unit as a text, or a number: `"4gb"`, `"10%"`.
    Size,
    /// A text only: TOML's own octal numbers would read otherwise.
    Octal,
    /// Any text, or what becomes one.
    Text,
    /// A text or a list of them.
    Texts,
    /// Where a secret is found.
    Secret,
    /// One of some words, in any case where the flag says so.
    Words(Vec<&'static str>, bool),
    /// Several of some words, in any case.
    SomeWords(Vec<&'static str>),
}

impl Form {
    /// A form for each definition.
    const NAMED: [Form; 7] =
        [Form::YesNo, Form::Switch, Form::Number, Form::Octal, Form::Text, Form::Texts, Form::Secret];

    /// The name of the definition of what is accepted; words have none, they are each setting's own.
    fn name(&self) -> Option<&'static str> {
        Some(match self {
            Form::YesNo => "yes-no",
            Form::Switch => "switch",
            Form::Number | Form::Size => "number",
            Form::Octal => "octal",
            Form::Text => "text",
            Form::Texts => "texts",
            Form::Secret => "secret",
            Form::Words(..) | Form::SomeWords(_) => return None,
        })
    }

    fn words(&self) -> Option<&[&'static str]> {
        match self {
            Form::Words(words, _) | Form::SomeWords(words) => Some(words),
            _ => None,
        }
    }

    fn words_mut(&mut self) -> Option<&mut Vec<&'static str>> {
        match self {
            Form::Words(words, _) | Form::SomeWords(words) => Some(words),
            _ => None,
        }
    }

    /// The usual types.
    fn types(&self) -> &'static [&'static str] {
        match self {
            Form::YesNo | Form::Switch => &["boolean"],
            Form::Number => &["integer"],
            Form::Texts => &["string", "array"],
            Form::Secret => &["object"],
            Form::Size | Form::Octal | Form::Text | Form::Words(..) | Form::SomeWords(_) => &["string"],
        }
    }

    /// What is accepted, as a choice.
    fn accepted(&self) -> Vec<Value> {
        match self {
            Form::YesNo => vec![
                json!({ "type": "boolean" }),
                json!({ "type": "string", "pattern": "^([yY][eE][sS]|[nN][oO])$" }),
            ],
            Form::Switch => vec![json!({ "type": "boolean" })],
            Form::Number | Form::Size => vec![
                json!({ "type": "number" }),
                // An empty text is 0 to some versions.
                json!({ "type": "string", "pattern": "^(\\s*[-+]?\\.?[0-9].*)?$" }),
            ],
            Form::Octal => vec![json!({ "type": "string" })],
            Form::Text => vec![scalar()],
            Form::Texts => vec![scalar(), json!({ "type": "array", "items": scalar() })],
            Form::Secret => vec![reference(super::schema::SECRET), json!({ "enum": [""] })],
            Form::Words(words, any_case) => {
                let mut choices = vec![json!({ "enum": words })];
                choices.extend(any_case.then(other_case));
                if words.contains(&"yes") || words.contains(&"no") {
                    choices.push(json!({ "type": "boolean" }));
                }
                choices
            }
            Form::SomeWords(words) => {
                // An item may hold several words.
                let other = json!({ "type": "string", "pattern": "[A-Z ]" });
                let item = json!({ "anyOf": [{ "enum": words }, other] });
                vec![json!({ "type": "string" }), json!({ "type": "array", "items": item })]
            }
        }
    }
}

fn scalar() -> Value {
    json!({ "type": ["string", "number", "boolean"] })
}

/// Words in another case than their usual one are the server's as well, and cannot be listed.
fn other_case() -> Value {
    json!({ "type": "string", "pattern": "[A-Z]" })
}

/// The name of the definition of `{ override = … }`.
const OVERRIDE: &str = "override";

/// A reference to a definition.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{name}") })
}

/// The definitions that settings share.
pub(super) fn definitions() -> Vec<(String, Value)> {
    let forms =
        Form::NAMED.iter().filter_map(|form| Some((form.name()?.to_owned(), with_override(form.accepted()))));
    let insisting = json!({
        "type": "object",
        "description": "Insists on a value although another one follows from the spec.",
        "properties": {
            OVERRIDE: {
                "anyOf": [
                    { "type": ["string", "number", "boolean", "array"] },
                    reference(super::schema::SECRET),
                ],
            },
        },
        "required": [OVERRIDE],
        "additionalProperties": false,
    });
    forms.chain([(OVERRIDE.to_owned(), insisting)]).collect()
}

fn with_override(mut choices: Vec<Value>) -> Value {
    choices.push(reference(OVERRIDE));
    json!({ "anyOf": choices })
}

/// What an editor offers: the usual way to write the value, and what the setting is about. It is flat, because
/// editors show the description of the innermost choice only.
pub(super) fn offered(forms: &[Form], about: &str) -> Value {
    if let Some(words) = forms.iter().find_map(Form::words) {
        return json!({ "description": about, "enum": words });
    }
    let mut types: Vec<&str> = Vec::new();
    for each in forms.iter().flat_map(Form::types) {
        if !types.contains(each) {
            types.push(each);
        }
    }
    match types.as_slice() {
        [only] => json!({ "description": about, "type": only }),
        several => json!({ "description": about, "type": several }),
    }
}

/// What is accepted in any of the forms.
pub(super) fn accepted(forms: &[Form]) -> Value {
    match forms {
        [only] if only.name().is_some() => only.name().map(reference).unwrap_or_default(),
        [only] => with_override(only.accepted()),
        several => {
            let each = several.iter().map(|form| accepted(std::slice::from_ref(form)));
            json!({ "anyOf": each.collect::<Vec<_>>() })
        }
    }
}

/// All forms, each once; words of all of them together.
pub(super) fn together(all: impl IntoIterator<Item = Form>) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    for form in all {
        if let Some(more) = form.words()
            && let Some(words) = forms.iter_mut().find_map(Form::words_mut)
        {
            let new: Vec<_> = more.iter().copied().filter(|word| !words.contains(word)).collect();
            words.extend(new);
        } else if !forms.contains(&form) {
            forms.push(form);
        }
    }
    forms
}

/// The forms of a directive of redis.conf or valkey.conf; none where a file may not hold it.
pub(super) fn of_directive(directive: &'static Directive) -> Vec<Form> {
    if directive.secret {
        return vec![Form::Secret];
    }
    together(directive.revisions.iter().filter_map(of_facts))
}

fn of_facts(facts: &'static Facts) -> Option<Form> {
    let words = |words: &'static [EnumWord]| words.iter().map(|word| word.word).collect();
    Some(match facts.kind {
        Kind::Bool => Form::YesNo,
        Kind::Enum(list) => Form::Words(words(list), true),
        Kind::Flags(list) => Form::SomeWords(words(list)),
        Kind::Integer(_) => Form::Number,
        Kind::Memory(_) | Kind::MemoryOrPercent { .. } | Kind::Special(Special::UncheckedMemory) => {
            Form::Size
        }
        Kind::Octal(_) | Kind::Special(Special::UncheckedOctal) => Form::Octal,
        Kind::Special(Special::NotInFiles) => return None,
        _ if takes_list(facts) => Form::Texts,
        Kind::Text { .. } | Kind::Special(_) | Kind::Ignored => Form::Text,
    })
}

/// The forms of a directive of sentinel.conf.
pub(super) fn of_sentinel(directive: &'static SentinelDirective) -> Vec<Form> {
    if directive.secret {
        return vec![Form::Secret];
    }
    together(directive.revisions.iter().map(of_sentinel_facts))
}

fn of_sentinel_facts(facts: &'static SentinelFacts) -> Form {
    match facts.args {
        [only] if facts.repeat != SentinelRepeat::Accumulate => match only.kind {
            SentinelArgKind::Atoi(_) => Form::Number,
            SentinelArgKind::Bool => Form::YesNo,
            _ => Form::Text,
        },
        _ => Form::Texts,
    }
}

/// The forms of an option of memcached; none where it is no setting.
pub(super) fn of_option(option: &'static MemcachedOption) -> Vec<Form> {
    together(option.revisions.iter().flat_map(|facts| of_option_facts(option, facts)))
}

fn of_option_facts(option: &MemcachedOption, facts: &'static OptionFacts) -> Vec<Form> {
    let form = match facts.value {
        OptionValue::Action { .. } => return Vec::new(),
        OptionValue::Switch | OptionValue::Ignored { takes_value: false } => Form::Switch,
        OptionValue::Word(words) => Form::Words(words.to_vec(), false),
        OptionValue::List { .. } => Form::Texts,
        _ if option.accumulates => Form::Texts,
        OptionValue::Size(_) => Form::Size,
        OptionValue::Atoi(_)
        | OptionValue::Strtol(_)
        | OptionValue::Strtoul(_)
        | OptionValue::Atof { .. }
        | OptionValue::Strtod { .. }
        | OptionValue::Counter => Form::Number,
        _ => Form::Text,
    };
    let bare = facts.without_value.is_some() || facts.default == Some("off");
    let switch = (bare || facts.value == OptionValue::Counter).then_some(Form::Switch);
    std::iter::once(form).chain(switch).collect()
}
