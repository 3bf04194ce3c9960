//! What the servers of a machine may take of its memory, term by term. No rule lives here.
//!
//! What `maxmemory` bounds is everything that the server allocates (`zmalloc_used_memory`), and so the backlog of
//! replication and the buffers of clients are in it. Not in it are what `freeMemoryGetNotCountedMemory` (evict.c)
//! takes out of the count, and what the allocator, the process and a forked child take beside it.

use std::collections::{BTreeMap, BTreeSet};

use super::failover::{groups, may_lead};
use super::servers::{Servers, machine};
use crate::catalog::Version;
use crate::catalog::memcached::option;
use crate::model::{Deployment, HostId, Memcached, MemcachedNode, Model, Node, SentinelSet};
use crate::source::{At, Span};
use crate::value::{Value, size_text};

/// Resident memory of an empty server beyond what it counts as used: 9 to 14 MB, measured on Redis 6.0.16 to 8.0.6
/// and Valkey 8.0.1 to 9.1.2 with jemalloc.
pub(super) const PROCESS: u64 = 14 << 20;

/// Resident memory of a sentinel: 10 to 14 MB, measured on the same versions.
const SENTINEL: u64 = 14 << 20;

/// Resident memory of an empty memcached, its first hash table included: 5 to 6.2 MB, measured on 1.6.18, 1.6.38
/// and 1.6.45. 500 connections add 0.4 MB.
const MEMCACHED: u64 = 6 << 20;

/// What the allocator takes beside the bytes that were asked for, as a part of them: resident memory is 1.02 to
/// 1.15 of them on a server that was just filled, and more later.
const ALLOCATOR_PART: u64 = 20;

/// The part of a data set that is taken to be copied while a child saves it, where nothing is known of the writes.
const COPIED_PART: u64 = 4;

/// How many bytes are copied for one that is written, while few pages were written twice: values of 1 KB at random
/// dirty 1.5 pages each (Redis 7.0.15, 508 MB: 75 MB copied for 12 MB, 328 MB for 116 MB).
const COPIED_PER_WRITTEN: u64 = 6;

/// How much of a data set is saved, or sent and loaded, in a second.
pub(super) const SPEED: u64 = 100 << 20;

/// From here on replicas share one buffer with the backlog, and a rewrite of the append-only file needs none.
pub(super) const SHARED_BUFFERS: Version = Version::new(7, 0, 0);

/// What memory is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Term {
    /// `maxmemory`, or that of the primary whose data a replica holds.
    Maxmemory,
    /// memcached's `memory-limit`.
    MemoryLimit,
    /// Programs, libraries, stacks, what an empty server has.
    Process,
    /// Pages that the allocator holds beside the bytes that were asked for.
    Allocator,
    /// Pages that are copied while a child saves or sends the data; the rate of writes is declared.
    Copied,
    /// The same, where the rate is not declared.
    CopiedPart,
    /// What replicas have not yet read, beyond the backlog.
    ReplicaBuffers,
    /// What is written while the append-only file is rewritten (up to 6.2).
    RewriteBuffer,
    /// The old data that a replica keeps while it loads new ones (`repl-diskless-load = "swapdb"`).
    OldData,
    /// What a replica receives on the second channel while it loads.
    SyncBuffer,
    /// A whole sentinel.
    Sentinel,
}

impl Term {
    /// Whether the spec says the number itself: what is taken for certain when the server is full.
    pub(super) const fn is_declared(self) -> bool {
        matches!(self, Term::Maxmemory | Term::MemoryLimit)
    }

    /// What a table calls it.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Term::Maxmemory => "maxmemory",
            Term::MemoryLimit => "memory-limit",
            Term::Process => "the processes",
            Term::Allocator => "allocator, 5%",
            Term::Copied => "copied in a save",
            Term::CopiedPart => "copied in a save, 25%",
            Term::ReplicaBuffers => "buffers of replicas",
            Term::RewriteBuffer => "AOF rewrite buffer",
            Term::OldData => "old data in a sync",
            Term::SyncBuffer => "writes during a sync",
            Term::Sentinel => "sentinels",
        }
    }
}

/// A term of one or several servers of a deployment that take equally much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item<'m> {
    /// The deployment or set of sentinels.
    pub(super) owner: &'m str,
    pub(super) term: Term,
    /// Bytes of each.
    pub(super) each: u64,
    /// How many servers.
    pub(super) count: u64,
    /// Where the number is set.
    pub(super) place: Option<Span>,
}

impl Item<'_> {
    fn bytes(&self) -> u64 {
        self.each.saturating_mul(self.count)
    }
}

/// A machine with its declared memory, and what its servers take.
#[derive(Debug)]
pub(super) struct Footprint<'m> {
    /// Bytes, where the spec declares them.
    pub(super) memory: At<u64>,
    /// The host that declares them.
    pub(super) host: HostId,
    pub(super) items: Vec<Item<'m>>,
    /// Deployments whose servers here have no limit.
    pub(super) unlimited: BTreeSet<&'m str>,
}

impl<'m> Footprint<'m> {
    /// The bytes of some terms.
    pub(super) fn sum(&self, counts: impl Fn(Term) -> bool) -> u64 {
        let items = self.items.iter().filter(|item| counts(item.term));
        items.fold(0, |sum, item| sum.saturating_add(item.bytes()))
    }

    /// Some terms as a table, with their sum below.
    pub(super) fn table(&self, counts: impl Fn(Term) -> bool + Copy) -> String {
        let mut rows: Vec<[String; 4]> = Vec::new();
        for item in self.items.iter().filter(|item| counts(item.term)) {
            let times = if item.count == 1 { String::new() } else { format!("{} x", item.count) };
            rows.push([item.owner.to_owned(), item.term.title().to_owned(), times, rounded(item.each)]);
        }
        rows.push(["together".to_owned(), String::new(), String::new(), rounded(self.sum(counts))]);
        let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
        let widths = [width(0), width(1), width(2), width(3)];
        let line = |[owner, term, times, each]: &[String; 4]| {
            let [a, b, c, d] = widths;
            format!("{owner:a$}  {term:b$}  {times:>c$} {each:>d$}")
        };
        rows.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// The one deployment that everything here belongs to.
    pub(super) fn only_owner(&self) -> Option<&'m str> {
        let first = self.items.first()?.owner;
        self.items.iter().all(|item| item.owner == first).then_some(first)
    }

    fn add(&mut self, owner: &'m str, term: Term, each: u64, place: Option<Span>) {
        let same = |item: &&mut Item<'_>| (item.owner, item.term, item.each) == (owner, term, each);
        match self.items.iter_mut().find(same) {
            _ if each == 0 => {}
            Some(item) => item.count += 1,
            None => self.items.push(Item { owner, term, each, count: 1, place }),
        }
    }
}

/// Bytes as people read them: exact where a unit fits, else with one digit behind the point.
pub(super) fn rounded(bytes: u64) -> String {
    let exact = size_text(bytes);
    if exact.len() <= "1023mb".len() {
        return exact;
    }
    let (unit, name) = if bytes >= 1 << 30 { (1_u64 << 30, "gb") } else { (1 << 20, "mb") };
    let tenths = (u128::from(bytes) * 10 + u128::from(unit / 2)) / u128::from(unit);
    format!("{}.{}{name}", tenths / 10, tenths % 10)
}

/// Every machine whose memory is declared, by the order of its hosts. Deployments of which something could not be
/// read count nothing: what is said of the others holds all the same.
pub(super) fn footprints(model: &Model) -> Vec<Footprint<'_>> {
    let mut machines = declared(model);
    if machines.is_empty() {
        return Vec::new();
    }
    for deployment in model.deployments.iter().filter(|deployment| deployment.complete) {
        add_deployment(model, deployment, &mut machines);
    }
    for set in &model.sentinels {
        add_sentinels(model, set, &mut machines);
    }
    for deployment in &model.memcached {
        add_memcached(model, deployment, &mut machines);
    }
    let mut all: Vec<Footprint<'_>> = machines.into_values().collect();
    all.sort_by_key(|footprint| footprint.host);
    all
}

/// Footprints by address.
type Machines<'m> = BTreeMap<&'m str, Footprint<'m>>;

/// The machines with declared memory; where hosts of one address differ, the larger number counts.
fn declared(model: &Model) -> Machines<'_> {
    let mut machines: Machines<'_> = BTreeMap::new();
    for (at, host) in model.hosts.iter().enumerate() {
        let Some(memory) = host.spec.memory else { continue };
        let (id, memory) = (HostId(at), memory.map(|size| size.0));
        let new = Footprint { memory, host: id, items: Vec::new(), unlimited: BTreeSet::new() };
        let known = machines.get(machine(model, id)).is_some_and(|known| known.memory.value >= memory.value);
        if !known && memory.value > 0 {
            machines.insert(machine(model, id), new);
        }
    }
    machines
}

fn add_sentinels<'m>(model: &'m Model, set: &'m SentinelSet, machines: &mut Machines<'m>) {
    for node in &set.nodes {
        if let Some(footprint) = machines.get_mut(machine(model, node.host)) {
            footprint.add(&set.name.value, Term::Sentinel, SENTINEL, None);
        }
    }
}

fn add_memcached<'m>(model: &'m Model, deployment: &'m Memcached, machines: &mut Machines<'m>) {
    let unread = |name: &String| ["memory-limit", "config", "profiles"].contains(&name.as_str());
    if deployment.poisoned.iter().any(unread) {
        return;
    }
    let owner = deployment.name.value.as_str();
    for node in &deployment.nodes {
        let Some(footprint) = machines.get_mut(machine(model, node.host)) else { continue };
        let Some((megabytes, place)) = memory_limit(deployment, node) else { continue };
        if megabytes == 0 {
            footprint.unlimited.insert(owner);
            continue;
        }
        footprint.add(owner, Term::MemoryLimit, megabytes.saturating_mul(1 << 20), place);
        footprint.add(owner, Term::Process, MEMCACHED, None);
    }
}

/// The megabytes of a memcached's `memory-limit`, and where they are set.
fn memory_limit(deployment: &Memcached, node: &MemcachedNode) -> Option<(u64, Option<Span>)> {
    let set = node.options.iter().find(|option| option.name == "memory-limit");
    if let Some(set) = set {
        return Some((set.value.as_deref()?.parse().ok()?, set.origin.span()));
    }
    let default = option("memory-limit")?.at(deployment.target.versions.last)?.default?;
    Some((default.parse().ok()?, None))
}

/// A deployment's servers with what they run with, and what of the spec concerns them all.
struct Sized<'m> {
    model: &'m Model,
    deployment: &'m Deployment,
    servers: Servers<'m>,
    /// Bytes that clients write to each primary in a second.
    rate: Option<u64>,
}

fn add_deployment<'m>(model: &'m Model, deployment: &'m Deployment, machines: &mut Machines<'m>) {
    let here = |node: &Node| machines.contains_key(machine(model, node.host));
    if !deployment.nodes.iter().any(here) {
        return;
    }
    let shards = shards(deployment);
    let primaries = u64::try_from(shards.len()).unwrap_or(u64::MAX).max(1);
    let sized = Sized {
        model,
        deployment,
        servers: Servers::of_deployment(deployment),
        rate: deployment.spec.write_rate.map(|rate| rate.value.0 / primaries),
    };
    for shard in &shards {
        sized.add_shard(shard, machines);
    }
}

/// The nodes of each data set: a primary and its replicas, or a server that stands alone.
pub(super) fn shards(deployment: &Deployment) -> Vec<Vec<&Node>> {
    let groups = groups(deployment);
    if groups.is_empty() {
        return deployment.nodes.iter().map(|node| vec![node]).collect();
    }
    let nodes = |(primary, replicas): (usize, Vec<usize>)| {
        let all = std::iter::once(primary).chain(replicas);
        all.filter_map(|at| deployment.nodes.get(at)).collect()
    };
    groups.into_iter().map(nodes).collect()
}

impl<'m> Sized<'m> {
    fn owner(&self) -> &'m str {
        &self.deployment.name.value
    }

    fn shares_buffers(&self) -> bool {
        self.deployment.target.versions.first >= SHARED_BUFFERS
    }

    /// Adds the nodes of a data set to their machines.
    fn add_shard(&self, shard: &[&'m Node], machines: &mut Machines<'m>) {
        let mut led: BTreeSet<&str> = BTreeSet::new();
        for node in shard {
            let address = machine(self.model, node.host);
            let Some(footprint) = machines.get_mut(address) else { continue };
            let Some((data, place)) = self.data(shard, node) else { continue };
            if data == 0 {
                footprint.unlimited.insert(self.owner());
                continue;
            }
            self.add_server(footprint, node, data, place, shard.len() > 1);
            // One of them leads at a time, wherever it stands.
            if shard.len() > 1 && may_lead(self.deployment, node) && led.insert(address) {
                self.add_leader(footprint, node, data, shard.len() - 1);
            }
        }
    }

    /// The bytes that a node's data may take, 0 for no limit, and where they are set. A replica does not heed its
    /// own `maxmemory`, but holds what its primary sends.
    fn data(&self, shard: &[&'m Node], node: &'m Node) -> Option<(u64, Option<Span>)> {
        let limit = |node: &'m Node| {
            let place = self.servers.setting(node, "maxmemory").and_then(|set| set.origin.span());
            Some((self.servers.bytes(node, "maxmemory")?, place))
        };
        let own = limit(node)?;
        if shard.len() == 1 || self.servers.switch(node, "replica-ignore-maxmemory") != Some(true) {
            return Some(own);
        }
        let leaders = shard.iter().filter(|other| may_lead(self.deployment, other));
        let limits: Vec<_> = leaders.filter_map(|leader| limit(leader)).chain([own]).collect();
        limits.into_iter().max_by_key(|(bytes, _)| if *bytes == 0 { u64::MAX } else { *bytes })
    }

    /// What a server takes whatever its role is.
    fn add_server(
        &self,
        footprint: &mut Footprint<'m>,
        node: &'m Node,
        data: u64,
        place: Option<Span>,
        follows: bool,
    ) {
        let owner = self.owner();
        footprint.add(owner, Term::Maxmemory, data, place);
        footprint.add(owner, Term::Process, PROCESS, None);
        footprint.add(owner, Term::Allocator, data / ALLOCATOR_PART, None);
        let swaps = follows && self.servers.word(node, "repl-diskless-load") == Some("swapdb");
        if swaps {
            footprint.add(owner, Term::OldData, data, None);
        } else if self.saves(node) {
            self.add_copied(footprint, data);
        }
        if follows && self.has_second_channel(node) {
            let own = self.servers.bytes(node, "replica-full-sync-buffer-limit").filter(|own| *own > 0);
            footprint.add(owner, Term::SyncBuffer, own.or_else(|| self.hard_limit(node)).unwrap_or(0), None);
        }
        let appends = self.servers.switch(node, "appendonly") == Some(true);
        if let Some(rate) = self.rate.filter(|_| appends && !self.shares_buffers()) {
            footprint.add(owner, Term::RewriteBuffer, in_a_save(rate, data), None);
        }
    }

    /// What a server takes as a primary of replicas.
    fn add_leader(&self, footprint: &mut Footprint<'m>, node: &'m Node, data: u64, replicas: usize) {
        let swaps = self.servers.word(node, "repl-diskless-load") == Some("swapdb");
        if !self.saves(node) && !swaps {
            self.add_copied(footprint, data);
        }
        let (Some(hard), Some(backlog)) =
            (self.hard_limit(node), self.servers.bytes(node, "repl-backlog-size"))
        else {
            return;
        };
        // Without a limit nobody can say how much.
        let buffers = match (hard, self.shares_buffers()) {
            (0, _) => 0,
            (hard, true) => hard.saturating_sub(backlog),
            (hard, false) => hard.saturating_mul(u64::try_from(replicas).unwrap_or(u64::MAX)),
        };
        footprint.add(self.owner(), Term::ReplicaBuffers, buffers, None);
    }

    fn add_copied(&self, footprint: &mut Footprint<'m>, data: u64) {
        let (term, bytes) = match self.rate {
            Some(rate) => (Term::Copied, copied(in_a_save(rate, data), data)),
            None => (Term::CopiedPart, data / COPIED_PART),
        };
        footprint.add(self.owner(), term, bytes, None);
    }

    /// Whether the server forks by itself, to save or to rewrite its append-only file.
    fn saves(&self, node: &'m Node) -> bool {
        let points =
            matches!(self.servers.value(node, "save"), Some(Value::Save(points)) if !points.is_empty());
        points || self.servers.switch(node, "appendonly") == Some(true)
    }

    /// Whether a replica gathers new writes itself while it loads a snapshot.
    fn has_second_channel(&self, node: &'m Node) -> bool {
        has_second_channel(&self.servers, node)
    }

    fn hard_limit(&self, node: &'m Node) -> Option<u64> {
        Some(self.servers.output_limits(node)?.replica?.hard)
    }
}

/// Whether snapshots travel on a connection of their own, and replicas gather new writes themselves meanwhile.
pub(super) fn has_second_channel<'m>(servers: &Servers<'m>, node: &'m Node) -> bool {
    let names = ["repl-rdb-channel", "dual-channel-replication-enabled"];
    names.into_iter().any(|name| servers.switch(node, name) == Some(true))
}

/// The bytes that are written while a data set is saved.
pub(super) fn in_a_save(rate: u64, data: u64) -> u64 {
    let bytes = u128::from(rate) * u128::from(data) / u128::from(SPEED);
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// The bytes that are copied when so many are written during a save: pages that are written again are copied once.
fn copied(written: u64, data: u64) -> u64 {
    let dirtied = u128::from(written) * u128::from(COPIED_PER_WRITTEN);
    let bytes = (dirtied * u128::from(data)).checked_div(dirtied + u128::from(data)).unwrap_or(0);
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::compile_example;

    /// The terms on each machine: owner, term, bytes of each, count.
    fn terms(spec: &str) -> Vec<Vec<(String, Term, u64, u64)>> {
        let model = compile_example(spec, &[]).model.unwrap();
        let item = |item: &Item<'_>| (item.owner.to_owned(), item.term, item.each >> 20, item.count);
        footprints(&model).iter().map(|footprint| footprint.items.iter().map(item).collect()).collect()
    }

    fn replicated(version: &str, more: &str) -> String {
        format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"10.0.0.1\", memory = \"8gb\" }}\n\
             b = {{ address = \"10.0.0.2\" }}\nc = {{ address = \"10.0.0.3\" }}\n[redis.s]\n\
             version = \"{version}\"\ntopology = \"replicated\"\ninitial-primary = \"a\"\n\
             replicas = [\"b\", \"c\"]\nreplication = {{ password = {{ env = \"P\" }} }}\n{more}"
        )
    }

    /// What a node takes, without the owner.
    fn node(version: &str, more: &str) -> Vec<(Term, u64)> {
        let all = terms(&replicated(version, more));
        assert_eq!(all.len(), 1, "only one machine declares its memory");
        all[0].iter().map(|(_, term, each, _)| (*term, *each)).collect()
    }

    const PURE: &str = "config = { maxmemory = \"1000mb\", save = [] }\n";

    #[test]
    fn buffers_of_replicas_are_shared_from_7_0_on() {
        let base =
            [(Term::Maxmemory, 1000), (Term::Process, 14), (Term::Allocator, 50), (Term::CopiedPart, 250)];
        let with = |buffers: u64| [&base[..], &[(Term::ReplicaBuffers, buffers)]].concat();
        assert_eq!(node("6.2", PURE), with(512));
        assert_eq!(node("7.0", PURE), with(255));
        let large = "config = { maxmemory = \"1000mb\", save = [], repl-backlog-size = \"512mb\" }\n";
        assert_eq!(node("7.0", large), base);
        let endless = "config = { maxmemory = \"1000mb\", save = [], client-output-buffer-limit = \"replica 0 0 0\" }\n";
        assert_eq!(node("7.0", endless), base);
    }

    #[test]
    fn what_is_copied_follows_the_rate_of_writes() {
        let copied = |rate: &str| {
            let terms = node("7.2", &format!("write-rate = \"{rate}\"\n{PURE}"));
            terms.into_iter().find(|(term, _)| *term == Term::Copied).map(|(_, each)| each)
        };
        // 10 seconds: 10 MB written dirty 60, 1 GB all there is.
        assert_eq!((copied("1mb"), copied("10mb"), copied("1000mb")), (Some(56), Some(375), Some(983)));
        assert_eq!(super::copied(0, 0), 0);
    }

    #[test]
    fn old_servers_gather_writes_while_they_rewrite() {
        let appends =
            "write-rate = \"5mb\"\nconfig = { maxmemory = \"1000mb\", save = [], appendonly = true }\n";
        assert!(node("6.2", appends).contains(&(Term::RewriteBuffer, 50)));
        assert!(node("7.0", appends).iter().all(|(term, _)| *term != Term::RewriteBuffer));
    }

    #[test]
    fn a_replica_may_keep_old_data_or_gather_new_writes() {
        let swaps = "config = { maxmemory = \"1000mb\", repl-diskless-load = \"swapdb\" }\n";
        let terms = node("7.2", swaps);
        assert!(terms.contains(&(Term::OldData, 1000)));
        assert!(terms.iter().all(|(term, _)| *term != Term::CopiedPart), "it does not save while it loads");
        assert!(node("8.0", PURE).contains(&(Term::SyncBuffer, 256)));
        let own = "config = { maxmemory = \"1000mb\", replica-full-sync-buffer-limit = \"64mb\" }\n";
        assert!(node("8.0", own).contains(&(Term::SyncBuffer, 64)));
    }

    #[test]
    fn a_replica_holds_what_its_primary_may() {
        let nodes = "[redis.s.nodes.a.config]\nmaxmemory = \"500mb\"\n";
        assert!(node("7.2", &format!("{PURE}{nodes}")).contains(&(Term::Maxmemory, 1000)));
        let heeds = format!(
            "{PURE}[redis.s.nodes.a.config]\nmaxmemory = \"500mb\"\nreplica-ignore-maxmemory = false\n"
        );
        assert!(node("7.2", &heeds).contains(&(Term::Maxmemory, 500)));
    }

    #[test]
    fn hosts_of_one_address_are_one_machine_and_like_servers_one_row() {
        let spec = "format = 1\nname = \"x\"\n[hosts]\na = { address = \"10.0.0.1\", memory = \"8gb\" }\n\
                    b = { address = \"10.0.0.1\", memory = \"9gb\" }\n[memcached.m]\nversion = \"1.6\"\n\
                    hosts = [\"a\", \"b\"]\nport = 11211\n[memcached.m.nodes.b]\nport = 11212\n";
        let limit = ("m".to_owned(), Term::MemoryLimit, 64, 2);
        assert_eq!(terms(spec), [[limit, ("m".to_owned(), Term::Process, 6, 2)]]);
    }

    #[test]
    fn sizes_are_short() {
        let texts = [1 << 30, (1 << 30) + (1 << 29), 1536 << 10, 100 << 20, (9_u64 << 30) + 77].map(rounded);
        assert_eq!(texts, ["1gb", "1536mb", "1536kb", "100mb", "9.0gb"]);
    }
}
