//! What start.sh finds on a host and must neither take nor spoil: other people's files, and what is in the way.

use std::path::Path;

use crate::script::{Script, contents, shells};
use crate::site::write;

/// Two servers with users and, where `TLS` says so, a TLS port that replication takes.
const SPEC: &str = r#"
format = 1
name = "test"
[hosts]
a = { address = "10.0.0.1" }
b = { address = "10.0.0.2" }
[redis.cache]
version = "7.0"
topology = "replicated"
initial-primary = "a"
replicas = ["b"]
survives = "nothing"
data-dir = "DATA"
TLS
[redis.cache.config]
timeout = 1
[redis.cache.users.default]
passwords = [{ env = "PASSWORD" }]
rules = "~* +@all"
"#;

fn spec(tls: &str) -> String {
    SPEC.replace("TLS", tls)
}

fn replica(shell: &[&'static str]) -> Script {
    let mut script = Script::new(shell, &spec(""), "cache", "b");
    script.set("PASSWORD", "one");
    script
}

/// In a container everything below `/` may be writable. A folder stands for it here: where nothing changed,
/// nothing is aside, and a path that begins with that would begin at `/`.
#[test]
fn an_unchanged_start_takes_nothing_from_the_root() {
    for shell in shells() {
        let script = replica(shell);
        script.prepare();
        let root = script.root.path().join("slash");
        for file in ["redis.conf", "stamp", "users", "redis.conf.before", "users.before"] {
            write(&root.join(file), b"another's\n", 0o600);
        }
        let (before, others) = (contents(&script.data), contents(&root));
        let file = script.rendered.join("start.sh");
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains("\"$aside/"));
        write(&file, text.replace("\"$aside/", &format!("\"{}$aside/", root.display())).as_bytes(), 0o755);
        script.prepare();
        assert_eq!(contents(&script.data), before, "{shell:?}");
        assert_eq!(contents(&root), others, "{shell:?}");
    }
}

#[test]
fn users_of_others_are_kept_beside() {
    for shell in shells() {
        let mut script = replica(shell);
        let theirs = "user default on nopass ~* +@all\nuser app on #00 ~app:* +@read\n";
        write(&script.data.join("users.acl"), theirs.as_bytes(), 0o600);
        script.prepare();
        assert_eq!(script.text("users.acl.before"), theirs, "{shell:?}");
        assert_ne!(script.text("users.acl"), theirs);
        // Ours are not kept: neither at the next change, nor after a start that ended before the stamp.
        script.set("PASSWORD", "two");
        script.prepare();
        std::fs::remove_file(script.data.join("users.acl.stamp")).unwrap();
        script.prepare();
        assert_eq!(script.text("users.acl.before"), theirs, "{shell:?}");
    }
}

#[test]
fn what_is_in_the_way_is_found_before_anything_moves() {
    for shell in shells() {
        for blocked in ["redis.conf", "users.acl", "users.acl.stamp", "redis.conf.before", "users.acl.before"]
        {
            let mut script = replica(shell);
            script.prepare();
            script.set("PASSWORD", "two");
            script.roll_out(&spec("").replace("timeout = 1", "timeout = 2"), "cache", "b");
            // Both files are another's, so both are to be kept.
            write(&script.data.join("redis.conf"), b"port 1\n", 0o600);
            std::fs::remove_file(script.data.join("users.acl.stamp")).unwrap();
            let path = script.data.join(blocked);
            if path.exists() {
                std::fs::remove_file(&path).unwrap();
            }
            std::fs::create_dir(&path).unwrap();
            script.refuse("is a folder: take it away");
            std::fs::remove_dir(&path).unwrap();
            script.prepare();
        }
    }
}

/// Variables of the environment by the names that the script uses.
#[test]
fn no_name_of_the_script_passes_a_secret_on() {
    for shell in shells() {
        for name in ["PASSWORD", "data", "value", "secret_1", "file", "newline"] {
            let named = spec("").replace("PASSWORD", name);
            let mut script = Script::new(shell, &named, "cache", "b");
            for other in ["cachewright_secret_1", "secret_1", "value", "text", "line", "data", "name"] {
                script.set(other, "");
            }
            script.set(name, "hunter2-hunter2");
            let printer = script.root.path().join("printer");
            write(&printer, b"#!/bin/sh\ntr '\\000' '\\n' </proc/$$/environ\n", 0o755);
            let output = script.command(&[&printer.display().to_string()]).output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{shell:?} {name}: {}", String::from_utf8_lossy(&output.stderr));
            assert!(said.contains("PATH="), "{shell:?}: {said}");
            assert!(!said.contains("hunter2"), "{shell:?} {name}: {said}");
            assert!(script.data.join("users.acl").exists(), "{shell:?} {name}");
        }
    }
}

fn followed(script: &Script) -> String {
    let lines = script.directive("redis.conf", "replicaof");
    assert_eq!(lines.len(), 1);
    String::from_utf8(lines[0].clone()).unwrap()
}

#[test]
fn a_role_moves_with_replication_between_plain_and_tls() {
    let tls = |replication: bool| {
        format!(
            "tls = {{ port = 6390, replication = {replication}, cert-file = \"/c\", key-file = \"/k\", ca-cert-file = \"/a\" }}"
        )
    };
    for shell in shells() {
        let script = replica(shell);
        script.prepare();
        assert_eq!(followed(&script), "10.0.0.1 6379");
        script.roll_out(&spec(&tls(true)), "cache", "b");
        script.prepare();
        assert_eq!(followed(&script), "10.0.0.1 6390", "{shell:?}");
        script.roll_out(&spec(&tls(false)), "cache", "b");
        script.prepare();
        assert_eq!(followed(&script), "10.0.0.1 6379", "{shell:?}");
        // So does the role of a file that is adopted.
        let old = script.root.path().join("old.conf");
        write(&old, b"slaveof 10.0.0.1 6379\n", 0o600);
        let mut adopting = Script::new(shell, &spec(&tls(true)), "cache", "b");
        adopting.set("PASSWORD", "one");
        adopting.set("CACHEWRIGHT_ADOPT", &old.display().to_string());
        adopting.prepare();
        assert_eq!(followed(&adopting), "10.0.0.1 6390", "{shell:?}");
        // A server that is none of ours stays whom it follows.
        write_role(&script.data, "10.0.0.9 6379");
        script.roll_out(&spec(&tls(true)), "cache", "b");
        script.prepare();
        assert_eq!(followed(&script), "10.0.0.9 6379", "{shell:?}");
    }
}

/// What REPLICAOF and CONFIG REWRITE leave behind.
fn write_role(data: &Path, role: &str) {
    let path = data.join("redis.conf");
    let text = std::fs::read_to_string(&path).unwrap();
    write(&path, format!("{text}\nreplicaof {role}\n").as_bytes(), 0o600);
}
