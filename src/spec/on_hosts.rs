//! What the system of a host knows by name: accounts and paths, as files of every kind can hold them.

use super::decode::{Decode, Decoder, invalid, wrong_type};
use super::raw::{Node, Raw};
use super::shape::{Describe, Form, Scalar, Shape};

/// A user or group of the system: a name as systemd takes it everywhere (`valid_user_group_name` in user-util.c,
/// without its relaxed form), or a number that is no placeholder for "none" (`uid_is_valid` in
/// uid-classification.c).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account(pub String);

impl Account {
    fn is_one(text: &str) -> bool {
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse::<u32>().is_ok_and(|id| id != u32::MAX && id != u32::from(u16::MAX));
        }
        text.len() <= 31
            && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    }
}

impl Decode for Account {
    const WANTS: &'static str = "the name or number of a user or group";

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let Raw::Text(text) = &node.value else { return wrong_type(node, Self::WANTS, decoder) };
        if Account::is_one(text) {
            return Some(Account(text.clone()));
        }
        let title = format!("`{}` is no user or group that systemd takes", text.escape_debug());
        let help = "write a name of letters, digits, `_` and `-`, at most 31 and no digit first, or a number";
        invalid(node.span, title, help, decoder)
    }
}

impl Describe for Account {
    fn shape() -> Shape {
        const ACCOUNT: &Scalar = &Scalar {
            name: "account",
            doc: "A user or group of the system: a name of letters, digits, `_` and `-`, at most 31 and no digit first, or a number as a text.",
            forms: &[Form::Text(Some("^([A-Za-z_][A-Za-z0-9_-]{0,30}|[0-9]+)$"))],
        };
        Shape::Scalar(ACCOUNT)
    }
}

/// An absolute path of a host that means the same in every file that names it, and needs quotes in none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPath(pub String);

impl HostPath {
    fn is_one(text: &str) -> bool {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+@:/".contains(&byte);
        text.starts_with('/')
            && text.len() > 1
            && text.bytes().all(plain)
            && !text.split('/').any(|part| part == "..")
    }
}

impl Decode for HostPath {
    const WANTS: &'static str = "an absolute path such as \"/opt/redis/bin/redis-server\"";

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let Raw::Text(text) = &node.value else { return wrong_type(node, Self::WANTS, decoder) };
        if HostPath::is_one(text) {
            return Some(HostPath(text.clone()));
        }
        let title = format!("`{}` is no path that every file can name", text.escape_debug());
        let help = "write an absolute path of letters, digits and `-_.+@:/`, without `..`";
        invalid(node.span, title, help, decoder)
    }
}

impl Describe for HostPath {
    fn shape() -> Shape {
        const PATH: &Scalar = &Scalar {
            name: "path on hosts",
            doc: "An absolute path of letters, digits and `-_.+@:/`, without `..`.",
            forms: &[Form::Text(Some("^/[A-Za-z0-9_.+@:/-]+$"))],
        };
        Shape::Scalar(PATH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts() {
        for good in ["redis", "_redis", "svc-cache", "999", "0", "a1"] {
            assert!(Account::is_one(good), "{good}");
        }
        let long = "a".repeat(32);
        for bad in ["", "-redis", "1a", "a b", "a.b", "münze", "65535", "4294967295", "99999999999", &long] {
            assert!(!Account::is_one(bad), "{bad}");
        }
    }

    #[test]
    fn paths() {
        for good in ["/usr/bin/redis-server", "/opt/redis-7.2.6/bin/redis-server", "/etc/cachewright/..a"] {
            assert!(HostPath::is_one(good), "{good}");
        }
        for bad in ["", "redis-server", "/", "/usr/../bin/x", "/a b", "/a$b", "/a%b", "/a\n", "/ä"] {
            assert!(!HostPath::is_one(bad), "{bad}");
        }
    }
}
