//! What each of our templates makes, and what it sees.

use crate::emit::data::Record;
use crate::emit::{
    cluster_script, folders, memcached, memcached_unit, replicas_script, sentinel_conf, server_conf,
    start_script, start_secrets, sysconfig, sysctl, unit,
};

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
        name: "hardening.service.j2",
        makes: "the part of both units that says what a service may not do",
        data: &[],
        read_back: false,
    },
    About {
        name: "memcached.conf.j2",
        makes: "memcached.conf of a node, as Debian's unit reads it",
        data: &[memcached::MemcachedConf::RECORD],
        read_back: true,
    },
    About {
        name: "memcached.service.j2",
        makes: "the unit of a memcached",
        data: &[memcached_unit::MemcachedUnit::RECORD, folders::Folders::RECORD, unit::Rights::RECORD],
        read_back: false,
    },
    About {
        name: "memcached.sysconfig.j2",
        makes: "memcached.sysconfig of a node, as Fedora's and Red Hat's unit reads it",
        data: &[sysconfig::Sysconfig::RECORD],
        read_back: false,
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
    About {
        name: "server.service.j2",
        makes: "the unit of a server or sentinel of Redis or Valkey",
        data: &[unit::ServerUnit::RECORD, folders::Folders::RECORD, unit::Rights::RECORD],
        read_back: false,
    },
    About {
        name: "start-secrets.sh.j2",
        makes: "the part of start.sh that gathers secrets",
        data: &[],
        read_back: false,
    },
    About {
        name: "start-sentinel.sh.j2",
        makes: "the part of start.sh that makes the working file of a sentinel",
        data: &[],
        read_back: false,
    },
    About {
        name: "start-server.sh.j2",
        makes: "the part of start.sh that makes the working files of a server",
        data: &[],
        read_back: false,
    },
    About {
        name: "start-users.sh.j2",
        makes: "the part of start.sh that makes the file of users",
        data: &[],
        read_back: false,
    },
    About {
        name: "start.sh.j2",
        makes: "start.sh of a server or sentinel",
        data: &[start_script::StartScript::RECORD, start_secrets::StartSecrets::RECORD],
        read_back: false,
    },
    About {
        name: "sysctl.conf.j2",
        makes: "sysctl.conf of a node: what the servers of its machine want of the kernel",
        data: &[sysctl::Sysctl::RECORD],
        read_back: false,
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
