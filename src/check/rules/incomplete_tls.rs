//! The rule `incomplete-tls`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::tls_problems;
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, SentinelSet, Tls, Topology, Watch};
use crate::source::Span;
use crate::spec::TlsSpec;
use crate::value::FileProblem;

/// TLS settings that do not make a whole.
pub(super) static RULE: Rule = Rule {
    code: Code::IncompleteTls,
    group: RuleGroup::Security,
    about: "TLS settings that do not make a whole",
    why: "TLS works when all of its parts are there, on both ends of each connection:

- a server that uses TLS in any way (a port, replication, the cluster bus) needs a certificate and its key,
  and stops at its start without them;
- it also needs an authority (`ca-cert-file` or `ca-cert-dir`) as soon as it checks client certificates,
  which is the default, or speaks TLS to its primary or to other nodes of a cluster;
- where no plain port is open, replication and the cluster bus have to speak TLS too: there is no other port
  that they could use;
- sentinels speak TLS to everything or to nothing, and replicas are known to them by the port that
  replication uses, so a set of sentinels and the deployments it watches have to agree;
- the servers must be built with TLS. Without it 6.x and 7.0 do not even know the directives.",
    source: "tls.c (tlsConfigure), server.c (initServer) of Redis 6.0.16 to 7.4.1; sentinel.c (instanceLinkNegotiateTLS); replication.c (listening-port)",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~session:* +@read +@write -@dangerous" }
tls = { cert-file = "/etc/redis/tls/cert.pem", key-file = "/etc/redis/tls/key.pem" }
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~session:* +@read +@write -@dangerous" }
tls = { cert-file = "/etc/redis/tls/cert.pem", key-file = "/etc/redis/tls/key.pem", ca-cert-file = "/etc/redis/tls/ca.pem" }
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for servers in Servers::all(model) {
        if let Some(finding) = without_build(&servers) {
            findings.push(finding);
            continue;
        }
        findings.append(missing_parts(&servers));
        if let Some(deployment) = servers.deployment {
            findings.append(closed_port(deployment));
            findings.append(disagreeing_nodes(&servers));
        }
    }
    for deployment in &model.deployments {
        let Topology::Sentinel { watch, .. } = &deployment.topology else { continue };
        let set = model.sentinels.iter().find(|set| set.name.value == watch.set.value);
        findings.append(set.and_then(|set| strangers(deployment, watch, set)).into_iter().collect());
    }
}

/// A TLS table for servers that were built without TLS.
fn without_build(servers: &Servers<'_>) -> Option<Finding> {
    let tls = servers.tls_spec.filter(|_| !servers.target.build.tls)?;
    let build = servers.build_tls.map_or(servers.name.span, |flag| flag.span);
    let title = format!("{servers} has a TLS table, and its build has no TLS");
    Some(
        Finding::new(Code::IncompleteTls, place_of(tls.span, &tls.value), title)
            .related(build, "the build is declared here")
            .help("remove the table, or run a build with TLS")
            .of(servers.name),
    )
}

/// The certificate of a TLS table: what a mark of the whole table would be too long for.
fn place_of(whole: Span, tls: &TlsSpec) -> Span {
    tls.cert_file.as_ref().map_or(whole, |file| file.span)
}

/// What the server itself misses when it starts.
fn missing_parts(servers: &Servers<'_>) -> Findings {
    const NAMES: [&str; 8] = [
        "tls-port",
        "tls-replication",
        "tls-cluster",
        "tls-auth-clients",
        "tls-cert-file",
        "tls-key-file",
        "tls-ca-cert-file",
        "tls-ca-cert-dir",
    ];
    let mut findings = Findings::default();
    if servers.is_poisoned(&NAMES) {
        return findings;
    }
    // A table without its certificate or key is reported as such.
    if servers.tls_spec.is_some_and(|tls| tls.cert_file.is_none() || tls.key_file.is_none()) {
        return findings;
    }
    for (problem, node) in tls_problems(*servers) {
        let used_by = NAMES[..3].iter().find(|name| servers.setting(node, name).is_some());
        let cause = used_by.map_or(node.span, |name| servers.place(node, name));
        let place = servers.tls_spec.map_or(cause, |tls| place_of(tls.span, &tls.value));
        let finding = match problem {
            FileProblem::TlsWithoutCertificate => {
                let title = format!("{servers} uses TLS without a certificate and its key");
                Finding::new(Code::IncompleteTls, cause, title)
                    .help(
                        "declare both in a table: `tls = { cert-file = …, key-file = …, ca-cert-file = … }`",
                    )
                    .note("the server does not start: \"No tls-cert-file configured!\"")
            }
            FileProblem::TlsWithoutAuthority => {
                let title = format!("{servers} checks certificates, and has no authority to check them with");
                Finding::new(Code::IncompleteTls, place, title)
                    .help("add `ca-cert-file` or `ca-cert-dir` to the table")
                    .note("client certificates are checked unless `auth-clients = \"no\"`; those of primaries and other nodes always are")
            }
            _ => continue,
        };
        findings.push(finding.of(servers.name));
    }
    findings
}

/// Replication or the bus in plain text although no plain port is open.
fn closed_port(deployment: &Deployment) -> Findings {
    let mut findings = Findings::default();
    let (Some(tls), Some(spec)) = (deployment.tls, &deployment.spec.tls) else { return findings };
    if tls.plain_too {
        return findings;
    }
    let has_replicas = deployment.nodes.len() > 1 && !matches!(deployment.topology, Topology::Standalone);
    let in_cluster = matches!(deployment.topology, Topology::Cluster { .. });
    let flags = [
        (spec.replication.filter(|flag| !flag.value && has_replicas), "replication", "replicas would"),
        (spec.cluster_bus.filter(|flag| !flag.value && in_cluster), "cluster-bus", "the nodes would"),
    ];
    for (flag, key, who) in flags {
        let Some(flag) = flag else { continue };
        let title =
            format!("`{key}` of `{}` is without TLS, and no port without TLS is open", deployment.name.value);
        findings.push(
            Finding::new(Code::IncompleteTls, flag.span, title)
                .help(format!(
                    "remove `{key} = false`, or add `port = …` to the table: a TLS port beside the plain one"
                ))
                .note(format!("{who} speak plain text to a TLS port"))
                .of(&deployment.name),
        );
    }
    findings
}

/// Nodes of one deployment that speak TLS to each other, and nodes that do not.
fn disagreeing_nodes(servers: &Servers<'_>) -> Findings {
    let mut findings = Findings::default();
    let switches = ["tls-replication", "tls-cluster"];
    for name in switches.into_iter().filter(|name| !servers.is_poisoned(&[name])) {
        let with = servers.nodes.iter().find(|node| servers.is_on(node, name));
        let without = servers.nodes.iter().find(|node| !servers.is_on(node, name));
        let (Some(with), Some(without)) = (with, without) else { continue };
        let title = format!("`{name}` is on for `{}` and off for `{}`", with.id, without.id);
        findings.push(
            Finding::new(Code::IncompleteTls, servers.place(without, name), title)
                .related(servers.place(with, name), "on here")
                .help("let it follow from the TLS table for all nodes")
                .of(servers.name),
        );
    }
    findings
}

/// Sentinels that speak TLS where the servers do not, or the other way round.
fn strangers(deployment: &Deployment, watch: &Watch, set: &SentinelSet) -> Option<Finding> {
    let speaks = |tls: &Option<Tls>| tls.is_some_and(|tls| tls.replication);
    let (servers, sentinels) = (speaks(&deployment.tls), speaks(&set.tls));
    let built = deployment.target.build.tls && set.target.build.tls;
    if servers == sentinels || !built {
        return None;
    }
    let (name, set_name) = (&deployment.name.value, &set.name.value);
    let (title, help) = if servers {
        (
            format!("`{name}` replicates over TLS, and its sentinels `{set_name}` do not speak it"),
            format!("give `[sentinels.{set_name}]` a TLS table, or watch `{name}` with other sentinels"),
        )
    } else {
        (
            format!("the sentinels `{set_name}` speak TLS, and `{name}` does not"),
            format!("give `{name}` a TLS table, or watch it with sentinels without one"),
        )
    };
    let there = if servers { deployment.tls } else { set.tls };
    let cert = if servers { &deployment.spec.tls } else { &set.spec.tls };
    let there = cert.as_ref().map(|tls| place_of(tls.span, &tls.value)).or(there.map(|tls| tls.span));
    let mut finding = Finding::new(Code::IncompleteTls, watch.set.span, title).help(help);
    if let Some(there) = there {
        finding = finding.related(there, "TLS is declared here");
    }
    Some(
        finding
            .note("sentinels speak TLS to all servers or to none, and find replicas by the port that replication uses")
            .of(name),
    )
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    const TABLE: &str = "tls = { cert-file = \"/c\", key-file = \"/k\", ca-cert-file = \"/ca\" }\n";

    fn watched(set: &str, deployment: &str) -> Vec<String> {
        codes_of(&format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\nb = {{ address = \"127.0.0.2\" }}\n\
             [sentinels.m]\nversion = \"7.2\"\nhosts = [\"a\", \"b\"]\n{set}\n\
             [redis.s]\nversion = \"7.2\"\ntopology = \"sentinel\"\ninitial-primary = \"a\"\nreplicas = [\"b\"]\n\
             sentinel = {{ set = \"m\", quorum = 2 }}\nsurvives = \"nothing\"\n{deployment}"
        ))
    }

    #[test]
    fn sentinels_and_servers_have_to_agree() {
        let none: [&str; 0] = [];
        assert_eq!(watched("", ""), none);
        assert_eq!(watched(TABLE, TABLE), none);
        assert_eq!(watched(TABLE, ""), ["incomplete-tls"]);
        assert_eq!(watched("", TABLE), ["incomplete-tls"]);
    }

    #[test]
    fn replication_cannot_be_plain_where_no_plain_port_is_open() {
        let plain = TABLE.replace(" }", ", replication = false }");
        assert_eq!(watched("", &plain), ["incomplete-tls"]);
        let both = TABLE.replace(" }", ", replication = false, port = 6380 }");
        assert!(watched("", &both).is_empty());
    }

    #[test]
    fn a_build_without_tls_is_one_finding() {
        for version in ["6.2", "7.0", "7.2", "8.0"] {
            let text = super::RULE.passes.spec.replace("7.2", version);
            let codes = codes_of(&format!("{text}build = {{ tls = false }}\n"));
            assert_eq!(codes, ["incomplete-tls"], "{version}");
        }
    }

    #[test]
    fn an_authority_is_needed_for_replication_too() {
        let table = "tls = { cert-file = \"/c\", key-file = \"/k\", auth-clients = \"no\" }\n";
        assert_eq!(watched(TABLE, table), ["incomplete-tls"]);
    }
}
