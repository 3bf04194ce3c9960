//! What each of our templates makes, and what it sees.

use crate::emit::data::Record;
use crate::emit::{cluster_script, memcached, replicas_script, sentinel_conf, server_conf};

/// What there is to say about a template.
#[derive(Debug, Clone, Copy)]
pub(in crate::emit) struct About {
    /// Its name.
    pub(in crate::emit) name: &'static str,
    /// What it makes.
    pub(in crate::emit) makes: &'static str,
    /// What it sees, and the records within; empty where another template brings it in, whose data it sees.
    pub(in crate::emit) data: &'static [Record],
    /// Whether what a replacement makes is read back.
    pub(in crate::emit) read_back: bool,
}

/// Every template of ours, by name.
pub(in crate::emit) const ABOUT: &[About] = &[
    About {
        name: "bootstrap-ask.sh.j2",
        makes: "the part of both bootstrap scripts that asks servers",
        data: &[],
        read_back: false,
    },
    About {
        name: "bootstrap-cluster.sh.j2",
        makes: "bootstrap.sh of a cluster",
        data: &[cluster_script::ClusterScript::RECORD],
        read_back: false,
    },
    About {
        name: "bootstrap-replicas.sh.j2",
        makes: "bootstrap.sh of a primary with replicas",
        data: &[replicas_script::ReplicasScript::RECORD],
        read_back: false,
    },
    About {
        name: "memcached.conf.j2",
        makes: "memcached.conf of a node, as Debian's unit reads it",
        data: &[memcached::MemcachedConf::RECORD],
        read_back: true,
    },
    About {
        name: "redis.conf.j2",
        makes: "redis.conf or valkey.conf of a node",
        data: &[server_conf::ServerConf::RECORD],
        read_back: true,
    },
    About {
        name: "sentinel.conf.j2",
        makes: "sentinel.conf of a sentinel",
        data: &[sentinel_conf::SentinelConf::RECORD, sentinel_conf::Watched::RECORD],
        read_back: true,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::templates::BUILT_IN;

    #[test]
    fn every_template_is_described() {
        let mut names: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        assert_eq!(ABOUT.iter().map(|about| about.name).collect::<Vec<_>>(), names);
    }
}
