//! The rule `even-sentinels`.

use crate::check::failover::{FEWEST_SENTINELS, counted, declared, listed_at, majority, watched};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;

/// An even number of sentinels.
pub(super) static RULE: Rule = Rule {
    code: Code::EvenSentinels,
    group: RuleGroup::Opinion,
    about: "An even number of sentinels",
    why: "Who leads a failover needs a majority of all sentinels: 3 of 4, 4 of 6. Four may lose one, as three may; six may lose
two, as five may. The last one adds nothing but a machine to run, and where the network splits in two halves, neither
fails over.

It does no harm either, and some teams run one wherever the deployment has a host. Take one away, or add one.",
    source: "sentinel.c (sentinelGetLeader) of Redis 7.0.15",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }
cache-b = { address = "10.0.2.11", zone = "b" }
cache-c = { address = "10.0.3.11", zone = "c" }
cache-d = { address = "10.0.4.11", zone = "d" }

[sentinels.main]
version = "7.2"
hosts = ["cache-a", "cache-b", "cache-c", "cache-d"]
auth = { password = { env = "SESSIONS_PASSWORD" } }

[redis.sessions]
version = "7.2"
topology = "sentinel"
initial-primary = "cache-a"
replicas = ["cache-b", "cache-c"]
sentinel = { set = "main", quorum = 3 }
replication = { password = { env = "SESSIONS_PASSWORD" } }

[lints]
even-sentinels = "warn"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }
cache-b = { address = "10.0.2.11", zone = "b" }
cache-c = { address = "10.0.3.11", zone = "c" }
cache-d = { address = "10.0.4.11", zone = "d" }
cache-e = { address = "10.0.5.11", zone = "e" }

[sentinels.main]
version = "7.2"
hosts = ["cache-a", "cache-b", "cache-c", "cache-d", "cache-e"]
auth = { password = { env = "SESSIONS_PASSWORD" } }

[redis.sessions]
version = "7.2"
topology = "sentinel"
initial-primary = "cache-a"
replicas = ["cache-b", "cache-c"]
sentinel = { set = "main", quorum = 3 }
replication = { password = { env = "SESSIONS_PASSWORD" } }

[lints]
even-sentinels = "warn"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for (deployment, _, set) in watched(model) {
        let sentinels = declared(set);
        if sentinels < FEWEST_SENTINELS || sentinels % 2 == 1 {
            continue;
        }
        let may_fail = sentinels - majority(sentinels);
        let title = format!(
            "of the {sentinels} sentinels of `{}` only {may_fail} may fail: with {} it would be as many",
            set.name.value,
            sentinels - 1
        );
        findings.push(
            Finding::new(Code::EvenSentinels, listed_at(set), title)
                .help(format!("take one away, or add one: then {} may fail", counted(may_fail + 1, "sentinel")))
                .note(format!("a failover takes {} of {sentinels} votes", majority(sentinels)))
                .of(&deployment.name),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn two_are_few_before_they_are_even() {
        let spec = super::RULE.fails.spec;
        let two = spec.replace("\"cache-a\", \"cache-b\", \"cache-c\", \"cache-d\"", "\"cache-a\", \"cache-d\"");
        let two = two.replace("quorum = 3", "quorum = 2");
        assert_eq!(codes_of(&two), ["few-sentinels"]);
    }
}
