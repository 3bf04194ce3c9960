//! sentinel.conf: a plain server's directives, Sentinel's own, and one part per watched deployment.

use serde::Serialize;

use crate::model::{Deployment, SentinelSet, Topology, Watch, WatchSetting};
use crate::text::sentinel::survives_rewrite;

use super::artifact::{GROUP, Install, SecretPlace, SecretSlot};
use super::block::{Line, one_line, write_lines};
use super::endpoint::link_port;
use super::error::Problem;
use super::run::{Place, Run};
use super::secret::Vault;
use super::server_conf::{Rewrite, Writing, block};
use super::templates::Template;

const FILE: &str = "sentinel.conf";

/// What the template of sentinel.conf sees.
#[derive(Serialize)]
struct SentinelConf<'a> {
    /// The spec's name.
    spec: &'a str,
    /// The set's name.
    set: &'a str,
    /// The sentinel's name.
    node: &'a str,
    /// The plain directives, in sections, each line with its line break.
    directives: String,
    /// Sentinel's own settings that hold for all deployments.
    global: &'a str,
    /// The watched deployments, by name.
    watches: &'a [Watched],
}

/// What sentinels are told about one deployment.
#[derive(Serialize)]
struct Watched {
    /// The deployment's name.
    deployment: String,
    /// Its lines.
    directives: String,
    /// The secrets in its lines.
    #[serde(skip)]
    secrets: Vec<SecretSlot>,
}

/// The folder of a set of sentinels.
pub(super) fn folder(set: &SentinelSet) -> String {
    format!("sentinels-{}", set.name.value)
}

/// Adds the configuration file of every sentinel of a set.
pub(super) fn emit(run: &mut Run<'_>, set: &SentinelSet) {
    let folder = folder(set);
    let everywhere = Place { folder: &folder, node: None, file: FILE };
    let writing = Writing { vault: run.vault, rewrite: Rewrite::of(&set.target) };
    let (shared, problems) = block(&set.shared, writing);
    for problem in problems {
        run.fail_all(everywhere, problem);
    }
    let mut global = String::new();
    let mut watches = Vec::new();
    match write(&global_lines(&set.global)) {
        Ok(text) => global = text,
        Err(problem) => run.fail_all(everywhere, problem),
    }
    let mut deployments: Vec<_> = run.model.deployments.iter().collect();
    deployments.sort_by_key(|deployment| &deployment.name.value);
    for (deployment, primary, watch) in deployments.into_iter().filter_map(|d| watched_by(d, set)) {
        match watched(run, set, deployment, primary, watch) {
            Ok(part) => watches.push(part),
            Err(problem) => run.fail_all(everywhere, problem),
        }
    }
    let (spec, name) = (one_line(&run.model.name), one_line(&set.name));
    for sentinel in &set.nodes {
        let place = Place { node: Some(&sentinel.id), ..everywhere };
        let (own, problems) = block(&sentinel.own, writing);
        for problem in problems {
            run.fail(place, problem);
        }
        let (directives, mut secrets) = shared.overlaid(&own);
        secrets.extend(watches.iter().flat_map(|watch| watch.secrets.iter().cloned()));
        let node = one_line(&sentinel.id.0);
        let data = SentinelConf {
            spec: &spec,
            set: &name,
            node: &node,
            directives,
            global: &global,
            watches: &watches,
        };
        match run.templates.render(Template::SentinelConf, data) {
            Ok(text) => run.add(place, Install::Merge, GROUP, text.into_bytes(), secrets),
            Err(problem) => run.fail(place, problem),
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

fn watched(
    run: &Run<'_>,
    set: &SentinelSet,
    deployment: &Deployment,
    primary: usize,
    watch: &Watch,
) -> Result<Watched, Problem> {
    let name = watch.master_name.as_str();
    // 6.0 refuses options of a name that no line above monitors.
    let mut lines: Vec<Line> = Vec::new();
    if let Some(node) = deployment.nodes.get(primary) {
        let address = run.model.host(node.host).address.value.as_str();
        let port = link_port(deployment, node).to_string();
        lines.push(sentinel_line(["monitor", name, address, &port, &watch.quorum.value.to_string()]));
    }
    let mut settings: Vec<&WatchSetting> = watch.settings.iter().collect();
    settings.sort_by_key(|setting| setting.name.value.as_str());
    for setting in settings {
        for args in &setting.lines {
            let words = [setting.name.value.as_str(), name].into_iter();
            lines.push(sentinel_line(words.chain(args.iter().map(String::as_str))));
        }
    }
    let mut secrets = Vec::new();
    let mut directives = String::new();
    if let Some(login) = &set.auth {
        if let Some(user) = &login.user {
            lines.push(sentinel_line(["auth-user", name, &user.value]));
        }
        directives = write(&lines)?;
        let (line, slot) = auth_pass(run.vault, name, &login.password.value)?;
        directives.push_str(&line);
        secrets.push(slot);
    } else {
        directives.push_str(&write(&lines)?);
    }
    Ok(Watched { deployment: one_line(&deployment.name), directives, secrets })
}

/// The line of the password, or a comment where it is put in at start.
fn auth_pass(
    vault: Vault<'_>,
    master: &str,
    reference: &crate::spec::SecretRef,
) -> Result<(String, SecretSlot), Problem> {
    let place = SecretPlace::AuthPass(master.to_owned());
    let what = place.to_string();
    let (secret, slot) = vault.fill(reference, place)?;
    let line = match secret {
        None => Line::Comment(format!("{what}: secret {reference}, put in at start")),
        Some(secret) => {
            let args = vec!["auth-pass".into(), master.into(), secret.0];
            Line::Directive("sentinel".to_owned(), args)
        }
    };
    let written = check_rewrite(&line).and_then(|()| write_lines(std::slice::from_ref(&line)));
    match written {
        Ok(text) => Ok((text, slot)),
        Err(cause) => Err(Problem::Unrepresentable { what, secret: Some(reference.clone()), cause }),
    }
}

fn global_lines(settings: &[WatchSetting]) -> Vec<Line> {
    let mut settings: Vec<&WatchSetting> = settings.iter().collect();
    settings.sort_by_key(|setting| setting.name.value.as_str());
    let line = |setting: &WatchSetting, args: &Vec<String>| {
        let words = std::iter::once(setting.name.value.as_str());
        sentinel_line(words.chain(args.iter().map(String::as_str)))
    };
    settings
        .into_iter()
        .flat_map(|setting| setting.lines.iter().map(move |args| line(setting, args)))
        .collect()
}

fn sentinel_line<'w>(words: impl IntoIterator<Item = &'w str>) -> Line {
    let args = words.into_iter().map(|word| word.as_bytes().to_vec()).collect();
    Line::Directive("sentinel".to_owned(), args)
}

/// Writes lines that Sentinel can write again.
fn write(lines: &[Line]) -> Result<String, Problem> {
    for line in lines {
        check_rewrite(line).map_err(|cause| Problem::unrepresentable(what(line), cause))?;
    }
    write_lines(lines).map_err(|cause| Problem::unrepresentable("sentinel", cause))
}

/// The first two words of a line.
fn what(line: &Line) -> String {
    match line {
        Line::Directive(name, args) => {
            let option = args.first().map(|arg| String::from_utf8_lossy(arg)).unwrap_or_default();
            format!("{name} {option}")
        }
        Line::Comment(_) => String::new(),
    }
}

/// Sentinel writes its lines without quotes, at its first start already.
fn check_rewrite(line: &Line) -> Result<(), crate::text::Unrepresentable> {
    match line {
        Line::Directive(_, args) => args.iter().try_for_each(|arg| survives_rewrite(arg)),
        Line::Comment(_) => Ok(()),
    }
}
