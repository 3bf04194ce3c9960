//! A deployment of Redis or Valkey.

use super::common::{BuildSpec, Config, Credentials, Disk, LintSpec, NodeSpec, Purpose, Survives, TlsSpec};
use super::service::ServiceSpec;
use crate::catalog::VersionRange;
use crate::source::At;
use crate::spec::decode::{Decode, Decoder, choice, record, wrong_type};
use crate::spec::raw::{Node, Raw};
use crate::spec::scalars::{OneOrMany, Port, SecretRef, Size};

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
        /// The hosts of a standalone or cluster deployment. A host may stand here several times.
        hosts: optional Vec<At<String>>,
        /// The host that leads on the first day; afterwards the servers decide.
        initial_primary: optional String,
        /// The replicas' hosts, or in a cluster the number of replicas of each shard.
        replicas: optional Replicas,
        /// The number of shards of a cluster.
        #[validate(range(min = 1, max = 1000, message = "1 to 1000 shards"))]
        shards: optional i64,
        /// The sentinels that watch it.
        sentinel: optional SentinelUse,
        /// Whom replicas log in as at their primary. The rights follow from it.
        replication: optional Credentials,
        /// Certificates, and who must speak TLS.
        tls: optional TlsSpec,
        /// What the servers were compiled with, where it is not the usual.
        build: optional BuildSpec,
        /// The folder for data on the host. Nodes whose names end in their port get a folder of their own in it.
        data_dir: optional String,
        /// The folder on the host that rendered files are installed below, one folder for each node
        /// (`/etc/cachewright/NAME` if absent).
        #[validate(custom(function = "super::service::path", message = "an absolute path without `..`, of letters, digits and `-_.+@:/`"))]
        install_dir: optional String,
        /// As whom and by which program they are run.
        service: optional ServiceSpec,
        /// What it must go on through.
        survives: optional Survives,
        /// What its data are for.
        purpose: optional Purpose,
        /// Bytes written by clients per second.
        write_rate: optional Size,
        /// What the data folder stands on.
        disk: optional Disk,
        /// Profiles whose settings it takes, later ones over earlier ones.
        profiles: optional Vec<At<String>>,
        /// Settings in the server's own words.
        config: optional Config,
    }
    maps {
        /// What is different on single nodes.
        nodes: NodeSpec,
        /// ACL users.
        users: UserSpec,
        /// Where each node of a cluster is pinned; `place --write` makes it.
        pins: PinSpec,
        /// Lint levels for this deployment.
        lints: LintSpec,
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

impl Decode for Replicas {
    const WANTS: &'static str = "a list of hosts, or in a cluster a number per shard";

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        match &node.value {
            Raw::List(_) => Vec::decode(node, decoder).map(Replicas::Hosts),
            Raw::Integer(number) => match u16::try_from(*number) {
                Ok(number) if number <= 100 => Some(Replicas::PerShard(number)),
                _ => {
                    let title = format!("{number} replicas of each shard");
                    crate::spec::decode::invalid(node.span, title, "write 0 to 100", decoder)
                }
            },
            _ => wrong_type(node, Self::WANTS, decoder),
        }
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

impl Decode for SentinelUse {
    const WANTS: &'static str = "a table, `{ set = \"main\", quorum = 2 }`";

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        use crate::spec::decode::Fields;

        const OWN: &[&str] = &["set", "quorum", "master-name"];
        let Raw::Table(table) = &node.value else { return wrong_type(node, Self::WANTS, decoder) };
        // Sentinel's own settings may stand here as well: only what is close to a key that is missing is
        // taken for a misspelling of it.
        let is_own = |key: &str| {
            let near = crate::spec::nearest(key, OWN.iter().copied());
            OWN.contains(&key) || near.is_some_and(|near| table.get(near).is_none())
        };
        let split = |own: bool| {
            let mut part = table.clone();
            part.entries.retain(|key, _| is_own(key) == own);
            part.unset.retain(|unset| OWN.contains(&unset.name.value.as_str()) == own);
            Node { value: Raw::Table(part), span: node.span }
        };
        let own = split(true);
        let mut fields = Fields::open(&own, "a deployment's sentinel table", OWN, decoder)?;
        let (set, quorum) = (fields.required("set", decoder), fields.required("quorum", decoder));
        let master_name = fields.optional("master-name", decoder);
        fields.report_missing(decoder);
        Some(SentinelUse { set, quorum, master_name, settings: Config::decode(&split(false), decoder)? })
    }
}

record! {
    /// An ACL user.
    "a user"
    pub struct UserSpec {
        /// Its passwords: two while one is being rotated.
        passwords: optional OneOrMany<SecretRef>,
        /// What it may do, as ACL rules.
        rules: optional OneOrMany<String>,
        /// Whether it can log in (yes if absent).
        enabled: optional bool,
    }
}

record! {
    /// Where a node of a cluster is pinned.
    "a pin"
    pub struct PinSpec {
        /// The host.
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
