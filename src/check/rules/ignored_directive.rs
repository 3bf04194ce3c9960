//! The rule `ignored-directive`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// A directive that the server accepts and ignores.
pub(super) static RULE: Rule = Rule {
    code: Code::IgnoredDirective,
    group: RuleGroup::Settings,
    about: "A directive that the server accepts and ignores",
    why: "Servers keep accepting directives whose feature is gone, so that old files still start them. The line has no
effect any more, and whoever reads the file believes that it has.

Remove it, and set the directive that took its place where there is one.",
    source: "the table of deprecated directives in config.c of Redis 6.0.16 to 8.0.2",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]

[redis.sessions.config]
lua-replicate-commands = true
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "6.2"
topology = "standalone"
hosts = ["cache-a"]

[redis.sessions.config]
lua-time-limit = 5000
"#,
    ),
    stage: Stage::Lowering,
};
