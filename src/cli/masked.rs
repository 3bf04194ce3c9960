//! Configuration files with their secrets hidden, for showing what differs.

use crate::catalog::{self, Engine};

/// What stands in the place of a secret; of one length, so that it tells nothing about the secret's.
const MASK: &str = "•••";

/// The text with every secret in it hidden: arguments of directives that hold one, passwords of ACL users and
/// their hashes, `NAME=value` lines of secrets.
pub(super) fn masked(text: &str) -> String {
    text.split_inclusive('\n').map(line).collect()
}

fn line(line: &str) -> String {
    let content = line.trim_end_matches(['\n', '\r']);
    let ending = &line[content.len()..];
    let words: Vec<&str> = content.split_ascii_whitespace().collect();
    let hidden = match words.as_slice() {
        [name, ..] if name.starts_with('#') => None,
        [user, rest @ ..] if user.eq_ignore_ascii_case("user") => users(rest),
        [sentinel, option, rest @ ..] if sentinel.eq_ignore_ascii_case("sentinel") => {
            is_secret(option).then(|| {
                // The watched name stands before the password, where there is one.
                let named = rest.len().saturating_sub(1).min(1);
                [&[*sentinel, *option], &rest[..named], &[MASK]].concat().join(" ")
            })
        }
        [name, _, ..] if is_secret(name) => Some(format!("{name} {MASK}")),
        _ => None,
    };
    match hidden {
        Some(hidden) => hidden + ending,
        None => line.to_owned(),
    }
}

/// A user's line, where it holds passwords.
fn users(words: &[&str]) -> Option<String> {
    let is_password = |word: &&str| word.starts_with(['>', '<', '#', '!']);
    let any = words.iter().any(|word| is_password(&word.trim_start_matches(['"', '\''])));
    any.then(|| {
        let mut text = "user".to_owned();
        for word in words {
            text.push(' ');
            let bare = word.trim_start_matches(['"', '\'']);
            text.push_str(if is_password(&bare) { MASK } else { word });
        }
        text
    })
}

/// Whether a directive or an option of Sentinel's holds a secret, in any version of any engine.
fn is_secret(name: &str) -> bool {
    let of_servers = [Engine::Redis, Engine::Valkey].into_iter().any(|engine| {
        catalog::directive(engine, name).is_some_and(|directive| directive.secret)
            || catalog::sentinel::directive(engine, &name.to_ascii_lowercase())
                .is_some_and(|directive| directive.secret)
    });
    of_servers || name.to_ascii_lowercase().contains("pass")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden() {
        for (line, hidden) in [
            ("requirepass hunter2\n", "requirepass •••\n"),
            ("  masterauth \"hunter2 x\"\r\n", "masterauth •••\r\n"),
            ("primaryauth hunter2", "primaryauth •••"),
            ("tls-key-file-pass hunter2\n", "tls-key-file-pass •••\n"),
            ("user app on >hunter2 ~* #abc\n", "user app on ••• ~* •••\n"),
            ("user app on \">hunter2\" ~*\n", "user app on ••• ~*\n"),
            ("sentinel auth-pass mymaster hunter2\n", "sentinel auth-pass mymaster •••\n"),
            ("sentinel sentinel-pass hunter2\n", "sentinel sentinel-pass •••\n"),
        ] {
            assert_eq!(masked(line), hidden);
        }
    }

    #[test]
    fn everything_else_is_shown() {
        for line in [
            "port 6379\n",
            "# requirepass: secret $PASSWORD, left out\n",
            "user app on ~app:* +@read\n",
            "sentinel monitor mymaster 10.0.0.1 6379 2\n",
            "",
            "\n",
        ] {
            assert_eq!(masked(line), line);
        }
    }
}
