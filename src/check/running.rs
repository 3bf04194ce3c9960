//! What single servers run with: what the spec sets, under whatever name their version has for it, and else the
//! server's own default. And faults that several servers share, by the place that they come from. No rule lives here.

use std::cell::{Cell, OnceCell};
use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::servers::{Servers, machine};
use crate::catalog::{Directive, DirectiveSet};
use crate::model::{Assigned, Deployment, HostId, Model, Node, Setting, Settings, Topology};
use crate::source::{At, Span};
use crate::spec::{Purpose, listed};
use crate::text::sysctl::dotted;
use crate::value::{FileProblem, FileValues, SavePoint, Value, file_rules, tls_problem};

/// One server of a deployment or a set of sentinels. It notes what it was asked for: see [`answers`].
#[derive(Debug, Clone)]
pub(super) struct Running<'m> {
    pub(super) servers: Servers<'m>,
    node: &'m Node,
    own: &'m Settings,
    asked: Cell<DirectiveSet>,
}

impl<'m> Running<'m> {
    pub(super) fn each(servers: Servers<'m>) -> impl Iterator<Item = Running<'m>> {
        servers.nodes.iter().map(move |node| Running::new(servers, node))
    }

    pub(super) fn new(servers: Servers<'m>, node: &'m Node) -> Self {
        Running { servers, node, own: &node.own, asked: Cell::default() }
    }

    /// Which node it is. Where a question asks for this, each node is asked by itself.
    pub(super) fn node(&self) -> &'m Node {
        self.asked.set(DirectiveSet::ALL);
        self.node
    }

    /// A directive that the version has, by any of its names, and what the version calls it.
    fn known(&self, name: &str) -> Option<(&'static Directive, &'static str)> {
        let (directive, spelled) = self.servers.known(name)?;
        let mut asked = self.asked.get();
        asked.insert(directive);
        self.asked.set(asked);
        Some((directive, spelled))
    }

    /// What the spec or what follows from it sets, by any of the directive's names.
    pub(super) fn setting(&self, name: &str) -> Option<&'m Setting> {
        let (directive, spelled) = self.known(name)?;
        self.servers.of(self.own, directive, spelled)
    }

    /// Whether the version has the directive.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.servers.known(name).is_some()
    }

    /// Where a setting of the spec stands; none where the server's default holds.
    pub(super) fn place(&self, name: &str) -> Option<Span> {
        self.setting(name)?.origin.span()
    }

    /// Where a setting of the spec stands; the node's own place where the server's default holds.
    pub(super) fn place_or_node(&self, name: &str) -> Span {
        self.place(name).unwrap_or_else(|| self.node().span)
    }

    /// Where the value itself stands, for a fix.
    pub(super) fn value_place(&self, name: &str) -> Option<Span> {
        self.setting(name)?.value_span
    }

    /// The value in effect, as far as it is known: see [`Servers::value`].
    pub(super) fn value(&self, name: &str) -> Option<&'m Value> {
        let (directive, spelled) = self.known(name)?;
        self.servers.value_of(self.own, directive, spelled)
    }

    /// Whether a switch is known to be on, or known to be off.
    pub(super) fn is(&self, name: &str, on: bool) -> bool {
        self.value(name) == Some(&Value::Bool(on))
    }

    /// A number or a number of bytes.
    pub(super) fn number(&self, name: &str) -> Option<i128> {
        self.value(name)?.as_number()
    }

    /// A number in effect, where the spec or what follows from it sets one.
    pub(super) fn integer(&self, name: &str) -> Option<i128> {
        match self.setting(name)?.value {
            Assigned::Value(Value::Integer(number)) => Some(number),
            _ => None,
        }
    }

    /// A number of bytes.
    pub(super) fn bytes(&self, name: &str) -> Option<u64> {
        self.value(name)?.as_bytes()
    }

    /// A word of an enumeration.
    pub(super) fn word(&self, name: &str) -> Option<&'static str> {
        self.value(name)?.as_word()
    }

    /// Whether the value is this word.
    pub(super) fn says(&self, name: &str, word: &str) -> bool {
        self.word(name) == Some(word)
    }

    /// When it saves snapshots of its own accord.
    pub(super) fn save_points(&self) -> Option<&'m [SavePoint]> {
        match self.value("save")? {
            Value::Save(points) => Some(points.as_slice()),
            _ => None,
        }
    }

    /// Whether its data outlast it.
    pub(super) fn persists(&self) -> Option<bool> {
        let log = *self.value("appendonly")? == Value::Bool(true);
        Some(log || !self.save_points()?.is_empty())
    }

    /// Whether snapshots are all that it keeps.
    pub(super) fn only_snapshots(&self) -> bool {
        self.is("appendonly", false) && self.save_points().is_some_and(|points| !points.is_empty())
    }
}

/// What servers answer to a question about their settings: each answer with the nodes that give it, by the first of
/// them.
///
/// Nodes differ in addresses and folders, and hardly ever in what a rule asks for. So a server is asked first that has
/// no settings of its own. It notes what it was asked for, and its answer is that of each node that has none of this
/// of its own: a rule costs as much for a thousand such nodes as for one. All others are asked one by one.
pub(super) fn answers<'m, T>(
    servers: Servers<'m>,
    question: impl Fn(&Running<'m>) -> T,
) -> Vec<(T, Vec<usize>)> {
    static NONE: LazyLock<Settings> = LazyLock::new(Settings::default);
    let Some(first) = servers.nodes.first() else { return Vec::new() };
    let plain = Running { own: &NONE, ..Running::new(servers, first) };
    let answer = question(&plain);
    let asked = plain.asked.get();
    let by_itself = asked == DirectiveSet::ALL;
    let differs = |at: &usize| by_itself || asked.meets(servers.nodes[*at].own.directives());
    let (apart, alike): (Vec<usize>, Vec<usize>) = (0..servers.nodes.len()).partition(differs);
    let ask = |at: usize| (question(&Running::new(servers, &servers.nodes[at])), vec![at]);
    let mut answers: Vec<(T, Vec<usize>)> = apart.into_iter().map(ask).collect();
    if !alike.is_empty() {
        answers.push((answer, alike));
        answers.sort_by_key(|(_, nodes)| nodes.first().copied());
    }
    answers
}

/// Servers that share a fault, by the place where they have it from.
pub(super) fn faults<'m>(
    servers: Servers<'m>,
    place: impl Fn(&Running<'m>) -> Option<Span>,
) -> BTreeMap<Span, Vec<Running<'m>>> {
    let mut faults: BTreeMap<Span, Vec<usize>> = BTreeMap::new();
    for (place, nodes) in answers(servers, place) {
        if let Some(place) = place {
            faults.entry(place).or_default().extend(nodes);
        }
    }
    faults.into_iter().map(|(place, nodes)| (place, in_order(servers, nodes))).collect()
}

/// Servers of which something is true.
pub(super) fn those<'m>(servers: Servers<'m>, question: impl Fn(&Running<'m>) -> bool) -> Vec<Running<'m>> {
    let those = answers(servers, question).into_iter().filter(|(is_true, _)| *is_true);
    in_order(servers, those.flat_map(|(_, nodes)| nodes).collect())
}

fn in_order(servers: Servers<'_>, mut nodes: Vec<usize>) -> Vec<Running<'_>> {
    nodes.sort_unstable();
    nodes.into_iter().map(|at| Running::new(servers, &servers.nodes[at])).collect()
}

/// What stops the servers, each with the first node that it stops.
pub(super) fn file_problems(servers: Servers<'_>) -> BTreeMap<FileProblem, &Node> {
    let problems = answers(servers, |running| file_rules(running, servers.target));
    first_of_each(servers, problems)
}

/// What TLS lacks, each with the first node that it stops.
pub(super) fn tls_problems(servers: Servers<'_>) -> BTreeMap<FileProblem, &Node> {
    let problems = answers(servers, |running| tls_problem(running, servers.target));
    first_of_each(servers, problems)
}

fn first_of_each(
    servers: Servers<'_>,
    answers: Vec<(impl IntoIterator<Item = FileProblem>, Vec<usize>)>,
) -> BTreeMap<FileProblem, &Node> {
    let mut problems = BTreeMap::new();
    for (found, nodes) in answers {
        for problem in found {
            problems.entry(problem).or_insert_with(|| &servers.nodes[nodes[0]]);
        }
    }
    problems
}

/// What the spec sets and what follows from it, as a server finds it in its file.
impl FileValues for Running<'_> {
    fn value(&self, name: &'static str) -> Option<&Value> {
        match &self.setting(name)?.value {
            Assigned::Value(value) => Some(value),
            _ => None,
        }
    }

    fn has_user_lines(&self) -> bool {
        self.setting("user").is_some()
    }
}

/// Servers in words: the deployment where it is all of them, else their names, or how many they are.
pub(super) fn whose(running: &[Running<'_>]) -> String {
    let Some(first) = running.first() else { return String::new() };
    let servers = first.servers;
    if running.len() == servers.nodes.len() {
        return servers.to_string();
    }
    if running.len() > 3 {
        return format!("{} nodes of {servers}", running.len());
    }
    let names: Vec<&str> = running.iter().map(|running| running.node.id.0.as_str()).collect();
    format!("{} of {servers}", listed(&names))
}

/// What a deployment is declared to be for, where losing data is losing them for good.
pub(super) fn kept_data(deployment: &Deployment) -> Option<At<Purpose>> {
    deployment.spec.purpose.filter(|purpose| purpose.value != Purpose::Cache)
}

/// Nodes that hold copies of each other's data, the first day's primary first.
pub(super) fn copies(deployment: &Deployment) -> Vec<Vec<Running<'_>>> {
    let servers = Servers::of_deployment(deployment);
    let running = |at: &usize| servers.nodes.get(*at).map(|node| Running::new(servers, node));
    match &deployment.topology {
        Topology::Standalone => Running::each(servers).map(|running| vec![running]).collect(),
        Topology::Replicated { primary } | Topology::Sentinel { primary, .. } => {
            let others = (0..servers.nodes.len()).filter(|at| at != primary);
            vec![std::iter::once(*primary).chain(others).filter_map(|at| running(&at)).collect()]
        }
        Topology::Cluster { shards } => {
            let nodes = |shard: &crate::model::Shard| {
                std::iter::once(&shard.primary).chain(&shard.replicas).filter_map(running).collect()
            };
            shards.iter().map(nodes).collect()
        }
    }
}

/// The servers and sentinels of each machine, sorted out when they are first asked for.
pub(super) struct Machines<'m> {
    model: &'m Model,
    running: OnceCell<BTreeMap<&'m str, Vec<Running<'m>>>>,
}

impl<'m> Machines<'m> {
    pub(super) fn of(model: &'m Model) -> Self {
        Machines { model, running: OnceCell::new() }
    }

    /// What runs on the machine that a host is.
    pub(super) fn on(&self, host: HostId) -> &[Running<'m>] {
        let running = self.running.get_or_init(|| {
            let mut machines: BTreeMap<&str, Vec<Running<'_>>> = BTreeMap::new();
            for running in Servers::all(self.model).flat_map(Running::each) {
                machines.entry(machine(self.model, running.node.host)).or_default().push(running);
            }
            machines
        });
        running.get(machine(self.model, host)).map_or(&[], Vec::as_slice)
    }
}

/// A kernel setting that a host declares: where, and its value.
pub(super) fn kernel_setting<'m>(model: &'m Model, host: HostId, name: &str) -> Option<&'m At<String>> {
    let sysctl = model.host(host).spec.sysctl.as_ref()?;
    sysctl.value.0.iter().rev().find(|(key, _)| dotted(&key.value) == name).map(|(_, value)| value)
}

/// The deployments of some servers, each once, in words.
pub(super) fn deployments_of<'r, 'm: 'r>(running: impl Iterator<Item = &'r Running<'m>>) -> Vec<&'m str> {
    let mut names: Vec<&str> = running.map(|running| running.servers.name.value.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::compile_example;

    const SPEC: &str = "format = 1\nname = \"x\"\n[hosts]\na = { address = \"10.0.0.1\" }\nb = { address = \"10.0.0.2\" }\n\
        c = { address = \"10.0.0.3\" }\n[redis.s]\nversion = \"7.2\"\ntopology = \"standalone\"\nhosts = [\"a\", \"b\", \"c\"]\n\
        config = { hz = 20 }\nnodes.b.config = { hz = 50, timeout = 9 }\n";

    /// What the nodes answer, and how often somebody was asked.
    fn asked<T: std::fmt::Debug>(question: impl Fn(&Running<'_>) -> T) -> (Vec<(T, Vec<usize>)>, usize) {
        let model = compile_example(SPEC, &[]).model.unwrap();
        let times = Cell::new(0);
        let found = answers(Servers::of_deployment(&model.deployments[0]), |running| {
            times.set(times.get() + 1);
            question(running)
        });
        (found, times.get())
    }

    #[test]
    fn nodes_with_nothing_of_what_is_asked_for_are_asked_once() {
        assert_eq!(
            asked(|running| running.number("hz")),
            (vec![(Some(20), vec![0, 2]), (Some(50), vec![1])], 2)
        );
        assert_eq!(asked(|running| running.number("maxclients")), (vec![(Some(10_000), vec![0, 1, 2])], 1));
        // What is asked for depends on what was answered before.
        let second =
            |running: &Running<'_>| running.number("hz").filter(|hz| *hz > 99).or(running.number("timeout"));
        assert_eq!(asked(second), (vec![(Some(0), vec![0, 2]), (Some(9), vec![1])], 2));
    }

    #[test]
    fn who_asks_for_the_node_or_what_is_its_own_asks_each() {
        let (names, _) = asked(|running| running.node().id.0.clone());
        assert_eq!(names, [("a".to_owned(), vec![0]), ("b".to_owned(), vec![1]), ("c".to_owned(), vec![2])]);
        assert_eq!(asked(|running| running.place("dir")).0.len(), 3);
        assert_eq!(asked(|running| running.place_or_node("maxclients")).0.len(), 3);
    }
}
