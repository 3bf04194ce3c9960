//! The rule `no-key-isolation`.

use crate::check::access::{is_poisoned, some};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::{Model, User};

/// Several applications on all keys of each other.
pub(super) static RULE: Rule = Rule {
    code: Code::NoKeyIsolation,
    group: RuleGroup::Opinion,
    about: "Several applications on all keys of each other",
    why: "Users that may not do everything are there to be kept apart. Where two or more of them have `~*`, each reads and writes
the keys of all others, and a mistake in one application is one in all of them. Give each the prefix of its keys:
`~cart:*`.

Off unless `[lints]` asks for it: some keep applications apart by deployments.",
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

[redis.sessions.users.cart]
passwords = [{ env = "CART_PASSWORD" }]
rules = "~* +@read +@write -@dangerous"

[redis.sessions.users.login]
passwords = [{ env = "LOGIN_PASSWORD" }]
rules = "~* +@read +@write -@dangerous"

[lints]
no-key-isolation = "warn"
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

[redis.sessions.users.cart]
passwords = [{ env = "CART_PASSWORD" }]
rules = "~cart:* +@read +@write -@dangerous"

[redis.sessions.users.login]
passwords = [{ env = "LOGIN_PASSWORD" }]
rules = "~login:* +@read +@write -@dangerous"

[lints]
no-key-isolation = "warn"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in model.deployments.iter().filter(|deployment| !is_poisoned(deployment)) {
        let everywhere = |user: &&User| {
            let rights = deployment.rights(user);
            let writes = rights.may("set", None) || rights.may("hset", None) || rights.may("del", None);
            let application = user.derived.is_none() && user.complete && rights.enabled;
            application && writes && rights.root.all_keys && !rights.root.has_all_commands()
        };
        let users: Vec<&User> = deployment.users.iter().filter(everywhere).collect();
        let [first, second, ..] = users.as_slice() else { continue };
        let names: Vec<String> = users.iter().map(|user| user.name.value.clone()).collect();
        let title = format!("{} may write the keys of each other", some(&names));
        findings.push(
            Finding::new(Code::NoKeyIsolation, second.name.span, title)
                .related(first.name.span, "so may this one")
                .help("give each the prefix of its keys in place of `~*`, such as `~cart:*`")
                .of(&deployment.name),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn readers_and_admins_do_not_count() {
        let asked = super::RULE.fails.spec;
        assert_eq!(codes_of(&asked.replacen(" +@write", "", 1)), [""; 0]);
        assert_eq!(codes_of(&asked.replacen("~* +@read +@write -@dangerous", "~* +@all", 1)), [""; 0]);
    }
}
