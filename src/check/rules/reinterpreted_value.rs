//! The rule `reinterpreted-value`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// A value that the server takes otherwise than written.
pub(super) static RULE: Rule = Rule {
    code: Code::ReinterpretedValue,
    group: RuleGroup::Settings,
    about: "A value that the server takes otherwise than written",
    why: "The server starts, and does something else than the file says. Numbers of bytes wrap around at 64 bits, so
that `99999999999gb` is some smaller number; on 6.x several save points in one line are taken for none at
all; garbage in some numbers counts as 0; `hz 0` becomes 1.

Write what is meant. Where the value in effect is so close that nothing can go wrong (a number moved to the
nearest bound), it is a warning, otherwise an error.",
    source: "util.c (memtoull) and config.c; measured on nine servers",
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
maxmemory = "99999999999gb"
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
maxmemory = "64gb"
"#,
    ),
    stage: Stage::Lowering,
};
