//! The rule `contradicting-template`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// A replaced template whose output says something else than the spec.
pub(super) static RULE: Rule = Rule {
    code: Code::ContradictingTemplate,
    group: RuleGroup::Templates,
    about: "A replaced template whose output says something else than the spec",
    why: "The spec says what a server does, and everything else relies on it: checks, plans, the comparison with running
servers. So what a replaced template of redis.conf, sentinel.conf or memcached.conf writes is read back. Comments
and the order of lines are free, but the directives have to be those of the spec with the same values: none
more, none fewer, none changed.

Write a setting under `config` (in a profile, for all deployments that use it), not in the template, and keep
`{{ directives }}` whole.",
    source: "the readers of redis.conf, sentinel.conf and memcached.conf of this program",
    fails: Example {
        spec: r#"format = 1
name = "shop"
templates = "templates"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~session:* +@read +@write -@dangerous" }
"#,
        layers: &[
            ("templates/redis.conf.j2", "# {{ node }}, owned by the team cache.
{{ directives }}maxmemory 1gb
"),
        ],
    },
    passes: Example {
        spec: r#"format = 1
name = "shop"
templates = "templates"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~session:* +@read +@write -@dangerous" }
"#,
        layers: &[
            ("templates/redis.conf.j2", "# {{ node }}, owned by the team cache.
{{ directives }}"),
        ],
    },
    stage: Stage::Rendering,
};
