//! From the spec as written to the model: looks up names, decides targets, types settings, derives
//! what follows from the topology. Each file lowers one family.

mod artifacts;
mod cluster;
mod config;
mod derived;
mod directive;
mod hosts;
mod memcached;
mod names;
mod nodes;
mod options;
mod profiles;
mod redis;
mod sentinels;
mod service;
mod setting;
mod target;
mod user_line;

use derived::Judged;
use names::{Kind, Uses};
use profiles::TypedProfiles;

use super::topology::{Host, HostId, Model, SentinelSet};
use crate::diag::{Code, Finding, Findings};
use crate::source::{At, Sources, Span};
use crate::spec::raw::{Raw, Table};
use crate::spec::{Layers, RedisSpec, SentinelsSpec, Spec, TopologyKind, UserSpec, nearest};

/// Resolves a spec. The model holds what could be resolved; the rest is in the findings.
pub fn lower(spec: &Spec, layers: &Layers, findings: &mut Findings) -> Model {
    let span = layers.main.map(Span::start_only).unwrap_or_default();
    let hosts = hosts::hosts(spec, findings);
    let mut lowering = Lowering {
        spec,
        sources: &layers.sources,
        findings,
        lossy: layers.lossy,
        root: &layers.root,
        hosts,
        uses: Uses::default(),
        typed: TypedProfiles::default(),
        judged: Judged::default(),
        unsure: names_lost(spec, layers),
    };
    lowering.report_duplicate_names();
    let mut deployments = redis::deployments(&mut lowering);
    let sentinels = sentinels::sets(&mut lowering, &mut deployments);
    let memcached = memcached::deployments(&mut lowering);
    let own = artifacts::own_templates(&mut lowering, layers);
    lowering.report_names();
    Model {
        name: spec.name.as_ref().map(|name| name.value.clone()).unwrap_or_default(),
        hosts: lowering.hosts,
        deployments,
        sentinels,
        memcached,
        own,
        lints: spec.lints.clone(),
        span,
    }
}

/// What lowering carries along.
struct Lowering<'a> {
    /// The spec as written.
    spec: &'a Spec,
    /// The texts it stands in.
    sources: &'a Sources,
    /// Where findings go.
    findings: &'a mut Findings,
    /// Parts of the spec were lost: that something is not there proves nothing.
    lossy: bool,
    root: &'a Table,
    /// The hosts that have an address, sorted by name.
    hosts: Vec<Host>,
    /// The names that the spec uses.
    uses: Uses,
    /// Profiles that were typed already.
    typed: TypedProfiles<'a>,
    /// Derived values that were judged already.
    judged: Judged,
    /// A list of names could not be read: what it would have used is unknown.
    unsure: bool,
}

impl Lowering<'_> {
    /// The host of a name. None was reported, or will be with all names.
    fn host(&mut self, name: &At<String>) -> Option<HostId> {
        self.uses.note(Kind::Host, name);
        self.hosts.binary_search_by(|host| host.name.value.cmp(&name.value)).ok().map(HostId)
    }

    /// Whether a deployment's table has a key at all, decodable or not, or a misspelling of it: then its absence
    /// is no finding.
    fn mentions(&self, deployment: &At<String>, key: &str) -> bool {
        let keys = || RedisSpec::RECORD.fields.iter().map(|field| field.key);
        let means =
            |written: &String| !keys().any(|key| key == written) && nearest(written, keys()) == Some(key);
        self.raw_deployment(deployment)
            .is_some_and(|table| table.get(key).is_some() || table.entries.keys().any(means))
    }

    /// Whether the spec says what a deployment survives, and it could not be read.
    fn survives_lost(&self, deployment: &At<String>, spec: &RedisSpec) -> bool {
        spec.survives.is_none() && (self.lossy || self.mentions(deployment, "survives"))
    }

    /// Whether the spec says which replicas a deployment has, and it could not be read.
    fn replicas_lost(&self, deployment: &At<String>, spec: &RedisSpec) -> bool {
        spec.replicas.is_none() && (self.lossy || self.mentions(deployment, "replicas"))
    }

    /// The first key that decides who may log in and could not be read.
    fn logins_lost(&self, deployment: &At<String>, spec: &RedisSpec) -> Option<String> {
        let undecoded = spec.users.entries().any(|entry| match &entry.value {
            Some(user) => self.user_lost(deployment, &entry.name, &user.value),
            None => true,
        });
        let profiles = spec.profiles.iter().flat_map(|names| &names.value);
        let no_profile = profiles
            .into_iter()
            .any(|name| self.spec.profiles.get(name).is_none_or(|profile| profile.config.is_none()));
        let lost = [
            ("replication", spec.replication.is_some(), false),
            ("observer", spec.observer.is_some(), false),
            ("users", !spec.users.is_empty(), undecoded),
            ("config", spec.config.is_some(), false),
            ("profiles", spec.profiles.is_some(), no_profile),
        ];
        let is_lost = |key: &str, read: bool| !read && (self.lossy || self.mentions(deployment, key));
        let lost = lost.into_iter().find(|(key, read, partly)| *partly || is_lost(key, *read));
        lost.map(|(key, ..)| key.to_owned())
    }

    /// Whether a user has a password, rules or a state that could not be read.
    fn user_lost(&self, deployment: &At<String>, name: &At<String>, user: &UserSpec) -> bool {
        let read = [
            ("passwords", user.passwords.is_some()),
            ("rules", user.rules.is_some()),
            ("enabled", user.enabled.is_some()),
        ];
        let users = self.raw_deployment(deployment).and_then(|table| table.get("users"));
        let Some(Raw::Table(users)) = users.map(|node| &node.value) else { return self.lossy };
        let Some(Raw::Table(record)) = users.get(name).map(|node| &node.value) else { return self.lossy };
        // A key that the language does not have may be any of them.
        let strange = record.entries.keys().any(|key| read.iter().all(|(known, _)| known != key));
        read.iter().any(|(key, read)| !read && (strange || record.get(key).is_some()))
    }

    /// Whether a set of sentinels says whom it logs in as, and it could not be read.
    fn auth_lost(&self, set: &At<String>, spec: &SentinelsSpec) -> bool {
        let Some(Raw::Table(sets)) = self.root.get("sentinels").map(|node| &node.value) else { return false };
        let Some(Raw::Table(record)) = sets.get(set).map(|node| &node.value) else { return false };
        spec.auth.is_none() && (self.lossy || record.get("auth").is_some())
    }

    fn raw_deployment(&self, deployment: &At<String>) -> Option<&Table> {
        ["redis", "valkey"].iter().find_map(|engine| {
            let Raw::Table(deployments) = &self.root.get(engine)?.value else { return None };
            let entry = deployments.entries.get(&deployment.value)?;
            match &entry.value.value {
                Raw::Table(table) if entry.key == deployment.span => Some(table),
                _ => None,
            }
        })
    }

    /// Names of deployments become folders: they are unique across engines, and none is a set of sentinels' folder.
    fn report_duplicate_names(&mut self) {
        let spec = self.spec;
        let mut names: Vec<&At<String>> = spec.redis.entries().map(|entry| &entry.name).collect();
        names.extend(spec.valkey.entries().map(|entry| &entry.name));
        names.extend(spec.memcached.entries().map(|entry| &entry.name));
        names.sort();
        for pair in names.windows(2) {
            if pair[0].value == pair[1].value {
                let title = format!("two deployments are called `{}`", pair[1].value);
                self.findings.push(
                    Finding::new(Code::DuplicateName, pair[1].span, title)
                        .related(pair[0].span, "the other one")
                        .help("rename one: each deployment has a folder of its own in the output"),
                );
            }
        }
        for set in spec.sentinels.entries() {
            let folder = SentinelSet::folder(&set.name);
            for name in names.iter().filter(|name| name.value == folder) {
                let title = format!("`{folder}` is the folder of the sentinels `{}`", set.name.value);
                self.findings.push(
                    Finding::new(Code::DuplicateName, name.span, title)
                        .related(set.name.span, "the sentinels")
                        .help("give the deployment another name: each has a folder of its own in the output"),
                );
            }
        }
    }

    /// Names that lead nowhere, and hosts, profiles and sentinels that nothing refers to.
    fn report_names(&mut self) {
        if self.lossy {
            return;
        }
        let spec = self.spec;
        // A deployment that could not be decoded may have used anything.
        let undecoded = spec.redis.entries().chain(spec.valkey.entries()).any(|entry| entry.value.is_none())
            || spec.memcached.entries().any(|entry| entry.value.is_none())
            || spec.sentinels.entries().any(|entry| entry.value.is_none());
        self.uses.report(spec, !undecoded && !self.unsure, self.findings);
    }
}

/// Whether something that would name hosts, profiles or sentinels is missing or could not be decoded: what
/// it would have named is unknown.
fn names_lost(spec: &Spec, layers: &Layers) -> bool {
    let lost = |table: &str, name: &At<String>, key: &str, decoded: bool| {
        let Some(Raw::Table(named)) = layers.root.get(table).map(|node| &node.value) else { return false };
        let Some(Raw::Table(record)) = named.get(name).map(|node| &node.value) else { return false };
        !decoded && record.get(key).is_some()
    };
    let redis = [("redis", &spec.redis), ("valkey", &spec.valkey)];
    let deployments = redis.iter().flat_map(|(table, named)| named.iter().map(move |pair| (*table, pair)));
    let mut deployments = deployments.map(|(table, (name, d))| {
        let watched = d.sentinel.as_ref().is_some_and(|sentinel| sentinel.set.is_some());
        let needed = match d.topology.map(|topology| topology.value) {
            None => false,
            Some(TopologyKind::Standalone | TopologyKind::Cluster) => d.hosts.is_some(),
            Some(TopologyKind::Replicated) => d.initial_primary.is_some(),
            Some(TopologyKind::Sentinel) => d.initial_primary.is_some() && watched,
        };
        !needed
            || lost(table, name, "replicas", d.replicas.is_some())
            || lost(table, name, "profiles", d.profiles.is_some())
    });
    let mut memcached = spec
        .memcached
        .iter()
        .map(|(name, d)| d.hosts.is_none() || lost("memcached", name, "profiles", d.profiles.is_some()));
    deployments.any(|lost| lost)
        || memcached.any(|lost| lost)
        || spec.sentinels.iter().any(|(_, set)| set.hosts.is_none())
}
