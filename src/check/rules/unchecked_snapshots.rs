//! The rule `unchecked-snapshots`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::source::Span;

/// Snapshots without a checksum.
pub(super) static RULE: Rule = Rule {
    code: Code::UncheckedSnapshots,
    group: RuleGroup::Opinion,
    about: "Snapshots without a checksum",
    why: "With `rdbchecksum = false` a snapshot ends without a checksum, on disk and on its way to replicas. One that a disk or
a network has damaged is then loaded as if it were whole, or stops the start somewhere in the middle. The checksum
costs about a tenth of the time to save and load.",
    source: "rdb.c (rdbSaveRio, rdbLoadRioWithLoadingCtx) and redis.conf of Redis 7.0.15",
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
appendonly = true
rdbchecksum = false

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"

[lints]
unchecked-snapshots = "warn"
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
rdbchecksum = true

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"

[lints]
unchecked-snapshots = "warn"
"#,
    ),
    stage: Stage::Model(run),
};

/// The setting in question.
const NAME: &str = "rdbchecksum";

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        let off = |running: &Running<'_>| unchecked(running, deployment.has_replicas());
        for (place, nodes) in faults(Servers::of_deployment(deployment), off) {
            let title = format!("nothing tells a damaged snapshot of {} from a whole one", whose(&nodes));
            let mut finding = Finding::new(Code::UncheckedSnapshots, place, title)
                .help(format!("write `{NAME} = true`, the default"));
            if let Some(span) = nodes.first().and_then(|running| running.value_place(NAME)) {
                finding = finding.guess(span, "true");
            }
            findings.push(finding.of(&deployment.name));
        }
    }
}

/// Where a server that writes snapshots, for itself or for replicas, is told to leave the checksum out.
fn unchecked(running: &Running<'_>, replicas: bool) -> Option<Span> {
    let writes = replicas || running.persists() == Some(true);
    running.place(NAME).filter(|_| writes && running.is(NAME, false))
}
