//! The rule `crashing-statistics`.

use crate::catalog::Version;
use crate::check::memcacheds::MemcachedServer;
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;

/// A memcached that dies when somebody asks for its settings.
pub(super) static RULE: Rule = Rule {
    code: Code::CrashingStatistics,
    group: RuleGroup::Memcached,
    about: "A memcached that dies when somebody asks for its settings",
    why: "Before 1.6.40 a memcached with `napi-ids` (`-N`) dies with a segmentation fault when a client sends `stats settings`.
Exporters for monitoring send it at every scrape, and so does anybody who may connect and types it: the cache is
gone, and empty when it is back.

Run 1.6.40 or later, or do without the option: it only matters for network cards whose queues are pinned to
processors. cachewright itself never asks such a server for its settings.",
    source: "memcached.c (process_stat_settings) of 1.6.18; measured: 1.6.18 and 1.6.38 die of signal 11, 1.6.45 answers",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[memcached.fragments]
version = "1.6.38"
hosts = ["cache-a"]

[memcached.fragments.config]
threads = 4
napi-ids = 4
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[memcached.fragments]
version = "1.6.40"
hosts = ["cache-a"]

[memcached.fragments.config]
threads = 4
napi-ids = 4
"#,
    ),
    stage: Stage::Model(run),
};

/// From here on the answer is written with its own format.
const MENDED: Version = Version::new(1, 6, 40);

fn run(model: &Model, findings: &mut Findings) {
    for server in MemcachedServer::all(model) {
        let versions = server.deployment.target.versions;
        let Some((_, place)) = server.given_number("napi-ids").filter(|(ids, _)| *ids > 0) else { continue };
        if versions.first >= MENDED {
            continue;
        }
        let title = format!("with `napi-ids`, `{}` dies when a client sends `stats settings`", server.name());
        findings.push(
            Finding::new(Code::CrashingStatistics, place, title)
                .related(server.deployment.version_span, "the version is set here")
                .help("say a `version` from 1.6.40 on, or remove the option")
                .note("memcached_exporter sends it at every scrape; 1.6.18 and 1.6.38 died of signal 11")
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
    fn mended_in_1_6_40() {
        assert_eq!(codes("1.6.39", "napi-ids = 1"), ["crashing-statistics"]);
        assert_eq!(codes("1.6.40", "napi-ids = 1"), [""; 0]);
        assert_eq!(codes("1.6.18", "threads = 2"), [""; 0]);
    }
}
