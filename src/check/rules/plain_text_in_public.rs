//! The rule `plain-text-in-public`.

use crate::check::access::{Door, Reach, door, is_poisoned, reach};
use crate::check::memcacheds::MemcachedServer;
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings, Level};
use crate::model::{Assigned, Deployment, Memcached, Model};
use crate::value::Value;

/// Passwords and data in plain text over the internet, or memcached open to it.
pub(super) static RULE: Rule = Rule {
    code: Code::PlainTextInPublic,
    group: RuleGroup::Security,
    about: "Passwords and data in plain text over the internet, or memcached open to it",
    why: "An address that belongs to the internet (none of the private, shared, link-local and documentation blocks) is reached
by everybody who is not kept out by something else. Without TLS each login and each value crosses all the networks in
between as it is.

Give the deployment a `tls` table, or listen on a private address. A memcached without logins (`auth-file`,
`enable-sasl`) and without client certificates (`ssl_verify_mode`) is open to everybody there, which is an error:
whoever finds it reads and replaces what is cached.",
    source: "RFC 6890 and RFC 4193 for the blocks; networking.c of Redis 7.0.15; memcached.c of 1.6.38",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "8.8.4.4" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write -@dangerous"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "8.8.4.4" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
tls = { cert-file = "/etc/tls/cache.crt", key-file = "/etc/tls/cache.key", ca-cert-file = "/etc/tls/ca.crt" }

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in model.deployments.iter().filter(|deployment| !is_poisoned(deployment)) {
        findings.extend(plain(model, deployment));
    }
    for deployment in &model.memcached {
        findings.extend(of_memcached(model, deployment));
    }
}

fn plain(model: &Model, deployment: &Deployment) -> Option<Finding> {
    let lost_tls = deployment.spec.tls.is_some() && deployment.tls.is_none();
    let known = !deployment.poisoned.iter().any(|name| name == "port" || name.starts_with("tls"));
    let node = deployment.nodes.iter().find(|node| {
        let port = deployment.setting(node, "port").map(|setting| &setting.value);
        let plain = port != Some(&Assigned::Value(Value::Integer(0)));
        // An open door is told of by itself, and a protected one lets nobody in from there.
        let asks = || door(deployment, node) != Door::Open;
        let public = reach(model, &deployment.shared, node) == Some(Reach::Internet);
        plain && public && asks()
    })?;
    if lost_tls || !known {
        return None;
    }
    let (name, host) = (&deployment.name.value, model.host(node.host));
    let title = format!("`{name}` speaks plain text on the internet: `{}` is a public address", host.address.value);
    Some(
        Finding::new(Code::PlainTextInPublic, host.address.span, title)
            .related(deployment.name.span, format!("`{}` stands there", node.id))
            .help("add a `tls` table without `port`, so that no plain port is open, or use a private address")
            .note("passwords of AUTH and HELLO cross the network as they are")
            .of(name),
    )
}

fn of_memcached(model: &Model, deployment: &Memcached) -> Option<Finding> {
    const NAMES: [&str; 6] =
        ["listen", "enable-sasl", "auth-file", "enable-ssl", "ssl_verify_mode", "unix-socket"];
    if deployment.poisoned.iter().any(|name| NAMES.contains(&name.as_str())) {
        return None;
    }
    let servers = deployment.nodes.iter().map(|node| MemcachedServer { deployment, node });
    let mut open = servers.filter(|server| !server.asks_who_it_is());
    let node = open.find(|server| server.reach(model) == Some(Reach::Internet))?.node;
    let (name, host) = (&deployment.name.value, model.host(node.host));
    let title = format!("`{name}` is open to the internet: memcached asks nobody for a login");
    let mut finding = Finding::new(Code::PlainTextInPublic, host.address.span, title)
        .label("a public address")
        .related(deployment.name.span, format!("`{}` stands there", node.id))
        .help("use a private address, or let it ask for client certificates (`enable-ssl`, `ssl_verify_mode = 2`)")
        .note("whoever reaches it reads, replaces and flushes everything")
        .of(name);
    finding.level = Level::Error;
    Some(finding)
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::{codes_of, findings_of};
    use crate::diag::Level;

    const NONE: [&str; 0] = [];
    const PLAIN: [&str; 1] = ["plain-text-in-public"];

    fn redis(address: &str, rest: &str) -> Vec<String> {
        codes_of(&format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"{address}\" }}\n\
             [redis.s]\nversion = \"7.2\"\ntopology = \"standalone\"\nhosts = [\"a\"]\n{rest}"
        ))
    }

    #[test]
    fn public_addresses_want_tls() {
        let users = "users.app = { passwords = { env = \"P\" }, rules = \"~* +get\" }\n";
        assert_eq!(redis("8.8.4.4", users), PLAIN);
        assert_eq!(redis("2a00:1450::1", users), PLAIN);
        for private in ["10.0.0.1", "192.0.2.7", "fd00::1", "cache.example.org"] {
            assert_eq!(redis(private, users), NONE, "{private}");
        }
        let tls = "tls = { cert-file = \"/c\", key-file = \"/k\", ca-cert-file = \"/ca\" }\n";
        assert_eq!(redis("8.8.4.4", &format!("{users}{tls}")), NONE);
        let both = tls.replace(" }", ", port = 6380 }");
        assert_eq!(redis("8.8.4.4", &format!("{users}{both}")), PLAIN);
        // Nobody there is let in, or everybody, which is worse.
        assert_eq!(redis("8.8.4.4", ""), ["clients-locked-out"]);
        assert_eq!(redis("8.8.4.4", "config.protected-mode = false\n"), ["open-server"]);
    }

    #[test]
    fn memcached_is_open_there() {
        let of = |address: &str, config: &str| {
            findings_of(
                &format!(
                    "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"{address}\" }}\n\
                     [memcached.s]\nversion = \"1.6\"\nhosts = [\"a\"]\nbuild = {{ tls = true }}\nconfig = {{ {config} }}\n"
                ),
                &[],
            )
        };
        let open = of("8.8.4.4", "");
        assert_eq!((open.len(), open[0].level), (1, Level::Error));
        assert_eq!(of("10.0.0.1", "").len(), 0);
        assert_eq!(of("8.8.4.4", "auth-file = \"/etc/memcached.auth\"").len(), 0);
    }
}
