//! The rule `high-quorum`.

use crate::check::failover::{FEWEST_SENTINELS, counted, declared, listed_at, majority, watched};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;

/// A quorum of more than a majority of the sentinels.
pub(super) static RULE: Rule = Rule {
    code: Code::HighQuorum,
    group: RuleGroup::Topology,
    about: "A quorum of more than a majority of the sentinels",
    why: "A failover needs two things: as many sentinels as the quorum says must hold the primary to be down, and the one that
leads must be elected with as many votes, or by a majority of all sentinels if that is more. A majority is safe by
itself: there are never two. With a higher quorum fewer sentinels may be gone when the primary fails, and a quorum
of all means that a single restarting sentinel, or one in the primary's zone, prevents every failover.

Write a majority: 2 of 3, 3 of 5.",
    source: "sentinel.c (sentinelCheckObjectivelyDown, sentinelGetLeader) of Redis 7.0.15; measured there with a quorum of 3 and one of three sentinels gone",
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
sentinel = { set = "main", quorum = 3 }
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
    for (deployment, watch, set) in watched(model) {
        let sentinels = declared(set);
        let most = majority(sentinels);
        let Ok(quorum) = usize::try_from(watch.quorum.value) else { continue };
        if sentinels < FEWEST_SENTINELS || quorum <= most || quorum > sentinels {
            continue;
        }
        // Where too few are left because of it, that is said, with the failure that does it.
        if super::does_not_survive::fails(model, deployment) {
            continue;
        }
        let name = &deployment.name.value;
        let title = if quorum == sentinels {
            format!("`{name}` fails over only while all {sentinels} sentinels are up: the quorum is {quorum}")
        } else {
            format!("`{name}` fails over only while {quorum} of {sentinels} sentinels are up: the quorum is {quorum}")
        };
        let may_fail = sentinels - most;
        findings.push(
            Finding::new(Code::HighQuorum, watch.quorum.span, title)
                .related(listed_at(set), "the sentinels")
                .help(format!("write `{most}`, a majority: then {} may be gone", counted(may_fail, "sentinel")))
                .note("there are never two majorities: more votes make a failover no safer")
                .guess(watch.quorum.span, most.to_string())
                .of(name),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    fn of(quorum: i64, more: &str) -> Vec<String> {
        let spec = super::RULE.passes.spec;
        codes_of(&spec.replace("quorum = 2 }", &format!("quorum = {quorum} }}{more}")))
    }

    #[test]
    fn it_begins_above_the_majority_and_ends_where_it_cannot_be_reached() {
        assert_eq!(of(2, ""), [""; 0]);
        assert_eq!(of(3, ""), ["high-quorum"]);
        assert_eq!(of(4, ""), ["impossible-quorum"]);
    }

    #[test]
    fn a_broken_promise_is_told_once() {
        assert_eq!(of(3, "\nsurvives = \"host\""), ["does-not-survive"]);
        assert_eq!(of(3, "\nsurvives = \"nothing\""), ["high-quorum"]);
    }
}
