//! The nodes of everything but clusters: one per mention of a host.

use std::collections::BTreeMap;

use super::Lowering;
use crate::diag::{Code, Finding};
use crate::model::topology::{Host, HostId, NodeId};
use crate::source::{At, Span};
use crate::spec::{DataDir, Named, NodeSpec, Port};

/// A node before its settings are known.
#[derive(Debug, Clone)]
pub(super) struct Seat {
    pub(super) id: NodeId,
    pub(super) host: HostId,
    pub(super) span: Span,
    pub(super) port: u16,
    /// What the port follows from.
    pub(super) port_span: Span,
    /// How far ports of this node stand above the deployment's, so that nodes of one host have different ones.
    pub(super) step: u16,
}

impl Seat {
    /// The node's folder in a deployment's data folder: that itself where no other node can be on the host,
    /// one of its own where the name has to tell nodes of one host apart.
    pub(super) fn folder(&self, data_dir: &At<DataDir>, host: &Host) -> At<String> {
        if self.id.0 == host.name.value {
            return data_dir.clone().map(|dir| dir.0);
        }
        data_dir.as_ref().map(|dir| format!("{}/{}", dir.0.trim_end_matches('/'), self.id))
    }
}

/// Gives each mentioned host a node; ports count up where a host is mentioned several times.
pub(super) fn seats(
    lowering: &mut Lowering<'_>,
    hosts: &[At<String>],
    port: Option<At<Port>>,
    usual_port: u16,
    specs: &Named<NodeSpec>,
) -> Vec<Seat> {
    let base = port.map_or(usual_port, |port| port.value.0);
    let mut mentions: BTreeMap<&str, usize> = BTreeMap::new();
    for host in hosts {
        *mentions.entry(&host.value).or_default() += 1;
    }
    let mut taken: BTreeMap<&str, usize> = BTreeMap::new();
    let mut seats = Vec::new();
    for host in hosts {
        let id = lowering.host(host);
        let before = taken.entry(&host.value).or_default();
        let nth = *before;
        *before += 1;
        let alone = mentions.get(host.value.as_str()) == Some(&1);
        let step = u16::try_from(nth).ok();
        let Some((step, counted)) = step.and_then(|step| Some((step, base.checked_add(step)?))) else {
            let title = format!("there is no port left for node {} on `{}`", nth + 1, host.value);
            lowering.findings.push(Finding::new(Code::InvalidField, host.span, title).help("lower `port`"));
            continue;
        };
        let own = if alone { specs.get(host) } else { None };
        let own_port = own.and_then(|spec| spec.port);
        let port_span = own_port.or(port).map_or(host.span, |port| port.span);
        let port = own_port.map_or(counted, |port| port.value.0);
        let name = if alone { host.value.clone() } else { format!("{}-{port}", host.value) };
        if let Some(host_id) = id {
            seats.push(Seat { id: NodeId(name), host: host_id, span: host.span, port, port_span, step });
        }
    }
    seats
}

/// Reports a list of hosts without a host: it would be a deployment without servers.
pub(super) fn report_no_hosts(lowering: &mut Lowering<'_>, name: &At<String>, hosts: &At<Vec<At<String>>>) {
    if hosts.value.is_empty() {
        let title = format!("`{}` lists no host", name.value);
        lowering
            .findings
            .push(Finding::new(Code::InvalidField, hosts.span, title).help("add hosts").of(name));
    }
}

/// Reports `nodes` entries that name no node of the deployment.
pub(super) fn report_undefined(
    lowering: &mut Lowering<'_>,
    deployment: &str,
    specs: &Named<NodeSpec>,
    names: &[&str],
) {
    for entry in specs.entries() {
        let name = &entry.name;
        if !names.contains(&name.value.as_str()) {
            let title = format!("`{deployment}` has no node `{}`", name.value);
            let help = match crate::spec::nearest(name, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("its nodes are {}", crate::spec::listed(names)),
            };
            let finding = Finding::new(Code::UndefinedNode, name.span, title).help(help).of(deployment);
            lowering.findings.push(finding);
        }
    }
}
