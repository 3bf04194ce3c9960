//! Sentinels: a set that watches a primary and its replicas.

use cachewright::catalog::sentinel::{Scope, directives};

use crate::observed::{How, declared, render, servers, told};
use crate::rendered::compare::version;
use crate::rendered::site::{ADMIN, Site, start_all};
use crate::support::fleet::{sentinel_field, wait_for_replica, wait_for_sentinel};
use crate::support::port::Port;
use crate::support::running::Running;
use crate::support::servers::Server;
use crate::support::wait;

/// The name that the sentinels have for the deployment.
pub(crate) const NAME: &str = "mymaster";

pub(crate) fn spec(server: &Server, ports: (u16, u16)) -> String {
    let engine = server.engine.name();
    let built = declared(server);
    // What they ask of each other is known from 6.2 on.
    let asks = if version(server) >= "6.2".parse::<cachewright::catalog::VersionRange>().unwrap().first {
        "requirepass = { env = \"WATCH\" }\nsentinel-pass = { env = \"WATCH\" }\n"
    } else {
        ""
    };
    format!(
        "format = 1\nname = \"drift\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n\
         [sentinels.main]\nengine = \"{engine}\"\n{built}hosts = [\"a\", \"a\", \"a\"]\nport = {}\n\
         auth = {{ user = \"sentinel\", password = {{ env = \"SENTINEL\" }} }}\n\
         [sentinels.main.config]\ndeny-scripts-reconfig = false\n{asks}\
         [{engine}.one]\n{built}topology = \"sentinel\"\ninitial-primary = \"a\"\nreplicas = [\"a\", \"a\"]\n\
         port = {}\nsurvives = \"nothing\"\n\
         replication = {{ user = \"replica\", password = {{ env = \"REPLICA\" }} }}\n\
         [{engine}.one.sentinel]\nset = \"main\"\nquorum = 2\nmaster-name = \"{NAME}\"\n\
         down-after-milliseconds = 5000\nparallel-syncs = 2\n\
         [{engine}.one.config]\nrepl-diskless-sync-delay = 0\n\
         [{engine}.one.users.{ADMIN}]\npasswords = [{{ env = \"ADMIN\" }}]\nrules = \"~* &* +@all\"\n",
        ports.0, ports.1
    )
    .replace(" &*", if version(server).minor < 2 && version(server).major == 6 { "" } else { " &*" })
}

/// Servers and their sentinels, all of them heard and in step.
struct Stage {
    site: Site,
    servers: Vec<Running>,
    sentinels: Vec<Running>,
    how: How,
    _ports: Vec<Port>,
}

fn start(server: &'static Server, ports: Vec<Port>) -> Stage {
    let site = render(&spec(server, (ports[0].number(), ports[3].number())));
    let deployment = &site.model.deployments[0];
    let servers = start_all(&site, server, deployment);
    let password = "secret-of-env:ADMIN";
    let (code, said) = site.bootstrap(server, "one", Some((ADMIN, password)));
    assert_eq!(code, Some(0), "{server}: {said}");
    servers[1..].iter().for_each(wait_for_replica);
    let set = &site.model.sentinels[0];
    let sentinels = set.nodes.iter().map(|node| {
        let launch = site.launch_sentinel(server, set, node);
        match set.setting(node, "requirepass") {
            Some(_) => launch.login(None, "secret-of-env:WATCH").start(),
            None => launch.start(),
        }
    });
    let sentinels: Vec<Running> = sentinels.collect();
    let how = How { login: Some((Some(ADMIN.to_owned()), password.to_owned())), ..How::default() };
    let stage = Stage { site, servers, sentinels, how, _ports: ports };
    stage.wait_until_known();
    stage
}

impl Stage {
    fn wait_until_known(&self) {
        for sentinel in &self.sentinels {
            wait_for_sentinel(sentinel, NAME, 2, 2);
        }
    }

    fn told(&self) -> Vec<String> {
        told(&self.site, &self.how)
    }

    /// What is told, once it is no longer what follows from a change that is still under way.
    #[track_caller]
    fn settles(&self, expected: &[&str]) {
        let fits = |said: &[String]| {
            said.len() == expected.len() && said.iter().zip(expected).all(|(said, part)| said.contains(part))
        };
        let settled = wait::try_until(wait::LIMIT * 2, || fits(&self.told()).then_some(()));
        assert!(
            settled.is_some(),
            "{}: wanted {expected:?}, told {:#?}",
            self.servers[0].server(),
            self.told()
        );
    }
}

#[test]
fn sentinels_are_compared() {
    std::thread::scope(|scope| {
        for server in servers() {
            let ports = [Port::reserve_row(3, false), Port::reserve_row(3, false)].into_iter().flatten();
            let ports: Vec<Port> = ports.collect();
            scope.spawn(move || {
                let stage = start(server, ports);
                stage.settles(&[]);
                let tried = options(&stage, server) + globals(&stage);
                println!("{server}: {tried} changes on one sentinel, each reported alone");
                watches(&stage);
                fails_over(&stage);
            });
        }
    });
}

/// Every option of a watched primary that can be seen, changed on one sentinel.
fn options(stage: &Stage, server: &Server) -> usize {
    let sentinel = &stage.sentinels[1];
    let node = format!("sentinels-main/{}", stage.site.model.sentinels[0].nodes[1].id);
    let mut tried = 0;
    for directive in directives(stage.site.model.deployments[0].target.engine) {
        let Some(facts) = directive.at(version(server)) else { continue };
        let (true, Some(option), Scope::Primary) = (facts.shown, facts.sentinel_set, directive.scope) else {
            continue;
        };
        let before = sentinel_field(sentinel, NAME, option).unwrap_or_default();
        // A time so short that something is down at once would be told as well.
        let value = match option {
            option if option.ends_with("script") => "/bin/true",
            option if option.contains("milliseconds") || option.contains("timeout") => "170003",
            _ => "3",
        };
        sentinel.command(&["SENTINEL", "SET", NAME, option, value]);
        let said = stage.told();
        assert_eq!(said.len(), 1, "{server}: {option}: {said:?}");
        assert!(said[0].starts_with(&node), "{server}: {said:?}");
        assert!(said[0].contains(&format!(" watch {NAME} {option}: ")), "{server}: {said:?}");
        sentinel.command(&["SENTINEL", "SET", NAME, option, &before]);
        assert_eq!(stage.told(), [""; 0], "{server}: {option}, and back");
        tried += 1;
    }
    tried
}

/// Every setting of the whole sentinel that it shows.
fn globals(stage: &Stage) -> usize {
    let sentinel = &stage.sentinels[2];
    let server = sentinel.server();
    let rows: Vec<(String, String)> =
        match sentinel.try_command(&["SENTINEL", "CONFIG", "GET", "*"]).map(redis::from_redis_value) {
            Ok(rows) => rows.unwrap(),
            // 6.0 has no such command.
            Err(_) => return 0,
        };
    for (name, before) in &rows {
        let value = match (name.as_str(), before.as_str()) {
            ("announce-ip", _) => "127.0.0.2",
            ("announce-port", _) => "7",
            ("loglevel", _) => "warning",
            ("sentinel-pass", _) => "not-to-be-shown",
            (_, "yes") => "no",
            (_, "no") => "yes",
            _ => "other",
        };
        sentinel.command(&["SENTINEL", "CONFIG", "SET", name, value]);
        let said = stage.told();
        // What it announces spreads to the others within seconds.
        let own: Vec<&String> = said.iter().filter(|line| !line.contains(" watch ")).collect();
        assert_eq!(own.len(), 1, "{server}: {name}: {said:?}");
        assert!(own[0].contains(&format!(" {name}: ")), "{server}: {said:?}");
        assert!(!said.concat().contains("not-to-be-shown"), "{server}: {said:?}");
        sentinel.command(&["SENTINEL", "CONFIG", "SET", name, before]);
        let own: Vec<String> = stage.told().into_iter().filter(|line| !line.contains(" watch ")).collect();
        assert_eq!(own, [""; 0], "{server}: {name}, and back");
    }
    stage.settles(&[]);
    rows.len()
}

/// A primary that is watched and should not be, and one that should be and is not.
fn watches(stage: &Stage) {
    let sentinel = &stage.sentinels[0];
    let port = stage.servers[0].port().to_string();
    sentinel.command(&["SENTINEL", "MONITOR", "more", "127.0.0.1", &port, "1"]);
    let said = stage.told();
    assert!(said.len() == 1 && said[0].contains("not-in-spec watch more: (none) -> 127.0.0.1"), "{said:?}");
    sentinel.command(&["SENTINEL", "REMOVE", "more"]);
    stage.settles(&[]);
    sentinel.command(&["SENTINEL", "REMOVE", NAME]);
    let said = stage.told();
    assert!(said.len() == 1, "{said:?}");
    assert!(said[0].contains(&format!("changed watch {NAME}: watched -> (none)")), "{said:?}");
    sentinel.command(&["SENTINEL", "MONITOR", NAME, "127.0.0.1", &port, "2"]);
    for (option, value) in [
        ("auth-user", "sentinel"),
        ("auth-pass", "secret-of-env:SENTINEL"),
        ("down-after-milliseconds", "5000"),
        ("parallel-syncs", "2"),
    ] {
        sentinel.command(&["SENTINEL", "SET", NAME, option, value]);
    }
    // 6.x goes on with the connection that it opened before it was told the password.
    let _ = stage.servers[0].try_command(&["CLIENT", "KILL", "USER", "default"]);
    stage.wait_until_known();
    stage.settles(&[]);
}

/// Another server leads than on the first day: shown, and no drift.
fn fails_over(stage: &Stage) {
    let server = stage.servers[0].server();
    wait::until("the sentinel begins a failover", || {
        stage.sentinels[0].try_command(&["SENTINEL", "FAILOVER", NAME]).is_ok()
    });
    let address = format!(" moved watch {NAME} address: ");
    let role = " moved role: ";
    stage.settles(&[role, role, &address, &address, &address]);
    let said = stage.told();
    assert!(said.iter().all(|line| line.contains(": moved ")), "{server}: {said:?}");
    println!("{server}: after a failover, the move is shown and nothing counts");
}
