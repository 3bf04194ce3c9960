//! The rule `unsupported-format`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// A version of the language that this program does not know.
pub(super) static RULE: Rule = Rule {
    code: Code::UnsupportedFormat,
    group: RuleGroup::Language,
    about: "A version of the language that this program does not know",
    why: "`format` says in which version of the language a spec is written. There is one so far, `1`. A spec in a
newer format would be misread by an older program, so it is not read at all.",
    source: "the language of specs",
    fails: Example::spec(
        r#"format = 2
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
