//! The rule `literal-secret`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::Code;

/// The value of a secret stands in the spec.
pub(super) static RULE: Rule = Rule {
    code: Code::LiteralSecret,
    group: RuleGroup::Security,
    about: "The value of a secret stands in the spec",
    why: r#"Specs are checked in, reviewed, shown in pipelines and copied to laptops. A password in one of them is known
to everybody who can read the repository, and to its history forever.

Name the place where the password is found on the machine that rolls out: `{ env = "NAME" }` for an
environment variable, `{ file = "/path" }` for a file. Change a password that was checked in once."#,
    source: "`docs/secrets.md`; the directives that hold secrets are marked in `schemas/`",
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
requirepass = "correct horse battery staple"
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
requirepass = { env = "SESSIONS_PASSWORD" }
"#,
    ),
    stage: Stage::Lowering,
};
