//! A cluster: roles may swap inside a shard; slots may not move, and nobody may come or go.

use std::time::Duration;

use redis::Value;

use crate::observed::{How, declared, on_every_server, render, told};
use crate::rendered::compare::version;
use crate::rendered::site::start_all;
use crate::support::fleet::wait_for_cluster;
use crate::support::port::Port;
use crate::support::running::Running;
use crate::support::servers::Server;
use crate::support::wait;

fn spec(server: &Server, port: u16) -> String {
    let engine = server.engine.name();
    format!(
        "format = 1\nname = \"drift\"\n[hosts]\na = {{ address = \"127.0.0.2\" }}\n\
         b = {{ address = \"127.0.0.3\" }}\nc = {{ address = \"127.0.0.4\" }}\n\
         [{engine}.all]\ntopology = \"cluster\"\nhosts = [\"a\", \"b\", \"c\"]\nshards = 3\nreplicas = 1\n\
         port = {port}\n{}\
         [{engine}.all.config]\nrepl-diskless-sync-delay = 0\n\
         repl-ping-replica-period = 1\n",
        declared(server)
    )
}

fn id(node: &Running) -> String {
    node.text(&["CLUSTER", "MYID"])
}

/// Every node's own view of who serves a slot.
fn owner(node: &Running, slot: u16) -> Option<String> {
    let nodes = node.text(&["CLUSTER", "NODES"]);
    let nodes = cachewright::live::cluster_nodes(&nodes).unwrap();
    let serves = |node: &&cachewright::live::ClusterNode| {
        node.slots.iter().any(|range| range.first <= slot && slot <= range.last)
    };
    nodes.iter().find(serves).map(|node| node.id.clone())
}

/// Opens a slot on both sides.
fn begin(from: &Running, to: &Running, slot: u16) {
    let slot = slot.to_string();
    to.command(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &id(from)]);
    from.command(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &id(to)]);
}

/// Gives it to its new owner, who hears of it first.
fn finish(from: &Running, to: &Running, leaders: &[&Running], slot: u16) {
    let (slot, owner) = (slot.to_string(), id(to));
    let others = leaders.iter().copied().filter(|node| id(node) != id(from) && id(node) != owner);
    for node in [to, from].into_iter().chain(others) {
        assert_eq!(node.command(&["CLUSTER", "SETSLOT", &slot, "NODE", &owner]), Value::Okay);
    }
}

/// Every link stands, and every node sees the cluster whole: both pass for moments on a busy machine.
fn is_sound(fleet: &[Running]) -> bool {
    fleet.iter().all(|node| {
        let whole = node.text(&["CLUSTER", "INFO"]).lines().any(|line| line.trim() == "cluster_state:ok");
        whole && node.info("master_link_status").is_none_or(|state| state == "up")
    })
}

#[test]
fn a_swap_is_no_drift_and_a_moved_slot_is() {
    on_every_server(|server| {
        let ports = Port::reserve_row(2, true);
        let site = render(&spec(server, ports[0].number()));
        let deployment = &site.model.deployments[0];
        let fleet = start_all(&site, server, deployment);
        let lonely = told(&site, &How::default());
        assert_eq!(lonely.len(), 6, "{server}: {lonely:?}");
        let (code, said) = site.bootstrap(server, "all", None);
        assert_eq!(code, Some(0), "{server}: {said}");
        wait_for_cluster(&fleet);
        wait::until("the cluster is sound", || is_sound(&fleet));
        assert_eq!(told(&site, &How::default()), [""; 0], "{server}, fresh");

        // A failover inside of a shard.
        let replica = fleet.iter().find(|node| node.info("role").as_deref() == Some("slave")).unwrap();
        wait::until("the replica is in step", || replica.info("master_link_status").as_deref() == Some("up"));
        // 6.0 waits for ever for a primary whose stream has not begun (`mf_master_offset` of 0).
        wait::until("the stream has begun", || {
            replica.info("slave_repl_offset").is_some_and(|offset| offset != "0")
        });
        let leads = || (replica.info("role").as_deref() == Some("master")).then_some(());
        // A failover by hand is given up after five seconds; then it may be asked for again.
        let led = (0..5).any(|_| {
            drop(replica.try_command(&["CLUSTER", "FAILOVER"]));
            wait::try_until(Duration::from_secs(6), leads).is_some()
        });
        assert!(led, "{server}: the replica does not lead: {}", replica.log());
        let settled = || {
            fleet.iter().all(|node| owner(node, 0) == owner(&fleet[0], 0))
                && fleet.iter().filter(|node| node.info("role").as_deref() == Some("slave")).count() == 3
        };
        wait::until("all agree", settled);
        wait::until("the cluster is sound", || is_sound(&fleet));
        assert_eq!(told(&site, &How::default()), [""; 0], "{server}, after a failover");

        // A slot on its way, and moved.
        let leaders: Vec<&Running> =
            fleet.iter().filter(|node| node.info("role").as_deref() == Some("master")).collect();
        let slot = 100_u16;
        let from = leaders.iter().find(|node| owner(node, slot) == Some(id(node))).unwrap();
        let to = leaders.iter().find(|node| id(node) != id(from)).unwrap();
        begin(from, to, slot);
        let open = told(&site, &How::default());
        assert_eq!(open.len(), 2, "{server}: {open:?}");
        assert!(
            open.iter().all(|line| line.contains("changed slots 100: at rest -> on its way")),
            "{open:?}"
        );
        finish(from, to, &leaders, slot);
        wait::until("all know of the move", || fleet.iter().all(|node| owner(node, slot) == Some(id(to))));
        let moved = told(&site, &How::default());
        assert_eq!(moved.len(), 1, "{server}: {moved:?}");
        assert!(moved[0].contains("changed slots 100: shard"), "{moved:?}");
        begin(to, from, slot);
        finish(to, from, &leaders, slot);
        let back = || fleet.iter().all(|node| owner(node, slot) == Some(id(from)));
        wait::until("all know of the way back", back);
        wait::until("the cluster is sound", || is_sound(&fleet));
        assert_eq!(told(&site, &How::default()), [""; 0], "{server}, the slot is back");

        // Somebody whom the spec does not have.
        let stranger = server
            .launch()
            .port(Port::reserve_for_cluster())
            .lines(["cluster-enabled yes", "cluster-node-timeout 5000"])
            .start();
        let (host, port) = (fleet[0].socket().ip().to_string(), fleet[0].port().to_string());
        let known = || {
            let all = "cluster_known_nodes:7";
            let knows =
                |node: &Running| node.text(&["CLUSTER", "INFO"]).lines().any(|line| line.trim() == all);
            fleet.iter().all(knows).then_some(())
        };
        // A greeting that is not answered within the node timeout is forgotten.
        let met = (0..5).any(|_| {
            stranger.command(&["CLUSTER", "MEET", &host, &port]);
            wait::try_until(Duration::from_secs(6), known).is_some()
        });
        assert!(met, "{server}: not all know it: {}", fleet[0].text(&["CLUSTER", "NODES"]));
        let strange = told(&site, &How::default());
        assert_eq!(strange.len(), 1, "{server}: {strange:?}");
        assert!(strange[0].contains("not-in-spec node at 127.0.0.1:"), "{strange:?}");
        println!("{server} ({}): a cluster swapped, moved and met", version(server));
    });
}
