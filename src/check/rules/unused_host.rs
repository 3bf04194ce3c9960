//! The rule `unused-host`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// A host is declared but not used.
pub(super) static RULE: Rule = Rule {
    code: Code::UnusedHost,
    group: RuleGroup::Topology,
    about: "A host is declared but not used",
    why: r#"A host that no deployment stands on is usually a leftover or a forgotten replica. If it is kept for later,
silence the rule with a reason:

    [lints]
    unused-host = { level = "allow", reason = "joins with the next release" }

A layer of hosts that several specs share is a good reason as well."#,
    source: "the language of specs",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }
cache-b = { address = "10.0.2.11" }

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
    stage: Stage::Lowering,
};
