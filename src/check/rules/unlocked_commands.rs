//! The rule `unlocked-commands`.

use crate::check::access::{Reach, reach, refuses_other_hosts};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Assigned, Model};
use crate::value::Value;

/// Commands that 7.0 locked, unlocked for every client.
pub(super) static RULE: Rule = Rule {
    code: Code::UnlockedCommands,
    group: RuleGroup::Security,
    about: "Commands that 7.0 locked, unlocked for every client",
    why: r#"Since 7.0 a server refuses three things whatever a user's rights are, because each of them is a way to its host:
MODULE LOAD runs a library of the caller's choice, CONFIG SET of `dir` and `dbfilename` writes files where the caller
likes, and DEBUG crashes the server or rewrites what is in memory. `yes` gives them back to every client that has the
command, over the network too.

`"local"` gives them to clients on the host alone. Modules load at the start by `loadmodule`, without
`enable-module-command`."#,
    source: "allowProtectedAction (server.c), debugCommand, moduleCommand and configSetCommand of Redis 7.0.15",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]

[redis.sessions.config]
enable-debug-command = "yes"

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write -@dangerous"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]

[redis.sessions.config]
enable-debug-command = "local"

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

/// Each switch, what it unlocks, and what that allows.
const SWITCHES: [(&str, &str, &str); 3] = [
    ("enable-debug-command", "DEBUG", "DEBUG can crash the server and change data in memory"),
    ("enable-module-command", "MODULE LOAD", "MODULE LOAD runs any library on the host as the server's user"),
    (
        "enable-protected-configs",
        "CONFIG SET of protected settings",
        "with `dir` and `dbfilename` a client writes files on the host as the server's user",
    ),
];

fn run(model: &Model, findings: &mut Findings) {
    for servers in Servers::all(model) {
        for (name, what, note) in SWITCHES {
            let unlocked = |running: &Running<'_>| {
                let yes = Assigned::Value(Value::Word("yes"));
                running.setting(name).filter(|setting| setting.value == yes)?;
                let from = reach(model, servers.shared, running.node())?;
                let refused = running
                    .servers
                    .deployment
                    .is_some_and(|deployment| refuses_other_hosts(deployment, running.node()));
                (from > Reach::Host && !refused).then(|| running.place_or_node(name))
            };
            for (place, nodes) in faults(servers, unlocked) {
                let title = format!("`{name}` of {servers} lets clients on other hosts use {what}");
                let mut finding = Finding::new(Code::UnlockedCommands, place, title)
                    .help("write `\"local\"`, which lets clients on the host use it, or remove the line")
                    .note(note)
                    .of(servers.name);
                if let Some(value) = nodes.first().and_then(|running| running.value_place(name)) {
                    finding = finding.guess(value, "\"local\"");
                }
                findings.push(finding);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    const NONE: [&str; 0] = [];

    fn of(address: &str, config: &str) -> Vec<String> {
        codes_of(&format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"{address}\" }}\nb = {{ address = \"10.0.0.2\" }}\n\
             [redis.s]\nversion = \"7.2\"\ntopology = \"standalone\"\nhosts = [\"a\", \"b\"]\n\
             [redis.s.config]\n{config}\n"
        ))
    }

    #[test]
    fn only_yes_is_told_once_for_each_switch() {
        let locked = |config: &str| of("10.0.0.1", &format!("requirepass = {{ env = \"P\" }}\n{config}"));
        assert_eq!(locked("enable-module-command = \"local\""), NONE);
        assert_eq!(locked("enable-module-command = false"), NONE);
        let two = "enable-module-command = \"yes\"\nenable-protected-configs = true";
        assert_eq!(locked(two), ["unlocked-commands", "unlocked-commands"]);
    }

    #[test]
    fn where_protected_mode_refuses_other_hosts_nothing_is_unlocked_for_them() {
        let debug = "enable-debug-command = \"yes\"";
        assert_eq!(of("10.0.0.1", debug), ["clients-locked-out"]);
        let open = of("10.0.0.1", &format!("{debug}\nprotected-mode = false"));
        assert_eq!(open, ["unlocked-commands", "open-server"]);
    }
}
