//! The rule `stays-down`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, kept_data, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;

/// Servers that are not started again after a crash or a boot.
pub(super) static RULE: Rule = Rule {
    code: Code::StaysDown,
    group: RuleGroup::Opinion,
    about: "Servers that are not started again after a crash or a boot",
    why: r#"A primary that keeps no data comes back empty, and its replicas copy that before anybody could promote one of them. So
the rendered unit of a server that has replicas and saves nothing says `Restart=no` and cannot be enabled: after a
crash, a boot or a loss of power somebody has to start it. With Sentinel or in a cluster that is what keeps the data;
where all servers lose power at once, it keeps a cache away until somebody comes.

Let the servers save, however rarely (`save = ["3600 1"]`), and their units start them again. Where an empty cache is
fine, write `Restart=on-failure` and an `[Install]` section into a drop-in."#,
    source: "templates/server.service.j2; the documentation of replication at redis.io",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }
cache-b = { address = "10.0.2.11", zone = "b" }

[redis.pages]
version = "7.2"
topology = "replicated"
initial-primary = "cache-a"
replicas = ["cache-b"]
replication = { user = "replica", password = { env = "REPLICA_PASSWORD" } }
purpose = "cache"

[redis.pages.config]
maxmemory = "1gb"
maxmemory-policy = "allkeys-lru"
save = []

[redis.pages.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~page:* +@read +@write +@connection -@dangerous"

[lints]
stays-down = "warn"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }
cache-b = { address = "10.0.2.11", zone = "b" }

[redis.pages]
version = "7.2"
topology = "replicated"
initial-primary = "cache-a"
replicas = ["cache-b"]
replication = { user = "replica", password = { env = "REPLICA_PASSWORD" } }
purpose = "cache"

[redis.pages.config]
maxmemory = "1gb"
maxmemory-policy = "allkeys-lru"
save = ["3600 1"]
stop-writes-on-bgsave-error = false

[redis.pages.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~page:* +@read +@write +@connection -@dangerous"

[lints]
stays-down = "warn"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in model.deployments.iter().filter(|deployment| deployment.has_replicas()) {
        // Of data that must not be lost others tell more.
        if kept_data(deployment).is_some() {
            continue;
        }
        let unsaved = |running: &Running<'_>| {
            let place = running.place("save").or_else(|| running.place("appendonly"));
            (running.persists() == Some(false)).then(|| place.unwrap_or(deployment.name.span))
        };
        for (place, nodes) in faults(Servers::of_deployment(deployment), unsaved) {
            let title = format!("{} stays down after a crash or a boot: it saves nothing and has replicas", whose(&nodes));
            findings.push(
                Finding::new(Code::StaysDown, place, title)
                    .help("let it save, `save = [\"3600 1\"]` for example, or write `Restart=on-failure` and `[Install]` into a drop-in of its unit")
                    .note("back and empty, a primary would make its replicas as empty: the rendered unit says `Restart=no`")
                    .of(&deployment.name),
            );
        }
    }
}
