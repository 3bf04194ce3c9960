//! The rule `memory-overcommitted`, and what it shares with `peak-above-memory`.

use crate::check::footprint::{Footprint, Term, footprints, rounded};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::spec::listed;

/// Limits of memory that a machine does not have.
pub(super) static RULE: Rule = Rule {
    code: Code::MemoryOvercommitted,
    group: RuleGroup::Memory,
    about: "Limits of memory that a machine does not have",
    why: "The `maxmemory` of all servers of a machine and the `memory-limit` of its memcacheds are together more than the
`memory` of the host. Each server trusts in its limit and fills up to it; before the last is full, the kernel kills one
of them, often the largest, or everything waits for the swap.

A replica counts with the `maxmemory` of its primary: it holds what that sends, and does not heed its own unless
`replica-ignore-maxmemory` is off. The backlog of replication and the buffers of clients are inside `maxmemory`.
Hosts of one address are one machine. Servers without a limit are left out here; `unlimited-memory` speaks of
them.

Lower the limits, or move a server to another machine. What servers take for a while beside their limits is judged by
`peak-above-memory`.",
    source: "evict.c (getMaxmemoryState, freeMemoryGetNotCountedMemory) of Redis 6.0.16 to 7.4.1 and Valkey 8.0.1, slabs.c of memcached 1.6.18",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", memory = "8gb" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
purpose = "cache"

[redis.sessions.config]
maxmemory = "6gb"
maxmemory-policy = "allkeys-lru"
save = []

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"

[memcached.fragments]
version = "1.6"
hosts = ["cache-a"]
config = { memory-limit = 3072 }
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", memory = "8gb" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
purpose = "cache"

[redis.sessions.config]
maxmemory = "4gb"
maxmemory-policy = "allkeys-lru"
save = []

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"

[memcached.fragments]
version = "1.6"
hosts = ["cache-a"]
config = { memory-limit = 3072 }
"#,
    ),
    stage: Stage::Model(run),
};

/// Related places that a message shows, at most: the table below names all.
const MOST_PLACES: usize = 3;

fn run(model: &Model, findings: &mut Findings) {
    let over = footprints(model).into_iter().filter(is_overcommitted).collect();
    for (footprint, others) in alike(over) {
        let host = &model.host(footprint.host).name.value;
        let (has, takes) = (footprint.memory.value, footprint.sum(Term::is_declared));
        let title = format!(
            "`{host}` has {} of memory, and the limits of its servers are {}",
            rounded(has),
            rounded(takes)
        );
        let mut finding = about(model, Code::MemoryOvercommitted, &footprint, &others, title);
        let limits = footprint.items.iter().filter(|item| item.term.is_declared());
        for (item, place) in limits.filter_map(|item| Some((item, item.place?))).take(MOST_PLACES) {
            let each = if item.count == 1 { String::new() } else { format!(" each, {} of them", item.count) };
            finding = finding.related(place, format!("`{}` may take {}{each}", item.owner, rounded(item.each)));
        }
        findings.push(
            finding
                .help(format!("take {} off these limits, or move a server to another machine", rounded(takes - has)))
                .note(format!("what counts:\n{}", footprint.table(Term::is_declared))),
        );
    }
}

/// Whether the declared limits alone are more than the machine has.
pub(super) fn is_overcommitted(footprint: &Footprint<'_>) -> bool {
    footprint.sum(Term::is_declared) > footprint.memory.value
}

/// Machines that are alike, each kind once: the first, and the others.
pub(super) fn alike(footprints: Vec<Footprint<'_>>) -> Vec<(Footprint<'_>, Vec<Footprint<'_>>)> {
    let mut kinds: Vec<(Footprint<'_>, Vec<Footprint<'_>>)> = Vec::new();
    for footprint in footprints {
        let same = |first: &Footprint<'_>| {
            (first.memory.value, &first.items) == (footprint.memory.value, &footprint.items)
        };
        match kinds.iter_mut().find(|(first, _)| same(first)) {
            Some((_, others)) => others.push(footprint),
            None => kinds.push((footprint, Vec::new())),
        }
    }
    kinds
}

/// A finding about the memory of a machine, that names those like it.
pub(super) fn about(
    model: &Model,
    code: Code,
    footprint: &Footprint<'_>,
    others: &[Footprint<'_>],
    title: String,
) -> Finding {
    let mut finding = Finding::new(code, footprint.memory.span, title);
    let names: Vec<&str> = others.iter().map(|other| model.host(other.host).name.value.as_str()).collect();
    if !names.is_empty() {
        let verb = if names.len() == 1 { "is" } else { "are" };
        finding = finding.note(format!("so {verb} {}", listed(&names)));
    }
    match footprint.only_owner() {
        Some(owner) => finding.of(owner),
        None => finding,
    }
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::{codes_of, findings_of};

    const NONE: [&str; 0] = [];

    fn alone(memory: &str, more: &str) -> String {
        format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\"{memory} }}\n[redis.s]\nversion = \"7.2\"\n\
             topology = \"standalone\"\nhosts = [\"a\", \"a\"]\n{more}"
        )
    }

    #[test]
    fn limits_are_compared_with_what_is_declared() {
        let two = "config = { maxmemory = \"4gb\", save = [] }\n";
        assert_eq!(codes_of(&alone(", memory = \"7gb\"", two)), ["memory-overcommitted"]);
        // Just the limits: what is beside them is another rule's.
        assert_eq!(codes_of(&alone(", memory = \"8gb\"", two)), ["peak-above-memory"]);
        assert_eq!(codes_of(&alone(", memory = \"9gb\"", two)), NONE);
        assert_eq!(codes_of(&alone("", two)), NONE);
        assert_eq!(codes_of(&alone(", memory = \"1gb\"", "config = { maxmemory = \"lots\" }\n")), ["invalid-value"]);
        assert_eq!(codes_of(&alone(", memory = \"1gb\"", "config = 3\n")), ["wrong-type"]);
        assert_eq!(codes_of(&alone(", memory = \"1gb\"", "")), NONE, "without a limit nothing can be said");
    }

    #[test]
    fn machines_that_are_alike_are_one_finding() {
        let hosts: Vec<String> = (1..=6)
            .map(|at| format!("h{at} = {{ address = \"10.0.0.{at}\", memory = \"3gb\" }}\n"))
            .collect();
        let spec = format!(
            "format = 1\nname = \"x\"\n[hosts]\n{}[redis.c]\nversion = \"7.2\"\ntopology = \"cluster\"\nshards = 3\n\
             replicas = 1\nreplication = {{ password = {{ env = \"P\" }} }}\n\
             hosts = [\"h1\", \"h2\", \"h3\", \"h4\", \"h5\", \"h6\"]\nconfig = {{ maxmemory = \"4gb\" }}\n",
            hosts.concat()
        );
        let findings = findings_of(&spec, &[]);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(findings[0].deployment.as_deref(), Some("c"));
        assert!(findings[0].notes.iter().any(|note| note == "so are `h2`, `h3`, `h4`, `h5` and `h6`"));
    }
}
