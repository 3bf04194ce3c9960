//! The rule `cyclic-extends`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// A layer extends itself.
pub(super) static RULE: Rule = Rule {
    code: Code::CyclicExtends,
    group: RuleGroup::Language,
    about: "A layer extends itself",
    why: "Layers are laid over one another from the first in `extends` to the file itself, and the last word wins.
Where a layer extends itself, by way of others or directly, there is no first and no last.

Keep the direction: the base knows nothing of environments, an environment extends the base. What two
layers both need belongs into a third that both extend; the same layer may be reached on several ways.",
    source: "the language of specs",
    fails: Example {
        spec: r#"format = 1
name = "shop"
extends = ["base.toml"]

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~session:* +@read +@write -@dangerous" }
"#,
        layers: &[("base.toml", r#"extends = ["shop.toml"]
"#)],
    },
    passes: Example {
        spec: r#"format = 1
name = "shop"
extends = ["base.toml"]

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~session:* +@read +@write -@dangerous" }
"#,
        layers: &[("base.toml", r#"[redis.sessions.config]
maxmemory = "1gb"
"#)],
    },
    stage: Stage::Reading,
};
