//! The rule `fsync-every-write`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use super::slow_fsync::syncs_each_write;
use crate::check::running::{faults, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::spec::Disk;

/// Each write waits for the disk.
pub(super) static RULE: Rule = Rule {
    code: Code::FsyncEveryWrite,
    group: RuleGroup::Opinion,
    about: "Each write waits for the disk",
    why: r#"With `appendfsync = "always"` the server calls fsync(2) before it answers, and serves nobody meanwhile. Many teams
write `"everysec"`, which loses nothing when the server crashes and about a second when its machine does; replicas
mostly have that second. Others need each write on disk, on flash that is fast enough for it. `slow-fsync` speaks of
disks that are not."#,
    source: "aof.c (flushAppendOnlyFile) of Redis 7.0.15; one client of Redis 7.0.15 went from 12000 to 260 writes a second with it, on a virtual disk",
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
appendfsync = "always"

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"

[lints]
fsync-every-write = "warn"
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
appendfsync = "everysec"

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"

[lints]
fsync-every-write = "warn"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        // `slow-fsync` tells more of these.
        if deployment.spec.disk.is_some_and(|disk| disk.value == Disk::Slow) {
            continue;
        }
        for (place, nodes) in faults(Servers::of_deployment(deployment), syncs_each_write) {
            let title = format!("each write to {} waits for its disk", whose(&nodes));
            findings.push(
                Finding::new(Code::FsyncEveryWrite, place, title)
                    .help("write `appendfsync = \"everysec\"`: a crash of the machine then loses about a second")
                    .of(&deployment.name),
            );
        }
    }
}
