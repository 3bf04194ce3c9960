//! The observer: with its rights drift is complete, and each of them is needed.

use cachewright::catalog::sentinel::behaviour;
use cachewright::text::acl::write_rule;

use crate::observed::{How, declared, render, servers, told};
use crate::rendered::compare::version;
use crate::rendered::site::{Site, start_all};
use crate::support::fleet::{wait_for_replica, wait_for_sentinel};
use crate::support::port::Port;
use crate::support::running::Running;
use crate::support::servers::Server;
use crate::support::wait;

const OBSERVER: &str = "observer = { user = \"cachewright\", password = { env = \"OBSERVER\" } }\n";

/// The rights of the observer, each as a rule.
fn rights(users: &[cachewright::model::User]) -> Vec<String> {
    let observer = users.iter().find(|user| user.name.value == "cachewright").unwrap();
    let rules = observer.rules.iter().filter_map(|rule| write_rule(&rule.value).ok());
    let rules = rules.map(|rule| String::from_utf8_lossy(&rule).into_owned());
    rules.filter(|rule| rule.starts_with('+')).collect()
}

/// Takes every right away and gives it back; without it, something cannot be read.
fn each_is_needed(site: &Site, running: &Running, node: &str, rights: &[String]) {
    let server = running.server();
    let all: Vec<&str> = rights.iter().map(String::as_str).collect();
    let set = |rules: &[&str]| {
        let mut command = vec!["ACL", "SETUSER", "cachewright", "-@all"];
        command.extend(rules);
        running.command(&command);
    };
    for right in &all {
        let others: Vec<&str> = all.iter().filter(|other| *other != right).copied().collect();
        set(&others);
        let said = told(site, &How::default());
        let unread = |line: &String| {
            line.starts_with(node)
                && (line.contains(": unreadable ") || line.contains("the user may not ask"))
        };
        assert!(said.iter().any(unread), "{server}: without {right}: {said:?}");
    }
    set(&all);
    assert_eq!(told(site, &How::default()), [""; 0], "{server}");
}

fn start(server: &'static Server, engine: &str, rest: &str) -> (Site, Running, Port) {
    let port = Port::reserve();
    let site = render(&format!(
        "format = 1\nname = \"drift\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n\
         [{engine}.one]\nhosts = [\"a\"]\nport = {}\n{}{OBSERVER}{rest}",
        port.number(),
        declared(server)
    ));
    let deployment = &site.model.deployments[0];
    let launch = site.launch(server, deployment, &deployment.nodes[0]);
    let running = launch.login(None, "secret-of-env:P").start();
    (site, running, port)
}

#[test]
fn a_server_is_compared_by_its_observer() {
    for server in servers() {
        let engine = server.engine.name();
        let rest =
            format!("topology = \"standalone\"\n[{engine}.one.config]\nrequirepass = {{ env = \"P\" }}\n");
        let (site, running, _port) = start(server, engine, &rest);
        assert_eq!(told(&site, &How::default()), [""; 0], "{server}");
        let rights = rights(&site.model.deployments[0].users);
        each_is_needed(&site, &running, "one/a", &rights);
        println!("{server}: {} rights, each needed", rights.len());
    }
}

#[test]
fn an_open_server_stays_open_beside_its_observer() {
    for server in servers() {
        let (site, running, _port) = start(server, server.engine.name(), "topology = \"standalone\"\n");
        assert_eq!(told(&site, &How::default()), [""; 0], "{server}");
        let open = redis::Client::open(format!("redis://{}/", running.socket())).unwrap();
        redis::cmd("SET").arg("k").arg("v").query::<()>(&mut open.get_connection().unwrap()).unwrap();
    }
}

#[test]
fn a_cluster_is_compared_by_its_observer() {
    for server in servers() {
        let row = Port::reserve_row(3, true);
        let engine = server.engine.name();
        let site = render(&format!(
            "format = 1\nname = \"drift\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n\
             [{engine}.one]\nhosts = [\"a\", \"a\", \"a\"]\nport = {}\ntopology = \"cluster\"\nshards = 3\n{}{OBSERVER}\
             survives = \"nothing\"\n[{engine}.one.config]\nrequirepass = {{ env = \"P\" }}\n",
            row[0].number(),
            declared(server)
        ));
        let deployment = &site.model.deployments[0];
        let start = |node| {
            let launch = site.launch(server, deployment, node);
            launch.login(None, "secret-of-env:P").start()
        };
        let nodes: Vec<Running> = deployment.nodes.iter().map(start).collect();
        let (code, said) = site.bootstrap(server, "one", Some(("default", "secret-of-env:P")));
        assert_eq!(code, Some(0), "{server}: {said}");
        wait::until("nothing differs", || told(&site, &How::default()).is_empty());
        let name = format!("one/{}", deployment.nodes[0].id);
        let rights = rights(&deployment.users);
        each_is_needed(&site, &nodes[0], &name, &rights);
        println!("{server}: {} rights in a cluster, each needed", rights.len());
    }
}

#[test]
fn sentinels_are_compared_by_their_observer() {
    let with_users = |server: &&&Server| {
        let engine = match server.engine {
            crate::support::servers::Engine::Valkey => cachewright::catalog::Engine::Valkey,
            _ => cachewright::catalog::Engine::Redis,
        };
        behaviour(engine, version(server)).is_some_and(|behaviour| behaviour.users)
    };
    let servers = servers();
    for server in servers.iter().filter(with_users) {
        let (one, row) = (Port::reserve_row(2, false), Port::reserve());
        let engine = server.engine.name();
        let built = declared(server);
        let site = render(&format!(
            "format = 1\nname = \"drift\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n\
             [sentinels.main]\nengine = \"{engine}\"\n{built}hosts = [\"a\"]\nport = {}\n{OBSERVER}\
             [sentinels.main.config]\nrequirepass = {{ env = \"WATCH\" }}\n\
             [{engine}.one]\n{built}topology = \"sentinel\"\ninitial-primary = \"a\"\nreplicas = [\"a\"]\n\
             port = {}\nsurvives = \"nothing\"\n{OBSERVER}\
             [{engine}.one.sentinel]\nset = \"main\"\nquorum = 1\n\
             [{engine}.one.config]\nrepl-diskless-sync-delay = 0\n",
            row.number(),
            one[0].number()
        ));
        let deployment = &site.model.deployments[0];
        let running = start_all(&site, server, deployment);
        let (code, said) = site.bootstrap(server, "one", None);
        assert_eq!(code, Some(0), "{server}: {said}");
        running[1..].iter().for_each(wait_for_replica);
        let set = &site.model.sentinels[0];
        let launch = site.launch_sentinel(server, set, &set.nodes[0]);
        let sentinel = launch.login(None, "secret-of-env:WATCH").start();
        wait_for_sentinel(&sentinel, "one", 1, 0);
        wait::until("nothing differs", || told(&site, &How::default()).is_empty());
        let rights = rights(&set.users);
        each_is_needed(&site, &sentinel, &format!("sentinels-main/{}", set.nodes[0].id), &rights);
        println!("{server}: {} rights at a sentinel, each needed", rights.len());
        // Whoever has no password gets nowhere.
        let plain = redis::Client::open(format!("redis://127.0.0.1:{}/", row.number())).unwrap();
        let refused = plain.get_connection().and_then(|mut one| redis::cmd("INFO").query::<String>(&mut one));
        assert!(refused.is_err(), "{server}");
    }
}

/// An observer that was declared and is not rolled out yet: the login that worked before does, and says that it is missing.
#[test]
fn an_observer_may_be_on_its_way() {
    for server in servers() {
        let engine = server.engine.name();
        let port = Port::reserve();
        let site = render(&format!(
            "format = 1\nname = \"drift\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n\
             [{engine}.one]\ntopology = \"standalone\"\nhosts = [\"a\"]\nport = {}\n{}{OBSERVER}\
             [{engine}.one.config]\nrequirepass = {{ env = \"P\" }}\n",
            port.number(),
            declared(server)
        ));
        let (login, number) = ("secret-of-env:P", port.number());
        let launch = server.launch().port(port).line(format!("requirepass {login}")).login(None, login);
        let _running = launch.start();
        let said = told(&site, &How::default());
        let missing = "one/a: changed user cachewright: on";
        assert!(
            said.iter().any(|line| line.starts_with(missing) && line.ends_with("(none)")),
            "{number}: {said:?}"
        );
    }
}
