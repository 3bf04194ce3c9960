//! The rule `unexpanded-placeholder`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// A template's placeholder that nothing filled in.
pub(super) static RULE: Rule = Rule {
    code: Code::UnexpandedPlaceholder,
    group: RuleGroup::Settings,
    about: "A template's placeholder that nothing filled in",
    why: r#"`${REDIS_PASSWORD}`, `%my_ip%` and `{{ maxmemory }}` mean nothing to a server, and in a text it takes them as
they are: the password then is `${REDIS_PASSWORD}` itself, known to everybody who has seen the template.

Specs have no interpolation. What differs between environments stands in layers (`extends`), what comes from
an inventory in a JSON layer, and secrets in the environment or in files: `{ env = "NAME" }`."#,
    source: "measured: Redis 7.0.15 starts with `requirepass ${X}` and `bind %my_ip%`",
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
logfile = "/var/log/redis/${NAME}.log"
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
logfile = "/var/log/redis/sessions.log"
"#,
    ),
    stage: Stage::Lowering,
};
