//! The servers and sentinels that a sentinel knows, matched with those of the spec.

use std::net::IpAddr;

use crate::live::Fields;
use crate::model::{Model, Sentinel, SentinelSet, Setting};

use super::roles::same_host;

/// A server or a sentinel, as a sentinel knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Instance {
    pub(super) host: String,
    pub(super) port: u16,
    /// `slave`, `s_down`, `disconnected` and so on, with commas between.
    pub(super) flags: String,
    /// The `run_id` of a server; the ID of a sentinel.
    run_id: String,
}

impl Instance {
    pub(super) fn of(fields: &Fields) -> Option<Self> {
        let text = |name: &str| fields.get(name).cloned().unwrap_or_default();
        let port = fields.get("port")?.parse().ok()?;
        Some(Instance { host: fields.get("ip")?.clone(), port, flags: text("flags"), run_id: text("runid") })
    }

    pub(super) fn at(host: &str, port: &str) -> Option<Self> {
        let (flags, run_id) = (String::new(), String::new());
        Some(Instance { host: host.to_owned(), port: port.parse().ok()?, flags, run_id })
    }
}

/// Where a node of the spec is found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) hosts: Vec<String>,
    pub(super) ports: Vec<u16>,
    /// What it says of itself, where it was asked.
    pub(super) run_id: Option<String>,
}

impl Spot {
    /// Where the other sentinels find one.
    pub(super) fn of_sentinel(model: &Model, set: &SentinelSet, sentinel: &Sentinel) -> Self {
        let globals = set.globals(sentinel);
        let own = |name: &str| {
            let setting = globals.iter().find(|setting| setting.name.value == name)?;
            setting.lines.first()?.first().filter(|text| !text.is_empty()).cloned()
        };
        let plain = |name: &str| set.setting(sentinel, name).and_then(Setting::port);
        let announced = own("announce-port").and_then(|text| text.parse().ok()).filter(|port| *port != 0);
        let ports = [Some(sentinel.port), plain("port"), plain("tls-port"), announced];
        Spot {
            hosts: std::iter::once(model.host(sentinel.host).address.value.clone())
                .chain(own("announce-ip"))
                .collect(),
            ports: ports.into_iter().flatten().collect(),
            run_id: None,
        }
    }

    /// Whether it is the one that is known there.
    pub(super) fn is(&self, instance: &Instance) -> bool {
        let same_run = self.run_id.as_ref().is_some_and(|id| !id.is_empty() && *id == instance.run_id);
        let there = self.hosts.iter().any(|host| same_host(host, &instance.host));
        same_run || (there && self.ports.contains(&instance.port))
    }

    /// Whether it may be the one, because a name stands against an address, and names are not looked up.
    pub(super) fn may_be(&self, instance: &Instance) -> bool {
        let is_ip = |text: &str| text.parse::<IpAddr>().is_ok();
        let mixed = self.hosts.iter().any(|host| is_ip(host) != is_ip(&instance.host));
        mixed && self.ports.contains(&instance.port)
    }
}

/// What a list of known instances comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Spots<'k> {
    /// The places of those of the spec that are not known.
    pub(super) missing: Vec<usize>,
    /// Those that the spec does not have.
    pub(super) extra: Vec<&'k Instance>,
    /// Those that are both, each with its place.
    pub(super) found: Vec<(&'k Instance, usize)>,
}

/// Matches what is known with what is declared: first by address or run, then what is left and may be the same.
pub(super) fn matched<'k>(known: &'k [Instance], declared: &[Spot]) -> Spots<'k> {
    let mut spots =
        Spots { missing: (0..declared.len()).collect(), extra: known.iter().collect(), found: Vec::new() };
    for fits in [Spot::is, Spot::may_be] {
        let (missing, found) = (&mut spots.missing, &mut spots.found);
        spots.extra.retain(|instance| {
            let Some(at) = missing.iter().position(|at| fits(&declared[*at], instance)) else { return true };
            found.push((*instance, missing.remove(at)));
            false
        });
    }
    spots
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(host: &str, port: u16) -> Spot {
        Spot { hosts: vec![host.to_owned()], ports: vec![port], run_id: None }
    }

    #[test]
    fn addresses_count_before_names() {
        let known = ["10.0.0.2", "10.0.0.1", "10.0.0.9"].map(|host| Instance::at(host, "6379").unwrap());
        let declared = [spot("cache-b", 6379), spot("10.0.0.1", 6379), spot("10.0.0.3", 6379)];
        let spots = matched(&known, &declared);
        assert_eq!(spots.missing, [2]);
        assert_eq!(spots.extra, [&known[2]]);
        assert_eq!(spots.found, [(&known[1], 1), (&known[0], 0)]);
    }

    #[test]
    fn a_run_is_the_same_at_any_address() {
        let fields = [("ip", "172.17.0.2"), ("port", "6379"), ("runid", "ab")];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let instance = Instance::of(&fields.into()).unwrap();
        let same = Spot { run_id: Some("ab".to_owned()), ..spot("10.0.0.1", 7000) };
        assert!(same.is(&instance) && !spot("10.0.0.1", 7000).is(&instance));
        assert!(!spot("cache-a", 7000).may_be(&instance));
    }
}
