//! The rule `unreadable-layer`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// A layer cannot be read.
pub(super) static RULE: Rule = Rule {
    code: Code::UnreadableLayer,
    group: RuleGroup::Language,
    about: "A layer cannot be read",
    why: "`extends` names files by paths that start at the file they are written in, not at the current
directory. A layer that is missing cannot be skipped: the settings in it would silently be lost.

Correct the path, or check in the layer. In a pipeline that makes a layer (an inventory of hosts, say),
make it before the check.",
    source: "the language of specs",
    fails: Example::spec(
        r#"format = 1
name = "shop"
extends = ["hosts.toml"]

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~session:* +@read +@write -@dangerous" }
"#,
    ),
    passes: Example {
        spec: r#"format = 1
name = "shop"
extends = ["hosts.toml"]

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~session:* +@read +@write -@dangerous" }
"#,
        layers: &[(
            "hosts.toml",
            r#"[hosts]
cache-a = { address = "127.0.0.1" }
"#,
        )],
    },
    stage: Stage::Reading,
};
