//! The rule `few-sentinels`.

use crate::check::failover::{FEWEST_SENTINELS, Promise, declared, listed_at, promise, watched};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;

/// Fewer than three sentinels.
pub(super) static RULE: Rule = Rule {
    code: Code::FewSentinels,
    group: RuleGroup::Topology,
    about: "Fewer than three sentinels",
    why: r#"Whoever leads a failover needs the votes of a majority of all sentinels, those that are gone counted. One sentinel can
do it alone, but nobody takes its place: while it is down nothing fails over, and clients that ask it for the primary
get no answer. Of two, the majority is both: either one's failure prevents failovers, so that two are worse than one.

Three on three hosts tolerate the failure of one. A sentinel needs few resources, and may stand beside an
application. If a failover need not always happen, say so with `survives = "nothing"`."#,
    source: "sentinel.c (sentinelGetLeader) of Redis 7.0.15; measured there with one of two sentinels gone: \"-failover-abort-not-elected\", again and again",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }
cache-b = { address = "10.0.2.11", zone = "b" }
cache-c = { address = "10.0.3.11", zone = "c" }

[sentinels.main]
version = "7.2"
hosts = ["cache-b", "cache-c"]
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
        let meant = promise(deployment) == Promise::Nothing;
        if !(1..FEWEST_SENTINELS).contains(&sentinels) || meant {
            continue;
        }
        let told = !super::impossible_quorum::is_possible(watch, set)
            || super::does_not_survive::fails(model, deployment);
        if told {
            continue;
        }
        let name = &deployment.name.value;
        let (title, note) = if sentinels == 1 {
            (
                format!("`{name}` has one sentinel: while that is down, nobody fails over"),
                "clients that ask it for the primary get no answer meanwhile",
            )
        } else {
            (
                format!("`{name}` has two sentinels: while either is down, nobody fails over"),
                "who leads a failover needs a majority of all sentinels, and of two that is both",
            )
        };
        findings.push(
            Finding::new(Code::FewSentinels, listed_at(set), title)
                .help("add hosts here: of three sentinels on three hosts, any one may fail")
                .help("or write `survives = \"nothing\"` in the deployment if this is meant")
                .note(note)
                .of(name),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    fn of(hosts: &str, quorum: i64, more: &str) -> Vec<String> {
        let spec = super::RULE.passes.spec;
        let spec = spec.replace("hosts = [\"cache-a\", \"cache-b\", \"cache-c\"]", hosts);
        codes_of(&spec.replace("quorum = 2 }", &format!("quorum = {quorum} }}{more}")))
    }

    const ONE: &str = "hosts = [\"cache-b\"]";
    const TWO: &str = "hosts = [\"cache-b\", \"cache-c\"]";

    #[test]
    fn one_and_two_are_few() {
        assert_eq!(of(ONE, 1, ""), ["few-sentinels"]);
        assert_eq!(of(TWO, 1, ""), ["few-sentinels"]);
        assert_eq!(of(TWO, 2, ""), ["few-sentinels"]);
        assert_eq!(of(TWO, 3, ""), ["impossible-quorum"]);
        assert_eq!(of(ONE, 1, "\nsurvives = \"nothing\""), [""; 0]);
        assert_eq!(of(ONE, 1, "\nsurvives = 3"), ["wrong-type"]);
    }

    #[test]
    fn a_broken_promise_is_told_once() {
        assert_eq!(of(TWO, 2, "\nsurvives = \"host\""), ["does-not-survive"]);
        // It goes on when any one host fails, and still has but one sentinel.
        let apart = "hosts = [\"cache-d\"]";
        let spec = super::RULE.passes.spec.replace("hosts = [\"cache-a\", \"cache-b\", \"cache-c\"]", apart);
        let spec = spec.replace("[hosts]", "[hosts]\ncache-d = { address = \"10.0.4.11\", zone = \"d\" }");
        let spec = spec.replace("quorum = 2 }", "quorum = 1 }\nsurvives = \"host\"");
        assert_eq!(codes_of(&spec), ["few-sentinels"]);
    }
}
