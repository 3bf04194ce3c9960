//! Sets of sentinels, and their settings for each deployment that they watch.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::config::{Level, Subject, Typed, lay_over};
use super::nodes::{Seat, report_no_hosts, report_undefined, seats};
use super::options::{self, Context, Options};
use super::redis::{login, observer};
use super::service::service;
use super::target::target;
use super::{Lowering, derived};
use crate::catalog::sentinel::{Scope, behaviour, directive};
use crate::catalog::{Engine, Target};
use crate::diag::{Code, Finding};
use crate::model::origin::{Derivation, Origin};
use crate::model::settings::Assigned;
use crate::model::topology::{
    Deployment, Host, Login, Sentinel, SentinelSet, Tls, Topology, User, WatchSetting,
};
use crate::model::users::sentinel_users;
use crate::source::{At, Span};
use crate::spec::{Config, ConfigEntry, SentinelEngine, SentinelsSpec};

/// The usual port of a sentinel.
const PORT: u16 = 26379;

/// Lowers every set whose version is known, and completes what the deployments say to their sentinels.
pub(super) fn sets(lowering: &mut Lowering<'_>, deployments: &mut [Deployment]) -> Vec<SentinelSet> {
    let spec = lowering.spec;
    let mut sets: Vec<SentinelSet> = spec
        .sentinels
        .iter()
        .filter_map(|(name, record)| {
            let set = set(lowering, name, &record.value, deployments)?;
            watched_by(deployments, &name.value).for_each(|watched| {
                watch_settings(lowering, &set, watched);
            });
            Some(set)
        })
        .collect();
    sets.sort_by(|a, b| a.name.value.cmp(&b.name.value));
    sets
}

fn watched_by<'d>(deployments: &'d mut [Deployment], set: &str) -> impl Iterator<Item = &'d mut Deployment> {
    deployments.iter_mut().filter(move |deployment| watches(deployment, set))
}

fn watches(deployment: &Deployment, set: &str) -> bool {
    matches!(&deployment.topology, Topology::Sentinel { watch, .. } if watch.set.value == set)
}

fn set(
    lowering: &mut Lowering<'_>,
    name: &At<String>,
    spec: &SentinelsSpec,
    deployments: &[Deployment],
) -> Option<SentinelSet> {
    // Hosts are looked up also where the version is unknown: one that is used there is used.
    let seats = spec.hosts.as_ref().map(|hosts| {
        report_no_hosts(lowering, name, hosts);
        let seats = seats(lowering, &hosts.value, spec.port, PORT, &spec.nodes);
        let complete = seats.len() == hosts.value.len();
        (seats, complete)
    });
    let version = spec.version?;
    let engine = match spec.engine.map(|engine| engine.value) {
        Some(SentinelEngine::Valkey) => Engine::Valkey,
        Some(SentinelEngine::Redis) | None => Engine::Redis,
    };
    let target = target(engine, version, spec.build.as_ref().map(|build| &build.value), lowering.findings)?;
    let (seats, complete) = seats?;
    let subject =
        Subject { deployment: name, target: &target, version_span: version.span, sources: lowering.sources };
    let tls = spec.tls.as_ref().filter(|_| target.build.tls).map(|tls| Tls {
        plain_too: tls.port.is_some(),
        replication: tls
            .replication
            // Without a plain port sentinels reach each other by TLS only.
            .map_or_else(|| tls.port.is_none() || speak_tls(deployments, name), |flag| flag.value),
        cluster_bus: false,
        span: tls.span,
    });

    let mut hand = Typed::default();
    let mut own_words = Options::default();
    if let Some(config) = &spec.config {
        let (plain, own) = split(&config.value, subject);
        lay_over(&mut hand, None, Level::Deployment, &plain, subject, lowering.findings);
        let context = Context { subject, set: name, scope: Scope::Global };
        options::lay_over(&mut own_words, &[], Level::Deployment, &own, context, lowering.findings);
        for unset in config.unset.iter().filter(|unset| options::is_own(&unset.name, subject)) {
            options::take_away(&mut own_words, &[], unset, subject, lowering.findings);
        }
    }
    host_names(lowering, &mut own_words, deployments, subject);

    let observer = spec.observer.as_ref().and_then(observer);
    let users = users(lowering, observer.as_ref(), spec, &hand, subject);
    let mut shared = hand.clone();
    derived::add(
        &mut shared,
        &[&hand],
        derived_shared(spec, tls.as_ref()),
        &mut lowering.judged,
        subject,
        lowering.findings,
    );
    let context = NodeContext {
        spec,
        subject,
        tls: tls.as_ref(),
        hand: &hand,
        global: &own_words.list,
        has_users: !users.is_empty(),
    };
    let mut poisoned = hand.poisoned.clone();
    let mut nodes = Vec::new();
    let mut own_global = BTreeMap::new();
    for seat in &seats {
        let (node, own) = sentinel(lowering, &context, seat, &mut poisoned);
        if !own.is_empty() {
            own_global.insert(node.id.clone(), own);
        }
        nodes.push(node);
    }
    if complete {
        let names: Vec<&str> = seats.iter().map(|seat| seat.id.0.as_str()).collect();
        report_undefined(lowering, name, &spec.nodes, &names);
    }
    poisoned.extend(own_words.poisoned);
    poisoned.extend(lowering.auth_lost(name, spec).then(|| "auth".to_owned()));
    poisoned.sort();
    poisoned.dedup();
    let folder = SentinelSet::folder(name);
    Some(SentinelSet {
        name: name.clone(),
        service: service(engine, &folder, spec.service.as_ref(), spec.install_dir.as_ref()),
        version_span: version.span,
        shared: Arc::new(shared.settings),
        global: own_words.list,
        own_global,
        nodes,
        auth: spec.auth.as_ref().and_then(login),
        observer,
        users,
        tls,
        spec: Arc::new(spec.clone()),
        poisoned,
        target,
    })
}

/// Whether what a set watches speaks TLS among itself; then its sentinels have to.
fn speak_tls(deployments: &[Deployment], set: &str) -> bool {
    let mut watched = deployments.iter().filter(|deployment| watches(deployment, set));
    watched.any(|deployment| deployment.tls.is_some_and(|tls| tls.replication || !tls.plain_too))
}

fn derived_shared(spec: &SentinelsSpec, tls: Option<&Tls>) -> Vec<derived::Derived> {
    let (Some(tls), Some(certificates)) = (tls, &spec.tls) else { return Vec::new() };
    let mut list = derived::certificates(certificates);
    if tls.replication {
        list.push(derived::tls_replication(tls));
    }
    list
}

/// The entries of plain directives, and Sentinel's own.
fn split<'c>(config: &'c Config, subject: Subject<'_>) -> (Config, Vec<&'c ConfigEntry>) {
    let (own, plain): (Vec<&ConfigEntry>, Vec<&ConfigEntry>) =
        config.entries.iter().partition(|entry| options::is_own(&entry.name, subject));
    let unset = config.unset.iter().filter(|unset| !options::is_own(&unset.name, subject));
    let plain = Config { entries: plain.into_iter().cloned().collect(), unset: unset.cloned().collect() };
    (plain, own)
}

/// Names instead of addresses among what a set watches: sentinels have to resolve them, and to pass them on.
fn host_names(
    lowering: &mut Lowering<'_>,
    own_words: &mut Options,
    deployments: &[Deployment],
    subject: Subject<'_>,
) {
    let watched = deployments.iter().filter(|deployment| watches(deployment, subject.deployment));
    let mut hosts = watched.flat_map(|deployment| &deployment.nodes).map(|node| &lowering.hosts[node.host.0]);
    let Some(host) = hosts.find(|host| host.ip().is_none()) else { return };
    let address = host.address.clone();
    let target = subject.target;
    if !behaviour(target.engine, target.versions.first).is_some_and(|behaviour| behaviour.host_names) {
        let title = format!(
            "the sentinels `{}` look up `{}` once, when they start",
            subject.deployment, address.value
        );
        lowering.findings.push(
            Finding::new(Code::ReinterpretedValue, address.span, title)
                .related(subject.version_span, "the version of the sentinels is set here")
                .help("write an IP address, or raise `version` of the sentinels to 6.2 or later")
                .note("Sentinel 6.0 keeps the address of that moment, and refuses to start while the name is unknown")
                .of(subject.deployment),
        );
        return;
    }
    for name in ["resolve-hostnames", "announce-hostnames"] {
        let known = directive(target.engine, name).is_some_and(|one| one.at(target.versions.first).is_some());
        if !known || own_words.poisoned.iter().any(|poisoned| poisoned == name) {
            continue;
        }
        let derived = WatchSetting {
            name: At::new(name.to_owned(), address.span),
            lines: vec![vec!["yes".to_owned()]],
            secret: None,
            origin: Origin::Derived(Derivation::HostAddress, address.span),
            overrode: Vec::new(),
        };
        match own_words.get(name) {
            None => own_words.set(derived),
            Some(written)
                if written.lines == derived.lines || own_words.insisted.iter().any(|other| other == name) => {
            }
            Some(written) => lowering.findings.push(
                by_hand(written, address.span)
                    .note("Sentinel would take only IP addresses")
                    .of(subject.deployment),
            ),
        }
    }
}

fn by_hand(written: &WatchSetting, because: Span) -> Finding {
    let title = format!("`{}` follows from the host's address: it is `yes`", written.name.value);
    Finding::new(Code::DerivedByHand, written.name.span, title)
        .related(because, "it follows from this")
        .help("remove the line, or insist on it with `{ override = … }`")
}

/// What the sentinels of one set have in common while they are lowered.
struct NodeContext<'a> {
    spec: &'a SentinelsSpec,
    subject: Subject<'a>,
    tls: Option<&'a Tls>,
    hand: &'a Typed,
    global: &'a [WatchSetting],
    has_users: bool,
}

/// The users that follow from an observer. A password of the default user is taken into their file; users by hand would
/// stand beside it, and such servers do not start.
fn users(
    lowering: &mut Lowering<'_>,
    observer: Option<&Login>,
    spec: &SentinelsSpec,
    hand: &Typed,
    subject: Subject<'_>,
) -> Vec<User> {
    let Some((observer, name)) = observer.and_then(|login| Some((login, login.user.as_ref()?))) else {
        return Vec::new();
    };
    let target = subject.target;
    let mut refuse = |span, title: &str, help: &str| {
        let finding = Finding::new(Code::ContradictorySettings, span, title.to_owned());
        lowering
            .findings
            .push(finding.related(name.span, "the observer is named here").help(help).of(subject.deployment));
    };
    if !behaviour(target.engine, target.versions.first).is_some_and(|behaviour| behaviour.users) {
        let help = "remove `observer`, or raise `version` of the sentinels to 6.2 or later";
        refuse(subject.version_span, "sentinels of this version have no users", help);
        return Vec::new();
    }
    if let Some(setting) = hand.settings.get("user") {
        let help = "remove the lines, or `observer`, and give your own user the rights";
        refuse(
            setting.origin.span().unwrap_or(name.span),
            "`user` lines stand against the file of users",
            help,
        );
    }
    for (_, node) in spec.nodes.iter() {
        let own = node
            .value
            .config
            .as_ref()
            .and_then(|config| config.value.entries.iter().find(|one| one.name.value == "requirepass"));
        if let Some(entry) = own {
            let help = "set the same password for all sentinels of the set, under its `config`";
            refuse(
                entry.name.span,
                "`requirepass` of one sentinel does nothing beside the file of users",
                help,
            );
        }
    }
    let requirepass = hand.settings.get("requirepass").and_then(|setting| match &setting.value {
        Assigned::Secret(secret) => Some(At::new(secret.clone(), setting.value_span?)),
        _ => None,
    });
    sentinel_users(observer, target, requirepass.as_ref(), lowering.findings)
}

/// One sentinel, and what it sets differently of Sentinel's own; names whose value failed on it alone are added to
/// `poisoned`.
fn sentinel(
    lowering: &mut Lowering<'_>,
    context: &NodeContext<'_>,
    seat: &Seat,
    poisoned: &mut Vec<String>,
) -> (Sentinel, Vec<WatchSetting>) {
    let NodeContext { spec, subject, tls, hand, global, has_users } = *context;
    let own_spec = spec.nodes.get(&seat.id.0);
    let mut own = Typed::default();
    let mut own_words = Options::default();
    if let Some(config) = own_spec.and_then(|own| own.config.as_ref()) {
        let (plain, words) = split(&config.value, subject);
        lay_over(&mut own, Some(&hand.settings), Level::Node, &plain, subject, lowering.findings);
        let context = Context { subject, set: subject.deployment, scope: Scope::Global };
        options::lay_over(&mut own_words, global, Level::Node, &words, context, lowering.findings);
    }
    poisoned.extend(own.poisoned.iter().cloned());
    poisoned.append(&mut own_words.poisoned);
    let host = &lowering.hosts[seat.host.0];
    announced(host, &mut own_words, global, poisoned);
    let data_dir = data_dir(spec, subject.target, subject.deployment, seat, host);
    let facts =
        derived::NodeFacts { seat, host, tls: tls.zip(spec.tls.as_ref().map(|tls| &tls.value)), data_dir };
    let own_hand = own.clone();
    let mut list = derived::listening(&facts);
    list.extend(has_users.then(|| derived::users_file(&facts.data_dir)));
    derived::add(&mut own, &[&own_hand, hand], list, &mut lowering.judged, subject, lowering.findings);
    let node = Sentinel {
        id: seat.id.clone(),
        host: seat.host,
        span: seat.span,
        port: seat.port,
        own: own.settings,
    };
    (node, own_words.list)
}

/// The address that a sentinel tells the others. Left alone, it tells the one that its connections happen to start
/// from (`sentinelSendHello` in sentinel.c): on a host with several addresses that may be one that it does not listen
/// on. An address written by hand, as where NAT changes it, counts.
fn announced(host: &Host, own_words: &mut Options, global: &[WatchSetting], poisoned: &[String]) {
    const NAME: &str = "announce-ip";
    let written = own_words.get(NAME).is_some() || global.iter().any(|setting| setting.name.value == NAME);
    if host.ip().is_none() || written || poisoned.iter().any(|name| name == NAME) {
        return;
    }
    let address = &host.address;
    own_words.set(WatchSetting {
        name: At::new(NAME.to_owned(), address.span),
        lines: vec![vec![address.value.clone()]],
        secret: None,
        origin: Origin::Derived(Derivation::HostAddress, address.span),
        overrode: Vec::new(),
    });
}

/// The declared folder, or one named after engine, set and port.
fn data_dir(spec: &SentinelsSpec, target: &Target, name: &str, seat: &Seat, host: &Host) -> At<String> {
    let declared =
        spec.nodes.get(&seat.id.0).and_then(|own| own.data_dir.clone()).map(|dir| dir.map(|dir| dir.0));
    declared.or_else(|| spec.data_dir.as_ref().map(|dir| seat.folder(dir, host))).unwrap_or_else(|| {
        At::new(format!("/var/lib/{}/sentinel-{name}-{}", target.engine, seat.port), seat.span)
    })
}

/// Reads what a deployment says to its sentinels, by the version that they run.
fn watch_settings(lowering: &mut Lowering<'_>, set: &SentinelSet, deployment: &mut Deployment) {
    let spec = Arc::clone(&deployment.spec);
    let Some(table) = &spec.sentinel else { return };
    let subject = Subject {
        deployment: &deployment.name,
        target: &set.target,
        version_span: set.version_span,
        sources: lowering.sources,
    };
    let mut options = Options::default();
    let entries: Vec<&ConfigEntry> = table.settings.entries.iter().collect();
    let context = Context { subject, set: &set.name, scope: Scope::Primary };
    options::lay_over(&mut options, &[], Level::Deployment, &entries, context, lowering.findings);
    for unset in &table.settings.unset {
        options::take_away(&mut options, &[], unset, subject, lowering.findings);
    }
    for name in ["auth-user", "auth-pass"] {
        let insisted = options.insisted.iter().any(|other| other == name);
        if let (Some(written), Some(auth), false) = (options.get(name), &set.spec.auth, insisted) {
            let title = format!("`{name}` follows from `auth` of the sentinels `{}`", set.name.value);
            lowering.findings.push(
                Finding::new(Code::DerivedByHand, written.name.span, title)
                    .related(auth.span, "it follows from this")
                    .help("remove the line, or insist on it with `{ override = … }`")
                    .of(subject.deployment),
            );
        }
    }
    deployment.poisoned.extend(options.poisoned);
    if let Topology::Sentinel { watch, .. } = &mut deployment.topology {
        watch.settings = options.list;
    }
}

#[cfg(test)]
mod tests;
