//! Own templates and what is rendered from them.

use crate::source::At;
use crate::spec::{ArtifactEngine, Per, TemplateFolder};

/// The spec's own templates, and the files that are rendered from them beside ours.
#[derive(Debug, Clone, Default)]
pub struct OwnTemplates {
    /// The templates.
    pub folder: TemplateFolder,
    /// The files, by name.
    pub artifacts: Vec<OwnArtifact>,
    /// Artifacts are missing here because something of them could not be read: that a template is not used
    /// proves nothing.
    pub incomplete: bool,
}

impl OwnTemplates {
    /// Whether there are no templates beside the built-in ones.
    pub fn is_empty(&self) -> bool {
        self.folder.files.is_empty()
    }
}

/// A file that the spec declares, or one for each node or deployment.
#[derive(Debug, Clone)]
pub struct OwnArtifact {
    /// Its name in the spec.
    pub name: At<String>,
    /// The template, which the folder has.
    pub template: At<String>,
    /// What there is one of it for.
    pub per: Per,
    /// Where it belongs below its folder.
    pub path: At<String>,
    /// Its permissions.
    pub mode: u32,
    /// The kinds of servers that it is for; empty is all.
    pub engines: Vec<ArtifactEngine>,
    /// The deployments that it is for; none is all.
    pub deployments: Option<Vec<String>>,
}

impl OwnArtifact {
    /// Whether it is for a deployment of a kind, or for a set of sentinels.
    pub fn is_for(&self, engine: ArtifactEngine, deployment: &str) -> bool {
        let named = match &self.deployments {
            None => true,
            Some(names) => engine != ArtifactEngine::Sentinel && names.iter().any(|name| name == deployment),
        };
        named && (self.engines.is_empty() || self.engines.contains(&engine))
    }
}
