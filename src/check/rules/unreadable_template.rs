//! The rule `unreadable-template`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// The folder of templates, or a template in it, cannot be read.
pub(super) static RULE: Rule = Rule {
    code: Code::UnreadableTemplate,
    group: RuleGroup::Templates,
    about: "The folder of templates, or a template in it, cannot be read",
    why: "`templates` names a folder by its path from the file it is written in, not from the current directory. Every
file in it whose name ends in `.j2` is a template, and has to be UTF-8 text. A folder that is missing cannot be
skipped: what its templates say would silently be lost.",
    source: "the language of specs",
    fails: Example {
        spec: r#"format = 1
name = "shop"
templates = "template"

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
    stage: Stage::Reading,
};
