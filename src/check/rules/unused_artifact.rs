//! The rule `unused-artifact`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// An artifact that is for no server of the spec.
pub(super) static RULE: Rule = Rule {
    code: Code::UnusedArtifact,
    group: RuleGroup::Templates,
    about: "An artifact that is for no server of the spec",
    why: "`engines` and `deployments` choose what an artifact is made for. Where they leave nothing, the file is rendered
nowhere, which is hardly meant. In a layer that several specs share it may be: set the rule aside there.",
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
engines = ["valkey"]
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
engines = ["redis"]
"#,
        layers: &[
            ("templates/motd.j2", "{{ node.name }} serves {{ deployment.name }}.
"),
        ],
    },
    stage: Stage::Rendering,
};
