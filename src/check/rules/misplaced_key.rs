//! The rule `misplaced-key`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// A key that makes no sense with the topology.
pub(super) static RULE: Rule = Rule {
    code: Code::MisplacedKey,
    group: RuleGroup::Language,
    about: "A key that makes no sense with the topology",
    why: "`shards` belongs to a cluster, `sentinel` to a deployment that Sentinel watches, `initial-primary` to one
that has a primary. Written elsewhere such a key would have no effect, and whoever reads the spec would
believe that it has one.

Remove the key, or choose the topology that it belongs to.",
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
shards = 3
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
