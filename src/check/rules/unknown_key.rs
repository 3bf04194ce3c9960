//! The rule `unknown-key`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// A key that the language does not have.
pub(super) static RULE: Rule = Rule {
    code: Code::UnknownKey,
    group: RuleGroup::Language,
    about: "A key that the language does not have",
    why: "A misspelled key that is silently ignored is a setting that is silently not made. Every key must be one
that the language has; the nearest one is suggested.

The server's own directives stand under `config`, under the names that the server gives them. Hosts,
deployments, profiles and users carry names of your choice.",
    source: "the language of specs; the keys are listed by `cachewright explain`",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "7.2"
topolgy = "standalone"
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
