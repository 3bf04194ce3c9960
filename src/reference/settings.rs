//! The servers' own settings as tables of JSON Schema: what `config` may hold, by engine.
//!
//! What an editor offers and what it accepts are two tables. The first shows each setting once, in its usual form
//! and under its present name; the second knows every spelling. Were they one, editors would offer every way to
//! write each value. The first stands in a choice that always holds, so that it refuses nothing, the second where
//! editors do not look for offers.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::schema::NO_SUCH_KEY;
use super::value_forms::{
    Form, accepted, of_directive, of_option, of_sentinel, offered, reference, together,
};
use crate::catalog::sentinel::{self, Scope as About, SentinelDirective, SentinelRepeat};
use crate::catalog::{Directive, Engine, Owner, directives, memcached};
use crate::report::catalog::{Scope, directive_hover, option_hover, sentinel_hover};
use crate::spec::UNSET;

/// Whose settings a table holds. The name of the table that it is in says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dialect {
    /// One engine's.
    Of(Engine),
    /// Sentinel's own and those of the servers that it shares; of either product.
    Sentinel,
    /// Any server's: deployments of every engine may use a profile.
    Any,
    /// Sentinel's own for one watched primary; of either product. They stand beside keys of the language.
    Watch,
}

/// What is known of a setting.
#[derive(Debug, Clone)]
struct Setting {
    /// What an editor shows.
    about: String,
    /// How its values may be written.
    forms: Vec<Form>,
    /// The present name of the setting, or another one that is accepted and not offered.
    present: bool,
    /// The engine whose table describes it; none where the table at hand has to.
    described_by: Option<Engine>,
}

/// Settings by name.
type Settings = BTreeMap<&'static str, Setting>;

impl Dialect {
    /// Every dialect.
    pub(super) const ALL: [Dialect; 6] = [
        Dialect::Of(Engine::Redis),
        Dialect::Of(Engine::Valkey),
        Dialect::Of(Engine::Memcached),
        Dialect::Sentinel,
        Dialect::Any,
        Dialect::Watch,
    ];

    /// What the names of the definitions that depend on it begin with.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Dialect::Of(engine) => engine.name(),
            Dialect::Sentinel => "sentinel",
            Dialect::Any => "any",
            Dialect::Watch => "watch",
        }
    }

    /// The name of the definition of a table of its settings.
    pub(super) fn settings(self) -> String {
        format!("{}-settings", self.prefix())
    }

    /// The name of the definition that allows no setting but those that the catalogue knows; none where
    /// [`Dialect::settings`] is as strict.
    pub(super) fn known(self) -> Option<String> {
        self.may_be_a_modules().then(|| format!("{}-known", self.prefix()))
    }

    fn offers(self) -> String {
        format!("{}-offers", self.prefix())
    }

    fn accepts(self) -> String {
        format!("{}-accepts", self.prefix())
    }

    /// Modules bring settings that nobody knows here.
    fn may_be_a_modules(self) -> bool {
        !matches!(self, Dialect::Of(Engine::Memcached) | Dialect::Watch)
    }

    /// What names are accepted that cannot be listed: servers take theirs in any case, and those of most modules
    /// hold a dot.
    fn other_names(self) -> Option<&'static str> {
        match self {
            Dialect::Of(Engine::Memcached) => None,
            Dialect::Watch => Some("[A-Z]"),
            _ => Some("[A-Z.]"),
        }
    }

    fn all(self) -> Settings {
        match self {
            Dialect::Of(Engine::Memcached) => options(),
            Dialect::Of(engine) => of_engine(engine),
            Dialect::Sentinel => {
                let shared = joined([Engine::Redis, Engine::Valkey].map(of_engine));
                joined([shared, of_sentinels(About::Global)])
            }
            Dialect::Any => joined(Engine::ALL.map(|engine| Dialect::Of(engine).all())),
            Dialect::Watch => of_sentinels(About::Primary),
        }
    }

    /// The definitions of its tables by name; `beside` are keys of the language in the same table.
    pub(super) fn definitions(self, beside: &[&'static str]) -> Vec<(String, Value)> {
        let all = self.all();
        let names: Vec<&str> = all.keys().copied().chain(beside.iter().copied()).chain([UNSET.key]).collect();
        let names: Map<String, Value> =
            names.into_iter().map(|name| (name.to_owned(), true.into())).collect();
        let mut closed = json!({ "properties": names, "additionalProperties": reference(NO_SUCH_KEY) });
        if let Some(pattern) = self.other_names() {
            closed["patternProperties"] = json!({ pattern: true });
        }
        let accepts = all.iter().map(|(name, setting)| ((*name).to_owned(), accepted(&setting.forms)));
        let mut accepts = json!({ "properties": accepts.collect::<Map<_, _>>() });
        let mut definitions = Vec::new();
        match self.known() {
            Some(name) => definitions.push((name, closed)),
            None => {
                closed["properties"] = all_of(accepts["properties"].take(), closed["properties"].take());
                accepts = closed;
            }
        }
        let offers = all.iter().filter(|(_, setting)| setting.present);
        let offers = offers.map(|(name, setting)| ((*name).to_owned(), self.offer(name, setting)));
        definitions.push((self.offers(), json!({ "properties": offers.collect::<Map<_, _>>() })));
        definitions.push((self.accepts(), accepts));
        let mut table = json!({
            "type": "object",
            "properties": { UNSET.key: reference(UNSET.key) },
        });
        self.offer_and_accept(&mut table);
        definitions.push((self.settings(), table));
        definitions
    }

    /// What is offered for a setting: the same as an engine's table offers, where there is one.
    fn offer(self, name: &str, setting: &Setting) -> Value {
        match setting.described_by.map(Dialect::Of).filter(|engine| *engine != self) {
            Some(engine) => reference(&format!("{}/properties/{name}", engine.offers())),
            None => offered(&setting.forms, &setting.about),
        }
    }

    /// Lets a table hold the settings beside what it holds already.
    pub(super) fn offer_and_accept(self, table: &mut Value) {
        table["anyOf"] = json!([reference(&self.offers()), { "type": "object" }]);
        table["if"] = json!({});
        table["then"] = reference(&self.accepts());
    }
}

/// The first object's entries, and those of the second that it lacks.
fn all_of(first: Value, second: Value) -> Value {
    match (first, second) {
        (Value::Object(first), Value::Object(mut all)) => {
            all.extend(first);
            Value::Object(all)
        }
        (first, _) => first,
    }
}

/// Several engines' settings in one table. What is said of one is said by the first that has it.
fn joined<const N: usize>(all: [Settings; N]) -> Settings {
    let mut joined = Settings::new();
    for (name, setting) in all.into_iter().flatten() {
        match joined.get_mut(name) {
            None => {
                joined.insert(name, setting);
            }
            Some(other) => {
                if other.forms != setting.forms || other.present != setting.present {
                    other.described_by = None;
                }
                other.forms = together(other.forms.drain(..).chain(setting.forms));
                other.present |= setting.present;
            }
        }
    }
    joined
}

/// The directives of redis.conf or valkey.conf, by every spelling.
fn of_engine(engine: Engine) -> Settings {
    let mut all = Settings::new();
    let Some(scope) = Scope::all(engine) else { return all };
    for directive in directives(engine).iter().filter(|directive| directive.owner != Owner::Server) {
        let forms = of_directive(directive);
        if forms.is_empty() {
            continue;
        }
        let about = directive_hover(directive, scope);
        for name in spellings(directive) {
            let present = name == directive.name;
            let setting =
                Setting { about: about.clone(), forms: forms.clone(), present, described_by: Some(engine) };
            all.insert(name, setting);
        }
    }
    all
}

/// Every name that some version knows the directive by.
fn spellings(directive: &'static Directive) -> impl Iterator<Item = &'static str> {
    directive
        .revisions
        .iter()
        .flat_map(|facts| std::iter::once(facts.name).chain(facts.aliases.iter().copied()))
}

/// The options of memcached.
fn options() -> Settings {
    let Some(scope) = Scope::all(Engine::Memcached) else { return Settings::new() };
    let settings = memcached::options().iter().map(|option| {
        let setting = Setting {
            about: option_hover(option, scope),
            forms: of_option(option),
            present: true,
            described_by: Some(Engine::Memcached),
        };
        (option.name, setting)
    });
    settings.filter(|(_, setting)| !setting.forms.is_empty()).collect()
}

/// The directives of sentinel.conf of one scope, of either product, by every spelling.
fn of_sentinels(about: About) -> Settings {
    let mut all = Settings::new();
    for in_engines in sentinel_directives(about).into_values() {
        let forms = together(in_engines.iter().flat_map(|(directive, _)| of_sentinel(directive)));
        let facts = in_engines.iter().flat_map(|(directive, _)| directive.revisions);
        for name in facts.flat_map(|facts| std::iter::once(&facts.name).chain(facts.aliases)) {
            let present = in_engines.iter().any(|(directive, _)| directive.name == *name);
            let about = sentinel_hover(&in_engines);
            all.insert(name, Setting { about, forms: forms.clone(), present, described_by: None });
        }
    }
    all
}

/// The directives that a spec may set by name, with the products that have them.
fn sentinel_directives(about: About) -> BTreeMap<&'static str, Vec<(&'static SentinelDirective, Scope)>> {
    let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for scope in [Engine::Redis, Engine::Valkey].into_iter().filter_map(Scope::all) {
        for directive in sentinel::directives(scope.engine) {
            if directive.scope == about && set_by_name(directive) {
                all.entry(directive.name).or_default().push((directive, scope));
            }
        }
    }
    all
}

/// Whether a spec may name it: not what Sentinel finds out itself, nor the one line that follows from the topology.
fn set_by_name(directive: &SentinelDirective) -> bool {
    let once = directive.revisions.iter().any(|facts| facts.repeat == SentinelRepeat::Once);
    directive.owner != Owner::Server && !once
}
