//! The rule `two-data-sets`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::source::{At, Span};
use crate::spec::Size;
use crate::value::size_text;

/// A replica that needs memory for its data twice, on a host that has it once.
pub(super) static RULE: Rule = Rule {
    code: Code::TwoDataSets,
    group: RuleGroup::Durability,
    about: "A replica that needs memory for its data twice, on a host that has it once",
    why: r#"With `repl-diskless-load = "swapdb"` a replica keeps the old data until the new ones have arrived, to answer meanwhile
and to go back to them when the link breaks. For that time it holds both: up to twice `maxmemory`. On a host with less
the kernel kills a server during the first full copy.

Write `"on-empty-db"`, or give it `maxmemory` of less than half of the host's memory."#,
    source: "replication.c (readSyncBulkPayload, disklessLoadInitTempDb) of Redis 7.0.15 and Valkey 8.0.1",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a", memory = "8gb" }
cache-b = { address = "10.0.2.11", zone = "b" }

[redis.sessions]
version = "7.2"
topology = "replicated"
initial-primary = "cache-a"
replicas = ["cache-b"]
replication = { user = "replica", password = { env = "REPLICA_PASSWORD" } }

[redis.sessions.config]
maxmemory = "5gb"
maxmemory-policy = "noeviction"
appendonly = true
repl-diskless-load = "swapdb"

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a", memory = "8gb" }
cache-b = { address = "10.0.2.11", zone = "b" }

[redis.sessions]
version = "7.2"
topology = "replicated"
initial-primary = "cache-a"
replicas = ["cache-b"]
replication = { user = "replica", password = { env = "REPLICA_PASSWORD" } }

[redis.sessions.config]
maxmemory = "3gb"
maxmemory-policy = "noeviction"
appendonly = true
repl-diskless-load = "swapdb"

[redis.sessions.users.app]
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
        let memory = |running: &Running<'_>| -> Option<At<Size>> { model.host(running.node.host).spec.memory };
        let twice = |running: &Running<'_>| -> Option<Span> {
            let place = running.place(NAME).filter(|_| running.says(NAME, "swapdb"))?;
            (running.number("maxmemory")? * 2 > i128::from(memory(running)?.value.0)).then_some(place)
        };
        for (place, nodes) in faults(Servers::of_deployment(deployment), twice) {
            let Some((memory, max)) = nodes.first().and_then(|one| Some((memory(one)?, one.number("maxmemory")?))) else {
                continue;
            };
            let text = |bytes: i128| size_text(u64::try_from(bytes).unwrap_or_default());
            let title = format!(
                "a full copy takes {} up to {}, and its host has {}",
                whose(&nodes),
                text(max * 2),
                size_text(memory.value.0)
            );
            findings.push(
                Finding::new(Code::TwoDataSets, place, title)
                    .related(memory.span, "the host's memory")
                    .help(format!("write `{NAME} = \"on-empty-db\"`, or a `maxmemory` of less than half of it"))
                    .note("with `swapdb` a replica holds the old data until the new ones have arrived")
                    .of(&deployment.name),
            );
        }
    }
}
