//! The way to a node: where it is asked, and as whom.

use super::fleet::{Access, address_of};
use super::login::{LoginSource, logins};
use super::{Address, Protocol};
use crate::model::{AnyNode, Model};

/// How a node is asked; for those who tell what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Where the spec says that it listens.
    pub address: Address,
    /// Where it is reached instead.
    pub via: Option<Address>,
    /// As whom; none where nobody logs in.
    pub login: Option<LoginSource>,
}

impl Route {
    /// The way to a node.
    pub fn to(model: &Model, node: &AnyNode<'_>, access: &Access<'_>) -> Self {
        let address = address_of(model, node);
        let via = access.via.get(&address.to_string()).cloned();
        Route { address, via, login: logins(node, access).0 }
    }

    /// Where it is asked.
    pub fn asked(&self) -> Address {
        let asked = self.via.as_ref().unwrap_or(&self.address);
        // What is spoken there is said by the spec.
        Address { protocol: self.protocol(), ..asked.clone() }
    }

    fn protocol(&self) -> Protocol {
        self.address.protocol
    }
}
