//! What rendering makes.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::model::NodeId;
use crate::spec::SecretRef;

use super::bytes::Bytes;

/// One rendered file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Where it belongs below the output folder: relative, parts separated by `/`.
    pub path: String,
    /// The whole content. Files for people and shells end with a line break.
    pub bytes: Bytes,
    /// How it meets a file that is already there.
    pub install: Install,
    /// Permissions on the server: 0o644, 0o640, 0o600 or 0o755.
    pub mode: u32,
    /// The folder of its deployment or set of sentinels, the first part of the path; empty for the
    /// manifest, which belongs to all.
    pub deployment: String,
    /// The node it is for; none where a deployment has one for all of its nodes.
    pub node: Option<NodeId>,
    /// The secrets that belong in it, in the order of their places.
    pub secrets: Vec<SecretSlot>,
}

impl Artifact {
    /// The mode as `chmod` takes it, four digits.
    pub fn mode_text(&self) -> String {
        mode_text(self.mode)
    }
}

/// A mode as `chmod` takes it, four digits.
pub(super) fn mode_text(mode: u32) -> String {
    format!("{mode:04o}")
}

/// Permissions of what anybody may read.
pub(super) const PUBLIC: u32 = 0o644;
/// Permissions of what the server's own group may read.
pub(super) const GROUP: u32 = 0o640;
/// Permissions of what holds secrets.
pub(super) const PRIVATE: u32 = 0o600;
/// Permissions of scripts.
pub(super) const SCRIPT: u32 = 0o755;

/// How a file meets one that is already in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Install {
    /// It takes the other's place.
    Replace,
    /// It is put there only where there is none.
    Seed,
    /// It takes the other's place, and what the server itself wrote there is carried over.
    Merge,
}

impl Install {
    /// The name that the manifest has for it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Install::Replace => "replace",
            Install::Seed => "seed",
            Install::Merge => "merge",
        }
    }
}

/// A secret and the place in a file where it belongs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretSlot {
    /// Where the secret comes from.
    pub secret: SecretRef,
    /// Where it belongs.
    pub place: SecretPlace,
    /// Whether the rendered file holds it; else it is left out, and belongs in before the server starts.
    pub filled: bool,
}

/// Where in a file a secret belongs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretPlace {
    /// The argument of a directive.
    Directive(String),
    /// A password of an ACL user.
    User(String),
    /// The last argument of one of Sentinel's own settings, such as `auth-pass NAME` or `sentinel-pass`.
    Sentinel(String),
}

impl fmt::Display for SecretPlace {
    /// The words that stand before the secret in its file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretPlace::Directive(name) => f.write_str(name),
            SecretPlace::User(name) => write!(f, "user {name}"),
            SecretPlace::Sentinel(words) => write!(f, "sentinel {words}"),
        }
    }
}

impl Serialize for SecretSlot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;

        let mut record = serializer.serialize_struct("SecretSlot", 3)?;
        record.serialize_field("secret", &self.secret.to_string())?;
        record.serialize_field("place", &self.place.to_string())?;
        record.serialize_field("filled", &self.filled)?;
        record.end()
    }
}
