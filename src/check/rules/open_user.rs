//! The rule `open-user`.

use crate::check::access::{
    DEFAULT, Reach, asks_for_certificates, is_harmless, is_open, is_poisoned, reach, shown,
};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, User};
use crate::text::acl::AclRule;

/// A user that anybody may log in as.
pub(super) static RULE: Rule = Rule {
    code: Code::OpenUser,
    group: RuleGroup::Security,
    about: "A user that anybody may log in as",
    why: "`nopass` takes any password: whoever knows the user's name has its rights. Protected mode does not help, it only
looks at the default user.

Give the user `passwords` and remove `nopass`. Nothing is said of users that may neither see nor change data
(`nopass +ping +info`), of servers that only their own host reaches, and of servers that ask all clients for a
certificate. Of the default user `open-server` speaks.",
    source: "ACLCheckUserCredentials (acl.c) and acceptCommonHandler (networking.c) of Redis 7.0.15; tried on Redis 6.0.16 to 8.0.6 and Valkey 9.1.2",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]

[redis.sessions.users.reporting]
rules = "nopass ~session:* +@read -@dangerous"
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

[redis.sessions.users.reporting]
passwords = [{ env = "REPORTING_PASSWORD" }]
rules = "~session:* +@read -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in model.deployments.iter().filter(|deployment| !is_poisoned(deployment)) {
        let reached = deployment.nodes.iter().any(|node| {
            let beyond = reach(model, &deployment.shared, node).is_some_and(|reach| reach > Reach::Host);
            beyond && !asks_for_certificates(deployment, node)
        });
        let declared = deployment.users.iter().filter(|user| user.derived.is_none() && user.complete);
        if reached {
            findings.extend(declared.filter_map(|user| open(deployment, user)));
        }
    }
}

fn open(deployment: &Deployment, user: &User) -> Option<Finding> {
    let name = &user.name.value;
    if name == DEFAULT || !is_open(deployment, user) || is_harmless(deployment.rights(user)) {
        return None;
    }
    let nopass = user.rules.iter().rfind(|rule| rule.value == AclRule::NoPass)?;
    let title = format!("anybody may log in as `{name}`: `{}` takes every password", shown(&nopass.value));
    Some(
        Finding::new(Code::OpenUser, nopass.span, title)
            .help("remove `nopass` and add `passwords = { env = \"…\" }`")
            .note("protected mode looks at the default user only")
            .of(&deployment.name),
    )
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    fn of(address: &str, rest: &str, rules: &str) -> Vec<String> {
        codes_of(&format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"{address}\" }}\n\
             [redis.s]\nversion = \"7.2\"\ntopology = \"standalone\"\nhosts = [\"a\"]\n{rest}\n\
             [redis.s.users.app]\nrules = \"{rules}\"\n"
        ))
    }

    #[test]
    fn rights_and_reach_decide() {
        let none: [&str; 0] = [];
        assert_eq!(of("10.0.0.1", "", "nopass ~* +get"), ["open-user"]);
        assert_eq!(of("10.0.0.1", "", "nopass +publish &*"), ["open-user"]);
        assert_eq!(of("10.0.0.1", "", "nopass +ping +info +cluster|info"), none);
        assert_eq!(of("10.0.0.1", "", "off nopass ~* +get"), none);
        assert_eq!(of("127.0.0.1", "", "nopass ~* +get"), none);
        let tls = "tls = { cert-file = \"/c\", key-file = \"/k\", ca-cert-file = \"/ca\" }";
        assert_eq!(of("10.0.0.1", tls, "nopass ~* +get"), none);
    }
}
