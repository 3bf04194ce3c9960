use super::AclRule;
use super::rule::{has_blank, is_hash};
use crate::text::conf::{force_quote, write_directive};
use crate::text::{Format, Unrepresentable};

/// The text of one rule, as `ACL SETUSER` takes it: passwords may hold blanks here.
///
/// # Errors
/// What no server reads as this rule: blanks in patterns and names, a hash that is none, a key pattern
/// with neither right, a rule for users inside a selector.
pub fn write_rule(rule: &AclRule) -> Result<Vec<u8>, Unrepresentable> {
    match rule {
        AclRule::Selector(rules) => write_selector(rules),
        _ => write_word(rule),
    }
}

/// A line of an ACL file, without its line break. The text may hold bytes that are not UTF-8 where
/// passwords or patterns do.
///
/// # Errors
/// What [`write_rule`] refuses; a user name that is empty or holds blanks; a password with a space, a
/// line break, a NUL byte or a tab at its end, for an ACL file has no quotes.
pub fn write_acl_line(name: &str, rules: &[AclRule]) -> Result<Vec<u8>, Unrepresentable> {
    check_name(name, Format::AclFile)?;
    let mut line = format!("user {name}").into_bytes();
    for rule in rules {
        if let AclRule::AddPassword(password) | AclRule::RemovePassword(password) = rule {
            check_file_password(&password.0)?;
        }
        line.push(b' ');
        line.extend_from_slice(&write_rule(rule)?);
    }
    Ok(line)
}

/// A `user` line of redis.conf, without its line break, quoted where needed.
///
/// # Errors
/// What [`write_rule`] refuses; a user name that is empty or holds blanks; a NUL byte in a password.
pub fn write_conf_user(name: &str, rules: &[AclRule]) -> Result<String, Unrepresentable> {
    check_name(name, Format::RedisConf)?;
    let mut args = vec![name.as_bytes().to_vec()];
    for rule in rules {
        let text = write_rule(rule)?;
        match rule {
            // Word by word, as people write it; servers join the words again.
            AclRule::Selector(_) => args.extend(text.split(|&byte| byte == b' ').map(<[u8]>::to_vec)),
            _ => args.push(text),
        }
    }
    write_directive("user", &args)
}

fn refuse(what: &'static str, reason: &'static str) -> Unrepresentable {
    Unrepresentable::new(Format::AclRule, what, reason)
}

fn check_name(name: &str, format: Format) -> Result<(), Unrepresentable> {
    let refuse = |reason| Err(Unrepresentable::new(format, "a user name", reason));
    match name {
        "" => refuse("is empty"),
        name if has_blank(name.as_bytes()) => refuse("holds a blank or a NUL byte, which servers refuse"),
        _ => Ok(()),
    }
}

fn check_file_password(password: &[u8]) -> Result<(), Unrepresentable> {
    let refuse = |at, reason| Err(Unrepresentable::new(Format::AclFile, "a password", reason).at(at));
    match password.iter().position(|byte| matches!(byte, b' ' | b'\n' | 0)) {
        Some(at) => refuse(at, "holds a space, a line break or a NUL byte"),
        None if password.ends_with(b"\t") || password.ends_with(b"\r") => {
            refuse(password.len() - 1, "ends with a tab or a carriage return, which servers drop")
        }
        None => Ok(()),
    }
}

fn write_selector(rules: &[AclRule]) -> Result<Vec<u8>, Unrepresentable> {
    let mut text = vec![b'('];
    for (index, rule) in rules.iter().enumerate() {
        if !rule.fits_selector() {
            return Err(refuse("a selector", "holds a rule that is for users only"));
        }
        if index > 0 {
            text.push(b' ');
        }
        let word = write_word(rule)?;
        // A selector's text is split with quotes, and ends at the first word that ends with `)`.
        if word.ends_with(b")") || word.iter().any(|byte| matches!(byte, b'"' | b'\'')) {
            text.extend_from_slice(force_quote(&word)?.as_bytes());
        } else {
            text.extend_from_slice(&word);
        }
    }
    text.push(b')');
    Ok(text)
}

fn write_word(rule: &AclRule) -> Result<Vec<u8>, Unrepresentable> {
    let text = match rule {
        AclRule::AddPassword(password) => return Ok(prefixed(">", &password.0)),
        AclRule::RemovePassword(password) => return Ok(prefixed("<", &password.0)),
        AclRule::KeyPattern { read, write, pattern } => return write_keys(*read, *write, pattern),
        AclRule::Channel(pattern) => return write_pattern("&", pattern),
        AclRule::AddHash(hash) => write_hash('#', &hash.0)?,
        AclRule::RemoveHash(hash) => write_hash('!', &hash.0)?,
        AclRule::Command { allow, name, sub } => write_command(*allow, name, sub.as_deref())?,
        AclRule::Category { allow, name } => format!("{}@{}", sign(*allow), checked_name(name)?),
        AclRule::Databases(numbers) => write_databases(numbers)?,
        AclRule::Selector(_) => return Err(refuse("a selector", "stands in a selector")),
        AclRule::On => "on".into(),
        AclRule::Off => "off".into(),
        AclRule::NoPass => "nopass".into(),
        AclRule::ResetPass => "resetpass".into(),
        AclRule::Reset => "reset".into(),
        AclRule::AllKeys => "~*".into(),
        AclRule::ResetKeys => "resetkeys".into(),
        AclRule::AllChannels => "&*".into(),
        AclRule::ResetChannels => "resetchannels".into(),
        AclRule::AllCommands => "+@all".into(),
        AclRule::NoCommands => "-@all".into(),
        AclRule::SanitizePayload => "sanitize-payload".into(),
        AclRule::SkipSanitizePayload => "skip-sanitize-payload".into(),
        AclRule::ClearSelectors => "clearselectors".into(),
        AclRule::AllDatabases => "alldbs".into(),
        AclRule::ResetDatabases => "resetdbs".into(),
    };
    Ok(text.into_bytes())
}

fn prefixed(prefix: &str, rest: &[u8]) -> Vec<u8> {
    [prefix.as_bytes(), rest].concat()
}

fn write_keys(read: bool, write: bool, pattern: &[u8]) -> Result<Vec<u8>, Unrepresentable> {
    match (read, write) {
        // `~*` would be the keyword, after which servers refuse further patterns.
        (true, true) if pattern == b"*" => write_pattern("%RW~", pattern),
        (true, true) => write_pattern("~", pattern),
        (true, false) => write_pattern("%R~", pattern),
        (false, true) => write_pattern("%W~", pattern),
        (false, false) => Err(refuse("a key pattern", "gives neither the right to read nor to write")),
    }
}

fn write_pattern(prefix: &str, pattern: &[u8]) -> Result<Vec<u8>, Unrepresentable> {
    if has_blank(pattern) {
        return Err(refuse("a pattern", "holds a blank or a NUL byte, which servers refuse"));
    }
    Ok(prefixed(prefix, pattern))
}

fn write_hash(prefix: char, hash: &str) -> Result<String, Unrepresentable> {
    if is_hash(hash.as_bytes()) {
        return Ok(format!("{prefix}{hash}"));
    }
    Err(refuse("a password hash", "is not 64 lower-case hexadecimal digits"))
}

fn write_command(allow: bool, name: &str, sub: Option<&str>) -> Result<String, Unrepresentable> {
    let name = checked_name(name)?;
    if name.starts_with('@') || name.contains('|') {
        return Err(refuse("a command", "starts with `@` or holds `|`"));
    }
    match sub {
        None => Ok(format!("{}{name}", sign(allow))),
        Some(sub) => Ok(format!("{}{name}|{}", sign(allow), checked_name(sub)?)),
    }
}

fn write_databases(numbers: &[u32]) -> Result<String, Unrepresentable> {
    if numbers.is_empty() {
        return Err(refuse("a list of databases", "is empty"));
    }
    let numbers: Vec<String> = numbers.iter().map(u32::to_string).collect();
    Ok(format!("db={}", numbers.join(",")))
}

fn checked_name(name: &str) -> Result<&str, Unrepresentable> {
    if name.is_empty() || has_blank(name.as_bytes()) {
        return Err(refuse("a command or category", "is empty, or holds a blank or a NUL byte"));
    }
    Ok(name)
}

fn sign(allow: bool) -> char {
    if allow { '+' } else { '-' }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::acl::{AclFile, Sensitive, read_conf_user, read_rules};
    use crate::text::conf::ConfDoc;

    fn password(text: &str) -> AclRule {
        AclRule::AddPassword(Sensitive(text.as_bytes().to_vec()))
    }

    fn line(name: &str, rules: &[AclRule]) -> Result<String, Unrepresentable> {
        write_acl_line(name, rules).map(|line| String::from_utf8(line).unwrap())
    }

    #[test]
    fn a_usual_line() {
        let rules = read_rules("ON >p'w ~a:* %r~b allkeys +GET -config|SET +@read db=1,2 (~c +get)").plain();
        let expected = "user app on >p'w ~a:* %R~b ~* +get -config|set +@read db=1,2 (~c +get)";
        assert_eq!(line("app", &rules).unwrap(), expected);
    }

    #[test]
    fn an_acl_file_has_no_quotes() {
        for bad in ["a b", "a\nuser evil on", "\0", "a\t", "a\r"] {
            let error = line("a", &[password(bad)]).unwrap_err();
            assert_eq!((error.format, error.what), (Format::AclFile, "a password"), "{bad:?}");
        }
        assert_eq!(line("a", &[password("\"x\"\ty")]).unwrap(), "user a >\"x\"\ty");
        for name in ["", "a b", "a\tb", "a\n"] {
            assert!(line(name, &[]).is_err(), "{name:?}");
        }
    }

    #[test]
    fn redis_conf_quotes() {
        let rules = [AclRule::On, password("a b\n"), read_rules("(~c +get)").rules[0].rule.clone()];
        let text = write_conf_user("app", &rules).unwrap();
        assert_eq!(text, r#"user app on ">a b\n" (~c +get)"#);
        assert!(write_conf_user("app", &[password("\0")]).is_err());
        assert!(write_conf_user("a b", &[]).is_err());
    }

    #[test]
    fn what_is_no_rule() {
        let key = |read, pattern: &[u8]| AclRule::KeyPattern { read, write: read, pattern: pattern.to_vec() };
        let named = |name: &str| AclRule::Command { allow: true, name: name.into(), sub: None };
        let bad = [
            key(false, b"a"),
            key(true, b"a b"),
            named(""),
            named("@read"),
            named("a b"),
            AclRule::AddHash(Sensitive("abc".into())),
            AclRule::Databases(vec![]),
            AclRule::Selector(vec![AclRule::On]),
            AclRule::Selector(vec![AclRule::Selector(vec![])]),
        ];
        for rule in bad {
            assert!(write_rule(&rule).is_err(), "{rule:?}");
        }
        assert_eq!(write_rule(&key(true, b"*")).unwrap(), b"%RW~*");
    }

    fn pattern() -> impl Strategy<Value = Vec<u8>> {
        "[a-z*:()\"'\\\\#@|ä]{0,5}".prop_map(String::into_bytes)
    }

    fn selector_rule() -> impl Strategy<Value = AclRule> {
        prop_oneof![
            Just(AclRule::AllKeys),
            Just(AclRule::NoCommands),
            Just(AclRule::ResetChannels),
            Just(AclRule::AllDatabases),
            (any::<(bool, bool)>(), pattern()).prop_map(|((read, write), pattern)| {
                AclRule::KeyPattern { read: read || !write, write, pattern }
            }),
            pattern().prop_filter("a keyword", |p| p != b"*").prop_map(AclRule::Channel),
            (any::<bool>(), "[a-z(\"][a-z)']{0,3}", proptest::option::of("[a-z0-9|)\"]{1,3}"))
                .prop_map(|(allow, name, sub)| AclRule::Command { allow, name, sub }),
            (any::<bool>(), "[b-z]{1,4}").prop_map(|(allow, name)| AclRule::Category { allow, name }),
            proptest::collection::vec(0u32..20, 1..3).prop_map(AclRule::Databases),
        ]
    }

    fn rule() -> impl Strategy<Value = AclRule> {
        prop_oneof![
            6 => selector_rule(),
            1 => Just(AclRule::On),
            1 => Just(AclRule::ClearSelectors),
            1 => "[0-9a-f]{64}".prop_map(|hash| AclRule::RemoveHash(Sensitive(hash))),
            2 => "[ -~ä]{0,8}".prop_map(|text| password(&text)),
            2 => proptest::collection::vec(selector_rule(), 0..4).prop_map(AclRule::Selector),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(rules in proptest::collection::vec(rule(), 0..6)) {
            if let Ok(line) = write_acl_line("app", &rules) {
                let file = AclFile::parse(line);
                let (_, user) = file.users().next().unwrap();
                prop_assert_eq!(&user.rules.errors, &[]);
                prop_assert_eq!(user.rules.plain(), rules.clone());
            }
            let doc = ConfDoc::parse(write_conf_user("app", &rules).unwrap());
            let user = read_conf_user(doc.directives().next().unwrap().1).unwrap();
            prop_assert_eq!(&user.rules.errors, &[]);
            prop_assert_eq!(user.rules.plain(), rules);
        }

        #[test]
        fn what_is_read_can_be_written(text in "[-+@~%&()<>!|RWa\"' =,0]{0,24}") {
            let rules = read_rules(&text).plain();
            let doc = ConfDoc::parse(write_conf_user("app", &rules).unwrap());
            let user = read_conf_user(doc.directives().next().unwrap().1).unwrap();
            prop_assert_eq!(user.rules.plain(), rules);
        }
    }
}
