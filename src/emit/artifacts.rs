//! Files that the spec declares: rendered from own templates, for each node, each deployment, or once.

use minijinja::Value;
use minijinja::value::Serde;

use crate::model::{Model, OwnArtifact};
use crate::spec::{ArtifactEngine, Per};

use super::artifact::Install;
use super::data::{Architecture, Built, FORMAT, Host, PerArchitecture, PerDeployment, PerNode};
use super::run::{Place, Run};

/// Adds the artifacts whose folder is wanted; of one for everything, the first part of its path.
pub(super) fn emit(run: &mut Run<'_>, wanted: impl Fn(&str) -> bool) {
    let model = run.model;
    if model.own.artifacts.is_empty() {
        return;
    }
    let top = |artifact: &OwnArtifact| {
        artifact.per == Per::Architecture && wanted(artifact.path.split('/').next().unwrap_or_default())
    };
    let everything = model.own.artifacts.iter().any(top);
    let architecture = Architecture::of(model, |folder| everything || wanted(folder));
    for artifact in &model.own.artifacts {
        match artifact.per {
            Per::Architecture if top(artifact) => for_everything(run, artifact, &architecture),
            Per::Architecture => {}
            Per::Node | Per::Deployment => {
                let chosen = architecture.all().filter(|built| wanted(&built.folder));
                for built in chosen.filter(|built| artifact.is_for(built.kind, &built.name)) {
                    if artifact.per == Per::Node {
                        for_nodes(run, artifact, built);
                    } else {
                        for_deployment(run, artifact, built);
                    }
                }
            }
        }
    }
}

/// Every deployment and set of sentinels, with the kind of its servers.
pub(super) fn servers(model: &Model) -> Vec<(ArtifactEngine, &str)> {
    let redis = model.deployments.iter().map(|d| (super::data::engine_of(d), d.name.value.as_str()));
    let memcached = model.memcached.iter().map(|d| (ArtifactEngine::Memcached, d.name.value.as_str()));
    let sentinels = model.sentinels.iter().map(|set| (ArtifactEngine::Sentinel, set.name.value.as_str()));
    redis.chain(memcached).chain(sentinels).collect()
}

fn for_everything(run: &mut Run<'_>, artifact: &OwnArtifact, architecture: &Architecture) {
    let records = |list: &[Built]| list.iter().map(|built| built.record.clone()).collect();
    let data = PerArchitecture {
        format: FORMAT,
        spec: &run.model.name,
        hosts: run.model.hosts.iter().map(Host::from).collect(),
        deployments: records(&architecture.deployments),
        sentinels: records(&architecture.sentinels),
    };
    run.declare(artifact.path.value.clone(), artifact.path.span);
    match run.templates.fill(&artifact.template, &Value::from(Serde(data))) {
        Ok(text) => run.add_at_top(&artifact.path, artifact.mode, text.into_bytes()),
        Err(problem) => run.fail_at_top(&artifact.path, problem),
    }
}

fn for_deployment(run: &mut Run<'_>, artifact: &OwnArtifact, built: &Built) {
    let data = PerDeployment { format: FORMAT, spec: &run.model.name, deployment: built.record.clone() };
    let place = Place { folder: &built.folder, node: None, file: &artifact.path };
    add(run, artifact, place, &Value::from(Serde(data)));
}

fn for_nodes(run: &mut Run<'_>, artifact: &OwnArtifact, built: &Built) {
    for (id, node) in &built.nodes {
        let spec = &run.model.name;
        let (node, deployment) = (node.clone(), built.record.clone());
        let data = PerNode { format: FORMAT, spec, node, deployment };
        let place = Place { folder: &built.folder, node: Some(id), file: &artifact.path };
        add(run, artifact, place, &Value::from(Serde(data)));
    }
}

fn add(run: &mut Run<'_>, artifact: &OwnArtifact, place: Place<'_>, data: &Value) {
    run.declare(run.path(place), artifact.path.span);
    match run.templates.fill(&artifact.template, data) {
        Ok(text) => run.add(place, Install::Replace, artifact.mode, text.into_bytes(), Vec::new()),
        Err(problem) => run.fail(place, problem),
    }
}
