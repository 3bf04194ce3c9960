//! The rule `artifact-clash`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// Two files of one path.
pub(super) static RULE: Rule = Rule {
    code: Code::ArtifactClash,
    group: RuleGroup::Templates,
    about: "Two files of one path",
    why: "Each rendered file has a path of its own, and none is the folder of another. An artifact for each node stands in
the node's folder beside redis.conf, users.acl and what else is rendered there; one for everything stands at the
top, beside manifest.json and the folders of the deployments. To change one of our files, replace its template.",
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
path = "redis.conf"
"#,
        layers: &[
            ("templates/motd.j2", "{{ node.name }} serves {{ deployment.name }}.
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

[artifacts.motd]
template = "motd.j2"
per = "node"
path = "motd"
"#,
        layers: &[
            ("templates/motd.j2", "{{ node.name }} serves {{ deployment.name }}.
"),
        ],
    },
    stage: Stage::Rendering,
};
