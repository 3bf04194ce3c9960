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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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
    /// What `start.sh.j2` sees.
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

/// What differs between the scripts of one deployment or set of sentinels, but for secrets.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Own {
    /// The data folder.
    data: String,
    /// The file of users, where there are users.
    users: Option<String>,
    /// The address and port of whom it follows; empty where it is the first primary. None of those that follow
    /// nobody.
    follows: Option<String>,
}

/// The scripts of a deployment or set of sentinels.
pub(super) struct StartScripts {
    rewrite: Rewrite,
    /// What was written, by what differs, and then by the places for secrets in the configuration file.
    written: BTreeMap<Own, Vec<(Vec<SecretSlot>, Bytes)>>,
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
        let primary = first_primary(deployment);
        let users = (!deployment.users.is_empty()).then_some("aclfile");
        let own = Own {
            data: text_setting(deployment, node, "dir").unwrap_or_default(),
            users: users.map(|users| text_setting(deployment, node, users).unwrap_or_default()),
            follows: primary.map(|primary| {
                if primary.id == node.id {
                    return String::new();
                }
                let address = &run.model.host(primary.host).address.value;
                format!("{address} {}", link_port(deployment, primary))
            }),
        };
        self.add(run, place, own, slots, &deployment.users, |run, own| server(run, deployment, own));
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
        let path = |name| set.setting(sentinel, name).and_then(|setting| text(&setting.value));
        let own = Own {
            data: path("dir").unwrap_or_default(),
            users: (!set.users.is_empty()).then(|| path("aclfile").unwrap_or_default()),
            follows: None,
        };
        self.add(run, place, own, slots, &set.users, |run, own| sentinel_facts(run, set, own));
    }

    /// Writes a script that no node had before.
    fn write(
        &mut self,
        run: &Run<'_>,
        script: StartScript,
        own: Own,
        slots: &[SecretSlot],
        users: &[User],
    ) -> Result<Bytes, Problem> {
        let secrets = with_passwords(slots, users, run.vault.is_open());
        let script = StartScript { secrets: StartSecrets::new(&secrets, self.rewrite)?, ..script };
        let texts = [script.what.as_str(), script.facts.as_str()];
        let record = |[what, facts]: [&str; 2]| StartScript {
            what: what.to_owned(),
            facts: facts.to_owned(),
            ..script.clone()
        };
        let bytes = Bytes::from(run.templates.cast(Template::Start, texts, record)?);
        self.written.entry(own).or_default().push((slots.to_vec(), bytes.clone()));
        Ok(bytes)
    }

    /// Adds a script. Most nodes have the one that was written for a node before.
    fn add(
        &mut self,
        run: &mut Run<'_>,
        place: Place<'_>,
        own: Own,
        slots: &[SecretSlot],
        users: &[User],
        facts: impl FnOnce(&Run<'_>, &Own) -> Result<StartScript, Problem>,
    ) {
        let alike = self.written.get(&own).into_iter().flatten().find(|(known, _)| known == slots);
        let bytes = match alike {
            Some((_, bytes)) => Ok(bytes.clone()),
            None => facts(run, &own).and_then(|script| self.write(run, script, own, slots, users)),
        };
        match bytes {
            Ok(bytes) => run.add(place, Install::Replace, SCRIPT, bytes, Vec::new()),
            Err(problem) => run.fail(place, problem),
        }
    }
}

/// The first primary of a deployment in which others follow it.
fn first_primary(deployment: &Deployment) -> Option<&Node> {
    match &deployment.topology {
        Topology::Replicated { primary } | Topology::Sentinel { primary, .. } => {
            deployment.nodes.get(*primary).filter(|_| deployment.nodes.len() > 1)
        }
        Topology::Standalone | Topology::Cluster { .. } => None,
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
fn server(run: &Run<'_>, deployment: &Deployment, own: &Own) -> Result<StartScript, Problem> {
    let engine = deployment.target.engine;
    let other = if engine == Engine::Valkey { Engine::Redis } else { Engine::Valkey };
    let file = file_name(engine);
    let starts = match (&deployment.topology, &own.follows) {
        (Topology::Cluster { .. }, _) => Starts::ClusterNode,
        (_, Some(_)) => Starts::Peer,
        (_, None) => Starts::Alone,
    };
    let mut facts = vec![("file", file), ("other_file", file_name(other)), ("data", own.data.as_str())];
    facts.extend(own.users.as_deref().map(|users| ("users", users)));
    facts.extend(own.follows.as_deref().map(|follows| ("follows", follows)));
    Ok(StartScript {
        what: format!(
            "a server of {}, of the spec {}",
            one_line(&deployment.name),
            one_line(&run.model.name)
        ),
        starts,
        facts: variables(&facts)?,
        links: if starts == Starts::Peer { links(run, deployment)? } else { String::new() },
        users: own.users.is_some(),
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
fn sentinel_facts(run: &Run<'_>, set: &SentinelSet, own: &Own) -> Result<StartScript, Problem> {
    let watched = run.model.deployments.iter().filter(|deployment| {
        matches!(&deployment.topology, Topology::Sentinel { watch, .. } if watch.set.value == set.name.value)
    });
    let moves = ways(run, watched).into_iter();
    let moves: Vec<String> = moves.map(|way| format!("{} {} {}", way.address, way.old, way.new)).collect();
    let moves = moves.join(" ");
    let mut facts =
        vec![("file", sentinel_conf::FILE), ("data", own.data.as_str()), ("moves", moves.as_str())];
    facts.extend(own.users.as_deref().map(|users| ("users", users)));
    Ok(StartScript {
        what: format!("a sentinel of {}, of the spec {}", one_line(&set.name), one_line(&run.model.name)),
        starts: Starts::Sentinel,
        facts: variables(&facts)?,
        links: String::new(),
        users: own.users.is_some(),
        secrets: StartSecrets::default(),
    })
}

/// Variables of sh, each on a line of its own.
fn variables(facts: &[(&str, &str)]) -> Result<String, Problem> {
    let mut text = String::new();
    for (name, value) in facts {
        text.push_str(name);
        text.push('=');
        text.push_str(&word(value)?);
        text.push('\n');
    }
    Ok(text)
}
