//! The rule `undefined-node`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// `nodes` names a node that the deployment does not have.
pub(super) static RULE: Rule = Rule {
    code: Code::UndefinedNode,
    group: RuleGroup::Topology,
    about: "`nodes` names a node that the deployment does not have",
    why:
        "What is different on one node stands under `nodes`, by the node's name: the name of its host, and in
clusters, or where a deployment has several nodes on one host, `HOST-PORT`. Settings for a node that is not
there would reach no server.",
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

[redis.sessions.nodes.cache-b.config]
maxmemory = "2gb"
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

[redis.sessions.nodes.cache-a.config]
maxmemory = "2gb"
"#,
    ),
    stage: Stage::Lowering,
};
