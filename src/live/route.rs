//! The way to a node: where it is asked, and as whom.

use super::fleet::{Access, address_of, password_of};
use super::{Address, Protocol};
use crate::model::{AnyNode, Deployment, Model, Node};
use crate::spec::SecretRef;

/// How a node is asked; for those who tell what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Where the spec says that it listens.
    pub address: Address,
    /// Where it is reached instead.
    pub via: Option<Address>,
    /// As whom; none where nobody logs in at all (memcached).
    pub login: Option<LoginSource>,
}

/// As whom a node is asked, without the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginSource {
    /// The user; the default user if absent.
    pub user: Option<String>,
    /// Where the password is from.
    pub password: PasswordSource,
}

/// Where a password is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordSource {
    /// It was given with the command.
    Given,
    /// The spec says where it is found.
    Spec(SecretRef),
    /// The spec says where it is found, and there it is not.
    Missing(SecretRef),
    /// Nobody says one.
    Nowhere,
}

impl LoginSource {
    /// As was said, else as the spec's default user.
    pub(super) fn of(deployment: &Deployment, node: &Node, access: &Access<'_>) -> Self {
        let given = access.login.as_ref();
        let user = given.and_then(|given| given.user.clone());
        let password = if given.is_some_and(|given| given.password.is_some()) {
            PasswordSource::Given
        } else {
            let declared = password_of(deployment, node, user.as_deref().unwrap_or("default"));
            match declared.map(|reference| (reference, access.secrets.get(reference))) {
                Some((reference, Some(secret))) if !secret.0.is_empty() => {
                    PasswordSource::Spec(reference.clone())
                }
                Some((reference, _)) => PasswordSource::Missing(reference.clone()),
                None => PasswordSource::Nowhere,
            }
        };
        LoginSource { user, password }
    }
}

impl Route {
    /// The way to a node.
    pub fn to(model: &Model, node: &AnyNode<'_>, access: &Access<'_>) -> Self {
        let address = address_of(model, node);
        let via = access.via.get(&address.to_string()).cloned();
        let login = match node {
            AnyNode::Server(deployment, node) => Some(LoginSource::of(deployment, node, access)),
            AnyNode::Sentinel(..) | AnyNode::Memcached(..) => None,
        };
        Route { address, via, login }
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
