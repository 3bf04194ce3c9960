//! The rule `unused-profile`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// A profile is declared but not used.
pub(super) static RULE: Rule = Rule {
    code: Code::UnusedProfile,
    group: RuleGroup::Language,
    about: "A profile is declared but not used",
    why: "Settings in a profile that no deployment names reach no server. Either the line `profiles = [...]` was
forgotten, and the deployment runs on defaults, or the profile can go.",
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

[profiles.lru-cache.config]
maxmemory = "1gb"
maxmemory-policy = "allkeys-lru"
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
profiles = ["lru-cache"]

[profiles.lru-cache.config]
maxmemory = "1gb"
maxmemory-policy = "allkeys-lru"
"#,
    ),
    stage: Stage::Lowering,
};
