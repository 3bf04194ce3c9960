//! Where Sentinel's own settings come from: those of the whole sentinel, and those of each deployment that
//! it watches.

use std::fmt::Write as _;

use super::unset::wrong;
use super::{origins, quoted};
use crate::catalog::sentinel::{Scope, SentinelDirective, directive};
use crate::model::{Deployment, Model, Node, SentinelSet, Topology, Watch, WatchSetting};
use crate::pipeline::Compiled;

/// A sentinel and what is asked of it.
pub(super) struct Question<'a> {
    pub(super) compiled: &'a Compiled,
    pub(super) model: &'a Model,
    pub(super) set: &'a SentinelSet,
    pub(super) node: &'a Node,
    /// The sentinel as people name it.
    pub(super) shown: &'a str,
}

impl Question<'_> {
    /// Every one of Sentinel's own settings with its chain.
    pub(super) fn all(&self) -> Vec<String> {
        let globals = self.set.globals(self.node).into_iter().map(|setting| self.chain(None, setting));
        let watched = self.watched().flat_map(|(_, watch)| {
            watch
                .settings
                .iter()
                .map(|setting| self.chain(Some(&watch.master_name), setting))
                .collect::<Vec<_>>()
        });
        globals.chain(watched).collect()
    }

    /// The chain of one setting; none where it is not one of Sentinel's.
    pub(super) fn one(&self, name: &str) -> Option<String> {
        let target = &self.set.target;
        let known = directive(target.engine, name.strip_prefix("sentinel ").unwrap_or(name))?;
        let facts = known.within(target.versions).last()?;
        let is_meant = |setting: &WatchSetting| {
            directive(target.engine, &setting.name.value).is_some_and(|other| std::ptr::eq(other, known))
        };
        let mut text = String::new();
        for setting in self.set.globals(self.node).into_iter().filter(|setting| is_meant(setting)) {
            text += &self.chain(None, setting);
        }
        for (deployment, watch) in self.watched() {
            match watch.settings.iter().find(|setting| is_meant(setting)) {
                Some(setting) => text += &self.chain(Some(&watch.master_name), setting),
                None if deployment.poisoned.iter().any(|name| name == facts.name) => {
                    let words = format!("sentinel {} {}", facts.name, watch.master_name);
                    text += &self.wrong(&deployment.name.value, facts.name, &words);
                }
                None => text += &self.derived(known, deployment, watch).unwrap_or_default(),
            }
        }
        if text.is_empty() && self.set.poisoned.iter().any(|name| name == facts.name) {
            text = self.wrong(&self.set.name.value, facts.name, &format!("sentinel {}", facts.name));
        }
        if text.is_empty() {
            let value = quoted(facts.default.unwrap_or(""));
            let _ = writeln!(text, "sentinel {} = {value}  ({})", facts.name, self.shown);
            let versions = format!("{} {}", target.engine.title(), target.versions);
            let _ = writeln!(text, "  not set: this is the default of {versions}");
        }
        Some(text)
    }

    /// The spec gives a value, and it cannot be used.
    fn wrong(&self, owner: &str, name: &str, words: &str) -> String {
        wrong(self.compiled, owner, name, words, self.shown)
    }

    fn watched(&self) -> impl Iterator<Item = (&Deployment, &Watch)> {
        self.model.deployments.iter().filter_map(|deployment| match &deployment.topology {
            Topology::Sentinel { watch, .. } if watch.set.value == self.set.name.value => {
                Some((deployment, watch))
            }
            _ => None,
        })
    }

    fn chain(&self, master: Option<&str>, setting: &WatchSetting) -> String {
        let words = master
            .map_or_else(|| setting.name.value.clone(), |master| format!("{} {master}", setting.name.value));
        let value = match &setting.secret {
            Some(secret) => format!("the secret {}", secret.value),
            None => setting.lines.iter().map(|line| line.join(" ")).collect::<Vec<_>>().join("; "),
        };
        let mut text = format!("sentinel {words} = {}  ({})\n", quoted(&value), self.shown);
        origins(&mut text, self.compiled, setting.origin, &setting.overrode);
        text
    }

    /// What follows from the spec for one watched deployment.
    fn derived(&self, known: &SentinelDirective, deployment: &Deployment, watch: &Watch) -> Option<String> {
        let at = |span| self.compiled.sources.locate(span).to_string();
        let (value, from) = match (known.name, &self.set.auth) {
            ("monitor", _) => {
                let Topology::Sentinel { primary, .. } = &deployment.topology else { return None };
                let primary = deployment.nodes.get(*primary)?;
                let host = &self.model.host(primary.host).address.value;
                let value = format!("{host} {} {}", primary.port, watch.quorum.value);
                (
                    value,
                    format!(
                        "{}  (derived from the topology; the quorum: {})",
                        at(primary.span),
                        at(watch.quorum.span)
                    ),
                )
            }
            ("auth-user", Some(login)) => {
                let user = login.user.as_ref()?;
                (user.value.clone(), format!("{}  (derived from the sentinels' credentials)", at(user.span)))
            }
            ("auth-pass", Some(login)) => {
                let value = format!("the secret {}", login.password.value);
                (value, format!("{}  (derived from the sentinels' credentials)", at(login.password.span)))
            }
            _ if known.scope == Scope::Primary => {
                let facts = known.within(self.set.target.versions).last()?;
                return Some(format!(
                    "sentinel {} {} = {}  ({})\n  not set: this is the default of {} {}\n",
                    facts.name,
                    watch.master_name,
                    quoted(facts.default?),
                    self.shown,
                    self.set.target.engine.title(),
                    self.set.target.versions,
                ));
            }
            _ => return None,
        };
        Some(format!(
            "sentinel {} {} = {value}  ({})\n  set by     {from}\n",
            known.name, watch.master_name, self.shown
        ))
    }
}
