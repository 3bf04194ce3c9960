//! A deployment of memcached.

use super::common::{BuildSpec, Config, Lint, NodeSpec, Purpose};
use super::service::ServiceSpec;
use crate::catalog::VersionRange;
use crate::source::At;
use crate::spec::decode::record;
use crate::spec::on_hosts::HostPath;
use crate::spec::scalars::Port;

record! {
    /// Memcached servers with the same settings.
    "a memcached deployment"
    pub struct MemcachedSpec {
        /// The version, `"1.6"` or a patch such as `"1.6.18"`.
        version: required VersionRange,
        /// Its hosts, names under `hosts`. One may stand here several times.
        hosts: required Vec<At<String>>,
        /// The port of its nodes (11211 if absent); several on one host count upwards from it.
        port: optional Port,
        /// What the servers were compiled with, where it is not the usual.
        build: optional BuildSpec,
        /// The folder on the host that rendered files are installed below, one folder for each node
        /// (`/etc/cachewright/NAME` if absent).
        install_dir: optional HostPath,
        /// As whom and by which program they are run.
        service: optional ServiceSpec,
        /// What its data are for.
        purpose: optional Purpose,
        /// Profiles whose settings it takes, names under `profiles`, later ones over earlier ones.
        profiles: optional Vec<At<String>>,
        /// Options by memcached's own long names.
        config: optional Config,
    }
    maps {
        /// What is different on single nodes, by the node's name.
        nodes: NodeSpec,
        /// Lint levels for this deployment, by the name of the rule; they go before the spec's.
        lints: Lint,
    }
}
