//! The layer of pins that `place --write` writes.

use std::fmt::Write as _;

use crate::model::{Deployment, Host, Topology};

/// The pins of every node of a cluster, as a layer of the spec: one line for each node, by shard, primaries
/// first, replicas by name. Empty for other topologies. `hosts` are those of the deployment's model.
///
/// The text is a function of the placement alone: read back and placed again, it comes out the same.
pub fn pins_of(hosts: &[Host], deployment: &Deployment) -> String {
    let Topology::Cluster { shards } = &deployment.topology else { return String::new() };
    let mut text = format!("[{}.{}.pins]\n", deployment.target.engine, key(&deployment.name.value));
    for shard in shards {
        let mut replicas = shard.replicas.clone();
        replicas.sort_by_key(|&index| deployment.nodes.get(index).map(|node| &node.id));
        for index in std::iter::once(shard.primary).chain(replicas) {
            let Some(node) = deployment.nodes.get(index) else { continue };
            let Some(host) = hosts.get(node.host.0) else { continue };
            let leads = index == shard.primary;
            let role = if leads { "primary" } else { "replica" };
            let slots = if leads { format!(", slots = \"{}\"", shard.slots) } else { String::new() };
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "{} = {{ host = \"{}\", port = {}, shard = {}, role = \"{role}\"{slots} }}",
                key(&node.id.0),
                host.name.value,
                node.port,
                shard.id.0,
            );
        }
    }
    text
}

/// A key as TOML wants it. Names hold letters, digits, `-`, `_` and `.`, of which only the dot needs quotes.
fn key(name: &str) -> String {
    if name.contains('.') { format!("\"{name}\"") } else { name.to_owned() }
}
