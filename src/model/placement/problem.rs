//! What can be wrong with a placement, and how it is told.

use super::Seated;
use super::hosts::Sites;
use crate::diag::{Code, Finding};
use crate::model::Slots;
use crate::source::{At, Span};
use crate::spec::nearest;

/// One thing wrong with a placement. Pins are named at the place of their name or of the value to blame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A pin on a host that the deployment does not list.
    UnknownHost {
        /// The pin.
        pin: At<String>,
        /// The host.
        host: At<String>,
    },
    /// A pin to a shard beyond the last one.
    NoSuchShard {
        /// The pin.
        pin: At<String>,
        /// The shard that it names.
        shard: At<i64>,
        /// The number of shards.
        shards: u16,
    },
    /// Two pins on one port of a machine.
    SamePort {
        /// The later pin.
        pin: At<String>,
        /// The earlier pin.
        other: At<String>,
        /// The port, in the later pin.
        port: At<u16>,
    },
    /// Two pinned primaries in one shard.
    TwoPrimaries {
        /// The later pin.
        pin: At<String>,
        /// The earlier pin.
        other: At<String>,
        /// The shard.
        shard: u16,
        /// The later pin's role.
        role: Span,
    },
    /// More pinned replicas in a shard than it has.
    TooManyReplicas {
        /// The pin that is one too many.
        pin: At<String>,
        /// The shard's other pinned replicas.
        others: Vec<At<String>>,
        /// The shard.
        shard: u16,
        /// The replicas of each shard.
        replicas: u16,
        /// The pin's role.
        role: Span,
    },
    /// Slots on a pin that does not lead.
    SlotsOnReplica {
        /// The pin.
        pin: At<String>,
        /// Its slots.
        slots: Span,
    },
    /// A text that is no list of slots.
    BadSlots {
        /// The pin.
        pin: At<String>,
        /// The part to blame.
        place: Span,
        /// Why.
        reason: &'static str,
    },
    /// Slots of two pins.
    SharedSlots {
        /// The later pin, at its slots.
        pin: At<String>,
        /// The earlier pin, at its slots.
        other: At<String>,
        /// The slots that both name.
        slots: Slots,
    },
    /// Slots that no pin names, although each shard's pin names slots.
    Uncovered {
        /// The slots.
        slots: Slots,
        /// The last pin with slots.
        pin: At<String>,
    },
    /// A shard for which the pins of the others leave no slots.
    NoSlots {
        /// The shard.
        shard: u16,
        /// The pin with the most slots.
        pin: Option<At<String>>,
    },
    /// A replica on its primary's machine.
    SharedMachine {
        /// The shard, counted from 1.
        shard: u16,
        /// The primary's host.
        primary: String,
        /// The replica's host.
        replica: String,
        /// The pins of the primary and the replica, where both are pinned.
        pins: Option<(At<String>, At<String>)>,
        /// All hosts of the deployment are one machine: nothing else could be, and it was surely meant.
        only_machine: bool,
    },
    /// All nodes of a shard in one zone although there are several.
    SharedZone {
        /// The shard, counted from 1.
        shard: u16,
        /// The primary's host.
        primary: String,
    },
    /// No ports left on a host; cluster nodes need one up to 55535.
    NoPortsLeft {
        /// The host.
        host: String,
    },
}

impl Problem {
    /// The finding for it, at `span` (the deployment's hosts) where it has no place of its own. None where
    /// the spec leaves no choice that anybody would report: a cluster on one machine.
    pub fn finding(&self, deployment: &str, span: Span, hosts: &[&str]) -> Option<Finding> {
        let finding = self.of_pins(hosts).or_else(|| self.of_slots(span)).or_else(|| self.of_hosts(span))?;
        Some(finding.of(deployment))
    }

    /// Where a pin puts a node.
    fn of_pins(&self, hosts: &[&str]) -> Option<Finding> {
        Some(match self {
            Problem::UnknownHost { pin, host } => {
                let title = format!(
                    "`{}` is pinned to `{}`, which is none of the deployment's hosts",
                    pin.value, host.value
                );
                let near = nearest(&host.value, hosts.iter().copied());
                let help = near.map(|near| format!("did you mean `{near}`?"));
                Finding::new(Code::ReplicaPlacement, host.span, title)
                    .help(help.unwrap_or_else(|| "add the host to `hosts`, or remove the pin".to_owned()))
            }
            Problem::NoSuchShard { pin, shard, shards } => {
                let title =
                    format!("`{}` is pinned to shard {}, and there are {shards}", pin.value, shard.value);
                Finding::new(Code::ReplicaPlacement, shard.span, title)
                    .help("raise `shards`, or remove the pin")
            }
            Problem::SamePort { pin, other, port } => {
                let title = format!(
                    "`{}` and `{}` are pinned to one port of one machine, {}",
                    other.value, pin.value, port.value
                );
                Finding::new(Code::PortClash, port.span, title)
                    .related(other.span, "the other pin")
                    .help("give one of them another port")
            }
            Problem::TwoPrimaries { pin, other, shard, role } => {
                let title = format!(
                    "`{}` and `{}` are both pinned as primary of shard {shard}",
                    other.value, pin.value
                );
                Finding::new(Code::ReplicaPlacement, *role, title)
                    .related(other.span, "the other primary")
                    .help("make one of them a replica: it is the role on the first day only")
            }
            Problem::TooManyReplicas { pin, others, shard, replicas, role } => {
                let title = format!("`{}` is one replica too many: shard {shard} has {replicas}", pin.value);
                let finding = Finding::new(Code::ReplicaPlacement, *role, title);
                others
                    .iter()
                    .fold(finding, |finding, other| finding.related(other.span, "a replica of the shard"))
                    .help("raise `replicas`, or remove a pin")
            }
            _ => return None,
        })
    }

    /// Slots, in pins or missing.
    fn of_slots(&self, span: Span) -> Option<Finding> {
        Some(match self {
            Problem::SlotsOnReplica { pin, slots } => {
                let title = format!("`{}` is a replica and cannot be given slots", pin.value);
                Finding::new(Code::ReplicaPlacement, *slots, title)
                    .help("write `slots` on the pin of the shard's primary")
            }
            Problem::BadSlots { pin, place, reason } => {
                let title = format!("the slots of `{}` cannot be read", pin.value);
                Finding::new(Code::InvalidField, *place, title).help(*reason)
            }
            Problem::SharedSlots { pin, other, slots } => {
                let title = format!("`{}` and `{}` both have the slots {slots}", other.value, pin.value);
                Finding::new(Code::ReplicaPlacement, pin.span, title)
                    .related(other.span, "the other pin's slots")
                    .help("leave each slot to one shard")
            }
            Problem::Uncovered { slots, pin } => {
                let title = format!("no shard has the slots {slots}");
                Finding::new(Code::ReplicaPlacement, pin.span, title)
                    .help("give them to a primary's pin")
                    .note("a cluster with uncovered slots does not serve (`cluster-require-full-coverage`)")
            }
            Problem::NoSlots { shard, pin } => {
                let title = format!("shard {shard} has no slots: the pins of the other shards have them all");
                let place = pin.as_ref().map_or(span, |pin| pin.span);
                let help = "take slots away from other pins, such as this one, and the shard gets those";
                Finding::new(Code::ReplicaPlacement, place, title).help(help)
            }
            _ => return None,
        })
    }

    /// What the hosts do not allow.
    fn of_hosts(&self, span: Span) -> Option<Finding> {
        Some(match self {
            Problem::SharedMachine { shard, primary, replica, pins, only_machine: false } => {
                let title = match pins {
                    Some((leader, follower)) => format!(
                        "`{}` is pinned to the machine of its primary `{}`",
                        follower.value, leader.value
                    ),
                    None if primary == replica => {
                        format!("shard {shard} has a replica on its primary's host `{primary}`")
                    }
                    None => format!(
                        "shard {shard} has a replica on its primary's machine (`{primary}` and `{replica}`)"
                    ),
                };
                let place = pins.as_ref().map_or(span, |(_, follower)| follower.span);
                let finding = Finding::new(Code::ReplicaPlacement, place, title)
                    .note("when the machine fails, the shard loses both");
                match pins {
                    Some((leader, _)) => {
                        finding.related(leader.span, "the primary").help("pin one of them to another host")
                    }
                    None => finding.help("list other hosts as well, or list this one less often"),
                }
            }
            Problem::SharedZone { shard, primary } => {
                let title = format!("all nodes of shard {shard} are in the zone of `{primary}`");
                Finding::new(Code::DoesNotSurvive, span, title).help("list more hosts of other zones")
            }
            Problem::NoPortsLeft { host } => {
                let title = format!("the ports of the nodes on `{host}` count up beyond 55535");
                Finding::new(Code::InvalidField, span, title)
                    .help("choose a lower `port`")
                    .note("a cluster node's bus listens 10000 above its port")
            }
            // All hosts are one machine: it was surely meant.
            _ => return None,
        })
    }
}

/// Replicas beside their primaries, and shards within one zone although others exist.
pub(super) fn find_shared(sites: &Sites, groups: &[Vec<Seated>], problems: &mut Vec<Problem>) {
    let name = |node: &Seated| sites.name(node.site).to_owned();
    for (group, shard) in groups.iter().zip(1..) {
        let Some((primary, replicas)) = group.split_first() else { continue };
        let on_machine = |node: &&Seated| sites.machine[node.site] == sites.machine[primary.site];
        if let Some(replica) = replicas.iter().find(on_machine) {
            let pins = primary.pin.as_ref().zip(replica.pin.as_ref());
            problems.push(Problem::SharedMachine {
                shard,
                primary: name(primary),
                replica: name(replica),
                pins: pins.map(|(leader, follower)| (leader.name.clone(), follower.name.clone())),
                only_machine: sites.machines() == 1,
            });
        } else if sites.zones() > 1
            && !replicas.is_empty()
            && replicas.iter().all(|node| sites.zone[node.site] == sites.zone[primary.site])
        {
            problems.push(Problem::SharedZone { shard, primary: name(primary) });
        }
    }
}
