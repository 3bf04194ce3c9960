//! A deployment of Redis or Valkey.

use super::common::{
    BuildSpec, Config, Credentials, Disk, Lint, NodeSpec, ObserverSpec, Purpose, Survives, TlsSpec,
};
use super::service::ServiceSpec;
use crate::catalog::VersionRange;
use crate::source::At;
use crate::spec::decode::{Decode, Decoder, choice, record, wrong_type};
use crate::spec::on_hosts::{DataDir, HostPath};
use crate::spec::raw::{Node, Raw};
use crate::spec::scalars::{OneOrMany, Port, SecretRef, Size};
use crate::spec::shape::{Describe, Form, Scalar, Shape};

record! {
    /// Servers of one engine and version that belong together.
    "a deployment"
    pub struct RedisSpec {
        /// The version: a minor (`"7.2"`, any patch of it) or a patch (`"7.2.6"`).
        version: required VersionRange,
        /// How its nodes relate.
        topology: required TopologyKind,
        /// The port of its nodes (6379 if absent); several on one host count upwards from it.
        port: optional Port,
        /// The hosts of a standalone or cluster deployment, names under `hosts`. One may stand here several times.
        hosts: optional Vec<At<String>>,
        /// The host that leads on the first day, in a replicated or sentinel deployment; afterwards the servers decide.
        initial_primary: optional String,
        /// The replicas' hosts, or in a cluster the number of replicas of each shard (0 if absent).
        replicas: optional Replicas,
        /// The number of shards of a cluster.
        #[validate(range(min = 1, max = 1000, message = "1 to 1000 shards"))]
        shards: optional i64,
        /// The sentinels that watch it, in a sentinel deployment.
        sentinel: optional SentinelUse,
        /// Whom replicas log in as at their primary. The rights follow from it.
        replication: optional Credentials,
        /// Whom `drift` logs in as. The rights follow from it.
        observer: optional ObserverSpec,
        /// Certificates, and who must speak TLS.
        tls: optional TlsSpec,
        /// What the servers were compiled with, where it is not the usual.
        build: optional BuildSpec,
        /// The folder for data on the host (`/var/lib/ENGINE/NAME-PORT` if absent). Nodes whose names end in their
        /// port get a folder of their own in it.
        data_dir: optional DataDir,
        /// The folder on the host that rendered files are installed below, one folder for each node
        /// (`/etc/cachewright/NAME` if absent).
        install_dir: optional HostPath,
        /// As whom and by which program they are run.
        service: optional ServiceSpec,
        /// What it must go on through; `check` proves it (nothing is proven if absent).
        survives: optional Survives,
        /// What its data are for.
        purpose: optional Purpose,
        /// Bytes that clients write per second: a number, or a text such as `"5mb"`.
        write_rate: optional Size,
        /// What the data folder stands on.
        disk: optional Disk,
        /// Profiles whose settings it takes, names under `profiles`, later ones over earlier ones.
        profiles: optional Vec<At<String>>,
        /// Settings in the server's own words.
        config: optional Config,
    }
    maps {
        /// What is different on single nodes, by the node's name.
        nodes: NodeSpec,
        /// ACL users, by name. As soon as one is declared, the default user is off unless it is declared too.
        users: UserSpec,
        /// Where each node of a cluster is pinned, by the node's name; `place --write` makes it.
        pins: PinSpec,
        /// Lint levels for this deployment, by the name of the rule; they go before the spec's.
        lints: Lint,
    }
}

choice! {
    /// How the nodes of a deployment relate.
    "a topology"
    pub enum TopologyKind {
        /// Independent servers.
        Standalone = "standalone",
        /// A primary and replicas; failover by hand.
        Replicated = "replicated",
        /// A primary and replicas; Sentinel fails over.
        Sentinel = "sentinel",
        /// Shards of a Cluster.
        Cluster = "cluster",
    }
}

/// What `replicas` says: hosts, or a number per shard.
#[derive(Debug, Clone, PartialEq)]
pub enum Replicas {
    /// The replicas' hosts.
    Hosts(Vec<At<String>>),
    /// Replicas of each shard.
    PerShard(u16),
}

/// Replicas of one shard, at most.
const MOST_REPLICAS: u16 = 100;

impl Describe for Replicas {
    fn shape() -> Shape {
        const PER_SHARD: &Scalar = &Scalar {
            name: "number of replicas",
            doc: "The number of replicas of each shard.",
            forms: &[Form::Integer(0, MOST_REPLICAS as i64)],
        };
        Shape::Either(vec![Vec::<At<String>>::shape(), Shape::Scalar(PER_SHARD)])
    }
}

impl Decode for Replicas {
    const WANTS: &'static str = "a list of hosts, or in a cluster a number per shard";

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        match &node.value {
            Raw::List(_) => Vec::decode(node, decoder).map(Replicas::Hosts),
            Raw::Integer(number) => match u16::try_from(*number) {
                Ok(number) if number <= MOST_REPLICAS => Some(Replicas::PerShard(number)),
                _ => {
                    let title = format!("{number} replicas of each shard");
                    let help = format!("write 0 to {MOST_REPLICAS}");
                    crate::spec::decode::invalid(node.span, title, &help, decoder)
                }
            },
            _ => wrong_type(node, Self::WANTS, decoder),
        }
    }
}

record! {
    /// Which sentinels watch a deployment. Sentinel's own settings for it (`down-after-milliseconds` and so on)
    /// stand beside these keys.
    "a deployment's sentinel table"
    pub struct WatchSpec {
        /// The set of sentinels, a name under `sentinels`.
        set: required String,
        /// How many sentinels must agree that the primary is down.
        quorum: required i64,
        /// The name that Sentinel and its clients know the deployment by (its own name if absent).
        master_name: optional String,
    }
}

/// Which sentinels watch a deployment, and with which settings of Sentinel's own.
#[derive(Debug, Clone, PartialEq)]
pub struct SentinelUse {
    /// The set of sentinels.
    pub set: Option<At<String>>,
    /// How many sentinels must agree that the primary is down.
    pub quorum: Option<At<i64>>,
    /// The name that Sentinel and its clients know the deployment by.
    pub master_name: Option<At<String>>,
    /// Sentinel's own settings for it (`down-after-milliseconds` and so on).
    pub settings: Config,
}

impl Describe for SentinelUse {
    fn shape() -> Shape {
        Shape::WithSentinelSettings(WatchSpec::RECORD)
    }
}

impl Decode for SentinelUse {
    const WANTS: &'static str = "a table, `{ set = \"main\", quorum = 2 }`";

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let Raw::Table(table) = &node.value else { return wrong_type(node, Self::WANTS, decoder) };
        let own = || WatchSpec::RECORD.fields.iter().map(|field| field.key);
        let is_key = |name: &str| own().any(|key| key == name);
        // Sentinel's own settings may stand here as well: only what is close to a key that is missing is
        // taken for a misspelling of it.
        let is_own = |name: &str| {
            let near = crate::spec::nearest(name, own());
            is_key(name) || near.is_some_and(|near| table.get(near).is_none())
        };
        let split = |own: bool| {
            let mut part = table.clone();
            part.entries.retain(|key, _| is_own(key) == own);
            part.unset.retain(|unset| is_key(&unset.name.value) == own);
            Node { value: Raw::Table(part), span: node.span }
        };
        let WatchSpec { set, quorum, master_name } = WatchSpec::decode(&split(true), decoder)?;
        Some(SentinelUse { set, quorum, master_name, settings: Config::decode(&split(false), decoder)? })
    }
}

record! {
    /// An ACL user.
    "a user"
    pub struct UserSpec {
        /// Its passwords, one or a list: two while one is being rotated.
        passwords: optional OneOrMany<SecretRef>,
        /// What it may do, as ACL rules: one text with blanks between them, or a list.
        rules: optional OneOrMany<String>,
        /// Whether it can log in (true if absent).
        enabled: optional bool,
    }
}

record! {
    /// Where a node of a cluster is pinned.
    "a pin"
    pub struct PinSpec {
        /// The host, a name under `hosts`.
        host: required String,
        /// The port.
        port: required Port,
        /// The shard, counted from 1.
        #[validate(range(min = 1, max = 1000, message = "a shard, counted from 1"))]
        shard: required i64,
        /// The role on the first day; afterwards the servers decide.
        role: required PinRole,
        /// The slots of the shard, such as `"0-5460"`; on the node that leads on the first day.
        slots: optional String,
    }
}

choice! {
    /// The role of a node on the first day.
    "a role"
    pub enum PinRole {
        /// It leads.
        Primary = "primary",
        /// It follows.
        Replica = "replica",
    }
}
