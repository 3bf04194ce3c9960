//! The rule `everybody-is-admin`.

use crate::check::access::is_poisoned;
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, User};

/// Every user may do everything.
pub(super) static RULE: Rule = Rule {
    code: Code::EverybodyIsAdmin,
    group: RuleGroup::Opinion,
    about: "Every user may do everything",
    why: "Users that all have `~* +@all` keep nobody from anything: one password that leaks from any application gives away the
server, its settings and its users. Give applications the commands and keys that they use
(`~session:* +@read +@write -@dangerous`), and keep one user for operators.

Users that servers log in as do not count. Off unless `[lints]` asks for it.",
    source: "ACLSetUser (acl.c) of Redis 7.0.15",
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
rules = "~* +@all"

[lints]
everybody-is-admin = "warn"
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
everybody-is-admin = "warn"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in model.deployments.iter().filter(|deployment| !is_poisoned(deployment)) {
        let on = |user: &&User| user.derived.is_none() && deployment.rights(user).enabled;
        let users: Vec<&User> = deployment.users.iter().filter(on).collect();
        let Some(first) = users.first() else { continue };
        if !users.iter().all(|user| user.complete && is_admin(deployment, user)) {
            continue;
        }
        let name = &deployment.name.value;
        let title = match users.len() {
            1 => format!("the only user of `{name}` may do everything"),
            count => format!("all {count} users of `{name}` may do everything"),
        };
        findings.push(
            Finding::new(Code::EverybodyIsAdmin, first.name.span, title)
                .help("give applications the keys and commands that they use: `~session:* +@read +@write -@dangerous`")
                .of(name),
        );
    }
}

fn is_admin(deployment: &Deployment, user: &User) -> bool {
    let rights = deployment.rights(user);
    rights.root.all_keys && rights.root.has_all_commands()
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn one_limited_user_is_enough() {
        let admin = "users.admin = { passwords = { env = \"A\" }, rules = \"~* +@all\" }\n";
        let app = "users.app = { passwords = { env = \"B\" }, rules = \"~a:* +@read\" }\n";
        let of = |users: &str| {
            codes_of(&format!(
                "format = 1\nname = \"x\"\nlints.everybody-is-admin = \"warn\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n\
                 [redis.s]\nversion = \"7.2\"\ntopology = \"standalone\"\nhosts = [\"a\"]\n{users}"
            ))
        };
        assert_eq!(of(admin), ["everybody-is-admin"]);
        assert_eq!(of(&format!("{admin}{app}")), [""; 0]);
        assert_eq!(of(&format!("{admin}{}", app.replace("~a:* +@read", "off ~a +@read"))), ["everybody-is-admin"]);
    }
}
