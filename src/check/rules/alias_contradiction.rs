//! The rule `alias-contradiction`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// The same directive twice, under two of its names.
pub(super) static RULE: Rule = Rule {
    code: Code::AliasContradiction,
    group: RuleGroup::Settings,
    about: "The same directive twice, under two of its names",
    why: "In a redis.conf the last of two lines wins. A table has no order, so there is no last one: which of the two
values is meant only their author knows.",
    source: "config.c of each version; the order of lines was measured on nine servers",
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
replica-priority = 50
slave-priority = 100
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
