//! Servers that know each other over TLS.

use std::collections::BTreeSet;
use std::sync::Arc;

use cachewright::spec::SecretRef;

use super::rendered::Passwords;
use super::rendered::failover::fail_over;
use super::rendered::site::{ADMIN, Site, start_all};
use super::specs::Spec;
use super::support::fleet::{wait_for_cluster, wait_for_replica};
use super::support::running::Running;
use super::support::servers::Server;
use super::support::tls::Certificates;
use super::support::wait;
use super::{compare_all, on_each, servers_with_tls, three_servers_with_tls};

/// Whether a plain port is open beside the one with TLS.
const PORTS: [bool; 2] = [false, true];

#[test]
fn replicas_follow_over_tls() {
    let certificates = Arc::new(Certificates::make());
    on_each(&servers_with_tls(), |server| {
        for beside in PORTS {
            let mut spec = Spec::new(server, &certificates);
            let (port, tls_port) = (spec.ports(1), spec.ports(1));
            let more = if beside { format!(", port = {tls_port}") } else { String::new() };
            let places = format!(
                "topology = \"replicated\"\ninitial-primary = \"a\"\nreplicas = [\"b\", \"c\"]\nport = {port}\n"
            );
            spec.deployment("copies", &(places + &spec.tls(&more)));
            let site = spec.render();
            let deployment = &site.model.deployments[0];
            let running = start_all(&site, server, deployment);
            compare_all(&site, deployment, &running);
            bootstrap(&site, server, "copies", "one primary leads all the others:");
            running[0].command(&["SET", "key", "value"]);
            for replica in &running[1..] {
                wait_for_replica(replica);
                let link = if beside { tls_port } else { port };
                assert_eq!(replica.info("master_port"), Some(link.to_string()), "{server}: the TLS port");
                wait::until("the key is there", || {
                    replica.command(&["EXISTS", "key"]) == redis::Value::Int(1)
                });
            }
            bootstrap(&site, server, "copies", "nothing was changed");
            println!("{server}: replicas follow over TLS, a plain port beside it: {beside}");
        }
    });
}

#[test]
fn sentinels_fail_over_by_tls() {
    let certificates = Arc::new(Certificates::make());
    on_each(&three_servers_with_tls(), |server| {
        let mut spec = Spec::new(server, &certificates);
        let port = spec.ports(1);
        let keys = format!(
            "topology = \"sentinel\"\ninitial-primary = \"a\"\nreplicas = [\"b\", \"c\"]\nport = {port}\n\
             sentinel = {{ set = \"main\", quorum = 2, down-after-milliseconds = 2000, failover-timeout = 10000 }}\n"
        );
        spec.deployment("sessions", &(keys + &spec.tls("")));
        spec.users("sessions");
        spec.sentinels(&spec.tls(""));
        fail_over(&spec.render(), server, "sessions");
        println!("{server}: a sentinel set failed over by TLS");
    });
}

#[test]
fn a_cluster_forms_over_tls() {
    let certificates = Arc::new(Certificates::make());
    on_each(&three_servers_with_tls(), |server| {
        form(server, &certificates, false, false);
        form(server, &certificates, true, true);
    });
}

/// Forms a cluster of six nodes whose bus speaks TLS, and uses it.
fn form(server: &Server, certificates: &Arc<Certificates>, users: bool, beside: bool) {
    let mut spec = Spec::new(server, certificates);
    let (port, tls_port) = (spec.ports(2), spec.ports(2));
    let places = format!(
        "topology = \"cluster\"\nhosts = [\"a\", \"b\", \"c\"]\nshards = 3\nreplicas = 1\nport = {port}\n"
    );
    let more = if beside { format!(", port = {tls_port}") } else { String::new() };
    spec.deployment("catalog", &(places + &spec.tls(&more)));
    if users {
        spec.users("catalog");
    }
    let site = spec.render();
    let deployment = &site.model.deployments[0];
    let running = start_all(&site, server, deployment);
    compare_all(&site, deployment, &running);
    bootstrap(&site, server, "catalog", "the cluster is formed");
    wait_for_cluster(&running);
    let followers: Vec<&Running> =
        running.iter().filter(|node| node.info("role").as_deref() == Some("slave")).collect();
    assert_eq!(followers.len(), 3, "{server}");
    followers.into_iter().for_each(wait_for_replica);
    assert_eq!(keys_found(&running), 30, "{server}: each key is somewhere");
    bootstrap(&site, server, "catalog", "nothing was changed");
    println!("{server}: a cluster over TLS, users: {users}, a plain port beside it: {beside}");
}

/// Offers thirty keys to every node; those that some primary took.
fn keys_found(running: &[Running]) -> usize {
    let mut connections: Vec<_> = running.iter().map(|node| node.connect().unwrap()).collect();
    let mut taken = BTreeSet::new();
    for key in 0..30 {
        for connection in &mut connections {
            let set = redis::cmd("SET").arg(format!("key-{key}")).arg("value").query::<()>(connection);
            if set.is_ok() {
                taken.insert(key);
            }
        }
    }
    taken.len()
}

/// Runs the script of a deployment, as the harness's user where there are users; it ends well and says this.
#[track_caller]
fn bootstrap(site: &Site, server: &Server, name: &str, said: &str) {
    let deployment = &site.model.deployments[0];
    let password = Passwords::default().value(&SecretRef::Env("ADMIN".to_owned()));
    let login = (!deployment.users.is_empty()).then_some((ADMIN, password.as_str()));
    let (code, text) = site.bootstrap(server, name, login);
    assert_eq!(code, Some(0), "{server}: {text}");
    assert!(text.contains(said), "{server}: {said:?} is not in {text}");
}
