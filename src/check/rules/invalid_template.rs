//! The rule `invalid-template`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// A template that cannot be compiled or filled in.
pub(super) static RULE: Rule = Rule {
    code: Code::InvalidTemplate,
    group: RuleGroup::Templates,
    about: "A template that cannot be compiled or filled in",
    why: "Templates are written in Jinja's syntax and run by minijinja, without files, clock or environment, and with a
limit to their work. A variable that is not there is an error, never an empty text; what there is stands in
docs/templates.md.

`safe`, `escape` and `{% autoescape %}` are refused: they know HTML, and no file of a server is HTML. A value
is quoted for the place it goes to by a filter of that name: `|shell`, `|json`, `|systemd`, `|redis_conf`.",
    source: "minijinja; docs/templates.md",
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
            ("templates/motd.j2", "{{ node.name | safe }} serves {{ deployment.name }}.
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
