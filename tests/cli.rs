//! The program as people call it: exit codes, streams, files, and what never appears in any of them.

// Helpers of tests are not in the reach of clippy's allowance for tests.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

const SOUND: &str = "format = 1\nname = \"t\"\n[hosts]\na = { address = \"127.0.0.1\" }\n[redis.s]\nversion = \"7.2\"\n\
                     topology = \"standalone\"\nhosts = [\"a\"]\n";
const CANARY: &str = "c4n4ry-b1rd";

struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Run {
    fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cachewright"));
    command.env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

fn run<A: AsRef<OsStr>>(args: &[A]) -> Run {
    finish(program().args(args))
}

fn finish(command: &mut Command) -> Run {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// A folder with one spec.
fn folder(spec: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spec.toml");
    std::fs::write(&path, spec).unwrap();
    (folder, path)
}

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Every file below a folder with its bytes.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.strip_prefix(folder).unwrap().to_owned(), std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

#[test]
fn exit_codes_say_what_happened() {
    let (_keep, sound) = folder(SOUND);
    let (_keep, wrong) = folder(&SOUND.replace("7.2", "5.0"));
    let (_keep, doubtful) = folder(&format!("{SOUND}config = {{ slave-serve-stale-data = true }}\n"));
    let check = |specs: &[&Path]| finish(program().arg("check").args(specs)).code;
    assert_eq!(check(&[&sound]), Some(0));
    assert_eq!(check(&[&wrong]), Some(1));
    assert_eq!(check(&[&doubtful]), Some(0));
    assert_eq!(finish(program().args(["check", "--deny", "warnings"]).arg(&doubtful)).code, Some(1));
    assert_eq!(finish(program().args(["check", "--deny", "warnings"]).arg(&sound)).code, Some(0));
    assert_eq!(check(&[Path::new("/nowhere/at-all.toml")]), Some(2));
    assert_eq!(check(&[&sound, &wrong, Path::new("/nowhere/at-all.toml")]), Some(2));
    assert_eq!(check(&[&sound, &wrong]), Some(1));
    for args in
        [&["check"][..], &["chekc"], &["check", "--format", "xml", "x"], &[], &["explain", "no-such-rule"]]
    {
        assert_eq!(run(args).code, Some(2), "{args:?}");
    }
    assert_eq!(run(&["--version"]).code, Some(0));
}

#[test]
fn what_is_no_spec_is_told_apart() {
    let (keep, path) = folder("");
    let folder = run(&["check", keep.path().to_str().unwrap()]);
    assert_eq!(folder.code, Some(2));
    assert!(folder.out.contains("directory"), "{}", folder.out);
    std::fs::write(&path, b"name = \"\xff\"\n").unwrap();
    let bytes = finish(program().arg("check").arg(&path));
    assert_eq!(bytes.code, Some(2));
    assert!(bytes.out.contains("not UTF-8") && bytes.out.contains("byte 8"), "{}", bytes.out);
    std::fs::write(&path, b"").unwrap();
    assert_eq!(finish(program().arg("check").arg(&path)).code, Some(1), "nothing read is never clean");
}

#[test]
fn a_hyphen_is_standard_input() {
    let checked = |text: &str| {
        let mut child = program()
            .args(["check", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(checked(SOUND).0, Some(0));
    let (code, out) = checked(&SOUND.replace("hosts = [\"a\"]", "hosts = [\"b\"]"));
    assert_eq!(code, Some(1));
    assert!(out.contains("<stdin>:8"), "{out}");
}

#[test]
fn json_is_one_document_for_all_specs() {
    let (_keep, sound) = folder(SOUND);
    let (_keep, wrong) = folder(&SOUND.replace("7.2", "5.0"));
    let document = |specs: &[&Path]| -> serde_json::Value {
        let run = finish(program().args(["check", "--format", "json"]).args(specs));
        assert!(run.err.is_empty(), "{}", run.err);
        serde_json::from_str(&run.out).unwrap()
    };
    assert_eq!(document(&[&sound])["findings"].as_array().unwrap().len(), 0);
    let both = document(&[&wrong, &sound, Path::new("/nowhere.toml")]);
    assert_eq!(both["format"], "cachewright.findings");
    let findings = both["findings"].as_array().unwrap();
    assert_eq!(findings[0]["rule"], "unsupported-version");
    assert_eq!(findings[0]["file"], wrong.to_str().unwrap());
    assert_eq!(findings.last().unwrap()["rule"], "unreadable-layer");
    assert_eq!(both["summary"]["errors"].as_u64(), u64::try_from(findings.len()).ok());
}

#[test]
fn rendering_twice_gives_the_same_bytes() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for (out, example) in [("shop", "examples/shop/production.toml"), ("local", "examples/local/local.toml")]
    {
        let trees = folders.each_ref().map(|folder| {
            let run =
                finish(program().arg("render").arg(root(example)).arg("-o").arg(folder.path().join(out)));
            assert_eq!(run.code, Some(0), "{}", run.err);
            tree(&folder.path().join(out))
        });
        assert!(trees[0].len() > 3 && trees[0] == trees[1]);
        assert!(trees[0].keys().all(|path| path.extension().is_none_or(|extension| extension != "tmp")));
        for (path, bytes) in &trees[0] {
            let one = finish(program().arg("render").arg(root(example)).arg(path));
            assert!(one.code == Some(0) && one.out.as_bytes() == bytes, "{}: {}", path.display(), one.err);
        }
    }
    let near =
        finish(program().arg("render").arg(root("examples/minimal.toml")).arg("sessions/cache-1/redis.cnf"));
    assert_eq!(near.code, Some(2));
    assert!(near.err.contains("did you mean `sessions/cache-1/redis.conf`?"), "{}", near.err);
}

#[test]
fn nothing_is_written_by_half() {
    let (keep, wrong) = folder(&SOUND.replace("7.2", "5.0"));
    let out = keep.path().join("out");
    let refused = finish(program().arg("render").arg(&wrong).arg("-o").arg(&out));
    assert_eq!(refused.code, Some(1));
    assert!(!out.exists() && refused.out.is_empty());

    // A folder that cannot be made, because a file has its name; root may write anywhere else.
    let (keep, sound) = folder(SOUND);
    let out = keep.path().join("out");
    std::fs::write(&out, "in the way").unwrap();
    let refused = finish(program().arg("render").arg(&sound).arg("-o").arg(&out));
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("no folder"), "{}", refused.err);
    assert_eq!(tree(keep.path()).len(), 2);

    // A folder in the place of a file: what was written aside is taken away again.
    let out = keep.path().join("other");
    std::fs::create_dir_all(out.join("s/a/redis.conf/in-the-way")).unwrap();
    let refused = finish(program().arg("render").arg(&sound).arg("-o").arg(&out));
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("redis.conf"), "{}", refused.err);
    let left: Vec<PathBuf> = tree(&out).into_keys().collect();
    assert!(left.iter().all(|path| !path.starts_with(".cachewright")), "{left:?}");
}

#[test]
fn why_tells_every_kind_of_origin() {
    let shop = root("examples/shop/production.toml");
    let why = |node: &str, name: &str| {
        let run = finish(program().arg("why").arg(&shop).args([node, name]));
        assert_eq!(run.code, Some(0), "{node} {name}: {}", run.err);
        run.out
    };
    let profile = why("sessions/cache-a1", "appendfsync");
    assert!(profile.contains("(a profile)") && profile.contains("base.toml:"), "{profile}");
    let deployment = why("sessions/cache-a1", "maxmemory");
    assert!(
        deployment.contains("production.toml") && deployment.contains("(the deployment)"),
        "{deployment}"
    );
    assert!(deployment.contains("overrides") && deployment.contains("base.toml"), "{deployment}");
    let node = why("sessions/cache-c1", "replica-priority");
    assert!(node.contains("(the node)") && node.contains("default    100"), "{node}");
    assert!(why("sessions/cache-a1", "bind").contains("derived from"));
    assert!(why("sessions/cache-a1", "hz").contains("not set: this is the default"));
    let secret = why("sessions/cache-a1", "masterauth");
    assert!(secret.contains("env:REPLICA_PASSWORD"), "{secret}");
    assert!(why("fragments/cache-a1", "threads").contains("= 4"));
    for (node, name) in [("sessions/cache-a9", "hz"), ("sessions/cache-a1", "hzz"), ("cache-a1", "hz")] {
        assert_eq!(finish(program().arg("why").arg(&shop).args([node, name])).code, Some(2), "{node} {name}");
    }
}

#[test]
fn pins_keep_the_placement() {
    let keep = tempfile::tempdir().unwrap();
    let starter = std::fs::read_to_string(root("templates/init/cluster.toml")).unwrap();
    let spec = keep.path().join("spec.toml");
    std::fs::write(&spec, &starter).unwrap();
    let pins = keep.path().join("pins.toml");
    let table = |run: Run| -> Vec<Vec<String>> {
        assert_eq!(run.code, Some(0), "{}", run.err);
        let without_pin = |line: &str| {
            line.split_whitespace().filter(|word| !matches!(*word, "yes" | "no")).map(str::to_owned).collect()
        };
        run.out.lines().map(without_pin).collect()
    };
    let before = table(finish(program().arg("place").arg(&spec)));
    let written = finish(program().arg("place").arg(&spec).arg("--write").arg(&pins));
    assert_eq!(written.code, Some(0), "{}", written.err);
    std::fs::write(&spec, starter.replace("format = 1\n", "format = 1\nextends = [\"pins.toml\"]\n"))
        .unwrap();
    assert_eq!(table(finish(program().arg("place").arg(&spec))), before);
    let checked = finish(program().args(["check", "--deny", "warnings"]).arg(&spec));
    assert_eq!(checked.code, Some(0), "{}", checked.out);
    // Again, over its own file; and never over another's.
    assert_eq!(finish(program().arg("place").arg(&spec).arg("--write").arg(&pins)).code, Some(0));
    assert_eq!(finish(program().arg("place").arg(&spec).arg("--write").arg(&spec)).code, Some(2));
    assert!(std::fs::read_to_string(&spec).unwrap().contains("pins.toml"));
}

#[test]
fn starter_specs_pass() {
    for topology in ["standalone", "replicated", "sentinel", "cluster", "memcached"] {
        let keep = tempfile::tempdir().unwrap();
        let path = keep.path().join("new.toml");
        let made = finish(program().args(["init", topology, "-o"]).arg(&path));
        assert_eq!(made.code, Some(0), "{}", made.err);
        let checked = finish(program().args(["check", "--deny", "warnings"]).arg(&path));
        assert_eq!(checked.code, Some(0), "{topology}: {}", checked.out);
        assert_eq!(run(&["init", topology]).out, std::fs::read_to_string(&path).unwrap());
        assert_eq!(finish(program().args(["init", topology, "-o"]).arg(&path)).code, Some(2), "written over");
    }
}

#[test]
fn a_closed_pipe_is_no_panic() {
    for args in [&["catalog"][..], &["explain"], &["init", "cluster"], &["--help"]] {
        let mut child = program().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        let status = child.wait().unwrap();
        assert!(!err.contains("panicked"), "{args:?}: {err}");
        assert!(status.code().is_some(), "{args:?}");
    }
}

#[test]
fn colour_is_for_those_who_want_it() {
    let (_keep, wrong) = folder(&SOUND.replace("7.2", "5.0"));
    let colored = |args: &[&str], no_color: Option<&str>| {
        let mut command = program();
        command.args(args).arg("check").arg(&wrong);
        if let Some(value) = no_color {
            command.env("NO_COLOR", value);
        }
        finish(&mut command).out.contains('\u{1b}')
    };
    assert!(!colored(&[], None), "no terminal reads it");
    assert!(colored(&["--color", "always"], None));
    assert!(colored(&["--color", "always"], Some("1")), "what is asked for goes before");
    assert!(!colored(&["--color", "never"], None));
    assert!(!colored(&["--color", "auto"], Some("1")));
}

#[test]
fn help_reads_well() {
    let mut all = String::new();
    for command in
        ["", "check", "render", "why", "explain", "catalog", "place", "init", "schema", "completions", "man"]
    {
        let args: Vec<&str> = [command, "--help"].into_iter().filter(|arg| !arg.is_empty()).collect();
        let help = finish(program().args(&args).env("COLUMNS", "100"));
        assert_eq!(help.code, Some(0));
        all.extend(["$ cachewright ", &args.join(" "), "\n", &help.out, "\n"]);
    }
    insta::assert_snapshot!("cli_help", all);
}

#[test]
fn a_secret_of_the_environment_stays_there() {
    let starter = std::fs::read_to_string(root("templates/init/sentinel.toml")).unwrap();
    let (keep, spec) = folder(&starter);
    let secrets =
        ["SENTINEL_PASSWORD", "REPLICA_PASSWORD", "SESSIONS_APP_PASSWORD", "SESSIONS_ADMIN_PASSWORD"];
    let with_secrets = |command: &mut Command| {
        for name in secrets {
            command.env(name, CANARY);
        }
        finish(command)
    };
    let out = keep.path().join("out");
    for args in [
        vec!["check".as_ref(), spec.as_os_str()],
        vec!["check".as_ref(), "--format".as_ref(), "json".as_ref(), spec.as_os_str()],
        vec!["render".as_ref(), spec.as_os_str(), "-o".as_ref(), out.as_os_str()],
        vec!["render".as_ref(), spec.as_os_str(), "sessions/cache-a1/users.acl".as_ref()],
        vec!["why".as_ref(), spec.as_os_str(), "sessions/cache-a1".as_ref()],
        vec!["why".as_ref(), spec.as_os_str(), "sentinels-main/cache-a1".as_ref()],
    ] {
        let run = with_secrets(program().args(&args));
        assert_eq!(run.code, Some(0), "{args:?}: {}", run.err);
        assert!(!run.all().contains(CANARY), "{args:?}");
    }
    let holds = |bytes: &[u8]| bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes());
    assert!(!tree(&out).values().any(|bytes| holds(bytes)));

    let whole = keep.path().join("whole");
    let asked = with_secrets(program().arg("render").arg(&spec).arg("--with-secrets").arg("-o").arg(&whole));
    assert_eq!(asked.code, Some(0), "{}", asked.err);
    assert!(!asked.all().contains(CANARY));
    let mut holding = 0;
    for (path, _) in tree(&whole).iter().filter(|(_, bytes)| holds(bytes)) {
        use std::os::unix::fs::PermissionsExt;
        holding += 1;
        let mode = std::fs::metadata(whole.join(path)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", path.display());
    }
    assert!(holding > 0, "asked for, and not there");
    // One that is not there stops everything.
    let (keep, spec) = folder(&starter.replace("REPLICA_PASSWORD", "CACHEWRIGHT_TEST_NOT_SET"));
    let out = keep.path().join("out");
    let missing = with_secrets(program().arg("render").arg(&spec).arg("--with-secrets").arg("-o").arg(&out));
    assert_eq!(missing.code, Some(1));
    assert!(
        missing.err.contains("CACHEWRIGHT_TEST_NOT_SET") && !missing.all().contains(CANARY) && !out.exists()
    );
}

/// Sentinel's own settings, set, derived and left alone.
#[test]
fn why_knows_sentinels_own_settings() {
    let starter = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/init/sentinel.toml");
    for (setting, told) in [
        ("down-after-milliseconds", "sessions = 5000"),
        ("monitor", "sessions = 10.0.1.11 6379 2"),
        ("auth-pass", "the secret env:SENTINEL_PASSWORD"),
        ("failover-timeout", "not set: this is the default"),
        ("port", "port = 26379"),
    ] {
        let run = finish(program().arg("why").arg(&starter).args(["sentinels-main/cache-a1", setting]));
        assert_eq!(run.code, Some(0), "{setting}: {}", run.err);
        assert!(run.out.contains(told), "{setting}: {}", run.out);
    }
}

#[test]
fn a_long_list_of_files_says_how_many_more_there_are() {
    let (_keep, path) = folder(&SOUND.replace("[\"a\"]", &format!("[{}]", ["\"a\""; 30].join(", "))));
    let run = finish(program().arg("render").arg(&path).arg("motd"));
    assert_eq!(run.code, Some(2));
    let last = run.err.lines().last().unwrap().trim().to_owned();
    let more: usize = last.strip_prefix("and ").unwrap().split(' ').next().unwrap().parse().unwrap();
    let out = tempfile::tempdir().unwrap();
    assert_eq!(finish(program().arg("render").arg(&path).arg("-o").arg(out.path())).code, Some(0));
    assert_eq!(more + 20, tree(out.path()).len(), "{}", run.err);
}

const REPLICATED: &str = "format = 1\nname = \"t\"\n[hosts]\na = { address = \"10.0.0.1\" }\nb = { address = \"10.0.0.2\" }\n\
                          [redis.u]\nversion = \"7.2\"\ntopology = \"replicated\"\ninitial-primary = \"a\"\nreplicas = [\"b\"]\n\
                          replication = { password = { env = \"P\" } }\n";

#[test]
fn why_does_not_call_a_wrong_value_a_default() {
    let (_keep, path) = folder(&format!("{REPLICATED}config = {{ maxmemory-policy = \"lru\" }}\n"));
    let why = |node: &str, name: &str| finish(program().arg("why").arg(&path).args([node, name]));
    let wrong = why("u/a", "maxmemory-policy");
    assert_eq!(wrong.code, Some(1));
    assert!(!wrong.out.contains("default") && wrong.out.contains("cannot be used"), "{}", wrong.out);
    assert!(wrong.out.contains("spec.toml:12:") && wrong.out.contains("\"lru\""), "{}", wrong.out);
    let sentinels = "[sentinels.s]\nversion = \"7.2\"\nhosts = [\"a\", \"a\", \"a\"]\n\
                     config = { loglevel = \"loud\", resolve-hostnames = \"perhaps\" }\n\
                     [memcached.m]\nversion = \"1.6.18\"\nhosts = [\"a\"]\nconfig = { threads = true }\n";
    let (_keep, other) = folder(&format!("{REPLICATED}{sentinels}"));
    for (node, name) in [("m/a", "threads"), ("a-26379", "loglevel"), ("a-26379", "resolve-hostnames")] {
        let wrong = finish(program().arg("why").arg(&other).args([node, name]));
        assert!(!wrong.out.contains("default") && wrong.out.contains("cannot be used"), "{}", wrong.out);
        assert!(wrong.out.contains("spec.toml:"), "{}", wrong.out);
    }
    let role = why("u/b", "replicaof").out;
    assert!(role.contains("belongs to the servers") && role.contains("`replicaof 10.0.0.1 6379`"), "{role}");
    assert!(why("u/a", "replicaof").out.contains("follows nobody"));
    assert_eq!(why("u/a", "user").out, "user  (u/a)\n  not set, and without a default\n");
    assert!(why("u/a", "timeout").out.contains("not set: this is the default"));
}

#[test]
fn why_suggests_nodes_of_the_deployment_that_was_named() {
    let two = SOUND.replace("[\"a\"]", "[\"a\", \"a\"]").replace("redis.s]", "redis.carts]");
    let other = "[redis.cart]\nversion = \"7.2\"\ntopology = \"standalone\"\nhosts = [\"a\"]\nport = 7000\n";
    let (_keep, path) = folder(&format!("{two}{other}"));
    let run = finish(program().arg("why").arg(&path).arg("carts/a"));
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("carts/a-6379") && run.err.contains("carts/a-6380"), "{}", run.err);
    assert!(!run.err.contains("cart/"), "{}", run.err);
}

#[test]
fn slips_of_newcomers_are_answered_with_what_to_write() {
    let told = |spec: &str| {
        let (_keep, path) = folder(spec);
        let run = finish(program().arg("check").arg(&path));
        assert_eq!(run.code, Some(1), "{}", run.out);
        run.out
    };
    let config = |line: &str| told(&format!("{SOUND}config = {{ {line} }}\n"));
    for (line, help) in [
        ("maxmemory = \"4 GB\"", "did you mean `4gb`?"),
        ("maxmemory = \"4GiB\"", "did you mean `4gb`?"),
        ("cluster-node-timeout = \"5s\"", "write `5000`"),
        ("timeout = True", "help: write `true`"),
        ("logfile = hello", "write text in quotes"),
        ("timeout = 1, timeout = 2", "a key stands once in its table"),
    ] {
        let out = config(line);
        assert!(out.contains(help), "no {help}: {out}");
        assert!(!out.contains("literal string"), "{out}");
    }
    let valkey = told(&SOUND.replace("7.2", "8.1"));
    assert!(valkey.contains("`[valkey.NAME]`") && valkey.contains("`engine = \"valkey\"`"), "{valkey}");
    assert!(!told(&SOUND.replace("7.2", "5.0")).contains("valkey"));
    let memcached = "format = 1\nname = \"t\"\nhosts.a.address = \"10.0.0.1\"\n[memcached.m]\nversion = \"1.6.38\"\n\
                     hosts = [\"a\"]\nconfig = { memory-limit = \"1gb\" }\n";
    assert!(told(memcached).contains("write `1024` (megabytes)"));
    let sentinels = format!(
        "{}[sentinels.z]\nversion = \"7.2\"\nhosts = [\"a\"]\n",
        REPLICATED.replace("replicated", "sentinel")
    ) + "[redis.u.sentinel]\nset = \"z\"\nquorum = 1\ndown-after-milliseconds = \"5s\"\n";
    let out = told(&sentinels);
    assert!(out.contains("write `5000`"), "{out}");
}

#[test]
fn a_file_of_a_secret_is_named_by_an_absolute_path() {
    let with = |file: &str| {
        let (_keep, path) = folder(&format!("{SOUND}config = {{ requirepass = {{ file = \"{file}\" }} }}\n"));
        finish(program().arg("check").arg(&path))
    };
    for file in ["pw.txt", "~/pw.txt", "../pw"] {
        let run = with(file);
        assert_eq!(run.code, Some(1), "{file}");
        assert!(run.out.contains("[invalid-field]") && run.out.contains("absolute path"), "{}", run.out);
    }
    let run = with(CANARY);
    assert!(run.out.contains("[literal-secret]") && !run.out.contains(CANARY), "{}", run.out);
    assert_eq!(with("/run/secrets/pw").code, Some(0));
}

#[test]
fn place_says_which_pins_stand_in_its_way() {
    let cluster = "format = 1\nname = \"t\"\nhosts.a.address = \"10.0.0.1\"\nhosts.b.address = \"10.0.0.2\"\n\
                   hosts.c.address = \"10.0.0.3\"\n[redis.u]\nversion = \"7.2\"\ntopology = \"cluster\"\n\
                   hosts = [\"a\", \"b\", \"c\"]\nshards = 3\nreplicas = 0\nreplication = { password = { env = \"P\" } }\n";
    let (keep, path) = folder(cluster);
    let pins = keep.path().join("pins.toml");
    let place = |spec: &Path| finish(program().arg("place").arg(spec).arg("--write").arg(&pins));
    assert_eq!(place(&path).code, Some(0));
    let pinned = cluster.replace("name =", "extends = [\"pins.toml\"]\nname =");
    let written = std::fs::read_to_string(&pins).unwrap();
    std::fs::write(&path, pinned.replace("shards = 3", "shards = 4")).unwrap();
    let run = place(&path);
    assert_eq!(run.code, Some(1), "{}", run.err);
    assert!(
        run.err.contains("no pins were written") && run.err.contains("`slots` of all pins"),
        "{}",
        run.err
    );
    // What it says helps.
    let without: String = written
        .lines()
        .map(|line| match line.split_once(", slots") {
            Some((before, _)) => format!("{before} }}\n"),
            None => format!("{line}\n"),
        })
        .collect();
    std::fs::write(&pins, without).unwrap();
    let run = place(&path);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(std::fs::read_to_string(&pins).unwrap().contains("shard = 4"));
}
