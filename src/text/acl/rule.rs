use std::fmt;

use crate::text::Problem;
use crate::text::lines::is_space;

/// A value that `Debug` does not show.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Sensitive<T>(pub T);

impl<T> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// One ACL rule.
///
/// Names of commands, subcommands and categories are in lower case: servers compare them so.
/// Patterns and passwords are bytes, as servers compare them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AclRule {
    /// `on`
    On,
    /// `off`
    Off,
    /// `nopass`: any password will do.
    NoPass,
    /// `resetpass`
    ResetPass,
    /// `reset`: everything back to a new user's state.
    Reset,
    /// `>password`
    AddPassword(Sensitive<Vec<u8>>),
    /// `<password`
    RemovePassword(Sensitive<Vec<u8>>),
    /// `#hash`: SHA-256, 64 lower-case hexadecimal digits.
    AddHash(Sensitive<String>),
    /// `!hash`
    RemoveHash(Sensitive<String>),
    /// `~pattern`, `%R~pattern`, `%W~pattern`; one of the two is true. From 7.0 on for `%`.
    KeyPattern {
        /// Keys may be read.
        read: bool,
        /// Keys may be written.
        write: bool,
        /// A glob.
        pattern: Vec<u8>,
    },
    /// `allkeys`, `~*`
    AllKeys,
    /// `resetkeys`
    ResetKeys,
    /// `&pattern`, from 6.2 on.
    Channel(Vec<u8>),
    /// `allchannels`, `&*`
    AllChannels,
    /// `resetchannels`
    ResetChannels,
    /// `+command`, `-command`, `+command|sub`
    Command {
        /// `+`
        allow: bool,
        /// The command, without its subcommand.
        name: String,
        /// After the first `|`: a subcommand, or a first argument.
        sub: Option<String>,
    },
    /// `+@category`, `-@category`
    Category {
        /// `+`
        allow: bool,
        /// The category, without `@`.
        name: String,
    },
    /// `allcommands`, `+@all`
    AllCommands,
    /// `nocommands`, `-@all`
    NoCommands,
    /// `sanitize-payload`, from 6.2 on.
    SanitizePayload,
    /// `skip-sanitize-payload`
    SkipSanitizePayload,
    /// `clearselectors`, from 7.0 on.
    ClearSelectors,
    /// `(rules)`, from 7.0 on.
    Selector(Vec<AclRule>),
    /// `db=0,1`, from Valkey 9.1 on.
    Databases(Vec<u32>),
    /// `alldbs`
    AllDatabases,
    /// `resetdbs`
    ResetDatabases,
}

impl AclRule {
    /// Whether the rule may stand in a selector; the others are for users.
    pub fn fits_selector(&self) -> bool {
        matches!(
            self,
            Self::KeyPattern { .. }
                | Self::AllKeys
                | Self::ResetKeys
                | Self::Channel(_)
                | Self::AllChannels
                | Self::ResetChannels
                | Self::Command { .. }
                | Self::Category { .. }
                | Self::AllCommands
                | Self::NoCommands
                | Self::Databases(_)
                | Self::AllDatabases
                | Self::ResetDatabases
        )
    }

    /// Reads one word that is no selector.
    ///
    /// Keywords in any case, as `strcasecmp` has it. Stricter than servers where they read nonsense as
    /// something: `%R` without `~` (an empty pattern), `%~x` on 7.0 (a pattern without permission).
    pub(super) fn read(word: &[u8]) -> Result<Self, Problem> {
        if let Some(rule) = keyword(word) {
            return Ok(rule);
        }
        match word {
            [b'>', password @ ..] => Ok(Self::AddPassword(Sensitive(password.to_vec()))),
            [b'<', password @ ..] => Ok(Self::RemovePassword(Sensitive(password.to_vec()))),
            [b'#', hash @ ..] => read_hash(hash).map(Self::AddHash),
            [b'!', hash @ ..] => read_hash(hash).map(Self::RemoveHash),
            [b'~', pattern @ ..] => {
                read_pattern(pattern).map(|pattern| Self::KeyPattern { read: true, write: true, pattern })
            }
            [b'%', rest @ ..] => read_permission(rest),
            [b'&', pattern @ ..] => read_pattern(pattern).map(Self::Channel),
            [sign @ (b'+' | b'-'), b'@', name @ ..] => {
                Ok(Self::Category { allow: *sign == b'+', name: read_name(name)? })
            }
            [sign @ (b'+' | b'-'), command @ ..] => read_command(*sign == b'+', command),
            [b'd' | b'D', b'b' | b'B', b'=', list @ ..] => read_databases(list),
            _ => Err(Problem::AclUnknownRule),
        }
    }
}

fn keyword(word: &[u8]) -> Option<AclRule> {
    Some(match word.to_ascii_lowercase().as_slice() {
        b"on" => AclRule::On,
        b"off" => AclRule::Off,
        b"nopass" => AclRule::NoPass,
        b"resetpass" => AclRule::ResetPass,
        b"reset" => AclRule::Reset,
        b"allkeys" | b"~*" => AclRule::AllKeys,
        b"resetkeys" => AclRule::ResetKeys,
        b"allchannels" | b"&*" => AclRule::AllChannels,
        b"resetchannels" => AclRule::ResetChannels,
        b"allcommands" | b"+@all" => AclRule::AllCommands,
        b"nocommands" | b"-@all" => AclRule::NoCommands,
        b"sanitize-payload" => AclRule::SanitizePayload,
        b"skip-sanitize-payload" => AclRule::SkipSanitizePayload,
        b"clearselectors" => AclRule::ClearSelectors,
        b"alldbs" => AclRule::AllDatabases,
        b"resetdbs" => AclRule::ResetDatabases,
        _ => return None,
    })
}

/// `ACLStringHasSpaces`: blanks in the sense of `isspace`, and NUL.
pub(super) fn has_blank(bytes: &[u8]) -> bool {
    bytes.iter().any(|&byte| is_space(byte) || byte == 0)
}

/// `ACLCheckPasswordHash`: capitals are refused.
pub(super) fn is_hash(hash: &[u8]) -> bool {
    hash.len() == 64 && hash.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn read_hash(hash: &[u8]) -> Result<Sensitive<String>, Problem> {
    match std::str::from_utf8(hash) {
        Ok(text) if is_hash(hash) => Ok(Sensitive(text.to_owned())),
        _ => Err(Problem::AclHash),
    }
}

fn read_pattern(pattern: &[u8]) -> Result<Vec<u8>, Problem> {
    if has_blank(pattern) { Err(Problem::AclBlank) } else { Ok(pattern.to_vec()) }
}

fn read_permission(rest: &[u8]) -> Result<AclRule, Problem> {
    let tilde = rest.iter().position(|&byte| byte == b'~').ok_or(Problem::AclKeyPermission)?;
    let (letters, pattern) = rest.split_at(tilde);
    let (read, write) = match letters.to_ascii_uppercase().as_slice() {
        b"R" => (true, false),
        b"W" => (false, true),
        b"RW" | b"WR" => (true, true),
        _ => return Err(Problem::AclKeyPermission),
    };
    let pattern = read_pattern(pattern.get(1..).unwrap_or_default())?;
    Ok(AclRule::KeyPattern { read, write, pattern })
}

fn read_name(name: &[u8]) -> Result<String, Problem> {
    if name.is_empty() {
        return Err(Problem::AclNoName);
    }
    if has_blank(name) {
        return Err(Problem::AclBlank);
    }
    let name = std::str::from_utf8(name).map_err(|_| Problem::AclUnknownRule)?;
    Ok(name.to_ascii_lowercase())
}

fn read_command(allow: bool, command: &[u8]) -> Result<AclRule, Problem> {
    let (name, sub) = match command.iter().position(|&byte| byte == b'|') {
        None => (command, None),
        Some(bar) => (&command[..bar], Some(read_name(&command[bar + 1..])?)),
    };
    Ok(AclRule::Command { allow, name: read_name(name)?, sub })
}

fn read_databases(list: &[u8]) -> Result<AclRule, Problem> {
    // `parse` alone would take a sign.
    let number = |text: &[u8]| {
        let digits = text.iter().all(u8::is_ascii_digit);
        std::str::from_utf8(text).ok().filter(|_| digits)?.parse().ok()
    };
    list.split(|&byte| byte == b',')
        .map(number)
        .collect::<Option<Vec<u32>>>()
        .map(AclRule::Databases)
        .ok_or(Problem::AclDatabases)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(word: &str) -> Result<AclRule, Problem> {
        AclRule::read(word.as_bytes())
    }

    fn command(allow: bool, name: &str, sub: Option<&str>) -> AclRule {
        AclRule::Command { allow, name: name.into(), sub: sub.map(Into::into) }
    }

    #[test]
    fn keywords_have_no_case() {
        assert_eq!(read("ON"), Ok(AclRule::On));
        assert_eq!(read("~*"), Ok(AclRule::AllKeys));
        assert_eq!(read("+@ALL"), Ok(AclRule::AllCommands));
        assert_eq!(read("-@all"), Ok(AclRule::NoCommands));
        assert_eq!(read("AllDBs"), Ok(AclRule::AllDatabases));
        assert_eq!(read("onn"), Err(Problem::AclUnknownRule));
        assert_eq!(read("\"on\""), Err(Problem::AclUnknownRule));
    }

    #[test]
    fn commands_and_categories() {
        assert_eq!(read("+GET"), Ok(command(true, "get", None)));
        assert_eq!(read("-Config|SET"), Ok(command(false, "config", Some("set"))));
        assert_eq!(read("+a|b|c"), Ok(command(true, "a", Some("b|c"))));
        assert_eq!(read("-@Dangerous"), Ok(AclRule::Category { allow: false, name: "dangerous".into() }));
        for word in ["+", "-", "+@", "+debug|", "+|x"] {
            assert_eq!(read(word), Err(Problem::AclNoName), "{word}");
        }
    }

    #[test]
    fn key_permissions() {
        let pattern = |read, write| AclRule::KeyPattern { read, write, pattern: b"a~b".to_vec() };
        assert_eq!(read("~a~b"), Ok(pattern(true, true)));
        assert_eq!(read("%r~a~b"), Ok(pattern(true, false)));
        assert_eq!(read("%W~a~b"), Ok(pattern(false, true)));
        assert_eq!(read("%wR~a~b"), Ok(pattern(true, true)));
        for word in ["%", "%R", "%~a", "%RR~a", "%X~a"] {
            assert_eq!(read(word), Err(Problem::AclKeyPermission), "{word}");
        }
        assert_eq!(read("~a\tb"), Err(Problem::AclBlank));
    }

    #[test]
    fn passwords_and_hashes() {
        assert_eq!(read(">"), Ok(AclRule::AddPassword(Sensitive(vec![]))));
        assert_eq!(read("<p w"), Ok(AclRule::RemovePassword(Sensitive(b"p w".to_vec()))));
        let hash = "0123456789abcdef".repeat(4);
        assert_eq!(read(&format!("#{hash}")), Ok(AclRule::AddHash(Sensitive(hash.clone()))));
        assert_eq!(read(&format!("!{}", hash.to_uppercase())), Err(Problem::AclHash));
        assert_eq!(read("# comment"), Err(Problem::AclHash));
    }

    #[test]
    fn databases() {
        assert_eq!(read("db=0,15"), Ok(AclRule::Databases(vec![0, 15])));
        for word in ["db=", "db=1,", "db=-1", "db=+1", "db=a", "db=99999999999"] {
            assert_eq!(read(word), Err(Problem::AclDatabases), "{word}");
        }
    }

    #[test]
    fn debug_keeps_secrets() {
        assert_eq!(format!("{:?}", read(">secret").unwrap()), "AddPassword(***)");
    }
}
