//! Pins: which of them hold, and the names and ports of the nodes that have none.

use std::collections::{BTreeMap, BTreeSet};

use super::hosts::Sites;
use super::problem::Problem;
use super::{LAST_PORT, Request, Seated};
use crate::model::Slots;
use crate::source::{At, Sources, Span};
use crate::spec::{PinRole, PinSpec};

/// A pin that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The node's name.
    pub name: At<String>,
    /// The port.
    pub port: u16,
    /// The shard, counted from 1.
    pub shard: u16,
    /// The role on the first day.
    pub role: PinRole,
    /// The slots, on a primary.
    pub slots: Option<At<Slots>>,
    pub(super) site: usize,
}

/// The pins that hold, by name; each of the others is one problem. Pins that could not be decoded are
/// passed over: that is reported already.
pub(super) fn valid_pins(request: &Request<'_>, sites: &Sites, problems: &mut Vec<Problem>) -> Vec<Pin> {
    let mut taken = Taken::default();
    let mut pins = Vec::new();
    for (name, spec) in request.pins.iter() {
        match read(request, sites, name, &spec.value, &mut taken) {
            Ok(Some(mut pin)) => {
                pin.slots = match slots_of(&spec.value, &pin, &pins) {
                    Ok(slots) => slots,
                    Err(problem) => {
                        problems.push(*problem);
                        None
                    }
                };
                pins.push(pin);
            }
            Ok(None) => {}
            Err(problem) => problems.push(*problem),
        }
    }
    pins
}

/// What earlier pins have taken.
#[derive(Default)]
struct Taken {
    ports: BTreeMap<(usize, u16), At<String>>,
    primaries: BTreeMap<u16, At<String>>,
    replicas: BTreeMap<u16, Vec<At<String>>>,
}

fn read(
    request: &Request<'_>,
    sites: &Sites,
    name: &At<String>,
    spec: &PinSpec,
    taken: &mut Taken,
) -> Result<Option<Pin>, Box<Problem>> {
    let (Some(host), Some(port), Some(number), Some(role)) =
        (&spec.host, &spec.port, &spec.shard, &spec.role)
    else {
        return Ok(None);
    };
    let Some(site) = sites.named(&host.value) else {
        return Err(Box::new(Problem::UnknownHost { pin: name.clone(), host: host.clone() }));
    };
    let shard = match u16::try_from(number.value) {
        Ok(shard) if (1..=request.shards).contains(&shard) => shard,
        // Out of the record's own bounds, which is reported already.
        _ if !(1..=1000).contains(&number.value) => return Ok(None),
        _ => {
            let shard = At::new(number.value, number.span);
            return Err(Box::new(Problem::NoSuchShard { pin: name.clone(), shard, shards: request.shards }));
        }
    };
    let place = (sites.machine[site], port.value.0);
    if let Some(other) = taken.ports.get(&place) {
        let port = At::new(port.value.0, port.span);
        return Err(Box::new(Problem::SamePort { pin: name.clone(), other: other.clone(), port }));
    }
    match role.value {
        PinRole::Primary => {
            if let Some(other) = taken.primaries.get(&shard) {
                let other = other.clone();
                return Err(Box::new(Problem::TwoPrimaries {
                    pin: name.clone(),
                    other,
                    shard,
                    role: role.span,
                }));
            }
            taken.primaries.insert(shard, name.clone());
        }
        PinRole::Replica => {
            let replicas = taken.replicas.entry(shard).or_default();
            if replicas.len() >= usize::from(request.replicas) {
                let (others, replicas) = (replicas.clone(), request.replicas);
                return Err(Box::new(Problem::TooManyReplicas {
                    pin: name.clone(),
                    others,
                    shard,
                    replicas,
                    role: role.span,
                }));
            }
            replicas.push(name.clone());
        }
    }
    taken.ports.insert(place, name.clone());
    Ok(Some(Pin { name: name.clone(), port: port.value.0, shard, role: role.value, slots: None, site }))
}

fn slots_of(spec: &PinSpec, pin: &Pin, earlier: &[Pin]) -> Result<Option<At<Slots>>, Box<Problem>> {
    let Some(text) = &spec.slots else { return Ok(None) };
    if pin.role == PinRole::Replica {
        return Err(Box::new(Problem::SlotsOnReplica { pin: pin.name.clone(), slots: text.span }));
    }
    let slots: Slots = text.value.parse().map_err(|bad: super::BadSlots| {
        let place = inside(text.span, &text.value, &bad.range);
        Box::new(Problem::BadSlots { pin: pin.name.clone(), place, reason: bad.reason })
    })?;
    for other in earlier {
        let Some(theirs) = &other.slots else { continue };
        let shared = slots.shared(&theirs.value);
        if !shared.0.is_empty() {
            let (pin, other) =
                (At::new(pin.name.value.clone(), text.span), At::new(other.name.value.clone(), theirs.span));
            return Err(Box::new(Problem::SharedSlots { pin, other, slots: shared }));
        }
    }
    Ok(Some(At::new(slots, text.span)))
}

/// The place of a part of a string: behind its quote where the literal is as long as the text and its quotes.
fn inside(literal: Span, text: &str, range: &std::ops::Range<usize>) -> Span {
    if literal.range().len() == text.len() + 2 {
        let at = literal.range().start + 1;
        Sources::span(literal.source, at + range.start..at + range.end)
    } else {
        literal
    }
}

/// Gives each node its name and port.
pub(super) struct Namer<'a> {
    sites: &'a Sites,
    next: Vec<u32>,
    ports: BTreeSet<(usize, u16)>,
    names: BTreeSet<String>,
    exhausted: BTreeSet<usize>,
}

impl<'a> Namer<'a> {
    pub(super) fn new<'n>(
        request: &Request<'_>,
        sites: &'a Sites,
        nodes: impl Iterator<Item = &'n Seated>,
    ) -> Self {
        let mut namer = Namer {
            sites,
            next: vec![u32::from(request.port); sites.machines()],
            ports: BTreeSet::new(),
            names: BTreeSet::new(),
            exhausted: BTreeSet::new(),
        };
        for pin in nodes.filter_map(|node| node.pin.as_ref()) {
            namer.ports.insert((sites.machine[pin.site], pin.port));
            namer.names.insert(pin.name.value.clone());
        }
        namer
    }

    /// The name and port of a node: the pin's, or the next of its machine that neither a pin nor another
    /// node has.
    pub(super) fn place(&mut self, node: &Seated) -> (String, u16) {
        if let Some(pin) = &node.pin {
            return (pin.name.value.clone(), pin.port);
        }
        let machine = self.sites.machine[node.site];
        loop {
            let port = u16::try_from(self.next[machine]).unwrap_or(LAST_PORT);
            if self.next[machine] > u32::from(LAST_PORT) {
                self.exhausted.insert(node.site);
            }
            let name = format!("{}-{port}", self.sites.name(node.site));
            self.next[machine] += 1;
            // Past the last port names may repeat: nothing is right then, and it is reported.
            let over = self.next[machine] > u32::from(LAST_PORT) + 1;
            if over || (!self.ports.contains(&(machine, port)) && self.names.insert(name.clone())) {
                return (name, port);
            }
        }
    }

    /// Hosts on which ports ran out.
    pub(super) fn exhausted(self) -> Vec<Problem> {
        let host = |site: usize| Problem::NoPortsLeft { host: self.sites.name(site).to_owned() };
        self.exhausted.iter().map(|&site| host(site)).collect()
    }
}
