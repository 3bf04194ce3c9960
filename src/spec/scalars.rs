//! The plain field types of the language: how each is written, and what it means.

use std::fmt;

use super::decode::{Decode, Decoder, invalid, nearest, record, wrong_type};
use super::raw::{Node, Raw};
use super::secret_file::SecretFile;
use super::shape::{Describe, Form, Scalar, Shape};
use crate::catalog::VersionRange;
use crate::diag::{Code, Finding};
use crate::source::{At, Span};
use crate::value::parse_size;

impl Decode for bool {
    const WANTS: &'static str = "`true` or `false`";

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        match node.value {
            Raw::Bool(flag) => Some(flag),
            _ => wrong_type(node, Self::WANTS, decoder),
        }
    }
}

impl Describe for bool {
    fn shape() -> Shape {
        const BOOL: &Scalar = &Scalar { name: "boolean", doc: "`true` or `false`.", forms: &[Form::Bool] };
        Shape::Scalar(BOOL)
    }
}

impl Decode for i64 {
    const WANTS: &'static str = "an integer";

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        match node.value {
            Raw::Integer(number) => Some(number),
            _ => wrong_type(node, Self::WANTS, decoder),
        }
    }
}

impl Describe for i64 {
    fn shape() -> Shape {
        const INTEGER: &Scalar =
            &Scalar { name: "integer", doc: "A whole number.", forms: &[Form::Integer(i64::MIN, i64::MAX)] };
        Shape::Scalar(INTEGER)
    }
}

impl Decode for String {
    const WANTS: &'static str = "a string";

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        match &node.value {
            Raw::Text(text) if text.is_empty() => invalid(
                node.span,
                "an empty string says nothing here",
                "write a value or remove the key",
                decoder,
            ),
            Raw::Text(text) => Some(text.clone()),
            _ => wrong_type(node, Self::WANTS, decoder),
        }
    }
}

impl Describe for String {
    fn shape() -> Shape {
        const TEXT: &Scalar =
            &Scalar { name: "string", doc: "A text, not empty.", forms: &[Form::Text(None)] };
        Shape::Scalar(TEXT)
    }
}

/// The version of the language: there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format(pub i64);

impl Format {
    /// The only version of the language there is.
    const KNOWN: i64 = 1;
}

impl Decode for Format {
    const WANTS: &'static str = "the version of the language";
    const ONLY: Option<&'static str> = Some("1");

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let number = i64::decode(node, decoder)?;
        if number != Self::KNOWN {
            decoder.findings.push(
                Finding::new(Code::UnsupportedFormat, node.span, format!("format {number} is not known"))
                    .help("write `format = 1`; a newer format needs a newer cachewright"),
            );
        }
        Some(Format(number))
    }
}

impl Describe for Format {
    fn shape() -> Shape {
        const FORMAT: &Scalar = &Scalar {
            name: "format",
            doc: "The version of the language: 1.",
            forms: &[Form::Integer(Format::KNOWN, Format::KNOWN)],
        };
        Shape::Scalar(FORMAT)
    }
}

/// A TCP port that a server listens on, 1 to 65535.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port(pub u16);

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Decode for Port {
    const WANTS: &'static str = "a port, 1 to 65535";

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let Raw::Integer(number) = node.value else { return wrong_type(node, Self::WANTS, decoder) };
        match u16::try_from(number) {
            Ok(port) if port > 0 => Some(Port(port)),
            _ => invalid(node.span, format!("{number} is no port"), "ports are 1 to 65535", decoder),
        }
    }
}

impl Describe for Port {
    fn shape() -> Shape {
        const PORT: &Scalar =
            &Scalar { name: "port", doc: "A TCP port, 1 to 65535.", forms: &[Form::Integer(1, 65535)] };
        Shape::Scalar(PORT)
    }
}

/// A number of bytes, written as `"32gb"` (1024-based with a `b`, 1000-based without) or as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size(pub u64);

impl Decode for Size {
    const WANTS: &'static str = "a size such as \"512mb\" or \"4gb\"";

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        match &node.value {
            Raw::Integer(number) => match u64::try_from(*number) {
                Ok(bytes) => Some(Size(bytes)),
                Err(_) => invalid(node.span, "a size cannot be negative", "write a number of bytes", decoder),
            },
            Raw::Text(text) => match parse_size(text) {
                Ok(bytes) => Some(Size(bytes)),
                Err(why) => {
                    let title = format!("`{}` is no size", text.escape_debug());
                    invalid(node.span, title, &why.to_string(), decoder)
                }
            },
            _ => wrong_type(node, Self::WANTS, decoder),
        }
    }
}

impl Describe for Size {
    fn shape() -> Shape {
        const SIZE: &Scalar = &Scalar {
            name: "size",
            doc: "A number of bytes, or a text such as `\"512mb\"`: `kb`, `mb` and `gb` count by 1024, `k`, `m` \
                  and `g` by 1000.",
            forms: &[Form::Integer(0, i64::MAX), Form::Text(Some("^[0-9]+([bB]|[kKmMgG][bB]?)?$"))],
        };
        Shape::Scalar(SIZE)
    }
}

impl Decode for VersionRange {
    const WANTS: &'static str = "a version such as \"7.2\" or \"7.2.6\"";

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        match &node.value {
            Raw::Text(text) => match text.parse() {
                Ok(range) => Some(range),
                Err(why) => {
                    let title = format!("`{}` is no version", text.escape_debug());
                    invalid(node.span, title, &why.to_string(), decoder)
                }
            },
            Raw::Float(number) => {
                // No fix: of 7.10 only 7.1 is left here.
                let help = format!("write it as text, `\"{number}\"`: 7.10 and 7.1 are the same number");
                invalid(node.span, "a version is a text, not a number", &help, decoder)
            }
            _ => wrong_type(node, Self::WANTS, decoder),
        }
    }
}

impl Describe for VersionRange {
    fn shape() -> Shape {
        const VERSION: &Scalar = &Scalar {
            name: "version",
            doc: "A minor version (`\"7.2\"`, any patch of it) or a patch release (`\"7.2.6\"`).",
            forms: &[Form::Text(Some(r"^(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){1,2}$"))],
        };
        Shape::Scalar(VERSION)
    }
}

record! {
    /// Where a secret is found. A spec never holds the secret itself.
    "a reference to a secret"
    pub struct SecretTable {
        /// The environment variable that holds it, whole.
        env: optional String,
        /// The file that holds it, whole but for one final newline.
        file: optional SecretFile,
    }
}

/// Where a secret is found. A spec never holds the secret itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretRef {
    /// In an environment variable, whole.
    Env(String),
    /// In a file, whole but for one final newline.
    File(String),
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretRef::Env(name) => write!(f, "env:{name}"),
            SecretRef::File(path) => write!(f, "file:{path}"),
        }
    }
}

impl fmt::Debug for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl SecretRef {
    /// Whether a table looks like a reference: directives take them where they hold secrets.
    pub fn is_reference(node: &Node) -> bool {
        matches!(&node.value, Raw::Table(table)
            if table.entries.keys().any(|key| key == "env" || key == "file"))
    }
}

impl Decode for SecretRef {
    const WANTS: &'static str = "a reference to a secret, `{ env = \"NAME\" }` or `{ file = \"/path\" }`";

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        if matches!(node.value, Raw::Text(_) | Raw::Integer(_)) {
            decoder.findings.push(literal_secret(At::new("a password", node.span)));
            return None;
        }
        if let Some(value) = under_another_key(node) {
            decoder.findings.push(literal_secret(At::new("a password", value)));
            return None;
        }
        let SecretTable { env, file } = SecretTable::decode(node, decoder)?;
        match (env, file) {
            (Some(name), None) if is_variable(&name) && is_of_shells(&name) => {
                let title = format!("the variable `{}` means something to shells and servers", name.value);
                invalid(name.span, title, "keep the secret in one of another name", decoder)
            }
            (Some(name), None) if is_variable(&name) => Some(SecretRef::Env(name.value)),
            (Some(name), None) => {
                // It may be the password itself: it is shown no more than one.
                let title = "this text cannot name an environment variable";
                decoder.findings.push(
                    Finding::new(Code::LiteralSecret, name.span, title)
                        .help("use letters, digits and `_`, not beginning with a digit")
                        .note("if it is the secret itself, change the password: it is no longer secret"),
                );
                None
            }
            (None, Some(path)) => Some(SecretRef::File(path.value.0)),
            (Some(_), Some(_)) => {
                invalid(node.span, "a secret has one source", "keep either `env` or `file`", decoder)
            }
            (None, None) if matches!(&node.value, Raw::Table(table) if !table.entries.is_empty()) => None,
            (None, None) => wrong_type(node, Self::WANTS, decoder),
        }
    }
}

impl Describe for SecretRef {
    fn shape() -> Shape {
        Shape::OneKey(SecretTable::RECORD)
    }
}

/// A text under a key that is none and resembles none (`{ value = "…" }`): it can only be the secret itself.
fn under_another_key(node: &Node) -> Option<Span> {
    let Raw::Table(table) = &node.value else { return None };
    let strange = |key: &str| nearest(key, ["env", "file"].into_iter()).is_none();
    let entry = table.entries.iter().find(|(key, _)| strange(key)).map(|(_, entry)| entry)?;
    matches!(entry.value.value, Raw::Text(_) | Raw::Integer(_)).then_some(entry.value.span)
}

/// Whether a text can name an environment variable.
pub(super) fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// Whether a variable has a meaning of its own where start.sh runs: to shells, to the programs that they call, to
/// systemd, or to start.sh itself.
fn is_of_shells(name: &str) -> bool {
    const THEIRS: &str = "PATH IFS ENV HOME PWD OLDPWD LANG LANGUAGE TMPDIR OPTIND OPTARG OPTERR PPID PS1 PS2 PS3 PS4 LINENO \
                          UID EUID GROUPS SHELLOPTS BASHOPTS BASHPID BASH FUNCNEST RANDOM SECONDS POSIXLY_CORRECT \
                          NOTIFY_SOCKET _";
    const PREFIXES: [&str; 5] = ["LC_", "LD_", "BASH_", "cachewright_", "CACHEWRIGHT_"];
    THEIRS.split_ascii_whitespace().any(|theirs| theirs == name)
        || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// The finding for a secret that stands in the spec itself.
pub fn literal_secret(what: At<&str>) -> Finding {
    let title = format!("{} stands in the spec itself", what.value);
    Finding::new(Code::LiteralSecret, what.span, title)
        .help("name its source: `{ env = \"NAME\" }` or `{ file = \"/path\" }`")
        .note("specs are checked in and shown in reviews; change the password, it is no longer secret")
}

/// A list that may be written as one item.
#[derive(Clone, PartialEq)]
pub struct OneOrMany<T>(pub Vec<At<T>>);

impl<T> fmt::Debug for OneOrMany<T> {
    /// Without the items: among the rules of a user, somebody may have written a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OneOrMany({} items)", self.0.len())
    }
}

impl<T: Decode> Decode for OneOrMany<T> {
    const WANTS: &'static str = T::WANTS;

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        match node.value {
            Raw::List(_) => Vec::decode(node, decoder).map(OneOrMany),
            _ => T::decode(node, decoder).map(|value| OneOrMany(vec![At::new(value, node.span)])),
        }
    }
}

impl<T: Describe> Describe for OneOrMany<T> {
    fn shape() -> Shape {
        Shape::Either(vec![T::shape(), Vec::<At<T>>::shape()])
    }
}

/// A day, as TOML's local date or as text in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// The year.
    pub year: u16,
    /// The month, 1 to 12.
    pub month: u8,
    /// The day of the month, 1 to 31.
    pub day: u8,
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl Decode for Date {
    const WANTS: &'static str = "a date such as 2027-03-01";

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let (Raw::Datetime(text) | Raw::Text(text)) = &node.value else {
            return wrong_type(node, Self::WANTS, decoder);
        };
        match text.parse::<toml::value::Datetime>() {
            Ok(toml::value::Datetime { date: Some(date), time: None, offset: None }) => {
                Some(Date { year: date.year, month: date.month, day: date.day })
            }
            _ => {
                let title = format!("`{}` is no date", text.escape_debug());
                invalid(node.span, title, "write year-month-day, such as 2027-03-01", decoder)
            }
        }
    }
}

impl Describe for Date {
    fn shape() -> Shape {
        const DATE: &Scalar =
            &Scalar { name: "date", doc: "A day: `2027-03-01`, in JSON as a text.", forms: &[Form::Date] };
        Shape::Scalar(DATE)
    }
}

/// Where a file belongs below a folder: parts separated by `/`, none of which leads out of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArtifactPath(pub String);

impl ArtifactPath {
    /// What a regular expression can say of it; how long parts are is left to decoding.
    const PATTERN: &'static str = r"^[^./\\:\u0000-\u001f\u007f-\u009f][^/\\:\u0000-\u001f\u007f-\u009f]*(/[^./\\:\u0000-\u001f\u007f-\u009f][^/\\:\u0000-\u001f\u007f-\u009f]*)*$";

    /// Why a text is no such path.
    fn problem(text: &str) -> Option<&'static str> {
        if text.starts_with('/') {
            return Some("it begins at the root of the machine");
        }
        for part in text.split('/') {
            match part {
                "" => return Some("a part of it is empty"),
                "." | ".." => return Some("`.` and `..` could lead out of its folder"),
                part if part.starts_with('.') => return Some("a part of it begins with `.`"),
                part if part.contains(|c: char| c.is_control() || matches!(c, '\\' | ':')) => {
                    return Some("it holds `\\`, `:` or a control character");
                }
                part if part.len() > 200 => return Some("a part of it is longer than 200 bytes"),
                _ => {}
            }
        }
        None
    }
}

impl Decode for ArtifactPath {
    const WANTS: &'static str = "a file name or a relative path such as \"monitoring/targets.json\"";

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let Raw::Text(text) = &node.value else { return wrong_type(node, Self::WANTS, decoder) };
        match ArtifactPath::problem(text) {
            None => Some(ArtifactPath(text.clone())),
            Some(why) => {
                let title = format!("`{}` cannot be the path of a file: {why}", text.escape_debug());
                let help =
                    "write a file name, or a path below the folder such as \"monitoring/targets.json\"";
                invalid(node.span, title, help, decoder)
            }
        }
    }
}

impl Describe for ArtifactPath {
    fn shape() -> Shape {
        const PATH: &Scalar = &Scalar {
            name: "path of an artifact",
            doc: "A file name, or a path below a folder: `monitoring/targets.json`. No part of it is empty or begins with `.`.",
            forms: &[Form::Text(Some(ArtifactPath::PATTERN))],
        };
        Shape::Scalar(PATH)
    }
}

/// Permissions of a file, as `chmod` takes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileMode(pub u32);

impl Decode for FileMode {
    const WANTS: &'static str = "permissions such as \"0644\" or \"0755\"";

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let text = match &node.value {
            Raw::Text(text) => text,
            Raw::Integer(_) => {
                let help = "write it as text, such as \"0644\": TOML and people read the number differently";
                return invalid(node.span, "permissions are a text, not a number", help, decoder);
            }
            _ => return wrong_type(node, Self::WANTS, decoder),
        };
        let digits = text.len() == 3 || text.len() == 4 && text.starts_with('0');
        let mode = u32::from_str_radix(text, 8).ok().filter(|_| digits && !text.starts_with('+'));
        match mode {
            Some(mode) if mode & 0o600 == 0o600 && mode & 0o022 == 0 => Some(FileMode(mode)),
            Some(_) => {
                let title = format!("`{text}` does not fit a rendered file");
                let help = "its owner reads and writes it, and nobody else writes: \"0644\", \"0640\", \"0600\", \"0755\"";
                invalid(node.span, title, help, decoder)
            }
            None => {
                let title = format!("`{}` is no file mode", text.escape_debug());
                invalid(
                    node.span,
                    title,
                    "write three octal digits, maybe with a 0 before them: \"0644\"",
                    decoder,
                )
            }
        }
    }
}

impl Describe for FileMode {
    fn shape() -> Shape {
        const MODE: &Scalar = &Scalar {
            name: "file mode",
            doc: "Permissions of a file as `chmod` takes them: `\"0644\"`, `\"0755\"`. Its owner reads and writes it, and nobody else writes.",
            forms: &[Form::Text(Some("^0?[67][0145][0145]$"))],
        };
        Shape::Scalar(MODE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_shells_hold_no_secrets() {
        for theirs in
            ["PATH", "IFS", "LC_ALL", "PS4", "_", "BASH_ENV", "CACHEWRIGHT_SECRETS", "cachewright_secret_1"]
        {
            assert!(is_of_shells(theirs), "{theirs}");
        }
        for free in ["REDIS_PASSWORD", "data", "value", "PSK", "BASHIR_PASSWORD", "PATHS", "secret_1"] {
            assert!(!is_of_shells(free), "{free}");
        }
    }
}
