//! Deployments of memcached: its options by name, typed, with what follows from host and port.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::Lowering;
use super::config::{Level, Subject};
use super::nodes::{Seat, report_no_hosts, report_undefined, seats};
use super::redis::profile_configs;
use super::service::service;
use super::setting::{OVERRIDE, as_written, report_placeholder, shown};
use super::target::target;
use crate::catalog::memcached::{self, MemcachedOption as Known, OptionValue};
use crate::catalog::{self, Engine};
use crate::diag::{self, Code, Finding, Findings};
use crate::model::origin::{Derivation, Origin};
use crate::model::topology::{Host, Memcached, MemcachedNode, MemcachedOption};
use crate::source::{At, Span};
use crate::spec::raw::Raw;
use crate::spec::{Config, ConfigEntry, MemcachedSpec};
use crate::value::{Judgement, Otherwise, Reason, Written, judge_option, option_rules};

/// The usual port.
const PORT: u16 = 11211;

/// Lowers every deployment whose version is known.
pub(super) fn deployments(lowering: &mut Lowering<'_>) -> Vec<Memcached> {
    let spec = lowering.spec;
    let mut all: Vec<Memcached> = spec
        .memcached
        .iter()
        .filter_map(|(name, record)| deployment(lowering, name, &record.value))
        .collect();
    all.sort_by(|a, b| a.name.value.cmp(&b.name.value));
    all
}

fn deployment(lowering: &mut Lowering<'_>, name: &At<String>, spec: &MemcachedSpec) -> Option<Memcached> {
    // Names are looked up also where the version is unknown: a host used there is used.
    let seats = spec.hosts.as_ref().map(|hosts| {
        report_no_hosts(lowering, name, hosts);
        let seats = seats(lowering, &hosts.value, spec.port, PORT, &spec.nodes);
        let complete = seats.len() == hosts.value.len();
        (seats, complete)
    });
    let profiles = profile_configs(lowering, spec.profiles.as_ref().map_or(&[][..], |names| &names.value));
    let version = spec.version?;
    let build = spec.build.as_ref().map(|build| &build.value);
    let target = target(Engine::Memcached, version, build, lowering.findings)?;
    let (seats, complete) = seats?;
    let subject =
        Subject { deployment: name, target: &target, version_span: version.span, sources: lowering.sources };
    let mut shared = Options::default();
    for profile in profiles {
        shared.lay_over(Level::Profile, profile, subject, lowering.findings);
    }
    if let Some(config) = &spec.config {
        shared.lay_over(Level::Deployment, config, subject, lowering.findings);
    }
    let mut poisoned = shared.poisoned.clone();
    let mut doubtful = Vec::new();
    let mut nodes = Vec::new();
    for seat in &seats {
        let mut options = shared.clone();
        if let Some(own) = spec.nodes.get(&seat.id.0) {
            if let Some(config) = &own.config {
                options.lay_over(Level::Node, config, subject, lowering.findings);
            }
            if let Some(folder) = &own.data_dir {
                lowering.findings.push(no_data_dir(folder.span, subject));
            }
        }
        let host = &lowering.hosts[seat.host.0];
        options.derive(derived(seat, host), subject, lowering.findings);
        options.report_together(subject, lowering.findings);
        poisoned.extend(options.poisoned.iter().cloned());
        doubtful.extend(options.reinterpreted.iter().map(|(name, _)| name.clone()));
        nodes.push(options.into_node(seat));
    }
    for names in [&mut poisoned, &mut doubtful] {
        names.sort();
        names.dedup();
    }
    if complete {
        let names: Vec<&str> = seats.iter().map(|seat| seat.id.0.as_str()).collect();
        report_undefined(lowering, name, &spec.nodes, &names);
    }
    let mut service = service(Engine::Memcached, name, spec.service.as_ref(), spec.install_dir.as_ref());
    let declared = spec.service.as_ref();
    if declared.is_none_or(|declared| declared.user.is_none())
        && let Some(user) = common_user(&nodes)
    {
        service.user = user;
        service.group = declared.and_then(|declared| Some(declared.group.as_ref()?.value.0.clone()));
    }
    Some(Memcached {
        name: name.clone(),
        service,
        target,
        version_span: version.span,
        nodes,
        spec: Arc::new(spec.clone()),
        poisoned,
        doubtful,
    })
}

/// The account that the options of all nodes name: whoever starts them does so as it.
fn common_user(nodes: &[MemcachedNode]) -> Option<String> {
    let user = |node: &MemcachedNode| node.options.iter().find(|option| option.name == "user")?.value.clone();
    let first = user(nodes.first()?)?;
    nodes.iter().all(|node| user(node).as_ref() == Some(&first)).then_some(first)
}

fn no_data_dir(span: Span, subject: Subject<'_>) -> Finding {
    Finding::new(Code::MisplacedKey, span, "memcached keeps no data folder")
        .help("remove `data-dir`; storage on disk is `ext_path` under `config`")
        .of(subject.deployment)
}

/// What follows from the host's address and the node's place on it.
fn derived(seat: &Seat, host: &Host) -> [MemcachedOption; 2] {
    let loopback = host.ip().is_some_and(|ip| ip.is_loopback()) || host.address.value == "localhost";
    // memcached takes an IPv6 address for a host and a port unless it stands in brackets.
    let address = match host.ip() {
        Some(std::net::IpAddr::V6(ip)) => format!("[{ip}]"),
        _ => host.address.value.clone(),
    };
    let listen = if loopback { address } else { format!("{address},127.0.0.1") };
    let option = |name: &str, value: String, because, span| MemcachedOption {
        name: name.to_owned(),
        value: Some(value),
        origin: Origin::Derived(because, span),
        overrode: Vec::new(),
    };
    [
        option("listen", listen, Derivation::HostAddress, host.address.span),
        option("port", seat.port.to_string(), Derivation::Port, seat.port_span),
    ]
}

/// The options of a server, while they are put together.
#[derive(Debug, Clone, Default)]
struct Options {
    /// By name; one that adds up may stand here several times, in its order.
    list: Vec<MemcachedOption>,
    /// Values that the spec insists on although they are derived.
    insisted: Vec<String>,
    /// Names whose value failed.
    poisoned: Vec<String>,
    /// Names whose value memcached takes otherwise than written, and where that stands.
    reinterpreted: Vec<(String, Span)>,
}

impl Options {
    /// Lays one `config` table over what is there.
    fn lay_over(&mut self, level: Level, config: &Config, subject: Subject<'_>, findings: &mut Findings) {
        for unset in &config.unset {
            if self.take(&unset.name).is_empty() && !unset.used {
                let title = format!("`unset` takes away `{}`, which nothing sets", unset.name.value);
                let finding = Finding::new(Code::UnsetWithoutEffect, unset.name.span, title)
                    .help("remove the name, or correct its spelling")
                    .of(subject.deployment);
                let known = memcached::option(&unset.name).is_some();
                findings.push(if known { finding.fix_by_removing(unset.name.span) } else { finding });
            }
        }
        for entry in &config.entries {
            let Some(known) = resolve(&entry.name, subject, findings) else {
                self.poisoned.push(entry.name.value.clone());
                continue;
            };
            let Some(read) = (Reading { entry, known, subject }).values(findings) else {
                self.take(known.name);
                self.poisoned.push(known.name.to_owned());
                continue;
            };
            if read.placeholder {
                self.poisoned.push(known.name.to_owned());
            }
            let reinterpreted = read.reinterpreted.map(|span| (known.name.to_owned(), span));
            let mut overrode: Vec<Origin> =
                entry.overrode.iter().rev().map(|span| level.origin(*span)).collect();
            if let Some(previous) = self.take(known.name).into_iter().next() {
                overrode.push(previous.origin);
                overrode.extend(previous.overrode);
            }
            self.reinterpreted.extend(reinterpreted);
            self.insisted.retain(|name| name != known.name);
            if read.insisted {
                self.insisted.push(known.name.to_owned());
            }
            self.list.extend(read.list.into_iter().map(|value| MemcachedOption {
                name: known.name.to_owned(),
                value,
                origin: level.origin(entry.name.span),
                overrode: overrode.clone(),
            }));
        }
        self.list.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// Takes an option away.
    fn take(&mut self, name: &str) -> Vec<MemcachedOption> {
        self.reinterpreted.retain(|(other, _)| other != name);
        let (taken, kept) =
            std::mem::take(&mut self.list).into_iter().partition(|option| option.name == name);
        self.list = kept;
        taken
    }

    fn get(&self, name: &str) -> Option<&MemcachedOption> {
        self.list.iter().rev().find(|option| option.name == name)
    }

    /// Adds derived options; one that is also written by hand must be equal, or insisted on.
    fn derive(&mut self, derived: [MemcachedOption; 2], subject: Subject<'_>, findings: &mut Findings) {
        for option in derived {
            if self.poisoned.contains(&option.name) {
                continue;
            }
            let written: Vec<&MemcachedOption> =
                self.list.iter().filter(|other| other.name == option.name).collect();
            let Some(first) = written.first() else {
                self.list.push(option);
                continue;
            };
            let texts: Vec<&str> = written.iter().filter_map(|other| other.value.as_deref()).collect();
            if Some(texts.join(",")) != option.value && !self.insisted.contains(&option.name) {
                findings.push(by_hand(first, &option, subject));
                // The derived value stands, so that nothing else is said of the one by hand.
                self.list.retain(|other| other.name != option.name);
                self.poisoned.push(option.name.clone());
                self.list.push(option);
            }
        }
        self.list.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// Reports what a server would find wrong with its options together.
    fn report_together(&self, subject: Subject<'_>, findings: &mut Findings) {
        if !self.poisoned.is_empty() {
            return;
        }
        self.report_negations(subject, findings);
        let given: Vec<(&str, &str)> = self
            .list
            .iter()
            .map(|option| (option.name.as_str(), option.value.as_deref().unwrap_or("")))
            .collect();
        let versions = subject.target.versions;
        let mut problems = option_rules(&given, versions.first);
        for problem in option_rules(&given, versions.last) {
            if !problems.iter().any(|other| other.options == problem.options) {
                problems.push(problem);
            }
        }
        for problem in problems {
            let mut spans = problem.options.iter().filter_map(|name| self.get(name)?.origin.span());
            let span = spans.next().unwrap_or(subject.version_span);
            let mut finding = Finding::new(Code::ContradictorySettings, span, problem.to_string())
                .note("memcached refuses to start with it");
            for other in spans.filter(|other| *other != span) {
                finding = finding.related(other, "set here");
            }
            let cause = self.reinterpreted.iter().find(|(name, _)| problem.options.contains(&name.as_str()));
            if let Some((_, cause)) = cause {
                finding = finding.follows_from(Code::ReinterpretedValue, *cause);
            }
            findings.push(finding.of(subject.deployment));
        }
    }

    /// A switch and its negation: on a command line the later one wins, and a table has no order.
    fn report_negations(&self, subject: Subject<'_>, findings: &mut Findings) {
        for option in &self.list {
            let facts = memcached::option(&option.name)
                .and_then(|known| known.within(subject.target.versions).last());
            let Some(negated) = facts.and_then(|facts| facts.negates) else { continue };
            let (Some(other), Some(span)) = (self.get(negated), option.origin.span()) else { continue };
            let title = format!("`{}` and `{negated}` contradict each other", option.name);
            let mut finding = Finding::new(Code::AliasContradiction, span, title)
                .help("keep one of them")
                .note("on a command line the last one would win; a table has no order");
            if let Some(other) = other.origin.span() {
                finding = finding.related(other, "set here as well");
            }
            findings.push(finding.of(subject.deployment));
        }
    }

    fn into_node(self, seat: &Seat) -> MemcachedNode {
        let written = self.get("port").and_then(|option| option.value.as_deref()?.parse().ok());
        MemcachedNode {
            id: seat.id.clone(),
            host: seat.host,
            span: seat.span,
            port: written.unwrap_or(seat.port),
            options: self.list,
        }
    }
}

fn by_hand(written: &MemcachedOption, derived: &MemcachedOption, subject: Subject<'_>) -> Finding {
    let because = match derived.origin {
        Origin::Derived(because, _) => because.to_string(),
        _ => String::new(),
    };
    let value = derived.value.as_deref().unwrap_or_default();
    let title = format!("`{}` follows from {because}: it is `{value}`", written.name);
    let span = written.origin.span().unwrap_or(subject.version_span);
    let finding = Finding::new(Code::DerivedByHand, span, title)
        .help("remove the line, or insist on it with `{ override = … }`")
        .of(subject.deployment);
    match derived.origin.span() {
        Some(span) => finding.related(span, "it follows from this"),
        None => finding,
    }
}

/// Finds the option, or reports why there is none.
fn resolve(name: &At<String>, subject: Subject<'_>, findings: &mut Findings) -> Option<&'static Known> {
    let target = subject.target;
    let plain = name.value.trim_start_matches('-');
    let finding = match memcached::option(name) {
        Some(known) if matches!(kind(known), Some(OptionValue::Action { .. })) => action(known, name),
        Some(known) => {
            let there = |version| known.at(version).is_some();
            if there(target.versions.first) && there(last_known(target.versions.last)) {
                return Some(known);
            }
            not_in_version(known, name, subject)
        }
        None => {
            let mut letters = plain.chars();
            let short = letters.next().filter(|_| letters.next().is_none()).and_then(memcached::flag);
            match short.or_else(|| memcached::option(plain)) {
                Some(known) => {
                    let title =
                        format!("memcached's options are written by their long names, not `{}`", name.value);
                    Finding::new(Code::UnknownDirective, name.span, title)
                        .help(format!("write `{}`", known.name))
                        .fix(name.span, known.name)
                }
                None => unknown(name, subject),
            }
        }
    };
    findings.push(finding.of(subject.deployment));
    None
}

/// The newest version that facts are known of.
fn last_known(last: crate::catalog::Version) -> crate::catalog::Version {
    let minor = memcached::supported().iter().find(|minor| minor.range.contains(last));
    minor.map_or(last, |minor| minor.last_known.min(last))
}

fn kind(known: &Known) -> Option<OptionValue> {
    known.revisions.last().map(|facts| facts.value)
}

fn action(known: &Known, name: &At<String>) -> Finding {
    if known.name == "extended" {
        return Finding::new(Code::UnknownDirective, name.span, "`extended` only holds other options")
            .help("write these options themselves, by their own names");
    }
    let title = format!("`{}` is no setting: memcached prints something and stops", known.name);
    Finding::new(Code::UnknownDirective, name.span, title).help("remove it")
}

fn not_in_version(known: &Known, name: &At<String>, subject: Subject<'_>) -> Finding {
    let versions = subject.target.versions;
    let runs = format!("`{}` runs {versions}", subject.deployment);
    let later = known.revisions.iter().find(|facts| facts.since > versions.first);
    let gone = known.revisions.last().and_then(|facts| facts.until).filter(|_| later.is_none());
    let (title, help) = match (later, gone) {
        (Some(facts), _) => (
            format!("`{}` needs memcached {}, and {runs}", name.value, facts.since),
            format!("say a `version` from {} on, or remove the option", facts.since),
        ),
        (None, Some(until)) => {
            (format!("`{}` ended with memcached {until}, and {runs}", name.value), "remove it".to_owned())
        }
        (None, None) => (format!("`{}` is not in memcached {versions}", name.value), "remove it".to_owned()),
    };
    Finding::new(Code::UnavailableDirective, name.span, title)
        .related(subject.version_span, "the version is set here")
        .help(help)
        .note("memcached refuses to start with an option that it does not know")
}

fn unknown(name: &At<String>, subject: Subject<'_>) -> Finding {
    let title = format!("memcached has no option `{}`", name.value.escape_debug());
    let finding = Finding::new(Code::UnknownDirective, name.span, title);
    match memcached::suggest(subject.target.versions, name).first() {
        Some(near) => finding.help(format!("did you mean `{near}`?")).guess(name.span, *near),
        None => finding
            .help("remove it, or correct its spelling")
            .note("options stand here by memcached's long names, and by those behind `-o`"),
    }
}

/// What an entry says.
struct Values {
    /// Canonical values; there is none for a switch that is off.
    list: Vec<Option<String>>,
    /// It was written as `{ override = … }`.
    insisted: bool,
    /// It holds a placeholder, so that the value means nothing.
    placeholder: bool,
    /// Where a value stands that memcached takes otherwise than written.
    reinterpreted: Option<Span>,
}

/// One option's value on its way into the model.
struct Reading<'a> {
    entry: &'a ConfigEntry,
    known: &'static Known,
    subject: Subject<'a>,
}

impl Reading<'_> {
    /// The canonical values; none was reported.
    fn values(&self, findings: &mut Findings) -> Option<Values> {
        let (node, insisted) = match &self.entry.value.value {
            Raw::Table(table) if table.entries.len() == 1 && table.get(OVERRIDE).is_some() => {
                (table.get(OVERRIDE)?, true)
            }
            _ => (&self.entry.value, false),
        };
        let written = as_written(&self.entry.name, node, self.subject, findings)?;
        let (mut values, mut reinterpreted) = (Vec::new(), None);
        let mut own = Findings::default();
        let placeholder = report_placeholder(&self.entry.name, node, self.subject, &mut own);
        for text in self.texts(&written, node.span, findings)? {
            let judgement = judge_option(self.known, text.as_deref(), self.subject.target);
            if let Some((versions, reason)) = judgement.refusal() {
                findings.push(self.refusal(node, versions, reason).of(self.subject.deployment));
                return None;
            }
            if let Some(otherwise) = judgement.otherwise().filter(|_| !placeholder) {
                let finding = self.reinterpreted(node, otherwise, &judgement);
                reinterpreted = finding.span();
                findings.push(finding.of(self.subject.deployment));
            }
            let canonical = judgement.value().map(ToString::to_string);
            let switch = matches!(
                kind(self.known),
                Some(OptionValue::Switch | OptionValue::Ignored { takes_value: false })
            );
            values.push(canonical.filter(|_| !switch));
        }
        findings.append(own);
        Some(Values { list: values, insisted, placeholder, reinterpreted })
    }

    /// What stands behind the option, each time it is given.
    fn texts(
        &self,
        written: &Written<'_>,
        span: Span,
        findings: &mut Findings,
    ) -> Option<Vec<Option<String>>> {
        let facts = self.known.within(self.subject.target.versions).last()?;
        let scalar = |value: &Written<'_>| match value {
            Written::Text(text) => Some((*text).to_owned()),
            Written::Integer(number) => Some(number.to_string()),
            Written::Float(number) => Some(number.to_string()),
            Written::Bool(_) | Written::List(_) => None,
        };
        let listed = match (facts.value, written) {
            (OptionValue::List { separator }, Written::List(items)) => {
                let texts: Option<Vec<String>> = items.iter().map(scalar).collect();
                texts.map(|texts| vec![Some(texts.join(&separator.to_string()))])
            }
            (_, Written::List(items)) if self.known.accumulates => {
                items.iter().map(|item| scalar(item).map(Some)).collect()
            }
            (_, Written::Bool(false)) if !facts.takes_value() || facts.default == Some("off") => {
                Some(Vec::new())
            }
            (OptionValue::Counter, Written::Bool(true)) => Some(vec![Some("1".to_owned())]),
            (_, Written::Bool(true)) if !facts.takes_value() || facts.without_value.is_some() => {
                Some(vec![None])
            }
            (_, value) => scalar(value).map(|text| vec![Some(text)]),
        };
        let switch = !facts.takes_value() && facts.value != OptionValue::Counter;
        if listed.is_none() || (switch && !matches!(written, Written::Bool(_))) {
            let wanted = match (switch, facts.value) {
                (true, _) => "it takes `true`, or `false` for not given",
                (false, OptionValue::List { .. }) => "it takes a string or a list of strings",
                (false, _) => "it takes one string or number",
            };
            let title = format!("wrong value for `{}`: {wanted}", self.entry.name.value);
            findings.push(Finding::new(Code::InvalidValue, span, title).of(self.subject.deployment));
            return None;
        }
        listed
    }

    fn refusal(
        &self,
        node: &crate::spec::raw::Node,
        versions: crate::catalog::VersionRange,
        reason: &Reason,
    ) -> Finding {
        let (name, target) = (&self.entry.name.value, self.subject.target);
        let mut finding = if let Reason::NeedsBuild(feature) = reason {
            Finding::new(
                Code::UnavailableDirective,
                self.entry.name.span,
                format!("`{name}` needs a build with {}", feature.title()),
            )
            .help(format!("say `build = {{ {} = true }}` where the build has it", feature.key()))
        } else {
            let title = format!("`{name}` cannot be `{}`: {reason}", shown(node, self.subject));
            Finding::new(Code::InvalidValue, node.span, title)
        };
        if let Reason::NotInEnum { words } = reason
            && let Some(near) = crate::spec::nearest(&shown(node, self.subject), words.iter().copied())
        {
            finding = finding.help(format!("did you mean `{near}`?")).guess(node.span, format!("\"{near}\""));
        }
        if versions != target.versions {
            finding = finding
                .related(self.subject.version_span, "the version is set here")
                .note(format!("refused by memcached {} to {}", versions.first, versions.last));
        }
        finding
    }

    /// The number that is meant, where the text is a size or a duration in another unit than the option's.
    fn number_meant(&self, node: &crate::spec::raw::Node) -> Option<(i128, catalog::Unit)> {
        let facts = self.known.within(self.subject.target.versions).last()?;
        let (OptionValue::Atoi(numeric) | OptionValue::Strtol(numeric) | OptionValue::Strtoul(numeric)) =
            facts.value
        else {
            return None;
        };
        Some((crate::value::in_unit(numeric.unit, &shown(node, self.subject))?, numeric.unit))
    }

    fn reinterpreted(
        &self,
        node: &crate::spec::raw::Node,
        otherwise: Otherwise,
        judgement: &Judgement,
    ) -> Finding {
        let name = &self.entry.name.value;
        if otherwise == Otherwise::Ignored {
            let title = format!("memcached accepts `{name}` and ignores it");
            let name = self.entry.name.span;
            return Finding::new(Code::IgnoredDirective, name, title).help("remove it").fix_by_removing(name);
        }
        let title = format!(
            "memcached takes `{name} = {}` otherwise than written: {otherwise}",
            shown(node, self.subject)
        );
        let mut finding = Finding::new(Code::ReinterpretedValue, node.span, title);
        finding = match self.number_meant(node) {
            Some((number, unit)) => {
                let unit = if unit == catalog::Unit::Megabytes { " (megabytes)" } else { "" };
                finding.help(format!("write `{number}`{unit}")).fix(node.span, number.to_string())
            }
            None => finding.help("write the value that is meant"),
        };
        finding.level = diag::Level::Error;
        match judgement.value() {
            Some(value) => finding.note(format!("it would work with `{value}`")),
            None => finding,
        }
    }
}
