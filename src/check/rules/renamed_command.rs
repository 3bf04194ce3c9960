//! The rule `renamed-command`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;

/// A command taken away by its name where users could be denied it.
pub(super) static RULE: Rule = Rule {
    code: Code::RenamedCommand,
    group: RuleGroup::Opinion,
    about: "A command taken away by its name where users could be denied it",
    why: "`rename-command` takes a command from everybody: from the application, and from operators and tools who need it. ACL
rules take it from those who must not have it: `-@dangerous` at the end of a user's rules, or `-keys`.

Said where users are declared. Off unless `[lints]` asks for it. Where sentinels or replicas need the command,
`renamed-for-peers` says so in any case.",
    source: "redis.conf of Redis 7.0.15, which advises against it since 6.0",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write -@dangerous"

[redis.sessions.config]
rename-command = "KEYS ''"

[lints]
renamed-command = "warn"
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

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write -@dangerous"

[lints]
renamed-command = "warn"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in model.deployments.iter().filter(|deployment| !deployment.spec.users.is_empty()) {
        let mut nodes = deployment.nodes.iter();
        let setting = nodes.find_map(|node| deployment.setting(node, "rename-command"));
        let Some(place) = setting.and_then(|setting| setting.origin.span()) else { continue };
        let name = &deployment.name.value;
        let title = format!("`{name}` renames commands for everybody, and has users to deny them to");
        findings.push(
            Finding::new(Code::RenamedCommand, place, title)
                .help("remove the line, and let the rules of users forbid the command")
                .of(name),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn without_users_there_is_nobody_to_deny_it_to() {
        let asked = super::RULE.fails.spec.replace("rename-command", "#");
        assert_eq!(codes_of(&asked).len(), 0);
    }
}
