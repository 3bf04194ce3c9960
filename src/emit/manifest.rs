//! manifest.json: every file with its checksum, and how it is to be installed.

use serde::Serialize;

use crate::model::Model;

use super::MANIFEST;
use super::artifact::{Artifact, Install, PUBLIC, SecretSlot};
use super::error::Problem;
use super::users_acl::sha256_hex;

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

/// Lists files, which come sorted by path.
pub(super) fn manifest(model: &Model, artifacts: &[Artifact]) -> Result<Artifact, Problem> {
    let files = artifacts.iter().map(|artifact| File {
        path: &artifact.path,
        sha256: sha256_hex(&artifact.bytes),
        mode: artifact.mode_text(),
        install: artifact.install,
        deployment: &artifact.deployment,
        node: artifact.node.as_ref().map(|node| node.0.as_str()),
        secrets: &artifact.secrets,
    });
    let manifest = Manifest { format: FORMAT, spec: &model.name, files: files.collect() };
    let mut bytes = serde_json::to_vec_pretty(&manifest)
        .map_err(|error| Problem::Template { message: error.to_string() })?;
    bytes.push(b'\n');
    Ok(Artifact {
        path: MANIFEST.to_owned(),
        bytes,
        install: Install::Replace,
        mode: PUBLIC,
        deployment: String::new(),
        node: None,
        secrets: Vec::new(),
    })
}
