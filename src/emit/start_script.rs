//! start.sh: makes the working files that a server or sentinel runs on, and starts it.
//!
//! The script is the same for all nodes that share data folder, primary and secrets, and rendered once for them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use crate::catalog::Engine;
use crate::model::{Deployment, Node, Sentinel, SentinelSet, Topology, User};
use crate::spec::SecretRef;

use super::artifact::{Install, SCRIPT, SecretPlace, SecretSlot};
use super::block::one_line;
use super::bootstrap::word;
use super::bytes::Bytes;
use super::data::{Kind, record};
use super::endpoint::{link_port, other_port, text, text_setting};
use super::error::Problem;
use super::run::{Place, Run};
use super::sentinel_conf;
use super::server_conf::{Rewrite, file_name};
use super::start_secrets::StartSecrets;
use super::templates::Template;

const FILE: &str = "start.sh";

/// What a script starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Starts {
    /// A sentinel.
    Sentinel,
    /// A server without others; people may still make it follow one.
    Alone,
    /// A primary or a replica, from the first day on.
    Peer,
    /// A server whose role stands in the cluster's own file, and never in its configuration.
    ClusterNode,
}

impl Kind for Starts {
    fn kind() -> String {
        "`sentinel`, `alone`, `peer` or `cluster-node`".to_owned()
    }
}

record! {
    /// What `start.sh.j2` sees, and all that can differ between two scripts.
    #[derive(PartialEq, Eq, PartialOrd, Ord)]
    pub(super) struct StartScript {
        /// The deployment or set, in words.
        what: String,
        /// What it starts: a sentinel, a server without others, a primary or replica, or a node of a cluster.
        starts: Starts,
        /// Variables and their values, each line with its line break.
        facts: String,
        /// The arms of the `case` over roles that name a server by the port at which it is no longer followed.
        links: String,
        /// Whether there is a file of users.
        users: bool,
        /// The secrets that rendered files leave out.
        secrets: StartSecrets,
    }
}

/// The scripts of a deployment or set of sentinels.
pub(super) struct StartScripts {
    rewrite: Rewrite,
    written: BTreeMap<StartScript, Bytes>,
}

impl StartScripts {
    /// None written yet, for servers that treat secrets so when they write their file again.
    pub(super) fn new(rewrite: Rewrite) -> Self {
        StartScripts { rewrite, written: BTreeMap::new() }
    }

    /// Adds the script of a server, whose configuration file has these places for secrets.
    pub(super) fn server(
        &mut self,
        run: &mut Run<'_>,
        deployment: &Deployment,
        node: &Node,
        slots: &[SecretSlot],
    ) {
        let place = Place { folder: &deployment.name, node: Some(&node.id), file: FILE };
        let slots = with_passwords(slots, &deployment.users, run.vault.is_open());
        let script = server(run, deployment, node).and_then(|script| self.with_secrets(script, &slots));
        self.add(run, place, script);
    }

    /// Adds the script of a sentinel, whose configuration file has these places for secrets.
    pub(super) fn sentinel(
        &mut self,
        run: &mut Run<'_>,
        place: Place<'_>,
        set: &SentinelSet,
        sentinel: &Sentinel,
        slots: &[SecretSlot],
    ) {
        let place = Place { file: FILE, ..place };
        let slots = with_passwords(slots, &set.users, run.vault.is_open());
        let script = sentinel_facts(run, set, sentinel).and_then(|script| self.with_secrets(script, &slots));
        self.add(run, place, script);
    }

    fn with_secrets(&self, script: StartScript, slots: &[SecretSlot]) -> Result<StartScript, Problem> {
        Ok(StartScript { secrets: StartSecrets::new(slots, self.rewrite)?, ..script })
    }

    fn add(&mut self, run: &mut Run<'_>, place: Place<'_>, script: Result<StartScript, Problem>) {
        let bytes = script.and_then(|script| {
            if let Some(bytes) = self.written.get(&script) {
                return Ok(bytes.clone());
            }
            let texts = [script.what.as_str(), script.facts.as_str()];
            let record = |[what, facts]: [&str; 2]| StartScript {
                what: what.to_owned(),
                facts: facts.to_owned(),
                ..script.clone()
            };
            let bytes = Bytes::from(run.templates.cast(Template::Start, texts, record)?);
            self.written.insert(script, bytes.clone());
            Ok(bytes)
        });
        match bytes {
            Ok(bytes) => run.add(place, Install::Replace, SCRIPT, bytes, Vec::new()),
            Err(problem) => run.fail(place, problem),
        }
    }
}

/// The places for secrets in a configuration file, and those of users.
fn with_passwords(slots: &[SecretSlot], users: &[User], filled: bool) -> Vec<SecretSlot> {
    let mut users: Vec<&User> = users.iter().collect();
    users.sort_by_key(|user| user.name.value.as_str());
    let passwords = users.into_iter().flat_map(|user| {
        let place = SecretPlace::User(user.name.value.clone());
        let slot =
            move |secret: &SecretRef| SecretSlot { secret: secret.clone(), place: place.clone(), filled };
        user.passwords.iter().map(move |password| slot(&password.value))
    });
    slots.iter().cloned().chain(passwords).collect()
}

/// All about a server but its secrets.
fn server(run: &Run<'_>, deployment: &Deployment, node: &Node) -> Result<StartScript, Problem> {
    let engine = deployment.target.engine;
    let other = if engine == Engine::Valkey { Engine::Redis } else { Engine::Valkey };
    let file = file_name(engine);
    let users = !deployment.users.is_empty();
    let primary = match &deployment.topology {
        Topology::Replicated { primary } | Topology::Sentinel { primary, .. } => {
            deployment.nodes.get(*primary).filter(|_| deployment.nodes.len() > 1)
        }
        Topology::Standalone | Topology::Cluster { .. } => None,
    };
    let starts = match (&deployment.topology, primary) {
        (Topology::Cluster { .. }, _) => Starts::ClusterNode,
        (_, Some(_)) => Starts::Peer,
        (_, None) => Starts::Alone,
    };
    let mut facts = vec![
        ("file", file.to_owned()),
        ("other_file", file_name(other).to_owned()),
        ("data", text_setting(deployment, node, "dir").unwrap_or_default()),
    ];
    if users {
        facts.push(("users", text_setting(deployment, node, "aclfile").unwrap_or_default()));
    }
    if let Some(primary) = primary {
        let follows = if primary.id == node.id {
            String::new()
        } else {
            format!("{} {}", run.model.host(primary.host).address.value, link_port(deployment, primary))
        };
        facts.push(("follows", follows));
    }
    Ok(StartScript {
        what: format!(
            "a server of {}, of the spec {}",
            one_line(&deployment.name),
            one_line(&run.model.name)
        ),
        starts,
        facts: variables(&facts)?,
        links: if starts == Starts::Peer { links(run, deployment)? } else { String::new() },
        users,
        secrets: StartSecrets::default(),
    })
}

/// A server by the port, plain or TLS, at which it is no longer followed, and by the one at which it is.
struct Way {
    address: String,
    old: u16,
    new: u16,
}

/// The ways to the servers of deployments. An address at which another server is followed leads nowhere else.
fn ways<'d>(run: &Run<'_>, deployments: impl Iterator<Item = &'d Deployment>) -> Vec<Way> {
    let (mut known, mut ways) = (Vec::new(), Vec::new());
    for deployment in deployments {
        for node in &deployment.nodes {
            let host = run.model.host(node.host).address.value.as_str();
            let announced = text_setting(deployment, node, "replica-announce-ip");
            let announced = announced.as_deref().filter(|address| *address != host);
            for address in std::iter::once(host).chain(announced) {
                let (old, new) = (other_port(deployment, node), link_port(deployment, node));
                known.push((address.to_owned(), new));
                ways.extend(old.map(|old| Way { address: address.to_owned(), old, new }));
            }
        }
    }
    ways.retain(|way| !known.contains(&(way.address.clone(), way.old)));
    ways
}

/// The arms of the `case` that leads from one port to the other.
fn links(run: &Run<'_>, deployment: &Deployment) -> Result<String, Problem> {
    let mut arms = String::new();
    for Way { address, old, new } in ways(run, std::iter::once(deployment)) {
        let from = word(&format!("replicaof {address} {old}"))?;
        let to = word(&format!("replicaof {address} {new}"))?;
        // Writing to a String cannot fail.
        let _ = writeln!(arms, "        {from}) role={to} ;;");
    }
    Ok(arms)
}

/// All about a sentinel but its secrets.
fn sentinel_facts(run: &Run<'_>, set: &SentinelSet, sentinel: &Sentinel) -> Result<StartScript, Problem> {
    let dir = sentinel.own.get("dir").or_else(|| set.shared.get("dir"));
    let watched = run.model.deployments.iter().filter(|deployment| {
        matches!(&deployment.topology, Topology::Sentinel { watch, .. } if watch.set.value == set.name.value)
    });
    let moves = ways(run, watched).into_iter();
    let moves: Vec<String> = moves.map(|way| format!("{} {} {}", way.address, way.old, way.new)).collect();
    let users = !set.users.is_empty();
    let mut facts = vec![
        ("file", sentinel_conf::FILE.to_owned()),
        ("data", dir.and_then(|setting| text(&setting.value)).unwrap_or_default()),
        ("moves", moves.join(" ")),
    ];
    if users {
        let path = set.setting(sentinel, "aclfile").and_then(|setting| text(&setting.value));
        facts.push(("users", path.unwrap_or_default()));
    }
    Ok(StartScript {
        what: format!("a sentinel of {}, of the spec {}", one_line(&set.name), one_line(&run.model.name)),
        starts: Starts::Sentinel,
        facts: variables(&facts)?,
        links: String::new(),
        users,
        secrets: StartSecrets::default(),
    })
}

/// Variables of sh, each on a line of its own.
fn variables(facts: &[(&str, String)]) -> Result<String, Problem> {
    let mut text = String::new();
    for (name, value) in facts {
        text.push_str(name);
        text.push('=');
        text.push_str(&word(value)?);
        text.push('\n');
    }
    Ok(text)
}
