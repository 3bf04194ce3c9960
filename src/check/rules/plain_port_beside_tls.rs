//! The rule `plain-port-beside-tls`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;

/// A plain port that is open beside the TLS port.
pub(super) static RULE: Rule = Rule {
    code: Code::PlainPortBesideTls,
    group: RuleGroup::Opinion,
    about: "A plain port that is open beside the TLS port",
    why: "`port` in a `tls` table opens the TLS port beside the plain one, which is how clients move over one by one. Once all of
them have, the plain port is only left for who forgot, and for whoever listens on the line. Remove `port` from the
table: the only port speaks TLS then.

Off unless `[lints]` asks for it: many teams keep both for years, and on purpose.",
    source: "initListeners (server.c) of Redis 7.0.15",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
tls = { port = 6380, cert-file = "/etc/tls/cache.crt", key-file = "/etc/tls/cache.key", ca-cert-file = "/etc/tls/ca.crt" }

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write -@dangerous"

[lints]
plain-port-beside-tls = "warn"
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
tls = { cert-file = "/etc/tls/cache.crt", key-file = "/etc/tls/cache.key", ca-cert-file = "/etc/tls/ca.crt" }

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write -@dangerous"

[lints]
plain-port-beside-tls = "warn"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        let Some(port) = deployment.spec.tls.as_ref().and_then(|tls| tls.port) else { continue };
        if deployment.tls.is_none_or(|tls| !tls.plain_too) {
            continue;
        }
        let title = format!("`{}` has a plain port open beside its TLS port", deployment.name.value);
        findings.push(
            Finding::new(Code::PlainPortBesideTls, port.span, title)
                .help("remove `port` from the table once all clients speak TLS: the only port speaks it then")
                .of(&deployment.name),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn it_is_off_by_default() {
        let asked = super::RULE.fails.spec;
        assert_eq!(codes_of(&asked.replace("plain-port-beside-tls = \"warn\"", "")), [""; 0]);
    }
}
