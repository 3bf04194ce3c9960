//! The rule `renamed-directive`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// A directive under a name that a newer one replaced.
pub(super) static RULE: Rule = Rule {
    code: Code::RenamedDirective,
    group: RuleGroup::Settings,
    about: "A directive under a name that a newer one replaced",
    why: "The old name still works and means the same. But it shows up twice in `CONFIG GET *`, `CONFIG REWRITE`
writes the new one, and some day the old one will be gone.",
    source: "the aliases in config.c of each version",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~session:* +@read +@write -@dangerous" }

[redis.sessions.config]
slave-priority = 50
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~session:* +@read +@write -@dangerous" }

[redis.sessions.config]
replica-priority = 50
"#,
    ),
    stage: Stage::Lowering,
};
