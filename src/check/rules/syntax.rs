//! The rule `syntax`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// A layer is not valid TOML or JSON.
pub(super) static RULE: Rule = Rule {
    code: Code::Syntax,
    group: RuleGroup::Language,
    about: "A layer is not valid TOML or JSON",
    why:
        "A file that cannot be parsed is no spec. Every syntax error of a file is reported, each at its place,
and the rest of the file is still read, so that one missing quote does not hide the other mistakes.
What the broken part would have said is unknown: as long as there is a syntax error, nothing is
reported as missing or unused.

Files that end in `.json` are read as strict JSON, without comments or trailing commas, all others as TOML.",
    source: "the TOML specification; RFC 8259",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "7.2
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
