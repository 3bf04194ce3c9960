//! The rule `too-many-workers`.

use crate::check::memcacheds::MemcachedServer;
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;

/// More worker threads than processors.
pub(super) static RULE: Rule = Rule {
    code: Code::TooManyWorkers,
    group: RuleGroup::Memcached,
    about: "More worker threads than processors",
    why: r#"Each worker serves its clients by itself and shares the locks of the table with all others. More of them than
processors serve no more, and wait for each other while one that holds a lock is not running. memcached itself warns
above 64: "Setting a high number of worker threads is not recommended. Set this value to the number of cores in your
machine or less."

Write as many as the host has processors, or fewer; 4 is the default."#,
    source: "memcached.c (main, the option t) of 1.6.18",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", cpus = 4 }

[memcached.fragments]
version = "1.6.38"
hosts = ["cache-a"]

[memcached.fragments.config]
threads = 16
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", cpus = 16 }

[memcached.fragments]
version = "1.6.38"
hosts = ["cache-a"]

[memcached.fragments.config]
threads = 16
"#,
    ),
    stage: Stage::Model(run),
};

/// Above this memcached warns, whatever the machine.
const MOST: i64 = 64;

fn run(model: &Model, findings: &mut Findings) {
    for server in MemcachedServer::all(model) {
        let Some((threads, place)) = server.given_number("threads") else { continue };
        let host = model.host(server.node.host);
        let cpus = host.spec.cpus.as_ref().filter(|cpus| cpus.value > 0 && threads > cpus.value);
        if cpus.is_none() && threads <= MOST {
            continue;
        }
        let title = match cpus {
            Some(cpus) => format!(
                "`threads = {threads}` of `{}`, and `{}` has {} processors",
                server.name(),
                host.name.value,
                cpus.value
            ),
            None => format!("`threads = {threads}` of `{}` is more than memcached recommends", server.name()),
        };
        let mut finding = Finding::new(Code::TooManyWorkers, place, title)
            .help(format!("write {} or fewer", cpus.map_or(MOST, |cpus| cpus.value)))
            .note("more workers than processors serve no more, and wait for each other's locks");
        if let Some(cpus) = cpus {
            finding = finding.related(cpus.span, "its processors");
        }
        findings.push(finding.of(server.name()));
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
    fn the_default_is_never_too_many() {
        assert_eq!(codes("1.6.38", "threads = 5"), ["too-many-workers"]);
        assert_eq!(codes("1.6.38", "threads = 4"), [""; 0]);
        assert_eq!(codes("1.6.38", "memory-limit = 100"), [""; 0]);
    }
}
