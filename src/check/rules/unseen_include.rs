//! The rule `unseen-include`.

use super::relative_path::first_relative;
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::source::Span;

/// Settings from another file, which nobody checks.
pub(super) static RULE: Rule = Rule {
    code: Code::UnseenInclude,
    group: RuleGroup::Operations,
    about: "Settings from another file, which nobody checks",
    why: "What an `include` brings in is on the host, not in the spec: it is not checked, and it is compared with nothing. It
may hold a `rename-command`, a `user` line or a `replicaof` that undoes what follows from the topology.

It is not kept apart either. When a server writes its file (CONFIG REWRITE, which every failover by Sentinel brings
about), the included values go into the server's own file, below the `include`: from then on they stay as they were,
whatever becomes of the included file.

Write the settings into the spec: a profile shares them among deployments, a layer (`extends`) among specs.",
    source: "config.c (rewriteConfig) of Redis 7.0.15; seen on Redis 6.2.14, 7.0.15 and 8.0.6 and Valkey 9.1.2: after CONFIG REWRITE a changed `timeout` in the included file was ignored",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"
include = "/etc/redis/base.conf"

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"
timeout = 600

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

/// The setting in question.
const NAME: &str = "include";

fn run(model: &Model, findings: &mut Findings) {
    for servers in Servers::all(model) {
        // Of a path that leads nowhere in particular another rule speaks.
        let includes = |running: &Running<'_>| -> Option<Span> {
            running.place(NAME).filter(|_| first_relative(running, NAME).is_none())
        };
        for (place, nodes) in faults(servers, includes) {
            let title = format!("nothing checks what `{NAME}` brings into {}", whose(&nodes));
            findings.push(
                Finding::new(Code::UnseenInclude, place, title)
                    .help("write the settings into the spec: profiles and layers (`extends`) share them")
                    .note("after a failover or CONFIG REWRITE the included values stand in the server's own file, and changes of the included one have no effect")
                    .of(servers.name),
            );
        }
    }
}
