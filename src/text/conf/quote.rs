use std::borrow::Cow;
use std::fmt::Write as _;

use crate::text::{Format, Unrepresentable};

/// One argument as it stands in a configuration file: bare where that is safe, in double quotes
/// otherwise. Always valid UTF-8, always on one line, and read back by `sdssplitargs` as `arg`.
///
/// A leading `#` needs no quotes, for an argument never stands first on its line; `user` lines hold
/// password hashes so.
///
/// # Errors
/// A NUL byte. The escape `\x00` exists, but servers keep most settings as C strings and would cut the
/// value there without a word.
pub fn quote_conf(arg: &[u8]) -> Result<Cow<'_, str>, Unrepresentable> {
    match std::str::from_utf8(arg) {
        Ok(text) if !text.is_empty() && text.chars().all(is_bare) => Ok(Cow::Borrowed(text)),
        _ => force_quote(arg).map(Cow::Owned),
    }
}

/// One argument in double quotes, needed or not.
///
/// # Errors
/// A NUL byte, as for [`quote_conf`].
pub fn force_quote(arg: &[u8]) -> Result<String, Unrepresentable> {
    if let Some(nul) = arg.iter().position(|&byte| byte == 0) {
        let reason = "holds a NUL byte, where servers cut most settings";
        return Err(Unrepresentable::new(Format::RedisConf, "a value", reason).at(nul));
    }
    let mut quoted = String::with_capacity(arg.len() + 2);
    quoted.push('"');
    for chunk in arg.utf8_chunks() {
        chunk.valid().chars().for_each(|c| push_escaped(&mut quoted, c));
        chunk.invalid().iter().for_each(|&byte| push_hex(&mut quoted, byte));
    }
    quoted.push('"');
    Ok(quoted)
}

/// Whether an argument is still the same after it was written between quotes but without escapes, as CONFIG
/// REWRITE of Valkey 8.1.1 does with every text (seen on a server of it; 8.0.1 and 9.1.2 escape).
///
/// # Errors
/// A double quote or a backslash, or what only an escape can hold.
pub fn survives_unescaped(arg: &[u8]) -> Result<(), Unrepresentable> {
    let lost = |byte: &u8| matches!(byte, b'"' | b'\\' | b'\n' | b'\r' | 0);
    match arg.iter().position(lost) {
        None => Ok(()),
        Some(at) => {
            let reason = "holds a double quote, a backslash or a line break, which this server loses when \
                          it writes the file again";
            Err(Unrepresentable::new(Format::RedisConf, "a value", reason).at(at))
        }
    }
}

/// A whole line without its line break: the directive's name and its arguments.
///
/// # Errors
/// An empty name, which no server has, or what [`quote_conf`] refuses.
pub fn write_directive<A: AsRef<[u8]>>(name: &str, args: &[A]) -> Result<String, Unrepresentable> {
    let mut line = String::new();
    push_directive(&mut line, name, args)?;
    Ok(line)
}

/// Adds to a text what [`write_directive`] writes.
///
/// # Errors
/// As [`write_directive`]; a part of the line may stand in the text then.
pub fn push_directive<A: AsRef<[u8]>>(
    text: &mut String,
    name: &str,
    args: &[A],
) -> Result<(), Unrepresentable> {
    if name.is_empty() {
        return Err(Unrepresentable::new(Format::RedisConf, "a directive's name", "is empty"));
    }
    // As the first word, `#` would make the line a comment.
    if name.starts_with('#') {
        text.push_str(&force_quote(name.as_bytes())?);
    } else {
        text.push_str(&quote_conf(name.as_bytes())?);
    }
    for arg in args {
        text.push(' ');
        text.push_str(&quote_conf(arg.as_ref())?);
    }
    Ok(())
}

/// Whether a character means itself outside quotes, to servers and to people.
fn is_bare(c: char) -> bool {
    !matches!(c, '"' | '\'') && is_visible(c)
}

fn is_visible(c: char) -> bool {
    c.is_ascii_graphic() || (!c.is_control() && !c.is_whitespace())
}

fn push_escaped(quoted: &mut String, c: char) {
    match c {
        '"' => quoted.push_str("\\\""),
        '\\' => quoted.push_str("\\\\"),
        '\n' => quoted.push_str("\\n"),
        '\r' => quoted.push_str("\\r"),
        '\t' => quoted.push_str("\\t"),
        '\u{8}' => quoted.push_str("\\b"),
        '\u{7}' => quoted.push_str("\\a"),
        ' ' => quoted.push(' '),
        c if is_visible(c) => quoted.push(c),
        c => c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| push_hex(quoted, byte)),
    }
}

fn push_hex(quoted: &mut String, byte: u8) {
    // Writing to a String cannot fail.
    let _ = write!(quoted, "\\x{byte:02x}");
}

#[cfg(test)]
mod tests {
    #[test]
    fn quotes_and_backslashes_need_escapes() {
        assert!(super::survives_unescaped("it's a #$HOME ä".as_bytes()).is_ok());
        assert_eq!(super::survives_unescaped(b"a\"").unwrap_err().at, Some(1));
        assert!(super::survives_unescaped(b"\\").is_err());
    }

    use proptest::prelude::*;

    use super::*;
    use crate::text::conf::{ConfDoc, split_args};

    fn quoted(arg: &[u8]) -> String {
        quote_conf(arg).unwrap().into_owned()
    }

    #[test]
    fn plain_values_stay_bare() {
        for plain in ["4gb", "/var/lib/redis", r"C:\data", "#abc", "${X}", "a=b;c", "/srv/größe"] {
            assert_eq!(quoted(plain.as_bytes()), plain);
        }
    }

    #[test]
    fn everything_else_is_quoted() {
        assert_eq!(quoted(b""), r#""""#);
        assert_eq!(quoted(b"a b"), r#""a b""#);
        assert_eq!(quoted(b"it's"), r#""it's""#);
        assert_eq!(quoted(b"x\nport 1"), r#""x\nport 1""#);
        assert_eq!(quoted(b"a\xffb\x0b\\"), r#""a\xffb\x0b\\""#);
        assert_eq!(quoted("a\u{a0}\u{85}".as_bytes()), r#""a\xc2\xa0\xc2\x85""#);
    }

    #[test]
    fn nul_is_refused_with_its_place() {
        let error = quote_conf(b"ab\0c").unwrap_err();
        assert_eq!(error.at, Some(2));
        assert_eq!(
            error.to_string(),
            "a value cannot be written to a configuration file of Redis: it holds a NUL byte, where servers \
             cut most settings (byte 3)"
        );
    }

    #[test]
    fn a_name_never_becomes_a_comment() {
        assert_eq!(write_directive("save", &["900", "1"]).unwrap(), "save 900 1");
        assert_eq!(write_directive("#x", &["a"]).unwrap(), r##""#x" a"##);
        assert!(write_directive::<&[u8]>("", &[]).is_err());
    }

    proptest! {
        #[test]
        fn written_lines_read_back(args in proptest::collection::vec(
            proptest::collection::vec(1u8..=255, 0..12), 0..5)) {
            let line = write_directive("name", &args).unwrap();
            let read = split_args(line.as_bytes(), 0).unwrap();
            let values: Vec<_> = read.into_iter().skip(1).map(|arg| arg.value).collect();
            prop_assert_eq!(&values, &args);
            let doc = ConfDoc::parse(format!("{line}\n").as_bytes());
            prop_assert_eq!(doc.lines().len(), 1);
            prop_assert_eq!(doc.directives().count(), 1);
        }

        #[test]
        fn hostile_text_reads_back(text in "[\"'\\\\ #xnaf0\n\r\t]{0,16}") {
            let line = write_directive("name", &[&text]).unwrap();
            let read = split_args(line.as_bytes(), 0).unwrap();
            prop_assert_eq!(&read[1].value, text.as_bytes());
        }
    }
}
