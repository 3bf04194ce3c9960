//! The rule `does-not-survive`.

use std::collections::BTreeSet;

use super::too_few_masters::FEWEST;
use crate::check::failover::{
    Domain, GroupsByHost, counted, domains, majority, may_be_promoted, may_lead, replicas_to_write,
};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::Running;
use crate::check::servers::{Servers, machine, watching};
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, Node, SentinelSet, Shard, Topology, Watch};
use crate::source::At;
use crate::spec::Survives;

/// A declared failure that the deployment does not survive.
pub(super) static RULE: Rule = Rule {
    code: Code::DoesNotSurvive,
    group: RuleGroup::Topology,
    about: "A declared failure that the deployment does not survive",
    why: r#"`survives = "host"` says that the deployment goes on when any one machine fails, `"zone"` when any one zone
does (a host without a zone stands in one of its own). Each such failure is played through, from the roles of
the first day:

- **Sentinel**: enough sentinels must be left for the quorum, and for the election of a leader a majority of
  all of them; and a replica that may be promoted, one whose `replica-priority` is not 0.
- **Cluster**: each shard that loses its primary must have a replica left, and a majority of all primaries must
  be left to elect it.
- `min-replicas-to-write` must still be met afterwards, for otherwise the primary refuses writes.
- **Replicated** and **standalone** deployments fail over by hand only: they survive nothing by themselves.

Spread the nodes and the sentinels over more hosts or zones (three at least: of two, one always holds a
majority), or claim less."#,
    source: "sentinel.c (sentinelGetLeader, sentinelSelectSlave) and cluster.c (clusterHandleSlaveFailover) of Redis 7.0.15",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }
cache-b = { address = "10.0.2.11", zone = "a" }
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
survives = "zone"
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
survives = "zone"
replication = { password = { env = "SESSIONS_PASSWORD" } }
"#,
    ),
    stage: Stage::Model(run),
};

/// Why a failure is not survived, and what would help.
struct Why {
    because: String,
    help: String,
}

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        findings.extend(broken_promise(model, deployment));
    }
}

/// Whether a deployment promises more than it keeps. Rules that would find the cause have no need to.
pub(super) fn fails(model: &Model, deployment: &Deployment) -> bool {
    broken_promise(model, deployment).is_some()
}

fn broken_promise(model: &Model, deployment: &Deployment) -> Option<Finding> {
    let survives = deployment.spec.survives.filter(|survives| survives.value != Survives::Nothing)?;
    if deployment.complete { judge(model, deployment, survives) } else { None }
}

fn judge(model: &Model, deployment: &Deployment, survives: At<Survives>) -> Option<Finding> {
    let name = &deployment.name.value;
    let kind = survives.value.name();
    let by_hand = match &deployment.topology {
        Topology::Standalone => Some("standalone servers have no replicas"),
        Topology::Replicated { .. } => Some("nothing fails over by itself without Sentinel"),
        Topology::Cluster { shards } if shards.len() < FEWEST => return None,
        Topology::Sentinel { .. } | Topology::Cluster { .. } => None,
    };
    if let Some(because) = by_hand {
        let title = format!("`{name}` does not survive the failure of a {kind}: {because}");
        let help = "use `topology = \"sentinel\"` or `\"cluster\"`, or write `survives = \"nothing\"`";
        return Some(Finding::new(Code::DoesNotSurvive, survives.span, title).help(help).of(name));
    }
    let groups = GroupsByHost::of(deployment);
    let broken: Vec<(Domain<'_>, Why)> = domains(model, deployment, survives.value)
        .into_iter()
        .filter_map(|domain| why(model, deployment, &groups, &domain).map(|why| (domain, why)))
        .collect();
    let ((domain, why), more) = broken.split_first()?;
    let title = format!("`{name}` does not survive {}: {}", domain.failure(), why.because);
    let mut finding = Finding::new(Code::DoesNotSurvive, survives.span, title).help(&why.help);
    for (because, domains) in by_reason(more) {
        let same = if because == why.because { String::new() } else { format!(": {because}") };
        finding = finding.note(format!("nor does it survive the failure of {}{same}", domains.join(" or of ")));
    }
    Some(finding.of(name))
}

/// Further failures by their reasons, in order.
fn by_reason<'b>(broken: &'b [(Domain<'_>, Why)]) -> Vec<(&'b str, Vec<String>)> {
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for (domain, why) in broken {
        match reasons.iter_mut().find(|(because, _)| *because == why.because) {
            Some((_, domains)) => domains.push(domain.to_string()),
            None => reasons.push((&why.because, vec![domain.to_string()])),
        }
    }
    reasons
}

fn why(model: &Model, deployment: &Deployment, groups: &GroupsByHost<'_>, domain: &Domain<'_>) -> Option<Why> {
    let survivors = groups
        .touched(domain)
        .find_map(|(at, group)| why_no_survivor(model, deployment, domain, at, group));
    match &deployment.topology {
        Topology::Sentinel { watch, .. } => {
            let set = watching(model, &watch.set)?;
            if !super::impossible_quorum::is_possible(watch, set) {
                return None;
            }
            survivors.or_else(|| why_no_election(deployment, watch, set, domain))
        }
        Topology::Cluster { shards } => survivors.or_else(|| why_no_majority(shards, groups, domain)),
        Topology::Standalone | Topology::Replicated { .. } => None,
    }
}

/// Nobody in a shard is left to take over, or too few to go on writing.
fn why_no_survivor(
    model: &Model,
    deployment: &Deployment,
    domain: &Domain<'_>,
    at: usize,
    (primary, replicas): &(usize, Vec<usize>),
) -> Option<Why> {
    let nodes = || std::iter::once(primary).chain(replicas).filter_map(|node| deployment.nodes.get(*node));
    let left: Vec<&Node> = nodes().filter(|node| !domain.holds(node)).collect();
    let shard = match deployment.topology {
        Topology::Cluster { .. } => format!("shard {} of ", at + 1),
        _ => String::new(),
    };
    let subject = format!("{shard}`{}`", deployment.name.value);
    let machines: BTreeSet<&str> = nodes().map(|node| machine(model, node.host)).collect();
    if left.is_empty() && !replicas.is_empty() && machines.len() == 1 {
        // Said already, of the replica that stands beside its primary.
        return None;
    }
    if left.is_empty() {
        return Some(Why {
            because: format!("all nodes of {subject} are in it"),
            help: "add a replica elsewhere".to_owned(),
        });
    }
    // Who leads goes on; else somebody is promoted.
    let first = deployment.nodes.get(*primary).filter(|node| !domain.holds(node));
    let leaders: Vec<&Node> = match first {
        Some(first) => vec![first],
        None => left.iter().copied().filter(|node| may_be_promoted(deployment, node)).collect(),
    };
    if leaders.is_empty() {
        return Some(Why {
            because: format!("no node that may take over {subject} is left"),
            help: match deployment.topology {
                Topology::Cluster { .. } => "take `cluster-replica-no-failover` away from a node elsewhere",
                _ => "give a node elsewhere a `replica-priority` above 0",
            }
            .to_owned(),
        });
    }
    let servers = Servers::of_deployment(deployment);
    let wants = |node: &&Node| replicas_to_write(&Running::new(servers, node));
    let wanted = leaders.iter().filter_map(wants).max()?;
    let followers = left.len() - 1;
    (wanted > i128::try_from(followers).unwrap_or(i128::MAX)).then(|| Why {
        because: format!(
            "`min-replicas-to-write` is {wanted}, and {subject} has {} left",
            counted(followers, "replica")
        ),
        help: "add replicas elsewhere, or lower `min-replicas-to-write`".to_owned(),
    })
}

/// Too few sentinels are left to agree or to elect a leader.
fn why_no_election(
    deployment: &Deployment,
    watch: &Watch,
    set: &SentinelSet,
    domain: &Domain<'_>,
) -> Option<Why> {
    if !deployment.nodes.iter().any(|node| domain.holds(node) && may_lead(deployment, node)) {
        return None;
    }
    let all = set.nodes.len();
    let left = set.nodes.iter().filter(|sentinel| !domain.holds(sentinel)).count();
    let majority = majority(all);
    let quorum = usize::try_from(watch.quorum.value).unwrap_or(usize::MAX);
    let needed = if left < majority {
        format!("electing who leads a failover takes {majority}")
    } else if left < quorum {
        format!("the quorum is {quorum}")
    } else {
        return None;
    };
    let are = if left == 1 { "is" } else { "are" };
    Some(Why {
        because: format!("{left} of {all} sentinels {are} left, and {needed}"),
        help: if left < majority {
            format!("spread the sentinels of `{}` so that no failure takes half of them", set.name.value)
        } else {
            format!("lower the quorum to {majority}, or spread the sentinels further")
        },
    })
}

/// Too few primaries of a cluster are left to elect another.
fn why_no_majority(shards: &[Shard], groups: &GroupsByHost<'_>, domain: &Domain<'_>) -> Option<Why> {
    let left = shards.len() - groups.primaries(domain);
    let majority = majority(shards.len());
    let are = if left == 1 { "is" } else { "are" };
    (left < majority).then(|| Why {
        because: format!(
            "{left} of {} primaries {are} left, and electing another takes {majority}",
            shards.len()
        ),
        help: "spread the primaries over more hosts or zones, three at least".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::findings_of;
    use crate::diag::Code;

    const ZONES: &str = "[hosts]\na = { address = \"127.0.0.1\", zone = \"x\" }\nb = { address = \"127.0.0.2\", zone = \"y\" }\n\
        c = { address = \"127.0.0.3\", zone = \"z\" }\n";

    fn titles(hosts: &str, rest: &str) -> Vec<String> {
        let text = format!("format = 1\nname = \"x\"\n{hosts}{rest}");
        findings_of(&text, &[])
            .into_iter()
            .map(|finding| format!("{}: {}", finding.code.name(), finding.title))
            .collect()
    }

    fn sentinel(hosts: &str, sentinels: &str, more: &str) -> Vec<String> {
        titles(
            hosts,
            &format!(
                "[sentinels.m]\nversion = \"7.2\"\nhosts = {sentinels}\n\
                 [redis.s]\nversion = \"7.2\"\ntopology = \"sentinel\"\ninitial-primary = \"a\"\nreplicas = [\"b\", \"c\"]\n\
                 sentinel = {{ set = \"m\", quorum = 2 }}\nsurvives = \"host\"\n{more}"
            ),
        )
    }

    const THREE: &str = "[\"a\", \"b\", \"c\"]";

    #[test]
    fn three_sentinels_on_three_hosts_survive_one() {
        let none: [&str; 0] = [];
        assert_eq!(sentinel(ZONES, THREE, ""), none);
    }

    #[test]
    fn two_of_three_sentinels_on_one_host_do_not() {
        let found = sentinel(ZONES, "[\"a\", \"a\", \"c\"]", "");
        assert_eq!(
            found,
            [
                "does-not-survive: `s` does not survive the failure of the host `a`: 1 of 3 sentinels is left, \
              and electing who leads a failover takes 2"
            ]
        );
    }

    #[test]
    fn a_replica_that_may_not_lead_does_not_count() {
        let none = "[redis.s.nodes.b.config]\nreplica-priority = 0\n[redis.s.nodes.c.config]\nreplica-priority = 0\n";
        let found = sentinel(ZONES, THREE, none);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("no node that may take over `s` is left"), "{found:?}");
    }

    #[test]
    fn writes_must_go_on() {
        assert!(sentinel(ZONES, THREE, "config = { min-replicas-to-write = 1 }\n").is_empty());
        let found = sentinel(ZONES, THREE, "config = { min-replicas-to-write = 2 }\n");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("`min-replicas-to-write` is 2"), "{found:?}");
    }

    #[test]
    fn a_cluster_in_two_zones_does_not_survive_one() {
        let cluster = |survives| {
            format!(
                "[redis.c]\nversion = \"7.2\"\ntopology = \"cluster\"\nhosts = {THREE}\nshards = 3\nreplicas = 1\nsurvives = \"{survives}\"\n"
            )
        };
        assert!(titles(ZONES, &cluster("zone")).is_empty(), "{:?}", titles(ZONES, &cluster("zone")));
        let two = ZONES.replace("\"y\"", "\"x\"");
        assert!(titles(&two, &cluster("host")).is_empty());
        let found = titles(&two, &cluster("zone"));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("the zone `x`"), "{found:?}");
    }

    #[test]
    fn who_leads_goes_on_whether_or_not_it_could_be_promoted() {
        let cluster = |node: &str| {
            titles(
                ZONES,
                &format!(
                    "[redis.c]\nversion = \"7.2\"\ntopology = \"cluster\"\nhosts = {THREE}\nshards = 3\nreplicas = 1\n\
                     survives = \"host\"\nnodes.{node}.config.cluster-replica-no-failover = true\n"
                ),
            )
        };
        assert!(cluster("a-6379").is_empty(), "{:?}", cluster("a-6379"));
        let found = cluster("a-6380");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("no node that may take over shard"), "{found:?}");
    }

    #[test]
    fn each_failure_is_named_with_its_reason() {
        let text = format!(
            "format = 1\nname = \"x\"\n{ZONES}[sentinels.m]\nversion = \"7.2\"\nhosts = [\"b\", \"b\", \"c\"]\n\
             [redis.s]\nversion = \"7.2\"\ntopology = \"sentinel\"\ninitial-primary = \"a\"\nreplicas = [\"b\"]\n\
             sentinel = {{ set = \"m\", quorum = 2 }}\nsurvives = \"host\"\nnodes.b.config.replica-priority = 0\n"
        );
        let of = |text: &str| {
            let found = findings_of(text, &[]).into_iter().find(|found| found.code == Code::DoesNotSurvive);
            found.unwrap()
        };
        let found = of(&text);
        assert!(found.title.ends_with("`a`: no node that may take over `s` is left"), "{found:?}");
        assert_eq!(found.notes, [""; 0], "a replica that never leads takes nothing along: {found:?}");
        let found = of(&text.replace("priority = 0", "priority = 0\nconfig.min-replicas-to-write = 1"));
        assert_eq!(
            found.notes,
            ["nor does it survive the failure of the host `b`: `min-replicas-to-write` is 1, and `s` has 0 replicas left"]
        );
    }
}
