//! A server of any kind, for those who go through all of them.

use crate::source::At;
use crate::spec::TlsSpec;

use super::settings::Setting;
use super::topology::{
    Deployment, HostId, Memcached, MemcachedNode, Model, Node, NodeId, Sentinel, SentinelSet,
};

/// A server of any kind, with what it belongs to.
#[derive(Debug, Clone, Copy)]
pub enum AnyNode<'m> {
    /// A Redis or Valkey server.
    Server(&'m Deployment, &'m Node),
    /// A sentinel.
    Sentinel(&'m SentinelSet, &'m Sentinel),
    /// A memcached.
    Memcached(&'m Memcached, &'m MemcachedNode),
}

impl<'m> AnyNode<'m> {
    /// Every server of a model: deployments, sets of sentinels, memcached, each by name.
    pub fn all(model: &'m Model) -> impl Iterator<Item = AnyNode<'m>> {
        let servers =
            model.deployments.iter().flat_map(|d| d.nodes.iter().map(move |node| AnyNode::Server(d, node)));
        let sentinels =
            model.sentinels.iter().flat_map(|s| s.nodes.iter().map(move |node| AnyNode::Sentinel(s, node)));
        let memcached =
            model.memcached.iter().flat_map(|d| d.nodes.iter().map(move |node| AnyNode::Memcached(d, node)));
        servers.chain(sentinels).chain(memcached)
    }

    /// The folder of what it belongs to: a deployment's name, `sentinels-NAME` for a set of sentinels.
    pub fn group(&self) -> String {
        match self {
            AnyNode::Server(deployment, _) => deployment.name.value.clone(),
            AnyNode::Sentinel(set, _) => SentinelSet::folder(&set.name.value),
            AnyNode::Memcached(deployment, _) => deployment.name.value.clone(),
        }
    }

    /// Its name in what it belongs to.
    pub fn id(&self) -> &'m NodeId {
        match self {
            AnyNode::Server(_, node) | AnyNode::Sentinel(_, node) => &node.id,
            AnyNode::Memcached(_, node) => &node.id,
        }
    }

    /// Its full name, `sessions/cache-a1`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.group(), self.id())
    }

    /// The machine that it runs on.
    pub fn host(&self) -> HostId {
        match self {
            AnyNode::Server(_, node) | AnyNode::Sentinel(_, node) => node.host,
            AnyNode::Memcached(_, node) => node.host,
        }
    }

    /// Where the spec declares what it belongs to.
    pub fn declared(&self) -> &'m At<String> {
        match self {
            AnyNode::Server(deployment, _) => &deployment.name,
            AnyNode::Sentinel(set, _) => &set.name,
            AnyNode::Memcached(deployment, _) => &deployment.name,
        }
    }

    /// A setting of a server or a sentinel.
    pub fn setting(&self, name: &str) -> Option<&'m Setting> {
        match *self {
            AnyNode::Server(deployment, node) => deployment.setting(node, name),
            AnyNode::Sentinel(set, node) => set.setting(node, name),
            AnyNode::Memcached(..) => None,
        }
    }

    /// The TLS table of what it belongs to, where it speaks TLS.
    pub fn tls(&self) -> Option<&'m At<TlsSpec>> {
        match self {
            AnyNode::Server(deployment, _) => deployment.tls.and(deployment.spec.tls.as_ref()),
            AnyNode::Sentinel(set, _) => set.tls.and(set.spec.tls.as_ref()),
            AnyNode::Memcached(..) => None,
        }
    }
}
