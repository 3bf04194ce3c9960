//! The rule `invalid-value`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// A value that the server refuses.
pub(super) static RULE: Rule = Rule {
    code: Code::InvalidValue,
    group: RuleGroup::Settings,
    about: "A value that the server refuses",
    why: "The value is read exactly as the server's own parser reads it: bounds, words, units, the number of
arguments. What it refuses stops the server at its start; what it takes passes here too.

Some traps: sizes take `k`, `kb`, `m`, `mb`, `g` and `gb`, and `1k` is 1000 bytes while `1kb` is 1024; no
`tb`, no fractions. Most durations are plain numbers in the unit that the directive's name or documentation
gives; `5s` is refused. Switches are `yes` and `no` only. `cachewright catalog NAME` shows what a directive
takes.",
    source: "config.c and util.c of every supported version; held against 1,413 observations on nine servers",
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
maxmemory-policy = "allkeys-lru-lfu"
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
maxmemory-policy = "allkeys-lfu"
"#,
    ),
    stage: Stage::Lowering,
};
