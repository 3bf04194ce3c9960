//! The templates: text and layout around what this module's siblings build.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

use super::error::Problem;

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
const BUILT_IN: &[(&str, &str)] = &[
    ("redis.conf.j2", include_str!("../../templates/redis.conf.j2")),
    ("sentinel.conf.j2", include_str!("../../templates/sentinel.conf.j2")),
    ("bootstrap-ask.sh.j2", include_str!("../../templates/bootstrap-ask.sh.j2")),
    ("bootstrap-cluster.sh.j2", include_str!("../../templates/bootstrap-cluster.sh.j2")),
    ("bootstrap-replicas.sh.j2", include_str!("../../templates/bootstrap-replicas.sh.j2")),
    ("start.sh.j2", include_str!("../../templates/start.sh.j2")),
    ("start-secrets.sh.j2", include_str!("../../templates/start-secrets.sh.j2")),
    ("start-sentinel.sh.j2", include_str!("../../templates/start-sentinel.sh.j2")),
    ("start-server.sh.j2", include_str!("../../templates/start-server.sh.j2")),
    ("memcached.conf.j2", include_str!("../../templates/memcached.conf.j2")),
    ("server.service.j2", include_str!("../../templates/server.service.j2")),
    ("memcached.service.j2", include_str!("../../templates/memcached.service.j2")),
    ("hardening.service.j2", include_str!("../../templates/hardening.service.j2")),
    ("memcached.sysconfig.j2", include_str!("../../templates/memcached.sysconfig.j2")),
    ("sysctl.conf.j2", include_str!("../../templates/sysctl.conf.j2")),
];

/// The templates, compiled: once for all files of a run.
#[derive(Debug)]
pub(super) struct Templates {
    environment: Environment<'static>,
}

impl Templates {
    /// Compiles the built-in templates.
    pub(super) fn built_in() -> Result<Self, Problem> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        let syntax = SyntaxConfig::builder()
            .keep_trailing_newline(true)
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()
            .map_err(|error| failure(&error))?;
        environment.set_syntax(syntax);
        for (name, text) in BUILT_IN {
            environment.add_template(name, text).map_err(|error| failure(&error))?;
        }
        Ok(Templates { environment })
    }

    /// Fills a template in.
    pub(super) fn render(&self, template: Template, data: impl Serialize) -> Result<String, Problem> {
        let template = self.environment.get_template(template.name()).map_err(|error| failure(&error))?;
        template.render(Serde(data)).map_err(|error| failure(&error))
    }
}

/// The engine's message, without the excerpt of the data that its long form prints.
fn failure(error: &minijinja::Error) -> Problem {
    Problem::Template { message: error.to_string() }
}
