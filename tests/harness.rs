//! The harness itself, on every server at hand: what the other tests stand on.

mod support;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use support::probe::{self, Live, Verdict};
use support::servers::{Engine, Server, Servers, Version};
use support::{fleet, port, wait};

/// Present while a process has not ended (or not been reaped).
fn is_alive(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

#[test]
fn versions_are_read_from_the_programs_words() {
    for server in Servers::all() {
        let output = Command::new(&server.program).arg("--version").output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.contains(&server.version.to_string()), "{server}: {said}");
    }
}

#[test]
fn a_server_is_found_by_its_version() {
    if Servers::all().is_empty() {
        return;
    }
    let found = Servers::find(Engine::Redis, "7.0").unwrap();
    assert_eq!(found.version, Version(7, 0, 15));
    assert!(Servers::find(Engine::Redis, "7").unwrap().version >= found.version);
    assert!(Servers::find(Engine::Redis, "0.7").is_none());
}

#[test]
fn a_server_starts_answers_saves_rewrites_and_stops() {
    for server in Servers::redis_like() {
        let running = server.launch().line("maxmemory 100mb").start();
        let pid = running.pid();
        assert_eq!(running.info("process_id"), Some(pid.to_string()), "{server}: the wrapper must exec");
        assert_eq!(running.config_get_all()["maxmemory"], "104857600", "{server}");

        running.command(&["SET", "key", "value"]);
        running.command(&["BGSAVE"]);
        wait::until("the background save is done", || {
            running.info("rdb_bgsave_in_progress").as_deref() == Some("0")
                && running.info("rdb_last_bgsave_status").as_deref() == Some("ok")
                && running.folder().join("dump.rdb").exists()
        });

        running.command(&["CONFIG", "SET", "maxmemory", "1gb"]);
        running.command(&["CONFIG", "REWRITE"]);
        assert!(running.config_text().contains("maxmemory 1gb"), "{server}: {}", running.config_text());

        let (status, log) = running.stop();
        assert!(status.success(), "{server}: {status}\n{log}");
        assert!(!is_alive(pid), "{server}");
    }
}

#[test]
fn a_restart_keeps_data_and_rewritten_settings() {
    for server in Servers::redis_like() {
        let mut running = server.launch().line("appendonly yes").start();
        running.command(&["SET", "key", "value"]);
        running.command(&["CONFIG", "SET", "hz", "17"]);
        running.command(&["CONFIG", "REWRITE"]);
        running.restart();
        assert_eq!(running.text(&["GET", "key"]), "value", "{server}");
        assert_eq!(running.config_get_all()["hz"], "17", "{server}");
    }
}

#[test]
fn a_server_behind_a_password_counts_as_started() {
    for server in Servers::redis_like() {
        let mut running = server.launch().line("requirepass old").login(None, "old").start();
        running.command(&["CONFIG", "SET", "requirepass", "new"]);
        assert!(running.try_command(&["PING"]).is_err(), "{server}");
        running.set_login(Some("default"), "new");
        assert_eq!(running.text(&["PING"]), "PONG", "{server}");
    }
}

#[test]
fn a_refused_configuration_says_where_and_why() {
    for server in Servers::redis_like() {
        let launch = server.launch();
        let file = launch.write("own.conf", &format!("port {}\n\nmaxmemory 1x\n", launch.number()));
        let refusal = launch.file(file).try_start().unwrap_err();
        let fatal = refusal.fatal.as_ref().unwrap();
        assert_eq!((fatal.line, fatal.text.as_str()), (3, "maxmemory 1x"), "{server}");
        assert_eq!(fatal.message, "argument must be a memory value", "{server}");
        assert!(!refusal.is_crash() && !refusal.status.unwrap().success(), "{server}");
    }
}

#[test]
fn a_start_that_fails_after_parsing_says_why() {
    for server in Servers::redis_like() {
        let refusal = server.launch().line("aclfile /does/not/exist").try_start().unwrap_err();
        assert!(
            refusal.fatal.is_none() && refusal.output.contains("Aborting"),
            "{server}: {}",
            refusal.output
        );
    }
}

#[test]
fn a_crash_is_told_from_a_refusal() {
    // `hz 0` divides by zero in the 6.0 line; later ones raise it to 1.
    let Some(server) = Servers::find(Engine::Redis, "6.0") else {
        return;
    };
    let refusal = server.launch().line("dynamic-hz no").line("hz 0").try_start();
    assert!(refusal.is_err_and(|r| r.is_crash()));
}

#[test]
fn sentinel_mode_starts_and_rewrites_its_file() {
    for server in Servers::redis_like() {
        let sentinel = server.launch_sentinel().line("sentinel monitor main 127.0.0.1 1 1").start();
        // The field's name differs between the engines.
        assert!(sentinel.text(&["INFO", "server"]).contains("_mode:sentinel"), "{server}");
        wait::until("the sentinel wrote its id", || sentinel.config_text().contains("sentinel myid"));
    }
}

#[test]
fn memcached_answers() {
    for server in Servers::of(Engine::Memcached) {
        let running = server.launch().arg("-m").arg("100").start();
        assert_eq!(running.memcached("version"), [format!("VERSION {}", server.version)]);
        assert!(running.memcached("stats").contains(&format!("STAT pid {}", running.pid())), "{server}");
        assert!(
            running.memcached("stats settings").contains(&"STAT maxbytes 104857600".to_owned()),
            "{server}"
        );
        assert_eq!(running.memcached("get nothing"), [""; 0]);
        let refusal = server.launch().arg("-m").arg("0x").arg("--no-such-option").try_start().unwrap_err();
        assert!(refusal.reason().contains("exit status"), "{server}: {}", refusal.reason());
    }
}

#[test]
fn sentinels_see_their_set() {
    side_by_side(|server| {
        let replicated = fleet::replicated(server, 1, &[]);
        let sentinels = fleet::sentinels(server, &replicated, "main", 2, 1);
        let quorum = fleet::sentinel_field(&sentinels[0], "main", "quorum");
        assert_eq!(quorum.as_deref(), Some("1"), "{server}");
    });
}

#[test]
fn a_cluster_forms() {
    side_by_side(|server| {
        let nodes = fleet::cluster_nodes(server, 3, &[]);
        fleet::join(&nodes);
        let info = nodes[2].text(&["CLUSTER", "INFO"]);
        assert!(info.contains("cluster_slots_ok:16384"), "{server}");
    });
}

/// For work that mostly waits: all servers at once.
fn side_by_side(work: impl Fn(&'static Server) + Sync) {
    std::thread::scope(|scope| {
        for server in Servers::redis_like() {
            let work = &work;
            scope.spawn(move || work(server));
        }
    });
}

#[test]
fn the_probe_tells_a_good_line_from_a_bad_one() {
    for server in Servers::redis_like() {
        assert_eq!(probe::file(server, &[]), Verdict::Accepted, "{server}");
        assert_eq!(
            probe::file(server, &["maxmemory 1gb", "# a comment", "", "hz 10"]),
            Verdict::Accepted,
            "{server}"
        );
        let Verdict::Refused { line, message } = probe::file(server, &["hz 10", "maxmemory 1tbx", "hz x"])
        else {
            panic!("{server} takes 1tbx");
        };
        assert_eq!((line, message.as_str()), (2, "argument must be a memory value"), "{server}");
        // Redis 8.0 keeps a name that it does not know for the modules to come.
        let unknown = probe::file(server, &["no-such-directive 1"]);
        let is_kept = server.engine == Engine::Redis && server.version >= Version(8, 0, 0);
        assert_eq!(unknown.is_accepted(), is_kept, "{server}: {unknown:?}");
        // The guard's own text, but as a line that was asked about.
        let own = probe::file(server, &["rdbcompression ?", "hz 10"]);
        assert!(matches!(own, Verdict::Refused { line: 1, .. }), "{server}: {own:?}");
    }
}

#[test]
fn a_batch_says_the_same_as_one_by_one() {
    let good = ["hz 10", "maxmemory 1gb", "timeout 0", "appendonly yes", "save 900 1"];
    let bad = ["hz x", "maxmemory 1tbx", "appendonly on", "nonsense"];
    let lines: Vec<&str> = (0..200).map(|i| if i % 7 == 3 { bad[i % 4] } else { good[i % 5] }).collect();
    for server in Servers::redis_like() {
        let batch = probe::each(server, &lines);
        assert_eq!(batch.len(), lines.len());
        for (index, verdict) in batch.iter().enumerate() {
            assert_eq!(verdict.is_accepted(), index % 7 != 3, "{server}: {} {verdict:?}", lines[index]);
        }
        for line in good.iter().chain(&bad) {
            let at = lines.iter().position(|l| l == line).unwrap();
            assert_eq!(batch[at], probe::file(server, &[line]), "{server}: {line}");
        }
    }
}

#[test]
fn the_live_probe_agrees_and_changes_nothing() {
    for server in Servers::redis_like() {
        let Some(mut live) = Live::start(server) else {
            assert!(server.version < Version(7, 0, 0));
            continue;
        };
        assert!(live.value("maxmemory", "1gb").is_accepted(), "{server}");
        assert!(live.value("rdbcompression", "no").is_accepted(), "{server}");
        for (name, value) in
            [("maxmemory", "1x"), ("rdbcompression", "?"), ("databases", "16"), ("no-such", "1")]
        {
            assert!(matches!(live.value(name, value), Verdict::Refused { .. }), "{server}: {name} {value}");
        }
        assert_eq!(live.running().config_get_all()["maxmemory"], "0", "{server}");
    }
}

#[test]
fn ports_are_held_until_dropped() {
    let first = port::Port::reserve_for_cluster();
    let numbers: Vec<u16> = (0..50).map(|_| port::Port::reserve_for_cluster().number()).collect();
    assert!(!numbers.contains(&first.number()));
}

#[test]
fn a_server_is_gone_after_a_panic() {
    let Some(server) = Servers::redis_like().next() else {
        return;
    };
    let (sender, receiver) = std::sync::mpsc::channel();
    let outcome = std::thread::spawn(move || {
        let running = server.launch().start();
        sender.send(running.pid()).unwrap();
        panic!("on purpose");
    })
    .join();
    assert!(outcome.is_err());
    assert!(!is_alive(receiver.recv().unwrap()));
}

/// Not a test of its own: the process that the next test kills.
#[test]
#[ignore = "runs until it is killed; started by the test below"]
fn child_with_a_server() {
    let Ok(report) = std::env::var("HARNESS_REPORT") else {
        return;
    };
    let running = a_server().launch().start();
    let said = format!("{}\n{}", running.pid(), running.folder().display());
    std::fs::write(format!("{report}.part"), said).unwrap();
    std::fs::rename(format!("{report}.part"), report).unwrap();
    wait::try_until(std::time::Duration::from_mins(10), || None::<()>);
}

fn a_server() -> &'static Server {
    Servers::redis_like().next().expect("the parent test found one")
}

#[test]
fn a_server_is_gone_after_its_test_process_was_killed() {
    if Servers::redis_like().next().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("pid");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "child_with_a_server"])
        .env("HARNESS_REPORT", &report)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait::until("the child's server is up", || report.exists());
    let said = std::fs::read_to_string(&report).unwrap();
    let (pid, left_behind) = said.split_once('\n').unwrap();
    let pid: u32 = pid.parse().unwrap();
    assert!(is_alive(pid));
    child.kill().unwrap();
    child.wait().unwrap();
    wait::until("the server of a killed process is gone", || !is_alive(pid) || is_zombie(pid));
    // Nobody else is left to remove it.
    std::fs::remove_dir_all(left_behind).unwrap();
}

/// Dead, and not yet collected by the system's first process.
fn is_zombie(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
}

/// Figures, not a judgement: `cargo test --test harness -- --ignored --nocapture probes_per_second`.
#[test]
#[ignore = "measures, asserts nothing"]
fn probes_per_second() {
    for server in Servers::redis_like() {
        let rate = |count: u32, work: &mut dyn FnMut()| {
            let start = Instant::now();
            work();
            f64::from(count) / start.elapsed().as_secs_f64()
        };
        let single = rate(100, &mut || {
            (0..100).for_each(|_| drop(probe::file(server, &["hz 10"])));
        });
        let good = rate(64_000, &mut || {
            drop(probe::each(server, &vec!["hz 10"; 64_000]));
        });
        let mixed: Vec<&str> = (0..2_000).map(|i| if i % 10 == 0 { "hz x" } else { "hz 10" }).collect();
        let mixed = rate(2_000, &mut || drop(probe::each(server, &mixed)));
        let bad = rate(500, &mut || drop(probe::each(server, &["hz x"; 500])));
        let live = Live::start(server).map(|mut live| {
            rate(5_000, &mut || {
                (0..5_000).for_each(|_| drop(live.value("hz", "10")));
            })
        });
        println!(
            "{server}: single {single:.0}/s, each: all good {good:.0}/s, a tenth bad {mixed:.0}/s, \
             all bad {bad:.0}/s; live {}",
            live.map_or("-".to_owned(), |rate| format!("{rate:.0}/s"))
        );
    }
}
