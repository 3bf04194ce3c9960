//! What templates see: records of plain data, one file each.
//!
//! A record is declared once, by [`record!`](crate::emit::data::record): what is handed to templates and what
//! docs/templates.md says about it follow from the declaration. The records of artifacts are stable: within a
//! [`FORMAT`], fields are added and never taken away or given another meaning.

mod architecture;
mod build;
mod deployment;
mod host;
mod kind;
mod node;
mod per_deployment;
mod per_node;
mod tls;
mod watch;

pub(super) use architecture::PerArchitecture;
pub(super) use build::{Architecture, Built, engine_of};
pub(super) use deployment::Deployment;
pub(super) use host::Host;
pub(super) use kind::{Field, Kind, Record, Shared, record};
pub(super) use node::Node;
pub(super) use per_deployment::PerDeployment;
pub(super) use per_node::PerNode;
pub(super) use tls::Tls;
pub(super) use watch::Watch;

/// The version of what templates of artifacts see.
pub(super) const FORMAT: u32 = 1;

/// The records that artifacts see, in the order that people read about them.
pub(super) const RECORDS: &[Record] = &[
    PerNode::RECORD,
    PerDeployment::RECORD,
    PerArchitecture::RECORD,
    Node::RECORD,
    Deployment::RECORD,
    Host::RECORD,
    Tls::RECORD,
    Watch::RECORD,
];
