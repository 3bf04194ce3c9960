//! The program against real servers: exit codes, forms, logins, tunnels, baselines; and no secret in any of it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::observed::declared;
use crate::support::port::Port;
use crate::support::running::Running;
use crate::support::servers::{Engine, Server, Servers};
use crate::support::tls::Certificates;

/// What must never be seen.
const CANARY: &str = "c4n4ry-right-p4ssword";
const WRONG: &str = "c4n4ry-wrong-p4ssword";
const LIVE: &str = "c4n4ry-live-p4ssword";

const FORMATS: [&str; 5] = ["human", "json", "junit", "github", "prometheus"];

struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

/// Two servers of one deployment with a password, and a spec of them.
struct Stage {
    folder: TempDir,
    ports: [Port; 2],
    servers: Vec<Running>,
}

fn server() -> Option<&'static Server> {
    Servers::find(Engine::Redis, "7.0")
}

impl Stage {
    /// Starts both on their rendered files, which the program itself writes.
    fn start(server: &'static Server) -> Self {
        Stage::start_with(server, "requirepass = { env = \"PASSWORD\" }\n")
    }

    /// The same with other settings and tables.
    fn start_with(server: &'static Server, more: &str) -> Self {
        let row = Port::reserve_row(2, false);
        let [first, second] = <[Port; 2]>::try_from(row).unwrap();
        let folder = TempDir::with_prefix("cachewright-drift-").unwrap();
        let root = folder.path().canonicalize().unwrap();
        let spec = format!(
            "format = 1\nname = \"drift\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n\
             [redis.one]\ntopology = \"standalone\"\nhosts = [\"a\", \"a\"]\nport = {}\ndata-dir = \"{}/data\"\n{}\
             [redis.one.config]\nmaxmemory = \"1gb\"\nmaxclients = 500\n{more}",
            first.number(),
            root.display(),
            declared(server)
        );
        std::fs::write(root.join("spec.toml"), spec).unwrap();
        let mut stage = Stage { folder, ports: [first, second], servers: Vec::new() };
        let out = root.join("out");
        let rendered = stage.program("render").arg("--with-secrets").arg("-o").arg(&out).output().unwrap();
        assert!(rendered.status.success(), "{}", String::from_utf8_lossy(&rendered.stderr));
        for port in &stage.ports {
            let number = port.number();
            let (node, data) = (out.join(format!("one/a-{number}")), root.join(format!("data/a-{number}")));
            std::fs::create_dir_all(&data).unwrap();
            if node.join("users.acl").exists() {
                std::fs::copy(node.join("users.acl"), data.join("users.acl")).unwrap();
            }
            let file = node.join("redis.conf");
            let launch = server.launch().file(file).at(format!("127.0.0.1:{number}").parse().unwrap());
            stage.servers.push(launch.login(None, CANARY).start());
        }
        stage
    }

    fn spec(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("spec.toml")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.spec().with_file_name(name)
    }

    fn node(&self, at: usize) -> String {
        format!("one/a-{}", self.ports[at].number())
    }

    fn program(&self, command: &str) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_cachewright"));
        program.arg(command).arg(self.spec()).stdin(Stdio::null());
        program.env_remove("REDISCLI_AUTH").env_remove("NO_COLOR").env("PASSWORD", CANARY);
        program
    }

    fn drift(&self, args: &[&str]) -> Run {
        finish(self.program("drift").args(args))
    }
}

fn sha256(text: &str) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(text).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn finish(command: &mut Command) -> Run {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

#[test]
fn clean_drift_and_unobserved_have_their_codes() {
    let Some(server) = server() else { return };
    let mut stage = Stage::start(server);
    let run = stage.drift(&[]);
    assert_eq!((run.code, run.out.as_str()), (Some(0), "no drift: 2 nodes compared\n"), "{}", run.err);
    stage.servers[0].command(&["CONFIG", "SET", "maxmemory", "2gb"]);
    let run = stage.drift(&[]);
    assert_eq!(run.code, Some(1), "{}", run.out);
    for said in ["maxmemory", "1gb", "2gb", "mend: CONFIG SET maxmemory 1gb", "1 difference on 1 node"] {
        assert!(run.out.contains(said), "no {said}: {}", run.out);
    }
    // The other node is clean by itself.
    assert_eq!(stage.drift(&[&stage.node(1)]).code, Some(0));
    // What could not be observed outweighs drift, which is told all the same.
    let gone = stage.servers.remove(1);
    gone.stop();
    let run = stage.drift(&["--retries", "0"]);
    assert_eq!(run.code, Some(3), "{}", run.out);
    assert!(run.out.contains("2gb") && run.out.contains("not observed"), "{}", run.out);
    assert!(run.out.contains("Connection refused"), "{}", run.out);
    let run = stage.drift(&[&stage.node(1)]);
    assert_eq!(run.code, Some(3), "{}", run.out);
    assert!(!run.out.contains("2gb"), "{}", run.out);
}

#[test]
fn a_slip_in_a_selector_is_answered_and_nobody_is_asked() {
    let Some(server) = server() else { return };
    let stage = Stage::start(server);
    let near = stage.node(0).replace("one/", "on/");
    for (selector, hint) in
        [(near.as_str(), stage.node(0)), ("oen", "one".to_owned()), ("a", "@a".to_owned())]
    {
        let run = stage.drift(&[selector]);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{selector}");
        assert!(run.err.contains(&format!("did you mean `{hint}`?")), "{selector}: {}", run.err);
    }
    assert!(stage.drift(&["elsewhere"]).err.contains("its deployments are one"));
    assert_eq!(stage.drift(&["@a"]).code, Some(0));
}

#[test]
fn no_password_is_in_any_form_of_any_report() {
    let Some(server) = server() else { return };
    let user = |name: &str, rules: &str| {
        format!("[redis.one.users.{name}]\npasswords = [{{ env = \"PASSWORD\" }}]\nrules = \"{rules}\"\n")
    };
    let users = [user("app", "~* +get"), user("default", "~* &* +@all")].concat();
    let more = format!("masterauth = {{ env = \"PASSWORD\" }}\n{users}");
    let stage = Stage::start_with(server, &more);
    let secrets = [CANARY, WRONG, LIVE];
    let sums: Vec<String> = secrets.iter().map(|text| sha256(text)).collect();
    let check = |what: &str, run: &Run, codes: &[i32]| {
        assert!(codes.contains(&run.code.unwrap()), "{what}: {:?}\n{}{}", run.code, run.out, run.err);
        for secret in secrets.iter().copied().chain(sums.iter().map(String::as_str)) {
            let all = format!("{}{}", run.out, run.err);
            assert!(!all.contains(secret), "{what}: {all}");
            // Nor a part that is worth having.
            assert!(!all.contains(&secret[..8]) || secret.len() == 64, "{what}: {all}");
        }
    };
    let baseline = stage.file("baseline.toml");
    stage.servers[0].command(&["CONFIG", "SET", "masterauth", LIVE]);
    stage.servers[0].command(&["ACL", "SETUSER", "app", &format!(">{LIVE}")]);
    for format in FORMATS {
        check(format, &stage.drift(&["--format", format]), &[1]);
        let wrong = finish(stage.program("drift").args(["--format", format]).env("REDISCLI_AUTH", WRONG));
        check(format, &wrong, &[3]);
        let wrong = finish(stage.program("drift").args(["--format", format]).env("PASSWORD", WRONG));
        check(format, &wrong, &[3]);
    }
    check("written", &stage.drift(&["--write-baseline", baseline.to_str().unwrap()]), &[0]);
    let written = std::fs::read_to_string(&baseline).unwrap();
    assert!(written.contains("(secret)") && !written.contains("c4n4ry"), "{written}");
    assert!(!sums.iter().any(|sum| written.contains(sum)), "{written}");
    // Somebody who repeats what is said to them.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let via =
        format!("127.0.0.1:{}=127.0.0.1:{}", stage.ports[0].number(), listener.local_addr().unwrap().port());
    let parrot = std::thread::spawn(move || {
        for _ in FORMATS {
            let (mut stream, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let said: Vec<String> = lines.by_ref().take(5).map(Result::unwrap).collect();
            let _ = write!(stream, "-ERR unknown command, with args: {}\r\n", said.join(" "));
            let _ = lines.count();
        }
    });
    for format in FORMATS {
        let args = ["--format", format, "--via", &via, "--timeout", "1s", &stage.node(0)];
        let run = stage.drift(&args);
        check("parrot", &run, &[3]);
        // No bar where there is no terminal, however long it takes.
        assert_eq!(run.err, "");
    }
    parrot.join().unwrap();
}

#[test]
fn a_server_without_the_command_auth_does_not_give_the_password_away() {
    let Some(server) = server() else { return };
    let port = Port::reserve();
    let number = port.number();
    let running = server.launch().port(port).line("rename-command AUTH ENTER").start();
    let folder = tempfile::tempdir().unwrap();
    let spec = folder.path().join("spec.toml");
    let text = |more: &str| {
        format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n[redis.one]\n\
             topology = \"standalone\"\nhosts = [\"a\"]\nport = {number}\n{}[redis.one.config]\n\
             requirepass = {{ env = \"PASSWORD\" }}\n{more}",
            declared(server)
        )
    };
    let drift = || {
        let mut program = Command::new(env!("CARGO_BIN_EXE_cachewright"));
        finish(program.arg("drift").arg(&spec).env_remove("REDISCLI_AUTH").env("PASSWORD", CANARY))
    };
    std::fs::write(&spec, text("")).unwrap();
    let run = drift();
    assert_eq!(run.code, Some(3), "{}", run.out);
    assert!(run.out.contains("unknown command 'AUTH'") && !run.out.contains(&CANARY[..4]), "{}", run.out);
    // A spec that says so logs in by the other name.
    std::fs::write(&spec, text("rename-command = [[\"AUTH\", \"ENTER\"]]\n")).unwrap();
    let run = drift();
    assert!(run.code != Some(3), "{}{}", run.out, run.err);
    assert!(!run.out.contains(&CANARY[..4]), "{}", run.out);
    drop(running);
}

#[test]
fn logins_are_given_as_to_redis_cli() {
    let Some(server) = server() else { return };
    let users = "[redis.one.users.default]\npasswords = [{ env = \"PASSWORD\" }]\nrules = \"~* &* +@all\"\n\
                 [redis.one.users.reader]\npasswords = [{ env = \"READER\" }]\n\
                 rules = \"+info +config|get +acl|list\"\n[redis.one.users.nobody]\npasswords = [{ env = \"NOBODY\" }]\n\
                 rules = \"+ping\"\n";
    let port = Port::reserve();
    let number = port.number();
    let text = format!(
        "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n[redis.one]\n\
         topology = \"standalone\"\nhosts = [\"a\"]\nport = {number}\n{}{users}",
        declared(server)
    );
    let running = server.launch().port(port).start();
    running.command(&[
        "ACL",
        "SETUSER",
        "reader",
        "reset",
        "on",
        ">r-word",
        "+info",
        "+config|get",
        "+acl|list",
    ]);
    running.command(&["ACL", "SETUSER", "nobody", "reset", "on", ">n-word", "+ping"]);
    running.command(&["ACL", "SETUSER", "default", "resetpass", ">d-word"]);
    let folder = tempfile::tempdir().unwrap();
    let spec = folder.path().join("spec.toml");
    std::fs::write(&spec, text).unwrap();
    let drift = |args: &[&str], variables: &[(&str, &str)]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_cachewright"));
        program.arg("drift").arg(&spec).args(args).env_remove("REDISCLI_AUTH");
        let known = [("READER", "r-word"), ("NOBODY", "n-word"), ("PASSWORD", "d-word")];
        finish(program.envs(known.into_iter().chain(variables.iter().copied())))
    };
    let observed = |run: &Run| !run.out.contains("not observed");
    for (args, variables) in [
        (&[][..], &[][..]),
        (&[], &[("REDISCLI_AUTH", "d-word")]),
        (&["--user", "reader"], &[]),
        (&["--user", "reader"], &[("REDISCLI_AUTH", "r-word")]),
    ] {
        let run = drift(args, variables);
        assert!(observed(&run), "{args:?} {variables:?}: {}{}", run.out, run.err);
    }
    for (args, variables, said) in [
        (&[][..], &[("REDISCLI_AUTH", "x")][..], "tried the default user with the password in REDISCLI_AUTH"),
        (
            &[],
            &[("PASSWORD", "x")],
            "tried the default user with the password in the variable PASSWORD, as the spec says",
        ),
        (
            &["--user", "reader"],
            &[("REDISCLI_AUTH", "x")],
            "tried user `reader` with the password in REDISCLI_AUTH",
        ),
        (&[], &[("PASSWORD", "")], "in the variable PASSWORD, which is not set here, or empty"),
        (&["--user", "nobody"], &[], "user `nobody` lacks the right to ask"),
        (&["--user", "ghost"], &[], "the spec has no password for user `ghost`"),
    ] {
        let run = drift(args, variables);
        assert_eq!(run.code, Some(3), "{}", run.out);
        let words = run.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(said), "{args:?} {variables:?}: no {said}: {}", run.out);
    }
}

#[test]
fn nodes_are_reached_by_other_addresses() {
    let Some(server) = server() else { return };
    let stage = Stage::start(server);
    let [first, second] = [0, 1].map(|at| format!("127.0.0.1:{}", stage.ports[at].number()));
    let elsewhere = stage.file("elsewhere.toml");
    let text = std::fs::read_to_string(stage.spec()).unwrap();
    // The network of the spec cannot be reached from here.
    std::fs::write(&elsewhere, text.replace("\"127.0.0.1\"", "\"192.0.2.7\"")).unwrap();
    let drift = |args: &[&str]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_cachewright"));
        program.arg("drift").arg(&elsewhere).args(args).env_remove("REDISCLI_AUTH").env("PASSWORD", CANARY);
        finish(program.args(["--connect-timeout", "500ms"]))
    };
    let [from_first, from_second] =
        [&first, &second].map(|address| address.replace("127.0.0.1", "192.0.2.7"));
    let map = stage.file("tunnels");
    std::fs::write(&map, format!("# tunnels\n\n{from_first}={first}\n  {from_second} = {second}\n")).unwrap();
    let by_file = drift(&["--via", &format!("@{}", map.display())]);
    let by_hand =
        drift(&["--via", &format!("{from_first}={first}"), "--via", &format!("{from_second}={second}")]);
    assert_eq!(by_file.out, by_hand.out);
    // They listen on other addresses than the spec says: `bind` alone differs.
    assert_eq!(by_file.code, Some(1), "{}{}", by_file.out, by_file.err);
    assert!(
        by_file.out.contains("bind ") && by_file.out.contains("2 differences on 2 nodes"),
        "{}",
        by_file.out
    );
    let alone = drift(&["--via", &format!("{from_first}={first}"), &stage.node(0)]);
    assert!(alone.out.contains(&format!("({from_first} via {first})")), "{}", alone.out);
    let wrong = drift(&["--via", &format!("{first}={first}"), "--via", &format!("{from_first}=x")]);
    assert_eq!(wrong.code, Some(2));
    std::fs::write(&map, format!("{from_first}\n{first}={first}\n{from_second}={second}:\n")).unwrap();
    let wrong = drift(&["--via", &format!("@{}", map.display())]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("tunnels:1: ") && wrong.err.contains("tunnels:3: "), "{}", wrong.err);
    std::fs::write(&map, format!("{first}={first}\n")).unwrap();
    let wrong = drift(&["--via", &format!("@{}", map.display())]);
    assert!(wrong.err.contains("tunnels:1: no node of the spec has the address"), "{}", wrong.err);
}

#[test]
fn a_baseline_accepts_what_is_known_and_no_more() {
    let Some(server) = server() else { return };
    let stage = Stage::start(server);
    let (file, name) = (stage.file("baseline.toml"), "baseline.toml");
    let path = file.to_str().unwrap();
    for running in &stage.servers {
        running.command(&["CONFIG", "SET", "maxmemory", "2gb"]);
    }
    stage.servers[0].command(&["CONFIG", "SET", "hz", "20"]);
    let run = stage.drift(&["--write-baseline", path]);
    assert_eq!((run.code, run.out.as_str()), (Some(0), ""), "{}", run.err);
    assert!(run.err.contains("accepts 3 differences; 2 entries need a reason"), "{}", run.err);
    // Without reasons it is no baseline yet, and says where.
    let run = stage.drift(&["--baseline", path]);
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{}", run.err);
    assert_eq!(run.err.matches("the reason is missing").count(), 2, "{}", run.err);
    let text = std::fs::read_to_string(&file).unwrap();
    let filled = text.replace("reason = \"\"", "reason = \"load test\"");
    std::fs::write(&file, &filled).unwrap();
    let run = stage.drift(&["--baseline", path]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    assert!(run.out.contains("no drift: 2 nodes compared; 3 differences accepted in "), "{}", run.out);
    assert_eq!(run.err, "");
    // Known drift that drifts further is drift again, and its entry no longer applies.
    stage.servers[0].command(&["CONFIG", "SET", "hz", "30"]);
    let run = stage.drift(&["--baseline", path]);
    assert_eq!(run.code, Some(1), "{}", run.out);
    assert!(run.out.contains("30") && !run.out.contains("2gb"), "{}", run.out);
    let line = 1 + filled.lines().position(|line| line == "subject = \"hz\"").unwrap() - 1;
    assert!(
        run.err.contains(&format!("{name}:{line}: `hz` is not `20` on {}", stage.node(0))),
        "{}",
        run.err
    );
    // Nothing is said of nodes that were not asked.
    let run = stage.drift(&["--baseline", path, &stage.node(1)]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{}", run.out);
    // Written anew, it keeps the reasons of what still differs.
    let run = stage.drift(&["--write-baseline", path]);
    assert!(run.err.contains("one entry needs a reason"), "{}", run.err);
    assert!(std::fs::read_to_string(&file).unwrap().contains("reason = \"load test\""));
    // An expired entry accepts nothing.
    std::fs::write(&file, filled.replace("until = 20", "until = 19")).unwrap();
    let run = stage.drift(&["--baseline", path]);
    assert_eq!(run.code, Some(1), "{}", run.out);
    assert!(run.out.contains("2gb") && run.err.contains("was accepted until 19"), "{}{}", run.out, run.err);
    // Files of others are left alone.
    std::fs::write(&file, "mine = true\n").unwrap();
    let run = stage.drift(&["--write-baseline", path]);
    assert_eq!(run.code, Some(2), "{}", run.err);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine = true\n");
}

#[test]
fn metrics_can_be_read_and_say_zero_where_there_is_nothing() {
    let Some(server) = server() else { return };
    let mut stage = Stage::start(server);
    stage.servers[0].command(&["CONFIG", "SET", "hz", "20"]);
    let series = metrics(&stage.drift(&["--format", "prometheus"]).out);
    let of = |name: &str, at: usize, more: &str| {
        let node = stage.node(at).replace("one/", "");
        series[&format!("{name}{{spec=\"drift\",deployment=\"one\",node=\"{node}\"{more}}}")]
    };
    let differences =
        |at, class: &str| of("cachewright_drift_differences", at, &format!(",class=\"{class}\""));
    assert_eq!((differences(0, "not-in-spec"), differences(1, "not-in-spec")), (1.0, 0.0));
    for at in [0, 1] {
        for class in ["changed", "moved", "unreadable"] {
            assert!(differences(at, class).abs() < 0.5);
        }
        assert!((of("cachewright_drift_node_observed", at, "") - 1.0).abs() < 0.5);
    }
    assert!(series["cachewright_drift_last_run_timestamp_seconds{spec=\"drift\"}"] > 1_700_000_000.0);
    let gone = stage.servers.remove(1);
    gone.stop();
    let series = metrics(&stage.drift(&["--format", "prometheus"]).out);
    let node = stage.node(1).replace("one/", "");
    let of_gone: Vec<(&String, &f64)> = series.iter().filter(|(name, _)| name.contains(&node)).collect();
    assert_eq!(of_gone.len(), 1, "{of_gone:?}");
    assert!(of_gone[0].0.starts_with("cachewright_drift_node_observed") && *of_gone[0].1 < 0.5);
}

/// Reads Prometheus's text format as strictly as its own parser does in what is used here.
fn metrics(text: &str) -> BTreeMap<String, f64> {
    assert!(text.ends_with('\n'));
    let mut known = BTreeSet::new();
    let mut series = BTreeMap::new();
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let mut current = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# ") {
            let (kind, rest) = rest.split_once(' ').unwrap();
            let (name, _) = rest.split_once(' ').unwrap();
            assert!(is_name(name), "{line}");
            // Each once, HELP and TYPE before any sample of it, and all samples of one together.
            assert!(known.insert(format!("{kind} {name}")), "{line}");
            name.clone_into(&mut current);
            continue;
        }
        let end = line.find('{').unwrap();
        let name = &line[..end];
        assert_eq!(name, current, "{line}");
        assert!(known.contains(&format!("HELP {name}")) && known.contains(&format!("TYPE {name}")));
        let mut rest = &line[end + 1..];
        loop {
            let (label, after) = rest.split_once("=\"").unwrap();
            assert!(is_name(label), "{line}");
            let mut escaped = false;
            let close = after.find(|c| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            });
            rest = &after[close.unwrap() + 1..];
            match rest.strip_prefix(',') {
                Some(more) => rest = more,
                None => break,
            }
        }
        let value = rest.strip_prefix("} ").unwrap_or_else(|| panic!("{line}"));
        let (key, _) = line.rsplit_once(' ').unwrap();
        assert!(series.insert(key.to_owned(), value.parse().unwrap()).is_none(), "twice: {line}");
    }
    series
}

#[test]
fn annotations_stand_at_the_lines_of_the_spec() {
    let Some(server) = server() else { return };
    let stage = Stage::start(server);
    stage.servers[0].command(&["CONFIG", "SET", "maxmemory", "2gb"]);
    let text = std::fs::read_to_string(stage.spec()).unwrap();
    let line = 1 + text.lines().position(|line| line.starts_with("maxmemory =")).unwrap();
    let run = stage.drift(&["--format", "github"]);
    let first = run.out.lines().next().unwrap();
    let file = stage.spec().display().to_string();
    assert!(first.starts_with(&format!("::error file={file},line={line},col=")), "{first}");
    assert!(first.contains("::a-") && first.contains("maxmemory: wanted 1gb, live 2gb"), "{first}");
    assert_eq!(run.out.lines().count(), 2, "{}", run.out);
}

#[test]
fn a_broken_spec_is_told_and_lints_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let spec = folder.path().join("spec.toml");
    let drift = |path: &Path| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_cachewright"));
        finish(program.arg("drift").arg(path).args(["--connect-timeout", "200ms", "--retries", "0"]))
    };
    let port = Port::reserve();
    let text = format!(
        "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\nidle = {{ address = \"127.0.0.2\" }}\n\
         [redis.one]\nversion = \"7.0\"\ntopology = \"standalone\"\nhosts = [\"a\"]\nport = {}\n",
        port.number()
    );
    std::fs::write(&spec, &text).unwrap();
    let run = drift(&spec);
    assert_eq!(run.code, Some(3), "{}{}", run.out, run.err);
    assert_eq!(run.err, "");
    std::fs::write(&spec, format!("{text}config.hz = \"many\"\n")).unwrap();
    let run = drift(&spec);
    assert_eq!((run.code, run.out.as_str()), (Some(1), ""));
    assert!(run.err.contains("[invalid-value]"), "{}", run.err);
    assert_eq!(drift(Path::new("/nowhere.toml")).code, Some(2));
}

#[test]
fn troubles_with_tls_say_what_to_name() {
    let Some(server) = server() else { return };
    let (own, other) = (Certificates::make(), Certificates::make());
    let (port, folder) = (Port::reserve(), tempfile::tempdir().unwrap());
    let spec = folder.path().join("spec.toml");
    let text = |build: &str, files: &str| {
        format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n[redis.one]\n\
             topology = \"standalone\"\nhosts = [\"a\"]\nport = {}\n{build}\
             tls = {{ {files}, auth-clients = \"required\" }}\n",
            port.number()
        )
    };
    let [cert, key, ca] = [own.cert(), own.key(), own.authority()];
    let here = format!("cert-file = {cert:?}, key-file = {key:?}, ca-cert-file = {ca:?}");
    // This machine need not have the servers' files.
    let there = "cert-file = \"/srv/cert.pem\", key-file = \"/srv/key.pem\", ca-cert-file = \"/srv/ca.pem\"";
    let number = port.number();
    let lines = [
        format!("tls-port {number}"),
        "port 0".to_owned(),
        format!("tls-cert-file {cert}"),
        format!("tls-key-file {key}"),
        format!("tls-ca-cert-file {ca}"),
    ];
    let running = server.launch().at(format!("127.0.0.1:{number}").parse().unwrap());
    let running = running.lines(lines).tls(own.client()).start();
    let drift = |files: &str, args: &[&str]| {
        std::fs::write(&spec, text(&declared(server), files)).unwrap();
        let mut program = Command::new(env!("CARGO_BIN_EXE_cachewright"));
        let run = finish(program.arg("drift").arg(&spec).args(args).env_remove("REDISCLI_AUTH"));
        (run.code, run.out.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let pair = ["--cert", cert.as_str(), "--key", key.as_str()];
    let with = |authority: &str| [&pair[..], &["--cacert", authority]].concat().join("\n");
    for args in [String::new(), with(&ca), [&pair[..], &["--insecure"]].concat().join("\n")] {
        let args: Vec<&str> = args.lines().collect();
        let files = if args.is_empty() { here.as_str() } else { there };
        let (code, out) = drift(files, &args);
        assert!(matches!(code, Some(0 | 1)) && !out.is_empty(), "{args:?}: {code:?} {out}");
    }
    let foreign = with(&other.authority());
    let (code, out) = drift(there, &foreign.lines().collect::<Vec<_>>());
    assert_eq!(code, Some(3), "{out}");
    assert!(out.contains("not from an authority that we trust: name the right one with --cacert"), "{out}");
    let (code, out) = drift(there, &["--cacert", &ca]);
    assert_eq!(code, Some(3), "{out}");
    assert!(out.contains("it wants a certificate of ours"), "{out}");
    let (code, out) =
        drift(there, &[&["--cacert", &ca, "--sni", "elsewhere.example.org"], &pair[..]].concat());
    assert_eq!(code, Some(3), "{out}");
    drop(running);
}
