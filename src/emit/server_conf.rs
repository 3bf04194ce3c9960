//! redis.conf and valkey.conf.

use std::collections::HashMap;

use crate::catalog::{Engine, Owner, Target, Version};
use crate::model::{Assigned, Deployment, Origin, Setting, Settings, Topology};
use crate::spec::SecretRef;
use crate::text::Unrepresentable;
use crate::text::conf::survives_unescaped;
use crate::text::sentinel::survives_rewrite;
use crate::value::Value;

use super::artifact::{GROUP, Install, SecretPlace, SecretSlot};
use super::block::{Block, Section, one_line, push_comment, push_line};
use super::data::record;
use super::error::Problem;
use super::read_back::ConfReadBack;
use super::run::{Place, Run};
use super::secret::{Secret, Vault};
use super::start_script::StartScripts;
use super::templates::Template;

record! {
    /// What `redis.conf.j2` sees.
    pub(super) struct ServerConf<'a> {
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
        directives: &'a str,
    }
}

/// Adds the configuration file of every node of a deployment.
pub(super) fn emit<'a>(run: &mut Run<'a>, deployment: &'a Deployment) {
    let engine = deployment.target.engine;
    let file = file_name(engine);
    let folder = deployment.name.value.as_str();
    // Failovers and our own script make such a server rewrite its file, those of other topologies need not.
    let follows = matches!(deployment.topology, Topology::Replicated { .. } | Topology::Sentinel { .. });
    let rewrite = if follows { Rewrite::of(&deployment.target) } else { Rewrite::Faithful };
    let writing = Writing { vault: run.vault, rewrite };
    let (shared, problems) = run.shared_lines.block(&deployment.shared, writing);
    for problem in problems {
        run.fail_all(Place { folder, node: None, file }, problem);
    }
    let (spec, name) = (one_line(&run.model.name), one_line(folder));
    let mut scripts = StartScripts::new(rewrite);
    for node in &deployment.nodes {
        let place = Place { folder, node: Some(&node.id), file };
        let (own, problems) = block(&node.own, writing);
        for problem in problems {
            run.fail(place, problem);
        }
        let (directives, secrets) = shared.overlaid(&own);
        scripts.server(run, deployment, node, &secrets);
        let node = one_line(&node.id.0);
        let record = |[deployment, node, directives]: [_; 3]| ServerConf {
            spec: &spec,
            deployment,
            node,
            file,
            engine: engine.name(),
            directives,
        };
        let (target, lines) = (&deployment.target, [directives.as_str()]);
        let reader = ConfReadBack { target, file, node: [&node, &name], model: &lines };
        let texts = [name.as_str(), &node, &directives];
        match run.templates.cast_and_read(Template::ServerConf, texts, record, &reader) {
            Ok(text) => run.add(place, Install::Merge, GROUP, text.into_bytes(), secrets),
            Err(problems) => problems.into_iter().for_each(|problem| run.fail(place, problem)),
        }
    }
}

/// The name of an engine's configuration file.
pub(crate) fn file_name(engine: Engine) -> &'static str {
    if engine == Engine::Valkey { "valkey.conf" } else { "redis.conf" }
}

/// How settings are written.
#[derive(Clone, Copy)]
pub(super) struct Writing<'a> {
    /// Where secrets come from.
    pub(super) vault: Vault<'a>,
    /// What the server will do to secrets when it writes the file again.
    pub(super) rewrite: Rewrite,
}

/// How CONFIG REWRITE treats texts with blanks, quotes or backslashes. What it spoils stops the next start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rewrite {
    /// It keeps them, or there is no rewriting.
    Faithful,
    /// It writes `requirepass` without quotes: 6.0 (`rewriteConfigRequirepassOption` in config.c of 6.0.16; seen
    /// on a server of it); 6.2.14 and later quote it.
    BareRequirepass,
    /// It quotes every text but escapes nothing: Valkey 8.1.1, as seen on a server; 8.0.1 and 9.1.2 escape.
    Unescaped,
}

impl Rewrite {
    /// What servers of a target do.
    pub(super) fn of(target: &Target) -> Self {
        let (first, last) = (target.versions.first, target.versions.last);
        match target.engine {
            Engine::Redis if first < Version::new(6, 2, 0) => Rewrite::BareRequirepass,
            Engine::Valkey if first <= Version::new(8, 1, 1) && last >= Version::new(8, 1, 0) => {
                Rewrite::Unescaped
            }
            _ => Rewrite::Faithful,
        }
    }

    /// Whether a directive's secret is still the same afterwards.
    fn keeps(self, name: &str, secret: &Secret) -> Result<(), Unrepresentable> {
        match self {
            Rewrite::BareRequirepass if name == "requirepass" => survives_rewrite(&secret.0),
            Rewrite::Faithful | Rewrite::BareRequirepass => Ok(()),
            Rewrite::Unescaped => survives_unescaped(&secret.0),
        }
    }
}

/// Lines of settings that deployments share, written once for all of them. They are found by the address of a setting,
/// which nothing else takes as long as the setting is borrowed.
#[derive(Debug, Default)]
pub(super) struct SharedLines<'m>(HashMap<*const Setting, (&'m Setting, Box<str>)>);

impl<'m> SharedLines<'m> {
    /// The directives of settings that others may have too: see [`block`].
    pub(super) fn block(
        &mut self,
        settings: &'m Settings,
        writing: Writing<'_>,
    ) -> (Block<'m>, Vec<Problem>) {
        block_of(settings, |text, setting| {
            if let Some((_, known)) = self.0.get(&std::ptr::from_ref(setting)) {
                text.push_str(known);
                return Ok(Vec::new());
            }
            let start = text.len();
            let secrets = write(text, setting, writing)?;
            if secrets.is_empty() {
                self.0.insert(std::ptr::from_ref(setting), (setting, text[start..].into()));
            }
            Ok(secrets)
        })
    }
}

/// The directives of settings, as far as they can be written, and what stands in the way of the others, by name.
pub(super) fn block<'m>(settings: &'m Settings, writing: Writing<'_>) -> (Block<'m>, Vec<Problem>) {
    block_of(settings, |text, setting| write(text, setting, writing))
}

fn block_of<'m>(
    settings: &'m Settings,
    mut write: impl FnMut(&mut String, &'m Setting) -> Result<Vec<SecretSlot>, Problem>,
) -> (Block<'m>, Vec<Problem>) {
    let mut settings: Vec<_> = settings
        .list()
        .filter(|setting| !is_the_servers(setting))
        .map(|setting| (section(setting), setting))
        .collect();
    // By name they are already.
    settings.sort_by_key(|(section, _)| *section);
    let (mut block, mut problems) = (Block::default(), Vec::new());
    for (section, setting) in settings {
        let name = setting.name.as_str();
        let added = block.add(section, name, |text| write(text, setting));
        problems.extend(added.err().map(|problem| (name, problem)));
    }
    problems.sort_by_key(|(name, _)| *name);
    (block, problems.into_iter().map(|(_, problem)| problem).collect())
}

fn section(setting: &Setting) -> Section {
    setting.directive.map_or(Section::OfModules, |directive| Section::Known(directive.group))
}

/// Roles belong to the servers: a rendered `replicaof` would send a promoted primary back to a dead one.
pub(super) fn is_the_servers(setting: &Setting) -> bool {
    setting.directive.is_some_and(|directive| directive.owner == Owner::Server)
}

/// Adds the lines of a setting; the secrets that belong in them.
fn write(text: &mut String, setting: &Setting, writing: Writing<'_>) -> Result<Vec<SecretSlot>, Problem> {
    let name = setting.name.as_str();
    if matches!(setting.origin, Origin::Node(_)) {
        push_comment(text, "Set for this node alone.");
    }
    let lines = match &setting.value {
        Assigned::Secret(reference) => return write_secret(text, name, reference, writing),
        Assigned::Value(value) => value.to_lines(),
        Assigned::Values(values) => values.iter().flat_map(Value::to_lines).collect(),
        Assigned::Verbatim(written) => written.clone(),
    };
    // An empty one is no secret: it says that there is none.
    if setting.is_secret() && lines.iter().flatten().any(|arg| !arg.is_empty()) {
        return Err(Problem::LiteralSecret { directive: name.to_owned() });
    }
    for args in lines {
        push_line(text, name, &args).map_err(|cause| unwritable(name, None, cause))?;
    }
    Ok(Vec::new())
}

/// Adds the line of a secret, or a comment where it is put in at start.
fn write_secret(
    text: &mut String,
    name: &str,
    reference: &SecretRef,
    writing: Writing<'_>,
) -> Result<Vec<SecretSlot>, Problem> {
    let (secret, slot) = writing.vault.fill(reference, SecretPlace::Directive(name.to_owned()))?;
    match secret {
        None => push_comment(text, &format!("{name}: secret {reference}, left out")),
        Some(secret) => {
            let kept = writing.rewrite.keeps(name, &secret);
            kept.and_then(|()| push_line(text, name, &[secret.0]))
                .map_err(|cause| unwritable(name, Some(reference), cause))?;
        }
    }
    Ok(vec![slot])
}

fn unwritable(name: &str, secret: Option<&SecretRef>, cause: Unrepresentable) -> Problem {
    Problem::Unrepresentable { what: name.to_owned(), secret: secret.cloned(), cause }
}
