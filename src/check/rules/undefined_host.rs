//! The rule `undefined-host`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// A host is used but not declared.
pub(super) static RULE: Rule = Rule {
    code: Code::UndefinedHost,
    group: RuleGroup::Topology,
    about: "A host is used but not declared",
    why: "Hosts are declared once, under `[hosts]` in the spec or in a layer (a JSON file from an inventory does as
well), with the address that others reach them by. Everything that follows from the address, such as
`bind`, the announced address and the line with which Sentinel begins to watch, comes from there.",
    source: "the language of specs",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a", "cache-b"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~session:* +@read +@write -@dangerous" }
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }
cache-b = { address = "127.0.0.2" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a", "cache-b"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~session:* +@read +@write -@dangerous" }
"#,
    ),
    stage: Stage::Lowering,
};
