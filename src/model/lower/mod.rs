//! From the spec as written to the model: looks up names, decides targets, types settings, derives
//! what follows from the topology. Each file lowers one family.

mod config;
mod derived;
mod hosts;
mod nodes;
mod redis;
mod target;

use std::collections::BTreeSet;

use super::topology::{Host, HostId, Model};
use crate::diag::{Code, Finding, Findings};
use crate::source::{At, Sources, Span};
use crate::spec::{Layers, Spec, nearest};

/// Resolves a spec. The model holds what could be resolved; the rest is in the findings.
pub fn lower(spec: &Spec, layers: &Layers, findings: &mut Findings) -> Model {
    let span = layers.main.map(Span::start_only).unwrap_or_default();
    let mut lowering = Lowering {
        spec,
        sources: &layers.sources,
        findings,
        lossy: layers.lossy,
        hosts: hosts::hosts(spec),
        used_hosts: BTreeSet::new(),
        used_profiles: BTreeSet::new(),
        used_sentinels: BTreeSet::new(),
    };
    lowering.report_duplicate_names();
    let deployments = redis::deployments(&mut lowering);
    lowering.report_unused();
    Model {
        name: spec.name.as_ref().map(|name| name.value.clone()).unwrap_or_default(),
        hosts: lowering.hosts,
        deployments,
        sentinels: Vec::new(),
        memcached: Vec::new(),
        lints: spec.lints.clone(),
        span,
    }
}

/// What lowering carries along.
pub(super) struct Lowering<'a> {
    /// The spec as written.
    pub(super) spec: &'a Spec,
    /// The texts it stands in.
    pub(super) sources: &'a Sources,
    /// Where findings go.
    pub(super) findings: &'a mut Findings,
    /// Parts of the spec were lost: that something is not there proves nothing.
    lossy: bool,
    /// The hosts that have an address.
    pub(super) hosts: Vec<Host>,
    used_hosts: BTreeSet<String>,
    used_profiles: BTreeSet<String>,
    used_sentinels: BTreeSet<String>,
}

impl Lowering<'_> {
    /// The host of a name. None was reported: here where it is not declared, earlier where its table is
    /// wrong.
    pub(super) fn host(&mut self, name: &At<String>) -> Option<HostId> {
        self.used_hosts.insert(name.value.clone());
        let declared = self.spec.hosts.declares(name);
        if !declared && !self.lossy {
            let title = format!("`{}` is not a declared host", name.value);
            let help = self.meant(name, self.spec.hosts.names(), "[hosts]");
            self.findings.push(Finding::new(Code::UndefinedHost, name.span, title).help(help));
        }
        self.hosts.iter().position(|host| host.name.value == name.value).map(HostId)
    }

    /// "Did you mean", or where to declare the name.
    fn meant<'n>(&self, name: &str, known: impl Iterator<Item = &'n str>, table: &str) -> String {
        match nearest(name, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("declare it under {table}"),
        }
    }

    /// Names of deployments become folders: they are unique across engines.
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
    }

    /// Hosts, profiles and sentinels that nothing refers to.
    fn report_unused(&mut self) {
        let spec = self.spec;
        // A deployment that could not be decoded may have used anything.
        let undecoded = spec.redis.entries().chain(spec.valkey.entries()).any(|entry| entry.value.is_none())
            || spec.memcached.entries().any(|entry| entry.value.is_none())
            || spec.sentinels.entries().any(|entry| entry.value.is_none());
        if self.lossy || undecoded {
            return;
        }
        let hosts = spec.hosts.entries().map(|entry| (&entry.name, &self.used_hosts, Code::UnusedHost));
        let profiles =
            spec.profiles.entries().map(|entry| (&entry.name, &self.used_profiles, Code::UnusedProfile));
        let sentinels =
            spec.sentinels.entries().map(|entry| (&entry.name, &self.used_sentinels, Code::UnusedSentinels));
        for (name, used, code) in hosts.chain(profiles).chain(sentinels) {
            if !used.contains(&name.value) {
                let what = match code {
                    Code::UnusedHost => "host",
                    Code::UnusedProfile => "profile",
                    _ => "set of sentinels",
                };
                let title = format!("nothing uses the {what} `{}`", name.value);
                self.findings.push(Finding::new(code, name.span, title).help("use it or remove it"));
            }
        }
    }
}
