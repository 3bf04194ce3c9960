//! Several servers that know each other.

use redis::Value;

use super::port::Port;
use super::running::Running;
use super::servers::Server;
use super::wait;

/// A primary and its replicas, all in step.
#[derive(Debug)]
pub(crate) struct Replicated {
    pub(crate) primary: Running,
    pub(crate) replicas: Vec<Running>,
}

/// Starts a primary with `replicas` replicas, each with these further lines, and waits until all are in step.
#[track_caller]
pub(crate) fn replicated(server: &Server, replicas: usize, lines: &[&str]) -> Replicated {
    // By default it waits 5 s for more replicas before it sends its data (repl-diskless-sync-delay).
    let primary = server.launch().line("repl-diskless-sync-delay 0").lines(lines.iter().copied()).start();
    let replicas = (0..replicas)
        .map(|_| {
            let follow = format!("replicaof 127.0.0.1 {}", primary.port());
            server.launch().lines(lines.iter().copied()).line(follow).start()
        })
        .collect();
    let fleet = Replicated { primary, replicas };
    for replica in &fleet.replicas {
        wait_for_replica(replica);
    }
    fleet
}

/// Waits until a replica is in step with its primary.
#[track_caller]
pub(crate) fn wait_for_replica(replica: &Running) {
    wait::until("the replica is in step", || replica.info("master_link_status").as_deref() == Some("up"));
}

/// Starts sentinels that watch `primary` under `name`, and waits until each sees every replica and every other.
#[track_caller]
pub(crate) fn sentinels(
    server: &Server,
    watched: &Replicated,
    name: &str,
    count: usize,
    quorum: usize,
) -> Vec<Running> {
    let sentinels: Vec<Running> = (0..count)
        .map(|_| {
            server
                .launch_sentinel()
                .line(format!("sentinel monitor {name} 127.0.0.1 {} {quorum}", watched.primary.port()))
                .line(format!("sentinel down-after-milliseconds {name} 1000"))
                .start()
        })
        .collect();
    for sentinel in &sentinels {
        wait_for_sentinel(sentinel, name, watched.replicas.len(), count - 1);
    }
    sentinels
}

/// Waits until a sentinel sees so many replicas and so many other sentinels.
#[track_caller]
pub(crate) fn wait_for_sentinel(sentinel: &Running, name: &str, replicas: usize, others: usize) {
    wait::until("the sentinel sees its set", || {
        sentinel_field(sentinel, name, "num-slaves") == Some(replicas.to_string())
            && sentinel_field(sentinel, name, "num-other-sentinels") == Some(others.to_string())
    });
}

/// One field of what a sentinel says about a primary.
pub(crate) fn sentinel_field(sentinel: &Running, name: &str, field: &str) -> Option<String> {
    let answer = sentinel.try_command(&["SENTINEL", "MASTER", name]).ok()?;
    let fields: Vec<(String, String)> = redis::from_redis_value(answer).ok()?;
    fields.into_iter().find_map(|(key, value)| (key == field).then_some(value))
}

/// Starts `count` empty cluster nodes with these further lines; they do not know each other yet.
#[track_caller]
pub(crate) fn cluster_nodes(server: &Server, count: usize, lines: &[&str]) -> Vec<Running> {
    (0..count)
        .map(|_| {
            server
                .launch()
                .port(Port::reserve_for_cluster())
                .lines(["cluster-enabled yes", "cluster-node-timeout 5000"])
                .lines(lines.iter().copied())
                .start()
        })
        .collect()
}

/// Joins nodes to a cluster in which each leads an equal part of the slots, and waits until it is whole.
#[track_caller]
pub(crate) fn join(nodes: &[Running]) {
    const SLOTS: usize = 16_384;
    for (index, node) in nodes.iter().enumerate() {
        let (first, end) = (index * SLOTS / nodes.len(), (index + 1) * SLOTS / nodes.len());
        let slots: Vec<String> = (first..end).map(|slot| slot.to_string()).collect();
        let mut arguments = vec!["CLUSTER", "ADDSLOTS"];
        arguments.extend(slots.iter().map(String::as_str));
        node.command(&arguments);
        // Two nodes of one epoch would argue about it; each gets its own.
        node.command(&["CLUSTER", "SET-CONFIG-EPOCH", &(index + 1).to_string()]);
    }
    for node in &nodes[1..] {
        let answer = node.command(&["CLUSTER", "MEET", "127.0.0.1", &nodes[0].port().to_string()]);
        assert_eq!(answer, Value::Okay);
    }
    wait_for_cluster(nodes);
}

/// Waits until every node knows all the others and calls the cluster whole.
#[track_caller]
pub(crate) fn wait_for_cluster(nodes: &[Running]) {
    let known = format!("cluster_known_nodes:{}", nodes.len());
    for node in nodes {
        wait::until("the cluster is whole", || {
            let info = node.text(&["CLUSTER", "INFO"]);
            info.lines().any(|l| l.trim() == "cluster_state:ok") && info.lines().any(|l| l.trim() == known)
        });
    }
}
