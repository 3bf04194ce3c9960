//! The rule `invalid-field`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// A value of the language outside its bounds or form.
pub(super) static RULE: Rule = Rule {
    code: Code::InvalidField,
    group: RuleGroup::Language,
    about: "A value of the language outside its bounds or form",
    why: "The value has the right type and still says nothing that can be done: a port above 65535, a topology that
does not exist, a date that is none, a name that could not be a folder.

This is about the language's own keys. Values of the server's directives are judged as the server judges
them; see `invalid-value`.",
    source: "the language of specs",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "7.2"
topology = "standalon"
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
    stage: Stage::Reading,
};
