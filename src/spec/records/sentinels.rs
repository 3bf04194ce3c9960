//! A set of sentinels, shared by the deployments that it watches.

use super::common::{BuildSpec, Config, Credentials, Lint, NodeSpec, ObserverSpec, TlsSpec};
use super::service::ServiceSpec;
use crate::catalog::VersionRange;
use crate::source::At;
use crate::spec::decode::{choice, record};
use crate::spec::on_hosts::{DataDir, HostPath};
use crate::spec::scalars::Port;

record! {
    /// Sentinels that watch deployments together.
    "a set of sentinels"
    pub struct SentinelsSpec {
        /// The product that they are (`redis` if absent).
        engine: optional SentinelEngine,
        /// The version: a minor (`"7.2"`) or a patch (`"7.2.6"`).
        version: required VersionRange,
        /// Their hosts, names under `hosts`. One may stand here several times.
        hosts: required Vec<At<String>>,
        /// The port (26379 if absent); several on one host count upwards from it.
        port: optional Port,
        /// Whom they log in as, at the servers that they watch. The rights follow from it.
        auth: optional Credentials,
        /// Whom `drift` logs in as at them (6.2 and later). The rights follow from it.
        observer: optional ObserverSpec,
        /// Certificates, and who must speak TLS.
        tls: optional TlsSpec,
        /// What they were compiled with, where it is not the usual.
        build: optional BuildSpec,
        /// The folder they keep their file in (`/var/lib/ENGINE/sentinel-NAME-PORT` if absent). Nodes whose names end
        /// in their port get a folder of their own in it.
        data_dir: optional DataDir,
        /// The folder on the host that rendered files are installed below, one folder for each node
        /// (`/etc/cachewright/sentinels-NAME` if absent).
        install_dir: optional HostPath,
        /// As whom and by which program they are run.
        service: optional ServiceSpec,
        /// Settings of sentinel.conf for the whole sentinel, in its own words.
        config: optional Config,
    }
    maps {
        /// What is different on single nodes, by the node's name.
        nodes: NodeSpec,
        /// Lint levels for this set, by the name of the rule; they go before the spec's.
        lints: Lint,
    }
}

choice! {
    /// The products that sentinels come with.
    "an engine with sentinels"
    pub enum SentinelEngine {
        /// Redis.
        Redis = "redis",
        /// Valkey.
        Valkey = "valkey",
    }
}
