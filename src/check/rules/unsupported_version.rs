//! The rule `unsupported-version`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// An engine's version that nothing is known about.
pub(super) static RULE: Rule = Rule {
    code: Code::UnsupportedVersion,
    group: RuleGroup::Language,
    about: "An engine's version that nothing is known about",
    why: "Which directives a server has, which values it takes and what it does with them differs from version to
version. For the supported ones these facts are known and were compared with running servers; for others
every answer would be a guess, so there is none.

Redis before 6.0 has no ACLs and has not been maintained for years.",
    source: "the catalogue: Redis 6.0 to 8.0, Valkey 7.2 to 9.1, memcached 1.6",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "5.0"
topology = "standalone"
hosts = ["cache-a"]
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
    stage: Stage::Lowering,
};
