//! The rule `fsync-left-to-kernel`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, kept_data, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::source::Span;

/// A store or a queue whose log reaches the disk when the kernel likes.
pub(super) static RULE: Rule = Rule {
    code: Code::FsyncLeftToKernel,
    group: RuleGroup::Durability,
    about: "A store or a queue whose log reaches the disk when the kernel likes",
    why: r#"With `appendfsync = "no"` the server writes to its append-only file and leaves it to the kernel when that reaches the
disk: Linux looks for pages older than 30 seconds (`vm.dirty_expire_centisecs`) every 5 seconds. A crash of the server
loses nothing, one of its machine half a minute. `no-appendfsync-on-rewrite = true` makes it so while a snapshot or a
rewrite is written, which is when most is written.

Write `appendfsync = "everysec"` and `no-appendfsync-on-rewrite = false`, the defaults."#,
    source: "aof.c (flushAppendOnlyFile) of Redis 7.0.15; Documentation/admin-guide/sysctl/vm.rst of Linux",
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
appendfsync = "no"

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
        let Some(purpose) = kept_data(deployment) else { continue };
        for (place, nodes) in faults(Servers::of_deployment(deployment), left_to_kernel) {
            let always = nodes.iter().all(|running| running.says("appendfsync", "no"));
            let (name, when, instead, text) = if always {
                ("appendfsync", "", "`appendfsync = \"everysec\"`", "\"everysec\"")
            } else {
                let name = "no-appendfsync-on-rewrite";
                (name, " during a snapshot or rewrite", "`no-appendfsync-on-rewrite = false`", "false")
            };
            let title = format!("a crash of the machine{when} loses about 30 seconds of what {} wrote", whose(&nodes));
            let mut finding = Finding::new(Code::FsyncLeftToKernel, place, title)
                .related(purpose.span, "what the data are for")
                .help(format!("write {instead}"))
                .note("the kernel writes when it likes: pages older than 30 seconds (`vm.dirty_expire_centisecs`)");
            if let Some(span) = nodes.first().and_then(|running| running.value_place(name)) {
                finding = finding.guess(span, text);
            }
            findings.push(finding.of(&deployment.name));
        }
    }
}

/// Where a server that keeps a log is told not to sync it.
fn left_to_kernel(running: &Running<'_>) -> Option<Span> {
    if !running.is("appendonly", true) {
        None
    } else if running.says("appendfsync", "no") {
        running.place("appendfsync")
    } else if running.is("no-appendfsync-on-rewrite", true) {
        running.place("no-appendfsync-on-rewrite")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn during_rewrites_too_and_once() {
        let with = |config: &str| codes_of(&super::RULE.fails.spec.replace("appendfsync = \"no\"", config));
        assert_eq!(with("no-appendfsync-on-rewrite = true"), ["fsync-left-to-kernel"]);
        assert_eq!(with("appendfsync = \"no\"\nno-appendfsync-on-rewrite = true"), ["fsync-left-to-kernel"]);
        assert_eq!(with(""), [""; 0]);
    }

    #[test]
    fn a_cache_may_lose_it() {
        assert_eq!(codes_of(&super::RULE.fails.spec.replace("purpose = \"store\"\n", "")), [""; 0]);
    }
}
