//! The rule `open-udp`.

use crate::check::access::Reach;
use crate::check::memcacheds::MemcachedServer;
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings, Level};
use crate::model::Model;

/// A memcached that answers UDP from other hosts.
pub(super) static RULE: Rule = Rule {
    code: Code::OpenUdp,
    group: RuleGroup::Memcached,
    about: "A memcached that answers UDP from other hosts",
    why: "Whoever sends a packet may write any address into it as the sender's, and memcached answers to that address: a request
of 32 bytes for one item of 100 kB, named ten times, was answered with 340 to 450 kB. That is how the largest floods
of 2018 were made (CVE-2018-1000115). UDP knows neither logins nor certificates, and with `enable-ssl` the UDP port
stays open in plain text: `flush_all` empties the cache.

memcached listens to UDP only where `udp-port` says so, since 1.5.6. Remove the option: clients that need UDP are
rare, and TCP does the same. On a public address it is an error, for the whole internet finds such ports within hours.",
    source: "conn_new and main (memcached.c) of 1.6.38; measured on 1.6.18, 1.6.38 and 1.6.45; release notes of 1.5.6",
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
udp-port = 11211
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
    for server in MemcachedServer::all(model) {
        let Some((port, place)) = server.given_number("udp-port").filter(|(port, _)| *port > 0) else { continue };
        let Some(reach) = server.reach(model).filter(|reach| *reach > Reach::Host) else { continue };
        // With those it does not start, which is an error of its own.
        let excluded = server.facts("udp-port").map_or(&[][..], |facts| facts.conflicts);
        if excluded.iter().any(|other| server.given(other).is_some()) {
            continue;
        }
        let whom = if reach == Reach::Internet { "the internet" } else { "other hosts" };
        let title = format!("`{}` answers UDP from {whom}, on port {port}", server.name());
        let mut finding = Finding::new(Code::OpenUdp, place, title)
            .help("remove `udp-port`")
            .note("a forged sender gets answers ten thousand times as large as the request, and UDP knows no logins")
            .of(server.name());
        if reach == Reach::Internet {
            finding.level = Level::Error;
        }
        findings.push(finding);
    }
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::findings_of;
    use crate::diag::Level;

    fn found(address: &str, config: &str) -> Vec<(&'static str, Level)> {
        let spec = format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"{address}\" }}\n[memcached.m]\n\
             version = \"1.6.38\"\nhosts = [\"a\"]\n[memcached.m.config]\n{config}\n"
        );
        findings_of(&spec, &[]).into_iter().map(|finding| (finding.code.name(), finding.level)).collect()
    }

    #[test]
    fn other_hosts_must_not_reach_it() {
        assert_eq!(found("10.0.0.1", "udp-port = 1"), [("open-udp", Level::Warning)]);
        assert_eq!(found("10.0.0.1", "udp-port = 0"), []);
        assert_eq!(found("127.0.0.1", "udp-port = 1"), []);
        assert_eq!(found("10.0.0.1", "udp-port = 1\nlisten = { override = \"127.0.0.1\" }"), []);
        assert!(found("8.8.4.4", "udp-port = 1").contains(&("open-udp", Level::Error)));
    }

    #[test]
    fn logins_and_udp_exclude_each_other() {
        let both = "udp-port = 1\nauth-file = \"/etc/memcached.auth\"";
        assert_eq!(found("10.0.0.1", both), [("contradictory-settings", Level::Error)]);
        assert_eq!(found("10.0.0.1", &both.replace("= 1", "= 0")), []);
    }
}
