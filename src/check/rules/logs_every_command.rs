//! The rule `logs-every-command`.

use crate::check::memcacheds::MemcachedServer;
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;

/// A log of every command.
pub(super) static RULE: Rule = Rule {
    code: Code::LogsEveryCommand,
    group: RuleGroup::Memcached,
    about: "A log of every command",
    why: "From `verbose = 2` (`-vv`) on memcached writes each command that it gets and each answer to its standard error, so to
the journal, keys and all: a line or two for every request, and the journal's disk and processor time with it.

Write 1, which has errors only, or leave it out. `verbosity 2` turns it on in a running server for as long as it
takes to look.",
    source: "proto_text.c (process_command_ascii, settings.verbose > 1) of memcached 1.6.18; tried on 1.6.18, 1.6.38 and 1.6.45: a `get` is two lines with its key",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[memcached.fragments]
version = "1.6.38"
hosts = ["cache-a"]

[memcached.fragments.config]
verbose = 2
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
verbose = 1
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for server in MemcachedServer::all(model) {
        let Some((_, place)) = server.given_number("verbose").filter(|(level, _)| *level > 1) else { continue };
        let title = format!("`{}` writes every command with its key to the log", server.name());
        findings.push(
            Finding::new(Code::LogsEveryCommand, place, title)
                .help("write 1, or remove the line; `verbosity 2` turns it on while somebody looks")
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
    fn errors_may_be_logged() {
        assert_eq!(codes("1.6.38", "verbose = true"), [""; 0]);
        assert_eq!(codes("1.6.38", "verbose = 3"), ["logs-every-command"]);
    }
}
