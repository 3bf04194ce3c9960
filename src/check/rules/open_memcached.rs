//! The rule `open-memcached`.

use crate::check::access::Reach;
use crate::check::memcacheds::MemcachedServer;
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::{Model, Origin};
use crate::source::Span;

/// A memcached that everybody on its network may use.
pub(super) static RULE: Rule = Rule {
    code: Code::OpenMemcached,
    group: RuleGroup::Opinion,
    about: "A memcached that everybody on its network may use",
    why: "memcached asks nobody for a login by default: whoever reaches it reads, replaces and flushes what is cached, and
learns the keys (`lru_crawler metadump all`). Most teams leave it so on a private network, and many clients cannot log
in at all, which is why this is off unless `[lints]` asks for it.

`auth-file` makes it ask for a name and a password, of clients that speak the ascii protocol; `enable-sasl` of those
that speak the binary one, with a build that has it. With `enable-ssl` and `ssl_verify_mode = 2` clients must show a
certificate.",
    source: "authfile.c and sasl_defs.c of memcached 1.6.38; doc/protocol.txt there",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[lints]
open-memcached = "warn"

[hosts]
cache-a = { address = "10.0.1.11" }

[memcached.fragments]
version = "1.6.38"
hosts = ["cache-a"]
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[lints]
open-memcached = "warn"

[hosts]
cache-a = { address = "10.0.1.11" }

[memcached.fragments]
version = "1.6.38"
hosts = ["cache-a"]

[memcached.fragments.config]
auth-file = "/etc/memcached.auth"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    let mut told: Vec<Span> = Vec::new();
    for server in MemcachedServer::all(model).filter(|server| !server.asks_who_it_is()) {
        let name = &server.deployment.name;
        // Those that are open to more than their network are told of in any case.
        let network = server.reach(model) == Some(Reach::Network) && server.listens_everywhere().is_none();
        if !network || told.contains(&name.span) {
            continue;
        }
        told.push(name.span);
        let listen = server.given("listen").map(|option| option.origin);
        let address = listen.and_then(Origin::span).unwrap_or(server.node.span);
        findings.push(
            Finding::new(Code::OpenMemcached, name.span, format!("`{}` asks nobody on its network for a login", name.value))
                .related(address, format!("`{}` listens on this address", server.node.id))
                .help("write `auth-file`, or `enable-ssl` with `ssl_verify_mode = 2`")
                .of(name),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn once_for_all_servers_and_never_on_loopback() {
        let of = |address: &str| {
            codes_of(&format!(
                "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"{address}\" }}\n[memcached.m]\n\
                 version = \"1.6.38\"\nhosts = [\"a\", \"a\"]\nlints.open-memcached = \"warn\"\n"
            ))
        };
        assert_eq!(of("10.0.0.1"), ["open-memcached"]);
        assert_eq!(of("127.0.0.1"), [""; 0]);
    }
}
