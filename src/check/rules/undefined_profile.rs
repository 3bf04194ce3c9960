//! The rule `undefined-profile`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// A profile is used but not declared.
pub(super) static RULE: Rule = Rule {
    code: Code::UndefinedProfile,
    group: RuleGroup::Language,
    about: "A profile is used but not declared",
    why: "`profiles` of a deployment names tables under `[profiles]`, whose settings it takes in order, later ones
over earlier ones. A name that is declared nowhere would leave out a whole group of settings.",
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
profiles = ["lru-cache"]
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
