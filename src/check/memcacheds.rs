//! What rules ask of memcached's servers: their options in effect, and where those stand. No rule lives here.

use crate::catalog::memcached::{OptionFacts, option};
use crate::model::{Memcached, MemcachedNode, MemcachedOption, Model};
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
}
