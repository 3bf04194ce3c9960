//! The rule `impossible-writes`.

use crate::check::failover::{counted, leaders, replicas_to_write, wants_replicas};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::Running;
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, Topology};
use crate::source::Span;

/// More replicas needed for a write than there are.
pub(super) static RULE: Rule = Rule {
    code: Code::ImpossibleWrites,
    group: RuleGroup::Topology,
    about: "More replicas needed for a write than there are",
    why: r#"With `min-replicas-to-write` a primary refuses every write unless so many replicas have acknowledged within
`min-replicas-max-lag` seconds: "NOREPLICAS Not enough good replicas to write." A primary that has fewer replicas than
that never takes a write. The server starts, answers reads and says nothing of it until the first client writes.

Write a smaller number, or add replicas. If others that the spec does not know follow the primary, silence the rule."#,
    source: "replication.c (refreshGoodSlavesCount) and server.c (processCommand) of Redis 7.0.15; measured there",
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
min-replicas-to-write = 3
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
    for deployment in model.deployments.iter().filter(|one| one.complete && wants_replicas(one)) {
        findings.append(impossible(deployment));
    }
}

/// One finding for each place where the number is set.
fn impossible(deployment: &Deployment) -> Findings {
    let servers = Servers::of_deployment(deployment);
    let mut findings = Findings::default();
    let mut told: Vec<Span> = Vec::new();
    for (node, followers) in leaders(deployment) {
        let place = servers.place(node, NAME);
        let wanted = replicas_to_write(&Running::new(servers, node)).and_then(|wanted| usize::try_from(wanted).ok());
        let Some(wanted) = wanted.filter(|wanted| *wanted > followers && !told.contains(&place)) else {
            continue;
        };
        told.push(place);
        let name = &deployment.name.value;
        let who = if node.own.get(NAME).is_some() { format!("`{}` of `{name}`", node.id) } else { format!("`{name}`") };
        let title = format!("{who} takes no write: `{NAME}` is {wanted}, and {}", has(deployment, followers));
        let help = match followers {
            0 => "remove it".to_owned(),
            1 => "add replicas, or remove it".to_owned(),
            _ => format!("write `{NAME} = {}`, or add replicas", followers - 1),
        };
        findings.push(
            Finding::new(Code::ImpossibleWrites, place, title)
                .help(help)
                .note("clients are told \"NOREPLICAS Not enough good replicas to write.\"")
                .of(name),
        );
    }
    findings
}

const NAME: &str = "min-replicas-to-write";

/// How many replicas a primary has, in words.
pub(super) fn has(deployment: &Deployment, followers: usize) -> String {
    let replicas = if followers == 0 { "no replica".to_owned() } else { counted(followers, "replica") };
    match deployment.topology {
        Topology::Standalone => "standalone servers have no replica".to_owned(),
        Topology::Cluster { .. } => format!("each primary has {replicas}"),
        Topology::Replicated { .. } | Topology::Sentinel { .. } => format!("its primary has {replicas}"),
    }
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    fn of(number: u8, more: &str) -> Vec<String> {
        codes_of(&format!("{}{more}", super::RULE.fails.spec.replace("write = 3", &format!("write = {number}"))))
    }

    const NONE: [&str; 0] = [];

    #[test]
    fn as_many_as_there_are_is_another_matter() {
        assert_eq!(of(0, ""), NONE);
        assert_eq!(of(1, ""), NONE);
        assert_eq!(of(2, ""), ["writes-need-every-replica"]);
        assert_eq!(of(3, ""), ["impossible-writes"]);
        assert_eq!(of(3, "min-replicas-max-lag = 0\n"), ["min-replicas-off"]);
    }

    #[test]
    fn alone_nothing_is_ever_written() {
        let alone = "format = 1\nname = \"x\"\n[hosts]\na = { address = \"127.0.0.1\" }\n[redis.s]\nversion = \"7.2\"\n\
            topology = \"standalone\"\nhosts = [\"a\"]\nconfig.min-replicas-to-write = 1\n";
        assert_eq!(codes_of(alone), ["impossible-writes"]);
    }

    #[test]
    fn only_who_may_lead_counts() {
        let spec = super::RULE.passes.spec;
        let own = |priority: u8| {
            format!("{spec}\n[redis.sessions.nodes.cache-c.config]\nmin-replicas-to-write = 3\nreplica-priority = {priority}\n")
        };
        assert_eq!(codes_of(&own(100)), ["impossible-writes"]);
        assert_eq!(codes_of(&own(0)), NONE);
    }
}
