//! The rule `min-replicas-off`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;

/// `min-replicas-to-write` that a lag of 0 switches off.
pub(super) static RULE: Rule = Rule {
    code: Code::MinReplicasOff,
    group: RuleGroup::Topology,
    about: "`min-replicas-to-write` that a lag of 0 switches off",
    why: "A replica counts as good while it has acknowledged within the last `min-replicas-max-lag` seconds. A lag of 0 does not
mean that replicas must be up to date to the second: it switches the whole rule off, and a primary without any
replica takes writes although `min-replicas-to-write` says otherwise.

Replicas acknowledge once a second, and 10 is the default.",
    source: "replication.c (refreshGoodSlavesCount, checkGoodReplicasStatus) of Redis 7.0.15; measured there",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }
cache-b = { address = "10.0.2.11", zone = "b" }
cache-c = { address = "10.0.3.11", zone = "c" }

[sentinels.main]
version = "7.2"
hosts = ["cache-a", "cache-b", "cache-c"]
auth = { password = { env = "SESSIONS_PASSWORD" } }

[redis.sessions]
version = "7.2"
topology = "sentinel"
initial-primary = "cache-a"
replicas = ["cache-b", "cache-c"]
sentinel = { set = "main", quorum = 2 }
replication = { password = { env = "SESSIONS_PASSWORD" } }

[redis.sessions.config]
min-replicas-to-write = 1
min-replicas-max-lag = 0
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }
cache-b = { address = "10.0.2.11", zone = "b" }
cache-c = { address = "10.0.3.11", zone = "c" }

[sentinels.main]
version = "7.2"
hosts = ["cache-a", "cache-b", "cache-c"]
auth = { password = { env = "SESSIONS_PASSWORD" } }

[redis.sessions]
version = "7.2"
topology = "sentinel"
initial-primary = "cache-a"
replicas = ["cache-b", "cache-c"]
sentinel = { set = "main", quorum = 2 }
replication = { password = { env = "SESSIONS_PASSWORD" } }

[redis.sessions.config]
min-replicas-to-write = 1
min-replicas-max-lag = 10
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        findings.extend(switched_off(&Servers::of_deployment(deployment)));
    }
}

fn switched_off(servers: &Servers<'_>) -> Option<Finding> {
    const WANTED: &str = "min-replicas-to-write";
    const LAG: &str = "min-replicas-max-lag";
    let wants = |node| servers.integer(node, WANTED).is_some_and(|wanted| wanted > 0);
    let node = servers.nodes.iter().find(|node| wants(*node) && servers.integer(node, LAG) == Some(0))?;
    let title = format!("`{WANTED}` of {servers} does nothing: `{LAG}` is 0");
    Some(
        Finding::new(Code::MinReplicasOff, servers.place(node, LAG), title)
            .related(servers.place(node, WANTED), "this has no effect")
            .help(format!("write `{LAG} = 10`, the default, or remove `{WANTED}`"))
            .note("a lag of 0 switches the rule off: the primary takes writes without any replica")
            .of(servers.name),
    )
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn only_a_lag_of_0_switches_it_off() {
        let spec = super::RULE.fails.spec;
        assert_eq!(codes_of(&spec.replace("lag = 0", "lag = 1")), [""; 0]);
        assert_eq!(codes_of(&spec.replace("write = 1", "write = 0")), [""; 0]);
        assert_eq!(codes_of(&spec.replace("write = 1", "write = \"one\"")), ["invalid-value"]);
    }
}
