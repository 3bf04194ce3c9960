//! A checked model as files: a typed document per file, quoted by `text`, placed by a template.
//!
//! Here live the artifacts and what goes into them. Pure: no file is read or written, no clock is looked
//! at, and nothing but the model and the secrets decides about a byte. Nothing is judged here either but own
//! templates: what a server would refuse is `check`'s business, and what a format cannot hold is an
//! [`EmitError`].

mod artifact;
mod artifacts;
mod beside;
mod block;
mod bootstrap;
mod bytes;
mod clash;
mod cluster_script;
mod data;
mod effective;
mod endpoint;
mod error;
mod folders;
#[cfg(test)]
mod host_tests;
mod made;
mod manifest;
mod memcached;
mod memcached_unit;
mod read_back;
mod reference;
mod replicas_script;
mod run;
mod secret;
mod sentinel_conf;
mod sentinel_lines;
mod server_conf;
mod start_script;
mod start_secrets;
mod sysconfig;
mod sysctl;
mod templates;
#[cfg(test)]
mod tests;
mod unit;
mod users_acl;

pub use artifact::{Artifact, Install, SecretPlace, SecretSlot};
pub(crate) use bytes::sha256_hex;
pub use bytes::{Bytes, hex};
pub(crate) use endpoint::{first_primary, link_port, meeting, port_setting, text_setting};
pub use error::{EmitError, Problem};
pub use manifest::Manifest;
pub(crate) use reference::template_words;
pub use reference::{BuiltInTemplate, built_in_templates, markdown as templates_markdown};
pub use secret::{Secret, SecretSource};
pub(crate) use server_conf::file_name as conf_file;
pub(crate) use users_acl::password_place;

use std::convert::Infallible;

use crate::check::Checked;
use crate::diag::Findings;
use crate::model::Model;
use beside::beside;
use made::Made;
use manifest::Records;
use run::{Item, Run};

/// The path of the manifest, which lists every other file.
pub const MANIFEST: &str = "manifest.json";

/// How to render.
#[derive(Clone, Copy, Default)]
pub struct EmitOptions<'a> {
    /// Where secrets come from, for files that hold them. Without it no file holds a secret: each
    /// has its place marked where the format knows comments.
    pub secrets: Option<&'a dyn SecretSource>,
    /// How files lie below the output folder.
    pub layout: Layout,
}

/// How files lie below the output folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Layout {
    /// `DEPLOYMENT/NODE/FILE`.
    #[default]
    Deployment,
    /// `HOST/DEPLOYMENT/NODE/FILE`: one folder holds all that a host gets. What belongs to a whole deployment
    /// stays at `DEPLOYMENT/FILE`.
    Host,
}

impl std::fmt::Debug for EmitOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmitOptions")
            .field("secrets", &self.secrets.is_some())
            .field("layout", &self.layout)
            .finish()
    }
}

/// Why a rendering did not come to its end.
#[derive(Debug)]
pub enum Stopped<E> {
    /// All that stands in the way of any file: see [`Problem`].
    Errors(Vec<EmitError>),
    /// Who took the files could not go on.
    Sink(E),
}

/// Hands every file of every node to `sink`, on a second thread, as soon as it is made: those of one deployment
/// after another, always in the same order, which is not that of their paths. What comes back says what they were.
///
/// Errors show only at the end, and then what was handed over is not the whole: keep it aside until this
/// returns.
///
/// # Errors
/// All that stands in the way of any file; else what the sink said first, after which it is handed nothing more.
pub fn emit_to<E: Send>(
    model: &Checked<Model>,
    options: &EmitOptions<'_>,
    mut sink: impl FnMut(Artifact) -> Result<(), E> + Send,
) -> Result<Manifest, Stopped<E>> {
    let (mut records, mut taken) = (Records::default(), Ok(()));
    let take = |Item { artifact, wanted }: Item| {
        records.note(&artifact);
        if wanted && taken.is_ok() {
            taken = sink(artifact);
        }
    };
    let prepare = |item: &Item| {
        item.artifact.bytes.sha256();
    };
    // Who took the files may have stumbled over two in each other's way: then that is what to say.
    let records = beside(take, prepare, |give| rendered(model, options, |_| true, give))
        .and_then(|made| made.finish(records))
        .map_err(Stopped::Errors)?;
    taken.map_err(Stopped::Sink)?;
    Ok(Manifest::new(&model.name, records))
}

/// Every file of every node, by path, the manifest among them.
///
/// # Errors
/// All that stands in the way of any file: see [`Problem`].
pub fn emit(model: &Checked<Model>, options: &EmitOptions<'_>) -> Result<Vec<Artifact>, Vec<EmitError>> {
    let mut artifacts = Vec::new();
    let kept = emit_to(model, options, |artifact| {
        artifacts.push(artifact);
        Ok::<(), Infallible>(())
    });
    match kept {
        Ok(manifest) => {
            artifacts.push(manifest.artifact());
            artifacts.sort_by(|a, b| a.path.cmp(&b.path));
            Ok(artifacts)
        }
        Err(Stopped::Errors(errors)) => Err(errors),
        Err(Stopped::Sink(never)) => match never {},
    }
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
    let Some((first, rest)) = path.split_once('/') else {
        return Ok(emit(model, options)?.into_iter().find(|artifact| artifact.path == path));
    };
    let (mut records, mut found) = (Records::default(), None);
    let mut take = |item: Item| {
        records.note(&item.artifact);
        if item.artifact.path == path {
            found = Some(item.artifact);
        }
    };
    let second = rest.split('/').next().filter(|_| options.layout == Layout::Host);
    let made = rendered(model, options, |name| name == first || Some(name) == second, &mut take)?;
    made.finish(records)?;
    Ok(found)
}

/// Renders the deployments and sets of sentinels whose folders are wanted, and hands all files to `sink`, also those
/// behind an error.
fn rendered<'a>(
    model: &'a Model,
    options: &EmitOptions<'a>,
    wanted: impl Fn(&str) -> bool,
    sink: &'a mut dyn FnMut(Item),
) -> Result<Made, Vec<EmitError>> {
    let mut run = Run::new(model, options, sink)?;
    for deployment in model.deployments.iter().filter(|deployment| wanted(&deployment.name)) {
        server_conf::emit(&mut run, deployment);
        users_acl::emit(&mut run, deployment);
        bootstrap::emit(&mut run, deployment);
        unit::emit(&mut run, deployment);
    }
    for set in model.sentinels.iter().filter(|set| wanted(&sentinel_conf::folder(set))) {
        sentinel_conf::emit(&mut run, set);
        users_acl::emit_sentinels(&mut run, set);
        unit::emit_sentinels(&mut run, set);
    }
    for deployment in model.memcached.iter().filter(|deployment| wanted(&deployment.name)) {
        memcached::emit(&mut run, deployment);
    }
    sysctl::Files::new(model).emit(&mut run, &wanted);
    artifacts::emit(&mut run, &wanted);
    Ok(run.done())
}

/// What is wrong with the own templates and artifacts of a model, as far as that shows without rendering: what
/// cannot be compiled, what is refused, what nothing uses.
pub fn check_templates(model: &Model) -> Findings {
    templates::check(model)
}
