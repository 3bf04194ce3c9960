//! The rule `port-clash`.

use std::collections::BTreeMap;
use std::fmt;

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::servers::{Servers, machine};
use crate::diag::{Code, Finding, Findings};
use crate::model::{HostId, Memcached, MemcachedNode, Model, Node};
use crate::source::Span;
use crate::spec::listed;

/// Two servers on one port of one machine.
pub(super) static RULE: Rule = Rule {
    code: Code::PortClash,
    group: RuleGroup::Topology,
    about: "Two servers on one port of one machine",
    why: r#"The second of two servers that want the same port of a machine does not start: "Could not create server TCP
listening socket". All ports count: those of clients, with TLS and without, the sentinels' (26379 where
nothing is said), memcached's for TCP and UDP, and the bus of each cluster node, which is its port plus 10000
unless `cluster-port` says otherwise. A cluster node on 6379 takes 16379 as well.

Hosts with the same address are one machine, whatever they are called. UDP and TCP do not get in each other's
way."#,
    source: "server.c (initServer) and cluster.c (clusterInit, CLUSTER_PORT_INCR) of Redis 7.0.15; memcached.c of 1.6.18",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~session:* +@read +@write -@dangerous" }

[valkey.carts]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~cart:* +@read +@write -@dangerous" }
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~session:* +@read +@write -@dangerous" }

[valkey.carts]
version = "7.2"
topology = "standalone"
port = 6380
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~cart:* +@read +@write -@dangerous" }
"#,
    ),
    stage: Stage::Model(run),
};

/// How far the port of a cluster node's bus is above its port (`CLUSTER_PORT_INCR`, cluster.h).
const BUS: i128 = 10_000;

/// A port that a server wants to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Claim<'m> {
    machine: &'m str,
    udp: bool,
    port: i128,
    span: Span,
    node: Span,
    owner: &'m str,
    host: HostId,
    purpose: Purpose,
}

/// What a port is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Purpose {
    Clients,
    Tls,
    Bus,
    NamedBus,
    Sentinel,
    Udp,
}

impl fmt::Display for Purpose {
    /// Completes "... of `sessions`".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Purpose::Clients => "the port",
            Purpose::Tls => "the TLS port",
            Purpose::Bus => "10000 above it, the cluster bus",
            Purpose::NamedBus => "the cluster bus",
            Purpose::Sentinel => "the sentinels",
            Purpose::Udp => "the UDP port",
        })
    }
}

fn run(model: &Model, findings: &mut Findings) {
    let mut claims: Vec<Claim<'_>> = Vec::new();
    for servers in Servers::all(model) {
        for node in servers.nodes {
            claims.extend(of_server(model, &servers, node));
        }
    }
    for memcached in &model.memcached {
        for node in &memcached.nodes {
            claims.extend(of_memcached(model, memcached, node));
        }
    }
    claims.sort();
    // Two deployments that share their port on all of their hosts are one mistake.
    let mut clashes: BTreeMap<(&str, &str), Vec<(Claim<'_>, Claim<'_>)>> = BTreeMap::new();
    for same in claims.chunk_by(|a, b| (a.machine, a.udp, a.port) == (b.machine, b.udp, b.port)) {
        let Some((first, others)) = same.split_first() else { continue };
        for other in others {
            clashes.entry((first.owner, other.owner)).or_default().push((*first, *other));
        }
    }
    for clash in clashes.values() {
        if let Some(((first, other), more)) = clash.split_first() {
            findings.push(finding(model, *first, *other, more));
        }
    }
}

fn of_server<'m>(model: &'m Model, servers: &Servers<'m>, node: &'m Node) -> Vec<Claim<'m>> {
    if servers.is_poisoned(&["port", "tls-port", "tls-cluster", "cluster-port"]) {
        return Vec::new();
    }
    let claim = |purpose, port, name| Claim {
        machine: machine(model, node.host),
        udp: false,
        port,
        span: servers.place(node, name),
        node: node.span,
        owner: &servers.name.value,
        host: node.host,
        purpose,
    };
    let clients = if servers.deployment.is_some() { Purpose::Clients } else { Purpose::Sentinel };
    let port = servers.integer(node, "port").unwrap_or(i128::from(node.port));
    let tls_port = servers.integer(node, "tls-port").unwrap_or(0);
    let mut claims = vec![claim(clients, port, "port"), claim(Purpose::Tls, tls_port, "tls-port")];
    if servers.in_cluster() {
        let (base, name) =
            if servers.is_on(node, "tls-cluster") { (tls_port, "tls-port") } else { (port, "port") };
        claims.push(match servers.integer(node, "cluster-port").filter(|port| *port != 0) {
            Some(named) => claim(Purpose::NamedBus, named, "cluster-port"),
            None => claim(Purpose::Bus, if base == 0 { 0 } else { base + BUS }, name),
        });
    }
    claims.retain(|claim| claim.port != 0);
    claims
}

fn of_memcached<'m>(model: &'m Model, memcached: &'m Memcached, node: &'m MemcachedNode) -> Vec<Claim<'m>> {
    if memcached.poisoned.iter().any(|name| matches!(name.as_str(), "port" | "udp-port")) {
        return Vec::new();
    }
    let of = |name: &str| node.options.iter().find(|option| option.name == name);
    let number = |name: &str| of(name).and_then(|option| option.value.as_deref()?.parse::<i128>().ok());
    let claim = |purpose, port, name| Claim {
        machine: machine(model, node.host),
        udp: purpose == Purpose::Udp,
        port,
        span: of(name).and_then(|option| option.origin.span()).unwrap_or(node.span),
        node: node.span,
        owner: &memcached.name.value,
        host: node.host,
        purpose,
    };
    let tcp = claim(Purpose::Clients, i128::from(node.port), "port");
    // UDP is off unless it is asked for (memcached.c, since 1.5.6).
    let udp = claim(Purpose::Udp, number("udp-port").unwrap_or(0), "udp-port");
    [tcp, udp].into_iter().filter(|claim| claim.port != 0).collect()
}

fn finding(model: &Model, first: Claim<'_>, other: Claim<'_>, more: &[(Claim<'_>, Claim<'_>)]) -> Finding {
    let (here, there) = (&model.host(other.host).name.value, &model.host(first.host).name.value);
    let what = if first.udp { "UDP port" } else { "port" };
    let title = if first.owner == other.owner {
        format!("two servers of `{}` want {what} {} of `{here}`", first.owner, first.port)
    } else {
        format!("`{}` and `{}` both want {what} {} of `{here}`", first.owner, other.owner, first.port)
    };
    // One line may set the port of both: then the nodes tell them apart.
    let (place, related) =
        if first.span == other.span { (other.node, first.node) } else { (other.span, first.span) };
    let mut finding = Finding::new(Code::PortClash, place, title).of(other.owner);
    if place != related {
        finding = finding
            .label(format!("{} of `{}`", other.purpose, other.owner))
            .related(related, format!("{} of `{}`", first.purpose, first.owner));
    }
    if here != there {
        finding = finding.related(
            model.host(first.host).address.span,
            format!("`{there}` and `{here}` are one machine, {}", first.machine),
        );
    }
    let mut hosts: Vec<&str> =
        more.iter().map(|(_, other)| model.host(other.host).name.value.as_str()).collect();
    hosts.sort_unstable();
    hosts.dedup();
    hosts.retain(|host| host != here);
    if !hosts.is_empty() {
        finding = finding.note(format!("they clash on {} as well", listed(&hosts)));
    }
    finding.help(format!("give one of them another {what}"))
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    const HOSTS: &str = "[hosts]\na = { address = \"127.0.0.1\" }\nb = { address = \"127.0.0.2\" }\nc = { address = \"127.0.0.3\" }\n";

    fn clashes(rest: &str) -> usize {
        let codes = codes_of(&format!("format = 1\nname = \"x\"\n{HOSTS}{rest}"));
        assert!(codes.iter().all(|code| code == "port-clash"), "{codes:?}");
        codes.len()
    }

    const CLUSTER: &str =
        "[redis.c]\nversion = \"7.2\"\ntopology = \"cluster\"\nhosts = [\"a\", \"b\", \"c\"]\nshards = 3\n";

    #[test]
    fn the_bus_of_a_cluster_counts() {
        let other = |port| {
            format!(
                "{CLUSTER}port = 7000\n[redis.s]\nversion = \"7.2\"\ntopology = \"standalone\"\nhosts = [\"a\", \"b\"]\nport = {port}\n"
            )
        };
        assert_eq!(clashes(&other(17000)), 1, "one finding for both hosts");
        assert_eq!(clashes(&other(17001)), 0);
    }

    #[test]
    fn sentinels_count() {
        let spec = |port| {
            format!(
                "[sentinels.m]\nversion = \"7.2\"\nhosts = [\"a\", \"b\", \"c\"]\n\
                 [redis.s]\nversion = \"7.2\"\ntopology = \"sentinel\"\nport = {port}\ninitial-primary = \"a\"\n\
                 replicas = [\"b\", \"c\"]\nsentinel = {{ set = \"m\", quorum = 2 }}\n"
            )
        };
        assert_eq!(clashes(&spec(26379)), 1);
        assert_eq!(clashes(&spec(6379)), 0);
    }

    #[test]
    fn udp_and_tcp_do_not_clash_with_each_other() {
        let spec = |port, udp| {
            format!(
                "[memcached.f]\nversion = \"1.6.18\"\nhosts = [\"a\", \"b\", \"c\"]\nport = 11211\n\
                 config = {{ udp-port = {udp} }}\n\
                 [memcached.g]\nversion = \"1.6.18\"\nhosts = [\"a\"]\nport = {port}\nconfig = {{ udp-port = 5000 }}\n"
            )
        };
        assert_eq!(clashes(&spec(5000, 11211)), 0);
        assert_eq!(clashes(&spec(11211, 0)), 1);
        assert_eq!(clashes(&spec(11212, 5000)), 1);
    }
}
