//! The rule `failed-snapshot-ignored`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, kept_data, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::source::Span;

/// A store or a queue that takes writes after it could not save.
pub(super) static RULE: Rule = Rule {
    code: Code::FailedSnapshotIgnored,
    group: RuleGroup::Durability,
    about: "A store or a queue that takes writes after it could not save",
    why: r#"A snapshot fails when the disk is full, the folder is gone or the kernel refuses the fork. By default the server then
refuses writes ("MISCONF …"), so that somebody notices. With `stop-writes-on-bgsave-error = false` it goes on, and
nothing is saved until somebody reads `rdb_last_bgsave_status`: a crash loses everything since the last snapshot that
succeeded, days maybe.

Write `true`, or keep an append-only file (`appendonly = true`), which is what is loaded after a restart."#,
    source: "server.c (writeCommandsDeniedByDiskError) of Redis 7.0.15",
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
save = ["60 1"]
stop-writes-on-bgsave-error = false

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
save = ["60 1"]
stop-writes-on-bgsave-error = true

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

/// The setting in question.
const NAME: &str = "stop-writes-on-bgsave-error";

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        let Some(purpose) = kept_data(deployment) else { continue };
        for (place, nodes) in faults(Servers::of_deployment(deployment), goes_on) {
            let title = format!("{} goes on taking writes when it cannot save them", whose(&nodes));
            let mut finding = Finding::new(Code::FailedSnapshotIgnored, place, title)
                .related(purpose.span, "what the data are for")
                .help(format!("write `{NAME} = true`, or keep an append-only file with `appendonly = true`"))
                .note("a crash then loses everything since the last snapshot that succeeded");
            if let Some(span) = nodes.first().and_then(|running| running.value_place(NAME)) {
                finding = finding.guess(span, "true");
            }
            findings.push(finding.of(&deployment.name));
        }
    }
}

/// Where a server whose snapshots are all that it keeps is told to ignore a failed one.
fn goes_on(running: &Running<'_>) -> Option<Span> {
    running.place(NAME).filter(|_| running.only_snapshots() && running.is(NAME, false))
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn a_log_is_enough() {
        let with = |config: &str| codes_of(&super::RULE.fails.spec.replace("save = [\"60 1\"]", config));
        assert_eq!(with("appendonly = true"), [""; 0]);
        assert_eq!(with("save = []\nappendonly = true"), [""; 0]);
    }
}
