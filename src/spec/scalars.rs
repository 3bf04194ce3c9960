//! The plain field types of the language: how each is written, and what it means.

use std::fmt;

use super::decode::{Decode, Decoder, Fields, invalid, nearest, wrong_type};
use super::raw::{Node, Raw};
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

impl Decode for i64 {
    const WANTS: &'static str = "an integer";

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        match node.value {
            Raw::Integer(number) => Some(number),
            _ => wrong_type(node, Self::WANTS, decoder),
        }
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
                let help = format!("write it as text, `\"{number}\"`: 7.10 and 7.1 are the same number");
                invalid(node.span, "a version is a text, not a number", &help, decoder)
            }
            _ => wrong_type(node, Self::WANTS, decoder),
        }
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
        let fields = Fields::open(node, "a reference to a secret", &["env", "file"], decoder)?;
        let env = fields.optional::<String>("env", decoder);
        let file = fields.optional::<String>("file", decoder);
        match (env, file) {
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
            (None, Some(path)) => Some(SecretRef::File(path.value)),
            (Some(_), Some(_)) => {
                invalid(node.span, "a secret has one source", "keep either `env` or `file`", decoder)
            }
            (None, None) if matches!(&node.value, Raw::Table(table) if !table.entries.is_empty()) => None,
            (None, None) => wrong_type(node, Self::WANTS, decoder),
        }
    }
}

/// A text under a key that is none and resembles none (`{ value = "…" }`): it can only be the secret itself.
fn under_another_key(node: &Node) -> Option<Span> {
    let Raw::Table(table) = &node.value else { return None };
    let strange = |key: &str| nearest(key, ["env", "file"].into_iter()).is_none();
    let entry = table.entries.iter().find(|(key, _)| strange(key)).map(|(_, entry)| entry)?;
    matches!(entry.value.value, Raw::Text(_) | Raw::Integer(_)).then_some(entry.value.span)
}

fn is_variable(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// The finding for a secret that stands in the spec itself.
pub fn literal_secret(what: At<&str>) -> Finding {
    let title = format!("{} stands in the spec itself", what.value);
    Finding::new(Code::LiteralSecret, what.span, title)
        .help("name its source: `{ env = \"NAME\" }` or `{ file = \"/path\" }`")
        .note("specs are checked in and shown in reviews; change the password, it is no longer secret")
}

/// A list that may be written as one item.
#[derive(Debug, Clone, PartialEq)]
pub struct OneOrMany<T>(pub Vec<At<T>>);

impl<T: Decode> Decode for OneOrMany<T> {
    const WANTS: &'static str = T::WANTS;

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        match node.value {
            Raw::List(_) => Vec::decode(node, decoder).map(OneOrMany),
            _ => T::decode(node, decoder).map(|value| OneOrMany(vec![At::new(value, node.span)])),
        }
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

/// Where a file belongs below a folder: parts separated by `/`, none of which leads out of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArtifactPath(pub String);

impl ArtifactPath {
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
