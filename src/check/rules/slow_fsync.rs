//! The rule `slow-fsync`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::source::Span;
use crate::spec::Disk;

/// Each write waits for a slow disk.
pub(super) static RULE: Rule = Rule {
    code: Code::SlowFsync,
    group: RuleGroup::Durability,
    about: "Each write waits for a slow disk",
    why: r#"With `appendfsync = "always"` the server calls fsync(2) before it answers, once for all commands of a round of its
event loop, and serves nobody meanwhile. A spinning or network disk takes 5 to 20 milliseconds for that: a single
client writes 50 to 200 times a second, and everybody else waits with it, readers too.

Write `appendfsync = "everysec"`: a crash of the server loses nothing then, one of the machine about a second. Where
not even that may be lost, put the data folder on local flash."#,
    source: "aof.c (flushAppendOnlyFile) of Redis 7.0.15; one client of Redis 7.0.15 went from 12000 to 260 writes a second on a virtual disk",
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
disk = "slow"

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"
appendonly = true
appendfsync = "always"

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
disk = "slow"

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"
appendonly = true
appendfsync = "everysec"

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        let Some(disk) = deployment.spec.disk.filter(|disk| disk.value == Disk::Slow) else { continue };
        for (place, nodes) in faults(Servers::of_deployment(deployment), syncs_each_write) {
            let title = format!("each write to {} waits for its slow disk", whose(&nodes));
            let mut finding = Finding::new(Code::SlowFsync, place, title)
                .related(disk.span, "its disk is slow")
                .help("write `appendfsync = \"everysec\"`: a crash of the machine then loses about a second")
                .note("the server calls fsync before it answers, and serves nobody meanwhile");
            if let Some(span) = nodes.first().and_then(|running| running.value_place("appendfsync")) {
                finding = finding.guess(span, "\"everysec\"");
            }
            findings.push(finding.of(&deployment.name));
        }
    }
}

/// Where a server is told to sync each write.
pub(super) fn syncs_each_write(running: &Running<'_>) -> Option<Span> {
    let always = running.is("appendonly", true) && running.says("appendfsync", "always");
    running.place("appendfsync").filter(|_| always)
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn only_slow_disks_and_only_a_log() {
        let spec = super::RULE.fails.spec;
        assert_eq!(codes_of(&spec.replace("disk = \"slow\"", "disk = \"fast\"")), [""; 0]);
        assert_eq!(codes_of(&spec.replace("disk = \"slow\"\n", "")), [""; 0]);
        assert_eq!(codes_of(&spec.replace("appendonly = true", "save = [\"60 1\"]")), [""; 0]);
    }
}
