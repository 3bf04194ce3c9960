//! The rule `derived-by-hand`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// What follows from the spec is also written by hand, with another value.
pub(super) static RULE: Rule = Rule {
    code: Code::DerivedByHand,
    group: RuleGroup::Settings,
    about: "What follows from the spec is also written by hand, with another value",
    why: r#"Ports, addresses, folders, `cluster-enabled`, certificates and the credentials of replicas follow from
hosts, topology and tables such as `tls`, for every node. Written by hand as well, there are two truths,
and the next change of the spec changes only one of them.

Remove the line and say it where it belongs (`port`, `data-dir`, `tls`). Where the derived value is wrong
for good reason, insist on yours:

    [redis.sessions.config]
    bind = { override = "0.0.0.0" }

TLS is one of those things: with replicas, sentinels or a cluster, `tls-port`, `tls-replication` and
`tls-cluster` by hand and no `tls` table would be known to the servers alone. The port that sentinels watch
and the links of the bootstrap script follow from the table.

Writing the very value that is derived is harmless and not reported. `replicaof` cannot be written at all:
servers rewrite it at each failover, and a line that is rolled out again would send a promoted primary back
to a dead one."#,
    source: "config.c and replication.c of Redis 7.0.15; measured with CONFIG REWRITE on 7.0.15",
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

[redis.sessions.config]
port = 6380
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "7.2"
port = 6380
topology = "standalone"
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~session:* +@read +@write -@dangerous" }
"#,
    ),
    stage: Stage::Lowering,
};
