//! The rule `peak-above-memory`.

use std::collections::BTreeSet;

use super::memory_overcommitted::{about, alike, is_overcommitted};
use crate::check::footprint::{Footprint, Term, footprints, rounded};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Findings};
use crate::model::Model;
use crate::spec::listed;

/// A machine without room for what its servers take for a while.
pub(super) static RULE: Rule = Rule {
    code: Code::PeakAboveMemory,
    group: RuleGroup::Memory,
    about: "A machine without room for what its servers take for a while",
    why: r#"When all servers of a machine are full, and save or send their data at the same time, they take more than the
`memory` of the host: the kernel kills one, or the child that saves fails to start. Beside `maxmemory` count:

- **The process**: 14 MB of programs, stacks and what an empty server has; 6 MB for a memcached (its hash table
  grows with the number of items, by 5 to 11 bytes for each, and is not counted), 14 MB for a sentinel.
- **The allocator**: 5 percent. It is 2 to 15 on a server that was just filled, and more after keys changed sizes.
- **Copied pages**: servers fork for save points, for the append-only file and, as primaries, for a full sync of a
  replica; pages that are written meanwhile exist twice. With `write-rate` declared these are 6 bytes for each one
  that is written (values of 1 KB at random: 1.5 pages each), fewer where pages repeat, in the time in which the
  data are saved at 100 MB a second. Without, a quarter of the data.
- **Buffers of replicas**: `maxmemory` does not count them. Up to 6.2 each replica may take the hard limit of
  `client-output-buffer-limit replica`; from 7.0 on all replicas and the backlog share one buffer of that size.
  With no hard limit nothing is counted, though nothing bounds them.
- **Rewrites of the append-only file** up to 6.2: what is written meanwhile, where `write-rate` is declared.
- **Replicas that load**: the old data as well with `repl-diskless-load = "swapdb"`; with a second channel (Redis
  8.0, or Valkey's `dual-channel-replication-enabled`) what is written meanwhile, up to the limit of the buffer.

Nothing is said where a server has no limit, and nothing is counted for the kernel and other programs.

Lower `maxmemory`, declare `write-rate` where it is small, or silence the rule where the data never fill the limits."#,
    source: "evict.c, networking.c and replication.c of Redis 6.0.16 to 7.4.1 and Valkey 8.0.1; measured: resident memory of empty servers (Redis 6.0.16 to Valkey 9.1.2, memcached 1.6.18 to 1.6.45), copied pages on Redis 7.0.15",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", memory = "8gb" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
purpose = "store"

[redis.sessions.config]
maxmemory = "7gb"
maxmemory-policy = "noeviction"
appendonly = true

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
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
purpose = "store"
write-rate = "200kb"

[redis.sessions.config]
maxmemory = "7gb"
maxmemory-policy = "noeviction"
appendonly = true

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    let all = |_: Term| true;
    let over = footprints(model).into_iter().filter(|footprint| {
        let peak = footprint.sum(all) > footprint.memory.value;
        peak && footprint.unlimited.is_empty() && !is_overcommitted(footprint)
    });
    for (footprint, others) in alike(over.collect()) {
        let host = &model.host(footprint.host).name.value;
        let (has, takes) = (footprint.memory.value, footprint.sum(all));
        let title = format!(
            "`{host}` has {} of memory, and its servers may take {} when they are full and save",
            rounded(has),
            rounded(takes)
        );
        let mut finding = about(model, Code::PeakAboveMemory, &footprint, &others, title)
            .help(format!("lower `maxmemory` by {} in all, or move a server to another machine", rounded(takes - has)))
            .note(format!("what counts:\n{}", footprint.table(all)));
        let unknown = without_rate(&footprint);
        if !unknown.is_empty() {
            let note = format!("`write-rate` of {} is not declared: a quarter of the data is taken to be copied", listed(&unknown));
            finding = finding.note(note);
        }
        findings.push(finding);
    }
}

/// The deployments of which nobody said how much is written.
fn without_rate<'m>(footprint: &Footprint<'m>) -> Vec<&'m str> {
    let guessed = footprint.items.iter().filter(|item| item.term == Term::CopiedPart);
    let owners: BTreeSet<&str> = guessed.map(|item| item.owner).collect();
    owners.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::{codes_of, findings_of};

    const NONE: [&str; 0] = [];

    fn on(memory: &str, deployment: &str) -> String {
        format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\", memory = \"{memory}\" }}\n[redis.s]\n\
             version = \"7.2\"\ntopology = \"standalone\"\nhosts = [\"a\"]\n{deployment}"
        )
    }

    #[test]
    fn a_server_that_never_forks_needs_no_room_for_copies() {
        let pure = "config = { maxmemory = \"7gb\", save = [] }\n";
        let saves = "config = { maxmemory = \"7gb\" }\n";
        assert_eq!(codes_of(&on("8gb", pure)), NONE);
        assert_eq!(codes_of(&on("8gb", saves)), ["peak-above-memory"]);
        assert_eq!(codes_of(&on("8gb", &format!("write-rate = 0\n{saves}"))), NONE);
        assert_eq!(codes_of(&on("8gb", &format!("write-rate = \"20mb\"\n{saves}"))), ["peak-above-memory"]);
    }

    #[test]
    fn servers_without_a_limit_keep_it_silent() {
        let other = "[redis.t]\nversion = \"7.2\"\ntopology = \"standalone\"\nhosts = [\"a\"]\nport = 7000\n";
        let spec = on("8gb", &format!("config = {{ maxmemory = \"7gb\" }}\n{other}"));
        assert_eq!(codes_of(&spec), NONE);
        // What is certain without it stays certain.
        assert_eq!(codes_of(&spec.replace("7gb", "9gb")), ["memory-overcommitted"]);
    }

    #[test]
    fn the_terms_are_a_table() {
        let findings = findings_of(super::RULE.fails.spec, &[]);
        assert_eq!(
            findings[0].notes[0],
            "what counts:\n\
             sessions  maxmemory                   7gb\n\
             sessions  the processes              14mb\n\
             sessions  allocator, 5%           358.4mb\n\
             sessions  copied in a save, 25%    1792mb\n\
             together                            9.1gb"
        );
    }
}
