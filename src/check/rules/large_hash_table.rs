//! The rule `large-hash-table`.

use crate::check::footprint::rounded;
use crate::check::memcacheds::MemcachedServer;
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;

/// A hash table that takes more than the items may.
pub(super) static RULE: Rule = Rule {
    code: Code::LargeHashTable,
    group: RuleGroup::Memcached,
    about: "A hash table that takes more than the items may",
    why: "`hashpower` is the size of the table at the start, as a power of two: 8 bytes for each entry, beside `memory-limit`
and not counted in it. 31 is 16 GB. The system hands them out as items come, spread over all of the table, so that
the server grows far beyond its limit though it looks small at first.

The table grows by itself when there are more than 1.5 items for each entry; leave `hashpower` out, or write what the
number of items needs: 20 is good for a million and a half.",
    source: "assoc.c (assoc_init) of memcached 1.6.18; measured: with 31, `stats` says hash_bytes 17179869184 and 5 MB are resident",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[memcached.fragments]
version = "1.6.38"
hosts = ["cache-a"]

[memcached.fragments.config]
hashpower = 31
memory-limit = 1024
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
hashpower = 22
memory-limit = 1024
"#,
    ),
    stage: Stage::Model(run),
};

/// Bytes of an entry.
const ENTRY: u64 = 8;

fn run(model: &Model, findings: &mut Findings) {
    for server in MemcachedServer::all(model) {
        let Some((power, place)) = server.given_number("hashpower") else { continue };
        let table = u32::try_from(power).ok().and_then(|power| ENTRY.checked_shl(power));
        let limit = server.number("memory-limit").and_then(|limit| u64::try_from(limit).ok()).map(|limit| limit << 20);
        let (Some(table), Some(limit)) = (table, limit.filter(|limit| *limit > 0)) else { continue };
        if table <= limit {
            continue;
        }
        let title = format!(
            "`hashpower = {power}` is a table of {}, and the items of `{}` may take {}",
            rounded(table),
            server.name(),
            rounded(limit)
        );
        findings.push(
            Finding::new(Code::LargeHashTable, place, title)
                .help("remove the line: the table grows with the items")
                .note("the table does not count towards `memory-limit`")
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
    fn the_limit_is_the_items() {
        assert_eq!(codes("1.6.38", "hashpower = 24"), ["large-hash-table"]);
        assert_eq!(codes("1.6.38", "hashpower = 23"), [""; 0]);
        assert_eq!(codes("1.6.38", "hashpower = 24\nmemory-limit = 128"), [""; 0]);
    }
}
