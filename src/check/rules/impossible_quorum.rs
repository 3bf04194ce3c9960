//! The rule `impossible-quorum`.

use crate::check::failover::{declared, majority};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::{Model, SentinelSet, Topology, Watch};

/// A quorum that the sentinels cannot reach.
pub(super) static RULE: Rule = Rule {
    code: Code::ImpossibleQuorum,
    group: RuleGroup::Topology,
    about: "A quorum that the sentinels cannot reach",
    why: r#"The quorum is the number of sentinels that must agree that a primary is down before any of them may begin a
failover. With more than there are, no failover ever begins; with less than one, Sentinel refuses its file
("Quorum must be 1 or greater").

The quorum alone does not decide: the sentinel that leads the failover must be elected by a majority of all
sentinels of the set, the unreachable ones counted. Two of three is the usual choice; a lower quorum makes
failovers quicker to begin, not easier to finish."#,
    source: "sentinel.c (sentinelHandleConfiguration, sentinelIsQuorumReachable, sentinelGetLeader) of Redis 7.0.15",
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
sentinel = { set = "main", quorum = 4 }
replication = { password = { env = "SESSIONS_PASSWORD" } }
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
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        let Topology::Sentinel { watch, .. } = &deployment.topology else { continue };
        let Some(set) = model.sentinels.iter().find(|set| set.name.value == watch.set.value) else {
            continue;
        };
        let sentinels = declared(set);
        if is_possible(watch, set) {
            continue;
        }
        let (name, quorum) = (&deployment.name.value, watch.quorum.value);
        let finding = if quorum < 1 {
            let title = format!("the quorum of `{name}` is {quorum}, and must be 1 or greater");
            Finding::new(Code::ImpossibleQuorum, watch.quorum.span, title)
                .note("Sentinel refuses its file with it (\"Quorum must be 1 or greater\")")
        } else {
            let title = format!(
                "{quorum} sentinels must agree that the primary of `{name}` is down, and `{}` has {sentinels}",
                set.name.value
            );
            let hosts = set.spec.hosts.as_ref().map_or(set.name.span, |hosts| hosts.span);
            Finding::new(Code::ImpossibleQuorum, watch.quorum.span, title)
                .related(hosts, "the sentinels")
                .note("no failover would ever begin")
        };
        let help = format!("write {}, a majority of them", majority(sentinels));
        findings.push(finding.help(help).of(name));
    }
}

/// Whether the sentinels of a set can ever reach the quorum.
pub(super) fn is_possible(watch: &Watch, set: &SentinelSet) -> bool {
    usize::try_from(watch.quorum.value).is_ok_and(|quorum| (1..=declared(set)).contains(&quorum))
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn quorums_from_one_to_all_are_possible() {
        for (quorum, expected) in
            [(-1, "impossible-quorum"), (0, "impossible-quorum"), (1, "quorum-of-one"), (3, "high-quorum"), (4, "impossible-quorum")]
        {
            let codes =
                codes_of(&super::RULE.passes.spec.replace("quorum = 2", &format!("quorum = {quorum}")));
            assert_eq!(codes, [expected], "{quorum}");
        }
    }
}
