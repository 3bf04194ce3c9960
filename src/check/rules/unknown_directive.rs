//! The rule `unknown-directive`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// A directive that no supported version knows.
pub(super) static RULE: Rule = Rule {
    code: Code::UnknownDirective,
    group: RuleGroup::Settings,
    about: "A directive that no supported version knows",
    why: r#"The server reads its configuration line by line and stops at the first name that it does not know: "Bad
directive or wrong number of arguments". Redis 8.0, and from 7.0 on names with a dot, get a little further:
the line is kept for the modules, and the server gives up when none of them claims it.

The nearest known names are suggested. Directives of modules pass where the deployment says that there are
some: `build = { modules = true }`."#,
    source: "config.c (loadServerConfigFromString) of Redis 6.0.16 to 8.0.2; measured on six servers",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~session:* +@read +@write -@dangerous" }

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-polcy = "allkeys-lru"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~session:* +@read +@write -@dangerous" }

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "allkeys-lru"
"#,
    ),
    stage: Stage::Lowering,
};
