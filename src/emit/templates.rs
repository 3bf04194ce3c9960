//! The templates: text and layout around what this module's siblings build.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, ValueKind};
use minijinja::{
    AutoEscape, Environment, ErrorKind, Output, State, UndefinedBehavior, Value, escape_formatter,
};
use serde::Serialize;

use super::error::Problem;
use super::read_back::{OutputMap, ReadBack};
use crate::model::OwnTemplates;

mod about;
mod failure;
mod filters;
mod mold;
mod own;
mod refused;

pub(super) use about::ABOUT;
pub(super) use failure::line_of;
pub(super) use filters::FILTERS;
use mold::{Molds, marks};
pub(super) use own::{Own, check};

/// A template, by the name it can be replaced under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Template {
    /// redis.conf, valkey.conf.
    ServerConf,
    /// sentinel.conf.
    SentinelConf,
    /// The script that forms a cluster.
    BootstrapCluster,
    /// The script that makes replicas follow their first primary.
    BootstrapReplicas,
    /// The script that starts a server or sentinel.
    Start,
    /// Debian's memcached.conf.
    MemcachedConf,
    /// The unit of a server or sentinel.
    Unit,
    /// The unit of a memcached.
    MemcachedUnit,
    /// /etc/sysconfig/memcached of Fedora and Red Hat.
    MemcachedSysconfig,
    /// Settings of the kernel.
    Sysctl,
}

impl Template {
    const fn name(self) -> &'static str {
        match self {
            Template::ServerConf => "redis.conf.j2",
            Template::SentinelConf => "sentinel.conf.j2",
            Template::BootstrapCluster => "bootstrap-cluster.sh.j2",
            Template::BootstrapReplicas => "bootstrap-replicas.sh.j2",
            Template::Start => "start.sh.j2",
            Template::MemcachedConf => "memcached.conf.j2",
            Template::Unit => "server.service.j2",
            Template::MemcachedUnit => "memcached.service.j2",
            Template::MemcachedSysconfig => "memcached.sysconfig.j2",
            Template::Sysctl => "sysctl.conf.j2",
        }
    }
}

/// Every template and its text; those that no [`Template`] names are included by others.
pub(super) const BUILT_IN: &[(&str, &str)] = &[
    ("redis.conf.j2", include_str!("../../templates/redis.conf.j2")),
    ("sentinel.conf.j2", include_str!("../../templates/sentinel.conf.j2")),
    ("bootstrap-ask.sh.j2", include_str!("../../templates/bootstrap-ask.sh.j2")),
    ("bootstrap-cluster.sh.j2", include_str!("../../templates/bootstrap-cluster.sh.j2")),
    ("bootstrap-replicas.sh.j2", include_str!("../../templates/bootstrap-replicas.sh.j2")),
    ("start.sh.j2", include_str!("../../templates/start.sh.j2")),
    ("start-secrets.sh.j2", include_str!("../../templates/start-secrets.sh.j2")),
    ("start-sentinel.sh.j2", include_str!("../../templates/start-sentinel.sh.j2")),
    ("start-server.sh.j2", include_str!("../../templates/start-server.sh.j2")),
    ("start-users.sh.j2", include_str!("../../templates/start-users.sh.j2")),
    ("memcached.conf.j2", include_str!("../../templates/memcached.conf.j2")),
    ("server.service.j2", include_str!("../../templates/server.service.j2")),
    ("memcached.service.j2", include_str!("../../templates/memcached.service.j2")),
    ("hardening.service.j2", include_str!("../../templates/hardening.service.j2")),
    ("memcached.sysconfig.j2", include_str!("../../templates/memcached.sysconfig.j2")),
    ("sysctl.conf.j2", include_str!("../../templates/sysctl.conf.j2")),
];

/// How much one template may do to fill in one file: about a second's work and 600 MB.
const FUEL: u64 = 10_000_000;
/// How deep templates may bring in each other, and macros call each other.
const DEPTH: usize = 60;

/// The templates, compiled: once for all files of a run.
#[derive(Debug)]
pub(super) struct Templates {
    environment: Environment<'static>,
    own: Own,
    /// Templates that did not come to an end, and what was said of each: they are not tried again.
    endless: Mutex<BTreeMap<String, Problem>>,
    molds: Molds,
}

/// An environment in which templates see their data and nothing else; `guarded` where they may be others than
/// ours.
fn environment(guarded: bool) -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    let syntax =
        SyntaxConfig::builder().keep_trailing_newline(true).trim_blocks(true).lstrip_blocks(true).build()?;
    environment.set_syntax(syntax);
    filters::add_to(&mut environment);
    environment.set_formatter(write_value);
    // It writes out the engine's state.
    environment.remove_global("debug");
    if guarded {
        environment.set_fuel(Some(FUEL));
        environment.set_recursion_limit(DEPTH);
        environment.set_debug(true);
        refused::guard(&mut environment);
    }
    for (name, text) in BUILT_IN {
        environment.add_template(name, text)?;
    }
    Ok(environment)
}

/// Writes what stands in `{{ }}`. The engine has truth values as Python does, and no file here is Python.
pub(super) fn write_value(
    output: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), minijinja::Error> {
    if value.kind() == ValueKind::Bool {
        return Ok(output.write_str(filters::truth(value))?);
    }
    escape_formatter(output, state, value)
}

impl Templates {
    /// Compiles the built-in templates, and those that the spec brings along over them.
    pub(super) fn new(own: &OwnTemplates) -> Result<Self, Vec<Problem>> {
        let own = Own::new(own);
        let environment = environment(!own.is_empty()).map_err(|error| vec![failure(&error)])?;
        let mut templates =
            Templates { environment, own, endless: Mutex::default(), molds: Molds::default() };
        let mut problems = Vec::new();
        for file in templates.own.files() {
            let added = templates.environment.add_template_owned(file.name.clone(), file.text.to_string());
            problems.extend(added.err().map(|error| own_failure(&templates.own, &error, None)));
        }
        if problems.is_empty() { Ok(templates) } else { Err(problems) }
    }

    /// Fills in one of our templates, or what replaces it.
    pub(super) fn render(&self, template: Template, data: impl Serialize) -> Result<String, Problem> {
        if !self.own.replaces(template.name()) {
            let template = self.environment.get_template(template.name()).map_err(|error| failure(&error))?;
            return template.render(Serde(data)).map_err(|error| failure(&error));
        }
        self.fill(template.name(), &Value::from(Serde(data)))
    }

    /// Fills in one of our templates for one of many files, or what replaces it. `texts` are what differs between
    /// most of them, none of which our template looks at; `record` puts them into the template's data.
    pub(super) fn cast<'t, const N: usize, R: Serialize>(
        &self,
        template: Template,
        texts: [&'t str; N],
        record: impl Fn([&'t str; N]) -> R,
    ) -> Result<String, Problem> {
        if !self.own.replaces(template.name()) {
            let marked = record(marks());
            let cast = self.molds.fill(template.name(), &marked, &texts, || self.render(template, &marked));
            if let Some(text) = cast? {
                return Ok(text);
            }
        }
        self.render(template, record(texts))
    }

    /// [`Templates::cast`]. What a replaced template makes is read back: what it says otherwise than the model is
    /// found.
    pub(super) fn cast_and_read<'t, const N: usize, R: Serialize>(
        &self,
        template: Template,
        texts: [&'t str; N],
        record: impl Fn([&'t str; N]) -> R,
        reader: &dyn ReadBack,
    ) -> Result<String, Vec<Problem>> {
        if self.own.replaces(template.name()) {
            return self.render_and_read(template, record(texts), reader);
        }
        self.cast(template, texts, record).map_err(|problem| vec![problem])
    }

    /// Fills in one of our templates. What a replaced one makes is read back: what it says otherwise than the
    /// model is found.
    #[allow(clippy::redundant_closure_for_method_calls, reason = "the method fits one lifetime only")]
    pub(super) fn render_and_read(
        &self,
        template: Template,
        data: impl Serialize,
        reader: &dyn ReadBack,
    ) -> Result<String, Vec<Problem>> {
        let name = template.name();
        if !self.own.replaces(name) {
            return self.render(template, data).map_err(|problem| vec![problem]);
        }
        let data = Value::from(Serde(data));
        let (text, spans) = self
            .filled(name, &data, |template, data| template.render_with_spans(data))
            .map_err(|problem| vec![problem])?;
        let map = OutputMap::new(&self.own, name, spans);
        let problems: Vec<Problem> = reader
            .differences(&text)
            .into_iter()
            .map(|difference| Problem::Own(Box::new(difference.finding(&map, reader))))
            .collect();
        if problems.is_empty() { Ok(text) } else { Err(problems) }
    }

    /// Fills in a template by its name.
    #[allow(clippy::redundant_closure_for_method_calls, reason = "the method fits one lifetime only")]
    pub(super) fn fill(&self, name: &str, data: &Value) -> Result<String, Problem> {
        self.filled(name, data, |template, data| template.render(data))
    }

    fn filled<T>(
        &self,
        name: &str,
        data: &Value,
        render: impl Fn(&minijinja::Template<'_, '_>, Value) -> Result<T, minijinja::Error>,
    ) -> Result<T, Problem> {
        let endless = || self.endless.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(problem) = endless().get(name) {
            return Err(problem.clone());
        }
        let template = self.environment.get_template(name).map_err(|error| failure(&error))?;
        render(&template, data.clone()).map_err(|error| {
            let problem = own_failure(&self.own, &error, Some(data));
            if error.kind() == ErrorKind::OutOfFuel {
                endless().insert(name.to_owned(), problem.clone());
            }
            problem
        })
    }
}

/// A finding in own templates, or else our own mistake.
fn own_failure(own: &Own, error: &minijinja::Error, data: Option<&Value>) -> Problem {
    match failure::finding(own, error, data) {
        Some(finding) => Problem::Own(Box::new(finding)),
        None => failure(error),
    }
}

/// The engine's message, without the excerpt of the data that its long form prints.
fn failure(error: &minijinja::Error) -> Problem {
    Problem::Template { message: error.to_string() }
}
