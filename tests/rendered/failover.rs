//! A rendered set of servers and its sentinels, from the first day to a failover.

use cachewright::spec::SecretRef;

use super::Passwords;
use super::site::{ADMIN, Site, start_all};
use crate::support::fleet::{sentinel_field, wait_for_replica, wait_for_sentinel};
use crate::support::running::Running;
use crate::support::servers::Server;
use crate::support::wait;

/// Bootstraps the set, has it fail over, and sees that nobody lacked a right.
#[track_caller]
pub(crate) fn fail_over(site: &Site, server: &Server, name: &str) {
    let deployment = site.model.deployments.iter().find(|d| d.name.value == name).unwrap();
    let servers = start_all(site, server, deployment);
    let password = Passwords::default().value(&SecretRef::Env("ADMIN".to_owned()));
    let (code, said) = site.bootstrap(server, name, Some((ADMIN, &password)));
    assert_eq!(code, Some(0), "{server}: {said}");
    // Sentinel cuts all connections to a server whose role it changes.
    let role = |running: &Running| {
        let info: String =
            redis::from_redis_value(running.try_command(&["INFO", "replication"]).ok()?).ok()?;
        info.lines().find_map(|line| line.strip_prefix("role:").map(str::to_owned))
    };
    let linked = |running: &Running| {
        let said = running.try_command(&["INFO", "replication"]);
        said.is_ok_and(|said| format!("{said:?}").contains("master_link_status:up"))
    };
    assert_eq!(role(&servers[0]).as_deref(), Some("master"));
    for replica in &servers[1..] {
        assert_eq!(role(replica).as_deref(), Some("slave"));
        wait_for_replica(replica);
    }

    let set = &site.model.sentinels[0];
    let sentinels: Vec<Running> =
        set.nodes.iter().map(|node| site.launch_sentinel(server, set, node).start()).collect();
    for sentinel in &sentinels {
        wait_for_sentinel(sentinel, name, 2, 2);
        wait::until("the quorum is there", || {
            let answer = sentinel.try_command(&["SENTINEL", "CKQUORUM", name]);
            answer.is_ok_and(|said| format!("{said:?}").contains("OK 3 usable Sentinels"))
        });
    }
    wait::until("the sentinel begins a failover", || {
        sentinels[0].try_command(&["SENTINEL", "FAILOVER", name]).is_ok()
    });
    wait::until("another leads", || servers[1..].iter().any(|s| role(s).as_deref() == Some("master")));
    wait::until("the old primary follows", || role(&servers[0]).as_deref() == Some("slave"));
    wait::until("it is in step", || linked(&servers[0]));
    for sentinel in &sentinels {
        let old = [servers[0].socket().ip().to_string(), servers[0].port().to_string()].map(Some);
        wait::until("every sentinel knows the new primary", || {
            let now = ["ip", "port"].map(|field| sentinel_field(sentinel, name, field));
            now.iter().all(Option::is_some) && now != old
        });
    }
    for running in &servers {
        let log = format!("{:?}", running.command(&["ACL", "LOG"]));
        assert!(!log.contains("\"replica\"") && !log.contains("\"sentinel\""), "{server}: {log}");
    }
}
