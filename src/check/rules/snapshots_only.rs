//! The rule `snapshots-only`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, kept_data, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, Topology};
use crate::source::Span;
use crate::value::SavePoint;

/// A store or a queue that keeps snapshots only, far apart.
pub(super) static RULE: Rule = Rule {
    code: Code::SnapshotsOnly,
    group: RuleGroup::Durability,
    about: "A store or a queue that keeps snapshots only, far apart",
    why: r#"A snapshot is written when a `save` point is met: by default an hour after one change, after five minutes with 100,
after one minute with 10000. A server that crashes, or whose machine does, has lost what came since. Replicas had it,
but the rendered unit starts a crashed server again after five seconds: before Sentinel (`down-after-milliseconds`, 30
seconds) or a cluster (`cluster-node-timeout`, 15 seconds) takes it for down, it is back with the old snapshot, and
its replicas copy that.

Write `appendonly = true`: with `appendfsync = "everysec"` a crash of the machine loses about a second. Save points of
five minutes or less with a single change are taken for a decision."#,
    source: "server.c (serverCron) of Redis 7.0.15; a primary with `save 3600 1` killed and started again after 5 seconds under three sentinels with 10: Redis 6.2.14, 7.0.15 and Valkey 9.1.2 lost the key on all replicas",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
purpose = "store"

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
purpose = "store"

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"
appendonly = true

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

/// Seconds between snapshots that somebody who writes them accepts to lose.
const ACCEPTED: i64 = 300;
/// Milliseconds after which the rendered unit starts a crashed server again (`RestartSec=` in server.service.j2).
const RESTART: i128 = 5000;
/// Milliseconds after which Sentinel takes a server for down, where nothing else is written (sentinel.c).
const DOWN_AFTER: i128 = 30_000;

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        findings.extend(judge(deployment));
    }
}

fn judge(deployment: &Deployment) -> Vec<Finding> {
    let Some(purpose) = kept_data(deployment) else { return Vec::new() };
    let place = |running: &Running<'_>| {
        let rare = running.only_snapshots() && lost(running.save_points()?).is_some();
        let place = running.place("save").or_else(|| running.place("appendonly"));
        rare.then(|| place.unwrap_or(purpose.span))
    };
    let faults = faults(Servers::of_deployment(deployment), place);
    faults.into_iter().filter_map(|(place, nodes)| finding(deployment, purpose.span, place, &nodes)).collect()
}

fn finding(deployment: &Deployment, purpose: Span, place: Span, nodes: &[Running<'_>]) -> Option<Finding> {
    let lost = lost(nodes.first()?.save_points()?)?;
    let title = format!("a crash of {} loses {lost}: it keeps snapshots only", whose(nodes));
    let mut finding = Finding::new(Code::SnapshotsOnly, place, title)
        .help("write `appendonly = true` under `config`: a crash of the machine then loses about a second");
    if place != purpose {
        finding = finding.related(purpose, "what the data are for");
    }
    if let Some(noticed) = noticed(deployment, nodes).filter(|_| deployment.has_replicas()) {
        finding = finding.note(format!(
            "its unit starts it again after 5 seconds, and {noticed}: back with the old snapshot, it makes its replicas as old"
        ));
    }
    Some(finding.of(&deployment.name))
}

/// What a crash loses, where it is more than somebody would accept who thought of it.
fn lost(points: &[SavePoint]) -> Option<String> {
    let single = points.iter().filter(|point| point.changes <= 1).map(|point| point.seconds).min();
    match single {
        Some(seconds) if seconds <= ACCEPTED => None,
        Some(seconds) if seconds % 60 == 0 => Some(format!("the writes of up to {} minutes", seconds / 60)),
        Some(seconds) => Some(format!("the writes of up to {seconds} seconds")),
        None => {
            let fewest = points.iter().map(|point| point.changes).min()?;
            Some(format!("up to {} changes, however old", fewest - 1))
        }
    }
}

/// That nobody has noticed the crash by the time that the server is back.
fn noticed(deployment: &Deployment, nodes: &[Running<'_>]) -> Option<String> {
    let (name, who, after) = match &deployment.topology {
        Topology::Sentinel { watch, .. } => {
            let name = "down-after-milliseconds";
            let written = watch.settings.iter().find(|setting| setting.name.value == name);
            let after = match written {
                Some(setting) => setting.lines.first()?.first()?.parse().ok()?,
                None => DOWN_AFTER,
            };
            (name, "Sentinel", after)
        }
        Topology::Cluster { .. } => {
            let name = "cluster-node-timeout";
            (name, "the cluster", nodes.first()?.number(name)?)
        }
        Topology::Standalone | Topology::Replicated { .. } => return None,
    };
    (after > RESTART).then(|| format!("{who} takes it for down after {after} milliseconds (`{name}`)"))
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::{codes_of, findings_of};

    const NONE: [&str; 0] = [];

    fn codes(config: &str) -> Vec<String> {
        codes_of(&super::RULE.fails.spec.replace("[redis.sessions.config]", &format!("[redis.sessions.config]\n{config}")))
    }

    #[test]
    fn close_snapshots_are_a_decision() {
        assert_eq!(codes(""), ["snapshots-only"]);
        assert_eq!(codes("save = [\"3600 1\", \"300 1\"]"), NONE);
        assert_eq!(codes("save = [\"301 1\"]"), ["snapshots-only"]);
        assert_eq!(codes("save = [\"60 100\"]"), ["snapshots-only"]);
        assert_eq!(codes("save = []"), ["data-not-saved"]);
    }

    #[test]
    fn what_is_lost_is_counted() {
        let title = |save: &str| {
            let config = format!("[redis.sessions.config]\n{save}");
            findings_of(&super::RULE.fails.spec.replace("[redis.sessions.config]", &config), &[])[0].title.clone()
        };
        assert!(title("").contains("the writes of up to 60 minutes"));
        assert!(title("save = [\"301 1\"]").contains("up to 301 seconds"));
        assert!(title("save = [\"60 100\", \"9 1000\"]").contains("up to 99 changes"));
    }
}
