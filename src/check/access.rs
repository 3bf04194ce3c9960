//! What rules ask about who reaches a server and who may log in there. No rule lives here.

use std::net::IpAddr;

use crate::catalog::Version;
use crate::model::users::{Access, Rights};
use crate::model::{Assigned, Deployment, Model, Node, Origin, Setting, Settings, User};
use crate::source::Span;
use crate::text::acl::AclRule;
use crate::text::acl::write_rule;
use crate::value::Value;

/// The user that connections without a login are.
pub(super) const DEFAULT: &str = "default";

/// From here on protected mode does not ask for `bind` (networking.c of 6.2.14 and 7.0.15).
const BIND_IS_NO_EXCUSE: Version = Version::new(7, 0, 0);

/// What a client without credentials meets at a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// No password is asked; protected mode may be in the way.
    Open,
    /// Credentials are asked for, because of what stands here.
    Locked(Span),
    /// Users are written by hand, in lines or a file.
    Unknown,
}

/// Whether something that decides about logins could not be read.
pub(super) fn is_poisoned(deployment: &Deployment) -> bool {
    const NAMES: [&str; 13] = [
        "replication",
        "observer",
        "users",
        "config",
        "profiles",
        "requirepass",
        "masterauth",
        "primaryauth",
        "auth-pass",
        "aclfile",
        "user",
        "bind",
        "protected-mode",
    ];
    deployment.poisoned.iter().any(|name| NAMES.contains(&name.as_str()))
}

/// The default user, where users are declared or derived.
pub(super) fn default_user(deployment: &Deployment) -> Option<&User> {
    deployment.users.iter().find(|user| user.name.value == DEFAULT)
}

/// What a client without credentials meets at a node.
pub(super) fn door(deployment: &Deployment, node: &Node) -> Door {
    if let Some(user) = default_user(deployment) {
        if is_open(deployment, user) {
            return Door::Open;
        }
        let password = user.passwords.first().filter(|_| deployment.spec.users.is_empty());
        return Door::Locked(password.map_or(user.name.span, |password| password.span));
    }
    if users_by_hand(deployment, node) {
        return Door::Unknown;
    }
    match deployment.setting(node, "requirepass").filter(|setting| is_given(setting)) {
        Some(setting) => Door::Locked(setting.origin.span().unwrap_or(node.span)),
        None => Door::Open,
    }
}

/// Whether users stand in `user` lines or an ACL file that the spec does not write.
pub(super) fn users_by_hand(deployment: &Deployment, node: &Node) -> bool {
    let by_hand = |name| {
        deployment.setting(node, name).is_some_and(|setting| !matches!(setting.origin, Origin::Derived(..)))
    };
    by_hand("aclfile") || by_hand("user")
}

/// Whether anybody is the user without a password. Passwords are written behind `nopass`, and undo it.
pub(super) fn is_open(deployment: &Deployment, user: &User) -> bool {
    let rights = deployment.rights(user);
    rights.enabled && rights.free && user.passwords.is_empty()
}

/// Whether protected mode refuses other hosts while nobody needs a password.
pub(super) fn is_protected(deployment: &Deployment, node: &Node) -> bool {
    let value = |name| deployment.setting(node, name).map(|setting| &setting.value);
    let off = value("protected-mode") == Some(&Assigned::Value(Value::Bool(false)));
    let bound = !matches!(value("bind"), None | Some(Assigned::Value(Value::Addresses(_))))
        || matches!(value("bind"), Some(Assigned::Value(Value::Addresses(list))) if !list.is_empty());
    !off && (deployment.target.versions.first >= BIND_IS_NO_EXCUSE || !bound)
}

/// Whether a node lets in nobody but clients on its own host.
pub(super) fn refuses_other_hosts(deployment: &Deployment, node: &Node) -> bool {
    is_protected(deployment, node) && door(deployment, node) == Door::Open
}

/// Whether a password is set: an empty one is none.
pub(super) fn is_given(setting: &Setting) -> bool {
    !matches!(&setting.value, Assigned::Value(Value::Text(text)) if text.is_empty())
}

/// Whether a user may neither see nor change anything that matters: `+ping`, `+client|setname` and the like.
pub(super) fn is_harmless(rights: &Rights) -> bool {
    const CATEGORIES: [&str; 6] = ["read", "write", "admin", "dangerous", "pubsub", "scripting"];
    // What monitoring asks without a login; they change nothing and show no data.
    const SHOWN: [&str; 4] = ["info", "role", "cluster|info", "lastsave"];
    rights.all().flat_map(Access::commands).all(|command| {
        let newest = command.revisions.last();
        let matters =
            newest.is_some_and(|facts| facts.categories.iter().any(|category| CATEGORIES.contains(category)));
        !matters || SHOWN.contains(&command.name)
    })
}

/// Where a server is reached from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// From its own host.
    Host,
    /// From other hosts.
    Network,
    /// From the internet: one of its addresses belongs to it.
    Internet,
}

/// From where a node of a deployment or of a set of sentinels is reached, by the addresses that it listens on;
/// none where they are not known.
pub(super) fn reach(model: &Model, shared: &Settings, node: &Node) -> Option<Reach> {
    let bind = node.own.get("bind").or_else(|| shared.get("bind"))?;
    let Assigned::Value(Value::Addresses(addresses)) = &bind.value else { return None };
    let host = model.host(node.host).address.value.as_str();
    let of = |address: &Vec<u8>| {
        let text = String::from_utf8_lossy(address);
        let text = text.strip_prefix('-').unwrap_or(&text);
        // All addresses are the declared one, and maybe others.
        let everywhere = matches!(text, "*" | "0.0.0.0" | "::" | "::*");
        if everywhere { reach_of(host).max(Reach::Network) } else { reach_of(text) }
    };
    addresses.iter().map(of).max()
}

/// From where an address is reached. Of a name nothing is known but that others reach it.
pub(super) fn reach_of(address: &str) -> Reach {
    match address.parse::<IpAddr>() {
        Ok(ip) if ip.is_loopback() => Reach::Host,
        Ok(ip) if is_public(ip) => Reach::Internet,
        Err(_) if address == "localhost" => Reach::Host,
        _ => Reach::Network,
    }
}

/// Whether an address is reached from the internet: not one of the private, shared, link-local, documentation,
/// benchmarking, multicast or reserved blocks (RFC 6890, RFC 3849, RFC 9637).
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            let shared = a == 100 && (64..128).contains(&b);
            let benchmark = a == 198 && (b == 18 || b == 19);
            let protocol = ip.octets()[..3] == [192, 0, 0];
            let reserved = a == 0 || a >= 240;
            let local = ip.is_private() || ip.is_loopback() || ip.is_link_local();
            !(local
                || ip.is_documentation()
                || ip.is_multicast()
                || shared
                || benchmark
                || protocol
                || reserved)
        }
        IpAddr::V6(ip) => {
            let [first, second, ..] = ip.segments();
            // 2000::/3 is all that is given out.
            let global = first & 0xe000 == 0x2000;
            let documentation = (first == 0x2001 && second == 0x0db8) || (first == 0x3fff && second < 0x1000);
            global && !documentation
        }
    }
}

/// Whether clients must show a certificate on every port that is open, which lets nobody else in.
pub(super) fn asks_for_certificates(deployment: &Deployment, node: &Node) -> bool {
    let number = |name| match deployment.setting(node, name).map(|setting| &setting.value) {
        Some(Assigned::Value(Value::Integer(number))) => Some(*number),
        _ => None,
    };
    let plain = number("port") != Some(0);
    let auth = deployment.setting(node, "tls-auth-clients").map(|setting| &setting.value);
    let must = matches!(auth, None | Some(Assigned::Value(Value::Word("yes"))));
    !plain && number("tls-port").is_some_and(|port| port != 0) && must
}

/// A rule as servers read it; nothing that holds a secret.
pub(super) fn shown(rule: &AclRule) -> String {
    match rule {
        AclRule::AddPassword(_) | AclRule::RemovePassword(_) => "a password".to_owned(),
        AclRule::AddHash(_) | AclRule::RemoveHash(_) => "a password's hash".to_owned(),
        // Written as people know them.
        AclRule::AllKeys => "~*".to_owned(),
        other => {
            write_rule(other).map(|text| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default()
        }
    }
}

/// Names in backticks: all of them, or three and how many more.
pub(super) fn some(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [a, b] => format!("{a} and {b}"),
        [a, b, c] => format!("{a}, {b} and {c}"),
        [a, b, c, more @ ..] => format!("{a}, {b}, {c} and {} more", more.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_given_out_is_public() {
        for private in [
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.1.1",
            "100.64.0.1",
            "100.127.255.255",
            "192.0.2.1",
            "198.51.100.7",
            "203.0.113.9",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "fd00::1",
            "fe80::1",
            "2001:db8::1",
            "3fff::1",
            "::ffff:8.8.8.8",
            "cache-a.internal",
        ] {
            assert_eq!(reach_of(private), Reach::Network, "{private}");
        }
        for public in ["8.8.8.8", "100.63.0.1", "100.128.0.1", "172.32.0.1", "2a00:1450::1", "2606:4700::1"] {
            assert_eq!(reach_of(public), Reach::Internet, "{public}");
        }
        for own in ["127.0.0.1", "127.9.9.9", "::1", "localhost"] {
            assert_eq!(reach_of(own), Reach::Host, "{own}");
        }
    }

    #[test]
    fn lists_stay_short() {
        let names = |count: usize| (0..count).map(|at| format!("c{at}")).collect::<Vec<_>>();
        assert_eq!(some(&names(1)), "`c0`");
        assert_eq!(some(&names(3)), "`c0`, `c1` and `c2`");
        assert_eq!(some(&names(5)), "`c0`, `c1`, `c2` and 2 more");
    }
}
