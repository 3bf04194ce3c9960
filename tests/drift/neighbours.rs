//! Nodes that hang, break off, answer garbage or cannot answer: each costs its own line and no more.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use cachewright::live::{self, Login, Party, Patience, ServerAnswers, Trouble, side_by_side};
use cachewright::text::acl::Sensitive;

use crate::observed::{How, declared, render, servers, told};
use crate::support::port::Port;
use crate::support::servers::{Engine, Servers};
use crate::support::wait;

/// Short, for those who never answer.
const SHORT: Patience =
    Patience { connect: Duration::from_millis(500), answer: Duration::from_millis(500), retries: 1 };

/// Long, for those who do, on whatever machine.
const LONG: Patience =
    Patience { connect: Duration::from_secs(20), answer: Duration::from_secs(20), retries: 1 };

fn party(port: u16) -> Party {
    Party {
        address: format!("127.0.0.1:{port}").parse().unwrap(),
        login: None,
        tls: None,
        renamed: std::collections::BTreeMap::default(),
    }
}

fn observe(party: &Party, patience: Patience) -> Result<ServerAnswers, Trouble> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(live::observe_server(party, &[], false, patience))
}

fn trouble(port: u16) -> Trouble {
    within(port, LONG)
}

fn within(port: u16, patience: Patience) -> Trouble {
    observe(&party(port), patience).map(|answers| answers.identity).unwrap_err()
}

/// Something that listens and is no server: what it does with each connection.
fn fake(act: impl Fn(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            act(stream);
        }
    });
    port
}

fn hear(stream: &mut TcpStream) {
    let mut buffer = [0; 4096];
    let _ = stream.read(&mut buffer);
}

#[test]
fn every_kind_of_trouble_is_told_apart() {
    let nobody = Port::reserve();
    assert!(matches!(trouble(nobody.number()), Trouble::NoConnection(_)));

    let held = std::sync::Mutex::new(Vec::new());
    let silent = fake(move |stream| held.lock().unwrap().push(stream));
    assert_eq!(within(silent, SHORT), Trouble::NoAnswer);

    // One byte now and then, for ever: the limit is for all of the answer.
    let dribbling = fake(|mut stream| {
        while stream.write_all(b"$").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    assert!(matches!(within(dribbling, SHORT), Trouble::NoAnswer | Trouble::Stranger(_)));

    let closing = fake(|stream| drop(stream.shutdown(Shutdown::Both)));
    assert!(matches!(trouble(closing), Trouble::Lost(_)), "{:?}", trouble(closing));

    let halfway = fake(|mut stream| {
        hear(&mut stream);
        let _ = stream.write_all(b"$1000\r\nredis_version:7.0.15\r\n");
    });
    assert!(matches!(trouble(halfway), Trouble::Lost(_)), "{:?}", trouble(halfway));

    let web = fake(|mut stream| {
        hear(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: keep-alive\r\n\r\n<html>");
        std::thread::sleep(Duration::from_secs(1));
    });
    assert_eq!(trouble(web), Trouble::Stranger("it says `HTTP/1.1 400 Bad Request`".to_owned()));

    for (answer, wanted) in [
        ("-LOADING Redis is loading the dataset in memory\r\n", "occupied"),
        ("-BUSY Redis is busy running a script.\r\n", "occupied"),
        ("-ERR max number of clients reached\r\n", "occupied"),
        ("-DENIED Redis is running in protected mode\r\n", "occupied"),
        ("-NOAUTH Authentication required.\r\n", "wrong-password"),
        ("-NOPERM this user has no permissions to run the 'info' command\r\n", "forbidden"),
        ("$5\r\nhello\r\n", "stranger"),
        (":5\r\n", "stranger"),
    ] {
        let said = fake(move |mut stream| {
            hear(&mut stream);
            let _ = stream.write_all(answer.repeat(10).as_bytes());
            std::thread::sleep(Duration::from_millis(100));
        });
        assert_eq!(trouble(said).kind().name(), wanted, "{answer}");
    }
}

#[test]
fn real_servers_in_trouble() {
    for server in servers() {
        // It wants a login.
        let locked = server.launch().line("requirepass right").login(None, "right").start();
        assert_eq!(trouble(locked.port()), Trouble::NeedsLogin, "{server}");
        let password = |text: &str| Some(Login { user: None, password: Sensitive(text.into()) });
        let wrong = Party { login: password("wrong"), ..party(locked.port()) };
        let said = observe(&wrong, LONG).map(|answers| answers.identity);
        assert!(matches!(said, Err(Trouble::WrongLogin(_))), "{server}: {said:?}");
        let right = Party { login: password("right"), ..party(locked.port()) };
        assert!(observe(&right, LONG).is_ok(), "{server}");

        // A password for a server that has none: it answers, and its users tell that it is open.
        let open = server.launch().line("lua-time-limit 100").start();
        let needless = Party { login: password("needless"), ..party(open.port()) };
        let answers = observe(&needless, LONG);
        assert!(answers.is_ok(), "{server}: {answers:?}");

        // A script that does not end.
        let mut stuck = open.connect().unwrap();
        let endless = std::thread::spawn(move || {
            redis::cmd("EVAL").arg("while true do end").arg(0).query::<()>(&mut stuck)
        });
        open.try_command(&["PING"]).ok();
        wait::until(
            "the script is known to be slow",
            || matches!(open.try_command(&["PING"]), Err(error) if error.to_string().contains("BUSY") || error.to_string().contains("busy")),
        );
        assert_eq!(trouble(open.port()).kind().name(), "occupied", "{server}");
        open.command(&["SCRIPT", "KILL"]);
        assert!(endless.join().unwrap().is_err());

        // It is stopped in the middle of everything.
        open.signal("STOP");
        assert_eq!(within(open.port(), SHORT), Trouble::NoAnswer, "{server}");
        open.signal("CONT");

        // CONFIG goes by another name, and is asked by that.
        let renamed = server.launch().line("rename-command CONFIG hidden").start();
        let answers = observe(&party(renamed.port()), LONG).unwrap();
        assert!(answers.settings.is_err(), "{server}");
        let told =
            Party { renamed: [("config".to_owned(), "hidden".to_owned())].into(), ..party(renamed.port()) };
        assert!(observe(&told, LONG).unwrap().settings.is_ok(), "{server}");
    }
    for server in Servers::of(Engine::Memcached) {
        let memcached = server.launch().start();
        assert_eq!(trouble(memcached.port()).kind().name(), "stranger", "{server}");
    }
}

/// The dead do not hold the living up: all that hang do so side by side.
#[test]
fn the_dead_take_their_time_together() {
    let held = std::sync::Mutex::new(Vec::new());
    let silent = fake(move |stream| held.lock().unwrap().push(stream));
    let ports = vec![silent; 50];
    let done = std::sync::atomic::AtomicUsize::new(0);
    let begun = Instant::now();
    let outcomes = side_by_side(
        &ports,
        64,
        |port| within(*port, SHORT),
        || {
            done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        },
    );
    assert!(outcomes.iter().all(|trouble| *trouble == Trouble::NoAnswer));
    assert_eq!(done.into_inner(), 50);
    println!("50 silent servers took {} ms", begun.elapsed().as_millis());
}

/// Two nodes that turn out to be one server: which of them it is, nobody can say, and so nothing is said to be wrong with it.
#[test]
fn one_server_is_not_taken_for_two() {
    for server in servers() {
        let engine = server.engine.name();
        let ports = Port::reserve_row(2, false);
        let first = ports[0].number();
        let site = render(&format!(
            "format = 1\nname = \"drift\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n\
             [{engine}.two]\ntopology = \"standalone\"\nhosts = [\"a\", \"a\"]\nport = {first}\n{}",
            declared(server)
        ));
        let deployment = &site.model.deployments[0];
        let _running = site.launch(server, deployment, &deployment.nodes[0]).start();
        let to = format!("127.0.0.1:{first}").parse().unwrap();
        let how = How { via: [(format!("127.0.0.1:{}", first + 1), to)].into(), ..How::default() };
        let said = told(&site, &how);
        assert_eq!(said.len(), 2, "{server}: {said:?}");
        assert!(said.iter().all(|line| line.contains("is reached at the same server")), "{server}: {said:?}");
    }
}
