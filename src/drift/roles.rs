//! Who leads, and who follows whom: one server by itself, and the servers of a deployment together.

use std::net::IpAddr;

use crate::emit::{link_port, port_setting, text_setting};
use crate::live::{Fields, ServerAnswers};
use crate::model::{Deployment, Model, Node, Topology};

use super::difference::{Class, Difference, Mend, Side, Subject};

/// A server that was heard.
#[derive(Clone, Copy)]
pub(super) struct Seen<'h> {
    /// Its place among the reports.
    pub(super) at: usize,
    pub(super) node: &'h Node,
    pub(super) answers: &'h ServerAnswers,
}

/// What a server says of its role.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Role {
    Leads,
    Follows { host: String, port: u16, up: bool, syncing: bool },
}

impl Role {
    fn of(fields: &Fields) -> Option<Self> {
        let field = |name: &str| fields.get(name).map(String::as_str);
        match field("role")? {
            "master" | "primary" => Some(Role::Leads),
            _ => Some(Role::Follows {
                host: field("master_host")?.to_owned(),
                port: field("master_port")?.parse().ok()?,
                up: field("master_link_status") == Some("up"),
                syncing: field("master_sync_in_progress") == Some("1"),
            }),
        }
    }

    fn side(&self) -> Side {
        Side::Text(match self {
            Role::Leads => "primary".to_owned(),
            Role::Follows { host, port, up: true, .. } => format!("replica of {host} {port}"),
            Role::Follows { host, port, .. } => format!("replica of {host} {port}, link down"),
        })
    }
}

/// What the roles of a deployment's servers come to; each difference with its place among the reports.
pub(super) fn compare(model: &Model, deployment: &Deployment, seen: &[Seen<'_>]) -> Vec<(usize, Difference)> {
    let mut out = Vec::new();
    let mut roles: Vec<(Seen<'_>, Role)> = Vec::new();
    for one in seen {
        match one.answers.replication.as_ref().map(Role::of) {
            Ok(Some(role)) => roles.push((*one, role)),
            Ok(None) => out.push((one.at, unreadable("its INFO names no role"))),
            Err(refusal) => out.push((one.at, unreadable(&format!("INFO replication: {refusal}")))),
        }
    }
    match &deployment.topology {
        Topology::Standalone => {
            for (one, role) in roles.iter().filter(|(_, role)| *role != Role::Leads) {
                let mend = "`REPLICAOF NO ONE`, once its data are those that you want".to_owned();
                out.push((one.at, changed(deployment, "primary", role).mend(Mend::ByHand(mend))));
            }
        }
        Topology::Replicated { primary } | Topology::Sentinel { primary, .. } => {
            if let Some(first) = deployment.nodes.get(*primary) {
                out.extend(Set { model, deployment, first, roles: &roles }.compare());
            }
        }
        // Who leads a shard is the servers' business, and the rest is seen in the cluster.
        Topology::Cluster { .. } => {}
    }
    out
}

fn unreadable(why: &str) -> Difference {
    Difference::unreadable(Subject::Role, why)
}

fn changed(deployment: &Deployment, wanted: &str, role: &Role) -> Difference {
    let wanted = Side::Text(wanted.to_owned());
    Difference::new(Subject::Role, Class::Changed, wanted, role.side()).at(Some(deployment.name.span))
}

/// A primary and its replicas.
struct Set<'s> {
    model: &'s Model,
    deployment: &'s Deployment,
    /// Who leads on the first day.
    first: &'s Node,
    roles: &'s [(Seen<'s>, Role)],
}

impl Set<'_> {
    fn compare(&self) -> Vec<(usize, Difference)> {
        // Without a leader among the servers that were heard, they cannot be held against one.
        let Some(leader) = self.leader() else { return self.without_leader() };
        let mut out = Vec::new();
        let address = self.address(leader);
        let moved = leader.id != self.first.id;
        for (one, role) in self.roles {
            let is_leader = one.node.id == leader.id;
            let wanted = format!("replica of {address}");
            match role {
                Role::Leads if is_leader && moved => {
                    let (wanted, live) = (self.of_the_first_day(one.node), role.side());
                    let note = format!(
                        "{} led on the first day; it has moved by a failover, or by hand",
                        self.first.id
                    );
                    let difference = Difference::new(Subject::Role, Class::Moved, wanted, live);
                    out.push((one.at, difference.note(note).at(Some(self.deployment.name.span))));
                }
                Role::Leads if is_leader => {}
                Role::Leads => {
                    let note = "two lead, or one is away and this one is empty: look at the data of all before anybody follows";
                    let mend = Mend::ByHand(format!("`REPLICAOF {address}`, once its writes are saved"));
                    out.push((one.at, changed(self.deployment, &wanted, role).mend(mend).note(note)));
                }
                Role::Follows { up, syncing, .. } if self.follows(one, role, leader) => {
                    // Where the leader itself was not heard, that its replicas have lost it follows.
                    let leader_is_there = self.roles.iter().any(|(one, _)| one.node.id == leader.id);
                    if !up && leader_is_there {
                        out.push((one.at, self.link_down(&wanted, role, *syncing)));
                    } else if *up && moved && one.node.id == self.first.id {
                        let difference = Difference::new(
                            Subject::Role,
                            Class::Moved,
                            Side::Text("primary".to_owned()),
                            role.side(),
                        );
                        let note = format!("{} leads now", leader.id);
                        out.push((one.at, difference.note(note).at(Some(self.deployment.name.span))));
                    }
                }
                Role::Follows { .. } => {
                    let mend = Mend::ByHand(format!("`REPLICAOF {address}`"));
                    out.push((one.at, changed(self.deployment, &wanted, role).mend(mend)));
                }
            }
        }
        out
    }

    /// Who leads: the one that says so; of several the one that most follow, then the one of the first day. Where none
    /// says so, a server that was not heard, and that is followed.
    fn leader(&self) -> Option<&Node> {
        let followers =
            |node: &Node| self.roles.iter().filter(|(one, role)| self.follows(one, role, node)).count();
        let leaders = self.roles.iter().filter(|(_, role)| *role == Role::Leads).map(|(one, _)| one.node);
        let best = leaders.max_by_key(|node| (followers(node), node.id == self.first.id));
        let heard = |node: &&Node| self.roles.iter().any(|(one, _)| one.node.id == node.id);
        let silent = self.deployment.nodes.iter().filter(|node| !heard(node));
        let followed = silent.filter(|node| followers(node) > 0).max_by_key(|node| followers(node));
        // Whom nobody follows does not lead as long as others follow somebody who is away: it may have come back empty.
        best.filter(|node| followers(node) > 0 || followed.is_none()).or(followed)
    }

    /// Everybody follows somebody who does not lead, or who is none of the servers.
    fn without_leader(&self) -> Vec<(usize, Difference)> {
        let all_heard = self.roles.len() == self.deployment.nodes.len();
        let mut out = Vec::new();
        for (one, role) in self.roles {
            if all_heard && one.node.id == self.first.id {
                let mend = Mend::ByHand("make one of them the primary: `REPLICAOF NO ONE`".to_owned());
                out.push((
                    one.at,
                    changed(self.deployment, "primary", role).mend(mend).note("no server leads"),
                ));
            } else if let Role::Follows { host, port, .. } = role {
                let known = self.deployment.nodes.iter().any(|node| self.is_at(node, host, *port));
                if !known {
                    let note = "at this address is no server of the spec, as far as addresses tell";
                    out.push((
                        one.at,
                        changed(self.deployment, "primary, or replica of one", role).note(note),
                    ));
                }
            }
        }
        out
    }

    fn link_down(&self, wanted: &str, role: &Role, syncing: bool) -> Difference {
        let difference = changed(self.deployment, wanted, role);
        if syncing {
            return Difference { class: Class::Moved, ..difference }.note("it is being synchronised");
        }
        let mend = "see both servers' logs: an address, a password or a certificate".to_owned();
        difference.mend(Mend::ByHand(mend))
    }

    /// What a node was on the first day.
    fn of_the_first_day(&self, node: &Node) -> Side {
        let is_first = node.id == self.first.id;
        Side::Text(if is_first {
            "primary".into()
        } else {
            format!("replica of {}", self.address(self.first))
        })
    }

    /// Where others follow a node, as `REPLICAOF` takes it.
    fn address(&self, node: &Node) -> String {
        let announced = text_setting(self.deployment, node, "replica-announce-ip");
        let host = announced.unwrap_or_else(|| self.model.host(node.host).address.value.clone());
        let port = port_setting(self.deployment, node, "replica-announce-port");
        format!("{host} {}", port.unwrap_or_else(|| link_port(self.deployment, node)))
    }

    /// Whether a server follows a node: by its address, or, where that is written otherwise (a name, another network),
    /// by the history that both share.
    fn follows(&self, one: &Seen<'_>, role: &Role, node: &Node) -> bool {
        let Role::Follows { host, port, up, .. } = role else { return false };
        if self.is_at(node, host, *port) {
            return true;
        }
        let anybody = self.deployment.nodes.iter().any(|other| self.is_at(other, host, *port));
        let leads = self.roles.iter().find(|(other, role)| other.node.id == node.id && *role == Role::Leads);
        let history = |one: &Seen<'_>| one.answers.replication.as_ref().ok()?.get("master_replid").cloned();
        *up && !anybody
            && leads.is_some_and(|(leader, _)| history(leader).is_some_and(|id| Some(id) == history(one)))
    }

    fn is_at(&self, node: &Node, host: &str, port: u16) -> bool {
        hosts(self.model, self.deployment, node).any(|own| same_host(&own, host))
            && ports(self.deployment, node).any(|own| own == port)
    }
}

/// The hosts that others may know a server by.
pub(super) fn hosts(model: &Model, deployment: &Deployment, node: &Node) -> impl Iterator<Item = String> {
    let announced = text_setting(deployment, node, "replica-announce-ip");
    std::iter::once(model.host(node.host).address.value.clone()).chain(announced)
}

/// The ports that others may know a server by.
pub(super) fn ports(deployment: &Deployment, node: &Node) -> impl Iterator<Item = u16> {
    let number = |name| port_setting(deployment, node, name);
    let ports = [Some(node.port), number("port"), number("tls-port"), number("replica-announce-port")];
    ports.into_iter().flatten()
}

/// Whether two texts are the same host, as far as that can be said without looking names up.
pub(super) fn same_host(one: &str, other: &str) -> bool {
    let ip = |text: &str| text.parse::<IpAddr>().ok();
    match (ip(one), ip(other)) {
        (Some(one), Some(other)) => one.to_canonical() == other.to_canonical(),
        _ => one.eq_ignore_ascii_case(other),
    }
}
