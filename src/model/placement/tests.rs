//! What placement promises, on all small clusters and on random larger ones.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::catalog::{Build, Engine, Target, VersionRange};
use crate::diag::Findings;
use crate::model::{Deployment, Host, Node, NodeId, Settings, Shard, ShardId, Topology};
use crate::spec::{HostSpec, ReadText, Spec, decode, load};

/// A machine and a zone for each host; hosts may be listed again.
#[derive(Debug, Clone)]
struct Lab {
    names: Vec<String>,
    addresses: Vec<String>,
    zones: Vec<Option<String>>,
    list: Vec<usize>,
}

impl Lab {
    /// Hosts by `(machine, zone)`; zone 0 is none.
    fn new(hosts: &[(usize, usize)], list: Vec<usize>) -> Self {
        Lab {
            names: (0..hosts.len()).map(|host| format!("h{host}")).collect(),
            addresses: hosts.iter().map(|(machine, _)| format!("10.0.0.{machine}")).collect(),
            zones: hosts.iter().map(|(_, zone)| (*zone > 0).then(|| format!("z{zone}"))).collect(),
            list,
        }
    }

    fn hosts(&self) -> Vec<PlaceHost<'_>> {
        let host = |&host: &usize| PlaceHost {
            id: HostId(host),
            name: &self.names[host],
            address: &self.addresses[host],
            zone: self.zones[host].as_deref(),
        };
        self.list.iter().map(host).collect()
    }

    fn place(&self, shards: u16, replicas: u16, pins: &Named<PinSpec>) -> Placement {
        place(&Request { hosts: &self.hosts(), shards, replicas, port: 7000, pins })
    }

    fn fresh(&self, shards: u16, replicas: u16) -> Placement {
        self.place(shards, replicas, &Named::default())
    }

    fn machine(&self, host: HostId) -> String {
        self.addresses[host.0].clone()
    }

    fn zone(&self, host: HostId) -> String {
        let hosts = (0..self.names.len()).filter(|&other| self.list.contains(&other));
        let mut declared = self
            .list
            .iter()
            .copied()
            .chain(hosts)
            .filter(|&other| self.addresses[other] == self.addresses[host.0]);
        declared.find_map(|other| self.zones[other].clone()).unwrap_or_else(|| self.machine(host))
    }

    /// Replicas that share what `class` says with their primary.
    fn pairs(&self, placement: &Placement, class: impl Fn(&Self, HostId) -> String) -> usize {
        let of = |node: usize| class(self, placement.nodes[node].host);
        let shared =
            |shard: &PlacedShard| shard.nodes[1..].iter().filter(|&&n| of(n) == of(shard.nodes[0])).count();
        placement.shards.iter().map(shared).sum()
    }

    fn classes(&self, class: impl Fn(&Self, HostId) -> String) -> Vec<usize> {
        let mut counts = std::collections::BTreeMap::new();
        for &host in &self.list {
            *counts.entry(class(self, HostId(host))).or_insert(0) += 1;
        }
        counts.into_values().collect()
    }
}

/// Whether any assignment of so many nodes of each class keeps replicas away from their primary's class,
/// found by trying all.
fn possible(left: &mut [usize], shards: usize, replicas: usize) -> bool {
    fn replicate(
        left: &mut [usize],
        own: usize,
        from: usize,
        open: usize,
        shards: usize,
        replicas: usize,
    ) -> bool {
        if open == 0 {
            return possible(left, shards - 1, replicas);
        }
        (from..left.len()).any(|class| {
            if class == own || left[class] == 0 {
                return false;
            }
            left[class] -= 1;
            let found = replicate(left, own, class, open - 1, shards, replicas);
            left[class] += 1;
            found
        })
    }
    if shards == 0 {
        return true;
    }
    (0..left.len()).any(|class| {
        if left[class] == 0 {
            return false;
        }
        left[class] -= 1;
        let found = replicate(left, class, 0, replicas, shards, replicas);
        left[class] += 1;
        found
    })
}

fn check_sound(lab: &Lab, placement: &Placement, shards: u16, replicas: u16) {
    let size = usize::from(replicas) + 1;
    assert_eq!(placement.nodes.len(), usize::from(shards) * size);
    assert!(placement.shards.iter().all(|shard| shard.nodes.len() == size));
    let mut places: Vec<_> = placement.nodes.iter().map(|n| (lab.machine(n.host), n.port)).collect();
    let mut names: Vec<_> = placement.nodes.iter().map(|n| n.name.clone()).collect();
    for list in [
        places.len(),
        {
            places.sort();
            places.dedup();
            places.len()
        },
        {
            names.sort();
            names.dedup();
            names.len()
        },
    ] {
        assert_eq!(list, placement.nodes.len(), "{placement:?}");
    }
}

/// The claim of the module's documentation, for a list with exactly one entry for each node.
fn check_exact(lab: &Lab, shards: u16, replicas: u16) {
    let placement = lab.fresh(shards, replicas);
    check_sound(lab, &placement, shards, replicas);
    for host in 0..lab.names.len() {
        let listed = lab.list.iter().filter(|&&other| other == host).count();
        assert_eq!(placement.nodes.iter().filter(|n| n.host.0 == host).count(), listed, "{lab:?}");
    }
    for class in [Lab::machine, Lab::zone] {
        let mut counts = lab.classes(class);
        let possible = possible(&mut counts, shards.into(), replicas.into());
        let pairs = lab.pairs(&placement, class);
        assert!(!possible || pairs == 0, "{pairs} pairs: {lab:?} {shards}×{replicas} {placement:?}");
    }
}

/// All ways to part `nodes` into `parts` numbers, in falling order.
fn partitions(nodes: usize, parts: usize, most: usize) -> Vec<Vec<usize>> {
    if parts == 0 {
        return if nodes == 0 { vec![vec![]] } else { vec![] };
    }
    let first = (0..=most.min(nodes)).rev();
    let extend = |first: usize| {
        let rests = partitions(nodes - first, parts - 1, first);
        rests.into_iter().map(move |rest| [vec![first], rest].concat())
    };
    first.flat_map(extend).collect()
}

#[test]
fn every_small_list_is_parted_where_it_can_be() {
    let mut cases = 0;
    for (shards, replicas) in
        [(1, 1), (2, 1), (3, 1), (4, 1), (1, 2), (2, 2), (3, 2), (1, 3), (2, 3), (3, 3), (2, 5)]
    {
        let nodes = usize::from(shards * (replicas + 1));
        for counts in partitions(nodes, 4, nodes) {
            let list: Vec<usize> =
                counts.iter().enumerate().flat_map(|(host, &n)| std::iter::repeat_n(host, n)).collect();
            // Each host its own zone; two and two; three and one; one of its own; all in one.
            for zones in [
                [0, 0, 0, 0],
                [1, 1, 2, 2],
                [1, 2, 2, 2],
                [1, 1, 1, 2],
                [1, 2, 3, 3],
                [1, 1, 1, 1],
                [1, 2, 1, 2],
            ] {
                let hosts: Vec<_> = zones.into_iter().enumerate().collect();
                check_exact(&Lab::new(&hosts, list.clone()), shards, replicas);
                cases += 1;
            }
        }
    }
    assert!(cases > 1000, "{cases}");
}

fn lab(most: usize) -> impl Strategy<Value = Lab> {
    (
        proptest::collection::vec((0..most, 0..4usize), 1..=most),
        proptest::collection::vec(any::<prop::sample::Index>(), 1..12),
    )
        .prop_map(|(hosts, list)| {
            let mut all: Vec<usize> = (0..hosts.len()).collect();
            all.extend(list.iter().map(|index| index.index(hosts.len())));
            Lab::new(&hosts, all)
        })
}

proptest! {
    #[test]
    fn exact_lists_are_parted_where_they_can_be(
        hosts in proptest::collection::vec((0..6usize, 0..4usize), 1..7),
        shards in 1..5u16, replicas in 0..4u16,
        picks in proptest::collection::vec(any::<prop::sample::Index>(), 16),
    ) {
        let nodes = usize::from(shards * (replicas + 1));
        let list = picks[..nodes.min(16)].iter().map(|pick| pick.index(hosts.len())).collect();
        check_exact(&Lab::new(&hosts, list), shards, replicas);
    }

    #[test]
    fn free_lists_are_always_parted(lab in lab(6), shards in 1..8u16, replicas in 1..6u16) {
        let placement = lab.fresh(shards, replicas);
        check_sound(&lab, &placement, shards, replicas);
        if lab.list.len() != placement.nodes.len() {
            for class in [Lab::machine, Lab::zone] {
                let several = lab.classes(class).len() > 1;
                prop_assert!(!several || lab.pairs(&placement, class) == 0, "{placement:?}");
            }
        }
    }

    #[test]
    fn regular_clusters_are_even(zones in 1..5usize, each in 1..5usize, rounds in 1..4usize, replicas in 1..4u16) {
        let hosts: Vec<_> = (0..zones * each).map(|host| (host, 1 + host / each)).collect();
        let size = usize::from(replicas) + 1;
        let shards = u16::try_from(zones * each * rounds).unwrap();
        // Two and two of two zones cannot be parted evenly.
        if size > zones * each || (size > zones && size > 2 && zones > 1) {
            return Ok(());
        }
        let lab = Lab::new(&hosts, (0..hosts.len()).collect());
        let placement = lab.fresh(shards, replicas);
        let count = |class: fn(&Lab, HostId) -> String, leads: bool| {
            let mut counts = std::collections::BTreeMap::new();
            for host in 0..hosts.len() {
                counts.insert(class(&lab, HostId(host)), 0);
            }
            for node in placement.nodes.iter().filter(|node| !leads || node.role == PinRole::Primary) {
                *counts.entry(class(&lab, node.host)).or_insert(0) += 1;
            }
            counts.values().max().unwrap() - counts.values().min().unwrap()
        };
        prop_assert!(count(Lab::machine, false) <= 1);
        prop_assert!(count(Lab::zone, true) <= 1, "{placement:?}");
    }

    #[test]
    fn pins_stay_and_the_rest_is_parted(
        lab in lab(5), shards in 1..6u16, replicas in 1..4u16, more in 0..3u16,
        kept in proptest::collection::vec(any::<bool>(), 24),
    ) {
        let first = lab.fresh(shards, replicas);
        let text: String = first.nodes.iter().zip(&kept).filter(|(_, keep)| **keep).map(|(n, _)| line(&lab, n, "")).collect();
        let spec = spec(&format!("[redis.c.pins]\n{text}"));
        let second = lab.place(shards + more, replicas, pins(&spec));
        check_sound(&lab, &second, shards + more, replicas);
        for (node, _) in first.nodes.iter().zip(&kept).filter(|(_, keep)| **keep) {
            let same = second.nodes.iter().find(|other| other.name == node.name).unwrap();
            prop_assert_eq!((same.host, same.port, same.shard, same.role), (node.host, node.port, node.shard, node.role));
        }
        let free = lab.list.len() != second.nodes.len() && lab.pairs(&first, Lab::machine) == 0;
        if free && lab.classes(Lab::machine).len() > usize::from(replicas) {
            prop_assert_eq!(lab.pairs(&second, Lab::machine), 0, "{:?}", second);
        }
    }

    #[test]
    fn a_single_missing_pin_comes_back(lab in lab(5), shards in 1..5u16, replicas in 1..3u16, lost in any::<prop::sample::Index>()) {
        let first = lab.fresh(shards, replicas);
        let lost = lost.index(first.nodes.len());
        let text: String =
            first.nodes.iter().enumerate().filter(|(index, _)| *index != lost).map(|(_, n)| line(&lab, n, "")).collect();
        let spec = spec(&format!("[redis.c.pins]\n{text}"));
        let second = lab.place(shards, replicas, pins(&spec));
        for class in [Lab::machine, Lab::zone] {
            prop_assert!(lab.pairs(&second, class) <= lab.pairs(&first, class));
        }
    }
}

fn line(lab: &Lab, node: &PlacedNode, rest: &str) -> String {
    let (host, port, shard, role) = (&lab.names[node.host.0], node.port, node.shard, node.role.name());
    format!(
        "{} = {{ host = \"{host}\", port = {port}, shard = {shard}, role = \"{role}\"{rest} }}\n",
        node.name
    )
}

struct One(String);

impl ReadText for One {
    fn read(&self, _: &Path) -> Result<String, String> {
        Ok(self.0.clone())
    }
}

fn spec(text: &str) -> Spec {
    let head = "format = 1\nname = \"x\"\n[redis.c]\nversion = \"7.2\"\ntopology = \"cluster\"\n";
    let mut findings = Findings::default();
    let layers = load(Path::new("a.toml"), &One(format!("{head}{text}")), &mut findings);
    let spec = decode(&layers, &mut findings).unwrap();
    assert!(findings.is_empty(), "{findings:?}\n{text}");
    spec
}

fn pins(spec: &Spec) -> &Named<PinSpec> {
    &spec.redis.get("c").unwrap().value.pins
}

fn shown(lab: &Lab, placement: &Placement) -> Vec<String> {
    let show = |node: &PlacedNode| format!("{} {} {}", node.shard, node.role.name(), node.name);
    assert!(lab.list.len() < 20);
    placement.nodes.iter().map(show).collect()
}

#[test]
fn three_hosts_three_shards() {
    let lab = Lab::new(&[(0, 1), (1, 2), (2, 3)], vec![0, 1, 2]);
    assert_eq!(
        shown(&lab, &lab.fresh(3, 1)),
        [
            "1 primary h0-7000",
            "1 replica h1-7001",
            "2 primary h1-7000",
            "2 replica h2-7001",
            "3 primary h2-7000",
            "3 replica h0-7001",
        ]
    );
}

#[test]
fn primaries_use_every_zone_even_where_the_first_has_room() {
    let hosts: Vec<_> = (0..9).map(|host| (host, 1 + host / 3)).collect();
    let lab = Lab::new(&hosts, (0..9).collect());
    let placement = lab.fresh(3, 1);
    let zones: std::collections::BTreeSet<_> =
        placement.shards.iter().map(|shard| lab.zone(placement.nodes[shard.nodes[0]].host)).collect();
    assert_eq!(zones.len(), 3);
}

#[test]
fn a_laptop_shares_its_machine_without_a_word() {
    let lab = Lab::new(&[(0, 0)], vec![0]);
    let placement = lab.fresh(3, 1);
    assert_eq!(placement.problems.len(), 3);
    let span = crate::source::Sources::span(crate::source::Sources::default().add("a", ""), 0..0);
    assert!(placement.problems.iter().all(|problem| problem.finding("c", span, &[]).is_none()));
    let ports: Vec<_> = placement.nodes.iter().map(|node| node.port).collect();
    assert_eq!(ports, [7000, 7003, 7001, 7004, 7002, 7005]);
}

#[test]
fn a_list_that_forces_pairs_is_a_problem() {
    let lab = Lab::new(&[(0, 0), (1, 0)], vec![0, 0, 0, 1]);
    let problems = lab.fresh(2, 1).problems;
    assert!(
        matches!(problems.as_slice(), [Problem::SharedMachine { only_machine: false, .. }]),
        "{problems:?}"
    );
}

#[test]
fn two_names_of_one_machine_share_its_ports() {
    let lab = Lab::new(&[(0, 0), (0, 0), (1, 0)], vec![0, 1, 2, 2]);
    let placement = lab.fresh(2, 1);
    check_sound(&lab, &placement, 2, 1);
    assert_eq!(placement.problems, []);
}

#[test]
fn a_thousand_nodes_find_their_places() {
    let hosts: Vec<_> = (0..200).map(|host| (host, 1 + host % 5)).collect();
    for list in [(0..200).collect(), (0..1000).map(|index| index % 200).collect::<Vec<_>>()] {
        let lab = Lab::new(&hosts, list);
        let placement = lab.fresh(500, 1);
        assert_eq!(placement.problems, []);
        let rows: String = placement.nodes.iter().skip(100).map(|node| line(&lab, node, "")).collect();
        let spec = spec(&format!("[redis.c.pins]\n{rows}"));
        let again = lab.place(500, 1, pins(&spec));
        assert_eq!(lab.pairs(&again, Lab::machine), 0);
    }
}

#[test]
fn ports_that_run_out_are_a_problem() {
    let lab = Lab::new(&[(0, 0), (1, 0)], vec![0, 1]);
    let hosts = lab.hosts();
    let pins = Named::default();
    let placement = place(&Request { hosts: &hosts, shards: 3, replicas: 1, port: 55_534, pins: &pins });
    assert_eq!(placement.problems.iter().filter(|p| matches!(p, Problem::NoPortsLeft { .. })).count(), 2);
}

#[test]
fn each_bad_pin_is_one_problem() {
    let lab = Lab::new(&[(0, 0), (1, 0), (2, 0)], vec![0, 1, 2]);
    let good = "a = { host = \"h0\", port = 7000, shard = 1, role = \"primary\", slots = \"0-5\" }\n";
    let problem = |bad: &str| {
        let spec = spec(&format!("[redis.c.pins]\n{good}{bad}\n"));
        let mut problems = lab.place(3, 1, pins(&spec)).problems;
        assert_eq!(problems.len(), 1, "{bad}: {problems:?}");
        let span = crate::source::Sources::span(crate::source::Sources::default().add("a", ""), 0..0);
        problems.remove(0).finding("c", span, &["h0", "h1", "h2"]).unwrap().title
    };
    let cases = [
        (
            "b = { host = \"h9\", port = 7000, shard = 2, role = \"primary\" }",
            "none of the deployment's hosts",
        ),
        (
            "b = { host = \"h0\", port = 7000, shard = 2, role = \"primary\" }",
            "one port of one machine, 7000",
        ),
        (
            "b = { host = \"h1\", port = 7000, shard = 4, role = \"primary\" }",
            "pinned to shard 4, and there are 3",
        ),
        (
            "b = { host = \"h1\", port = 7000, shard = 1, role = \"primary\" }",
            "both pinned as primary of shard 1",
        ),
        (
            "b = { host = \"h1\", port = 7000, shard = 1, role = \"replica\" }\n\
             c = { host = \"h2\", port = 7000, shard = 1, role = \"replica\" }",
            "one replica too many",
        ),
        (
            "b = { host = \"h1\", port = 7000, shard = 1, role = \"replica\", slots = \"7\" }",
            "cannot be given slots",
        ),
        (
            "b = { host = \"h1\", port = 7000, shard = 2, role = \"primary\", slots = \"x\" }",
            "cannot be read",
        ),
        (
            "b = { host = \"h1\", port = 7000, shard = 2, role = \"primary\", slots = \"4-9\" }",
            "both have the slots 4-5",
        ),
        (
            "b = { host = \"h0\", port = 7001, shard = 1, role = \"replica\" }",
            "pinned to the machine of its primary `a`",
        ),
    ];
    for (bad, expected) in cases {
        let title = problem(bad);
        assert!(title.contains(expected), "{title}");
    }
}

#[test]
fn slots_must_all_be_served() {
    let lab = Lab::new(&[(0, 0), (1, 0), (2, 0)], vec![0, 1, 2]);
    let place = |slots: [&str; 3], shards| {
        let row = |(index, slots): (usize, &&str)| {
            format!(
                "n{index} = {{ host = \"h{index}\", port = 7000, shard = {}, role = \"primary\", slots = \"{slots}\" }}\n",
                index + 1
            )
        };
        let rows: String = slots.iter().enumerate().map(row).collect();
        let spec = spec(&format!("[redis.c.pins]\n{rows}"));
        lab.place(shards, 0, pins(&spec))
    };
    let gap = place(["0-5000", "5461-10922", "10923-16383"], 3);
    assert!(
        matches!(&gap.problems[..], [Problem::Uncovered { slots, .. }] if slots.to_string() == "5001-5460")
    );
    // A fourth shard takes what the others leave, and nothing is moved for it.
    let grown = place(["0-5000", "5461-10922", "10923-16383"], 4);
    assert_eq!((grown.problems.len(), grown.shards[3].slots.to_string()), (0, "5001-5460".into()));
    let full = place(["0-5460", "5461-10922", "10923-16383"], 4);
    assert!(matches!(&full.problems[..], [Problem::NoSlots { shard: 4, .. }]));
}

/// A deployment as lowering makes it of a placement, as far as pins are concerned.
fn deployment(lab: &Lab, placement: &Placement, spec: &Spec) -> (Vec<Host>, Deployment) {
    let record = spec.redis.get("c").unwrap();
    let span = record.span;
    let host = |(name, address): (&String, &String)| Host {
        name: At::new(name.clone(), span),
        address: At::new(address.clone(), span),
        spec: HostSpec {
            address: None,
            zone: None,
            memory: None,
            cpus: None,
            sysctl: None,
            transparent_hugepage: None,
            swap: None,
        },
    };
    let node = |node: &PlacedNode| Node {
        id: NodeId(node.name.clone()),
        host: node.host,
        span,
        port: node.port,
        own: Settings::default(),
    };
    let shard = |shard: &PlacedShard| Shard {
        id: ShardId(shard.number),
        primary: shard.nodes[0],
        replicas: shard.nodes[1..].to_vec(),
        slots: shard.slots.clone(),
    };
    let build = Build { tls: false, defrag: false, systemd: false, modules: false };
    let deployment = Deployment {
        name: At::new("c".to_owned(), span),
        service: crate::model::Service::usual(Engine::Redis, "c"),
        target: Target { engine: Engine::Redis, versions: VersionRange::minor(7, 2), build },
        version_span: span,
        topology: Topology::Cluster { shards: placement.shards.iter().map(shard).collect() },
        shared: std::sync::Arc::default(),
        nodes: placement.nodes.iter().map(node).collect(),
        complete: true,
        lossy: false,
        users: Vec::new(),
        replication: None,
        observer: None,
        tls: None,
        spec: std::sync::Arc::new(record.value.clone()),
        poisoned: Vec::new(),
    };
    (lab.names.iter().zip(&lab.addresses).map(host).collect(), deployment)
}

proptest! {
    #[test]
    fn written_pins_give_the_same_placement(lab in lab(6), shards in 1..9u16, replicas in 0..4u16) {
        let first = lab.fresh(shards, replicas);
        let (hosts, made) = deployment(&lab, &first, &spec(""));
        let text = pins_of(&hosts, &made);
        prop_assert_eq!(text.lines().count(), first.nodes.len() + 1);
        let read = spec(&text);
        let second = lab.place(shards, replicas, pins(&read));
        let facts = |placement: &Placement| {
            let node = |n: &PlacedNode| (n.shard, n.role == PinRole::Replica, n.name.clone(), n.host, n.port);
            let mut nodes: Vec<_> = placement.nodes.iter().map(node).collect();
            nodes.sort();
            let slots: Vec<_> = placement.shards.iter().map(|shard| shard.slots.to_string()).collect();
            (nodes, slots)
        };
        prop_assert_eq!(facts(&first), facts(&second));
        let (hosts, made) = deployment(&lab, &second, &read);
        prop_assert_eq!(pins_of(&hosts, &made), text);
    }
}
