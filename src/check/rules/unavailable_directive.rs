//! The rule `unavailable-directive`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// A directive that this version or build does not have.
pub(super) static RULE: Rule = Rule {
    code: Code::UnavailableDirective,
    group: RuleGroup::Settings,
    about: "A directive that this version or build does not have",
    why: r#"The directive exists, but not in the declared version, or only in a build with a certain part (TLS, the
bundled jemalloc). A server that does not know the name does not start.

A version may be a minor such as `"6.2"`: then the directive must be there in every patch of it, or the spec
has to name the patch from which on it is."#,
    source: "the catalogue, from config.c of every supported version; version-by-version differences were measured",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "6.2"
topology = "standalone"
hosts = ["cache-a"]

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-clients = "10%"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "7.0"
topology = "standalone"
hosts = ["cache-a"]

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-clients = "10%"
"#,
    ),
    stage: Stage::Lowering,
};
