//! systemd units of memcached.

use crate::model::{Memcached, MemcachedNode};
use crate::text::systemd::{escape_value, quote_exec};

use super::block::one_line;
use super::data::record;
use super::error::Problem;
use super::folders::{Folders, normal, parent};
use super::memcached::value;
use super::run::Run;
use super::templates::Template;
use super::unit::{FIRST_FREE_PORT, LEAST_FILES, Rights, unit_name};

/// Connections where nothing says how many (`settings_init` in memcached.c).
const CONNECTIONS: u64 = 1024;

record! {
    /// What `memcached.service.j2` sees. Commands, paths and the description are quoted as systemd reads them.
    pub(super) struct MemcachedUnit<'a> {
        /// Its file name.
        file: &'a str,
        /// The spec's name.
        spec: &'a str,
        /// The node's name.
        node: &'a str,
        /// The deployment's name.
        deployment: &'a str,
        /// One line on what it runs.
        description: &'a str,
        /// Whether it goes into the background.
        daemon: bool,
        /// Where it writes its process ID then.
        pid_file: Option<String>,
        /// Whom it runs as.
        user: &'a str,
        /// And with which group, where that is not the user's own.
        group: Option<&'a str>,
        /// The command that starts it.
        start: &'a str,
        /// Open files.
        files: u64,
        /// Whether it keeps its memory in RAM.
        lock_memory: bool,
        /// Its folders.
        folders: Folders,
        /// What it may do beside serving.
        rights: Rights,
    }
}

/// The file name of a server's unit.
pub(super) fn file_name(deployment: &Memcached, node: &MemcachedNode) -> String {
    unit_name("memcached", &deployment.name, node.port)
}

/// The unit of one server, started with these arguments.
pub(super) fn text(
    run: &Run<'_>,
    deployment: &Memcached,
    node: &MemcachedNode,
    args: &[String],
) -> Result<String, Problem> {
    let unwritable = |what: &str| {
        let what = what.to_owned();
        move |why| Problem::unrepresentable(what, why)
    };
    let mut start = deployment.service.program.clone();
    for arg in args {
        start.push(' ');
        start.push_str(&quote_exec(arg).map_err(unwritable(arg))?);
    }
    // It refuses to run as root unless told to.
    if matches!(deployment.service.user.as_str(), "root" | "0") && value(node, "user").is_none() {
        start.push_str(" --user=root");
    }
    let pid_file = value(node, "pidfile").map(|path| escape_value(&normal("/", path)));
    let connections = value(node, "conn-limit").and_then(|limit| limit.parse().ok()).unwrap_or(CONNECTIONS);
    let has = |name: &str| node.options.iter().any(|option| option.name == name);
    let read: Vec<String> = node.options.iter().filter_map(|option| option.value.clone()).collect();
    let read = read.into_iter().filter(|value| value.starts_with('/'));
    let read = read.chain([deployment.service.program.clone()]);
    let description = format!("memcached {} on port {}", one_line(&deployment.name), node.port);
    let unit = file_name(deployment, node);
    let (spec, name) = (one_line(&run.model.name), one_line(&deployment.name));
    let description = escape_value(&description).map_err(unwritable("the description"))?;
    let pid_file = pid_file.transpose().map_err(unwritable("pidfile"))?;
    let folders = Folders::new(None, written(node), read).map_err(unwritable("a path"))?;
    let record = |[file, node_name, description, start]: [_; 4]| MemcachedUnit {
        file,
        spec: &spec,
        node: node_name,
        deployment: &name,
        description,
        daemon: has("daemon"),
        pid_file: pid_file.clone(),
        user: &deployment.service.user,
        group: deployment.service.group.as_deref(),
        start,
        files: connections.max(LEAST_FILES),
        lock_memory: has("lock-memory"),
        folders: folders.clone(),
        rights: Rights { low_port: (1..FIRST_FREE_PORT).contains(&u64::from(node.port)), modules: false },
    };
    let texts = [unit.as_str(), &one_line(&node.id.0), &description, &start];
    run.templates.cast(Template::MemcachedUnit, texts, record)
}

/// Folders that it writes to. Behind the path of `ext_path` stand size and more, each after a `:`.
fn written(node: &MemcachedNode) -> Vec<String> {
    let files = node.options.iter().filter_map(|option| {
        let value = option.value.as_deref()?;
        match option.name.as_str() {
            "pidfile" | "unix-socket" | "memory-file" => Some(value),
            "ext_path" => value.split(':').next(),
            _ => None,
        }
    });
    files.map(parent).collect()
}
