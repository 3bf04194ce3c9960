//! Sentinels through the changes that docs/rollout.md tells people to make of their sets.

use std::sync::Arc;

use crate::ground::{Ground, HOSTS, Login, SENTINELS, SERVERS};
use crate::links::{self, field};
use crate::on_each;
use crate::support::fleet::{sentinel_field, wait_for_sentinel};
use crate::support::running::Running;
use crate::support::servers::{Engine, Server, Servers};
use crate::support::tls::Certificates;
use crate::support::wait;

/// A primary, two replicas and three sentinels; `KEYS` are further lines of both tables.
const SET: &str = "[sentinels.main]\nengine = \"ENGINE\"\nversion = \"VERSION\"\nhosts = [\"a\", \"b\", \"c\"]\n\
    port = SENTINEL_PORT\nauth = { user = \"sentinel\", password = { env = \"SENTINEL_PASSWORD\" } }\nKEYS\n\
    [ENGINE.cache]\nversion = \"VERSION\"\nbuild = { defrag = false }\ntopology = \"sentinel\"\n\
    initial-primary = \"a\"\nreplicas = [\"b\", \"c\"]\nport = PORT\nsurvives = \"host\"\n\
    replication = { user = \"replica\", password = { env = \"REPLICA_PASSWORD\" } }\n\
    sentinel = { set = \"main\", quorum = 2, down-after-milliseconds = 3000, failover-timeout = 10000 }\nKEYS\n\
    [ENGINE.cache.config]\nrepl-diskless-sync-delay = 0\nsave = []\n\
    [ENGINE.cache.users.admin]\npasswords = [{ env = \"ADMIN_PASSWORD\" }]\nrules = \"~* +@all\"\n";

const SECRETS: [(&str, &str); 3] =
    [("ADMIN_PASSWORD", "hunter2"), ("REPLICA_PASSWORD", "r-pw"), ("SENTINEL_PASSWORD", "s-pw")];

/// Servers that differ in how their sentinels work.
fn servers() -> Vec<&'static Server> {
    let wanted = [(Engine::Redis, "7.0"), (Engine::Redis, "8.0"), (Engine::Valkey, "9.1")];
    wanted.into_iter().filter_map(|(engine, version)| Servers::find(engine, version)).collect()
}

/// A set that runs and has seen itself.
struct Set {
    ground: Ground,
}

impl Set {
    #[track_caller]
    fn start(server: &'static Server, spec: &str) -> Self {
        Self::start_on(server, spec, &HOSTS)
    }

    /// The same, with servers on some hosts only.
    #[track_caller]
    fn start_on(server: &'static Server, spec: &str, hosts: &[&'static str]) -> Self {
        let mut ground = Ground::new(server);
        ground.login = Some(Login { user: Some("admin"), password: "hunter2".to_owned() });
        ground.roll_out(spec);
        ground.give_secrets(&SECRETS);
        let mut set = Set { ground };
        set.ground.start_all(SERVERS, hosts);
        links::wait_for(set.ground.on(SERVERS, "a"), hosts.len() - 1);
        set.ground.start_all(SENTINELS, &HOSTS);
        assert_eq!(set.settle(), "a");
        set
    }

    /// Restarts one server after the other, and waits for replication each time.
    #[track_caller]
    fn restart_each(&mut self, leader: &'static str) {
        let replicas = HOSTS.into_iter().filter(|host| *host != leader);
        for host in replicas.chain([leader]) {
            self.ground.start(SERVERS, host);
            links::are_made_anew(&self.ground, leader);
        }
    }

    fn sentinels(&self) -> impl Iterator<Item = &Running> {
        self.ground.all(SENTINELS).map(|(_, sentinel)| sentinel)
    }

    /// Whether every sentinel knows this server as leading, all others as its replicas, and all other sentinels.
    fn is_whole_behind(&self, leader: &'static str) -> bool {
        let (servers, sentinels) = (self.ground.servers().count(), self.sentinels().count());
        let (replicas, others) = ((servers - 1).to_string(), (sentinels - 1).to_string());
        let address = Ground::address(leader).to_string();
        let knows = |sentinel: &Running| {
            let expected = [("ip", &address), ("num-slaves", &replicas), ("num-other-sentinels", &others)];
            let quorum = sentinel.try_command(&["SENTINEL", "CKQUORUM", SERVERS]);
            expected
                .iter()
                .all(|(name, value)| sentinel_field(sentinel, SERVERS, name).as_ref() == Some(value))
                && quorum.is_ok_and(|said| format!("{said:?}").contains(&format!("OK {sentinels} usable")))
        };
        links::fed(self.ground.on(SERVERS, leader)) == servers - 1 && self.sentinels().all(knows)
    }

    /// Waits until one server leads all others, and all sentinels know everybody; who leads. On a busy machine
    /// sentinels take a server for dead that is only slow, so that who leads may change once more.
    #[track_caller]
    fn settle(&self) -> &'static str {
        let mut found = None;
        wait::until("one leads, and all know it", || {
            let leads = |host: &&'static str| {
                field(self.ground.on(SERVERS, host), "role").as_deref() == Some("master")
            };
            let mut leaders = self.ground.servers().map(|(host, _)| host).filter(leads);
            found = leaders.next().filter(|host| leaders.next().is_none() && self.is_whole_behind(host));
            found.is_some()
        });
        found.unwrap()
    }

    /// Lets the primary die, waits until another one leads, and brings the dead one back; who leads.
    #[track_caller]
    fn fail_over(&mut self) -> &'static str {
        let old = self.settle();
        self.ground.crash(SERVERS, old);
        wait::until("another one leads", || {
            self.ground.servers().any(|(_, running)| field(running, "role").as_deref() == Some("master"))
        });
        self.ground.start(SERVERS, old);
        let new = self.settle();
        assert_ne!(new, old, "{}", self.ground.server);
        new
    }

    /// Waits until a sentinel knows the replicas, and of the other sentinels only those that run.
    #[track_caller]
    fn wait_until_forgotten(&self, host: &'static str) {
        let (servers, sentinels) = (self.ground.servers().count(), self.sentinels().count());
        wait_for_sentinel(self.ground.on(SENTINELS, host), SERVERS, servers - 1, sentinels - 1);
    }
}

/// A set with other sentinels' lines and servers' lines in the place of `KEYS`.
fn with(sentinels: &str, servers: &str) -> String {
    let (head, rest) = SET.split_once("KEYS").unwrap();
    format!("{head}{sentinels}{}", rest.replace("KEYS", servers))
}

#[test]
fn a_set_moves_to_tls_and_back() {
    let certificates = Arc::new(Certificates::make());
    on_each(&servers(), |server| {
        let tls = |more: &str| {
            let files = (certificates.cert(), certificates.key(), certificates.authority());
            let (cert, key, authority) = files;
            format!(
                "tls = {{ cert-file = {cert:?}, key-file = {key:?}, ca-cert-file = {authority:?}{more} }}"
            )
        };
        let plain = with("", "");
        let mut set = Set::start(server, &plain);
        // Who leads is not who led on the first day.
        let leader = set.fail_over();
        set.ground.stop_all(SENTINELS);
        // A second port first, which nobody uses yet; replication takes it next. Nobody is cut off for longer than
        // a restart takes.
        set.ground.roll_out(&with("", &tls(", port = TLS_PORT, replication = false")));
        set.restart_each(leader);
        set.ground.roll_out(&with(&tls(""), &tls(", port = TLS_PORT")));
        set.restart_each(leader);
        set.ground.tls = Some(certificates.client());
        set.ground.start_all(SENTINELS, &HOSTS);
        set.ground.tls = None;
        assert_eq!(set.settle(), leader, "{server}");
        for sentinel in set.sentinels() {
            let port = sentinel_field(sentinel, SERVERS, "port");
            assert_eq!(port, Some(set.ground.tls_port().to_string()), "{server}");
        }
        let leader = set.fail_over();
        println!("{server}: moved to TLS, and failed over to {leader}");

        set.ground.stop_all(SENTINELS);
        set.ground.roll_out(&with("", &tls(", port = TLS_PORT, replication = false")));
        set.restart_each(leader);
        set.ground.start_all(SENTINELS, &HOSTS);
        assert_eq!(set.settle(), leader, "{server}");
        set.ground.roll_out(&plain);
        set.ground.stop_all(SENTINELS);
        set.restart_each(leader);
        set.ground.start_all(SENTINELS, &HOSTS);
        assert_eq!(set.settle(), leader, "{server}");
        println!("{server}: moved back");
    });
}

/// A new node follows the primary of the first day, which leads no more; the script puts it in its place.
#[test]
fn a_node_is_added_after_a_failover() {
    on_each(&servers(), |server| {
        let two = with("", "").replace("replicas = [\"b\", \"c\"]", "replicas = [\"b\"]");
        let mut set = Set::start_on(server, &two, &HOSTS[..2]);
        assert_eq!(set.fail_over(), "b", "{server}");
        set.ground.roll_out(&with("", ""));
        set.ground.start(SERVERS, "c");
        let follows = |set: &Set| field(set.ground.on(SERVERS, "c"), "master_host").unwrap();
        assert_eq!(follows(&set), Ground::address("a").to_string(), "{server}");
        let said = set.ground.bootstrap("admin", "hunter2");
        assert!(said.contains("one primary leads all the others:"), "{server}: {said}");
        assert!(!said.contains("nothing was changed"), "{server}: {said}");
        assert_eq!(follows(&set), Ground::address("b").to_string(), "{server}");
        let said = set.ground.bootstrap("admin", "hunter2");
        assert!(said.contains("nothing was changed"), "{server}: {said}");
        // Sentinels hear of it from the primary, and it may lead. It keeps its place over a restart.
        set.ground.start(SERVERS, "c");
        assert_eq!(set.settle(), "b", "{server}");
        set.ground.on(SERVERS, "a").command(&["CONFIG", "SET", "replica-priority", "0"]);
        for sentinel in set.sentinels() {
            wait::until("the sentinel knows who may not lead", || {
                let answer = sentinel.try_command(&["SENTINEL", "SLAVES", SERVERS]);
                answer.is_ok_and(|said| priorities(said).contains(&"0".to_owned()))
            });
        }
        assert_eq!(set.fail_over(), "c", "{server}");
        println!("{server}: a node added after a failover leads after the next");
    });
}

/// What SENTINEL SLAVES says of replicas' priorities.
fn priorities(said: redis::Value) -> Vec<String> {
    let replicas: Vec<Vec<(String, String)>> = redis::from_redis_value(said).unwrap();
    replicas
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| (name == "slave-priority").then_some(value))
        .collect()
}

#[test]
fn a_sentinel_is_taken_out_of_a_set() {
    on_each(&servers(), |server| {
        let mut set = Set::start(server, &with("", ""));
        // Two of two have to be there for a failover, so no host may fail.
        let two = with("", "").replacen("hosts = [\"a\", \"b\", \"c\"]", "hosts = [\"a\", \"b\"]", 1);
        set.ground.roll_out(&two.replace("survives = \"host\"", "survives = \"nothing\""));
        set.ground.stop(SENTINELS, "c");
        for host in ["a", "b"] {
            assert_eq!(
                sentinel_field(set.ground.on(SENTINELS, host), SERVERS, "num-other-sentinels").as_deref(),
                Some("2")
            );
        }
        for host in ["a", "b"] {
            set.ground.on(SENTINELS, host).command(&["SENTINEL", "RESET", "*"]);
            set.wait_until_forgotten(host);
        }
        set.settle();
        // So it stays when they start again.
        for host in ["a", "b"] {
            set.ground.start(SENTINELS, host);
        }
        set.settle();
        set.fail_over();
        println!("{server}: two of three sentinels failed over");
    });
}

/// Fresh sentinels ask the one that the spec names, and nobody else.
#[test]
fn fresh_sentinels_find_the_set_through_who_leads() {
    on_each(&servers(), |server| {
        let mut set = Set::start(server, &with("", ""));
        let leader = set.fail_over();
        let others: Vec<String> =
            HOSTS.iter().filter(|host| **host != leader).map(|host| format!("{host:?}")).collect();
        let now = format!("initial-primary = {leader:?}\nreplicas = [{}]", others.join(", "));
        set.ground
            .roll_out(&with("", "").replace("initial-primary = \"a\"\nreplicas = [\"b\", \"c\"]", &now));
        set.ground.stop_all(SENTINELS);
        for host in HOSTS {
            std::fs::remove_file(set.ground.data(SENTINELS, host).join("sentinel.conf")).unwrap();
            set.ground.start(SENTINELS, host);
        }
        assert_eq!(set.settle(), leader, "{server}");
        set.fail_over();
        println!("{server}: fresh sentinels failed over");
    });
}

/// Cuts all sentinels off from every server, and waits until each is back with both of its connections.
#[track_caller]
fn sentinels_log_in_anew(set: &Set) {
    let expected = 2 * set.sentinels().count();
    let connections = |server: &Running| server.text(&["CLIENT", "LIST"]).matches(" user=sentinel ").count();
    for (_, server) in set.ground.servers() {
        wait::until("all sentinels are logged in", || connections(server) == expected);
        server.command(&["CLIENT", "KILL", "USER", "sentinel"]);
        wait::until("all sentinels are logged in again", || connections(server) == expected);
    }
}

#[test]
fn sentinels_log_in_all_the_time_while_their_password_is_rotated() {
    on_each(&servers(), |server| {
        // Nobody is to fail over while servers are restarted.
        let spec = |password: &str, users: &str| {
            let spec = with("", "").replace("= 3000", "= 60000") + users;
            spec.replace("env = \"SENTINEL_PASSWORD\" } }\n", &format!("env = \"{password}\" }} }}\n"))
        };
        let two = "[ENGINE.cache.users.sentinel]\n\
                   passwords = [{ env = \"SENTINEL_PASSWORD\" }, { env = \"SENTINEL_PASSWORD_NEXT\" }]\n";
        let mut set = Set::start(server, &spec("SENTINEL_PASSWORD", ""));
        sentinels_log_in_anew(&set);
        let [admin, replica, (name, _)] = SECRETS;
        let all = |set: &mut Set, folder: &'static str| {
            for host in ["b", "c", "a"] {
                set.ground.start(folder, host);
                sentinels_log_in_anew(set);
            }
        };
        set.ground.roll_out(&spec(name, two));
        set.ground.give_secrets(&[admin, replica, SECRETS[2], ("SENTINEL_PASSWORD_NEXT", "new")]);
        all(&mut set, SERVERS);
        set.ground.roll_out(&spec("SENTINEL_PASSWORD_NEXT", two));
        all(&mut set, SENTINELS);
        set.ground.roll_out(&spec(name, ""));
        set.ground.give_secrets(&[admin, replica, (name, "new")]);
        all(&mut set, SERVERS);
        // The sentinels' own files say the same as before, from another variable.
        all(&mut set, SENTINELS);
        for (_, running) in set.ground.servers() {
            let works = |password: &str| running.try_command(&["AUTH", "sentinel", password]).is_ok();
            assert_eq!([SECRETS[2].1, "new"].map(works), [false, true], "{server}");
        }
        assert_eq!(set.settle(), "a", "{server}");
        println!("{server}: sentinels logged in after each of twelve restarts");
    });
}
