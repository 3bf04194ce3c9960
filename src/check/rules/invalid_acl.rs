//! The rule `invalid-acl`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// A user's rules that the server refuses.
pub(super) static RULE: Rule = Rule {
    code: Code::InvalidAcl,
    group: RuleGroup::Acl,
    about: "A user's rules that the server refuses",
    why:
        "A user's rules are read as the server reads them: in order, word by word, each with the commands and
categories of the declared version. One word that it does not know makes the server refuse the whole file of
users, and with it to start.

Passwords do not stand among the rules but under `passwords`, and whether a user can log in is said by
`enabled`.",
    source: "acl.c (ACLSetUser) of each supported version; categories and commands asked of running servers",
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
passwords = { env = "APP_PASSWORD" }
rules = "~session:* +@reed"
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
passwords = { env = "APP_PASSWORD" }
rules = "~session:* +@read"
"#,
    ),
    stage: Stage::Lowering,
};
