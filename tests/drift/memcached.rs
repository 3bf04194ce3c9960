//! memcached: every setting that commands change in a running server.

use std::net::{Ipv4Addr, SocketAddrV4};

use cachewright::catalog::memcached::{StatFormat, options};

use crate::observed::{How, render, told};
use crate::rendered::compare::version;
use crate::rendered::site::Site;
use crate::support::port::Port;
use crate::support::running::Running;
use crate::support::servers::{Engine, Server, Servers};

/// Options of a deployment, each set another one.
const SETS: [&str; 5] = [
    "",
    "memory-limit = 128\nmax-item-size = \"2m\"\nthreads = 2\nverbose = 1\nconn-limit = 200\n",
    "slab_automove = 2\ntemporary_ttl = 30\nhot_lru_pct = 25\nlru_crawler_sleep = 200\nslab-growth-factor = 1.5\n",
    "no_lru_crawler = true\ndisable-cas = true\nprotocol = \"ascii\"\nenable-shutdown = true\ntrack_sizes = true\n",
    "no_modern = true\nidle_timeout = 60\n",
];

pub(crate) fn start(server: &'static Server, config: &str) -> (Site, Running, Port) {
    let port = Port::reserve();
    let site = render(&format!(
        "format = 1\nname = \"drift\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n\
         [memcached.one]\nversion = \"{}\"\nhosts = [\"a\"]\nport = {}\n[memcached.one.config]\n{config}",
        server.version,
        port.number()
    ));
    let arguments = &site.artifact("one", "a", "memcached.argv").bytes;
    let arguments: Vec<String> =
        String::from_utf8(arguments.to_vec()).unwrap().lines().map(str::to_owned).collect();
    let socket = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port.number());
    let running = server.launch().only_args(arguments).at(socket).start();
    (site, running, port)
}

pub(crate) fn safe() -> How {
    How { without_napi_ids: true, ..How::default() }
}

#[test]
fn a_fresh_memcached_shows_no_drift() {
    for server in Servers::of(Engine::Memcached) {
        for config in SETS {
            let (site, _running, _port) = start(server, config);
            assert_eq!(told(&site, &safe()), [""; 0], "{server}: {config}");
        }
        println!("{server}: {} sets of options, no drift", SETS.len());
    }
}

/// Commands that change something, with the option that has to be reported and the command that changes it back.
fn changes(server: &Server) -> Vec<(String, &'static str, String)> {
    let mut changes: Vec<(String, &str, String)> = [
        ("cache_memlimit 100", "memory-limit", "cache_memlimit 64"),
        ("verbosity 1", "verbose", "verbosity 0"),
        ("lru tune 21 40 0.2 2.0", "hot_lru_pct", "lru tune 20 40 0.2 2.0"),
        ("lru tune 20 41 0.2 2.0", "warm_lru_pct", "lru tune 20 40 0.2 2.0"),
        ("lru tune 20 40 0.3 2.0", "hot_max_factor", "lru tune 20 40 0.2 2.0"),
        ("lru tune 20 40 0.2 2.5", "warm_max_factor", "lru tune 20 40 0.2 2.0"),
        ("lru temp_ttl 5", "temporary_ttl", "lru temp_ttl -1"),
        ("lru mode flat", "lru_segmented", "lru mode segmented"),
        ("lru_crawler disable", "lru_crawler", "lru_crawler enable"),
        ("lru_crawler sleep 300", "lru_crawler_sleep", "lru_crawler sleep 100"),
        ("lru_crawler tocrawl 7", "lru_crawler_tocrawl", "lru_crawler tocrawl 0"),
        ("slabs automove 0", "slab_automove", "slabs automove 1"),
        ("slabs automove 2", "slab_automove", "slabs automove 1"),
        ("slabs automove ratio 0.7", "slab_automove_ratio", "slabs automove ratio 0.8"),
        ("stats detail on", "detail_enabled", "stats detail off"),
        // Their answer has no end; that of the second command is one.
        ("stats sizes_enable\r\nverbosity 0", "track_sizes", "stats sizes_disable\r\nverbosity 0"),
    ]
    .map(|(change, option, back)| (change.to_owned(), option, back.to_owned()))
    .into();
    // Those whose only argument is a number.
    for option in options() {
        let Some(facts) = option.at(version(server)) else { continue };
        let (Some(command), Some(stat)) = (facts.runtime, facts.stat) else { continue };
        let known = ["slabs automove window", "slabs automove freeratio"].contains(&command)
            || command.starts_with("extstore") && !matches!(stat.format, StatFormat::Fixed(_));
        if known {
            let default = facts.default.unwrap();
            let value = if default.contains('.') { "0.5" } else { "77" };
            changes.push((format!("{command} {value}"), option.name, format!("{command} {default}")));
        }
    }
    changes
}

#[test]
fn every_setting_that_a_command_changes_is_reported_alone() {
    for server in Servers::of(Engine::Memcached) {
        let (site, running, _port) = start(server, "");
        let (mut tried, mut refused) = (0, Vec::new());
        for (change, option, back) in changes(server) {
            let answer = running.memcached(&change).concat();
            if answer.contains("ERROR") {
                refused.push(format!("{change} ({answer})"));
                continue;
            }
            let said = told(&site, &safe());
            assert_eq!(said.len(), 1, "{server}: {change}: {said:?}");
            assert!(said[0].contains(&format!(" not-in-spec {option}: ")), "{server}: {change}: {said:?}");
            running.memcached(&back);
            assert_eq!(told(&site, &safe()), [""; 0], "{server}: {back}");
            tried += 1;
        }
        println!(
            "{server}: {tried} settings changed alone, 0 missed, 0 extra; not to be changed: {}",
            refused.join(", ")
        );
        assert!(tried > 10);
    }
}

#[test]
fn what_the_spec_declares_is_changed() {
    for server in Servers::of(Engine::Memcached) {
        let (site, running, _port) = start(server, SETS[2]);
        for (change, wanted, back) in [
            ("slabs automove 1", " changed slab_automove: 2 -> 1", "slabs automove 2"),
            ("lru temp_ttl -1", " changed temporary_ttl: 30 -> off", "lru temp_ttl 30"),
            ("lru tune 24 40 0.2 2.0", " changed hot_lru_pct: 25 -> 24", "lru tune 25 40 0.2 2.0"),
        ] {
            running.memcached(change);
            let said = told(&site, &safe());
            assert!(said.len() == 1 && said[0].contains(wanted), "{server}: {change}: {said:?}");
            running.memcached(back);
            assert_eq!(told(&site, &safe()), [""; 0], "{server}: {back}");
        }
    }
}

/// Asking for its settings kills an old one that was started with `-N`, which the spec need not know of.
#[test]
fn an_old_memcached_is_not_asked_what_may_kill_it() {
    for server in Servers::of(Engine::Memcached) {
        let (site, running, port) = start(server, "");
        drop(running);
        let mut lines: Vec<String> =
            ["-l", "127.0.0.1", "-U", "0", "-N", "2", "-p"].map(str::to_owned).into();
        lines.push(port.number().to_string());
        let socket = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port.number());
        let running = server.launch().only_args(lines).at(socket).start();
        let said = told(&site, &How::default());
        let old = version(server) < cachewright::live::memcached::SETTINGS_SAFE_SINCE;
        if old {
            assert!(said.len() == 1 && said[0].contains("--without-napi-ids"), "{server}: {said:?}");
            running.memcached("cache_memlimit 100");
            let said = told(&site, &How::default());
            assert!(said.len() == 2 && said[1].contains("memory-limit: 64 -> 100"), "{server}: {said:?}");
        } else {
            assert!(said.len() == 1 && said[0].contains(" napi-ids: 0 -> 2"), "{server}: {said:?}");
        }
        assert_eq!(running.memcached("version"), [format!("VERSION {}", server.version)]);
    }
}

#[test]
fn a_memcached_with_logins_says_so() {
    for server in Servers::of(Engine::Memcached) {
        let (site, running, port) = start(server, "");
        drop(running);
        let launch = server.launch();
        launch.write("auth", "user:password\n");
        let auth = launch.folder().join("auth").display().to_string();
        let mut arguments = ["-vv", "-l", "127.0.0.1", "-U", "0", "-Y"].map(str::to_owned).to_vec();
        arguments.extend([auth, "-p".to_owned(), port.number().to_string()]);
        let socket = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port.number());
        let _running =
            launch.only_args(arguments).at(socket).ready_when_it_prints("server listening").start();
        let said = told(&site, &safe());
        assert!(said.len() == 1 && said[0].contains("it wants a login"), "{server}: {said:?}");
    }
}
