//! The rule `writes-need-every-replica`.

use super::impossible_writes::has;
use crate::check::failover::{Promise, leaders, promise, replicas_to_write, wants_replicas};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::Running;
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, Topology};
use crate::source::Span;

/// Writes that stop as soon as one replica fails.
pub(super) static RULE: Rule = Rule {
    code: Code::WritesNeedEveryReplica,
    group: RuleGroup::Topology,
    about: "Writes that stop as soon as one replica fails",
    why: "With `min-replicas-to-write` as high as the number of replicas, every one of them must be there for a write: a
replica that restarts, or one that falls behind by more than `min-replicas-max-lag`, stops the writes of its primary. A
failover does not help either: the new primary has one replica fewer than the old one had, and refuses writes until
the old one is back as a replica.

One replica less keeps what the setting is for, a cut-off primary that takes no writes nobody else has, and lets
one replica fail. With a single replica that means to add one.",
    source: "replication.c (refreshGoodSlavesCount) of Redis 7.0.15; measured there with the only replica gone",
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
min-replicas-to-write = 2
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
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        // What a deployment promises to survive is proven elsewhere.
        let proven = promise(deployment) != Promise::Undeclared;
        if deployment.complete && !proven && wants_replicas(deployment) {
            findings.append(fragile(deployment));
        }
    }
}

/// One finding for each place where the number is set.
fn fragile(deployment: &Deployment) -> Findings {
    const NAME: &str = "min-replicas-to-write";
    let servers = Servers::of_deployment(deployment);
    let mut findings = Findings::default();
    let mut told: Vec<Span> = Vec::new();
    for (node, followers) in leaders(deployment) {
        let place = servers.place(node, NAME);
        let wanted = replicas_to_write(&Running::new(servers, node)).and_then(|wanted| usize::try_from(wanted).ok());
        if followers == 0 || wanted != Some(followers) || told.contains(&place) {
            continue;
        }
        told.push(place);
        let name = &deployment.name.value;
        let title = format!(
            "one failed replica stops the writes of `{name}`: `{NAME}` is {followers}, and {}",
            has(deployment, followers)
        );
        let help = match followers {
            1 => "add a replica".to_owned(),
            _ => format!("write `{NAME} = {}`, or add a replica", followers - 1),
        };
        let mut finding = Finding::new(Code::WritesNeedEveryReplica, place, title).help(help);
        if !matches!(deployment.topology, Topology::Replicated { .. }) {
            finding = finding.note("after a failover the new primary has one replica fewer, and refuses writes until the old one is back");
        }
        findings.push(finding.of(name));
    }
    findings
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn what_is_promised_is_proven_instead() {
        let spec = super::RULE.fails.spec;
        let survives = |kind: &str| codes_of(&spec.replace("quorum = 2 }", &format!("quorum = 2 }}\nsurvives = \"{kind}\"")));
        assert_eq!(survives("host"), ["does-not-survive"]);
        assert_eq!(survives("nothing"), [""; 0]);
    }

    #[test]
    fn a_cluster_counts_by_shard() {
        let cluster = |replicas: u8, write: u8| {
            codes_of(&format!(
                "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\nb = {{ address = \"127.0.0.2\" }}\n\
                 c = {{ address = \"127.0.0.3\" }}\n[redis.s]\nversion = \"7.2\"\ntopology = \"cluster\"\n\
                 hosts = [\"a\", \"b\", \"c\"]\nshards = 3\nreplicas = {replicas}\nconfig.min-replicas-to-write = {write}\n"
            ))
        };
        assert_eq!(cluster(1, 1), ["writes-need-every-replica"]);
        assert_eq!(cluster(2, 1), [""; 0]);
        assert_eq!(cluster(1, 2), ["impossible-writes"]);
    }
}
