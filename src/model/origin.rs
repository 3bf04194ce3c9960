//! Where a value came from.

use std::fmt;

use crate::source::Span;

/// Where a value came from: small, so that every value can carry it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// The server's own default.
    Default,
    /// A profile's `config`, at the setting's key.
    Profile(Span),
    /// The deployment's own table, at the setting's key.
    Deployment(Span),
    /// The table of one node, at the setting's key.
    Node(Span),
    /// The compiler made it; the span is what it follows from.
    Derived(Derivation, Span),
}

impl Origin {
    /// The place in the spec that it leads to.
    pub fn span(self) -> Option<Span> {
        match self {
            Origin::Default => None,
            Origin::Profile(span)
            | Origin::Deployment(span)
            | Origin::Node(span)
            | Origin::Derived(_, span) => Some(span),
        }
    }
}

/// What a derived value follows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Derivation {
    /// The host's address.
    HostAddress,
    /// The deployment's port and the node's place on its host.
    Port,
    /// The topology.
    Topology,
    /// The data folder.
    DataDir,
    /// The declared users.
    Users,
    /// The credentials for replication.
    Replication,
    /// The credentials of the sentinels.
    SentinelAuth,
    /// The credentials of the observer.
    Observer,
    /// The TLS table.
    Tls,
}

impl fmt::Display for Derivation {
    /// Completes "derived from ...".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Derivation::HostAddress => "the host's address",
            Derivation::Port => "the deployment's port",
            Derivation::Topology => "the topology",
            Derivation::DataDir => "the data folder",
            Derivation::Users => "the users",
            Derivation::Replication => "the replication credentials",
            Derivation::SentinelAuth => "the sentinels' credentials",
            Derivation::Observer => "the observer's credentials",
            Derivation::Tls => "the TLS table",
        })
    }
}
