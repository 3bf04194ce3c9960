//! A primary and its replicas: who leads and who follows whom, whatever the spec said of the first day.

use cachewright::drift::Class;

use crate::observed::{How, declared, drift, on_every_server, render, told};
use crate::rendered::site::{Site, start_all};
use crate::support::fleet::wait_for_replica;
use crate::support::port::Port;
use crate::support::running::Running;
use crate::support::servers::Server;
use crate::support::wait;

fn spec(server: &Server, port: u16) -> String {
    let engine = server.engine.name();
    format!(
        "format = 1\nname = \"drift\"\n[hosts]\na = {{ address = \"127.0.0.2\" }}\n\
         b = {{ address = \"127.0.0.3\" }}\nc = {{ address = \"127.0.0.4\" }}\n\
         [{engine}.set]\ntopology = \"replicated\"\ninitial-primary = \"a\"\nreplicas = [\"b\", \"c\"]\n\
         port = {port}\n{}\
         [{engine}.set.config]\nrepl-diskless-sync-delay = 0\n",
        declared(server)
    )
}

/// What counts as drift, a line each.
fn counted(site: &Site) -> Vec<String> {
    let mut lines = Vec::new();
    for (node, outcome) in drift(site, &How::default()) {
        let list = outcome.unwrap_or_else(|trouble| panic!("{node}: {trouble}"));
        let counted = list.iter().filter(|one| one.class != Class::Moved);
        lines.extend(counted.map(|one| {
            format!("{node}: {} {}: {} -> {}", one.class.name(), one.subject, one.wanted, one.live)
        }));
    }
    lines
}

fn follow(replica: &Running, primary: &Running) {
    let (host, port) = (primary.socket().ip().to_string(), primary.port().to_string());
    replica.command(&["REPLICAOF", &host, &port]);
    wait_for_replica(replica);
}

#[test]
fn who_leads_may_move_and_who_follows_may_not_be_lost() {
    on_every_server(|server| {
        let port = Port::reserve_row(3, false);
        let site = render(&spec(server, port[0].number()));
        let mut fleet = start_all(&site, server, &site.model.deployments[0]);
        let (code, said) = site.bootstrap(server, "set", None);
        assert_eq!(code, Some(0), "{server}: {said}");
        fleet[1..].iter().for_each(wait_for_replica);
        assert_eq!(told(&site, &How::default()), [""; 0], "{server}, fresh");

        // By hand, b leads.
        fleet[1].command(&["REPLICAOF", "NO", "ONE"]);
        follow(&fleet[0], &fleet[1]);
        follow(&fleet[2], &fleet[1]);
        assert_eq!(counted(&site), [""; 0], "{server}, moved");
        let moved = told(&site, &How::default());
        assert_eq!(moved.len(), 2, "{server}: {moved:?}");
        assert!(moved[0].contains("set/a: moved role: primary -> replica of 127.0.0.3"), "{moved:?}");
        assert!(moved[1].contains("set/b: moved role: replica of 127.0.0.2"), "{moved:?}");

        // Two lead.
        fleet[2].command(&["REPLICAOF", "NO", "ONE"]);
        let said = counted(&site);
        assert_eq!(said.len(), 1, "{server}: {said:?}");
        assert!(
            said[0].contains("set/c: changed role: replica of 127.0.0.3") && said[0].ends_with("-> primary"),
            "{said:?}"
        );

        // A replica of a replica.
        follow(&fleet[2], &fleet[0]);
        let said = counted(&site);
        assert!(said.len() == 1 && said[0].contains("set/c: changed role: replica of 127.0.0.3"), "{said:?}");

        // A link that does not stand.
        follow(&fleet[2], &fleet[1]);
        assert_eq!(counted(&site), [""; 0], "{server}, back");
        fleet[2].command(&["CONFIG", "SET", "masteruser", "nobody"]);
        fleet[2].command(&["CONFIG", "SET", "masterauth", "nothing"]);
        fleet[1].command(&["CLIENT", "KILL", "TYPE", "slave"]);
        wait::until("the link is lost", || fleet[2].info("master_link_status").as_deref() == Some("down"));
        wait_for_replica(&fleet[0]);
        let said = counted(&site);
        assert_eq!(said.len(), 3, "{server}: {said:?}");
        assert!(
            said[0].starts_with("set/c: changed role: replica of 127.0.0.3")
                && said[0].ends_with("link down"),
            "{said:?}"
        );
        assert!(said[1].contains("auth: (none) -> (secret)"), "{said:?}");

        // Nobody at home: one line of its own for the primary, none for those that have lost it.
        fleet[2].command(&["CONFIG", "SET", "masterauth", ""]);
        fleet[2].command(&["CONFIG", "SET", "masteruser", ""]);
        fleet.remove(1).stop();
        let lost = drift(&site, &How::default());
        assert!(lost["set/b"].as_ref().is_err_and(|why| why.contains("no connection")), "{lost:?}");
        let others = ["set/a", "set/c"]
            .map(|node| lost[node].as_ref().unwrap().iter().filter(|one| one.class.is_drift()).count());
        assert_eq!(others, [0, 0], "{server}: {lost:?}");

        // One that leads and that nobody follows may have come back empty: the replica of the one that is away has the
        // data, and is left alone.
        fleet[0].command(&["REPLICAOF", "NO", "ONE"]);
        let lost = drift(&site, &How::default());
        let roles = ["set/a", "set/c"].map(|node| {
            let counted = lost[node].as_ref().unwrap().iter().filter(|one| one.class.is_drift());
            counted.map(|one| one.wanted.to_string()).collect::<Vec<_>>()
        });
        assert!(
            roles[0].len() == 1 && roles[0][0].starts_with("replica of 127.0.0.3"),
            "{server}: {roles:?}"
        );
        assert_eq!(roles[1], [""; 0], "{server}: {lost:?}");
    });
}
