//! The rule `contradictory-settings`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::file_problems;
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Model, Node};
use crate::value::FileProblem;

/// Settings that contradict each other so that the server does not start.
pub(super) static RULE: Rule = Rule {
    code: Code::ContradictorySettings,
    group: RuleGroup::Settings,
    about: "Settings that contradict each other so that the server does not start",
    why: "Each of the settings is fine by itself, and together they stop the server, some while it reads its file and
some later: users both as `user` lines and in an ACL file; a server without any port, TLS port or Unix socket
to listen on; a cluster node whose bus, 10000 above its port, would be beyond 65535; `replicaof` in a cluster.

Take away one of the two. Users are best declared under `users`, from which the ACL file follows.",
    source: "the ends of loadServerConfigFromString (config.c), initServer (server.c), clusterInit (cluster.c) and ACLLoadUsersAtStartup (acl.c), Redis 6.0.16 to 7.4.1 and Valkey 8.0.1",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]

[redis.sessions.config]
aclfile = "/etc/redis/users.acl"
user = "metrics off -@all +ping"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]

[redis.sessions.config]
user = "metrics off -@all +ping"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for servers in Servers::all(model) {
        for (problem, node) in file_problems(servers) {
            // A TLS table for such a build is told by `incomplete-tls`.
            if problem == FileProblem::TlsNotBuilt && servers.tls_spec.is_some() {
                continue;
            }
            if let Some(problem) = told(problem)
                && !servers.is_poisoned(problem.names)
            {
                findings.push(finding(&servers, node, &problem));
            }
        }
    }
}

/// A contradiction in words.
struct Told {
    /// The directives that it is made of, the one to blame first.
    names: &'static [&'static str],
    what: String,
    help: String,
    /// What the server says.
    quote: &'static str,
}

/// None where another rule speaks of it.
fn told(problem: FileProblem) -> Option<Told> {
    let told = |names, what: &str, help: &str, quote| {
        Some(Told { names, what: what.to_owned(), help: help.to_owned(), quote })
    };
    match problem {
        FileProblem::TlsWithoutCertificate
        | FileProblem::TlsWithoutAuthority
        | FileProblem::SamePortTwice { .. } => None,
        FileProblem::TlsNotBuilt => told(
            &["tls-port", "tls-replication", "tls-cluster"],
            "uses TLS, which its build lacks",
            "declare a build with TLS (`build = { tls = true }`), or remove the directive",
            "Failed finding TLS support.",
        ),
        FileProblem::ReplicaofInCluster => told(
            &["replicaof", "cluster-enabled"],
            "follows a primary by `replicaof` and is a node of a cluster",
            "remove `replicaof`: in a cluster the shards say who follows whom",
            "replicaof directive not allowed in cluster mode",
        ),
        FileProblem::UsersAndAclFile => told(
            &["user", "aclfile"],
            "has users both in its configuration and in an ACL file",
            "declare them under `users`, from which the ACL file follows",
            "Configuring Redis with users defined in redis.conf and at the same setting an ACL file path is invalid",
        ),
        FileProblem::ClusterBusPort { port, max } => Some(Told {
            names: &["port", "tls-port", "cluster-port"],
            what: format!("is a cluster node on port {port}, which leaves no port for its bus 10000 above"),
            help: format!(
                "choose a port up to {max}, or name the bus' own with `cluster-port` (7.0 and later)"
            ),
            quote: "Redis port number too high.",
        }),
        FileProblem::ListensNowhere => told(
            &["port", "tls-port", "bind", "unixsocket"],
            "listens nowhere: it has no port, no TLS port and no Unix socket, or no address",
            "give it a port and an address, or a `unixsocket`",
            "Configured to not listen anywhere, exiting.",
        ),
        FileProblem::ClusterWithoutAddress => told(
            &["bind", "cluster-enabled"],
            "is a cluster node without an address to listen on",
            "remove `bind`, which follows from the host's address",
            "No bind address is configured, but it is required for the Cluster bus.",
        ),
    }
}

fn finding(servers: &Servers<'_>, node: &Node, problem: &Told) -> Finding {
    let mut places = problem.names.iter().filter_map(|name| {
        let setting = node.own.get(name).or_else(|| servers.shared.get(name))?;
        Some((*name, setting.origin.span()?))
    });
    let title = format!("{servers} {}", problem.what);
    let (first, place) = places.next().unwrap_or(("", node.span));
    let mut finding = Finding::new(Code::ContradictorySettings, place, title).help(&problem.help);
    for (name, span) in places.filter(|(_, span)| *span != place) {
        finding = finding.related(span, format!("`{name}` comes from here"));
    }
    if !first.is_empty() && !finding.related.is_empty() {
        finding = finding.label(format!("`{first}` comes from here"));
    }
    finding = finding.note(format!("the server does not start: \"{}\"", problem.quote));
    finding.of(servers.name)
}
