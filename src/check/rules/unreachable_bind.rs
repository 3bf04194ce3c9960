//! The rule `unreachable-bind`.

use std::net::IpAddr;

use crate::catalog::Version;
use crate::check::failover::watched;
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::servers::{Servers, machine};
use crate::diag::{Code, Finding, Findings};
use crate::model::{Assigned, HostId, Model, Node, Origin};
use crate::value::Value;

/// A `bind` by hand that other servers cannot reach.
pub(super) static RULE: Rule = Rule {
    code: Code::UnreachableBind,
    group: RuleGroup::Topology,
    about: "A `bind` by hand that other servers cannot reach",
    why: r#"`bind` follows from the host's address, with 127.0.0.1 behind it for tools on the host. Written by hand with loopback
addresses only, the server listens where nothing but its own host gets through: replicas on other hosts stay empty,
sentinels take it for down, a cluster's nodes never meet. Every server starts without a word.

Sentinel of Redis 6 has a trap of its own: its connections start from the first address of `bind`. With 127.0.0.1 in
front the kernel refuses each to another host ("Invalid argument"), and it sees nobody. Write the host's address first,
or leave `bind` out. From 7.0 on the order does not matter."#,
    source: "instanceLinkConnect in sentinel.c (NET_FIRST_BIND_ADDR) and anet.c (best effort for replication) of Redis 6.0.16 and 6.2.14; sentinel.c of 7.0.15 (bind-source-addr); connect(2) from 127.0.0.1 tried on Linux",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }
cache-b = { address = "10.0.2.11" }

[redis.sessions]
version = "7.2"
topology = "replicated"
initial-primary = "cache-a"
replicas = ["cache-b"]
replication = { password = { env = "SESSIONS_PASSWORD" } }

[redis.sessions.config]
bind = { override = ["127.0.0.1"] }
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }
cache-b = { address = "10.0.2.11" }

[redis.sessions]
version = "7.2"
topology = "replicated"
initial-primary = "cache-a"
replicas = ["cache-b"]
replication = { password = { env = "SESSIONS_PASSWORD" } }

[redis.sessions.config]
bind = { override = ["0.0.0.0"] }
"#,
    ),
    stage: Stage::Model(run),
};

/// From here on `bind` says nothing of where connections start (`bind-source-addr` does).
const ORDER_IS_FREE: Version = Version::new(7, 0, 0);

fn run(model: &Model, findings: &mut Findings) {
    for servers in Servers::all(model) {
        let written = |node: &&Node| {
            let setting = servers.setting(node, "bind");
            setting.is_some_and(|setting| !matches!(setting.origin, Origin::Derived(..)))
        };
        // Almost never: whom the servers speak to is looked up only then.
        let mut written = servers.nodes.iter().filter(written).peekable();
        if written.peek().is_none() {
            continue;
        }
        let peers = peers(model, &servers);
        findings.extend(written.find_map(|node| unreachable(model, &servers, node, &peers)));
    }
}

/// The hosts of all that the servers and their sentinels speak to.
fn peers(model: &Model, servers: &Servers<'_>) -> Vec<HostId> {
    let mut hosts: Vec<HostId> = servers.nodes.iter().map(|node| node.host).collect();
    for (deployment, _, set) in watched(model) {
        if servers.deployment.is_some_and(|own| own.name.value == deployment.name.value) {
            hosts.extend(set.nodes.iter().map(|node| node.host));
        }
        if servers.deployment.is_none() && set.name.value == servers.name.value {
            hosts.extend(deployment.nodes.iter().map(|node| node.host));
        }
    }
    // Standalone servers do not speak to each other.
    let alone = servers.deployment.is_some_and(|own| own.topology == crate::model::Topology::Standalone);
    if alone { Vec::new() } else { hosts }
}

fn unreachable(model: &Model, servers: &Servers<'_>, node: &Node, peers: &[HostId]) -> Option<Finding> {
    let setting = node.own.get("bind").or_else(|| servers.shared.get("bind"))?;
    let Assigned::Value(Value::Addresses(addresses)) = &setting.value else { return None };
    let (own, host) = (machine(model, node.host), model.host(node.host));
    let local = is_loopback(own.as_bytes());
    let peer = peers.iter().find(|peer| machine(model, **peer) != own)?;
    let first = addresses.first().filter(|first| is_loopback(first))?;
    let only = addresses.iter().all(|address| is_loopback(address));
    let starts_there = servers.deployment.is_none() && servers.target.versions.first < ORDER_IS_FREE;
    if local || !(only || starts_there) {
        return None;
    }
    let first = String::from_utf8_lossy(first);
    let (there, address) = (&model.host(*peer).name.value, &host.address.value);
    let title = if only {
        format!("`{there}` cannot reach {servers} on `{}`: `bind` has only loopback addresses", host.name.value)
    } else {
        format!("{servers} cannot reach `{there}`: `bind` begins with {first}, and their connections start there")
    };
    let place = setting.origin.span().unwrap_or(node.span);
    let finding = Finding::new(Code::UnreachableBind, place, title)
        .related(host.address.span, format!("`{}` is reached by this address", host.name.value));
    let finding = if only {
        finding.help("remove the line: `bind` follows from the host's address")
    } else {
        finding.help(format!("write {address} first, or remove the line"))
    };
    Some(finding.of(servers.name))
}

/// Whether an address, with the dash that makes it optional or without, is one of the host itself.
fn is_loopback(address: &[u8]) -> bool {
    let text = String::from_utf8_lossy(address);
    let text = text.trim_start_matches('-');
    text == "localhost" || text.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    fn bind(list: &str) -> Vec<String> {
        codes_of(&super::RULE.fails.spec.replace("[\"127.0.0.1\"]", list))
    }

    const NONE: [&str; 0] = [];
    const FOUND: [&str; 1] = ["unreachable-bind"];

    #[test]
    fn one_address_that_others_reach_is_enough() {
        assert_eq!(bind("[\"127.0.0.1\", \"-::1\"]"), FOUND);
        assert_eq!(bind("[\"127.0.0.1\", \"10.9.9.9\"]"), NONE);
        assert_eq!(bind("[\"*\"]"), NONE);
        let local = super::RULE.fails.spec.replace("10.0.2.11", "10.0.1.11");
        assert_eq!(codes_of(&local), ["port-clash", "replica-placement"]);
    }

    #[test]
    fn sentinels_of_redis_6_start_at_the_first_address() {
        let spec = |version: &str, bind: &str| {
            codes_of(&format!(
                "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"10.0.0.1\" }}\nb = {{ address = \"10.0.0.2\" }}\n\
                 c = {{ address = \"10.0.0.3\" }}\n[sentinels.m]\nversion = \"{version}\"\nhosts = [\"a\", \"b\", \"c\"]\n\
                 auth = {{ password = {{ env = \"P\" }} }}\nconfig.bind = {{ override = {bind} }}\n\
                 [redis.s]\nversion = \"{version}\"\ntopology = \"sentinel\"\ninitial-primary = \"a\"\nreplicas = [\"b\", \"c\"]\n\
                 sentinel = {{ set = \"m\", quorum = 2 }}\nreplication = {{ password = {{ env = \"P\" }} }}\n"
            ))
        };
        let order = "[\"127.0.0.1\", \"0.0.0.0\"]";
        assert_eq!(spec("6.2", order), FOUND);
        assert_eq!(spec("7.0", order), NONE);
        assert_eq!(spec("6.2", "[\"0.0.0.0\", \"127.0.0.1\"]"), NONE);
        assert_eq!(spec("7.2", "[\"127.0.0.1\"]"), FOUND);
    }
}
