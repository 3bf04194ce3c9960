//! The rule `unset-without-effect`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// `unset` names what nothing sets.
pub(super) static RULE: Rule = Rule {
    code: Code::UnsetWithoutEffect,
    group: RuleGroup::Language,
    about: "`unset` names what nothing sets",
    why: "`unset` takes away a setting that an earlier layer or a profile made, so that the server's default holds
again. Where nothing set it there is nothing to take away: the name is misspelled, or the setting has
gone from the layer below and the line can go too.",
    source: "the language of specs",
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
unset = ["maxmemory"]
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
maxmemory = "1gb"
"#,
    ),
    stage: Stage::Lowering,
};
