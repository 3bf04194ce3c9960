//! The script that makes replicas follow the primary of the first day.

use crate::model::Deployment;

use super::block::one_line;
use super::bootstrap::{arm, client, tls_only, word};
use super::data::record;
use super::endpoint::link_port;
use super::error::Problem;
use super::run::Run;
use super::templates::Template;

record! {
    /// What `bootstrap-replicas.sh.j2` sees.
    pub(super) struct ReplicasScript<'a> {
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
        /// The number of nodes; the first is the primary of the first day.
        nodes: usize,
        /// The arms of the `case` over the nodes.
        arms: String,
    }
}

/// Writes the script. Nodes are numbered from 1, the primary of the first day first.
pub(super) fn script(run: &Run<'_>, deployment: &Deployment, primary: usize) -> Result<String, Problem> {
    let replicas = (0..deployment.nodes.len()).filter(|place| *place != primary);
    let (mut arms, mut nodes) = (String::new(), 0);
    for place in std::iter::once(primary).chain(replicas) {
        let Some(node) = deployment.nodes.get(place) else { continue };
        nodes += 1;
        let address = run.model.host(node.host).address.value.as_str();
        arms.push_str(&arm(
            nodes,
            &[
                ("name", &node.id.0),
                ("host", address),
                ("port", &node.port.to_string()),
                ("link_port", &link_port(deployment, node).to_string()),
            ],
        )?);
    }
    let data = ReplicasScript {
        spec: &one_line(&run.model.name),
        deployment: &one_line(&deployment.name),
        deployment_word: word(&deployment.name)?,
        client: client(deployment.target.engine),
        tls: tls_only(deployment),
        nodes,
        arms,
    };
    run.templates.render(Template::BootstrapReplicas, data)
}
