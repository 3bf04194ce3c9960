//! The records of a model, each made once.

use std::collections::BTreeMap;

use crate::catalog::Engine;
use crate::model::{
    Assigned, Deployment as ModelDeployment, Host as ModelHost, HostId, Memcached, MemcachedNode, Model,
    Node as ModelNode, NodeId, SentinelSet, Setting, Slots, Topology, Watch as ModelWatch, WatchSetting,
};
use crate::spec::ArtifactEngine;

use super::super::sentinel_conf;
use super::super::server_conf::is_the_servers;
use super::{Deployment, Host, Node, Shared, Tls, Watch};

/// What artifacts are made of.
#[derive(Debug, Default)]
pub(in crate::emit) struct Architecture {
    /// The deployments of Redis, Valkey and memcached, by name.
    pub(in crate::emit) deployments: Vec<Built>,
    /// The sets of sentinels, by name.
    pub(in crate::emit) sentinels: Vec<Built>,
}

/// A deployment or a set of sentinels.
#[derive(Debug)]
pub(in crate::emit) struct Built {
    /// The kind of its servers.
    pub(in crate::emit) kind: ArtifactEngine,
    /// Its name.
    pub(in crate::emit) name: String,
    /// Its folder.
    pub(in crate::emit) folder: String,
    /// The record, with all nodes.
    pub(in crate::emit) record: Shared<Deployment>,
    /// Its nodes.
    pub(in crate::emit) nodes: Vec<(NodeId, Shared<Node>)>,
}

impl Architecture {
    /// The records of those deployments and sets of sentinels whose folders are wanted.
    pub(in crate::emit) fn of(model: &Model, wanted: impl Fn(&str) -> bool) -> Self {
        let redis = model.deployments.iter().filter(|d| wanted(&d.name)).map(|d| of_deployment(model, d));
        let memcached = model.memcached.iter().filter(|d| wanted(&d.name)).map(|d| of_memcached(model, d));
        let sets = model.sentinels.iter().filter(|set| wanted(&sentinel_conf::folder(set)));
        let mut deployments: Vec<Built> = redis.chain(memcached).collect();
        deployments.sort_by(|a, b| a.name.cmp(&b.name));
        Architecture { deployments, sentinels: sets.map(|set| of_sentinels(model, set)).collect() }
    }

    /// Everything that is in it.
    pub(in crate::emit) fn all(&self) -> impl Iterator<Item = &Built> {
        self.deployments.iter().chain(&self.sentinels)
    }
}

/// The kind of a deployment's servers.
pub(in crate::emit) fn engine_of(deployment: &ModelDeployment) -> ArtifactEngine {
    match deployment.target.engine {
        Engine::Valkey => ArtifactEngine::Valkey,
        Engine::Redis | Engine::Memcached => ArtifactEngine::Redis,
    }
}

impl From<&ModelHost> for Host {
    fn from(host: &ModelHost) -> Self {
        Host {
            name: host.name.value.clone(),
            address: host.address.value.clone(),
            zone: host.zone().map(str::to_owned),
        }
    }
}

fn built(kind: ArtifactEngine, mut record: Deployment, nodes: Vec<Node>) -> Built {
    let shared = |node: Node| (NodeId(node.name.clone()), Shared::new(&node));
    let nodes: Vec<(NodeId, Shared<Node>)> = nodes.into_iter().map(shared).collect();
    record.nodes = nodes.iter().map(|(_, node)| node.clone()).collect();
    let (name, folder) = (record.name.clone(), record.folder.clone());
    Built { kind, name, folder, record: Shared::new(&record), nodes }
}

fn of_deployment(model: &Model, deployment: &ModelDeployment) -> Built {
    let kind = engine_of(deployment);
    let record = Deployment {
        name: deployment.name.value.clone(),
        folder: deployment.name.value.clone(),
        kind: kind.name(),
        engine: deployment.target.engine.name(),
        version: deployment.target.versions.to_string(),
        topology: topology(&deployment.topology),
        tls: deployment.tls.is_some(),
        shards: match &deployment.topology {
            Topology::Cluster { shards } => shards.len(),
            _ => 0,
        },
        watches: match &deployment.topology {
            Topology::Sentinel { watch, .. } => vec![watched(deployment, watch)],
            _ => Vec::new(),
        },
        users: deployment.users.iter().map(|user| user.name.value.clone()).collect(),
        nodes: Vec::new(),
    };
    let seats = seats(deployment);
    let nodes = deployment.nodes.iter().enumerate().map(|(at, node)| {
        let mut data = server(model, &record, node);
        let settings = deployment.settings(node);
        fill_settings(&mut data, settings, deployment);
        let tls_port = setting_port(&data, "tls-port");
        data.tls = deployment.tls.map(|tls| Tls {
            port: tls_port.unwrap_or(node.port),
            plain_too: tls.plain_too,
            replication: tls.replication,
            cluster_bus: tls.cluster_bus,
        });
        if let Some(seat) = seats.get(&at) {
            data.role = Some(if seat.primary == at { "primary" } else { "replica" });
            let primary = deployment.nodes.get(seat.primary).filter(|_| seat.primary != at);
            data.primary = primary.map(|primary| primary.id.0.clone());
            data.shard = seat.shard.map(|(number, _)| number);
            data.slots = seat.shard.map(|(_, slots)| slots.to_string());
        }
        data
    });
    let nodes = nodes.collect();
    built(kind, record, nodes)
}

/// Where a node stands on the first day.
struct Seat<'d> {
    primary: usize,
    shard: Option<(u16, &'d Slots)>,
}

fn seats(deployment: &ModelDeployment) -> BTreeMap<usize, Seat<'_>> {
    let places = 0..deployment.nodes.len();
    match &deployment.topology {
        Topology::Standalone => places.map(|at| (at, Seat { primary: at, shard: None })).collect(),
        Topology::Replicated { primary } | Topology::Sentinel { primary, .. } => {
            places.map(|at| (at, Seat { primary: *primary, shard: None })).collect()
        }
        Topology::Cluster { shards } => {
            let seats = shards.iter().flat_map(|shard| {
                let seat =
                    move |at| (at, Seat { primary: shard.primary, shard: Some((shard.id.0, &shard.slots)) });
                std::iter::once(shard.primary).chain(shard.replicas.iter().copied()).map(seat)
            });
            seats.collect()
        }
    }
}

fn topology(topology: &Topology) -> &'static str {
    match topology {
        Topology::Standalone => "standalone",
        Topology::Replicated { .. } => "replicated",
        Topology::Sentinel { .. } => "sentinel",
        Topology::Cluster { .. } => "cluster",
    }
}

fn watched(deployment: &ModelDeployment, watch: &ModelWatch) -> Watch {
    Watch {
        set: watch.set.value.clone(),
        deployment: deployment.name.value.clone(),
        master_name: watch.master_name.clone(),
        quorum: watch.quorum.value,
    }
}

/// A node with what all servers have.
fn server(model: &Model, deployment: &Deployment, node: &ModelNode) -> Node {
    bare(model, deployment, &node.id, node.host, node.port)
}

fn bare(model: &Model, deployment: &Deployment, id: &NodeId, host: HostId, port: u16) -> Node {
    Node {
        name: id.0.clone(),
        deployment: deployment.name.clone(),
        folder: deployment.folder.clone(),
        kind: deployment.kind,
        engine: deployment.engine,
        version: deployment.version.clone(),
        topology: deployment.topology,
        host: Host::from(model.host(host)),
        port,
        tls: None,
        role: None,
        primary: None,
        shard: None,
        slots: None,
        data_dir: None,
        settings: BTreeMap::new(),
        secrets: BTreeMap::new(),
    }
}

fn setting_port(node: &Node, name: &str) -> Option<u16> {
    node.settings.get(name)?.parse().ok().filter(|port| *port != 0)
}

/// Puts settings into a node, secrets as references.
fn fill_settings<'s>(
    node: &mut Node,
    settings: impl Iterator<Item = &'s Setting>,
    deployment: &ModelDeployment,
) {
    for setting in settings.filter(|setting| !is_the_servers(setting)) {
        fill_setting(node, setting, deployment.target.versions.last);
    }
    node.data_dir = node.settings.get("dir").cloned();
}

fn fill_setting(node: &mut Node, setting: &Setting, version: crate::catalog::Version) {
    let printed = |value: &crate::value::Value| match setting.directive {
        Some(directive) => value.printed(directive, version),
        None => value.to_string().into_bytes(),
    };
    let text = match &setting.value {
        Assigned::Secret(reference) => {
            node.secrets.insert(setting.name.clone(), reference.to_string());
            return;
        }
        // An empty password says that there is none, which is no secret; another one is never shown.
        _ if setting.is_secret() => return,
        Assigned::Value(value) => printed(value),
        Assigned::Values(values) => values.iter().map(printed).collect::<Vec<_>>().join(&b'\n'),
        Assigned::Verbatim(lines) => {
            lines.iter().map(|args| args.join(&b' ')).collect::<Vec<_>>().join(&b'\n')
        }
    };
    node.settings.insert(setting.name.clone(), String::from_utf8_lossy(&text).into_owned());
}

fn of_memcached(model: &Model, deployment: &Memcached) -> Built {
    let record = Deployment {
        name: deployment.name.value.clone(),
        folder: deployment.name.value.clone(),
        kind: ArtifactEngine::Memcached.name(),
        engine: Engine::Memcached.name(),
        version: deployment.target.versions.to_string(),
        topology: "standalone",
        tls: false,
        shards: 0,
        watches: Vec::new(),
        users: Vec::new(),
        nodes: Vec::new(),
    };
    let nodes = deployment.nodes.iter().map(|node| memcached_node(model, &record, node)).collect();
    built(ArtifactEngine::Memcached, record, nodes)
}

fn memcached_node(model: &Model, deployment: &Deployment, node: &MemcachedNode) -> Node {
    let mut data = bare(model, deployment, &node.id, node.host, node.port);
    for option in &node.options {
        let value = option.value.as_deref().unwrap_or("yes");
        add_line(&mut data.settings, &option.name, value);
    }
    data
}

/// Adds a line to a setting that may have several.
fn add_line(settings: &mut BTreeMap<String, String>, name: &str, line: &str) {
    let text = settings.entry(name.to_owned()).or_default();
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(line);
}

fn of_sentinels(model: &Model, set: &SentinelSet) -> Built {
    let watching = model.deployments.iter().filter_map(|deployment| match &deployment.topology {
        Topology::Sentinel { watch, .. } if watch.set.value == set.name.value => {
            Some(watched(deployment, watch))
        }
        _ => None,
    });
    let record = Deployment {
        name: set.name.value.clone(),
        folder: sentinel_conf::folder(set),
        kind: ArtifactEngine::Sentinel.name(),
        engine: set.target.engine.name(),
        version: set.target.versions.to_string(),
        topology: "standalone",
        tls: set.tls.is_some(),
        shards: 0,
        watches: watching.collect(),
        users: Vec::new(),
        nodes: Vec::new(),
    };
    let nodes = set.nodes.iter().map(|node| {
        let mut data = server(model, &record, node);
        for setting in set.settings(node) {
            fill_setting(&mut data, setting, set.target.versions.last);
        }
        for setting in set.globals(node) {
            fill_global(&mut data, setting);
        }
        data.data_dir = data.settings.get("dir").cloned();
        let tls_port = setting_port(&data, "tls-port");
        data.tls = set.tls.map(|tls| Tls {
            port: tls_port.unwrap_or(node.port),
            plain_too: tls.plain_too,
            replication: tls.replication,
            cluster_bus: tls.cluster_bus,
        });
        data
    });
    let nodes = nodes.collect();
    built(ArtifactEngine::Sentinel, record, nodes)
}

/// One of Sentinel's own settings.
fn fill_global(node: &mut Node, setting: &WatchSetting) {
    let name = setting.name.value.as_str();
    match &setting.secret {
        Some(secret) => {
            node.secrets.insert(name.to_owned(), secret.value.to_string());
        }
        None => {
            for line in &setting.lines {
                add_line(&mut node.settings, name, &line.join(" "));
            }
        }
    }
}
