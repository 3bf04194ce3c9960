//! The rule `unused-template`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// A template that nothing uses.
pub(super) static RULE: Rule = Rule {
    code: Code::UnusedTemplate,
    group: RuleGroup::Templates,
    about: "A template that nothing uses",
    why: "A template in the folder takes the place of one of ours if it has the same name, is the template of an artifact,
or is included, extended or imported by one that is used. One that is none of it has no effect: most likely its
name is misspelled, and our own template is rendered instead. `cachewright templates` lists the names.

A template whose name is computed (`{% include name %}`) may be any: then this rule is silent.",
    source: "the language of specs",
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
            ("templates/redis.cnf.j2", "# {{ node }}, owned by the team cache.
{{ directives }}"),
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
