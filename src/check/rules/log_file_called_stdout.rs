//! The rule `log-file-called-stdout`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::source::Span;
use crate::value::Value;

/// A log that goes to a file with the name of a stream.
pub(super) static RULE: Rule = Rule {
    code: Code::LogFileCalledStdout,
    group: RuleGroup::Operations,
    about: "A log that goes to a file with the name of a stream",
    why: r#"Redis 2.6 took `logfile stdout` for its standard output, and files from that time are still copied. Later
servers write to a file called `stdout` in their data folder, which nobody rotates, while the journal and `docker logs`
stay empty.

The empty text means standard output: `logfile = ""`, which is also the default."#,
    source: "serverLogRaw (server.c) of Redis 7.0.15; seen on Redis 6.0.16 and 7.0.15",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]

[redis.sessions.config]
logfile = "stdout"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]

[redis.sessions.config]
logfile = ""
"#,
    ),
    stage: Stage::Model(run),
};

/// The setting in question.
const NAME: &str = "logfile";

fn run(model: &Model, findings: &mut Findings) {
    for servers in Servers::all(model) {
        for (place, nodes) in faults(servers, names_a_stream) {
            let title = format!("the log of {} goes to a file that is called like a stream", whose(&nodes));
            let mut finding = Finding::new(Code::LogFileCalledStdout, place, title)
                .help(format!("write `{NAME} = \"\"`, the default, for standard output"))
                .note("it stands in the data folder, and nobody rotates it; the journal stays empty");
            if let Some(span) = nodes.first().and_then(|running| running.value_place(NAME)) {
                finding = finding.guess(span, "\"\"");
            }
            findings.push(finding.of(servers.name));
        }
    }
}

/// Where a log file is called by the name of a stream.
fn names_a_stream(running: &Running<'_>) -> Option<Span> {
    let Some(Value::Text(text)) = running.value(NAME) else { return None };
    let is_stream = [&b"stdout"[..], b"stderr"].iter().any(|name| text.eq_ignore_ascii_case(name));
    running.place(NAME).filter(|_| is_stream)
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn a_path_to_the_stream_is_no_mistake() {
        let of = |file: &str| codes_of(&super::RULE.fails.spec.replace("\"stdout\"", &format!("\"{file}\"")));
        for file in ["/dev/stdout", "/var/log/redis/stdout", "redis.log", ""] {
            assert_eq!(of(file), [""; 0], "{file}");
        }
        for file in ["STDOUT", "stderr"] {
            assert_eq!(of(file), ["log-file-called-stdout"], "{file}");
        }
    }
}
