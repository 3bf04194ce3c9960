//! The rule `failed-snapshot-stops-cache`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::source::Span;
use crate::spec::Purpose;

/// A cache that refuses writes when a snapshot fails.
pub(super) static RULE: Rule = Rule {
    code: Code::FailedSnapshotStopsCache,
    group: RuleGroup::Durability,
    about: "A cache that refuses writes when a snapshot fails",
    why: r#"With save points, and later versions have them by default, a snapshot that fails makes the server refuse writes:
"MISCONF … Commands that may modify the data set are disabled". A full disk or a refused fork then takes the cache
away, though its data can be computed again. Each snapshot also forks, and what is written meanwhile is copied.

Write `stop-writes-on-bgsave-error = false` to go on without the snapshot; or `save = []` where the cache may begin
empty. With `save = []` a server that has replicas is left down after a crash, for an empty primary empties them."#,
    source: "server.c (writeCommandsDeniedByDiskError) of Redis 7.0.15; seen on Redis 7.0.15 and Valkey 9.1.2 without their folder",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }

[redis.pages]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
purpose = "cache"

[redis.pages.config]
maxmemory = "1gb"
maxmemory-policy = "allkeys-lru"

[redis.pages.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~page:* +@read +@write +@connection -@dangerous"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }

[redis.pages]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
purpose = "cache"

[redis.pages.config]
maxmemory = "1gb"
maxmemory-policy = "allkeys-lru"
stop-writes-on-bgsave-error = false

[redis.pages.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~page:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

/// The setting in question.
const NAME: &str = "stop-writes-on-bgsave-error";

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        let Some(purpose) = deployment.spec.purpose.filter(|purpose| purpose.value == Purpose::Cache) else {
            continue;
        };
        for (place, nodes) in faults(Servers::of_deployment(deployment), |running| stops(running, purpose.span)) {
            let by_default = nodes.iter().all(|running| running.place("save").is_none());
            let saves = if by_default { " saves snapshots by default," } else { "" };
            let title = format!("{} is a cache,{saves} and refuses writes when a snapshot fails", whose(&nodes));
            let mut finding = Finding::new(Code::FailedSnapshotStopsCache, place, title)
                .help(format!("write `{NAME} = false`, or `save = []` where it may begin empty"))
                .note("a full disk or a refused fork is answered with \"MISCONF …\" to every write");
            if place != purpose.span {
                finding = finding.related(purpose.span, "its data can be computed again");
            }
            if by_default {
                finding = finding.note("`save` is `[\"3600 1\", \"300 100\", \"60 10000\"]` where nothing sets it");
            }
            findings.push(finding.of(&deployment.name));
        }
    }
}

/// Where a server that would stop is told to save. Somebody who wrote that it stops meant it.
fn stops(running: &Running<'_>, purpose: Span) -> Option<Span> {
    let saves = running.save_points().is_some_and(|points| !points.is_empty());
    let stops = running.setting(NAME).is_none() && running.is(NAME, true);
    (saves && stops).then(|| running.place("save").unwrap_or(purpose))
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn only_where_nobody_decided() {
        let with = |config: &str| {
            let config = format!("[redis.pages.config]\n{config}");
            codes_of(&super::RULE.fails.spec.replace("[redis.pages.config]", &config))
        };
        assert_eq!(with("save = [\"60 1\"]"), ["failed-snapshot-stops-cache"]);
        assert_eq!(with("stop-writes-on-bgsave-error = true"), [""; 0]);
        assert_eq!(with("save = []"), [""; 0]);
    }

    #[test]
    fn redis_6_0_saves_nothing_by_default() {
        let spec = super::RULE.fails.spec.replace("version = \"7.2\"", "version = \"6.0\"");
        assert_eq!(codes_of(&spec), [""; 0]);
    }
}
