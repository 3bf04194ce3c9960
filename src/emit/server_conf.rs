//! redis.conf and valkey.conf.

use serde::Serialize;

use crate::catalog::{Engine, Owner};
use crate::model::{Assigned, Deployment, Origin, Setting, Settings};

use super::artifact::{GROUP, Install, SecretPlace, SecretSlot};
use super::block::{Block, Entry, Line, Section, one_line};
use super::error::Problem;
use super::run::{Place, Run};
use super::secret::Vault;
use super::templates::Template;

/// What the template of redis.conf sees.
#[derive(Serialize)]
struct ServerConf<'a> {
    /// The spec's name.
    spec: &'a str,
    /// The deployment's name.
    deployment: &'a str,
    /// The node's name.
    node: &'a str,
    /// The file's own name.
    file: &'a str,
    /// `redis` or `valkey`.
    engine: &'a str,
    /// The directives, in sections, each line with its line break.
    directives: String,
}

/// Adds the configuration file of every node of a deployment.
pub(super) fn emit(run: &mut Run<'_>, deployment: &Deployment) {
    let engine = deployment.target.engine;
    let file = if engine == Engine::Valkey { "valkey.conf" } else { "redis.conf" };
    let folder = deployment.name.value.as_str();
    let (shared, problems) = block(&deployment.shared, run.vault);
    for problem in problems {
        run.fail_all(Place { folder, node: None, file }, problem);
    }
    let (spec, name) = (one_line(&run.model.name), one_line(folder));
    for node in &deployment.nodes {
        let place = Place { folder, node: Some(&node.id), file };
        let (own, problems) = block(&node.own, run.vault);
        for problem in problems {
            run.fail(place, problem);
        }
        let (directives, secrets) = shared.overlaid(&own);
        let node = one_line(&node.id.0);
        let data = ServerConf {
            spec: &spec,
            deployment: &name,
            node: &node,
            file,
            engine: engine.name(),
            directives,
        };
        match run.templates.render(Template::ServerConf, data) {
            Ok(text) => run.add(place, Install::Merge, GROUP, text.into_bytes(), secrets),
            Err(problem) => run.fail(place, problem),
        }
    }
}

/// The directives of settings, as far as they can be written, and what stands in the way of the others.
pub(super) fn block(settings: &Settings, vault: Vault<'_>) -> (Block, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut entries = Vec::with_capacity(settings.len());
    for setting in settings.list().iter().filter(|setting| !is_the_servers(setting)) {
        match entry(setting, vault) {
            Ok(entry) => entries.push(entry),
            Err(problem) => problems.push(problem),
        }
    }
    (Block::new(entries), problems)
}

/// Roles belong to the servers: a rendered `replicaof` would send a promoted primary back to a dead one.
fn is_the_servers(setting: &Setting) -> bool {
    setting.directive.is_some_and(|directive| directive.owner == Owner::Server)
}

fn entry(setting: &Setting, vault: Vault<'_>) -> Result<Entry, Problem> {
    let name = setting.name.as_str();
    let section = setting.directive.map_or(Section::OfModules, |directive| Section::Known(directive.group));
    let mut lines = Vec::new();
    if matches!(setting.origin, Origin::Node(_)) {
        lines.push(Line::Comment("Set for this node alone.".to_owned()));
    }
    let mut slots: Vec<SecretSlot> = Vec::new();
    let mut secret = None;
    let directive = |args: Vec<Vec<u8>>| Line::Directive(name.to_owned(), args);
    match &setting.value {
        Assigned::Secret(reference) => {
            let (value, slot) = vault.fill(reference, SecretPlace::Directive(name.to_owned()))?;
            secret = Some(reference.clone());
            lines.push(match value {
                Some(value) => directive(vec![value.0]),
                None => Line::Comment(format!("{name}: secret {reference}, put in at start")),
            });
            slots.push(slot);
        }
        Assigned::Value(value) => lines.extend(value.to_lines().into_iter().map(directive)),
        Assigned::Values(values) => {
            lines.extend(values.iter().flat_map(|value| value.to_lines().into_iter().map(directive)));
        }
        Assigned::Verbatim(written) => lines.extend(written.iter().cloned().map(directive)),
    }
    // An empty one is no secret: it says that there is none.
    let holds =
        |line: &Line| matches!(line, Line::Directive(_, args) if args.iter().any(|arg| !arg.is_empty()));
    if secret.is_none() && setting.is_secret() && lines.iter().any(holds) {
        return Err(Problem::LiteralSecret { directive: name.to_owned() });
    }
    Entry::new(section, name, &lines, slots).map_err(|cause| Problem::Unrepresentable {
        what: name.to_owned(),
        secret,
        cause,
    })
}
