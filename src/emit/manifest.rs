//! manifest.json: every file with its checksum, and how it is to be installed.

use std::collections::BTreeSet;
use std::rc::Rc;

use serde::{Serialize, Serializer};

use crate::model::{Model, NodeId};

use super::MANIFEST;
use super::artifact::{Artifact, Install, PUBLIC, SecretSlot, mode_text};
use super::bytes::hex;
use super::error::Problem;

/// The version of the manifest's own format. Fields may be added within it.
const FORMAT: u32 = 1;
/// About how long the manifest's text on one file is, without names and secrets.
const TEXT: usize = 260;
/// About how long its text on one secret is.
const SECRET: usize = 160;

#[derive(Serialize)]
struct Manifest<'a> {
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
    pub(super) deployment: Rc<str>,
    pub(super) node: Option<Rc<str>>,
    secrets: Rc<[SecretSlot]>,
}

impl Record {
    /// Of a file, one of many: names are shared with the record before, and secrets with any.
    pub(super) fn new(artifact: &Artifact, before: Option<&Record>, known: &mut Secrets) -> Self {
        let shared = |name: &str, known: Option<&Rc<str>>| match known {
            Some(known) if **known == *name => known.clone(),
            _ => name.into(),
        };
        let node = |id: &NodeId| shared(&id.0, before.and_then(|before| before.node.as_ref()));
        Record {
            path: artifact.path.as_str().into(),
            sha256: artifact.bytes.sha256(),
            mode: artifact.mode,
            install: artifact.install,
            deployment: shared(&artifact.deployment, before.map(|before| &before.deployment)),
            node: artifact.node.as_ref().map(node),
            secrets: known.share(&artifact.secrets),
        }
    }
}

/// What was said of the secrets of files. Few files differ in that.
#[derive(Debug, Default)]
pub(super) struct Secrets(BTreeSet<Rc<[SecretSlot]>>);

impl Secrets {
    fn share(&mut self, slots: &[SecretSlot]) -> Rc<[SecretSlot]> {
        if let Some(known) = self.0.get(slots) {
            return known.clone();
        }
        let new: Rc<[SecretSlot]> = slots.into();
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

/// Lists files, which come sorted by path.
pub(super) fn manifest(model: &Model, records: &[Record]) -> Result<Artifact, Problem> {
    let manifest = Manifest { format: FORMAT, spec: &model.name, files: records };
    let length = |record: &Record| {
        let names =
            record.path.len() + record.deployment.len() + record.node.as_ref().map_or(0, |node| node.len());
        TEXT + names + SECRET * record.secrets.len()
    };
    let mut bytes = Vec::with_capacity(TEXT + records.iter().map(length).sum::<usize>());
    serde_json::to_writer_pretty(&mut bytes, &manifest)
        .map_err(|error| Problem::Template { message: error.to_string() })?;
    bytes.push(b'\n');
    Ok(Artifact {
        path: MANIFEST.to_owned(),
        bytes: bytes.into(),
        install: Install::Replace,
        mode: PUBLIC,
        deployment: String::new(),
        node: None,
        secrets: Vec::new(),
    })
}
