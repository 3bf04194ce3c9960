//! The rule `disk-backed-sync`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::source::Span;
use crate::spec::Disk;

/// Full copies for replicas that go through a slow disk.
pub(super) static RULE: Rule = Rule {
    code: Code::DiskBackedSync,
    group: RuleGroup::Durability,
    about: "Full copies for replicas that go through a slow disk",
    why: "A replica that is new or was away for long needs a full copy. With `repl-diskless-sync = false`, which is the default
of Redis 6.0 and 6.2, the primary writes it to a file first and then sends the file, and all the while it keeps for
the replica what is written to it. On a slow disk that takes minutes, and what is kept outgrows its limit
(`client-output-buffer-limit replica`): the link is cut and the copy begins anew.

Write `repl-diskless-sync = true`: the copy goes straight to the replicas.",
    source: "replication.c (startBgsaveForReplication) of Redis 6.2.14 and 7.0.15; defaults measured on all versions",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }
cache-b = { address = "10.0.2.11", zone = "b" }

[redis.sessions]
version = "6.2"
topology = "replicated"
initial-primary = "cache-a"
replicas = ["cache-b"]
replication = { user = "replica", password = { env = "REPLICA_PASSWORD" } }
disk = "slow"

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"
appendonly = true

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
cache-b = { address = "10.0.2.11", zone = "b" }

[redis.sessions]
version = "6.2"
topology = "replicated"
initial-primary = "cache-a"
replicas = ["cache-b"]
replication = { user = "replica", password = { env = "REPLICA_PASSWORD" } }
disk = "slow"

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"
appendonly = true
repl-diskless-sync = true

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

/// The setting in question.
const NAME: &str = "repl-diskless-sync";

fn run(model: &Model, findings: &mut Findings) {
    for deployment in model.deployments.iter().filter(|deployment| deployment.has_replicas()) {
        let Some(disk) = deployment.spec.disk.filter(|disk| disk.value == Disk::Slow) else { continue };
        let through_disk = |running: &Running<'_>| -> Option<Span> {
            running.is(NAME, false).then(|| running.place(NAME).unwrap_or(disk.span))
        };
        for (place, nodes) in faults(Servers::of_deployment(deployment), through_disk) {
            let title = format!("full copies of {} go through its slow disk", whose(&nodes));
            let mut finding = Finding::new(Code::DiskBackedSync, place, title)
                .help(format!("write `{NAME} = true`: they go straight to the replicas"));
            if let Some(span) = nodes.first().and_then(|running| running.value_place(NAME)) {
                finding = finding.related(disk.span, "its disk is slow").guess(span, "true");
            } else {
                finding = finding.note(format!("`{NAME}` is off by default before 7.0"));
            }
            findings.push(finding.of(&deployment.name));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn later_versions_send_it_straight() {
        let later = super::RULE.fails.spec.replace("version = \"6.2\"", "version = \"7.0\"");
        assert_eq!(codes_of(&later), [""; 0]);
        let told = later.replace("appendonly = true", "appendonly = true\nrepl-diskless-sync = false");
        assert_eq!(codes_of(&told), ["disk-backed-sync"]);
        assert_eq!(codes_of(&told.replace("\"slow\"", "\"fast\"")), [""; 0]);
    }
}
