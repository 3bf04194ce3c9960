//! The rule `writable-replica`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, Topology};
use crate::source::Span;

/// Replicas that take writes of their own.
pub(super) static RULE: Rule = Rule {
    code: Code::WritableReplica,
    group: RuleGroup::Topology,
    about: "Replicas that take writes of their own",
    why: r#"With `replica-read-only no` a client that reaches a replica may write to it. What it writes stays there: the primary
and the other replicas never hear of it, the next full synchronisation throws it away without a word, and if the
replica is promoted first, it becomes part of the data. A client that was told the wrong address, as many are in the
minutes of a failover, loses its writes and sees no error; with the default it is told "READONLY You can't write
against a read only replica."

Remove the line. A cluster's replicas redirect clients to their primary whatever it says."#,
    source: "server.c (processCommand) of Redis 7.0.15",
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

[redis.sessions.config]
replica-read-only = false
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

[redis.sessions.config]
replica-read-only = true
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        let replicates = matches!(deployment.topology, Topology::Replicated { .. } | Topology::Sentinel { .. });
        if replicates && deployment.complete && deployment.nodes.len() > 1 {
            findings.append(writable(deployment));
        }
    }
}

/// One finding for each place where it is said. A primary's own setting counts from the day that it follows.
fn writable(deployment: &Deployment) -> Findings {
    const NAME: &str = "replica-read-only";
    let servers = Servers::of_deployment(deployment);
    let mut findings = Findings::default();
    let mut told: Vec<Span> = Vec::new();
    for node in &deployment.nodes {
        let place = servers.place(node, NAME);
        if servers.switch(node, NAME) != Some(false) || told.contains(&place) {
            continue;
        }
        told.push(place);
        let name = &deployment.name.value;
        let who = if node.own.get(NAME).is_some() { format!("`{}` of `{name}`", node.id) } else { format!("`{name}`") };
        let title = format!("writes to replicas of {who} are taken and lost: `{NAME}` is off");
        let mut finding = Finding::new(Code::WritableReplica, place, title)
            .help("write `true`, the default, or remove the line")
            .note("they stay on that replica until its next full synchronisation throws them away")
            .of(name);
        if let Some(value) = servers.setting(node, NAME).and_then(|setting| setting.value_span) {
            finding = finding.guess(value, "true");
        }
        findings.push(finding);
    }
    findings
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn the_place_is_told_once() {
        let spec = super::RULE.fails.spec;
        let (head, _) = spec.split_once("\n[redis.sessions.config]").unwrap();
        assert_eq!(codes_of(&format!("{head}profiles = [\"p\"]\n[profiles.p.config]\nreplica-read-only = \"no\"\n")), ["writable-replica"]);
        assert_eq!(codes_of(&format!("{head}[redis.sessions.nodes.cache-b.config]\nreplica-read-only = false\n")), ["writable-replica"]);
    }
}
