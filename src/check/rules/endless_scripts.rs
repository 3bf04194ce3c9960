//! The rule `endless-scripts`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::source::Span;

/// A script that runs forever and that nobody can stop.
pub(super) static RULE: Rule = Rule {
    code: Code::EndlessScripts,
    group: RuleGroup::Operations,
    about: "A script that runs forever and that nobody can stop",
    why: "While a script runs, nothing else does. After `busy-reply-threshold` milliseconds (`lua-time-limit` before 7.0; 5000)
the server answers others again: with BUSY, and it takes SCRIPT KILL. With 0 it never does. A script with an endless
loop then takes the server away until somebody kills the process, and what was not saved with it; Sentinel takes it
for down.

Write `5000`, the default.",
    source: "script_lua.c (luaCallFunction, luaMaskCountHook) of Redis 7.0.15; measured on Redis 6.0.16, 6.2.14, 7.0.15 and 8.0.6 and Valkey 8.0.1 and 9.1.2: with 0 neither PING nor SCRIPT KILL was answered",
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
busy-reply-threshold = 0

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
busy-reply-threshold = 5000

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

/// The setting in question; `lua-time-limit` before 7.0.
const NAME: &str = "busy-reply-threshold";

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        for (place, nodes) in faults(Servers::of_deployment(deployment), endless) {
            let Some(setting) = nodes.first().and_then(|running| running.setting(NAME)) else { continue };
            let title = format!("nobody can stop a script that runs forever on {}", whose(&nodes));
            let mut finding = Finding::new(Code::EndlessScripts, place, title)
                .help(format!("write `{} = 5000`, the default", setting.name))
                .note("with 0 the server answers nobody while a script runs, not even SCRIPT KILL");
            if let Some(span) = setting.value_span {
                finding = finding.guess(span, "5000");
            }
            findings.push(finding.of(&deployment.name));
        }
    }
}

fn endless(running: &Running<'_>) -> Option<Span> {
    running.place(NAME).filter(|_| running.number(NAME) == Some(0))
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn by_its_old_name_too() {
        let spec = super::RULE.fails.spec.replace("busy-reply-threshold", "lua-time-limit");
        assert_eq!(codes_of(&spec.replace("\"7.2\"", "\"6.2\"")), ["endless-scripts"]);
        assert_eq!(codes_of(&spec), ["renamed-directive", "endless-scripts"]);
    }
}
