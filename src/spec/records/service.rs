//! How servers are run on their hosts: as whom, by which program, from which folder.

use validator::ValidationError;

use crate::source::At;
use crate::spec::decode::record;

record! {
    /// How a server is started on its host.
    "a service"
    pub struct ServiceSpec {
        /// The system's user that it runs as (`redis`, `valkey` or `memcache` if absent).
        #[validate(custom(function = "account", message = "a user name or number as systemd takes it: letters, digits, `_` and `-`, at most 31"))]
        user: optional String,
        /// The group; the user's own if only the user is given.
        #[validate(custom(function = "account", message = "a group name or number as systemd takes it: letters, digits, `_` and `-`, at most 31"))]
        group: optional String,
        /// The server's program; sentinels run it with `--sentinel`.
        #[validate(custom(function = "path", message = "an absolute path without `..`, of letters, digits and `-_.+@:/`"))]
        program: optional String,
    }
}

/// A name of a user or group as systemd takes it everywhere (`valid_user_group_name` in user-util.c, without its
/// relaxed form), or a number that is no placeholder for "none" (`uid_is_valid` in uid-classification.c).
fn account(name: &At<String>) -> Result<(), ValidationError> {
    let text = name.value.as_str();
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = if is_number {
        text.parse::<u32>().is_ok_and(|id| id != u32::MAX && id != u32::from(u16::MAX))
    } else {
        text.len() <= 31
            && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    };
    if fits { Ok(()) } else { Err(ValidationError::new("account")) }
}

/// A path that means the same in every file that names it, and needs quotes in none.
pub(super) fn path(path: &At<String>) -> Result<(), ValidationError> {
    let text = path.value.as_str();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+@:/".contains(&byte);
    let fits = text.starts_with('/')
        && text.len() > 1
        && text.bytes().all(plain)
        && !text.split('/').any(|part| part == "..");
    if fits { Ok(()) } else { Err(ValidationError::new("path")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    fn at(text: &str) -> At<String> {
        At::new(text.to_owned(), Span::default())
    }

    #[test]
    fn accounts() {
        for good in ["redis", "_redis", "svc-cache", "999", "0", "a1"] {
            assert!(account(&at(good)).is_ok(), "{good}");
        }
        let long = "a".repeat(32);
        for bad in ["-redis", "1a", "a b", "a.b", "münze", "65535", "4294967295", "99999999999", &long] {
            assert!(account(&at(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn paths() {
        for good in ["/usr/bin/redis-server", "/opt/redis-7.2.6/bin/redis-server", "/etc/cachewright/..a"] {
            assert!(path(&at(good)).is_ok(), "{good}");
        }
        for bad in ["redis-server", "/", "/usr/../bin/x", "/a b", "/a$b", "/a%b", "/a\n", "/ä"] {
            assert!(path(&at(bad)).is_err(), "{bad}");
        }
    }
}
