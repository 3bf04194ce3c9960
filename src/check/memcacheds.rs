//! What rules ask of memcached's servers: their options in effect, and where those stand. No rule lives here.

use super::access::{Reach, reach_of};
use super::servers::machine;
use crate::catalog::memcached::{OptionFacts, option};
use crate::model::{HostId, Memcached, MemcachedNode, MemcachedOption, Model};
use crate::source::Span;

/// One server of a deployment of memcached.
#[derive(Debug, Clone, Copy)]
pub(super) struct MemcachedServer<'m> {
    pub(super) deployment: &'m Memcached,
    pub(super) node: &'m MemcachedNode,
}

impl<'m> MemcachedServer<'m> {
    /// Every server whose options could all be read, and as they were meant: others prove nothing.
    pub(super) fn all(model: &'m Model) -> impl Iterator<Item = Self> {
        let sound =
            |deployment: &&Memcached| deployment.poisoned.is_empty() && deployment.doubtful.is_empty();
        let deployments = model.memcached.iter().filter(sound);
        deployments.flat_map(|deployment| {
            deployment.nodes.iter().map(move |node| MemcachedServer { deployment, node })
        })
    }

    /// Those of a machine.
    pub(super) fn on_machine(model: &'m Model, host: HostId) -> impl Iterator<Item = Self> {
        let address = machine(model, host);
        MemcachedServer::all(model).filter(move |server| machine(model, server.node.host) == address)
    }

    /// Its deployment's name.
    pub(super) fn name(&self) -> &'m str {
        &self.deployment.name.value
    }

    /// An option that is given.
    pub(super) fn given(&self, name: &str) -> Option<&'m MemcachedOption> {
        self.node.options.iter().rev().find(|option| option.name == name)
    }

    /// A number that is given, and where; the node's place for what follows from elsewhere.
    pub(super) fn given_number(&self, name: &str) -> Option<(i64, Span)> {
        let option = self.given(name)?;
        Some((option.value.as_deref()?.parse().ok()?, self.place(option)))
    }

    /// A number in effect: given, or the default of the oldest version in hand.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        match self.given(name) {
            Some(option) => option.value.as_deref()?.parse().ok(),
            None => self.facts(name)?.default?.parse().ok(),
        }
    }

    /// What the oldest version in hand makes of an option.
    pub(super) fn facts(&self, name: &str) -> Option<&'static OptionFacts> {
        option(name)?.at(self.deployment.target.versions.first)
    }

    /// Where an option stands.
    pub(super) fn place(&self, option: &MemcachedOption) -> Span {
        option.origin.span().unwrap_or(self.node.span)
    }

    /// From where it is reached, by the addresses that it listens on; none where it listens on a Unix socket only.
    pub(super) fn reach(&self, model: &Model) -> Option<Reach> {
        if self.given("unix-socket").is_some() {
            return None;
        }
        let own = model.host(self.node.host).address.value.as_str();
        let reach = |address| {
            if is_everywhere(address) { reach_of(own).max(Reach::Network) } else { reach_of(address) }
        };
        self.addresses().map(reach).max()
    }

    /// Where it is told to listen on all addresses of its host.
    pub(super) fn listens_everywhere(&self) -> Option<&'m MemcachedOption> {
        let listen = self.given("listen")?;
        (self.given("unix-socket").is_none() && self.addresses().any(is_everywhere)).then_some(listen)
    }

    /// Whether clients must log in or show a certificate.
    pub(super) fn asks_who_it_is(&self) -> bool {
        let logins = ["enable-sasl", "auth-file"].iter().any(|name| self.given(name).is_some());
        // 0 asks for no certificate, 1 for one that may be missing.
        let verified = self.given_number("ssl_verify_mode").is_some_and(|(mode, _)| mode > 1);
        logins || (self.given("enable-ssl").is_some() && verified)
    }

    /// The addresses that it listens on, without ports and brackets.
    fn addresses(&self) -> impl Iterator<Item = &'m str> {
        let listen = self.node.options.iter().filter(|option| option.name == "listen");
        let lists = listen.filter_map(|option| option.value.as_deref());
        lists.flat_map(|list| list.split(',')).map(|address| bare(address.trim()))
    }
}

/// Whether a server that listens on an address listens on all of its host.
fn is_everywhere(address: &str) -> bool {
    matches!(address, "0.0.0.0" | "::" | "*")
}

/// `10.0.0.1` of `10.0.0.1:11211`, `::1` of `[::1]:11211`.
fn bare(address: &str) -> &str {
    if let Some(inner) = address.strip_prefix('[') {
        return inner.split(']').next().unwrap_or(inner);
    }
    match address.split_once(':') {
        Some((host, port)) if !port.contains(':') => host,
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    use super::bare;

    #[test]
    fn ports_and_brackets_are_taken_off() {
        for address in ["10.0.0.1", "10.0.0.1:11211"] {
            assert_eq!(bare(address), "10.0.0.1");
        }
        for address in ["::1", "[::1]", "[::1]:11211"] {
            assert_eq!(bare(address), "::1");
        }
        assert_eq!(bare("cache-a"), "cache-a");
    }
}
