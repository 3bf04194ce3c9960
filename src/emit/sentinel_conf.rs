//! sentinel.conf: a plain server's directives, Sentinel's own, and one part per watched deployment.

use crate::model::{Deployment, Sentinel, SentinelSet, Topology, Watch};

use super::artifact::{GROUP, Install, SecretSlot};
use super::block::one_line;
use super::data::record;
use super::endpoint::link_port;
use super::error::Problem;
use super::read_back::ConfReadBack;
use super::run::{Place, Run};
use super::sentinel_lines::SentinelLines;
use super::server_conf::{Rewrite, Writing, block};
use super::start_script::StartScripts;
use super::templates::Template;

/// The name of the file.
pub(super) const FILE: &str = "sentinel.conf";

record! {
    /// What `sentinel.conf.j2` sees.
    pub(super) struct SentinelConf<'a> {
        /// The spec's name.
        spec: &'a str,
        /// The set's name.
        set: &'a str,
        /// The sentinel's name.
        node: &'a str,
        /// The plain directives, in sections, each line with its line break.
        directives: String,
        /// Sentinel's own settings that hold for all deployments.
        global: String,
        /// The watched deployments, by name.
        watches: &'a [Watched],
    }
}

record! {
    /// What sentinels are told about one deployment.
    pub(super) struct Watched {
        /// The deployment's name.
        deployment: String,
        /// Its lines, each with its line break.
        directives: String,
    }
}

/// The folder of a set of sentinels.
pub(super) fn folder(set: &SentinelSet) -> String {
    SentinelSet::folder(&set.name)
}

/// Adds the configuration file of every sentinel of a set.
pub(super) fn emit<'a>(run: &mut Run<'a>, set: &'a SentinelSet) {
    let folder = folder(set);
    let everywhere = Place { folder: &folder, node: None, file: FILE };
    let writing = Writing { vault: run.vault, rewrite: Rewrite::of(&set.target) };
    let (shared, problems) = run.shared_lines.block(&set.shared, writing);
    for problem in problems {
        run.fail_all(everywhere, problem);
    }
    let (mut watches, mut watch_secrets) = (Vec::new(), Vec::new());
    let mut deployments: Vec<_> = run.model.deployments.iter().collect();
    deployments.sort_by_key(|deployment| &deployment.name.value);
    for (deployment, primary, watch) in deployments.into_iter().filter_map(|d| watched_by(d, set)) {
        match watched(run, set, deployment, primary, watch) {
            Ok((part, secrets)) => {
                watches.push(part);
                watch_secrets.extend(secrets);
            }
            Err(problem) => run.fail_all(everywhere, problem),
        }
    }
    let (spec, name) = (one_line(&run.model.name), one_line(&set.name));
    let mut scripts = StartScripts::new(writing.rewrite);
    for sentinel in &set.nodes {
        let place = Place { node: Some(&sentinel.id), ..everywhere };
        let (own, problems) = block(&sentinel.own, writing);
        for problem in problems {
            run.fail(place, problem);
        }
        let (directives, mut secrets) = shared.overlaid(&own);
        let global = match global(run, set, sentinel) {
            Ok(lines) => lines,
            Err(problem) => {
                run.fail(place, problem);
                continue;
            }
        };
        secrets.extend(global.secrets);
        secrets.extend(watch_secrets.iter().cloned());
        scripts.sentinel(run, place, set, sentinel, &secrets);
        let node = one_line(&sentinel.id.0);
        let data = SentinelConf {
            spec: &spec,
            set: &name,
            node: &node,
            directives,
            global: global.text,
            watches: &watches,
        };
        let own = [data.directives.as_str(), data.global.as_str()];
        let lines: Vec<&str> = own.into_iter().chain(watches.iter().map(|w| w.directives.as_str())).collect();
        let reader = ConfReadBack { target: &set.target, file: FILE, node: [&node, &name], model: &lines };
        match run.templates.render_and_read(Template::SentinelConf, &data, &reader) {
            Ok(text) => run.add(place, Install::Merge, GROUP, text.into_bytes(), secrets),
            Err(problems) => problems.into_iter().for_each(|problem| run.fail(place, problem)),
        }
    }
}

/// The deployment, the place of its first primary and how it is watched, where this set watches it.
fn watched_by<'m>(
    deployment: &'m Deployment,
    set: &SentinelSet,
) -> Option<(&'m Deployment, usize, &'m Watch)> {
    match &deployment.topology {
        Topology::Sentinel { primary, watch } if watch.set.value == set.name.value => {
            Some((deployment, *primary, watch))
        }
        _ => None,
    }
}

/// Sentinel's own settings of one sentinel.
fn global(run: &Run<'_>, set: &SentinelSet, sentinel: &Sentinel) -> Result<SentinelLines, Problem> {
    let mut lines = SentinelLines::default();
    for setting in set.globals(sentinel) {
        lines.setting(run.vault, setting, None)?;
    }
    Ok(lines)
}

fn watched(
    run: &Run<'_>,
    set: &SentinelSet,
    deployment: &Deployment,
    primary: usize,
    watch: &Watch,
) -> Result<(Watched, Vec<SecretSlot>), Problem> {
    let name = watch.master_name.as_str();
    let mut lines = SentinelLines::default();
    // 6.0 refuses options of a name that no line above monitors.
    if let Some(node) = deployment.nodes.get(primary) {
        let address = run.model.host(node.host).address.value.as_str();
        let (port, quorum) = (link_port(deployment, node).to_string(), watch.quorum.value.to_string());
        lines.words(&["monitor", name, address, &port, &quorum])?;
    }
    let mut settings: Vec<_> = watch.settings.iter().collect();
    settings.sort_by_key(|setting| setting.name.value.as_str());
    for setting in settings {
        lines.setting(run.vault, setting, Some(name))?;
    }
    // What a deployment insists on counts before what the set's credentials say.
    let by_hand = |option: &str| watch.settings.iter().any(|setting| setting.name.value == option);
    if let Some(login) = &set.auth {
        if let Some(user) = login.user.as_ref().filter(|_| !by_hand("auth-user")) {
            lines.words(&["auth-user", name, &user.value])?;
        }
        if !by_hand("auth-pass") {
            lines.secret(run.vault, &["auth-pass", name], &login.password.value)?;
        }
    }
    Ok((Watched { deployment: one_line(&deployment.name), directives: lines.text }, lines.secrets))
}
