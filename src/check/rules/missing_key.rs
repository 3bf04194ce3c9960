//! The rule `missing-key`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// A key that must be there is not.
pub(super) static RULE: Rule = Rule {
    code: Code::MissingKey,
    group: RuleGroup::Language,
    about: "A key that must be there is not",
    why: "Some things cannot be guessed: a host's address, a deployment's version and topology, the number of
shards of a cluster. What has one sensible answer has a default and may be left out, such as `port`.",
    source: "the language of specs",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
topology = "standalone"
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~session:* +@read +@write -@dangerous" }
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
"#,
    ),
    stage: Stage::Reading,
};
