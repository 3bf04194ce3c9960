//! Hosts, nodes, shards, sentinels, and the deployments that they make up.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::catalog::{Target, acl};
use crate::source::{At, Span};
use crate::spec::{HostSpec, Lint, MemcachedSpec, Named, RedisSpec, SecretRef, SentinelsSpec};
use crate::text::acl::AclRule;
use crate::value::Value;

use super::artifacts::OwnTemplates;
use super::service::Service;
use super::settings::{Assigned, Setting, Settings};
use super::users::{Rights, rights};

/// A whole spec, resolved.
#[derive(Debug, Clone)]
pub struct Model {
    /// The spec's name.
    pub name: String,
    /// The machines, by name.
    pub hosts: Vec<Host>,
    /// Redis and Valkey, by name.
    pub deployments: Vec<Deployment>,
    /// Sets of sentinels, by name.
    pub sentinels: Vec<SentinelSet>,
    /// Memcached, by name.
    pub memcached: Vec<Memcached>,
    /// Own templates, and what is rendered from them.
    pub own: OwnTemplates,
    /// Lint levels for the whole spec.
    pub lints: Named<Lint>,
    /// Whole spec's place, for findings about everything.
    pub span: Span,
}

impl Model {
    /// The host behind an id that this model gave.
    pub fn host(&self, id: HostId) -> &Host {
        &self.hosts[id.0]
    }

    /// The deployments that a set of sentinels watches, each with the place of its first primary and how it is
    /// watched.
    pub fn watches(&self, set: &SentinelSet) -> impl Iterator<Item = (&Deployment, usize, &Watch)> {
        self.deployments.iter().filter_map(|deployment| match &deployment.topology {
            Topology::Sentinel { primary, watch } if watch.set.value == set.name.value => {
                Some((deployment, *primary, watch))
            }
            _ => None,
        })
    }
}

/// A host of a model, by its place in [`Model::hosts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostId(pub usize);

/// A machine.
#[derive(Debug, Clone)]
pub struct Host {
    /// Its name in the spec.
    pub name: At<String>,
    /// The address that others reach it by: IP or host name.
    pub address: At<String>,
    /// What else is declared of it.
    pub spec: HostSpec,
}

impl Host {
    /// Its failure domain; a host without a declared zone is one of its own kind.
    pub fn zone(&self) -> Option<&str> {
        self.spec.zone.as_ref().map(|zone| zone.value.as_str())
    }

    /// The address, where it is an IP address and no name.
    pub fn ip(&self) -> Option<std::net::IpAddr> {
        self.address.value.parse().ok()
    }
}

/// The name of a node: stable under edits elsewhere, and the name of its folder. The host's name, and
/// `HOST-PORT` in clusters and where a deployment has several nodes on one host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub String);

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A deployment of Redis or Valkey.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// Its name.
    pub name: At<String>,
    /// Engine, versions and build.
    pub target: Target,
    /// Where the version is set.
    pub version_span: Span,
    /// How its nodes relate.
    pub topology: Topology,
    /// The settings that its nodes share.
    pub shared: Arc<Settings>,
    /// Its nodes, in the order of the spec's hosts (a cluster's: by shard, the first day's primary first).
    pub nodes: Vec<Node>,
    /// Every node that the spec asks for is there. Otherwise something is reported already, and what follows
    /// from the nodes proves nothing.
    pub complete: bool,
    /// A text of the spec had errors of syntax or could not be read: that a setting is not there proves nothing.
    pub lossy: bool,
    /// Its ACL users, `default` included, by name; empty where none are declared.
    pub users: Vec<User>,
    /// Whom replicas log in as.
    pub replication: Option<Login>,
    /// Whom drift logs in as.
    pub observer: Option<Login>,
    /// Certificates, and who must speak TLS.
    pub tls: Option<Tls>,
    /// How its servers are run on their hosts.
    pub service: Service,
    /// What else is declared of it.
    pub spec: Arc<RedisSpec>,
    /// Directives whose value failed, by name, and `survives` and `replicas` where they could not be read:
    /// later rules stay silent about them.
    pub poisoned: Vec<String>,
}

impl Deployment {
    /// Every setting of one node, by name.
    pub fn settings<'d>(&'d self, node: &'d Node) -> impl Iterator<Item = &'d Setting> {
        self.shared.overlaid(&node.own)
    }

    /// One setting of one node.
    pub fn setting<'d>(&'d self, node: &'d Node, name: &str) -> Option<&'d Setting> {
        node.own.get(name).or_else(|| self.shared.get(name))
    }

    /// What one of its users may do on the first of its versions. The rules are replayed for whoever asks first.
    pub fn rights<'u>(&self, user: &'u User) -> &'u Rights {
        let Target { engine, versions, .. } = self.target;
        user.rights.get_or_init(|| {
            let rules = user.rules.iter().map(|rule| &rule.value);
            rights(rules, engine, versions.first, self.channels_open())
        })
    }

    /// Whether a new user may use all channels: `acl-pubsub-default`, or what the first version does without it.
    pub fn channels_open(&self) -> bool {
        let set = self.shared.get("acl-pubsub-default").map(|setting| &setting.value);
        if let Some(Assigned::Value(Value::Word(word))) = set {
            return *word == "allchannels";
        }
        let known = acl::behaviour(self.target.engine, self.target.versions.first);
        known.is_some_and(|behaviour| behaviour.channels_open)
    }

    /// Whether servers hold copies of each other's data.
    pub fn has_replicas(&self) -> bool {
        match &self.topology {
            Topology::Standalone => false,
            Topology::Replicated { .. } | Topology::Sentinel { .. } => self.nodes.len() > 1,
            Topology::Cluster { shards } => shards.iter().any(|shard| !shard.replicas.is_empty()),
        }
    }

    /// Bytes that clients write to one primary per second, where that is declared: a cluster's shards share.
    pub fn write_rate(&self) -> Option<At<u64>> {
        let rate = self.spec.write_rate?;
        let shards = match &self.topology {
            Topology::Cluster { shards } => shards.len().max(1) as u64,
            _ => 1,
        };
        Some(At::new(rate.value.0 / shards, rate.span))
    }

    /// Connections of a cluster's node to all others, one to each and one from each (`clusterLink` in cluster.h).
    /// They count against `maxclients` (`acceptCommonHandler` in networking.c).
    pub fn bus_links(&self) -> u64 {
        match self.topology {
            Topology::Cluster { .. } => 2 * self.nodes.len().saturating_sub(1) as u64,
            _ => 0,
        }
    }

    /// The node of a name.
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.id.0 == name)
    }
}

/// How the nodes of a deployment relate. Numbers are places in [`Deployment::nodes`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topology {
    /// Independent servers.
    Standalone,
    /// A primary and replicas; failover by hand.
    Replicated {
        /// Who leads on the first day.
        primary: usize,
    },
    /// A primary and replicas; Sentinel fails over.
    Sentinel {
        /// Who leads on the first day.
        primary: usize,
        /// The sentinels that watch it.
        watch: Watch,
    },
    /// Shards of a Cluster.
    Cluster {
        /// The shards, in order.
        shards: Vec<Shard>,
    },
}

/// How a set of sentinels watches a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// The set's name.
    pub set: At<String>,
    /// How many sentinels must agree.
    pub quorum: At<i64>,
    /// The name that Sentinel and its clients know the deployment by.
    pub master_name: String,
    /// Sentinel's own settings for it: option and arguments behind the master's name, by option.
    pub settings: Vec<WatchSetting>,
}

/// One of Sentinel's settings for one deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchSetting {
    /// The option, such as `down-after-milliseconds`.
    pub name: At<String>,
    /// The arguments of each of its lines, behind the master's name; none where it is a secret.
    pub lines: Vec<Vec<String>>,
    /// The one argument, where it is a secret (`auth-pass`, `sentinel-pass`).
    pub secret: Option<At<SecretRef>>,
    /// Where it came from.
    pub origin: super::origin::Origin,
    /// What it overrode, nearest first.
    pub overrode: Vec<super::origin::Origin>,
}

/// A shard, counted from 1; it keeps its number when other shards come and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShardId(pub u16);

/// A shard of a cluster. Numbers are places in [`Deployment::nodes`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shard {
    /// Its number.
    pub id: ShardId,
    /// Who leads on the first day.
    pub primary: usize,
    /// Who follows on the first day.
    pub replicas: Vec<usize>,
    /// The slots it serves.
    pub slots: Slots,
}

/// Slots of a cluster, 0 to 16383, as sorted ranges that do not touch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Slots(pub Vec<SlotRange>);

/// Slots from first to last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SlotRange {
    /// The first slot.
    pub first: u16,
    /// The last slot.
    pub last: u16,
}

impl fmt::Display for Slots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, range) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{}", range.first)?;
            if range.first != range.last {
                write!(f, "-{}", range.last)?;
            }
        }
        Ok(())
    }
}

/// A server of a deployment.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its name.
    pub id: NodeId,
    /// The machine.
    pub host: HostId,
    /// Where the spec puts it there.
    pub span: Span,
    /// The port that clients use: the TLS port where no plain one is open.
    pub port: u16,
    /// The settings that differ from the shared ones.
    pub own: Settings,
}

/// An ACL user.
#[derive(Debug, Clone)]
pub struct User {
    /// Its name; the span is what it is declared or derived by.
    pub name: At<String>,
    /// Its passwords.
    pub passwords: Vec<At<SecretRef>>,
    /// Its rules in order, `on` or `off` first, without passwords, each with its place: where it stands, or what
    /// it follows from.
    pub rules: Vec<At<AclRule>>,
    /// All of its rules could be read, and servers take them. Otherwise something is reported already, and what
    /// it may do is not known.
    pub complete: bool,
    /// None where the spec declares it; else what it follows from.
    pub derived: Option<super::origin::Derivation>,
    /// What its rules come to, once somebody has asked: [`Deployment::rights`].
    rights: OnceLock<Rights>,
}

impl User {
    /// One whose rules are all known.
    pub(crate) fn new(
        name: At<String>,
        passwords: Vec<At<SecretRef>>,
        rules: Vec<At<AclRule>>,
        derived: Option<super::origin::Derivation>,
    ) -> Self {
        User { name, passwords, rules, complete: true, derived, rights: OnceLock::new() }
    }
}

/// Whom a server logs in as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The user; none is the default user.
    pub user: Option<At<String>>,
    /// The password.
    pub password: At<SecretRef>,
}

/// TLS of a deployment or a set of sentinels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tls {
    /// A plain port stays open beside it.
    pub plain_too: bool,
    /// Replication speaks TLS.
    pub replication: bool,
    /// The cluster bus speaks TLS.
    pub cluster_bus: bool,
    /// Where it is declared.
    pub span: Span,
}

/// A set of sentinels.
#[derive(Debug, Clone)]
pub struct SentinelSet {
    /// Its name.
    pub name: At<String>,
    /// Engine, versions and build.
    pub target: Target,
    /// Where the version is set.
    pub version_span: Span,
    /// The directives of a plain server that its sentinels share (`port`, `loglevel`).
    pub shared: Arc<Settings>,
    /// Sentinel's own settings for the whole sentinel, by name.
    pub global: Vec<WatchSetting>,
    /// What single sentinels set differently, by name; see [`SentinelSet::globals`].
    pub own_global: BTreeMap<NodeId, Vec<WatchSetting>>,
    /// The sentinels.
    pub nodes: Vec<Sentinel>,
    /// Whom they log in as at the servers that they watch.
    pub auth: Option<Login>,
    /// Whom drift logs in as at them.
    pub observer: Option<Login>,
    /// Their ACL users, `default` included, by name; empty without an observer.
    pub users: Vec<User>,
    /// Certificates, and who must speak TLS.
    pub tls: Option<Tls>,
    /// How its servers are run on their hosts.
    pub service: Service,
    /// What else is declared of it.
    pub spec: Arc<SentinelsSpec>,
    /// Directives whose value failed.
    pub poisoned: Vec<String>,
}

impl SentinelSet {
    /// The folder of a set of sentinels in the output: no deployment may have its name.
    pub fn folder(name: &str) -> String {
        format!("sentinels-{name}")
    }

    /// Sentinel's own settings of one sentinel, by name.
    pub fn globals(&self, sentinel: &Sentinel) -> Vec<&WatchSetting> {
        let own = self.own_global.get(&sentinel.id).map_or(&[][..], Vec::as_slice);
        let shared =
            self.global.iter().filter(|shared| own.iter().all(|own| own.name.value != shared.name.value));
        let mut all: Vec<&WatchSetting> = shared.chain(own).collect();
        all.sort_by_key(|setting| setting.name.value.as_str());
        all
    }

    /// Every plain directive of one sentinel, by name.
    pub fn settings<'s>(&'s self, sentinel: &'s Sentinel) -> impl Iterator<Item = &'s Setting> {
        self.shared.overlaid(&sentinel.own)
    }

    /// One plain directive of one sentinel.
    pub fn setting<'s>(&'s self, sentinel: &'s Sentinel, name: &str) -> Option<&'s Setting> {
        sentinel.own.get(name).or_else(|| self.shared.get(name))
    }
}

/// One sentinel; the same shape as a server.
pub type Sentinel = Node;

/// A deployment of memcached.
#[derive(Debug, Clone)]
pub struct Memcached {
    /// Its name.
    pub name: At<String>,
    /// Engine, versions and build.
    pub target: Target,
    /// Where the version is set.
    pub version_span: Span,
    /// Its servers.
    pub nodes: Vec<MemcachedNode>,
    /// How its servers are run on their hosts.
    pub service: Service,
    /// What else is declared of it.
    pub spec: Arc<MemcachedSpec>,
    /// Options whose value failed.
    pub poisoned: Vec<String>,
    /// Options whose value memcached takes otherwise than written, which is reported.
    pub doubtful: Vec<String>,
}

/// A memcached server.
#[derive(Debug, Clone)]
pub struct MemcachedNode {
    /// Its name.
    pub id: NodeId,
    /// The machine.
    pub host: HostId,
    /// Where the spec puts it there.
    pub span: Span,
    /// Its TCP port.
    pub port: u16,
    /// Its options, by name.
    pub options: Vec<MemcachedOption>,
}

impl MemcachedNode {
    /// The option of a name; of several the first.
    pub fn option(&self, name: &str) -> Option<&MemcachedOption> {
        self.options.iter().find(|option| option.name == name)
    }
}

/// An option of a memcached server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemcachedOption {
    /// Its long name, or its name under `-o`.
    pub name: String,
    /// The value as memcached reads it; none for switches.
    pub value: Option<String>,
    /// Where it came from.
    pub origin: super::origin::Origin,
    /// What it overrode, nearest first.
    pub overrode: Vec<super::origin::Origin>,
}
