//! Names that refer to something declared elsewhere: looked up, and reported once each when the spec
//! is through, together with what was declared and never used.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Code, Finding, Findings};
use crate::source::{At, Span};
use crate::spec::{Spec, listed, literal_secret, literal_secret_in, nearest};

/// What a name refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Host,
    Profile,
    Sentinels,
}

impl Kind {
    const ALL: [Kind; 3] = [Kind::Host, Kind::Profile, Kind::Sentinels];

    fn what(self) -> &'static str {
        match self {
            Kind::Host => "host",
            Kind::Profile => "profile",
            Kind::Sentinels => "set of sentinels",
        }
    }

    fn table(self) -> &'static str {
        match self {
            Kind::Host => "[hosts]",
            Kind::Profile => "[profiles]",
            Kind::Sentinels => "[sentinels]",
        }
    }

    fn undefined(self) -> Code {
        match self {
            Kind::Host => Code::UndefinedHost,
            Kind::Profile => Code::UndefinedProfile,
            Kind::Sentinels => Code::UndefinedSentinels,
        }
    }

    fn unused(self) -> Code {
        match self {
            Kind::Host => Code::UnusedHost,
            Kind::Profile => Code::UnusedProfile,
            Kind::Sentinels => Code::UnusedSentinels,
        }
    }

    fn declared(self, spec: &Spec) -> BTreeMap<&str, Span> {
        fn names<T>(named: &crate::spec::Named<T>) -> BTreeMap<&str, Span> {
            named.entries().map(|entry| (entry.name.value.as_str(), entry.name.span)).collect()
        }
        match self {
            Kind::Host => names(&spec.hosts),
            Kind::Profile => names(&spec.profiles),
            Kind::Sentinels => names(&spec.sentinels),
        }
    }
}

/// Every use of a name so far.
#[derive(Debug, Default)]
pub(super) struct Uses {
    spans: BTreeMap<(Kind, String), BTreeSet<Span>>,
}

impl Uses {
    /// Notes a use.
    pub(super) fn note(&mut self, kind: Kind, name: &At<String>) {
        self.spans.entry((kind, name.value.clone())).or_default().insert(name.span);
    }

    /// Reports names that are used and not declared, and, where `all_seen`, the other way round.
    /// A name that is both wrong here and missing there is one mistake: it is reported at its first use.
    pub(super) fn report(&self, spec: &Spec, all_seen: bool, findings: &mut Findings) {
        for kind in Kind::ALL {
            let declared = kind.declared(spec);
            let mut unused: BTreeMap<&str, Span> = declared
                .iter()
                .filter(|(name, _)| !self.spans.contains_key(&(kind, (**name).to_owned())))
                .map(|(name, span)| (*name, *span))
                .collect();
            for ((_, name), spans) in self.spans.iter().filter(|((of, _), _)| *of == kind) {
                if !declared.contains_key(name.as_str()) {
                    findings.extend(undefined(kind, name, spans, &declared, &mut unused));
                }
            }
            if kind == Kind::Profile {
                findings.extend(unused.keys().flat_map(|name| secrets_of(spec, name)));
            }
            for (name, span) in unused.into_iter().filter(|_| all_seen) {
                let title = format!("nothing uses the {} `{name}`", kind.what());
                findings.push(Finding::new(kind.unused(), span, title).help("use it or remove it"));
            }
        }
    }
}

/// Literal secrets in a profile that nothing uses, whose settings nobody types.
fn secrets_of(spec: &Spec, profile: &str) -> Vec<Finding> {
    let config = spec.profiles.get(profile).and_then(|profile| profile.config.as_ref());
    let entries = config.map_or(&[][..], |config| &config.value.entries);
    let secrets = entries.iter().filter_map(|entry| literal_secret_in(&entry.name.value, &entry.value));
    secrets.map(|span| literal_secret(At::new("a password", span))).collect()
}

fn undefined(
    kind: Kind,
    name: &str,
    spans: &BTreeSet<Span>,
    declared: &BTreeMap<&str, Span>,
    unused: &mut BTreeMap<&str, Span>,
) -> Option<Finding> {
    let (first, others) = (spans.first()?, spans.iter().skip(1));
    let title = format!("`{name}` is not a declared {}", kind.what());
    let mut finding = Finding::new(kind.undefined(), *first, title);
    for other in others.take(3) {
        finding = finding.related(*other, "used here as well");
    }
    if let Some(twin) = nearest(name, unused.keys().copied())
        && let Some(span) = unused.remove(twin)
    {
        let label = format!("`{twin}` is declared here and used nowhere");
        return Some(finding.related(span, label).help(format!("did you mean `{twin}`?")));
    }
    let known: Vec<&str> = declared.keys().copied().collect();
    Some(match nearest(name, known.iter().copied()) {
        Some(near) => {
            let declare = format!("declare it under {}", kind.table());
            finding.help(format!("did you mean `{near}`? If not, {declare}"))
        }
        None if known.is_empty() || known.len() > 12 => {
            finding.help(format!("declare it under {}", kind.table()))
        }
        None => finding.help(format!("declare it under {}, or use one of {}", kind.table(), listed(&known))),
    })
}
