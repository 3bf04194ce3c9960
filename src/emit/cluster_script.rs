//! The script that forms a cluster.

use crate::catalog::{Engine, Target, Version};
use crate::model::{Deployment, Shard, Slots};

use super::block::one_line;
use super::bootstrap::{arm, client, tls_only, word};
use super::data::record;
use super::endpoint::meeting;
use super::error::Problem;
use super::run::Run;
use super::templates::Template;

record! {
    /// What `bootstrap-cluster.sh.j2` sees.
    pub(super) struct ClusterScript<'a> {
        /// The spec's name.
        spec: &'a str,
        /// The deployment's name.
        deployment: &'a str,
        /// The deployment's name as a word of sh.
        deployment_word: String,
        /// The client program.
        client: &'a str,
        /// Whether clients speak TLS unless told otherwise.
        tls: bool,
        /// The number of nodes.
        nodes: usize,
        /// The number of shards; the first nodes are their first primaries.
        shards: usize,
        /// The arms of the `case` over the nodes.
        arms: String,
        /// Whether slots can be given as ranges.
        slot_ranges: bool,
        /// Whether a node is met by a host name, which has to be looked up first.
        names: bool,
    }
}

/// Writes the script. Nodes are numbered from 1: every shard's first primary, then every shard's replicas.
pub(super) fn script(run: &Run<'_>, deployment: &Deployment, shards: &[Shard]) -> Result<String, Problem> {
    let mut shards: Vec<&Shard> = shards.iter().collect();
    shards.sort_by_key(|shard| shard.id);
    let primaries = shards.iter().enumerate().map(|(at, shard)| (at, *shard, shard.primary));
    let replicas = shards
        .iter()
        .enumerate()
        .flat_map(|(at, shard)| shard.replicas.iter().map(move |replica| (at, *shard, *replica)));
    let (mut arms, mut nodes, mut names) = (String::new(), 0, false);
    for (at, shard, place) in primaries.chain(replicas) {
        let Some(node) = deployment.nodes.get(place) else { continue };
        nodes += 1;
        let host = run.model.host(node.host);
        let meeting = meeting(deployment, node);
        let meet_host = meeting.address.as_deref().unwrap_or(&host.address.value);
        names |= meet_host.parse::<std::net::IpAddr>().is_err();
        let number = |number: u16| number.to_string();
        arms.push_str(&arm(
            nodes,
            &[
                ("name", &node.id.0),
                ("host", &host.address.value),
                ("port", &number(node.port)),
                ("meet_host", meet_host),
                ("meet_port", &number(meeting.port)),
                ("meet_bus", &meeting.bus.map(number).unwrap_or_default()),
                ("shard", &number(shard.id.0)),
                ("leader", &(at + 1).to_string()),
                ("slots", &in_views(&shard.slots)),
            ],
        )?);
    }
    let data = ClusterScript {
        spec: &one_line(&run.model.name),
        deployment: &one_line(&deployment.name),
        deployment_word: word(&deployment.name)?,
        client: client(deployment.target.engine),
        tls: tls_only(deployment),
        nodes,
        shards: shards.len(),
        arms,
        slot_ranges: has_slot_ranges(&deployment.target),
        names,
    };
    run.templates.render(Template::BootstrapCluster, data)
}

/// Slots as CLUSTER NODES prints them.
fn in_views(slots: &Slots) -> String {
    slots.to_string().replace(',', " ")
}

/// CLUSTER ADDSLOTSRANGE came with Redis 7.0, so every Valkey has it.
fn has_slot_ranges(target: &Target) -> bool {
    target.engine == Engine::Valkey || target.versions.first >= Version::new(7, 0, 0)
}
