//! A checked model as files: a typed document per file, quoted by `text`, placed by a template.
//!
//! Here live the artifacts and what goes into them. Pure: no file is read or written, no clock is looked
//! at, and nothing but the model and the secrets decides about a byte. Nothing is judged here either but own
//! templates: what a server would refuse is `check`'s business, and what a format cannot hold is an
//! [`EmitError`].

mod artifact;
mod artifacts;
mod block;
mod bootstrap;
mod clash;
mod cluster_script;
mod data;
mod endpoint;
mod error;
mod manifest;
mod memcached;
mod read_back;
mod reference;
mod replicas_script;
mod run;
mod secret;
mod sentinel_conf;
mod sentinel_lines;
mod server_conf;
mod templates;
#[cfg(test)]
mod tests;
mod users_acl;

pub use artifact::{Artifact, Install, SecretPlace, SecretSlot};
pub use error::{EmitError, Problem};
pub use reference::{BuiltInTemplate, built_in_templates, markdown as templates_markdown};
pub use secret::{Secret, SecretSource};

use crate::check::Checked;
use crate::diag::Findings;
use crate::model::Model;
use run::Run;

/// The path of the manifest, which lists every other file.
pub const MANIFEST: &str = "manifest.json";

/// How to render.
#[derive(Clone, Copy, Default)]
pub struct EmitOptions<'a> {
    /// Where secrets come from, for files that hold them. Without it no file holds a secret: each
    /// has its place marked where the format knows comments.
    pub secrets: Option<&'a dyn SecretSource>,
}

impl std::fmt::Debug for EmitOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmitOptions").field("secrets", &self.secrets.is_some()).finish()
    }
}

/// Every file of every node, by path, the manifest among them.
///
/// # Errors
/// All that stands in the way of any file: see [`Problem`].
pub fn emit(model: &Checked<Model>, options: &EmitOptions<'_>) -> Result<Vec<Artifact>, Vec<EmitError>> {
    let mut artifacts = rendered(model, options, |_| true)?;
    let manifest = manifest::manifest(model, &artifacts).map_err(|problem| {
        let artifact = MANIFEST.to_owned();
        vec![EmitError { artifact, deployment: String::new(), node: None, problem }]
    })?;
    let at = artifacts.partition_point(|artifact| artifact.path < manifest.path);
    artifacts.insert(at, manifest);
    Ok(artifacts)
}

/// The file of one path; none where there is no such file. Only its deployment is rendered.
///
/// # Errors
/// What stands in the way of any file of its deployment; of any file at all for the manifest.
pub fn emit_one(
    model: &Checked<Model>,
    options: &EmitOptions<'_>,
    path: &str,
) -> Result<Option<Artifact>, Vec<EmitError>> {
    let artifacts = match path.split_once('/') {
        None => emit(model, options)?,
        Some((folder, _)) => rendered(model, options, |name| name == folder)?,
    };
    Ok(artifacts.into_iter().find(|artifact| artifact.path == path))
}

/// The files of the deployments and sets of sentinels whose folders are wanted.
fn rendered(
    model: &Model,
    options: &EmitOptions<'_>,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<Artifact>, Vec<EmitError>> {
    let mut run = Run::new(model, options)?;
    for deployment in model.deployments.iter().filter(|deployment| wanted(&deployment.name)) {
        server_conf::emit(&mut run, deployment);
        users_acl::emit(&mut run, deployment);
        bootstrap::emit(&mut run, deployment);
    }
    for set in model.sentinels.iter().filter(|set| wanted(&sentinel_conf::folder(set))) {
        sentinel_conf::emit(&mut run, set);
    }
    for deployment in model.memcached.iter().filter(|deployment| wanted(&deployment.name)) {
        memcached::emit(&mut run, deployment);
    }
    artifacts::emit(&mut run, &wanted);
    run.finish()
}

/// What is wrong with the own templates and artifacts of a model, as far as that shows without rendering: what
/// cannot be compiled, what is refused, what nothing uses.
pub fn check_templates(model: &Model) -> Findings {
    templates::check(model)
}
