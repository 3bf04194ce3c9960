//! The rule `ignored-requirepass`.

use crate::check::access::{default_user, is_given, is_poisoned};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, Node, Origin, Setting};

/// A password for all that an ACL file overrules.
pub(super) static RULE: Rule = Rule {
    code: Code::IgnoredRequirepass,
    group: RuleGroup::Security,
    about: "A password for all that an ACL file overrules",
    why: "`requirepass` is the password of the default user. A server with an ACL file takes that user from the file: from its
line `user default`, and where there is none, as it is built in, which is without a password and with all rights. The
server is open then, while CONFIG GET requirepass still prints the password.

With declared `users` the default user is off unless it is declared, and `requirepass` says nothing either. Remove it
and give the user `default` its `passwords`, or let everybody log in as a user of their own. With an `aclfile` of your
own, write the password into its line `user default`.",
    source: "ACLLoadFromFile (acl.c) of Redis 7.0.15; tried from Redis 6.0.16 to 8.0.6 and on Valkey 9.1.2, with and without a line `user default`",
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
aclfile = "/etc/redis/users.acl"
requirepass = { env = "SESSIONS_PASSWORD" }
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
aclfile = "/etc/redis/users.acl"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in model.deployments.iter().filter(|deployment| !is_poisoned(deployment)) {
        findings.extend(deployment.nodes.iter().find_map(|node| ignored(deployment, node)));
    }
}

fn ignored(deployment: &Deployment, node: &Node) -> Option<Finding> {
    let password = deployment.setting(node, "requirepass").filter(|setting| is_given(setting))?;
    let place = password.origin.span().unwrap_or(node.span);
    let name = &deployment.name.value;
    let by_hand = |setting: &&Setting| !matches!(setting.origin, Origin::Derived(..)) && is_given(setting);
    if let Some(file) = deployment.setting(node, "aclfile").filter(by_hand) {
        let title = format!("`requirepass` of `{name}` does nothing: `aclfile` says who the default user is");
        return Some(
            Finding::new(Code::IgnoredRequirepass, place, title)
                .related(file.origin.span().unwrap_or(node.span), "the users stand in this file")
                .help("remove it, and see that the file has a line `user default`: with the password, or `off`")
                .help("or declare the users under `users`, from which the file follows")
                .note("without that line the server asks nobody for a password, while CONFIG GET still prints this one")
                .of(name),
        );
    }
    let user = default_user(deployment)?;
    // The one that is written out where only servers log in has the password of the whole deployment.
    let has_it = user.derived.is_some()
        && deployment.spec.users.is_empty()
        && deployment.shared.get("requirepass").is_some_and(|shared| shared.value == password.value);
    if has_it || matches!(password.origin, Origin::Derived(..)) {
        return None;
    }
    let title = format!("`requirepass` of `{name}` does nothing: the ACL file says who the default user is");
    let (because, help) = if user.derived.is_none() {
        ("it is declared here", "remove it, and give `default` its `passwords`")
    } else if deployment.spec.users.is_empty() {
        (
            "the ACL file follows from this, and is the same for all nodes",
            "set it for the whole deployment, or remove it",
        )
    } else {
        (
            "with users declared, the default user is off",
            "remove it, or declare `users.default` with this password among its `passwords`",
        )
    };
    Some(
        Finding::new(Code::IgnoredRequirepass, place, title)
            .related(user.name.span, because)
            .help(help)
            .note("a server with an ACL file takes the default user's password from there")
            .of(name),
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
    fn users_go_before_the_password() {
        let none: [&str; 0] = [];
        let password = "config.requirepass = { env = \"P\" }\n";
        let login = "replication = { user = \"r\", password = { env = \"R\" } }\n";
        let users = "users.app = { passwords = { env = \"A\" }, rules = \"~* +get\" }\n";
        assert_eq!(of(&format!("{password}{login}")), none, "the default user is written out with it");
        assert_eq!(of("replication = { password = { env = \"R\" } }\n"), none);
        assert_eq!(of(&format!("{password}{login}{users}")), ["ignored-requirepass"]);
        assert_eq!(of(&format!("nodes.b.{password}{login}")), ["ignored-requirepass"]);
        let default = "users.default = { passwords = { env = \"D\" }, rules = \"~* +@all\" }\n";
        assert_eq!(of(&format!("{password}{login}{default}")), ["ignored-requirepass"]);
    }
}
