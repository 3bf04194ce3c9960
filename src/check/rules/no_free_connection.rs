//! The rule `no-free-connection`.

use crate::check::memcacheds::MemcachedServer;
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;

/// A limit of connections that memcached needs for itself.
pub(super) static RULE: Rule = Rule {
    code: Code::NoFreeConnection,
    group: RuleGroup::Memcached,
    about: "A limit of connections that memcached needs for itself",
    why: r#"memcached sets its limit of open files to `conn-limit`, and opens files before it listens: five for each worker, and
a few more. Where they are not there it does not start, and what it says depends on where it stopped: "failed
creating eventfd for worker thread: Too many open files", or nothing at all. Of `conn-limit = 100` with 4 workers, 71
to 75 are left for clients.

Write what clients need, and some for the server: the default is 1024."#,
    source: "memcached.c (main, setrlimit) of 1.6.18; measured: the lowest limits with 1, 4 and 16 workers are 11, 24 and 83 on 1.6.18, and 12, 28 and 88 on 1.6.38",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[memcached.fragments]
version = "1.6.38"
hosts = ["cache-a"]

[memcached.fragments.config]
conn-limit = 20
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
conn-limit = 1024
"#,
    ),
    stage: Stage::Model(run),
};

/// Files of a worker.
const EACH: i64 = 5;
/// Files beside those of workers, at the very least.
const OWN: i64 = 3;

fn run(model: &Model, findings: &mut Findings) {
    for server in MemcachedServer::all(model) {
        let limit = server.given_number("conn-limit");
        let (Some((limit, place)), Some(threads)) = (limit, server.number("threads")) else { continue };
        let needed = threads.saturating_mul(EACH).saturating_add(OWN);
        if limit >= needed {
            continue;
        }
        let title = format!(
            "`conn-limit = {limit}` of `{}` does not suffice for its own files: {threads} workers need about {needed}",
            server.name()
        );
        let mut finding = Finding::new(Code::NoFreeConnection, place, title)
            .help("write how many clients there are at most, and add that number; 1024 is the default")
            .note("it does not start: \"Too many open files\"");
        if let Some(option) = server.given("threads") {
            finding = finding.related(server.place(option), "the workers");
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
    fn workers_need_five_each() {
        assert_eq!(codes("1.6.38", "conn-limit = 22"), ["no-free-connection"]);
        assert_eq!(codes("1.6.38", "conn-limit = 23"), [""; 0]);
        assert_eq!(codes("1.6.38", "conn-limit = 23\nthreads = 2"), [""; 0]);
    }
}
