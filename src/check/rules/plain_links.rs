//! The rule `plain-links`.

use crate::check::access::{Reach, reach_of};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::servers::machine;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, Topology};

/// Servers that speak TLS to clients and plain text to each other.
pub(super) static RULE: Rule = Rule {
    code: Code::PlainLinks,
    group: RuleGroup::Security,
    about: "Servers that speak TLS to clients and plain text to each other",
    why: "Everything that clients write goes to the replicas as well, and with it the password that replicas log in with. With
`replication = false` in the `tls` table it crosses the network in plain text beside the clients' TLS. The same holds
for `cluster-bus = false`: nodes of a cluster believe whoever speaks on their bus, and TLS is all that asks who that is.

Remove the key: both are on where it is absent. Nothing is said where all nodes stand on one machine.",
    source: "connTypeOfReplication (replication.c) and clusterInit (cluster.c) of Redis 7.0.15: `tls-replication` and `tls-cluster` are all that decides",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }
cache-b = { address = "10.0.2.11" }

[redis.sessions]
version = "7.2"
topology = "replicated"
initial-primary = "cache-a"
replicas = ["cache-b"]
replication = { password = { env = "SESSIONS_PASSWORD" } }

[redis.sessions.tls]
port = 6380
cert-file = "/etc/tls/cache.crt"
key-file = "/etc/tls/cache.key"
ca-cert-file = "/etc/tls/ca.crt"
replication = false
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }
cache-b = { address = "10.0.2.11" }

[redis.sessions]
version = "7.2"
topology = "replicated"
initial-primary = "cache-a"
replicas = ["cache-b"]
replication = { password = { env = "SESSIONS_PASSWORD" } }

[redis.sessions.tls]
port = 6380
cert-file = "/etc/tls/cache.crt"
key-file = "/etc/tls/cache.key"
ca-cert-file = "/etc/tls/ca.crt"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        findings.append(plain(model, deployment));
    }
}

fn plain(model: &Model, deployment: &Deployment) -> Findings {
    let mut findings = Findings::default();
    let (Some(tls), Some(spec)) = (deployment.tls, &deployment.spec.tls) else { return findings };
    let mut machines = deployment.nodes.iter().map(|node| machine(model, node.host));
    let first = machines.next();
    let apart = machines.any(|machine| Some(machine) != first && reach_of(machine) > Reach::Host);
    // Without a plain port they could not speak at all, which is an error of its own.
    if !tls.plain_too || !apart {
        return findings;
    }
    let in_cluster = matches!(deployment.topology, Topology::Cluster { .. });
    let follows = !matches!(deployment.topology, Topology::Standalone);
    let flags = [
        (
            spec.replication.filter(|flag| !flag.value && follows),
            "replication",
            "replicas show their password and get all data in plain text",
        ),
        (
            spec.cluster_bus.filter(|flag| !flag.value && in_cluster),
            "cluster-bus",
            "nodes believe whoever speaks on their bus: TLS is all that asks who it is",
        ),
    ];
    for (flag, key, note) in flags {
        let Some(flag) = flag else { continue };
        let title = format!("`{}` speaks TLS to clients, and its servers plain text to each other", deployment.name.value);
        findings.push(
            Finding::new(Code::PlainLinks, flag.span, title)
                .help(format!("remove `{key} = false`, or write `true`: it is on where it is absent"))
                .note(note)
                .guess(flag.span, "true")
                .of(&deployment.name),
        );
    }
    findings
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn machines_decide() {
        let of = |other: &str, flag: &str| {
            codes_of(&format!(
                "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\nb = {{ address = \"{other}\" }}\n\
                 [redis.s]\nversion = \"7.2\"\ntopology = \"replicated\"\ninitial-primary = \"a\"\nreplicas = [\"b\"]\n\
                 replication = {{ password = {{ env = \"P\" }} }}\n\
                 tls = {{ cert-file = \"/c\", key-file = \"/k\", ca-cert-file = \"/ca\", port = 6380, replication = {flag} }}\n"
            ))
        };
        assert_eq!(of("10.0.0.2", "false"), ["plain-links"]);
        assert_eq!(of("10.0.0.2", "true"), [""; 0]);
        assert!(!of("127.0.0.1", "false").contains(&"plain-links".to_owned()));
    }
}
