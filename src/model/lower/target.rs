//! Engine, versions and build that a deployment's settings are judged against.

use crate::catalog::{Build, Engine, Minor, Target, VersionRange, supported};
use crate::diag::{Code, Finding, Findings};
use crate::source::At;
use crate::spec::{BuildSpec, listed};

/// The build where a spec says nothing: what the projects' own container images have.
const USUAL: Build = Build { tls: true, defrag: true, systemd: true, modules: false };

/// The target of a deployment, or the finding that its version is not supported.
pub(super) fn target(
    engine: Engine,
    version: At<VersionRange>,
    build: Option<&BuildSpec>,
    findings: &mut Findings,
) -> Option<Target> {
    let minors = supported(engine);
    let minor = minors.iter().find(|minor| minor.range.contains(version.first));
    if minor.is_none() {
        findings.push(unsupported(engine, version, minors));
    }
    minor.map(|_| Target { engine, versions: version.value, build: build_of(build) })
}

/// The declared build.
pub(super) fn build_of(spec: Option<&BuildSpec>) -> Build {
    let Some(spec) = spec else { return USUAL };
    let or = |declared: Option<At<bool>>, usual| declared.map_or(usual, |flag| flag.value);
    Build {
        tls: or(spec.tls, USUAL.tls),
        defrag: or(spec.defrag, USUAL.defrag),
        systemd: or(spec.systemd, USUAL.systemd),
        modules: or(spec.modules, USUAL.modules),
    }
}

fn unsupported(engine: Engine, version: At<VersionRange>, minors: &[Minor]) -> Finding {
    let known: Vec<String> = minors.iter().map(|minor| minor.range.to_string()).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let title = format!("{} {} is not supported", engine.title(), version.value);
    let finding = Finding::new(Code::UnsupportedVersion, version.span, title);
    // The two share numbers up to 8, and people one name for both.
    let other = [Engine::Redis, Engine::Valkey].into_iter().find(|other| {
        *other != engine && supported(*other).iter().any(|minor| minor.range.contains(version.first))
    });
    let finding = match other {
        Some(other) => finding.help(format!(
            "{} {} is: of a deployment, write `[{other}.NAME]`; of sentinels, `engine = \"{other}\"`",
            other.title(),
            version.value
        )),
        None => finding,
    };
    finding.help(format!("the supported versions are {}", listed(&known)))
}
