//! Logins, other addresses, and TLS.

use std::process::Command;

use super::{CANARY, Run, Stage, finish, server};
use crate::observed::declared;
use crate::support::port::Port;
use crate::support::tls::Certificates;

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
