//! manifest.json: every file with its checksum, and how it is to be installed.

use serde::Serialize;

use crate::model::{Model, NodeId};

use super::MANIFEST;
use super::artifact::{Artifact, Install, PUBLIC, SecretSlot, mode_text};
use super::bytes::hex;
use super::error::Problem;

/// The version of the manifest's own format. Fields may be added within it.
const FORMAT: u32 = 1;

#[derive(Serialize)]
struct Manifest<'a> {
    format: u32,
    spec: &'a str,
    files: Vec<File<'a>>,
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
    pub(super) path: String,
    sha256: [u8; 32],
    mode: u32,
    install: Install,
    pub(super) deployment: String,
    pub(super) node: Option<NodeId>,
    secrets: Vec<SecretSlot>,
}

impl From<&Artifact> for Record {
    fn from(artifact: &Artifact) -> Self {
        Record {
            path: artifact.path.clone(),
            sha256: artifact.bytes.sha256(),
            mode: artifact.mode,
            install: artifact.install,
            deployment: artifact.deployment.clone(),
            node: artifact.node.clone(),
            secrets: artifact.secrets.clone(),
        }
    }
}

/// Lists files, which come sorted by path.
pub(super) fn manifest(model: &Model, records: &[Record]) -> Result<Artifact, Problem> {
    let files = records.iter().map(|record| File {
        path: &record.path,
        sha256: hex(&record.sha256),
        mode: mode_text(record.mode),
        install: record.install,
        deployment: &record.deployment,
        node: record.node.as_ref().map(|node| node.0.as_str()),
        secrets: &record.secrets,
    });
    let manifest = Manifest { format: FORMAT, spec: &model.name, files: files.collect() };
    let mut bytes = serde_json::to_vec_pretty(&manifest)
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
