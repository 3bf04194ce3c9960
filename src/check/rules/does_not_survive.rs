//! The rule `does-not-survive`.

use std::collections::{BTreeMap, BTreeSet};

use super::replica_placement::groups;
use super::too_few_masters::FEWEST;
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::servers::{Servers, machine, watching};
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, HostId, Model, Node, SentinelSet, Shard, Topology, Watch};
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

/// Hosts that fail together.
struct Domain {
    /// With its article: the host `cache-a`.
    name: String,
    hosts: BTreeSet<HostId>,
}

/// Why a failure is not survived, and what would help.
struct Why {
    because: String,
    help: String,
}

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        let Some(survives) = deployment.spec.survives else { continue };
        if survives.value != Survives::Nothing && deployment.complete {
            findings.append(judge(model, deployment, survives).into_iter().collect());
        }
    }
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
    let broken: Vec<(Domain, Why)> = domains(model, survives.value)
        .into_iter()
        .filter_map(|domain| why(model, deployment, &domain).map(|why| (domain, why)))
        .collect();
    let ((domain, why), more) = broken.split_first()?;
    let title = format!("`{name}` does not survive the failure of {}: {}", domain.name, why.because);
    let mut finding = Finding::new(Code::DoesNotSurvive, survives.span, title).help(&why.help);
    if !more.is_empty() {
        let others: Vec<&str> = more.iter().map(|(domain, _)| domain.name.as_str()).collect();
        finding = finding.note(format!("nor does it survive the failure of {}", others.join(" or of ")));
    }
    Some(finding.of(name))
}

/// What can fail at once, by name.
fn domains(model: &Model, survives: Survives) -> Vec<Domain> {
    let mut domains: BTreeMap<(bool, &str), Domain> = BTreeMap::new();
    for (at, host) in model.hosts.iter().enumerate() {
        let id = HostId(at);
        let zone = host.zone().filter(|_| survives == Survives::Zone);
        let key = zone.map_or((true, machine(model, id)), |zone| (false, zone));
        let name = match zone {
            Some(zone) => format!("the zone `{zone}`"),
            None => format!("the host `{}`", host.name.value),
        };
        let domain = domains.entry(key).or_insert_with(|| Domain { name, hosts: BTreeSet::new() });
        domain.hosts.insert(id);
    }
    domains.into_values().collect()
}

fn why(model: &Model, deployment: &Deployment, domain: &Domain) -> Option<Why> {
    let survivors = groups(deployment)
        .into_iter()
        .enumerate()
        .find_map(|(at, group)| why_no_survivor(model, deployment, domain, at, &group));
    match &deployment.topology {
        Topology::Sentinel { watch, .. } => {
            let set = watching(model, &watch.set)?;
            if !super::impossible_quorum::is_possible(watch, set) {
                return None;
            }
            survivors.or_else(|| why_no_election(deployment, watch, set, domain))
        }
        Topology::Cluster { shards } => survivors.or_else(|| why_no_majority(deployment, shards, domain)),
        Topology::Standalone | Topology::Replicated { .. } => None,
    }
}

/// Nobody in a shard is left to take over, or too few to go on writing.
fn why_no_survivor(
    model: &Model,
    deployment: &Deployment,
    domain: &Domain,
    at: usize,
    (primary, replicas): &(usize, Vec<usize>),
) -> Option<Why> {
    let nodes = || std::iter::once(primary).chain(replicas).filter_map(|node| deployment.nodes.get(*node));
    let failed = |node: &Node| domain.hosts.contains(&node.host);
    if !nodes().any(failed) {
        return None;
    }
    let left: Vec<&Node> = nodes().filter(|node| !failed(node)).collect();
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
    let leads = |node: &&Node| may_lead(deployment, node);
    if left.is_empty() {
        return Some(Why {
            because: format!("all nodes of {subject} are in it"),
            help: "add a replica elsewhere".to_owned(),
        });
    }
    if !left.iter().any(leads) {
        return Some(Why {
            because: format!("no node that may take over {subject} is left"),
            help: "give a node elsewhere a `replica-priority` above 0, or let it fail over".to_owned(),
        });
    }
    let wanted = left.iter().filter_map(|node| replicas_to_write(deployment, node)).max()?;
    let followers = left.len() - 1;
    (wanted > i128::try_from(followers).unwrap_or(i128::MAX)).then(|| Why {
        because: format!(
            "`min-replicas-to-write` is {wanted}, and {subject} has {followers} {} left",
            if followers == 1 { "replica" } else { "replicas" }
        ),
        help: "add replicas elsewhere, or lower `min-replicas-to-write`".to_owned(),
    })
}

/// Whether a node may be promoted; the first day's primary leads already.
pub(in crate::check) fn may_lead(deployment: &Deployment, node: &Node) -> bool {
    let servers = Servers::of_deployment(deployment);
    match &deployment.topology {
        Topology::Cluster { .. } => !servers.is_on(node, "cluster-replica-no-failover"),
        _ => {
            let leads = matches!(&deployment.topology, Topology::Sentinel { primary, .. }
                if deployment.nodes.get(*primary).is_some_and(|first| first.id == node.id));
            leads || servers.integer(node, "replica-priority") != Some(0)
        }
    }
}

/// How many replicas a node wants before it takes a write; none where it does not ask.
fn replicas_to_write(deployment: &Deployment, node: &Node) -> Option<i128> {
    let servers = Servers::of_deployment(deployment);
    let wanted = servers.integer(node, "min-replicas-to-write").filter(|number| *number > 0)?;
    // A lag of 0 switches the rule off as well (refreshGoodSlavesCount in replication.c).
    (servers.integer(node, "min-replicas-max-lag") != Some(0)).then_some(wanted)
}

/// Too few sentinels are left to agree or to elect a leader.
fn why_no_election(
    deployment: &Deployment,
    watch: &Watch,
    set: &SentinelSet,
    domain: &Domain,
) -> Option<Why> {
    let primary = deployment.nodes.iter().filter(|node| may_lead(deployment, node));
    if !primary.into_iter().any(|node| domain.hosts.contains(&node.host)) {
        return None;
    }
    let all = set.nodes.len();
    let left = set.nodes.iter().filter(|sentinel| !domain.hosts.contains(&sentinel.host)).count();
    let majority = all / 2 + 1;
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
fn why_no_majority(deployment: &Deployment, shards: &[Shard], domain: &Domain) -> Option<Why> {
    let failed = |shard: &&Shard| {
        deployment.nodes.get(shard.primary).is_some_and(|node| domain.hosts.contains(&node.host))
    };
    let left = shards.len() - shards.iter().filter(failed).count();
    let majority = shards.len() / 2 + 1;
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
}
