//! The rule `fixed-hash-table`.

use crate::check::memcacheds::MemcachedServer;
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;

/// A hash table that never grows, too small for what memory holds.
pub(super) static RULE: Rule = Rule {
    code: Code::FixedHashTable,
    group: RuleGroup::Memcached,
    about: "A hash table that never grows, too small for what memory holds",
    why: "With `no_hashexpand` the table keeps the size of its start: 65536 entries unless `hashpower` says more. Items beyond
that hang in chains, and each look-up walks through one. Measured with 1.5 million items, 23 in each chain, on
1.6.38: 36 percent more processor time than with a table that grew.

Remove `no_hashexpand`: the table grows in a thread of its own while the server answers. Or write a `hashpower` that
fits the number of items.",
    source: "assoc.c of memcached 1.6.18; measured on 1.6.38",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[memcached.fragments]
version = "1.6.38"
hosts = ["cache-a"]

[memcached.fragments.config]
no_hashexpand = true
memory-limit = 4096
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[memcached.fragments]
version = "1.6.38"
hosts = ["cache-a"]

[memcached.fragments.config]
no_hashexpand = true
memory-limit = 4096
hashpower = 22
"#,
    ),
    stage: Stage::Model(run),
};

/// The power of a table whose size nobody says (`HASHPOWER_DEFAULT` in assoc.h).
const POWER: i64 = 16;
/// The bytes for each entry from which on there are long chains: 16 items of 1 kB.
const LONG: i64 = 16 << 10;

fn run(model: &Model, findings: &mut Findings) {
    for server in MemcachedServer::all(model) {
        let Some(option) = server.given("no_hashexpand") else { continue };
        let power = server.number("hashpower").filter(|power| *power > 0).unwrap_or(POWER);
        let Some(limit) = server.number("memory-limit").and_then(|limit| limit.checked_mul(1 << 20)) else {
            continue;
        };
        let each = u32::try_from(power).ok().and_then(|power| limit.checked_shr(power)).unwrap_or(0);
        if each <= LONG {
            continue;
        }
        let title = format!(
            "the table of `{}` never grows beyond {} entries: chains of {} items of 1 kB when memory is full",
            server.name(),
            1_i64.checked_shl(u32::try_from(power).unwrap_or(0)).unwrap_or(0),
            each >> 10
        );
        findings.push(
            Finding::new(Code::FixedHashTable, server.place(option), title)
                .help("remove `no_hashexpand`, or write a larger `hashpower`")
                .note("measured: chains of 23 take 36 percent more processor time")
                .of(server.name()),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;
    
    fn codes(version: &str, config: &str) -> Vec<String> {
        codes_of(&format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"10.0.0.1\", cpus = 4 }}\n[memcached.m]\n\
             version = \"{version}\"\nhosts = [\"a\"]\n[memcached.m.config]\n{config}\n"
        ))
    }

    #[test]
    fn small_servers_need_no_more() {
        assert_eq!(codes("1.6.38", "no_hashexpand = true"), [""; 0]);
        assert_eq!(codes("1.6.38", "no_hashexpand = true\nmemory-limit = 1025"), ["fixed-hash-table"]);
    }
}
