//! Settings that follow from hosts, topology, credentials and TLS: written once in the spec, derived
//! for every node.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use hashbrown::DefaultHashBuilder;

use super::config::{Subject, Typed};
use super::directive::{follows_in_all_versions, newest};
use super::nodes::Seat;
use crate::catalog::{self, Target};
use crate::diag::{Code, Finding, Findings};
use crate::model::origin::{Derivation, Origin};
use crate::model::settings::{Assigned, Setting};
use crate::model::topology::{Host, Login, Tls};
use crate::source::{At, Span};
use crate::spec::{RedisSpec, SecretRef, TlsSpec, TopologyKind};
use crate::value::{Value, fold_lines};

/// A value that follows from the rest of the spec.
#[derive(Debug, Clone)]
pub(super) struct Derived {
    name: &'static str,
    value: DerivedValue,
    because: Derivation,
    span: Span,
    /// It is the server's default: only there to contradict another value written by hand.
    unwritten: bool,
}

#[derive(Debug, Clone)]
enum DerivedValue {
    Args(Vec<String>),
    Secret(SecretRef),
}

fn args<A: Into<String>>(
    name: &'static str,
    args: impl IntoIterator<Item = A>,
    because: Derivation,
    span: Span,
) -> Derived {
    let value = DerivedValue::Args(args.into_iter().map(Into::into).collect());
    Derived { name, value, because, span, unwritten: false }
}

fn secret(name: &'static str, secret: &At<SecretRef>, because: Derivation) -> Derived {
    Derived {
        name,
        value: DerivedValue::Secret(secret.value.clone()),
        because,
        span: secret.span,
        unwritten: false,
    }
}

/// What all nodes of a deployment share.
pub(super) fn shared(
    spec: &RedisSpec,
    topology: At<TopologyKind>,
    replication: Option<&Login>,
    tls: Option<&Tls>,
) -> Vec<Derived> {
    let mut list = Vec::new();
    let in_cluster = topology.value == TopologyKind::Cluster;
    let word = if in_cluster { "yes" } else { "no" };
    let mut enabled = args("cluster-enabled", [word], Derivation::Topology, topology.span);
    enabled.unwritten = !in_cluster;
    list.push(enabled);
    if let Some(login) = replication {
        if let Some(user) = &login.user {
            list.push(args("masteruser", [user.value.as_str()], Derivation::Replication, user.span));
        } else if spec.users.is_empty() {
            // The default user's password is what replicas show.
            list.push(secret("requirepass", &login.password, Derivation::Replication));
        }
        list.push(secret("masterauth", &login.password, Derivation::Replication));
    }
    if let (Some(tls), Some(spec)) = (tls, &spec.tls) {
        list.extend(certificates(spec));
        if tls.replication {
            list.push(tls_replication(tls));
        }
        if tls.cluster_bus {
            list.push(args("tls-cluster", ["yes"], Derivation::Tls, tls.span));
        }
    }
    list
}

/// Connections to other servers speak TLS.
pub(super) fn tls_replication(tls: &Tls) -> Derived {
    args("tls-replication", ["yes"], Derivation::Tls, tls.span)
}

/// The certificates of a TLS table, for servers and sentinels alike.
pub(super) fn certificates(spec: &TlsSpec) -> Vec<Derived> {
    let mut list = Vec::new();
    let paths = [
        ("tls-cert-file", &spec.cert_file),
        ("tls-key-file", &spec.key_file),
        ("tls-ca-cert-file", &spec.ca_cert_file),
        ("tls-ca-cert-dir", &spec.ca_cert_dir),
    ];
    for (name, path) in paths {
        if let Some(path) = path {
            list.push(args(name, [path.value.as_str()], Derivation::Tls, path.span));
        }
    }
    if let Some(password) = &spec.key_file_password {
        list.push(secret("tls-key-file-pass", password, Derivation::Tls));
    }
    if let Some(clients) = spec.auth_clients {
        use crate::spec::AuthClients;
        let word = match clients.value {
            AuthClients::Required => "yes",
            AuthClients::Optional => "optional",
            AuthClients::No => "no",
        };
        list.push(args("tls-auth-clients", [word], Derivation::Tls, clients.span));
    }
    list
}

/// Ports, addresses and folders of one node.
pub(super) struct NodeFacts<'a> {
    pub(super) seat: &'a Seat,
    pub(super) host: &'a Host,
    pub(super) tls: Option<(&'a Tls, &'a TlsSpec)>,
    pub(super) data_dir: At<String>,
}

/// What one node of any kind listens on and stores in.
pub(super) fn listening(facts: &NodeFacts<'_>) -> Vec<Derived> {
    let NodeFacts { seat, host, tls, data_dir } = facts;
    let mut list = vec![
        args("bind", bind(host), Derivation::HostAddress, host.address.span),
        args("dir", [data_dir.value.as_str()], Derivation::DataDir, data_dir.span),
    ];
    let port = |name, number: u32, span| args(name, [number.to_string()], Derivation::Port, span);
    let own = u32::from(seat.port);
    match tls {
        None => list.push(port("port", own, seat.port_span)),
        Some((tls, spec)) => match spec.port {
            Some(tls_port) if tls.plain_too => {
                // It counts up with the plain one; a number beyond all ports is reported as such.
                let counted = u32::from(tls_port.value.0) + u32::from(seat.step);
                list.push(port("port", own, seat.port_span));
                list.push(port("tls-port", counted, tls_port.span));
            }
            _ => {
                list.push(args("port", ["0"], Derivation::Tls, tls.span));
                list.push(port("tls-port", own, seat.port_span));
            }
        },
    }
    list
}

/// The address others use first (it is also where outgoing connections start), then loopback for
/// tools on the host itself.
fn bind(host: &Host) -> Vec<String> {
    let address = host.address.value.clone();
    let loopback = host.ip().is_some_and(|ip| ip.is_loopback()) || address == "localhost";
    if loopback { vec![address] } else { vec![address, "127.0.0.1".to_owned()] }
}

/// What a node of a set of replicas or a cluster tells others about itself.
pub(super) fn announced(facts: &NodeFacts<'_>, kind: TopologyKind, users: bool) -> Vec<Derived> {
    let NodeFacts { host, data_dir, .. } = facts;
    let address = [host.address.value.as_str()];
    let mut list = Vec::new();
    match (kind, host.ip()) {
        (TopologyKind::Replicated | TopologyKind::Sentinel, _) => {
            list.push(args("replica-announce-ip", address, Derivation::HostAddress, host.address.span));
        }
        (TopologyKind::Cluster, Some(IpAddr::V4(_) | IpAddr::V6(_))) => {
            list.push(args("cluster-announce-ip", address, Derivation::HostAddress, host.address.span));
        }
        // A cluster's nodes know each other by IP address only.
        (TopologyKind::Standalone, _) | (TopologyKind::Cluster, None) => {}
    }
    if users {
        list.push(users_file(data_dir));
    }
    list
}

/// The file of users.
pub(super) fn users_file(data_dir: &At<String>) -> Derived {
    let path = format!("{}/users.acl", data_dir.value.trim_end_matches('/'));
    args("aclfile", [path], Derivation::Users, data_dir.span)
}

/// Values that were judged already, by directive and arguments: nodes of a deployment derive mostly the same, and so do
/// those of a host. Settings that follow from one place are one.
#[derive(Debug, Default)]
pub(super) struct Judged(HashMap<(Target, &'static str), ByArgs, DefaultHashBuilder>);

type ByArgs = HashMap<Vec<String>, Arc<Setting>, DefaultHashBuilder>;

impl Judged {
    /// The setting that follows; none where servers would refuse it, which is reported.
    fn setting(
        &mut self,
        derived: &Derived,
        subject: Subject<'_>,
        findings: &mut Findings,
    ) -> Option<Arc<Setting>> {
        let origin = Origin::Derived(derived.because, derived.span);
        let DerivedValue::Args(args) = &derived.value else {
            return setting(derived, subject, findings).map(Arc::new);
        };
        let judged = self.0.entry((*subject.target, derived.name)).or_default();
        match judged.get(args) {
            Some(known) if known.origin == origin => Some(known.clone()),
            Some(known) => Some(Arc::new(Setting { origin, ..(**known).clone() })),
            None => {
                let setting = Arc::new(setting(derived, subject, findings)?);
                judged.insert(args.clone(), setting.clone());
                Some(setting)
            }
        }
    }
}

/// Adds derived values; one that is also written by hand must be equal, or insisted on. What is written by
/// hand comes in layers, upper ones first.
pub(super) fn add(
    typed: &mut Typed,
    hand: &[&Typed],
    derived: Vec<Derived>,
    judged: &mut Judged,
    subject: Subject<'_>,
    findings: &mut Findings,
) {
    for derived in derived {
        let Some(setting) = judged.setting(&derived, subject, findings) else { continue };
        let name = setting.name.clone();
        if hand.iter().any(|layer| layer.poisoned.contains(&name)) {
            continue;
        }
        let insisted = hand.iter().any(|layer| layer.insisted.contains(&name));
        match hand.iter().find_map(|layer| layer.settings.get(&name)) {
            Some(written) if insisted || written.value == setting.value => {}
            Some(written) => {
                findings.push(by_hand(written, &derived, subject));
                // The derived value stands, so that nothing else is said of the one by hand.
                if derived.unwritten {
                    typed.settings.remove(&name);
                } else {
                    typed.settings.share(setting);
                }
            }
            None if derived.unwritten => {}
            None => typed.settings.share(setting),
        }
    }
}

/// TLS that was switched on by hand where other servers have to know of it and no `tls` table tells them.
/// What was said of is poisoned; a value that is insisted on is not.
pub(super) fn tls_by_hand(hand: &mut Typed, subject: Subject<'_>) -> Option<Finding> {
    let is_on = |setting: &Setting| match &setting.value {
        Assigned::Value(Value::Integer(port)) => *port != 0,
        value => *value == Assigned::Value(Value::Bool(true)),
    };
    let written: Vec<(String, Span)> = ["tls-port", "tls-replication", "tls-cluster"]
        .into_iter()
        .filter_map(|name| hand.settings.get(name))
        .filter(|setting| is_on(setting) && !hand.insisted.contains(&setting.name))
        .filter_map(|setting| Some((setting.name.clone(), setting.origin.span()?)))
        .collect();
    let ((name, span), others) = written.split_first()?;
    let title = format!("`{name}` follows from the `tls` table, and `{}` has none", subject.deployment);
    let mut finding = Finding::new(Code::DerivedByHand, *span, title)
        .help("declare `tls = { cert-file = …, key-file = …, ca-cert-file = … }`, and remove the line; `port = …` in it opens a TLS port beside the plain one")
        .help("or insist on it with `{ override = … }`")
        .note("the port that sentinels watch and the links of the bootstrap script follow the table: they would not speak TLS")
        .of(subject.deployment);
    for (name, span) in others {
        finding = finding.related(*span, format!("`{name}` follows from it too"));
    }
    hand.poisoned.extend(written.into_iter().map(|(name, _)| name));
    Some(finding)
}

fn by_hand(written: &Setting, derived: &Derived, subject: Subject<'_>) -> Finding {
    let span = written.origin.span().unwrap_or(derived.span);
    let value = match &derived.value {
        DerivedValue::Args(args) => format!("`{}`", args.join(" ")),
        DerivedValue::Secret(_) => "another secret".to_owned(),
    };
    let title = format!("`{}` follows from {}: it is {value}", written.name, derived.because);
    let insist = "or insist on it with `{ override = … }`";
    Finding::new(Code::DerivedByHand, span, title)
        .related(derived.span, "it follows from this")
        .help(format!("remove the line, {insist}"))
        .of(subject.deployment)
}

fn setting(derived: &Derived, subject: Subject<'_>, findings: &mut Findings) -> Option<Setting> {
    let target = subject.target;
    let directive = catalog::directive(target.engine, derived.name)?;
    if let Err(finding) = follows_in_all_versions(directive, derived.span, subject) {
        findings.push(*finding);
        return None;
    }
    let facts = newest(directive, target)?;
    let value = match &derived.value {
        DerivedValue::Secret(secret) => Assigned::Secret(secret.clone()),
        DerivedValue::Args(args) => {
            let line: Vec<&[u8]> = args.iter().map(String::as_bytes).collect();
            let folded = fold_lines(directive, &[line], target);
            if let Some((_, reason)) = folded.judgements.first().and_then(|judgement| judgement.refusal()) {
                let title = format!("`{}` would be `{}`: {reason}", facts.name, args.join(" "));
                findings.push(
                    Finding::new(Code::InvalidValue, derived.span, title)
                        .note(format!("the value follows from {}", derived.because))
                        .of(subject.deployment),
                );
                return None;
            }
            Assigned::Value(folded.values.into_iter().next_back()?)
        }
    };
    Some(Setting {
        name: facts.name.to_owned(),
        directive: Some(directive),
        value,
        origin: Origin::Derived(derived.because, derived.span),
        value_span: None,
        overrode: Vec::new(),
    })
}

#[cfg(test)]
mod tests;
