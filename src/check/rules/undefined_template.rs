//! The rule `undefined-template`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// An artifact names a template that is not there.
pub(super) static RULE: Rule = Rule {
    code: Code::UndefinedTemplate,
    group: RuleGroup::Templates,
    about: "An artifact names a template that is not there",
    why: "The template of an artifact is a file in the folder that `templates` names, with its whole name. Our own
templates are no templates for artifacts: they are filled with other data.",
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
"#,
        layers: &[
            ("templates/modt.j2", "{{ node.name }} serves {{ deployment.name }}.
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
    stage: Stage::Lowering,
};
