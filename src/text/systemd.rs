//! Words of systemd unit files (systemd.syntax(7), systemd.service(5)), and the splitting that systemd
//! gives to `$OPTIONS` in `ExecStart=`.

use std::fmt::Write as _;

use super::mapped::Mapped;
use super::{Format, Unrepresentable, Word};

/// One argument of `ExecStart=` and its like. Specifiers (`%`) and variables (`$`) are taken from their
/// meaning by doubling. Not for the first word, the program, whose `@`, `-`, `:`, `+` and `!` in front
/// systemd takes as flags even in quotes.
///
/// # Errors
/// A NUL byte.
pub fn quote_exec(arg: &str) -> Result<String, Unrepresentable> {
    quote(arg, Format::SystemdExec)
}

/// One `NAME=value` of `Environment=`, where `$` has no meaning but `%` has.
///
/// # Errors
/// A NUL byte or another control character than tab and newline, which systemd refuses there.
pub fn quote_environment(name: &str, value: &str) -> Result<String, Unrepresentable> {
    let refused = |c: char| c.is_control() && !matches!(c, '\t' | '\n');
    if let Some(at) = value.find(refused) {
        let what = "an environment variable";
        return Err(Unrepresentable::new(Format::SystemdValue, what, "holds a control character").at(at));
    }
    quote(&format!("{name}={value}"), Format::SystemdValue)
}

/// A value that is not split into words (`Description=`, one path of `WorkingDirectory=`): only
/// specifiers have a meaning there.
///
/// # Errors
/// A NUL byte, a line break, blanks at an end (systemd trims them) or a backslash at the end, which
/// would continue the line.
pub fn escape_value(value: &str) -> Result<String, Unrepresentable> {
    let refuse = |reason| Unrepresentable::new(Format::SystemdValue, "a value", reason);
    if let Some(at) = value.find(['\0', '\n', '\r']) {
        return Err(refuse("holds a NUL byte or a line break").at(at));
    }
    if value.trim_matches([' ', '\t']) != value || value.ends_with('\\') {
        return Err(refuse("begins or ends with a blank, or ends with a backslash"));
    }
    Ok(value.replace('%', "%%"))
}

/// A list of paths (`ReadWritePaths=`), in which quotes hold words together and a backslash stays one
/// (`config_parse_namespace_path_strv` in load-fragment.c keeps escapes), so that a quote cannot be written.
///
/// # Errors
/// A quote, a backslash, or a control character.
pub fn write_path_list<P: AsRef<str>>(paths: &[P]) -> Result<String, Unrepresentable> {
    let mut list = String::new();
    for path in paths {
        let path = path.as_ref();
        if let Some(at) = path.find(|c: char| c.is_control() || matches!(c, '"' | '\'' | '\\')) {
            let reason = "holds a quote, a backslash or a control character";
            return Err(Unrepresentable::new(Format::SystemdValue, "a path", reason).at(at));
        }
        let path = path.replace('%', "%%");
        if !list.is_empty() {
            list.push(' ');
        }
        if path.contains(char::is_whitespace) {
            list.push('"');
            list.push_str(&path);
            list.push('"');
        } else {
            list.push_str(&path);
        }
    }
    Ok(list)
}

fn quote(word: &str, format: Format) -> Result<String, Unrepresentable> {
    if let Some(nul) = word.find('\0') {
        return Err(Unrepresentable::new(format, "a word", "holds a NUL byte").at(nul));
    }
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:,@+=~^#[]*?".contains(&byte);
    if !word.is_empty() && word.bytes().all(bare) {
        return Ok(word.to_owned());
    }
    let mut quoted = String::with_capacity(word.len() + 2);
    quoted.push('"');
    for c in word.chars() {
        match c {
            '%' => quoted.push_str("%%"),
            '$' if format == Format::SystemdExec => quoted.push_str("$$"),
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            // Writing to a String cannot fail.
            c if c.is_ascii_control() => drop(write!(quoted, "\\x{:02x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    Ok(quoted)
}

/// Splits the value of a variable as systemd does for an unbraced `$NAME` that stands alone in
/// `ExecStart=`: at blanks, with quotes of both kinds, a backslash taking the next character as it is,
/// and an unclosed quote ending with the value. Spans are relative to `value`.
pub fn split_variable(value: &[u8]) -> Vec<Word> {
    split_mapped(&Mapped::verbatim(value, 0))
}

pub(super) fn split_mapped(value: &Mapped) -> Vec<Word> {
    let mut words = Vec::new();
    let mut current: Option<Word> = None;
    let mut quote = None;
    let mut escaped = false;
    for (byte, place) in value.iter() {
        if quote.is_none() && !escaped && matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
            words.extend(current.take());
            continue;
        }
        let word = current.get_or_insert_with(|| Word { value: Vec::new(), span: place });
        word.span = word.span.to(place);
        match (byte, quote) {
            _ if escaped => {
                word.value.push(byte);
                escaped = false;
            }
            (b'\\', _) => escaped = true,
            (b'"' | b'\'', None) => quote = Some(byte),
            (byte, Some(open)) if byte == open => quote = None,
            _ => word.value.push(byte),
        }
    }
    words.extend(current);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exec_arguments() {
        assert_eq!(quote_exec("--port=6379").unwrap(), "--port=6379");
        assert_eq!(quote_exec("").unwrap(), r#""""#);
        assert_eq!(quote_exec("50% of $X").unwrap(), r#""50%% of $$X""#);
        assert_eq!(quote_exec(";").unwrap(), r#"";""#);
        assert_eq!(quote_exec("a\"b\\c\n\u{1}").unwrap(), r#""a\"b\\c\n\x01""#);
        assert!(quote_exec("\0").is_err());
    }

    #[test]
    fn environment() {
        assert_eq!(quote_environment("OPTIONS", "-m 64 $x 5%").unwrap(), r#""OPTIONS=-m 64 $x 5%%""#);
        assert!(quote_environment("A", "\u{1}").is_err());
    }

    #[test]
    fn whole_values() {
        assert_eq!(escape_value("/srv/a b 5%").unwrap(), "/srv/a b 5%%");
        for bad in ["a\nb", " a", "a\\", "\0"] {
            assert!(escape_value(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn lists_of_paths() {
        assert_eq!(write_path_list(&["/srv/a", "/srv/b c", "/5%"]).unwrap(), r#"/srv/a "/srv/b c" /5%%"#);
        for bad in ["/a\"b", "/a\\b", "/it's", "/a\nb"] {
            assert!(write_path_list(&[bad]).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn variables_are_split_with_their_quotes() {
        let words = split_variable(br#" -l "a b"c 'd"' \e "#);
        let values: Vec<_> = words.iter().map(|word| word.lossy()).collect();
        assert_eq!(values, ["-l", "a bc", "d\"", "e"]);
        assert_eq!(words[1].span.range(), 4..10);
        assert!(split_variable(b"  ").is_empty());
        assert_eq!(split_variable(b"''").len(), 1);
    }
}
