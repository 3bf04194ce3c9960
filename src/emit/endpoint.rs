//! Addresses and ports at which nodes are reached: by clients, by each other, on the cluster bus.

use crate::model::{Assigned, Deployment, Model, Node, Topology};

/// The bus port of a cluster node is this far above its own (`CLUSTER_PORT_INCR` in cluster.h).
pub(super) const BUS_OFFSET: u16 = 10_000;

/// A number that a node is set to, where it is set and neither zero nor beyond a port.
pub(crate) fn port_setting(deployment: &Deployment, node: &Node, name: &str) -> Option<u16> {
    deployment.setting(node, name)?.port()
}

/// A text that a node is set to, where it is set and not empty.
pub(crate) fn text_setting(deployment: &Deployment, node: &Node, name: &str) -> Option<String> {
    text(&deployment.setting(node, name)?.value)
}

/// A value as text, where it is one and not empty.
pub(super) fn text(value: &Assigned) -> Option<String> {
    let Assigned::Value(value) = value else { return None };
    let args = value.to_args();
    let text = String::from_utf8(args.first()?.clone()).ok()?;
    (!text.is_empty()).then_some(text)
}

/// The port for replicas and sentinels: the TLS port where replication speaks TLS.
pub(crate) fn link_port(deployment: &Deployment, node: &Node) -> u16 {
    let tls = deployment.tls.is_some_and(|tls| tls.replication);
    tls.then(|| port_setting(deployment, node, "tls-port")).flatten().unwrap_or(node.port)
}

/// The port, plain or TLS, that is not the one for replicas and sentinels, where there is one.
pub(super) fn other_port(deployment: &Deployment, node: &Node) -> Option<u16> {
    let link = link_port(deployment, node);
    let ports = [Some(node.port), port_setting(deployment, node, "tls-port")];
    ports.into_iter().flatten().find(|port| *port != link)
}

/// Whom a replica follows on the first day: address and port. None of who leads, and of nodes of other topologies.
pub(crate) fn first_primary(model: &Model, deployment: &Deployment, node: &Node) -> Option<String> {
    let (Topology::Replicated { primary } | Topology::Sentinel { primary, .. }) = &deployment.topology else {
        return None;
    };
    let primary = deployment.nodes.get(*primary).filter(|primary| primary.id != node.id)?;
    Some(format!("{} {}", model.host(primary.host).address.value, link_port(deployment, primary)))
}

/// Where the other nodes of a cluster meet a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meeting {
    /// The announced address; none where the host's address counts.
    pub(crate) address: Option<String>,
    /// The port of its link to others.
    pub(crate) port: u16,
    /// Its bus port, where it is not [`BUS_OFFSET`] above the port.
    pub(crate) bus: Option<u16>,
}

/// The arguments of CLUSTER MEET for a node. What it announces counts before what it listens on, and the
/// bus port follows the TLS port where the bus speaks TLS (`clusterInit` in cluster.c).
pub(crate) fn meeting(deployment: &Deployment, node: &Node) -> Meeting {
    let setting = |name| port_setting(deployment, node, name);
    let tls = deployment.tls.is_some_and(|tls| tls.cluster_bus);
    let own = tls.then(|| setting("tls-port")).flatten().unwrap_or(node.port);
    let announced = setting(if tls { "cluster-announce-tls-port" } else { "cluster-announce-port" });
    let port = announced.unwrap_or(own);
    let bus = setting("cluster-announce-bus-port")
        .or_else(|| setting("cluster-port"))
        .or_else(|| own.checked_add(BUS_OFFSET));
    Meeting {
        address: text_setting(deployment, node, "cluster-announce-ip"),
        port,
        bus: bus.filter(|bus| port.checked_add(BUS_OFFSET) != Some(*bus)),
    }
}
