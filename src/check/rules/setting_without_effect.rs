//! The rule `setting-without-effect`.

use std::collections::BTreeMap;

use super::unlimited_memory::wants_a_limit;
use crate::catalog::{Group, Kind, in_group};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, answers};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, Setting};
use crate::source::Span;
use crate::spec::Purpose;
use crate::value::Value;

/// A setting that another setting keeps from having any effect.
pub(super) static RULE: Rule = Rule {
    code: Code::SettingWithoutEffect,
    group: RuleGroup::Settings,
    about: "A setting that another setting keeps from having any effect",
    why: "Servers take it, and nothing comes of it. Either it is left over, or what it was written for is missing:

- `lfu-log-factor` and `lfu-decay-time` are read with a policy of `…-lfu` only;
- `maxmemory-samples` when keys are picked by age or use, by a policy of `…-lru`, `…-lfu` or `…-ttl`;
- `maxmemory-eviction-tenacity` when keys are evicted at all: with `maxmemory` and a policy other than `noeviction`;
- `maxmemory-clients` as a percentage with `maxmemory`: a part of no limit is none;
- `io-threads-do-reads` with `io-threads` above 1;
- `active-defrag-…` with `activedefrag` on.

A profile's setting is fine as long as one of the deployments that take the profile uses it.",
    source: "evict.c (evictionPoolPopulate, performEvictions, LFULogIncr), networking.c (getClientEvictionLimit, postponeClientRead), defrag.c (activeDefragCycle) of Redis 7.0.15 and 7.4.1",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
purpose = "cache"

[redis.sessions.config]
maxmemory = "4gb"
maxmemory-policy = "allkeys-lru"
lfu-decay-time = 5
save = []

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
purpose = "cache"

[redis.sessions.config]
maxmemory = "4gb"
maxmemory-policy = "allkeys-lfu"
lfu-decay-time = 5
save = []

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

const ASKED: [&str; 4] = ["maxmemory", "maxmemory-policy", "io-threads", "activedefrag"];

/// A setting at its place, and what keeps it from having an effect on the first node; none where some node uses it.
struct Idle<'m> {
    deployment: &'m str,
    name: &'m str,
    lack: Option<Lack>,
    /// Where that is set.
    because: Option<Span>,
}

fn run(model: &Model, findings: &mut Findings) {
    let mut places: BTreeMap<Span, Idle<'_>> = BTreeMap::new();
    for deployment in &model.deployments {
        let servers = Servers::of_deployment(deployment);
        if servers.is_poisoned(&ASKED) {
            continue;
        }
        for (settings, _) in answers(servers, |running| judged(deployment, running)) {
            for (place, new) in settings {
                match places.get_mut(&place) {
                    Some(idle) if new.lack.is_none() => idle.lack = None,
                    Some(_) => {}
                    None => {
                        places.insert(place, new);
                    }
                }
            }
        }
    }
    for (place, idle) in places {
        let Some(lack) = idle.lack else { continue };
        let title = format!("`{}` has no effect on `{}`: {}", idle.name, idle.deployment, lack.why);
        let mut finding =
            Finding::new(RULE.code, place, title).help(format!("remove it, or {}", lack.instead));
        if let Some(because) = idle.because.filter(|because| *because != place) {
            finding = finding.related(because, "because of this");
        }
        findings.push(finding.of(idle.deployment));
    }
}

/// The settings of a server that depend on another one, by their places.
fn judged<'m>(deployment: &'m Deployment, running: &Running<'m>) -> Vec<(Span, Idle<'m>)> {
    let defragmentation = in_group(running.servers.target.engine, Group::ActiveDefragmentation);
    let names = DEPENDENT.into_iter().chain(defragmentation.map(|directive| directive.name));
    let Some(eviction) = eviction(running) else { return Vec::new() };
    let judge = |name| {
        let setting = running.setting(name)?;
        let needs = needs(running, setting, eviction)?;
        // What another rule says is not said again.
        let lack = needs.lack.filter(|_| !is_told_otherwise(deployment, running, needs.of));
        let because = lack.and_then(|_| running.place(needs.of));
        let idle = Idle { deployment: &deployment.name.value, name: &setting.name, lack, because };
        Some((setting.origin.span()?, idle))
    };
    names.filter_map(judge).collect()
}

/// What a setting depends on.
struct Needs {
    /// The directive that decides.
    of: &'static str,
    /// What is missing; none where the setting has its effect.
    lack: Option<Lack>,
}

/// Why a setting has no effect, and what gives it one.
#[derive(Debug, Clone, Copy)]
struct Lack {
    why: &'static str,
    instead: &'static str,
}

const NO_LIMIT: Lack = Lack { why: "there is no `maxmemory`", instead: "set `maxmemory`" };
const COUNTS_NO_USE: Lack =
    Lack { why: "the policy does not count how often keys are used", instead: "use a policy of `…-lfu`" };
const COMPARES_NO_KEYS: Lack =
    Lack { why: "the policy does not compare keys", instead: "use a policy of `…-lru`, `…-lfu` or `…-ttl`" };
const EVICTS_NOTHING: Lack =
    Lack { why: "the policy evicts nothing", instead: "use another policy than `noeviction`" };
const NO_THREADS: Lack =
    Lack { why: "`io-threads` is 1, and the main thread does everything", instead: "raise `io-threads`" };
const NO_DEFRAG: Lack = Lack { why: "`activedefrag` is off", instead: "write `activedefrag = true`" };

/// Whether another rule speaks of what is missing.
fn is_told_otherwise(deployment: &Deployment, running: &Running<'_>, of: &str) -> bool {
    let cache = deployment.spec.purpose.is_some_and(|purpose| purpose.value == Purpose::Cache);
    let refuses = cache && running.says("maxmemory-policy", "noeviction");
    match of {
        "maxmemory" => wants_a_limit(deployment, running),
        "maxmemory-policy" => refuses,
        _ => false,
    }
}

/// What may depend on another setting, beside the settings of defragmentation.
const DEPENDENT: [&str; 6] = [
    "lfu-log-factor",
    "lfu-decay-time",
    "maxmemory-samples",
    "maxmemory-eviction-tenacity",
    "maxmemory-clients",
    "io-threads-do-reads",
];

/// The policy, and whether there is a limit to keep.
fn eviction(running: &Running<'_>) -> Option<(&'static str, bool)> {
    Some((running.word("maxmemory-policy")?, running.bytes("maxmemory")? > 0))
}

fn needs(
    running: &Running<'_>,
    setting: &Setting,
    (policy, limited): (&'static str, bool),
) -> Option<Needs> {
    let directive = setting.directive?;
    let on = |of: &'static str, holds: bool, lack: Lack| Some(Needs { of, lack: (!holds).then_some(lack) });
    match directive.name {
        "lfu-log-factor" | "lfu-decay-time" => {
            on("maxmemory-policy", policy.ends_with("-lfu"), COUNTS_NO_USE)
        }
        "maxmemory-samples" | "maxmemory-eviction-tenacity" if !limited => on("maxmemory", false, NO_LIMIT),
        "maxmemory-samples" => {
            let compares = ["-lru", "-lfu", "-ttl"].iter().any(|end| policy.ends_with(end));
            on("maxmemory-policy", compares, COMPARES_NO_KEYS)
        }
        "maxmemory-eviction-tenacity" => on("maxmemory-policy", policy != "noeviction", EVICTS_NOTHING),
        "maxmemory-clients" => {
            let part = matches!(running.value("maxmemory-clients"), Some(Value::Percent(_)));
            on("maxmemory", limited || !part, NO_LIMIT)
        }
        "io-threads-do-reads" if is_heeded(running, setting) => {
            let reads = running.is("io-threads-do-reads", true);
            on("io-threads", !reads || running.number("io-threads")? > 1, NO_THREADS)
        }
        name if name.starts_with("active-defrag-") => {
            on("activedefrag", running.is("activedefrag", true), NO_DEFRAG)
        }
        _ => None,
    }
}

/// Whether the version makes anything of the directive.
fn is_heeded(running: &Running<'_>, setting: &Setting) -> bool {
    let version = running.servers.target.versions.last;
    let facts = setting.directive.and_then(|directive| directive.at(version));
    facts.is_some_and(|facts| facts.kind != Kind::Ignored)
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::{codes_of, findings_of};

    const NONE: [&str; 0] = [];
    const FOUND: [&str; 1] = ["setting-without-effect"];

    fn codes(version: &str, config: &str) -> Vec<String> {
        codes_of(&format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n[redis.s]\nversion = \"{version}\"\n\
             topology = \"standalone\"\nhosts = [\"a\"]\nconfig = {{ {config} }}\n"
        ))
    }

    #[test]
    fn what_eviction_needs() {
        let on = |policy: &str, name: &str| {
            codes("7.2", &format!("maxmemory = \"1gb\", maxmemory-policy = \"{policy}\", {name} = 8"))
        };
        assert_eq!(on("allkeys-lfu", "lfu-log-factor"), NONE);
        assert_eq!(on("volatile-lru", "lfu-log-factor"), FOUND);
        assert_eq!(on("volatile-ttl", "maxmemory-samples"), NONE);
        assert_eq!(on("allkeys-random", "maxmemory-samples"), FOUND);
        assert_eq!(on("allkeys-random", "maxmemory-eviction-tenacity"), NONE);
        assert_eq!(on("noeviction", "maxmemory-eviction-tenacity"), FOUND);
        assert_eq!(codes("7.2", "maxmemory-samples = 8"), FOUND);
        assert_eq!(codes("7.2", "maxmemory-policy = \"allkeys-lru\", maxmemory-samples = 8"), ["unlimited-memory"]);
    }

    #[test]
    fn what_other_settings_need() {
        assert_eq!(codes("7.2", "maxmemory-clients = \"5%\""), FOUND);
        assert_eq!(codes("7.2", "maxmemory-clients = \"5mb\""), NONE);
        assert_eq!(codes("7.2", "io-threads-do-reads = true"), FOUND);
        assert_eq!(codes("7.2", "io-threads-do-reads = false"), NONE);
        assert_eq!(codes("7.2", "io-threads-do-reads = true, io-threads = 4"), NONE);
        assert_eq!(codes("8.0", "io-threads-do-reads = true"), ["ignored-directive"]);
        assert_eq!(codes("7.2", "active-defrag-cycle-max = 30"), FOUND);
        assert_eq!(codes("7.2", "active-defrag-cycle-max = 30, activedefrag = true"), NONE);
    }

    #[test]
    fn a_profile_is_of_use_where_one_deployment_uses_it() {
        let deployment = |name: &str, policy: &str, port: u16| {
            format!(
                "[redis.{name}]\nversion = \"7.2\"\ntopology = \"standalone\"\nhosts = [\"a\"]\nport = {port}\n\
                 profiles = [\"p\"]\nconfig = {{ maxmemory = \"1gb\", maxmemory-policy = \"{policy}\" }}\n"
            )
        };
        let spec = |one: &str, two: &str| {
            format!(
                "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n[profiles.p.config]\nlfu-decay-time = 5\n{}{}",
                deployment("one", one, 1),
                deployment("two", two, 2)
            )
        };
        assert!(findings_of(&spec("allkeys-lfu", "allkeys-lru"), &[]).is_empty());
        assert!(findings_of(&spec("allkeys-lru", "allkeys-lfu"), &[]).is_empty());
        assert_eq!(codes_of(&spec("allkeys-lru", "allkeys-random")), FOUND);
    }
}
