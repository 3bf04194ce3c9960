//! Only what is on the list is ever sent: a proxy between drift and a server writes down every command.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use cachewright::live::Question;

use crate::observed::{How, declared, drift, render, servers};
use crate::support::port::Port;
use crate::support::servers::{Engine, Servers};
use crate::{memcached, sentinels};

/// Passes everything on, and keeps what clients say.
fn recording(far: u16) -> (u16, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&heard);
    std::thread::spawn(move || {
        while let Ok((mut client, _)) = listener.accept() {
            let record = Arc::clone(&record);
            let mut server = TcpStream::connect(("127.0.0.1", far)).unwrap();
            let (mut back, mut out) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            std::thread::spawn(move || drop(std::io::copy(&mut back, &mut out)));
            std::thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(read @ 1..) = client.read(&mut buffer) {
                    record.lock().unwrap().extend_from_slice(&buffer[..read]);
                    server.write_all(&buffer[..read]).unwrap();
                }
            });
        }
    });
    (port, heard)
}

/// The commands in what a client said, as words.
fn commands(said: &[u8]) -> Vec<Vec<String>> {
    let text = String::from_utf8_lossy(said);
    let mut lines = text.split("\r\n");
    let mut commands = Vec::new();
    while let Some(count) = lines.next().and_then(|line| line.strip_prefix('*')) {
        let words = (0..count.parse::<usize>().unwrap()).map(|_| {
            lines.next().unwrap();
            lines.next().unwrap().to_owned()
        });
        commands.push(words.collect());
    }
    commands
}

#[test]
fn only_questions_of_the_list_are_sent() {
    let mut seen = BTreeSet::new();
    for server in servers() {
        let engine = server.engine.name();
        for topology in [
            "topology = \"standalone\"\nhosts = [\"a\"]",
            "topology = \"cluster\"\nshards = 3\nhosts = [\"a\", \"a\", \"a\"]",
        ] {
            let ports = Port::reserve_row(3, true);
            let port = &ports[0];
            let site = render(&format!(
                "format = 1\nname = \"drift\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n\
                 [{engine}.one]\n{topology}\nport = {}\n{}\
                 [{engine}.one.config]\nrequirepass = {{ env = \"P\" }}\nmasterauth = {{ env = \"P\" }}\n",
                port.number(),
                declared(server)
            ));
            let deployment = &site.model.deployments[0];
            let launch = site.launch(server, deployment, &deployment.nodes[0]);
            let _running = launch.login(None, "secret-of-env:P").start();
            let (near, heard) = recording(port.number());
            let at = format!("127.0.0.1:{}", port.number());
            let how =
                How { via: [(at, format!("127.0.0.1:{near}").parse().unwrap())].into(), ..How::default() };
            let said = drift(&site, &how);
            // Of a cluster one node is enough.
            let first = said.values().next().unwrap();
            assert!(first.is_ok(), "{server}: {said:?}");
            let commands = commands(&heard.lock().unwrap());
            assert_eq!(commands[0], ["AUTH", "secret-of-env:P"], "{server}");
            for words in &commands[1..] {
                assert!(is_listed(words), "{server}: {words:?} is sent");
                seen.insert(words[..2.min(words.len())].join(" "));
            }
        }
    }
    println!("sent: {}", seen.into_iter().collect::<Vec<_>>().join(", "));
}

#[test]
fn sentinels_are_sent_only_theirs() {
    for server in servers() {
        let ports = [Port::reserve_row(3, false), Port::reserve_row(3, false)];
        let site = render(&sentinels::spec(server, (ports[0][0].number(), ports[1][0].number())));
        let set = &site.model.sentinels[0];
        let node = &set.nodes[0];
        let asks = set.setting(node, "requirepass").is_some();
        let launch = site.launch_sentinel(server, set, node);
        let launch = if asks { launch.login(None, "secret-of-env:WATCH") } else { launch };
        let _running = launch.start();
        let port = site.socket(node).port();
        let (near, heard) = recording(port);
        let via = [(format!("127.0.0.1:{port}"), format!("127.0.0.1:{near}").parse().unwrap())];
        let said = drift(&site, &How { via: via.into(), ..How::default() });
        assert!(said.values().any(Result::is_ok), "{server}: {said:?}");
        let name = || sentinels::NAME.to_owned();
        let listed = [
            Question::Identity,
            Question::Users,
            Question::Watched,
            Question::ReplicasOf(name()),
            Question::SentinelsOf(name()),
            Question::Quorum(name()),
            Question::SentinelSettings,
        ];
        let commands = commands(&heard.lock().unwrap());
        assert!(!commands.is_empty(), "{server}");
        for words in &commands {
            let login = asks && words[0] == "AUTH";
            let is_listed = listed.iter().any(|question| question.words().as_slice() == words.as_slice());
            assert!(login || is_listed, "{server}: {words:?} is sent");
        }
    }
}

#[test]
fn memcached_is_sent_only_its() {
    for server in Servers::of(Engine::Memcached) {
        let (site, _running, port) = memcached::start(server, "");
        let (near, heard) = recording(port.number());
        let via = [(
            format!("127.0.0.1:{}", port.number()),
            format!("memcached://127.0.0.1:{near}").parse().unwrap(),
        )];
        let said = drift(&site, &How { via: via.into(), ..memcached::safe() });
        assert!(said.values().all(Result::is_ok), "{server}: {said:?}");
        let sent = String::from_utf8(heard.lock().unwrap().clone()).unwrap();
        assert_eq!(sent, "version\r\nstats\r\nstats settings\r\n", "{server}");
    }
}

/// Whether a command is one of the questions that a server may be asked.
fn is_listed(words: &[String]) -> bool {
    let fixed = [
        Question::Identity,
        Question::Replication,
        Question::Settings,
        Question::Users,
        Question::ClusterNodes,
        Question::ClusterState,
    ];
    let one_setting = words.len() == 3 && words[..2] == ["CONFIG", "GET"] && !words[2].contains('*');
    one_setting || fixed.iter().any(|question| question.words().as_slice() == words)
}
