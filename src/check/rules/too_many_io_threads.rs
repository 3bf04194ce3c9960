//! The rule `too-many-io-threads`.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::servers::{Servers, machine};
use crate::diag::{Code, Finding, Findings};
use crate::model::{HostId, Model, Node};
use crate::source::{At, Span};

/// More I/O threads than processors.
pub(super) static RULE: Rule = Rule {
    code: Code::TooManyIoThreads,
    group: RuleGroup::Operations,
    about: "More I/O threads than processors",
    why: "I/O threads of a busy server do not sleep: the main thread hands out sockets and waits, spinning, until all of them are
done. A thread without a processor of its own holds up the others, and the server is slower than with one thread. On
one processor, with 50 clients that write:

| | 1 thread | 4 threads | 8 threads |
|---|---|---|---|
| Redis 7.0.15 | 38000 a second | 1000 | 600 |
| Valkey 8.0.1 | 10000 | 700 | 200 |
| Redis 8.0.6 | 9000 | 5800 | 2700 |
| Valkey 9.1.2 | 12000 | 8900 | 6000 |

(The last three on a busier machine.) Servers of one machine count together, those with `io-threads` above 1. Leave a
processor for everything else; for a machine of few processors `io-threads = 1` is the right number.",
    source: "networking.c (IOThreadMain, handleClientsWithPendingWritesUsingThreads) and redis.conf of Redis 6.0.16 to 7.4.1; measured on servers that were bound to one processor",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", cpus = 4 }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
purpose = "cache"

[redis.sessions.config]
maxmemory = "4gb"
maxmemory-policy = "allkeys-lru"
io-threads = 8
save = []

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", cpus = 4 }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
purpose = "cache"

[redis.sessions.config]
maxmemory = "4gb"
maxmemory-policy = "allkeys-lru"
io-threads = 3
save = []

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

/// A machine with declared processors, and the servers on it that have several threads.
struct Machine<'m> {
    cpus: At<i64>,
    host: HostId,
    servers: Vec<Threads<'m>>,
}

struct Threads<'m> {
    deployment: &'m str,
    number: i128,
    place: Span,
}

fn run(model: &Model, findings: &mut Findings) {
    let mut told: BTreeSet<Span> = BTreeSet::new();
    for machine in machines(model).into_values() {
        let sum: i128 = machine.servers.iter().map(|server| server.number).sum();
        let most = machine.servers.iter().max_by_key(|server| server.number);
        let Some(most) = most.filter(|_| sum > i128::from(machine.cpus.value)) else { continue };
        if told.insert(most.place) {
            findings.push(finding(model, &machine, most, sum));
        }
    }
}

fn finding(model: &Model, machine: &Machine<'_>, most: &Threads<'_>, sum: i128) -> Finding {
    let host = &model.host(machine.host).name.value;
    let cpus = machine.cpus.value;
    let processors = if cpus == 1 { "processor" } else { "processors" };
    let alone = machine.servers.len() == 1;
    let title = if alone {
        format!("`{}` has {sum} I/O threads, and `{host}` {cpus} {processors}", most.deployment)
    } else {
        format!("the servers of `{host}` have {sum} I/O threads together, and it has {cpus} {processors}")
    };
    let help = if alone && cpus > 1 {
        format!("write `io-threads = {}` or less", cpus - 1)
    } else if alone {
        "write `io-threads = 1`".to_owned()
    } else {
        format!("lower `io-threads` until the sum is {} or less; servers with 1 do not count", (cpus - 1).max(1))
    };
    let mut finding = Finding::new(Code::TooManyIoThreads, most.place, title)
        .related(machine.cpus.span, "the processors")
        .help(help)
        .note("a thread that waits for a processor holds up all others: with more threads the server is slower than with one");
    if !alone {
        let all: Vec<String> = machine
            .servers
            .iter()
            .map(|server| format!("{} of `{}`", server.number, server.deployment))
            .collect();
        finding = finding.note(all.join(", "));
    }
    let owners: BTreeSet<&str> = machine.servers.iter().map(|server| server.deployment).collect();
    if owners.len() == 1 { finding.of(most.deployment) } else { finding }
}

fn machines(model: &Model) -> BTreeMap<&str, Machine<'_>> {
    let mut machines: BTreeMap<&str, Machine<'_>> = BTreeMap::new();
    for (at, host) in model.hosts.iter().enumerate() {
        let Some(cpus) = host.spec.cpus else { continue };
        let new = Machine { cpus, host: HostId(at), servers: Vec::new() };
        let known = machines.get(machine(model, HostId(at)));
        if known.is_none_or(|known| known.cpus.value < cpus.value) {
            machines.insert(machine(model, HostId(at)), new);
        }
    }
    for deployment in model.deployments.iter().filter(|deployment| deployment.complete) {
        let servers = Servers::of_deployment(deployment);
        for node in &deployment.nodes {
            let (Some(machine), Some(number)) =
                (machines.get_mut(machine(model, node.host)), threads(&servers, node))
            else {
                continue;
            };
            let place = servers.place(node, "io-threads");
            machine.servers.push(Threads { deployment: &deployment.name.value, number, place });
        }
    }
    machines
}

/// The I/O threads of a server, where it is given more than the main one.
fn threads<'m>(servers: &Servers<'m>, node: &'m Node) -> Option<i128> {
    let number = servers.integer(node, "io-threads")?;
    let facts = servers.setting(node, "io-threads")?.directive?.at(servers.target.versions.last);
    let most = facts.and_then(|facts| facts.clamp).map_or(number, |(_, most)| number.min(most));
    (most > 1).then_some(most)
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::{codes_of, findings_of};

    const NONE: [&str; 0] = [];
    const FOUND: [&str; 1] = ["too-many-io-threads"];

    fn spec(host: &str, target: &str, hosts: &str, threads: u8) -> String {
        format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\"{host} }}\n{target}\n\
             topology = \"standalone\"\nhosts = [{hosts}]\nconfig = {{ io-threads = {threads} }}\n"
        )
    }

    const REDIS: &str = "[redis.s]\nversion = \"7.2\"";
    const VALKEY: &str = "[valkey.s]\nversion = \"8.0\"";

    #[test]
    fn threads_are_compared_with_declared_processors() {
        assert_eq!(codes_of(&spec(", cpus = 4", REDIS, "\"a\"", 4)), NONE);
        assert_eq!(codes_of(&spec(", cpus = 4", REDIS, "\"a\"", 5)), FOUND);
        assert_eq!(codes_of(&spec("", REDIS, "\"a\"", 64)), NONE);
        assert_eq!(codes_of(&spec(", cpus = 4", REDIS, "\"a\", \"a\"", 2)), NONE);
        assert_eq!(codes_of(&spec(", cpus = 4", REDIS, "\"a\", \"a\"", 3)), FOUND);
        assert_eq!(codes_of(&spec(", cpus = 1", REDIS, "\"a\", \"a\"", 1)), NONE);
    }

    #[test]
    fn valkey_8_0_starts_sixteen_at_most() {
        assert!(codes_of(&spec(", cpus = 16", VALKEY, "\"a\"", 64)).iter().all(|code| code != FOUND[0]));
        assert!(codes_of(&spec(", cpus = 15", VALKEY, "\"a\"", 64)).iter().any(|code| code == FOUND[0]));
    }

    #[test]
    fn it_says_what_to_write() {
        let findings = findings_of(&spec(", cpus = 4", REDIS, "\"a\"", 8), &[]);
        assert_eq!(findings[0].help, ["write `io-threads = 3` or less"]);
        let findings = findings_of(&spec(", cpus = 1", REDIS, "\"a\"", 8), &[]);
        assert_eq!(findings[0].help, ["write `io-threads = 1`"]);
    }
}
