//! What decides whether a whole file starts a server: combinations of directives that the servers' own
//! start-up refuses, and values that another directive changes.

use std::collections::BTreeMap;

use crate::catalog::{Engine, Target, Version};

use super::value::Value;

/// The values in effect of one server's file, by the canonical name of the directive. What is absent has its
/// default.
#[derive(Debug, Clone, Default)]
pub struct FileSettings {
    /// Directives with one value.
    pub values: BTreeMap<&'static str, Value>,
    /// The file has at least one `user` line.
    pub has_user_lines: bool,
}

/// A combination that stops a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileProblem {
    /// `replicaof` with `cluster-enabled yes`: the cluster decides who follows whom.
    ReplicaofInCluster,
    /// `user` lines together with an `aclfile`.
    UsersAndAclFile,
    /// TLS is used (a port, replication or the cluster bus), and the build has none.
    TlsNotBuilt,
    /// TLS is used without a certificate and its key.
    TlsWithoutCertificate,
    /// TLS is used, others must show a certificate, and there is no authority to check it with.
    TlsWithoutAuthority,
    /// Two of `port`, `tls-port` and the port of the cluster's bus are the same.
    SamePortTwice {
        /// The port.
        port: u16,
    },
    /// The bus of the cluster would listen on the port plus 10000, which does not exist.
    ClusterBusPort {
        /// The port of the clients.
        port: u16,
        /// The highest port of the clients that leaves room.
        max: u16,
    },
    /// No port, no TLS port and no Unix socket, or no address to listen on.
    ListensNowhere,
    /// A node of a cluster without an address to listen on.
    ClusterWithoutAddress,
}

/// The directives that these rules ask for.
const ASKED: [&str; 15] = [
    "aclfile",
    "bind",
    "cluster-enabled",
    "cluster-port",
    "port",
    "replicaof",
    "tls-auth-clients",
    "tls-ca-cert-dir",
    "tls-ca-cert-file",
    "tls-cert-file",
    "tls-cluster",
    "tls-key-file",
    "tls-port",
    "tls-replication",
    "unixsocket",
];

/// Whether [`file_rules`] ask for a directive. What they do not ask for may be left out of [`FileSettings`].
pub fn asked_by_file_rules(name: &str) -> bool {
    ASKED.contains(&name)
}

/// What [`file_rules`] ask of a server's file.
pub trait FileValues {
    /// The value that the file gives a directive, by its canonical name; none where it gives none.
    fn value(&self, name: &'static str) -> Option<&Value>;

    /// Whether the file has at least one `user` line.
    fn has_user_lines(&self) -> bool;

    /// Whether a switch is on; all switches asked for here are off by default.
    fn is_on(&self, name: &'static str) -> bool {
        self.value(name) == Some(&Value::Bool(true))
    }

    /// Whether a text is set.
    fn is_set(&self, name: &'static str) -> bool {
        matches!(self.value(name), Some(Value::Text(text)) if !text.is_empty())
    }

    /// The number of a port.
    fn port(&self, name: &'static str, default: u16) -> u16 {
        match self.value(name) {
            Some(Value::Integer(port)) => u16::try_from(*port).unwrap_or(default),
            _ => default,
        }
    }
}

impl FileValues for FileSettings {
    fn value(&self, name: &'static str) -> Option<&Value> {
        debug_assert!(asked_by_file_rules(name), "{name}");
        self.values.get(name)
    }

    fn has_user_lines(&self) -> bool {
        self.has_user_lines
    }
}

/// How far above the clients' port the bus of a cluster listens (`CLUSTER_PORT_INCR`).
const BUS_OFFSET: u16 = 10_000;

/// Says which combinations of a file's values stop a server of the target, in the order of [`FileProblem`].
///
/// Unreadable certificates, occupied ports and missing folders are the machine's business. Sources: the ends
/// of loadServerConfigFromString (config.c) and `ACLLoadUsersAtStartup` (acl.c), initServer (server.c), tlsConfigure
/// (tls.c) and clusterInit (cluster.c), from 6.0.16 to 7.4.1 and Valkey 8.0.1.
pub fn file_rules(settings: &impl FileValues, target: &Target) -> Vec<FileProblem> {
    let mut problems = Vec::new();
    let cluster = settings.is_on("cluster-enabled");
    if cluster && matches!(settings.value("replicaof"), Some(Value::Primary(Some(_)))) {
        problems.push(FileProblem::ReplicaofInCluster);
    }
    if settings.has_user_lines() && settings.is_set("aclfile") {
        problems.push(FileProblem::UsersAndAclFile);
    }
    problems.extend(tls_problem(settings, target));
    problems.extend(port_problems(settings, cluster, target));
    let no_address = has_no_address(settings, target);
    let no_port = settings.port("port", 6379) == 0 && settings.port("tls-port", 0) == 0;
    if (no_port || no_address) && !settings.is_set("unixsocket") {
        problems.push(FileProblem::ListensNowhere);
    }
    if cluster && no_address {
        problems.push(FileProblem::ClusterWithoutAddress);
    }
    problems
}

/// What TLS lacks: the first of what the server looks for. [`file_rules`] say it too.
pub fn tls_problem(settings: &impl FileValues, target: &Target) -> Option<FileProblem> {
    let peers = settings.is_on("tls-replication") || settings.is_on("tls-cluster");
    if !peers && settings.port("tls-port", 0) == 0 {
        return None;
    }
    let checks_clients = settings.value("tls-auth-clients") != Some(&Value::Word("no"));
    let authority = settings.is_set("tls-ca-cert-file") || settings.is_set("tls-ca-cert-dir");
    if !target.build.tls {
        Some(FileProblem::TlsNotBuilt)
    } else if !settings.is_set("tls-cert-file") || !settings.is_set("tls-key-file") {
        Some(FileProblem::TlsWithoutCertificate)
    } else {
        ((checks_clients || peers) && !authority).then_some(FileProblem::TlsWithoutAuthority)
    }
}

/// Ports that do not exist or are asked for twice.
fn port_problems(settings: &impl FileValues, cluster: bool, target: &Target) -> Vec<FileProblem> {
    let (port, tls_port) = (settings.port("port", 6379), settings.port("tls-port", 0));
    let mut bus = 0;
    let mut problems = Vec::new();
    if cluster {
        let clients = if settings.is_on("tls-cluster") { tls_port } else { port };
        // Redis 6 does not know `cluster-port`, later versions can name the bus' port.
        let named = settings.port("cluster-port", 0);
        match clients.checked_add(BUS_OFFSET) {
            _ if named != 0 && target.versions.first >= Version::new(7, 0, 0) => bus = named,
            Some(above) => bus = above,
            None => {
                problems.push(FileProblem::ClusterBusPort { port: clients, max: u16::MAX - BUS_OFFSET });
            }
        }
    }
    let mut ports = [port, tls_port, bus];
    ports.sort_unstable();
    let twice = ports.windows(2).find(|pair| pair[0] == pair[1] && pair[0] != 0).map(|pair| pair[0]);
    problems.extend(twice.map(|port| FileProblem::SamePortTwice { port }));
    problems.sort_unstable();
    problems
}

/// Whether the file says explicitly to listen on no address, which Redis 6 cannot be told.
fn has_no_address(settings: &impl FileValues, target: &Target) -> bool {
    let none = matches!(settings.value("bind"), Some(Value::Addresses(addresses)) if addresses.is_empty());
    none && target.versions.last >= Version::new(7, 0, 0)
}

/// The value that a server of a cluster shows in place of a directive's own: `databases` is forced to 1 by Redis
/// from 7.2 on and by Valkey before 9.0 (config.c; 8.1 measured, 9.1 keeps the value).
pub fn runtime_value(name: &str, value: &Value, in_cluster: bool, target: &Target) -> Value {
    let version = target.versions.last;
    let forced = match target.engine {
        Engine::Redis => version >= Version::new(7, 2, 0),
        Engine::Valkey => version < Version::new(9, 0, 0),
        Engine::Memcached => false,
    };
    if in_cluster && forced && name == "databases" { Value::Integer(1) } else { value.clone() }
}
