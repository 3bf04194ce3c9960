//! The rule `unfit-log-level`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::source::Span;

/// A log level for developers, or none at all.
pub(super) static RULE: Rule = Rule {
    code: Code::UnfitLogLevel,
    group: RuleGroup::Operations,
    about: "A log level for developers, or none at all",
    why: r#"With `loglevel = "debug"` a server writes several lines every five seconds, one for each client that comes or goes,
and on a cluster's bus one for each packet: the lines that matter drown in them, and the disk pays. With `"nothing"`
(Redis 7.2 and Valkey) it does not even say why it stopped.

Write `"notice"`, the default."#,
    source: "server.c (serverCron) and cluster.c (clusterProcessPacket) of Redis 7.0.15; config.c of Redis 7.2.6",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"
loglevel = "debug"

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"
loglevel = "notice"

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

/// The setting in question.
const NAME: &str = "loglevel";

fn run(model: &Model, findings: &mut Findings) {
    for servers in Servers::all(model) {
        for (place, nodes) in faults(servers, unfit) {
            let silent = nodes.first().is_some_and(|running| running.says(NAME, "nothing"));
            let (what, note) = if silent {
                ("logs nothing", "it would not even say why it stopped")
            } else {
                ("logs for developers", "a line for each client that comes or goes, and in a cluster for each packet")
            };
            let mut finding = Finding::new(Code::UnfitLogLevel, place, format!("{} {what}", whose(&nodes)))
                .help(format!("write `{NAME} = \"notice\"`, the default"))
                .note(note);
            if let Some(span) = nodes.first().and_then(|running| running.value_place(NAME)) {
                finding = finding.guess(span, "\"notice\"");
            }
            findings.push(finding.of(servers.name));
        }
    }
}

fn unfit(running: &Running<'_>) -> Option<Span> {
    let unfit = running.says(NAME, "debug") || running.says(NAME, "nothing");
    running.place(NAME).filter(|_| unfit)
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn verbose_and_warning_are_for_people() {
        let with = |level: &str| codes_of(&super::RULE.passes.spec.replace("notice", level));
        for level in ["verbose", "notice", "warning"] {
            assert_eq!(with(level), [""; 0], "{level}");
        }
        assert_eq!(with("nothing"), ["unfit-log-level"]);
    }

    #[test]
    fn sentinels_log_too() {
        let spec = "format = 1\nname = \"x\"\n[hosts]\na = { address = \"127.0.0.1\" }\n\
                    [sentinels.m]\nversion = \"7.2\"\nhosts = [\"a\"]\nconfig.loglevel = \"debug\"\n";
        assert_eq!(codes_of(spec), ["unused-sentinels", "unfit-log-level"]);
    }
}
