//! The rule `endless-failover`.

use crate::check::failover::{watch_number, watched};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, Watch};

/// Sentinel settings with which a failover does not come to its end.
pub(super) static RULE: Rule = Rule {
    code: Code::EndlessFailover,
    group: RuleGroup::Topology,
    about: "Sentinel settings with which a failover does not come to its end",
    why: "Two of Sentinel's settings let a failover begin and keep it from its end, and Sentinel takes both without a word:

- `failover-timeout` of less than a second. It is in milliseconds, and each step must be over within it: the election,
  and the promotion, which Sentinel sees in the answer to `INFO` that it asks for once a second. An attempt that is
  given up is repeated after twice that time. With 60 it took Redis 7.0 29 attempts, and the other replicas were
  not pointed at the new primary.
- `parallel-syncs` of 0 or less: no replica is pointed at the new primary before the whole `failover-timeout`,
  three minutes by default, is over; then all are at once. `SENTINEL SET` refuses such a number, the file takes it.

A `failover-timeout` below `down-after-milliseconds` does no harm: the two are counted from different moments.",
    source: "sentinel.c (sentinelFailoverWaitPromotion, sentinelFailoverReconfNextSlave, sentinelFailoverDetectEnd) of Redis 7.0.15; all measured there",
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
sentinel = { set = "main", quorum = 2, parallel-syncs = 0 }
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
sentinel = { set = "main", quorum = 2, parallel-syncs = 1 }
replication = { password = { env = "SESSIONS_PASSWORD" } }
"#,
    ),
    stage: Stage::Model(run),
};

/// Sentinel asks for `INFO` once a second during a failover (sentinelSendPeriodicCommands).
const LEAST: i64 = 1000;

/// What holds without `failover-timeout`, in milliseconds.
const DEFAULT: i64 = 180_000;

fn run(model: &Model, findings: &mut Findings) {
    for (deployment, watch, _) in watched(model) {
        let replicas = deployment.nodes.len().saturating_sub(1);
        findings.extend(timeout(deployment, watch));
        // Whoever is promoted is not pointed at anybody.
        if deployment.complete && replicas > 1 {
            findings.extend(syncs(deployment, watch));
        }
    }
}

fn timeout(deployment: &Deployment, watch: &Watch) -> Option<Finding> {
    let name = &deployment.name.value;
    let (number, place) = watch_number(deployment, watch, "failover-timeout").filter(|(number, _)| *number < LEAST)?;
    let title = format!("failovers of `{name}` are given up after {number} milliseconds: `failover-timeout` is {number}");
    let help = match number {
        1.. if number < 600 => format!("write `failover-timeout = {}` for {number} seconds", number * 1000),
        _ => "write `failover-timeout = 60000` for a minute".to_owned(),
    };
    Some(
        Finding::new(Code::EndlessFailover, place, title)
            .help(help)
            .note("Sentinel sees that a replica was promoted in `INFO`, which it asks for once a second")
            .of(name),
    )
}

fn syncs(deployment: &Deployment, watch: &Watch) -> Option<Finding> {
    let name = &deployment.name.value;
    let (number, place) = watch_number(deployment, watch, "parallel-syncs").filter(|(number, _)| *number < 1)?;
    let timeout = watch_number(deployment, watch, "failover-timeout").map_or(DEFAULT, |(number, _)| number);
    let title = format!(
        "after a failover the replicas of `{name}` follow nobody for {} seconds: `parallel-syncs` is {number}",
        timeout / 1000
    );
    Some(
        Finding::new(Code::EndlessFailover, place, title)
            .help("write `parallel-syncs = 1`, the default: one after the other")
            .note("at the end of `failover-timeout` all of them are pointed at the new primary at once")
            .of(name),
    )
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    fn of(settings: &str) -> Vec<String> {
        codes_of(&super::RULE.passes.spec.replace("parallel-syncs = 1", settings))
    }

    #[test]
    fn bounds_are_a_second_and_one_replica() {
        assert_eq!(of("parallel-syncs = -1"), ["endless-failover"]);
        assert_eq!(of("failover-timeout = 999"), ["endless-failover"]);
        assert_eq!(of("failover-timeout = 1000"), [""; 0]);
        assert_eq!(of("failover-timeout = 5000, down-after-milliseconds = 10000"), [""; 0]);
    }

    #[test]
    fn a_single_replica_is_promoted_and_follows_nobody() {
        let spec = super::RULE.fails.spec.replace("replicas = [\"cache-b\", \"cache-c\"]", "replicas = [\"cache-b\"]");
        assert_eq!(codes_of(&spec), [""; 0]);
    }
}
