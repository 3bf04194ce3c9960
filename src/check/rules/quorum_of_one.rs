//! The rule `quorum-of-one`.

use crate::check::failover::{FEWEST_SENTINELS, counted, declared, listed_at, majority, watched};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;

/// A quorum of one: a single sentinel can replace a healthy primary.
pub(super) static RULE: Rule = Rule {
    code: Code::QuorumOfOne,
    group: RuleGroup::Topology,
    about: "A quorum of one: a single sentinel can replace a healthy primary",
    why: "The quorum decides when a failover begins: so many sentinels must hold the primary to be down. Who leads it is then
elected by a majority of all sentinels, and they vote for whoever asks first, whether or not they reach the
primary themselves. With a quorum of one, a sentinel whose own network fails, or whose password is wrong, replaces a
primary that everybody else and all clients still use: its connections are cut, and the writes of the last moments
are lost.

Two of three is the usual choice: a second sentinel has to see it too.",
    source: "sentinel.c (sentinelCheckObjectivelyDown, sentinelVoteLeader, sentinelGetLeader) of Redis 7.0.15; measured on 6.0.16, 7.0.15 and Valkey 9.1.2 with one of three sentinels locked out of a healthy primary: replaced after 3 seconds with quorum 1, untouched with 2",
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
sentinel = { set = "main", quorum = 1 }
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
        // Of fewer there is another word to say.
        if watch.quorum.value != 1 || sentinels < FEWEST_SENTINELS {
            continue;
        }
        let (name, most) = (&deployment.name.value, majority(sentinels));
        let title = format!("one sentinel alone can replace a healthy primary of `{name}`: the quorum is 1");
        findings.push(
            Finding::new(Code::QuorumOfOne, watch.quorum.span, title)
                .related(listed_at(set), counted(sentinels, "sentinel"))
                .help(format!("write `{most}`, a majority of them"))
                .note("the others vote for it although they reach the primary; seen on Redis 6.0, 7.0 and Valkey 9.1")
                .guess(watch.quorum.span, most.to_string())
                .of(name),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn from_three_sentinels_on_one_is_too_few() {
        let spec = super::RULE.fails.spec;
        let of = |hosts: &str| codes_of(&spec.replacen("hosts = [\"cache-a\", \"cache-b\", \"cache-c\"]", hosts, 1));
        assert_eq!(of("hosts = [\"cache-a\", \"cache-b\"]"), ["few-sentinels"]);
        assert_eq!(codes_of(&spec.replace("quorum = 1", "quorum = 2")), [""; 0]);
        assert_eq!(codes_of(&spec.replace("quorum = 1", "quorum = \"1\"")), ["wrong-type"]);
    }
}
