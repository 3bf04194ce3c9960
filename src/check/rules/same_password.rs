//! The rule `same-password`.

use crate::check::access::is_poisoned;
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, User};
use crate::source::At;
use crate::spec::SecretRef;

/// One secret as the password of two users, or twice of one.
pub(super) static RULE: Rule = Rule {
    code: Code::SamePassword,
    group: RuleGroup::Security,
    about: "One secret as the password of two users, or twice of one",
    why: "Users keep apart who may do what. Where two of them have one password, whoever has the one can log in as the other,
and the smaller rights limit nobody. Give each user a secret of its own.

A user has two passwords while one is being rotated. If both are one secret, the old one is gone as soon as the secret
changes, and clients that still use it are refused.",
    source: "the language of specs; ACLSetUser (acl.c) of Redis 7.0.15 keeps each password once",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]

[redis.sessions.users.admin]
passwords = [{ env = "SESSIONS_PASSWORD" }]
rules = "~* +@all"

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_PASSWORD" }]
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

[redis.sessions.users.admin]
passwords = [{ env = "SESSIONS_ADMIN_PASSWORD" }]
rules = "~* +@all"

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in model.deployments.iter().filter(|deployment| !is_poisoned(deployment)) {
        for (at, user) in deployment.users.iter().enumerate() {
            findings.extend(twice(deployment, user));
            findings.extend(shared(deployment, user, &deployment.users[..at]));
        }
    }
}

/// One secret twice in the list of a user.
fn twice(deployment: &Deployment, user: &User) -> Option<Finding> {
    let (at, again) = user.passwords.iter().enumerate().find(|(at, password)| {
        user.passwords[..*at].iter().any(|earlier| earlier.value == password.value)
    })?;
    let first = user.passwords[..at].iter().find(|earlier| earlier.value == again.value)?;
    let title = format!("the passwords of `{}` are one secret twice", user.name.value);
    Some(
        Finding::new(Code::SamePassword, again.span, title)
            .related(first.span, "it stands here already")
            .help("name the secret of the other password, or remove this one")
            .of(&deployment.name),
    )
}

/// A secret that an earlier user has too. Users that servers log in as have theirs from one hand.
fn shared(deployment: &Deployment, user: &User, earlier: &[User]) -> Option<Finding> {
    let has = |other: &User, password: &At<SecretRef>| {
        other.passwords.iter().find(|known| known.value == password.value).map(|known| known.span)
    };
    let (password, other, there) = user.passwords.iter().find_map(|password| {
        let both_derived = |other: &&User| other.derived.is_some() && user.derived.is_some();
        let mut others = earlier.iter().filter(|other| !both_derived(other));
        others.find_map(|other| Some((password, other, has(other, password)?)))
    })?;
    let title = format!("`{}` and `{}` have one password", other.name.value, user.name.value);
    Some(
        Finding::new(Code::SamePassword, password.span, title)
            .related(there, format!("`{}` has it here", other.name.value))
            .help("give each user a secret of its own")
            .note("whoever may log in as one of them may log in as the other")
            .of(&deployment.name),
    )
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    fn of(rest: &str) -> Vec<String> {
        codes_of(&format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\nb = {{ address = \"127.0.0.2\" }}\n\
             [redis.s]\nversion = \"7.2\"\ntopology = \"replicated\"\ninitial-primary = \"a\"\nreplicas = [\"b\"]\n{rest}"
        ))
    }

    #[test]
    fn each_pair_is_told_once() {
        let none: [&str; 0] = [];
        let user = |name: &str, env: &str| {
            format!("users.{name} = {{ passwords = [{env}], rules = \"~* +get\" }}\n")
        };
        let login = "replication = { user = \"r\", password = { env = \"R\" } }\n";
        let (a, b, r) = ("{ env = \"A\" }", "{ env = \"B\" }", "{ env = \"R\" }");
        assert_eq!(of(&format!("{login}{}{}", user("one", a), user("two", b))), none);
        assert_eq!(of(&format!("{login}{}{}", user("one", a), user("two", a))), ["same-password"]);
        assert_eq!(of(&format!("{login}{}", user("one", &format!("{a}, {a}")))), ["same-password"]);
        assert_eq!(of(&format!("{login}{}", user("one", r))), ["same-password"]);
        let three = format!("{login}{}{}{}", user("one", a), user("two", a), user("three", a));
        assert_eq!(of(&three), ["same-password", "same-password"]);
        // Declared for its old password alone.
        assert_eq!(of(&format!("{login}users.r = {{ passwords = [{b}] }}\n")), none);
    }
}
