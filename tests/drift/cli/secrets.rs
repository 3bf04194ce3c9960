//! No password is in anything that the program says.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::Command;

use super::{CANARY, Run, Stage, finish, server};
use crate::observed::declared;
use crate::support::port::Port;

const WRONG: &str = "c4n4ry-wrong-p4ssword";
const LIVE: &str = "c4n4ry-live-p4ssword";

const FORMATS: [&str; 5] = ["human", "json", "junit", "github", "prometheus"];

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

fn sha256(text: &str) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(text).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
