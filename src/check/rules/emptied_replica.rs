//! The rule `emptied-replica`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, kept_data, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::source::Span;

/// A replica that drops its data before it has new ones.
pub(super) static RULE: Rule = Rule {
    code: Code::EmptiedReplica,
    group: RuleGroup::Durability,
    about: "A replica that drops its data before it has new ones",
    why: r#"With `repl-diskless-load = "flush-before-load"` (Valkey 8.1) a replica drops what it has as soon as a full copy
begins, and loads the copy from the network. When the primary dies meanwhile, the replica holds a part of the data or
none, and there is nobody to promote. By default (`"disabled"`) it takes in the whole copy as a file first.

Write `"on-empty-db"`, which loads from the network only where there is nothing to lose, or `"swapdb"` where there is
memory for the data twice."#,
    source: "replication.c (useDisklessLoad, replicaReceiveRDBFromPrimaryToMemory) of Valkey 8.1.1",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }
cache-b = { address = "10.0.2.11", zone = "b" }

[valkey.sessions]
version = "8.1"
topology = "replicated"
initial-primary = "cache-a"
replicas = ["cache-b"]
replication = { user = "replica", password = { env = "REPLICA_PASSWORD" } }
purpose = "store"

[valkey.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"
appendonly = true
repl-diskless-load = "flush-before-load"

[valkey.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }
cache-b = { address = "10.0.2.11", zone = "b" }

[valkey.sessions]
version = "8.1"
topology = "replicated"
initial-primary = "cache-a"
replicas = ["cache-b"]
replication = { user = "replica", password = { env = "REPLICA_PASSWORD" } }
purpose = "store"

[valkey.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"
appendonly = true
repl-diskless-load = "on-empty-db"

[valkey.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

/// The setting in question.
const NAME: &str = "repl-diskless-load";

fn run(model: &Model, findings: &mut Findings) {
    for deployment in model.deployments.iter().filter(|deployment| deployment.has_replicas()) {
        let Some(purpose) = kept_data(deployment) else { continue };
        let drops = |running: &Running<'_>| -> Option<Span> {
            running.place(NAME).filter(|_| running.says(NAME, "flush-before-load"))
        };
        for (place, nodes) in faults(Servers::of_deployment(deployment), drops) {
            let title = format!("as a replica, {} drops its data before a full copy has arrived", whose(&nodes));
            let mut finding = Finding::new(Code::EmptiedReplica, place, title)
                .related(purpose.span, "what the data are for")
                .help(format!("write `{NAME} = \"on-empty-db\"`: from the network only where there is nothing to lose"))
                .note("when the primary dies meanwhile, nobody has all the data");
            if let Some(span) = nodes.first().and_then(|running| running.value_place(NAME)) {
                finding = finding.guess(span, "\"on-empty-db\"");
            }
            findings.push(finding.of(&deployment.name));
        }
    }
}
