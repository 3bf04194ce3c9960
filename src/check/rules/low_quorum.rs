//! The rule `low-quorum`.

use crate::check::failover::{declared, listed_at, majority, watched};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;

/// A quorum of less than a majority of the sentinels.
pub(super) static RULE: Rule = Rule {
    code: Code::LowQuorum,
    group: RuleGroup::Opinion,
    about: "A quorum of less than a majority of the sentinels",
    why: "The quorum is how many sentinels must hold the primary to be down before one of them begins a failover. A majority
must then elect who leads it, but the voters do not say whether they reach the primary: they vote for whoever asks
first. So the quorum, not the majority, is what protects a healthy primary from a few sentinels whose network fails.

Redis's documentation names a lower quorum as a way to more sensitive sentinels, and many run five with a quorum of
two: failovers begin a little sooner. Whoever would rather not be woken by two machines behind one broken switch
writes a majority.",
    source: "sentinel.c (sentinelCheckObjectivelyDown, sentinelVoteLeader) of Redis 7.0.15",
    fails: Example::spec(
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
sentinel = { set = "main", quorum = 2 }
replication = { password = { env = "SESSIONS_PASSWORD" } }

[lints]
low-quorum = "warn"
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
low-quorum = "warn"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for (deployment, watch, set) in watched(model) {
        let sentinels = declared(set);
        let most = majority(sentinels);
        let low = usize::try_from(watch.quorum.value).is_ok_and(|quorum| (2..most).contains(&quorum));
        if !low {
            continue;
        }
        let (name, quorum) = (&deployment.name.value, watch.quorum.value);
        let title = format!("{quorum} of {sentinels} sentinels can replace a healthy primary of `{name}`");
        findings.push(
            Finding::new(Code::LowQuorum, watch.quorum.span, title)
                .related(listed_at(set), "the sentinels")
                .help(format!("write `{most}`, a majority of them"))
                .note("the others vote for a failover whether or not they reach the primary")
                .guess(watch.quorum.span, most.to_string())
                .of(name),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn it_begins_at_two_and_ends_at_the_majority() {
        let spec = super::RULE.fails.spec;
        let of = |quorum: i64| codes_of(&spec.replace("quorum = 2", &format!("quorum = {quorum}")));
        assert_eq!(of(1), ["quorum-of-one"]);
        assert_eq!(of(2), ["low-quorum"]);
        assert_eq!(of(3), [""; 0]);
    }

    #[test]
    fn it_is_off_unless_asked_for() {
        let spec = super::RULE.fails.spec;
        let (spec, _) = spec.split_once("\n[lints]").unwrap();
        assert_eq!(codes_of(spec), [""; 0]);
    }
}
