//! Rendered files with their secrets hidden, for showing what differs.

use std::borrow::Cow;

use crate::catalog::{self, Engine};
use crate::text::conf::{ConfDoc, ConfLineKind};
use crate::text::env_file::EnvFile;

/// What stands in the place of a secret; of one length, so that it tells nothing about the secret's.
const MASK: &str = "•••";

/// The text with every secret in it hidden: arguments of directives that hold one, passwords of ACL users and
/// their hashes, values of variables and options whose names say what they hold, passwords in addresses. Where
/// it is in doubt, more is hidden than has to be.
pub(super) fn masked(text: &str) -> String {
    without_long_values(text).split_inclusive('\n').map(line).collect()
}

/// Hides values of variables that go on over several lines.
fn without_long_values(text: &str) -> String {
    let (mut hidden, mut end) = (String::new(), 0);
    for entry in EnvFile::parse(text).entries() {
        let place = entry.value.span.range();
        let value = text.get(place.clone()).unwrap_or_default();
        if value.contains('\n') && names_a_secret(&entry.name.lossy()) {
            hidden.push_str(text.get(end..place.start).unwrap_or_default());
            hidden.push_str(MASK);
            end = place.end;
        }
    }
    hidden + text.get(end..).unwrap_or_default()
}

fn line(line: &str) -> String {
    let content = line.trim_end_matches(['\n', '\r']);
    let hidden = match content.trim_start().strip_prefix('#') {
        Some(comment) => in_a_comment(comment).map(|hidden| format!("#{hidden}")),
        None => as_conf(content),
    };
    let hidden = hidden.map_or_else(|| after_names(content), Cow::Owned);
    in_addresses(&hidden) + &line[content.len()..]
}

/// A directive that somebody made a comment of.
fn in_a_comment(comment: &str) -> Option<String> {
    let name = comment.split_ascii_whitespace().next()?;
    let blanks = &comment[..comment.len() - comment.trim_start().len()];
    let is_directive = is_secret_directive(name) || matches!(name, "sentinel" | "user");
    is_directive.then(|| as_conf(comment)).flatten().map(|hidden| format!("{blanks}{hidden}"))
}

/// A line as servers read it, in quotes and out of them.
fn as_conf(content: &str) -> Option<String> {
    let doc = ConfDoc::parse(content);
    let directive = match &doc.lines().first()?.kind {
        ConfLineKind::Directive(directive) => directive,
        // No server reads it, people do.
        ConfLineKind::Bad(_) => return unreadable(content),
        ConfLineKind::Blank | ConfLineKind::Comment => return None,
    };
    let name = directive.name.lossy();
    let words: Vec<Cow<'_, str>> = directive.args.iter().map(|arg| arg.lossy()).collect();
    match words.as_slice() {
        words if name.eq_ignore_ascii_case("user") => users(words),
        [option, rest @ ..] if name.eq_ignore_ascii_case("sentinel") => is_secret(option).then(|| {
            // The watched name stands before the password, where there is one.
            let watched = if rest.len() > 1 { format!(" {}", rest[0]) } else { String::new() };
            format!("{name} {option}{watched} {MASK}")
        }),
        [_, ..] if is_secret(&name) => Some(format!("{name} {MASK}")),
        _ => None,
    }
}

/// A line with a quote that does not end: all behind the first word that promises a secret.
fn unreadable(content: &str) -> Option<String> {
    let mut words = content.split_ascii_whitespace();
    let first = bare(words.next()?);
    if first.eq_ignore_ascii_case("user") || first.eq_ignore_ascii_case("sentinel") || is_secret(first) {
        return Some(format!("{first} {MASK}"));
    }
    None
}

/// A user's line, where it holds passwords.
fn users(words: &[Cow<'_, str>]) -> Option<String> {
    let is_password = |word: &str| word.starts_with(['>', '<', '#', '!']);
    words.iter().any(|word| is_password(word)).then(|| {
        let mut text = "user".to_owned();
        for word in words {
            text.push(' ');
            text.push_str(if is_password(word) { MASK } else { word });
        }
        text
    })
}

/// Hides what follows `NAME=`, `--NAME` and the names of directives anywhere in a line: in scripts, units and
/// files of variables.
fn after_names(content: &str) -> Cow<'_, str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let mut at = 0;
    while let Some(start) = content[at..].find(is_part).map(|found| at + found) {
        let end = content[start..].find(|c| !is_part(c)).map_or(content.len(), |found| start + found);
        let (name, rest) = (&content[start..end], &content[end..]);
        at = end;
        let value = rest.trim_start_matches(['"', '\'', ' ', '\t']);
        let is_assigned = value.starts_with('=') && names_a_secret(name);
        let is_option = name.starts_with("--") && is_secret(name.trim_start_matches('-'));
        let is_argument = rest.starts_with([' ', '\t']) && is_secret_directive(name) && start > 0;
        if is_assigned {
            let sign = content.len() - value.len() + 1;
            let shown = value[1..].trim().is_empty() || value[1..].starts_with(MASK);
            return if shown { content.into() } else { format!("{}{MASK}", &content[..sign]).into() };
        }
        if (is_option || is_argument) && !value.is_empty() && !value.starts_with(MASK) {
            return format!("{} {MASK}", &content[..end]).into();
        }
    }
    content.into()
}

/// Hides users and passwords in addresses: `redis://:PASSWORD@HOST`.
fn in_addresses(content: &str) -> String {
    let mut text = String::with_capacity(content.len());
    let mut rest = content;
    while let Some(found) = rest.find("://") {
        let (before, behind) = rest.split_at(found + 3);
        text.push_str(before);
        let end = behind.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'')).unwrap_or(behind.len());
        rest = behind;
        if let Some(at) = behind[..end].rfind('@') {
            text.push_str(MASK);
            rest = &behind[at..];
        }
    }
    text + rest
}

fn bare(word: &str) -> &str {
    word.trim_matches(['"', '\''])
}

/// Whether a directive or an option of Sentinel's holds a secret, in any version of any engine.
fn is_secret(name: &str) -> bool {
    is_secret_directive(name) || name.to_ascii_lowercase().contains("pass")
}

fn is_secret_directive(name: &str) -> bool {
    [Engine::Redis, Engine::Valkey].into_iter().any(|engine| {
        catalog::directive(engine, name).is_some_and(|directive| directive.secret)
            || catalog::sentinel::directive(engine, &name.to_ascii_lowercase())
                .is_some_and(|directive| directive.secret)
    })
}

/// Whether a variable's name says that it holds a secret.
fn names_a_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    is_secret(name.trim_start_matches('-'))
        || ["secret", "token", "credential", "api_key", "apikey"].iter().any(|part| name.contains(part))
        || name == "pw"
        || name.ends_with("_pw")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden() {
        for (line, hidden) in [
            ("requirepass hunter2\n", "requirepass •••\n"),
            ("  masterauth \"hunter2 x\"\r\n", "masterauth •••\r\n"),
            ("\"masterauth\" hunter2\n", "masterauth •••\n"),
            ("\"req\\x75irepass\" hunter2\n", "requirepass •••\n"),
            ("requirepass \"hunter2\n", "requirepass •••\n"),
            ("# requirepass hunter2\n", "# requirepass •••\n"),
            ("#user app on >hunter2\n", "#user app on •••\n"),
            ("primaryauth hunter2", "primaryauth •••"),
            ("tls-key-file-pass hunter2\n", "tls-key-file-pass •••\n"),
            ("user app on >hunter2 ~* #abc\n", "user app on ••• ~* •••\n"),
            ("user app on \">hunter2\" ~*\n", "user app on ••• ~*\n"),
            ("user app on \">hunter2 hunter3\" ~*\n", "user app on ••• ~*\n"),
            ("user app on \">hunter2 ~*\n", "user •••\n"),
            ("sentinel auth-pass mymaster hunter2\n", "sentinel auth-pass mymaster •••\n"),
            ("sentinel sentinel-pass hunter2\n", "sentinel sentinel-pass •••\n"),
            ("\"sentinel\" 'sentinel-pass' hunter2\n", "sentinel sentinel-pass •••\n"),
        ] {
            assert_eq!(masked(line), hidden);
        }
    }

    #[test]
    fn secrets_are_hidden_in_other_formats_too() {
        for (line, hidden) in [
            ("REDIS_PASSWORD=hunter2\n", "REDIS_PASSWORD=•••\n"),
            ("export REDIS_PASSWORD=\"hunter 2\"\n", "export REDIS_PASSWORD=•••\n"),
            ("Environment=\"REDISCLI_AUTH_TOKEN=hunter2\"\n", "Environment=\"REDISCLI_AUTH_TOKEN=•••\n"),
            ("# REDIS_PW=hunter2\n", "# REDIS_PW=•••\n"),
            ("secret = \"hunter2\"\n", "secret =•••\n"),
            ("PASSWORD=\"hunter2\nhunter3\"\nx=1\n", "PASSWORD=•••\nx=1\n"),
            ("ExecStart=/bin/r --requirepass hunter2\n", "ExecStart=/bin/r --requirepass •••\n"),
            ("redis-cli config set masterauth hunter2\n", "redis-cli config set masterauth •••\n"),
            ("url redis://:hunter2@h:6379/0 x\n", "url redis://•••@h:6379/0 x\n"),
            ("# \"redis://a:h@unter2@h\" http://x\n", "# \"redis://•••@h\" http://x\n"),
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
            "# user app: all that it may do\n",
            "sentinel monitor mymaster 10.0.0.1 6379 2\n",
            "PORT=\"11211\"\n",
            "ExecStart=/usr/bin/redis-server /var/lib/redis/redis.conf\n",
            "# https://redis.io/docs\n",
            "",
            "\n",
        ] {
            assert_eq!(masked(line), line);
        }
    }
}
