//! The rule `wrong-type`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// A value of the wrong type.
pub(super) static RULE: Rule = Rule {
    code: Code::WrongType,
    group: RuleGroup::Language,
    about: "A value of the wrong type",
    why: r#"A number where a list belongs, or text where a number belongs. The language does not convert: what looks
harmless (`version = 7.10`, which is the number 7.1) would sometimes mean something else than it shows.

Under `config` a value may be written as TOML has it (`true`, `4096`, a list) or as the server has it
(`"yes"`, `"4kb"`)."#,
    source: "the language of specs",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = "cache-a"
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
