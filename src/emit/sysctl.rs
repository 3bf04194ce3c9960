//! sysctl.conf: what the servers of a machine want of its kernel, and what the spec declares of it.
//!
//! Files of several servers of one machine come to lie side by side, and the last one of a setting counts. So
//! every node's file holds the same: what all servers of its machine want.

use std::collections::BTreeMap;

use crate::model::{Host, HostId, MemcachedNode, Model, NodeId};
use crate::text::sysctl::{dotted, write_setting};

use super::artifact::{Install, PUBLIC};
use super::block::one_line;
use super::bytes::Bytes;
use super::data::record;
use super::effective::Effective;
use super::error::Problem;
use super::memcached::value;
use super::run::{Place, Run};
use super::sentinel_conf;
use super::templates::Template;

const FILE: &str = "sysctl.conf";
/// The kernel's default since 5.4 (`SOMAXCONN` in linux/socket.h; ip-sysctl.rst): never lowered here.
const USUAL_SOMAXCONN: u64 = 4096;
/// memcached's own backlog (`settings_init` in memcached.c).
const MEMCACHED_BACKLOG: u64 = 1024;

record! {
    /// What `sysctl.conf.j2` sees.
    pub(super) struct Sysctl<'a> {
        /// The spec's name.
        spec: &'a str,
        /// The host's name.
        host: &'a str,
        /// The settings, each with its reason above it.
        settings: &'a str,
        /// Whether a server of the machine cannot keep huge pages off by itself.
        huge_pages: bool,
    }
}

/// What the servers of one machine want.
#[derive(Debug, Clone, Default)]
struct Wants<'m> {
    /// The longest queue of connections, and whose it is.
    backlog: Option<(u64, &'m str)>,
    /// One that forks.
    forks: Option<&'m str>,
    /// One that cannot, or is told not to, keep huge pages off by itself.
    huge_pages: bool,
}

impl<'m> Wants<'m> {
    fn queue(&mut self, length: u64, whose: &'m str) {
        let longest = |(other, its): (u64, &str)| (other, whose) > (length, its);
        if !self.backlog.is_some_and(longest) {
            self.backlog = Some((length, whose));
        }
    }

    fn fork(&mut self, name: &'m str) {
        self.forks = Some(self.forks.map_or(name, |other| other.min(name)));
    }
}

/// The files of every host, made once for all of its nodes.
pub(super) struct Files<'m> {
    model: &'m Model,
    wants: BTreeMap<&'m str, Wants<'m>>,
    written: BTreeMap<HostId, Result<Bytes, Problem>>,
}

impl<'m> Files<'m> {
    /// Looks at every server of a model. Hosts with one address are one machine.
    pub(super) fn new(model: &'m Model) -> Self {
        let mut wants: BTreeMap<&str, Wants<'_>> = BTreeMap::new();
        for deployment in &model.deployments {
            let name = deployment.name.value.as_str();
            for node in &deployment.nodes {
                let effective = Effective::of_server(deployment, node);
                let machine = wants.entry(machine(model, node.host)).or_default();
                machine.queue(effective.integer("tcp-backlog").unwrap_or_default(), name);
                machine.fork(name);
                machine.huge_pages |= !effective.knows("disable-thp") || !effective.is_on("disable-thp");
            }
        }
        for set in &model.sentinels {
            for sentinel in &set.nodes {
                let effective = Effective::of_sentinel(set, sentinel);
                let machine = wants.entry(machine(model, sentinel.host)).or_default();
                machine.queue(effective.integer("tcp-backlog").unwrap_or_default(), &set.name);
            }
        }
        for deployment in &model.memcached {
            for node in &deployment.nodes {
                wants.entry(machine(model, node.host)).or_default().queue(backlog(node), &deployment.name);
            }
        }
        Files { model, wants, written: BTreeMap::new() }
    }

    /// Adds the file of every node of the folders that are wanted.
    pub(super) fn emit(&mut self, run: &mut Run<'_>, wanted: impl Fn(&str) -> bool) {
        let model = self.model;
        for deployment in model.deployments.iter().filter(|one| wanted(&one.name)) {
            deployment.nodes.iter().for_each(|node| self.add(run, &deployment.name, &node.id, node.host));
        }
        for set in &model.sentinels {
            let folder = sentinel_conf::folder(set);
            if wanted(&folder) {
                set.nodes.iter().for_each(|node| self.add(run, &folder, &node.id, node.host));
            }
        }
        for deployment in model.memcached.iter().filter(|one| wanted(&one.name)) {
            deployment.nodes.iter().for_each(|node| self.add(run, &deployment.name, &node.id, node.host));
        }
    }

    fn add(&mut self, run: &mut Run<'_>, folder: &str, node: &NodeId, host: HostId) {
        let place = Place { folder, node: Some(node), file: FILE };
        let (model, wants) = (self.model, &self.wants);
        let text = self.written.entry(host).or_insert_with(|| {
            let wants = wants.get(machine(model, host)).cloned().unwrap_or_default();
            text(run, model.host(host), &wants)
        });
        match text {
            Ok(bytes) => run.add(place, Install::Replace, PUBLIC, bytes.clone(), Vec::new()),
            Err(problem) => run.fail(place, problem.clone()),
        }
    }
}

fn machine(model: &Model, host: HostId) -> &str {
    &model.host(host).address.value
}

fn backlog(node: &MemcachedNode) -> u64 {
    value(node, "listen-backlog").and_then(|length| length.parse().ok()).unwrap_or(MEMCACHED_BACKLOG)
}

fn text(run: &Run<'_>, host: &Host, wants: &Wants<'_>) -> Result<Bytes, Problem> {
    let mut settings: BTreeMap<String, (String, String)> = BTreeMap::new();
    if let Some(name) = wants.forks {
        // linuxOvercommitMemoryWarning in server.c and syscheck.c.
        let reason = format!(
            "{name} forks for snapshots and replicas, which the kernel may refuse for want of memory that the copy never needs; the server warns without this"
        );
        settings.insert("vm.overcommit_memory".to_owned(), ("1".to_owned(), reason));
    }
    if let Some((length, name)) = wants.backlog {
        // checkTcpBacklogSettings in server.c; listen(2).
        let reason = format!(
            "The queue of {name} for new connections is {length} long, and no queue is longer than this; {USUAL_SOMAXCONN} is usual"
        );
        let length = length.max(USUAL_SOMAXCONN).to_string();
        settings.insert("net.core.somaxconn".to_owned(), (length, reason));
    }
    for (name, value) in host.spec.sysctl.iter().flat_map(|sysctl| &sysctl.value.0) {
        let wanted = settings.get(&dotted(name)).filter(|(wanted, _)| *wanted != value.value);
        let reason = match wanted {
            Some((wanted, _)) => format!("Declared of the host in the spec; its servers want {wanted}"),
            None => "Declared of the host in the spec".to_owned(),
        };
        settings.insert(dotted(name), (value.value.clone(), reason));
    }
    let mut lines = String::new();
    for (name, (value, reason)) in &settings {
        let line = write_setting(name, value)
            .map_err(|why| Problem::unrepresentable(format!("sysctl {}", one_line(name)), why))?;
        lines.extend(["\n# ", &one_line(reason), ".\n", &line, "\n"]);
    }
    let (spec, name) = (one_line(&run.model.name), one_line(&host.name));
    let record =
        |[host, settings]: [_; 2]| Sysctl { spec: &spec, host, settings, huge_pages: wants.huge_pages };
    run.templates.cast(Template::Sysctl, [&name, &lines], record).map(Bytes::from)
}
