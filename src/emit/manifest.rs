//! manifest.json: every file with its checksum, and how it is to be installed.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::model::NodeId;

use super::MANIFEST;
use super::artifact::{Artifact, Install, PUBLIC, SecretSlot, mode_text};
use super::bytes::hex;

/// The version of the manifest's own format. Fields may be added within it.
const FORMAT: u32 = 1;
/// How many bytes are handed over at once.
const PART: usize = 32 << 10;

/// What was rendered, file by file. Of a large fleet its text takes megabytes: it is written as it is made.
#[derive(Debug)]
pub struct Manifest {
    spec: String,
    /// By path.
    records: Vec<Record>,
}

impl Manifest {
    /// The mode of its file.
    pub const MODE: u32 = PUBLIC;

    pub(super) fn new(spec: &str, records: Vec<Record>) -> Self {
        Manifest { spec: spec.to_owned(), records }
    }

    /// Writes its text.
    ///
    /// # Errors
    /// What whoever takes it says.
    pub fn write(&self, to: &mut dyn io::Write) -> io::Result<()> {
        let text = Text { format: FORMAT, spec: &self.spec, files: &self.records };
        // The JSON writer hands over some bytes at a time, and who takes them is asked through a pointer.
        let mut to = io::BufWriter::with_capacity(PART, to);
        serde_json::to_writer_pretty(&mut to, &text)?;
        to.write_all(b"\n")?;
        to.flush()
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

#[derive(Serialize)]
struct Text<'a> {
    format: u32,
    spec: &'a str,
    #[serde(serialize_with = "files")]
    files: &'a [Record],
}

#[derive(Serialize)]
struct File<'a> {
    path: &'a str,
    sha256: String,
    mode: String,
    install: Install,
    deployment: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    secrets: &'a [SecretSlot],
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
    secrets: Arc<[SecretSlot]>,
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
    pub(super) fn sorted(mut self) -> Vec<Record> {
        self.list.sort_by(|a, b| a.path.cmp(&b.path));
        self.list
    }
}

/// What was said of the secrets of files. Few files differ in that.
#[derive(Debug, Default)]
struct Secrets(BTreeSet<Arc<[SecretSlot]>>);

impl Secrets {
    fn share(&mut self, slots: &[SecretSlot]) -> Arc<[SecretSlot]> {
        if let Some(known) = self.0.get(slots) {
            return known.clone();
        }
        let new: Arc<[SecretSlot]> = slots.into();
        self.0.insert(new.clone());
        new
    }
}

fn files<S: Serializer>(records: &[Record], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(records.iter().map(|record| File {
        path: &record.path,
        sha256: hex(&record.sha256),
        mode: mode_text(record.mode),
        install: record.install,
        deployment: &record.deployment,
        node: record.node.as_deref(),
        secrets: &record.secrets,
    }))
}
