//! The rule `tiny-slab-chunks`.

use crate::catalog::memcached::OptionValue;
use crate::catalog::Unit;
use crate::check::memcacheds::MemcachedServer;
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;

/// Pieces of memory of a few bytes, where kilobytes were meant.
pub(super) static RULE: Rule = Rule {
    code: Code::TinySlabChunks,
    group: RuleGroup::Memcached,
    about: "Pieces of memory of a few bytes, where kilobytes were meant",
    why: "`slab_chunk_max` is the largest piece of memory; what is larger is stored as a chain of pieces. Until 1.6.24 the
number is bytes, although `memcached --help` says kilobytes. With 16, as one would write for 16 kB, 1.6.18 starts,
and dies with a segmentation fault at the first item that is larger.

Write bytes: `slab_chunk_max = 16384`. From 1.6.24 on the number is kilobytes indeed.",
    source: "slabs.c and items.c of memcached 1.6.18; measured: with 16 and with 32 it dies of signal 11 when 20 kB are stored, with 64 it does not",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[memcached.fragments]
version = "1.6.18"
hosts = ["cache-a"]

[memcached.fragments.config]
slab_chunk_max = 16
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[memcached.fragments]
version = "1.6.18"
hosts = ["cache-a"]

[memcached.fragments.config]
slab_chunk_max = 16384
"#,
    ),
    stage: Stage::Model(run),
};

/// Smaller ones are most certainly meant as kilobytes, which go up to this number.
const LEAST: i64 = 1024;

fn run(model: &Model, findings: &mut Findings) {
    for server in MemcachedServer::all(model) {
        let Some((bytes, place)) = server.given_number("slab_chunk_max") else { continue };
        let in_bytes = server.facts("slab_chunk_max").is_some_and(
            |facts| matches!(facts.value, OptionValue::Strtol(numeric) if numeric.unit == Unit::Bytes),
        );
        if !in_bytes || !(1..LEAST).contains(&bytes) {
            continue;
        }
        let title = format!(
            "`slab_chunk_max = {bytes}` is {bytes} bytes, not kilobytes, in memcached {}",
            server.deployment.target.versions
        );
        findings.push(
            Finding::new(Code::TinySlabChunks, place, title)
                .related(server.deployment.version_span, "the version is set here")
                .help(format!("write `slab_chunk_max = {}`", bytes * 1024))
                .note("with 16 or 32 the server dies of signal 11 at the first large item; from 1.6.24 on kilobytes are right")
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
    fn kilobytes_from_1_6_24_on() {
        assert_eq!(codes("1.6.23", "slab_chunk_max = 512"), ["tiny-slab-chunks"]);
        assert_eq!(codes("1.6.23", "slab_chunk_max = 1024"), [""; 0]);
        assert_eq!(codes("1.6.24", "slab_chunk_max = 512"), [""; 0]);
    }
}
