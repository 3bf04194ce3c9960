//! The rule `unrepresentable`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::{Model, Topology};
use crate::text::sentinel::survives_rewrite;

/// Text that a file format cannot hold.
pub(super) static RULE: Rule = Rule {
    code: Code::Unrepresentable,
    group: RuleGroup::Settings,
    about: "Text that a file format cannot hold",
    why: "Each kind of file has its own quoting, or none. redis.conf can hold any text but a NUL byte, at which the
servers cut a value. An ACL file has no quoting at all. And Sentinel rewrites its file by itself, at its first
start and at each failover, and prints names, passwords and scripts without quotes: a name with a space is
read well once, and refused at the next start.

Choose a value that the file can hold: for `master-name`, letters, digits, `-`, `_` and `.`.",
    source: "sentinel.c (rewriteConfigSentinelOption) and config.c of Redis 7.0.15; the refused start was measured",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }
cache-b = { address = "10.0.2.11", zone = "b" }
cache-c = { address = "10.0.3.11", zone = "c" }

[sentinels.main]
version = "7.2"
hosts = ["cache-a", "cache-b", "cache-c"]
auth = { password = { env = "SESSIONS_PASSWORD" } }

[redis.sessions]
version = "7.2"
topology = "sentinel"
initial-primary = "cache-a"
replicas = ["cache-b", "cache-c"]
sentinel = { set = "main", quorum = 2, master-name = "my sessions" }
replication = { password = { env = "SESSIONS_PASSWORD" } }
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }
cache-b = { address = "10.0.2.11", zone = "b" }
cache-c = { address = "10.0.3.11", zone = "c" }

[sentinels.main]
version = "7.2"
hosts = ["cache-a", "cache-b", "cache-c"]
auth = { password = { env = "SESSIONS_PASSWORD" } }

[redis.sessions]
version = "7.2"
topology = "sentinel"
initial-primary = "cache-a"
replicas = ["cache-b", "cache-c"]
sentinel = { set = "main", quorum = 2, master-name = "my-sessions" }
replication = { password = { env = "SESSIONS_PASSWORD" } }
"#,
    ),
    stage: Stage::Model(run),
};

/// Names that Sentinel would not read back. What redis.conf and ACL files cannot hold is found where the
/// value is typed.
fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        let Topology::Sentinel { watch, .. } = &deployment.topology else { continue };
        let Err(why) = survives_rewrite(watch.master_name.as_bytes()) else { continue };
        let written = deployment.spec.sentinel.as_ref().and_then(|table| table.master_name.as_ref());
        let place = written.map_or(deployment.name.span, |name| name.span);
        let title = format!(
            "Sentinel cannot keep the name `{}`: it {}",
            watch.master_name.escape_debug(),
            why.reason
        );
        findings.push(
            Finding::new(Code::Unrepresentable, place, title)
                .help("use letters, digits, `-`, `_` and `.`")
                .note("Sentinel writes its file anew at its first start, without quotes, and refuses it at the next")
                .of(&deployment.name),
        );
    }
}
