//! A cluster: whether every node is in it, in its shard, whether every slot is served where it should be, and
//! whether there are others. Who leads a shard is the servers' business: a swap inside a shard is no difference.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::emit::{meeting, port_setting};
use crate::live::{ClusterNode, ServerAnswers, cluster_nodes};
use crate::model::{Deployment, Model, Node, NodeId, Shard, SlotRange, Slots, Topology};

use super::difference::{Class, Difference, Mend, Side, Subject};
use super::roles::{Seen, same_host};

/// A node that was heard, and what it says.
struct Member<'h> {
    seen: Seen<'h>,
    /// Itself, as it sees it.
    own: ClusterNode,
    /// All nodes that it knows, itself included.
    known: Vec<ClusterNode>,
}

/// What the nodes of a cluster come to; each difference with its place among the reports.
pub(super) fn compare(model: &Model, deployment: &Deployment, seen: &[Seen<'_>]) -> Vec<(usize, Difference)> {
    let Topology::Cluster { shards } = &deployment.topology else { return Vec::new() };
    let mut out = Vec::new();
    let mut members = Vec::new();
    for one in seen {
        match member(*one) {
            Ok(member) => members.push(member),
            Err(why) => out.push((one.at, Difference::unreadable(Subject::Cluster, why))),
        }
    }
    let heard: BTreeSet<&NodeId> = members.iter().map(|member| &member.seen.node.id).collect();
    let silent = deployment.nodes.iter().filter(|node| !heard.contains(&node.id)).collect();
    let cluster = Cluster { model, deployment, shards, members, silent };
    cluster.compare(&mut out);
    out
}

fn member(seen: Seen<'_>) -> Result<Member<'_>, String> {
    let said = match &seen.answers.cluster_nodes {
        Some(Ok(text)) => text,
        Some(Err(refusal)) => return Err(format!("CLUSTER NODES: {refusal}")),
        None => return Err("it was not asked about its cluster".to_owned()),
    };
    let nonsense = || "the answer to CLUSTER NODES cannot be understood".to_owned();
    let known = cluster_nodes(said).ok_or_else(nonsense)?;
    let own = known.iter().find(|node| node.is("myself")).cloned().ok_or_else(nonsense)?;
    Ok(Member { seen, own, known })
}

struct Cluster<'h> {
    model: &'h Model,
    deployment: &'h Deployment,
    shards: &'h [Shard],
    members: Vec<Member<'h>>,
    /// Declared nodes that were not heard.
    silent: Vec<&'h Node>,
}

impl<'h> Cluster<'h> {
    fn compare(&self, out: &mut Vec<(usize, Difference)>) {
        let inside = self.inside();
        let formed = inside.len() > 1;
        for member in &self.members {
            if !inside.contains(member.own.id.as_str()) {
                let live = if member.known.len() > 1 { "not known to the others" } else { "alone" };
                let mend = if formed {
                    "`CLUSTER MEET HOST PORT` on it, with the address of another node"
                } else {
                    "run bootstrap.sh, which forms the cluster"
                };
                let difference = self.changed(Subject::Cluster, "a node of the cluster", live);
                out.push((member.seen.at, difference.mend(Mend::ByHand(mend.to_owned()))));
            }
        }
        let inside: Vec<&Member<'h>> =
            self.members.iter().filter(|member| inside.contains(member.own.id.as_str())).collect();
        let leaders = self.leaders(&inside);
        self.shards_of(&inside, &leaders, out);
        let unserved = self.slots_of(&inside, &leaders, out);
        self.strangers(&inside, out);
        for member in &inside {
            self.open_slots(member, out);
        }
        // That the cluster is down follows from nodes that are not in it and from slots that nobody serves; by itself it is
        // something else.
        let follows = unserved || inside.len() < self.members.len();
        let states = inside.iter().filter_map(|member| self.state(member));
        out.extend(states.filter(|(_, one)| !follows || one.class == Class::Unreadable));
        out.extend(inside.iter().filter_map(|member| self.link(member, &inside)));
    }

    fn changed(&self, subject: Subject, wanted: &str, live: &str) -> Difference {
        let side = |text: &str| Side::Text(text.to_owned());
        Difference::new(subject, Class::Changed, side(wanted), side(live)).at(Some(self.deployment.name.span))
    }

    /// The IDs of those who know each other: of all groups the largest.
    fn inside(&self) -> BTreeSet<&str> {
        let known: Vec<(&str, HashSet<&str>)> = self
            .members
            .iter()
            .map(|member| {
                let ids = member.known.iter().map(|node| node.id.as_str()).collect();
                (member.own.id.as_str(), ids)
            })
            .collect();
        let groups = known.iter().map(|(id, known_to_it)| {
            let others =
                known.iter().filter(|(other, known)| known_to_it.contains(other) && known.contains(id));
            others.map(|(other, _)| *other).collect::<Vec<_>>()
        });
        // The first of equal ones, so that the answer does not depend on chance.
        groups
            .fold(Vec::new(), |best, group| if group.len() > best.len() { group } else { best })
            .into_iter()
            .collect()
    }

    /// The ID of the primary of each shard, by the shard's place: the one that most of its nodes follow or are.
    fn leaders(&self, inside: &[&Member<'h>]) -> Vec<Option<String>> {
        let leader = |shard: &Shard| {
            let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
            // Who serves slots leads more surely than an empty primary that nobody follows.
            let weight = |node: &ClusterNode| 2 + usize::from(!node.slots.is_empty());
            for member in inside.iter().filter(|member| self.belongs(member.seen.node, shard)) {
                *votes.entry(member.own.shard()).or_default() += weight(&member.own);
            }
            // Of nodes that were not heard, others tell.
            for own in self.silent.iter().filter(|own| self.belongs(own, shard)) {
                let mut known = inside.first().into_iter().flat_map(|member| &member.known);
                if let Some(node) = known.find(|node| self.is_at(own, node)) {
                    *votes.entry(node.shard()).or_default() += weight(node);
                }
            }
            votes.into_iter().max_by_key(|(_, votes)| *votes).map(|(id, _)| id.to_owned())
        };
        self.shards.iter().map(leader).collect()
    }

    /// Whether a node is declared in a shard.
    fn belongs(&self, node: &Node, shard: &Shard) -> bool {
        let places = std::iter::once(shard.primary).chain(shard.replicas.iter().copied());
        places.filter_map(|at| self.deployment.nodes.get(at)).any(|own| own.id == node.id)
    }

    /// Nodes that serve or follow another shard than their own.
    fn shards_of(
        &self,
        inside: &[&Member<'h>],
        leaders: &[Option<String>],
        out: &mut Vec<(usize, Difference)>,
    ) {
        for member in inside {
            let Some(at) = self.shards.iter().position(|shard| self.belongs(member.seen.node, shard)) else {
                continue;
            };
            if leaders[at].as_deref().is_none_or(|leader| leader == member.own.shard()) {
                continue;
            }
            let leader = leaders[at].as_deref().unwrap_or_default();
            let wanted = format!("shard {}", self.shards[at].id.0);
            let live = match leaders.iter().position(|other| other.as_deref() == Some(member.own.shard())) {
                Some(other) => format!("shard {}", self.shards[other].id.0),
                None if member.own.follows.is_none() && member.own.slots.is_empty() => {
                    "a primary without slots".to_owned()
                }
                None => format!("the shard of {}", self.name_of(member.own.shard())),
            };
            let mend = Mend::ByHand(format!(
                "`CLUSTER REPLICATE {leader}` on it, where the shard that it leaves keeps a replica"
            ));
            let difference = self.changed(Subject::Cluster, &wanted, &live).mend(mend);
            let migrated = member.own.follows.is_some() && migrates(member);
            let difference = if migrated {
                Difference { class: Class::Moved, ..difference }.note(
                    "replicas move by themselves to a primary that has lost its own (cluster-allow-replica-migration)",
                )
            } else {
                difference
            };
            out.push((member.seen.at, difference));
        }
    }

    /// Slots that are not served by the shard that should. Each such range is reported once, at the node that leads the
    /// shard that it belongs to. Says whether some are served by nobody.
    fn slots_of(
        &self,
        inside: &[&Member<'h>],
        leaders: &[Option<String>],
        out: &mut Vec<(usize, Difference)>,
    ) -> bool {
        let mut unserved = false;
        // Every node tells of its own slots; of nodes that were not heard, others tell.
        let mut owner: Vec<Option<&str>> = vec![None; SLOTS];
        let hearsay = inside.iter().flat_map(|member| &member.known);
        let heard: BTreeSet<&str> = inside.iter().map(|member| member.own.id.as_str()).collect();
        let others = hearsay.filter(|node| !heard.contains(node.id.as_str()));
        for node in others.chain(inside.iter().map(|member| &member.own)) {
            for slot in node.slots.iter().flat_map(|range| range.first..=range.last) {
                if let Some(owner) = owner.get_mut(usize::from(slot)) {
                    *owner = Some(node.id.as_str());
                }
            }
        }
        // Where a single node was asked, or none knows another, nothing follows from what it does not know.
        let formed = inside.len() > 1;
        for (shard, leader) in self.shards.iter().zip(leaders) {
            // Without its leader, the first of its nodes that was heard speaks for the shard, and without any of these
            // the first of all.
            let of_shard = || inside.iter().filter(|member| self.belongs(member.seen.node, shard));
            let leads = of_shard().find(|member| Some(member.own.id.as_str()) == leader.as_deref());
            let speaker = leads.or_else(|| of_shard().next()).or_else(|| inside.first().filter(|_| formed));
            let Some(speaker) = speaker else { continue };
            let unled = leader.is_none();
            let leader = leader.as_deref().unwrap_or_default();
            let mut wrong: BTreeMap<Option<&str>, Vec<u16>> = BTreeMap::new();
            for slot in shard.slots.0.iter().flat_map(|range| range.first..=range.last) {
                let is = owner.get(usize::from(slot)).copied().flatten();
                // Without a leader, whoever serves them cannot be wrong.
                if is != Some(leader) && (is.is_none() || !unled) {
                    wrong.entry(is).or_default().push(slot);
                }
            }
            for (is, slots) in wrong {
                unserved |= is.is_none();
                let wanted = format!("shard {}", shard.id.0);
                let live = match is {
                    None => "nobody serves them".to_owned(),
                    Some(id) => match leaders.iter().position(|other| other.as_deref() == Some(id)) {
                        Some(other) => format!("shard {}", self.shards[other].id.0),
                        None => self.name_of(id),
                    },
                };
                let mend = match is {
                    None if formed => format!(
                        "`CLUSTER ADDSLOTS` on {}, or the node that had them back",
                        speaker.seen.node.id
                    ),
                    None => "run bootstrap.sh, which assigns them".to_owned(),
                    Some(id) => format!("`redis-cli --cluster reshard` from {id} to {leader}"),
                };
                let subject = Subject::Slots(ranges(&slots).to_string());
                out.push((speaker.seen.at, self.changed(subject, &wanted, &live).mend(Mend::ByHand(mend))));
            }
        }
        unserved
    }

    /// Nodes that the spec does not have: told once, by the first who knows them.
    fn strangers(&self, inside: &[&Member<'h>], out: &mut Vec<(usize, Difference)>) {
        let ours: BTreeSet<&str> = self.members.iter().map(|member| member.own.id.as_str()).collect();
        let mut judged = BTreeSet::new();
        for member in inside {
            for node in &member.known {
                // What has no address yet, or none any more, is forgotten by itself.
                let passing = node.is("handshake") || node.is("noaddr");
                if passing
                    || ours.contains(node.id.as_str())
                    || !judged.insert(node.id.as_str())
                    || self.silent.iter().any(|own| self.is_at(own, node))
                {
                    continue;
                }
                let address = format!("{}:{}", node.host, node.port);
                let mut difference = Difference::new(
                    Subject::Stranger(address),
                    Class::NotInSpec,
                    Side::Absent,
                    Side::Text(format!("node {}", node.id)),
                )
                .at(Some(self.deployment.name.span))
                .mend(Mend::ByHand(format!("declare it, or `CLUSTER FORGET {}` on every node", node.id)));
                if !node.slots.is_empty() {
                    difference = difference.note("it serves slots: move them away first");
                }
                out.push((member.seen.at, difference));
            }
        }
    }

    /// Whether a declared node is where the cluster has a node. Which of its ports the others know depends on who asks
    /// over what.
    fn is_at(&self, own: &Node, node: &ClusterNode) -> bool {
        let meeting = meeting(self.deployment, own);
        let host = meeting.address.unwrap_or_else(|| self.model.host(own.host).address.value.clone());
        let setting = |name| port_setting(self.deployment, own, name);
        let more = ["port", "tls-port", "cluster-announce-port", "cluster-announce-tls-port"].map(setting);
        let port = [meeting.port, own.port].contains(&node.port) || more.contains(&Some(node.port));
        port && (same_host(&host, &node.host) || host.parse::<std::net::IpAddr>().is_err())
    }

    /// A replica that has lost its primary, though that is there.
    fn link(&self, member: &Member<'h>, inside: &[&Member<'h>]) -> Option<(usize, Difference)> {
        let fields = member.seen.answers.replication.as_ref().ok()?;
        let is_down = fields.get("master_link_status").is_some_and(|state| state == "down");
        let leader = member.own.follows.as_deref()?;
        if !is_down || !inside.iter().any(|other| other.own.id == leader) {
            return None;
        }
        let name = self.name_of(leader);
        let difference = self.changed(
            Subject::Role,
            &format!("replica of {name}"),
            &format!("replica of {name}, link down"),
        );
        let syncing = fields.get("master_sync_in_progress").is_some_and(|state| state == "1");
        let difference = if syncing {
            Difference { class: Class::Moved, ..difference }.note("it is being synchronised")
        } else {
            difference.mend(Mend::ByHand("see both servers' logs".to_owned()))
        };
        Some((member.seen.at, difference))
    }

    /// Slots that somebody began to move, and did not finish.
    fn open_slots(&self, member: &Member<'h>, out: &mut Vec<(usize, Difference)>) {
        // Replicas of Valkey 8.0 and later repeat what their primary says.
        for open in member.own.open.iter().filter(|_| member.own.follows.is_none()) {
            let other = self.name_of(&open.other);
            let live = if open.leaves {
                format!("on its way to {other}")
            } else {
                format!("on its way here from {other}")
            };
            let address = format!("{}:{}", member.own.host, member.own.port);
            let mend = Mend::ByHand(format!("finish it: `redis-cli --cluster fix {address}`"));
            let subject = Subject::Slots(open.slot.to_string());
            out.push((member.seen.at, self.changed(subject, "at rest", &live).mend(mend)));
        }
    }

    fn state(&self, member: &Member<'h>) -> Option<(usize, Difference)> {
        let at = member.seen.at;
        match member.seen.answers.cluster_state.as_ref()? {
            Err(refusal) => {
                Some((at, Difference::unreadable(Subject::Cluster, format!("CLUSTER INFO: {refusal}"))))
            }
            Ok(fields) => match fields.get("cluster_state").map(String::as_str) {
                Some("ok") => None,
                Some(state) => {
                    let mend = "see which nodes it cannot reach: `CLUSTER NODES` on it".to_owned();
                    Some((at, self.changed(Subject::Cluster, "ok", state).mend(Mend::ByHand(mend))))
                }
                None => Some((at, Difference::unreadable(Subject::Cluster, "CLUSTER INFO names no state"))),
            },
        }
    }

    /// A node by its ID, for people.
    fn name_of(&self, id: &str) -> String {
        let known = self.members.iter().find(|member| member.own.id == id);
        known.map_or_else(|| format!("node {id}"), |member| member.seen.node.id.to_string())
    }
}

/// Whether replicas of a node's cluster move to other shards by themselves (on by default; before 7.0 always).
fn migrates(member: &Member<'_>) -> bool {
    let settings = member.seen.answers.settings.as_ref();
    !settings.is_ok_and(|all| all.get("cluster-allow-replica-migration") == Some(b"no".as_slice()))
}

/// The slots of a cluster.
const SLOTS: usize = 16_384;

/// Rising slots as ranges.
fn ranges(slots: &[u16]) -> Slots {
    let mut ranges: Vec<SlotRange> = Vec::new();
    for slot in slots {
        match ranges.last_mut() {
            Some(range) if range.last + 1 == *slot => range.last = *slot,
            _ => ranges.push(SlotRange { first: *slot, last: *slot }),
        }
    }
    Slots(ranges)
}

/// Whether a server says that it is no cluster node at all.
pub(super) fn is_off(answers: &ServerAnswers) -> bool {
    let settings = answers.settings.as_ref();
    settings.is_ok_and(|settings| settings.get("cluster-enabled") == Some(b"no".as_slice()))
}
