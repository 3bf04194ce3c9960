//! The rule `weak-tls`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Assigned, Model, Node};
use crate::source::Span;
use crate::value::Value;

/// Versions of TLS or ciphers that do not protect any more.
pub(super) static RULE: Rule = Rule {
    code: Code::WeakTls,
    group: RuleGroup::Security,
    about: "Versions of TLS or ciphers that do not protect any more",
    why: "TLS 1.0 and 1.1 are withdrawn (RFC 8996), and so are ciphers without encryption or authentication (NULL, aNULL) and
those with RC4, DES, MD5 or keys shortened for export. A server that allows them is talked down to them by whoever
sits on the line.

Without `tls-protocols` servers allow TLS 1.2 and 1.3, and without `tls-ciphers` what OpenSSL takes for good: remove the
directives. memcached names its oldest version in `ssl_min_version`, from 0 for TLS 1.0 to 3 for TLS 1.3.",
    source: "tlsConfigure and parseProtocolsConfig (tls.c) of Redis 7.0.15; ssl.c of memcached 1.6.38; RFC 8996, RFC 7465, RFC 9325",
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
tls = { cert-file = "/etc/tls/cache.crt", key-file = "/etc/tls/cache.key", ca-cert-file = "/etc/tls/ca.crt" }

[redis.sessions.config]
tls-protocols = "TLSv1.1 TLSv1.2"
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
tls = { cert-file = "/etc/tls/cache.crt", key-file = "/etc/tls/cache.key", ca-cert-file = "/etc/tls/ca.crt" }

[redis.sessions.config]
tls-protocols = "TLSv1.2 TLSv1.3"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for servers in Servers::all(model) {
        findings.append(of_servers(&servers));
    }
    for deployment in &model.memcached {
        let options = deployment.nodes.iter().flat_map(|node| &node.options);
        let mut told: Vec<Span> = Vec::new();
        for option in options.filter(|option| option.name == "ssl_min_version") {
            let version = match option.value.as_deref().map(str::trim) {
                Some("0" | "tlsv1.0") => "1.0",
                Some("1" | "tlsv1.1") => "1.1",
                _ => continue,
            };
            let place = option.origin.span().unwrap_or(deployment.name.span);
            if !told.contains(&place) {
                told.push(place);
                let title =
                    format!("`ssl_min_version` of `{}` allows TLS {version}, which is withdrawn", deployment.name.value);
                findings.push(
                    Finding::new(Code::WeakTls, place, title)
                        .help("write 2 for TLS 1.2 and later, which is the default, or 3 for TLS 1.3 alone")
                        .of(&deployment.name),
                );
            }
        }
    }
}

fn of_servers(servers: &Servers<'_>) -> Findings {
    let mut findings = Findings::default();
    let mut told: Vec<(&str, Span)> = Vec::new();
    for node in servers.nodes {
        for (name, weak) in [("tls-protocols", protocols as fn(&str) -> Vec<String>), ("tls-ciphers", ciphers)] {
            let Some(text) = text(servers, node, name) else { continue };
            let (weak, place) = (weak(&text), servers.place(node, name));
            if weak.is_empty() || told.contains(&(name, place)) {
                continue;
            }
            told.push((name, place));
            let names: Vec<String> = weak.iter().map(|word| format!("`{word}`")).collect();
            let title = format!("`{name}` of {servers} allows {}, which does not protect", names.join(", "));
            let (help, note) = if name == "tls-protocols" {
                ("write `\"TLSv1.2 TLSv1.3\"`, or remove the line: both are the default", "TLS 1.0 and 1.1 are withdrawn (RFC 8996)")
            } else {
                ("remove these from the list, or remove the line: OpenSSL's own list has none of them", "withdrawn ciphers can be read or changed on the way (RFC 7465, RFC 9325)")
            };
            findings.push(Finding::new(Code::WeakTls, place, title).help(help).note(note).of(servers.name));
        }
    }
    findings
}

/// A text that servers with TLS read.
fn text(servers: &Servers<'_>, node: &Node, name: &str) -> Option<String> {
    servers.tls_spec?;
    match &servers.setting(node, name)?.value {
        Assigned::Value(Value::Text(text)) => Some(String::from_utf8_lossy(text).into_owned()),
        _ => None,
    }
}

fn protocols(text: &str) -> Vec<String> {
    let withdrawn =
        |word: &&str| ["TLSv1", "TLSv1.0", "TLSv1.1"].iter().any(|old| old.eq_ignore_ascii_case(word));
    text.split_whitespace().filter(withdrawn).map(str::to_owned).collect()
}

/// The entries of OpenSSL's list that add a broken cipher; `!` and `-` take away.
fn ciphers(text: &str) -> Vec<String> {
    const PARTS: [&str; 14] = [
        "NULL", "ENULL", "ANULL", "RC4", "RC2", "MD5", "DES", "3DES", "EXPORT", "EXP", "LOW", "ADH", "AECDH", "CBC3",
    ];
    let words = || text.split([':', ',', ' ']).filter(|word| !word.is_empty());
    let parts = |word: &str| word.split(['-', '+', '_']).map(str::to_ascii_uppercase).collect::<Vec<_>>();
    let banned: Vec<String> =
        words().filter_map(|word| word.strip_prefix('!')).map(str::to_ascii_uppercase).collect();
    let adds = |word: &&str| !word.starts_with(['!', '-', '@', '+']);
    let is_weak = |word: &&str| {
        let weak: Vec<String> =
            parts(word).into_iter().filter(|part| PARTS.contains(&part.as_str())).collect();
        !weak.is_empty() && !weak.iter().any(|part| banned.contains(part)) && !banned.contains(&word.to_ascii_uppercase())
    };
    words().filter(adds).filter(is_weak).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::{ciphers, protocols};
    use crate::check::rules::tests::codes_of;

    #[test]
    fn withdrawn_versions() {
        assert_eq!(protocols("TLSv1.2 TLSv1.3"), [""; 0]);
        assert_eq!(protocols("tlsv1 TLSv1.1 TLSv1.2"), ["tlsv1", "TLSv1.1"]);
    }

    #[test]
    fn withdrawn_ciphers() {
        for sound in [
            "DEFAULT:!MEDIUM",
            "HIGH:!aNULL:!MD5",
            "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384",
            "DEFAULT:-RC4:!3DES",
            "HIGH:RC4:!RC4",
            "DEFAULT@SECLEVEL=2",
        ] {
            assert_eq!(ciphers(sound), [""; 0], "{sound}");
        }
        assert_eq!(ciphers("HIGH:RC4-SHA:DES-CBC3-SHA:eNULL"), ["RC4-SHA", "DES-CBC3-SHA", "eNULL"]);
        assert_eq!(ciphers("ADH-AES128-SHA,aNULL EXP-RC4-MD5"), ["ADH-AES128-SHA", "aNULL", "EXP-RC4-MD5"]);
    }

    #[test]
    fn of_servers_that_speak_tls() {
        let of = |tls: &str| {
            codes_of(&format!(
                "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n\
                 [redis.s]\nversion = \"7.2\"\ntopology = \"standalone\"\nhosts = [\"a\"]\n{tls}\n\
                 config.tls-ciphers = \"RC4-SHA\"\n"
            ))
        };
        assert_eq!(of("tls = { cert-file = \"/c\", key-file = \"/k\", ca-cert-file = \"/ca\" }"), ["weak-tls"]);
        assert_eq!(of(""), [""; 0]);
        let memcached = |version: &str| {
            codes_of(&format!(
                "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n\
                 [memcached.s]\nversion = \"1.6.38\"\nhosts = [\"a\"]\nbuild = {{ tls = true }}\n\
                 config = {{ enable-ssl = true, ssl_chain_cert = \"/c\", ssl_key = \"/k\", ssl_min_version = \"{version}\" }}\n"
            ))
        };
        assert_eq!(memcached("1"), ["weak-tls"]);
        assert_eq!(memcached("2"), [""; 0]);
    }
}
