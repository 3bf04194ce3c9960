//! The rule `undefined-deployment`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// An artifact names a deployment that is not there.
pub(super) static RULE: Rule = Rule {
    code: Code::UndefinedDeployment,
    group: RuleGroup::Templates,
    about: "An artifact names a deployment that is not there",
    why: r#"`deployments` of an artifact lists deployments of Redis, Valkey and memcached by name. Sets of sentinels are
chosen with `engines = ["sentinel"]`."#,
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

[artifacts.motd]
template = "motd.j2"
per = "node"
path = "motd"
deployments = ["session"]
"#,
        layers: &[(
            "templates/motd.j2",
            "{{ node.name }} serves {{ deployment.name }}.
",
        )],
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

[artifacts.motd]
template = "motd.j2"
per = "node"
path = "motd"
deployments = ["sessions"]
"#,
        layers: &[(
            "templates/motd.j2",
            "{{ node.name }} serves {{ deployment.name }}.
",
        )],
    },
    stage: Stage::Lowering,
};
