//! Artifacts of one's own: their templates and deployments looked up.

use super::Lowering;
use crate::diag::{Code, Finding};
use crate::model::artifacts::{OwnArtifact, OwnTemplates};
use crate::source::At;
use crate::spec::raw::Raw;
use crate::spec::{ArtifactEngine, ArtifactSpec, Layers, Per, listed, nearest};

/// Permissions where an artifact says none.
const MODE: u32 = 0o644;

/// Resolves the artifacts. One that cannot be rendered is left out, and reported.
pub(super) fn own_templates(lowering: &mut Lowering<'_>, layers: &Layers) -> OwnTemplates {
    let spec = lowering.spec;
    let folder = layers.templates.clone();
    let mut artifacts = Vec::new();
    for (name, artifact) in spec.artifacts.iter() {
        artifacts.extend(own_artifact(lowering, layers, name, artifact));
    }
    let declared = match layers.root.get("artifacts").map(|node| &node.value) {
        Some(Raw::Table(table)) => table.entries.len(),
        Some(_) => usize::MAX,
        None => 0,
    };
    let incomplete = lowering.lossy || folder.lossy || artifacts.len() < declared;
    OwnTemplates { folder, artifacts, incomplete }
}

fn own_artifact(
    lowering: &mut Lowering<'_>,
    layers: &Layers,
    name: &At<String>,
    artifact: &ArtifactSpec,
) -> Option<OwnArtifact> {
    let there =
        artifact.template.as_ref().is_some_and(|template| template_is_there(lowering, layers, template));
    let fits = filters_fit(lowering, name, artifact);
    let deployments = deployments(lowering, artifact);
    let own = OwnArtifact {
        name: name.clone(),
        template: artifact.template.clone()?,
        per: artifact.per?.value,
        path: artifact.path.clone()?.map(|path| path.0),
        mode: artifact.mode.map_or(MODE, |mode| mode.value.0),
        engines: artifact.engines.iter().flat_map(|list| &list.value).map(|engine| engine.value).collect(),
        deployments: deployments?,
    };
    (there && fits).then_some(own)
}

/// Whether the folder has the template; if not, that is reported.
fn template_is_there(lowering: &mut Lowering<'_>, layers: &Layers, template: &At<String>) -> bool {
    let folder = &layers.templates;
    if folder.get(template).is_some() {
        return true;
    }
    let Some(place) = &folder.place else {
        if !layers.lossy && !layers.root.entries.contains_key("templates") {
            let title = format!("there is no folder of templates for `{}`", template.value.escape_debug());
            lowering.findings.push(
                Finding::new(Code::UndefinedTemplate, template.span, title)
                    .help("name the folder at the top of the spec: `templates = \"templates\"`"),
            );
        }
        return false;
    };
    if !folder.lossy {
        let title = format!("`{}` is no file in `{}`", template.value.escape_debug(), place.value);
        let names = || folder.files.iter().map(|file| file.name.as_str());
        let finding =
            Finding::new(Code::UndefinedTemplate, template.span, title).related(place.span, "the folder");
        let known: Vec<&str> = names().take(12).collect();
        lowering.findings.push(match nearest(template, names()) {
            Some(near) => {
                finding.help(format!("did you mean `{near}`?")).guess(template.span, format!("\"{near}\""))
            }
            None if known.is_empty() => finding.help("the folder has no template: put it there"),
            None => finding.help(format!("put it there, or use one of {}", listed(&known))),
        });
    }
    false
}

/// Whether an artifact for everything is not to be for some only; if it is, that is reported.
fn filters_fit(lowering: &mut Lowering<'_>, name: &At<String>, artifact: &ArtifactSpec) -> bool {
    let Some(per) = artifact.per.filter(|per| per.value == Per::Architecture) else { return true };
    let engines = artifact.engines.as_ref().map(|engines| ("engines", engines.span));
    let deployments = artifact.deployments.as_ref().map(|deployments| ("deployments", deployments.span));
    let mut fits = true;
    for (key, span) in engines.into_iter().chain(deployments) {
        fits = false;
        let title = format!("`{key}` of `{}` has no meaning with `per = \"architecture\"`", name.value);
        lowering.findings.push(
            Finding::new(Code::MisplacedKey, span, title)
                .related(per.span, "one file for everything")
                .help("leave it out, and choose in the template: it sees all deployments"),
        );
    }
    fits
}

/// The deployments that an artifact names; none where one of them is not there, which is reported.
#[allow(clippy::option_option, reason = "no list is all, a list that fails is none")]
fn deployments(lowering: &mut Lowering<'_>, artifact: &ArtifactSpec) -> Option<Option<Vec<String>>> {
    let Some(names) = &artifact.deployments else { return Some(None) };
    let spec = lowering.spec;
    let mut known: Vec<&str> =
        spec.redis.names().chain(spec.valkey.names()).chain(spec.memcached.names()).collect();
    known.sort_unstable();
    let mut all = true;
    for name in names.value.iter().filter(|name| !known.contains(&name.value.as_str())) {
        all = false;
        if lowering.lossy {
            continue;
        }
        let title = format!("`{}` is not a declared deployment", name.value.escape_debug());
        let finding = Finding::new(Code::UndefinedDeployment, name.span, title);
        let sentinels = spec.sentinels.declares(&name.value);
        lowering.findings.push(match nearest(name, known.iter().copied()) {
            _ if sentinels => finding.help(format!(
                "it is a set of sentinels: `engines = [\"{}\"]` means those",
                ArtifactEngine::Sentinel.name()
            )),
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None if known.is_empty() => finding.help("the spec has no deployment"),
            None => finding.help(format!("the deployments are {}", listed(&known))),
        });
    }
    all.then(|| Some(names.value.iter().map(|name| name.value.clone()).collect()))
}
