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
    /// TLS is used (a port, replication or the cluster bus) without a certificate and its key.
    TlsWithoutCertificate,
    /// TLS is used, clients must show a certificate or the server checks those of its primary and of other
    /// nodes, and there is no authority to check it with.
    TlsWithoutAuthority,
    /// `port` and `tls-port` are the same.
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

/// The highest port whose bus port exists (CLUSTER_PORT_INCR is 10000).
const HIGHEST_PORT_WITH_BUS: u16 = 55_535;

/// Says which combinations of a file's values stop a server of the target, in the order of [`FileProblem`].
///
/// Unreadable certificates, occupied ports and missing folders are the machine's business. Sources: the ends
/// of loadServerConfigFromString (config.c), initServer (server.c), clusterInit (cluster.c) and ACLLoadUsersAtStartup
/// (acl.c) from 6.0.16 to 7.4.1 and Valkey 8.0.1.
pub fn file_rules(settings: &FileSettings, target: &Target) -> Vec<FileProblem> {
    let cluster = settings.is_on("cluster-enabled");
    let follows = matches!(settings.values.get("replicaof"), Some(Value::Primary(Some(_))));
    let mut problems = Vec::new();
    let mut check = |holds: bool, problem| {
        if holds {
            problems.push(problem);
        }
    };
    check(cluster && follows, FileProblem::ReplicaofInCluster);
    check(settings.has_user_lines && settings.is_set("aclfile"), FileProblem::UsersAndAclFile);
    let tls = settings.uses_tls();
    let certificate = settings.is_set("tls-cert-file") && settings.is_set("tls-key-file");
    check(tls && !certificate, FileProblem::TlsWithoutCertificate);
    let authority = settings.is_set("tls-ca-cert-file") || settings.is_set("tls-ca-cert-dir");
    check(
        tls && certificate && !authority && settings.checks_certificates(),
        FileProblem::TlsWithoutAuthority,
    );
    let (port, tls_port) = (settings.port("port", 6379), settings.port("tls-port", 0));
    check(port != 0 && port == tls_port, FileProblem::SamePortTwice { port });
    check(
        cluster && settings.bus_is_out_of_room(port, tls_port, target),
        settings.bus_problem(port, tls_port),
    );
    let no_address = has_no_address(settings, target);
    let no_port = port == 0 && tls_port == 0;
    check((no_port || no_address) && !settings.is_set("unixsocket"), FileProblem::ListensNowhere);
    check(cluster && no_address, FileProblem::ClusterWithoutAddress);
    problems
}

/// Whether the file says explicitly to listen on no address, which Redis 6 cannot be told.
fn has_no_address(settings: &FileSettings, target: &Target) -> bool {
    let none =
        matches!(settings.values.get("bind"), Some(Value::Addresses(addresses)) if addresses.is_empty());
    none && target.versions.last >= Version::new(7, 0, 0)
}

impl FileSettings {
    /// Whether a switch is on; all switches asked for here are off by default.
    fn is_on(&self, name: &str) -> bool {
        self.values.get(name) == Some(&Value::Bool(true))
    }

    /// Whether a text is set.
    fn is_set(&self, name: &str) -> bool {
        matches!(self.values.get(name), Some(Value::Text(text)) if !text.is_empty())
    }

    /// The number of a port.
    fn port(&self, name: &str, default: u16) -> u16 {
        match self.values.get(name) {
            Some(Value::Integer(port)) => u16::try_from(*port).unwrap_or(default),
            _ => default,
        }
    }

    /// Whether the server sets up TLS when it starts.
    fn uses_tls(&self) -> bool {
        self.port("tls-port", 0) != 0 || self.is_on("tls-replication") || self.is_on("tls-cluster")
    }

    /// Whether certificates of others are checked: those of clients (`yes` is the default), of the primary
    /// or of other nodes of a cluster (tlsConfigure in tls.c, all versions).
    fn checks_certificates(&self) -> bool {
        let clients = self.values.get("tls-auth-clients") != Some(&Value::Word("no"));
        clients || self.is_on("tls-replication") || self.is_on("tls-cluster")
    }

    /// The port whose sum with 10000 is the bus': the TLS one where the bus speaks TLS.
    fn client_port(&self, port: u16, tls_port: u16) -> u16 {
        if self.is_on("tls-cluster") || port == 0 { tls_port } else { port }
    }

    /// Whether the bus of a cluster's node has no port. 7.0 and later can name one (`cluster-port`).
    fn bus_is_out_of_room(&self, port: u16, tls_port: u16, target: &Target) -> bool {
        let named = target.versions.first >= Version::new(7, 0, 0) && self.port("cluster-port", 0) != 0;
        !named && self.client_port(port, tls_port) > HIGHEST_PORT_WITH_BUS
    }

    /// The finding for such a node.
    fn bus_problem(&self, port: u16, tls_port: u16) -> FileProblem {
        FileProblem::ClusterBusPort { port: self.client_port(port, tls_port), max: HIGHEST_PORT_WITH_BUS }
    }
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
