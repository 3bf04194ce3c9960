//! manifest.json: every file with its checksum, and how it is to be installed.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use crate::model::NodeId;

use super::MANIFEST;
use super::artifact::{Artifact, Install, PUBLIC, SecretSlot, mode_text};
use super::bytes::hex;

/// The version of the manifest's own format. Fields may be added within it.
const FORMAT: u32 = 1;
/// About how many bytes are handed over at once.
const PART: usize = 32 << 10;

/// What was rendered, file by file. Of a large fleet its text takes megabytes: it is written as it is made.
#[derive(Debug)]
pub struct Manifest {
    spec: String,
    /// By path.
    records: Records,
}

impl Manifest {
    /// The mode of its file.
    pub const MODE: u32 = PUBLIC;

    pub(super) fn new(spec: &str, records: Records) -> Self {
        Manifest { spec: spec.to_owned(), records }
    }

    /// Writes its text: JSON, indented as everybody does it.
    ///
    /// # Errors
    /// What whoever takes it says.
    pub fn write(&self, to: &mut dyn io::Write) -> io::Result<()> {
        let mut text = format!("{{\n  \"format\": {FORMAT},\n  \"spec\": ");
        push_text(&mut text, &self.spec);
        text.push_str(",\n  \"files\": [");
        for (number, record) in self.records.iter().enumerate() {
            text.push_str(if number == 0 { "\n    {" } else { ",\n    {" });
            record.write(&mut text, &self.records.secrets);
            text.push_str("\n    }");
            if text.len() > PART {
                to.write_all(text.as_bytes())?;
                text.clear();
            }
        }
        text.push_str(if self.records.is_empty() { "]\n}\n" } else { "\n  ]\n}\n" });
        to.write_all(text.as_bytes())
    }

    /// The whole of it as a file like the others.
    pub fn artifact(&self) -> Artifact {
        let mut bytes = Vec::new();
        // Nothing fails in memory, and all keys are texts.
        let _ = self.write(&mut bytes);
        Artifact {
            path: MANIFEST.to_owned(),
            bytes: bytes.into(),
            install: Install::Replace,
            mode: Self::MODE,
            deployment: String::new(),
            node: None,
            secrets: Vec::new(),
        }
    }
}

/// What the manifest says of a file: all but its content, which nobody keeps.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) path: Box<str>,
    sha256: [u8; 32],
    mode: u32,
    install: Install,
    pub(super) deployment: Arc<str>,
    pub(super) node: Option<Arc<str>>,
    /// The place of their text among [`Secrets`]; none where there are none.
    secrets: Option<usize>,
}

impl Record {
    /// Adds its fields. Each begins with its line break.
    fn write(&self, text: &mut String, secrets: &Secrets) {
        text.push_str("\n      \"path\": ");
        push_text(text, &self.path);
        // Nothing in these needs an escape.
        text.extend([",\n      \"sha256\": \"", &hex(&self.sha256)]);
        text.extend(["\",\n      \"mode\": \"", &mode_text(self.mode)]);
        text.extend(["\",\n      \"install\": \"", self.install.name()]);
        text.push_str("\",\n      \"deployment\": ");
        push_text(text, &self.deployment);
        if let Some(node) = &self.node {
            text.push_str(",\n      \"node\": ");
            push_text(text, node);
        }
        if let Some(secrets) = self.secrets.and_then(|at| secrets.texts.get(at)) {
            text.push_str(secrets);
        }
    }
}

/// Adds a text in quotes.
fn push_text(to: &mut String, text: &str) {
    let plain = |byte: u8| byte >= b' ' && !matches!(byte, b'"' | b'\\');
    if text.bytes().all(plain) {
        to.extend(["\"", text, "\""]);
    } else {
        to.push_str(&serde_json::Value::from(text).to_string());
    }
}

/// Records of many files, in the order in which they were made.
#[derive(Debug, Default)]
pub(super) struct Records {
    list: Vec<Record>,
    secrets: Secrets,
}

impl Records {
    /// Notes a file: names are shared with the record before, and secrets with any.
    pub(super) fn note(&mut self, artifact: &Artifact) {
        let before = self.list.last();
        let shared = |name: &str, known: Option<&Arc<str>>| match known {
            Some(known) if **known == *name => known.clone(),
            _ => name.into(),
        };
        let node = |id: &NodeId| shared(&id.0, before.and_then(|before| before.node.as_ref()));
        let record = Record {
            path: artifact.path.as_str().into(),
            sha256: artifact.bytes.sha256(),
            mode: artifact.mode,
            install: artifact.install,
            deployment: shared(&artifact.deployment, before.map(|before| &before.deployment)),
            node: artifact.node.as_ref().map(node),
            secrets: self.secrets.share(&artifact.secrets),
        };
        self.list.push(record);
    }

    /// All of them, by path.
    pub(super) fn sorted(mut self) -> Self {
        self.list.sort_by(|a, b| a.path.cmp(&b.path));
        self
    }
}

impl std::ops::Deref for Records {
    type Target = [Record];

    fn deref(&self) -> &[Record] {
        &self.list
    }
}

/// What was said of the secrets of files. Few files differ in that.
#[derive(Debug, Default)]
struct Secrets {
    known: BTreeMap<Vec<SecretSlot>, usize>,
    /// The field of a record, as it stands in the manifest.
    texts: Vec<String>,
}

impl Secrets {
    /// The place of the text of some; none where there are none.
    fn share(&mut self, slots: &[SecretSlot]) -> Option<usize> {
        if slots.is_empty() {
            return None;
        }
        if let Some(at) = self.known.get(slots) {
            return Some(*at);
        }
        // Nothing fails in memory, and all keys are texts.
        let list = serde_json::to_string_pretty(slots).unwrap_or_default().replace('\n', "\n      ");
        self.texts.push(format!(",\n      \"secrets\": {list}"));
        self.known.insert(slots.to_vec(), self.texts.len() - 1);
        Some(self.texts.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::SecretPlace;
    use crate::spec::SecretRef;

    fn file(path: &str, node: Option<&str>, secrets: usize) -> Artifact {
        let slot = |number: usize| SecretSlot {
            secret: SecretRef::File(format!("/run/\"{number}\"")),
            place: SecretPlace::User("ü\n".to_owned()),
            filled: number == 1,
        };
        Artifact {
            path: path.to_owned(),
            bytes: path.to_owned().into(),
            install: Install::Seed,
            mode: PUBLIC,
            deployment: "shop".to_owned(),
            node: node.map(|node| NodeId(node.to_owned())),
            secrets: (0..secrets).map(slot).collect(),
        }
    }

    #[test]
    fn its_text_is_what_a_json_writer_makes_of_it() {
        let files = [
            file("b", Some("n"), 2),
            file("a\\\"\u{1}", None, 0),
            file("c", Some("n"), 1),
            file("d", None, 2),
        ];
        for count in 0..=files.len() {
            let mut records = Records::default();
            files.iter().take(count).for_each(|file| records.note(file));
            let bytes = Manifest::new("a \"shop\"", records.sorted()).artifact().bytes;
            let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            let text = serde_json::to_string_pretty(&json).unwrap() + "\n";
            assert_eq!(std::str::from_utf8(&bytes).unwrap(), text);
            assert_eq!(json["files"].as_array().unwrap().len(), count);
        }
    }
}
