//! The rule `memcached-everywhere`.

use crate::check::access::Reach;
use crate::check::memcacheds::MemcachedServer;
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;

/// A memcached without logins on every network of its host.
pub(super) static RULE: Rule = Rule {
    code: Code::MemcachedEverywhere,
    group: RuleGroup::Memcached,
    about: "A memcached without logins on every network of its host",
    why: "memcached asks nobody for a login unless it is told to: where it listens decides who may read, replace and flush what
is cached. `listen` follows from the host's address. By hand on `0.0.0.0` it listens on all other networks of the host
too, now and later: the one for backups, the one for management, a public address that somebody adds.

Remove the line, or list the addresses that are meant. Nothing is said of a server that asks for logins (`auth-file`,
`enable-sasl`) or client certificates (`ssl_verify_mode = 2`). A host with a public address is
`plain-text-in-public`'s business.",
    source: "server_sockets (memcached.c) of 1.6.38; tried on 1.6.18, 1.6.38 and 1.6.45",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[memcached.fragments]
version = "1.6.38"
hosts = ["cache-a"]

[memcached.fragments.config]
memory-limit = 1024
listen = { override = "0.0.0.0" }
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[memcached.fragments]
version = "1.6.38"
hosts = ["cache-a"]

[memcached.fragments.config]
memory-limit = 1024
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for server in MemcachedServer::all(model).filter(|server| !server.asks_who_it_is()) {
        let Some(listen) = server.listens_everywhere() else { continue };
        if server.reach(model) == Some(Reach::Internet) {
            continue;
        }
        let host = model.host(server.node.host);
        let title = format!("`{}` is open on every network of its hosts: it asks nobody for a login", server.name());
        findings.push(
            Finding::new(Code::MemcachedEverywhere, server.place(listen), title)
                .related(host.address.span, "without the line it listens here, and on loopback")
                .help("remove `listen`, or list the addresses that are meant")
                .of(server.name()),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    fn codes(address: &str, config: &str) -> Vec<String> {
        codes_of(&format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"{address}\" }}\n[memcached.m]\n\
             version = \"1.6.38\"\nhosts = [\"a\"]\nbuild = {{ tls = true }}\n[memcached.m.config]\n{config}\n"
        ))
    }

    #[test]
    fn all_addresses_without_a_login() {
        for everywhere in ["0.0.0.0", "[::]", "0.0.0.0:11211", "10.0.0.1,0.0.0.0"] {
            let listen = format!("listen = {{ override = \"{everywhere}\" }}");
            assert_eq!(codes("10.0.0.1", &listen), ["memcached-everywhere"], "{everywhere}");
            assert_eq!(codes("8.8.4.4", &listen), ["plain-text-in-public"], "{everywhere}");
            assert_eq!(codes("10.0.0.1", &format!("{listen}\nauth-file = \"/a\"")), [""; 0], "{everywhere}");
        }
        assert_eq!(codes("10.0.0.1", "listen = { override = \"10.0.0.2\" }"), [""; 0]);
    }
}
