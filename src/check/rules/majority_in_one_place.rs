//! The rule `majority-in-one-place`.

use crate::check::failover::{
    Domain, FEWEST_SENTINELS, GroupsByHost, Promise, domains, listed_at, majority, may_be_promoted, may_lead, promise,
};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::servers::watching;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, SentinelSet, Shard, Topology};
use crate::spec::Survives;

/// A host or zone whose failure takes the majority that failovers need.
pub(super) static RULE: Rule = Rule {
    code: Code::MajorityInOnePlace,
    group: RuleGroup::Topology,
    about: "A host or zone whose failure takes the majority that failovers need",
    why: r#"A failover is decided by a majority of all sentinels, or in a cluster of all primaries, those that are gone counted.
Where one host or one zone holds half of them or more, its failure takes the vote with it, and the replicas elsewhere,
which are there for that very day, stay replicas. Sentinels on hosts of their own are no exception: three on one host
are as good as one.

Every host and every declared zone of a deployment is played through. Spread the sentinels, or the cluster's hosts,
over three: of two, one always holds half. If only the failure of a host must be survived, write
`survives = "host"`; where nothing must, `survives = "nothing"`."#,
    source: "sentinel.c (sentinelGetLeader) and cluster.c (clusterHandleSlaveFailover) of Redis 7.0.15; measured there: with 2 of 3 primaries gone their replicas stay replicas",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }
cache-b = { address = "10.0.2.11", zone = "b" }
cache-c = { address = "10.0.3.11", zone = "c" }

[sentinels.main]
version = "7.2"
hosts = ["cache-a", "cache-a", "cache-b"]
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
    for deployment in model.deployments.iter().filter(|deployment| deployment.complete) {
        findings.extend(in_one_place(model, deployment));
    }
}

/// A host goes before a zone: it says more.
fn in_one_place(model: &Model, deployment: &Deployment) -> Option<Finding> {
    let promise = promise(deployment);
    if promise == Promise::Nothing {
        return None;
    }
    let groups = GroupsByHost::of(deployment);
    let found = |kind: Survives| {
        domains(model, deployment, kind).iter().find_map(|domain| match &deployment.topology {
            Topology::Sentinel { watch, .. } => {
                sentinels(deployment, watching(model, &watch.set)?, domain, kind, promise)
            }
            // What a deployment promises to survive is proven elsewhere.
            Topology::Cluster { shards } if promise == Promise::Undeclared => {
                primaries(deployment, shards, &groups, domain, kind)
            }
            _ => None,
        })
    };
    let zones = (promise == Promise::Undeclared).then_some(Survives::Zone);
    [Some(Survives::Host), zones].into_iter().flatten().find_map(found)
}

fn sentinels(
    deployment: &Deployment,
    set: &SentinelSet,
    domain: &Domain<'_>,
    kind: Survives,
    promise: Promise,
) -> Option<Finding> {
    let all = set.nodes.len();
    let inside = set.nodes.iter().filter(|sentinel| domain.holds(sentinel)).count();
    if all < FEWEST_SENTINELS || all - inside >= majority(all) {
        return None;
    }
    let mut leaders = deployment.nodes.iter().filter(|node| may_lead(deployment, node));
    let beside = leaders.clone().find(|node| domain.holds(node));
    let elsewhere = leaders.any(|node| !domain.holds(node));
    let name = &deployment.name.value;
    let (title, note) = match beside {
        Some(node) if elsewhere && promise == Promise::Undeclared => (
            format!("{} takes {inside} of {all} sentinels and `{}` of `{name}`: nobody fails over then", domain.failure(), node.id),
            "without them the replicas elsewhere stay replicas",
        ),
        None => (
            format!("{} takes {inside} of {all} sentinels: until it is back nobody fails `{name}` over", domain.failure()),
            "the primary goes on while they are gone, as long as it does not fail too",
        ),
        Some(_) => return None,
    };
    let finding = Finding::new(Code::MajorityInOnePlace, listed_at(set), title)
        .help(format!("spread them over three {}s, so that no failure takes half of them", kind.name()))
        .note(format!("who leads a failover needs {} of {all} votes; {note}", majority(all)));
    Some(or_promise_less(finding, kind).of(name))
}

fn primaries(
    deployment: &Deployment,
    shards: &[Shard],
    groups: &GroupsByHost<'_>,
    domain: &Domain<'_>,
    kind: Survives,
) -> Option<Finding> {
    let (all, inside) = (shards.len(), groups.primaries(domain));
    if all < super::too_few_masters::FEWEST || all - inside >= majority(all) {
        return None;
    }
    let node = |at: &usize| deployment.nodes.get(*at);
    let failed = |shard: &&Shard| node(&shard.primary).is_some_and(|primary| domain.holds(primary));
    let waits = |shard: &Shard| {
        let mut replicas = shard.replicas.iter().filter_map(node);
        replicas.any(|replica| !domain.holds(replica) && may_be_promoted(deployment, replica))
    };
    shards.iter().filter(failed).find(|shard| waits(shard))?;
    let name = &deployment.name.value;
    let title = format!(
        "{} takes {inside} of {all} primaries of `{name}`: their replicas elsewhere are not promoted",
        domain.failure()
    );
    let place = deployment.spec.hosts.as_ref().map_or(deployment.name.span, |hosts| hosts.span);
    let finding = Finding::new(Code::MajorityInOnePlace, place, title)
        .help(format!("list three {}s or more, so that no failure takes half of the primaries", kind.name()))
        .note(format!("a replica needs the votes of {} of {all} primaries", majority(all)));
    Some(or_promise_less(finding, kind).of(name))
}

fn or_promise_less(finding: Finding, kind: Survives) -> Finding {
    finding.help(match kind {
        Survives::Zone => "or write `survives = \"host\"` if a whole zone's failure may stop it",
        Survives::Host | Survives::Nothing => "or write `survives = \"nothing\"` if this is meant",
    })
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::findings_of;

    fn titles(spec: &str) -> Vec<String> {
        findings_of(spec, &[]).iter().map(|finding| format!("{}: {}", finding.code.name(), finding.title)).collect()
    }

    fn sentinels(hosts: &str, zones: [&str; 3], more: &str) -> Vec<String> {
        let spec = super::RULE.passes.spec;
        let mut spec = spec.replace("hosts = [\"cache-a\", \"cache-b\", \"cache-c\"]", &format!("hosts = {hosts}"));
        for (old, new) in ["a", "b", "c"].iter().zip(zones) {
            spec = spec.replace(&format!("zone = \"{old}\""), &format!("zone = \"{new}\""));
        }
        titles(&spec.replace("quorum = 2 }", &format!("quorum = 2 }}{more}")))
    }

    const THREE: &str = "[\"cache-a\", \"cache-b\", \"cache-c\"]";
    const BESIDE: &str = "[\"cache-a\", \"cache-a\", \"cache-b\"]";
    const NONE: [&str; 0] = [];

    #[test]
    fn a_host_is_named_with_what_it_takes() {
        assert_eq!(
            sentinels(BESIDE, ["a", "b", "c"], ""),
            ["majority-in-one-place: the failure of the host `cache-a` takes 2 of 3 sentinels and `cache-a` of \
              `sessions`: nobody fails over then"]
        );
        assert_eq!(sentinels(BESIDE, ["a", "b", "c"], "\nsurvives = \"nothing\""), NONE);
        let proven = sentinels(BESIDE, ["a", "b", "c"], "\nsurvives = \"host\"");
        assert_eq!(proven.len(), 1, "{proven:?}");
        assert!(proven[0].starts_with("does-not-survive"), "{proven:?}");
    }

    #[test]
    fn zones_count_where_they_are_declared_and_not_promised_away() {
        let zones = ["x", "x", "z"];
        let found = sentinels(THREE, zones, "");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("the failure of the zone `x` takes 2 of 3 sentinels"), "{found:?}");
        assert_eq!(sentinels(THREE, zones, "\nsurvives = \"host\""), NONE);
        // All in one zone: nothing elsewhere could take over.
        assert_eq!(sentinels(THREE, ["x", "x", "x"], ""), NONE);
    }

    #[test]
    fn sentinels_on_a_host_of_their_own_count_too() {
        let spec = super::RULE.passes.spec.replace(THREE, "[\"watch\", \"watch\", \"watch\"]");
        let spec = spec.replace("[hosts]", "[hosts]\nwatch = { address = \"10.0.9.1\", zone = \"a\" }");
        let found = titles(&spec);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("takes 3 of 3 sentinels: until it is back"), "{found:?}");
        assert_eq!(titles(&spec.replace("quorum = 2 }", "quorum = 2 }\nsurvives = \"host\"")).len(), 1);
    }

    #[test]
    fn of_two_hosts_one_holds_most_primaries() {
        let cluster = |hosts: &str, replicas: u8| {
            titles(&format!(
                "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\nb = {{ address = \"127.0.0.2\" }}\n\
                 c = {{ address = \"127.0.0.3\" }}\n[lints]\nunused-host = \"allow\"\nunused-lint-level = \"allow\"\n\
                 [redis.s]\nversion = \"7.2\"\ntopology = \"cluster\"\nhosts = {hosts}\nshards = 3\nreplicas = {replicas}\n"
            ))
        };
        let found = cluster("[\"a\", \"b\"]", 1);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("takes 2 of 3 primaries of `s`"), "{found:?}");
        assert_eq!(cluster("[\"a\", \"b\"]", 0), NONE);
        assert_eq!(cluster("[\"a\", \"b\", \"c\"]", 1), NONE);
        assert_eq!(cluster("[\"a\"]", 1), NONE);
    }
}
