//! systemd units of servers and sentinels.

use crate::model::{
    Assigned, Deployment, Model, NodeId, Sentinel, SentinelSet, Service, Setting, Settings, Topology,
};
use crate::spec::SecretRef;
use crate::text::systemd::{escape_value, quote_exec};
use crate::value::Value;

use super::artifact::{Install, PUBLIC};
use super::block::one_line;
use super::data::record;
use super::effective::Effective;
use super::error::Problem;
use super::folders::{Folders, normal, parent};
use super::run::{Place, Run};
use super::sentinel_conf;
use super::server_conf;
use super::templates::Template;

/// No unit gets fewer open files than systemd's own default.
pub(super) const LEAST_FILES: u64 = 1024;
/// Ports below this are root's, unless a unit gives them away.
pub(super) const FIRST_FREE_PORT: u64 = 1024;
/// Seconds that systemd waits for the end of a service where the unit does not say (`DefaultTimeoutStopSec=`).
const USUAL_STOP: u64 = 90;

record! {
    /// What `server.service.j2` sees. Commands, paths and the description are quoted as systemd reads them.
    pub(super) struct ServerUnit<'a> {
        /// Its file name.
        file: &'a str,
        /// The spec's name.
        spec: &'a str,
        /// The node's name.
        node: &'a str,
        /// The deployment or set, in words.
        what: &'a str,
        /// One line on what it runs.
        description: &'a str,
        /// `notify`, `forking` or `exec`.
        kind: &'a str,
        /// Where a server in the background writes its process ID.
        pid_file: Option<String>,
        /// Whom it runs as.
        user: &'a str,
        /// And with which group, where that is not the user's own.
        group: Option<&'a str>,
        /// The command that prepares the working files.
        prepare: &'a str,
        /// The command that starts it.
        start: &'a str,
        /// Its folders.
        folders: Folders,
        /// Whether it stays down after it ended by itself.
        stays_down: bool,
        /// Seconds it may take to stop, or `infinity`.
        stop: Option<String>,
        /// Whether it saves before it stops.
        saves: bool,
        /// Open files.
        files: u64,
        /// Clients at most.
        clients: u64,
        /// What it may do beside serving.
        rights: Rights,
        /// Whether it is a sentinel.
        sentinel: bool,
    }
}

record! {
    /// What hardening must leave to a server.
    pub(super) struct Rights {
        /// Whether it listens on a port below 1024.
        pub(super) low_port: bool,
        /// Whether modules may bring code that is made while they run.
        pub(super) modules: bool,
    }
}

/// What is to be said of one server.
struct Subject<'a> {
    folder: &'a str,
    what: String,
    unit: String,
    file: &'static str,
    id: &'a NodeId,
    port: u16,
    service: &'a Service,
    /// Passwords of users, or for what it watches: start.sh reads those that stand in files.
    secrets: Vec<&'a SecretRef>,
    effective: Effective<'a>,
    /// Those of the settings that its like share which name paths.
    naming: &'a [&'a Setting],
    stays_down: bool,
    links: u64,
    sentinel: bool,
}

/// Adds the unit of every server of a deployment.
pub(super) fn emit(run: &mut Run<'_>, deployment: &Deployment) {
    let engine = deployment.target.engine;
    let naming = naming(&deployment.shared);
    for node in &deployment.nodes {
        let effective = Effective::of_server(deployment, node);
        let subject = Subject {
            folder: &deployment.name,
            what: one_line(&deployment.name),
            unit: unit_name(engine.name(), &deployment.name, node.port),
            file: server_conf::file_name(engine),
            id: &node.id,
            port: node.port,
            service: &deployment.service,
            secrets: deployment.users.iter().flat_map(|user| &user.passwords).map(|at| &at.value).collect(),
            stays_down: deployment.has_replicas() && !effective.persists(),
            links: deployment.bus_links(),
            effective,
            naming: &naming,
            sentinel: false,
        };
        add(run, &subject);
    }
}

/// Adds the unit of every sentinel of a set.
pub(super) fn emit_sentinels(run: &mut Run<'_>, set: &SentinelSet) {
    let folder = sentinel_conf::folder(set);
    let naming = naming(&set.shared);
    for sentinel in &set.nodes {
        let subject = Subject {
            folder: &folder,
            what: format!("the set {}", one_line(&set.name)),
            unit: sentinel_unit(set, sentinel),
            file: sentinel_conf::FILE,
            id: &sentinel.id,
            port: sentinel.port,
            service: &set.service,
            secrets: secrets_of_sentinel(run.model, set, sentinel),
            effective: Effective::of_sentinel(set, sentinel),
            naming: &naming,
            stays_down: false,
            links: 0,
            sentinel: true,
        };
        add(run, &subject);
    }
}

/// The file name of a unit. A host runs several servers, and a port of it is one server's only.
pub(super) fn unit_name(kind: &str, name: &str, port: u16) -> String {
    format!("{kind}-{name}-{port}.service")
}

fn sentinel_unit(set: &SentinelSet, sentinel: &Sentinel) -> String {
    unit_name(&format!("{}-sentinel", set.target.engine), &set.name, sentinel.port)
}

fn add(run: &mut Run<'_>, subject: &Subject<'_>) {
    let place = Place { folder: subject.folder, node: Some(subject.id), file: &subject.unit };
    match text(run, subject) {
        Ok(text) => run.add(place, Install::Replace, PUBLIC, text.into_bytes(), Vec::new()),
        Err(problem) => run.fail(place, problem),
    }
}

fn text(run: &Run<'_>, subject: &Subject<'_>) -> Result<String, Problem> {
    let (effective, service) = (&subject.effective, subject.service);
    let (spec, node) = (one_line(&run.model.name), one_line(&subject.id.0));
    // A relative folder starts where systemd starts services, at the root.
    let dir = effective.text("dir").unwrap_or("/");
    let data = if dir.starts_with('/') { dir.to_owned() } else { normal("/", dir) };
    let word = |what: &str, word: &str| quote_exec(word).map_err(|why| Problem::unrepresentable(what, why));
    let file = word("dir", &[data.trim_end_matches('/'), "/", subject.file].concat())?;
    let start =
        [service.program.as_str(), " ", &file, if subject.sentinel { " --sentinel" } else { "" }].concat();
    let prepare = word("install-dir", &format!("{}/{}/start.sh", service.install_dir, subject.id))?;
    let description = description(subject)?;
    let unwritable = |why| Problem::unrepresentable("dir", why);
    let folders = Folders::new(Some(&data), written(effective), needed(subject)).map_err(unwritable)?;
    let kind = kind(effective);
    let pid_file = effective.text("pidfile").filter(|_| kind == "forking");
    let pid_file = pid_file.map(|path| escape_value(&normal(&data, path)));
    let pid_file = pid_file.transpose().map_err(|why| Problem::unrepresentable("pidfile", why))?;
    let clients = effective.integer("maxclients").unwrap_or_default();
    let saves = saves_at_stop(effective) && !subject.sentinel;
    let stop = if saves { Some("infinity".to_owned()) } else { patient_stop(effective) };
    let rights = rights(effective);
    let record = |[file, node, what, description, prepare, start, state]: [_; 7]| ServerUnit {
        file,
        spec: &spec,
        node,
        what,
        description,
        kind,
        pid_file: pid_file.clone(),
        user: &service.user,
        group: service.group.as_deref(),
        prepare,
        start,
        folders: folders.with_state(state),
        stays_down: subject.stays_down,
        stop: stop.clone(),
        saves,
        files: (clients + Service::RESERVED_FILES + subject.links).max(LEAST_FILES),
        clients,
        rights: rights.clone(),
        sentinel: subject.sentinel,
    };
    let state = folders.state().unwrap_or_default();
    let texts = [&subject.unit, &node, &subject.what, &description, &prepare, &start, state];
    run.templates.cast(Template::Unit, texts, record)
}

fn rights(effective: &Effective<'_>) -> Rights {
    let ports = ["port", "tls-port", "cluster-port"].map(|name| effective.integer(name).unwrap_or_default());
    let modules = effective.target.build.modules || effective.sets("loadmodule");
    Rights { low_port: ports.iter().any(|port| (1..FIRST_FREE_PORT).contains(port)), modules }
}

fn description(subject: &Subject<'_>) -> Result<String, Problem> {
    let (engine, port) = (subject.effective.target.engine.title(), subject.port);
    let text = if subject.sentinel {
        format!("{engine} Sentinel of {} on port {port}", subject.what)
    } else {
        format!("{engine} {} on port {port}", subject.what)
    };
    escape_value(&text).map_err(|why| Problem::unrepresentable("the description", why))
}

/// How systemd learns that it is up. A server only notifies where it is told to and built for it; where it
/// notifies, it does not go into the background (`redisIsSupervised` and `main` in server.c).
fn kind(effective: &Effective<'_>) -> &'static str {
    let told = effective.says("supervised", "systemd") || effective.says("supervised", "auto");
    if told && effective.target.build.systemd {
        "notify"
    } else if effective.is_on("daemonize") {
        "forking"
    } else {
        "exec"
    }
}

/// Whether it writes a snapshot when it is told to end (`prepareForShutdown` in server.c).
fn saves_at_stop(effective: &Effective<'_>) -> bool {
    let says = |word| effective.says("shutdown-on-sigterm", word);
    says("save") || (effective.snapshots() && !says("nosave"))
}

/// More time than systemd usually gives, where it may wait longer for its replicas.
fn patient_stop(effective: &Effective<'_>) -> Option<String> {
    let wait = effective.integer("shutdown-timeout")?;
    (wait + 30 > USUAL_STOP).then(|| (wait + 30).to_string())
}

/// Folders that it writes to beside its data folder.
fn written(effective: &Effective<'_>) -> Vec<String> {
    let files = ["logfile", "pidfile", "unixsocket", "aclfile", "cluster-config-file"];
    files.iter().filter_map(|name| effective.text(name)).map(parent).collect()
}

/// The passwords that a sentinel is known by and logs in with.
fn secrets_of_sentinel<'m>(
    model: &'m Model,
    set: &'m SentinelSet,
    sentinel: &Sentinel,
) -> Vec<&'m SecretRef> {
    let own = set.own_global.get(&sentinel.id).into_iter().flatten();
    let watched = model.deployments.iter().filter_map(|deployment| match &deployment.topology {
        Topology::Sentinel { watch, .. } if watch.set.value == set.name.value => Some(&watch.settings),
        _ => None,
    });
    let settings = set.global.iter().chain(own).chain(watched.flatten());
    let settings = settings.filter_map(|setting| setting.secret.as_ref());
    let passwords = set.users.iter().flat_map(|user| &user.passwords);
    let login = set.auth.as_ref().map(|login| &login.password);
    settings.chain(login).chain(passwords).map(|at| &at.value).collect()
}

/// Every path that has to be seen before it runs and while it does.
fn needed(subject: &Subject<'_>) -> Vec<String> {
    let Service { program, install_dir, .. } = subject.service;
    let mut paths = vec![program.clone(), install_dir.clone()];
    for setting in subject.effective.overlaid(subject.naming) {
        named(setting, &mut paths);
    }
    let secrets = subject.secrets.iter().filter_map(|secret| file(secret));
    paths.extend(secrets.map(str::to_owned));
    paths
}

/// The settings that name a path.
fn naming(settings: &Settings) -> Vec<&Setting> {
    let names = |setting: &&Setting| {
        let mut paths = Vec::new();
        named(setting, &mut paths);
        !paths.is_empty()
    };
    settings.list().filter(names).collect()
}

/// Adds every absolute path that a setting names.
fn named(setting: &Setting, paths: &mut Vec<String>) {
    let values = match &setting.value {
        Assigned::Value(value) => std::slice::from_ref(value),
        Assigned::Values(values) => values,
        Assigned::Secret(secret) => return paths.extend(file(secret).map(str::to_owned)),
        Assigned::Verbatim(_) => return,
    };
    for value in values {
        let words = match value {
            Value::Text(text) => std::slice::from_ref(text),
            Value::Args(args) => args,
            _ => continue,
        };
        let texts = words.iter().filter_map(|word| std::str::from_utf8(word).ok());
        paths.extend(texts.filter(|text| text.starts_with('/')).map(str::to_owned));
    }
}

/// The file that holds a secret.
fn file(secret: &SecretRef) -> Option<&str> {
    match secret {
        SecretRef::File(path) => Some(path),
        SecretRef::Env(_) => None,
    }
}
