//! ACL rules on running servers.

use cachewright::drift::Mend;

use crate::observed::{How, declared, drift, render, servers, told};
use crate::rendered::compare::version;
use crate::rendered::site::Site;
use crate::support::port::Port;
use crate::support::servers::Server;

fn spec(server: &Server, port: u16) -> String {
    let engine = server.engine.name();
    let new = if version(server).major >= 7 {
        "[{engine}.one.users.split]\npasswords = [{ env = \"S\" }]\nrules = \"%R~in:* (%W~out:* +set) +get +config|get\"\n"
    } else {
        ""
    };
    let new = new.replace("{engine}", engine);
    format!(
        "format = 1\nname = \"drift\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n\
         [{engine}.one]\ntopology = \"standalone\"\nhosts = [\"a\"]\nport = {port}\n{}\
         [{engine}.one.users.harness]\npasswords = [{{ env = \"ADMIN\" }}]\nrules = \"~* +@all\"\n\
         [{engine}.one.users.app]\npasswords = [{{ env = \"OLD\" }}, {{ env = \"NEW\" }}]\n\
         rules = \"~app:* ~session:* +@read +@write -@dangerous +client|setname -keys\"\n\
         [{engine}.one.users.gone]\nenabled = false\nrules = \"~* +get\"\n{new}",
        declared(server)
    )
}

#[test]
fn every_change_of_a_user_is_reported_alone() {
    let (mut tried, mut mended) = (0, 0);
    for server in servers() {
        let port = Port::reserve();
        let site = render(&spec(server, port.number()));
        let deployment = &site.model.deployments[0];
        let launch = site.launch(server, deployment, &deployment.nodes[0]);
        let running = launch.login(Some("harness"), "secret-of-env:ADMIN").start();
        let how = How {
            login: Some((Some("harness".to_owned()), "secret-of-env:ADMIN".to_owned())),
            ..How::default()
        };
        assert_eq!(told(&site, &how), [""; 0], "{server}, fresh");
        let with_channels =
            version(server) >= "6.2".parse::<cachewright::catalog::VersionRange>().unwrap().first;
        let mut changes: Vec<(&str, &[&str], &str)> = vec![
            ("app", &["+flushall"], "it may also run flushall"),
            ("app", &["-get"], "it may not run get"),
            ("app", &["~other:*"], "its keys, channels or databases differ"),
            ("app", &["off"], "it is off"),
            ("app", &["nopass"], "it takes any password"),
            ("app", &[">another"], "1 password is taken that the spec does not have"),
            ("app", &["<secret-of-env:OLD"], "1 password of the spec is not taken"),
            ("default", &["on"], "it is on"),
            ("gone", &["on"], "it is on"),
            ("more", &["on"], ""),
        ];
        if with_channels {
            changes.push(("app", &["resetchannels", "&news"], "its keys, channels or databases differ"));
        }
        if version(server).major >= 7 {
            changes.push(("split", &["(~x +get)"], "its selectors differ"));
            changes.push(("split", &["clearselectors"], "its selectors differ"));
            changes.push(("split", &["%W~in:*"], "its keys, channels or databases differ"));
        }
        for (user, rules, note) in changes {
            let line = acl_line(&running, user);
            let mut command = vec!["ACL", "SETUSER", user];
            command.extend(rules);
            running.command(&command);
            let said = told(&site, &how);
            assert_eq!(said.len(), 1, "{server}: {user} {rules:?}: {said:?}");
            assert!(said[0].contains(&format!("user {user}:")), "{server}: {user} {rules:?}: {said:?}");
            assert!(said[0].contains(note), "{server}: {user} {rules:?}: {said:?}");
            // What would mend it does, or names a password and is refused as it stands.
            if let Some(Mend::Command(mend)) = mend_of(&site, &how) {
                let words = shell(&mend);
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                if mend.contains("'#SHA-256-of-") {
                    assert!(running.try_command(&words).is_err(), "{server}: {mend}");
                    assert_eq!(told(&site, &how), said, "{server}: {mend}");
                } else {
                    running.command(&words);
                    assert_eq!(told(&site, &how), [""; 0], "{server}: {mend}");
                    mended += 1;
                }
            }
            match line {
                None => drop(running.command(&["ACL", "DELUSER", user])),
                Some(line) => {
                    let mut command = vec!["ACL", "SETUSER", user, "reset"];
                    let words = split(&line);
                    command.extend(words.iter().map(String::as_str));
                    running.command(&command);
                }
            }
            assert_eq!(told(&site, &how), [""; 0], "{server}: {user} {rules:?}, and back");
            tried += 1;
        }
        running.command(&["ACL", "DELUSER", "gone"]);
        let said = told(&site, &how);
        assert_eq!(said.len(), 1, "{server}: {said:?}");
        assert!(said[0].contains("user gone: ") && said[0].ends_with("(none)"), "{server}: {said:?}");
        tried += 1;
    }
    println!("{tried} changes of users, each reported alone; {mended} mended by what was told");
    assert!(mended > 0 || servers().is_empty());
}

/// What would mend the one difference.
fn mend_of(site: &Site, how: &How) -> Option<Mend> {
    drift(site, how).remove("one/a")?.ok()?.pop()?.mend
}

/// Words as a shell splits them, where only single quotes quote.
fn shell(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words
}

/// The rules that ACL LIST prints for a user.
fn acl_line(running: &crate::support::running::Running, user: &str) -> Option<String> {
    let mut connection = running.connect().unwrap();
    let lines: Vec<String> = redis::cmd("ACL").arg("LIST").query(&mut connection).unwrap();
    let start = format!("user {user} ");
    lines.into_iter().find_map(|line| line.strip_prefix(&start).map(str::to_owned))
}

/// Words, with selectors whole.
fn split(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in line.split(' ') {
        match words.last_mut() {
            Some(open) if open.starts_with('(') && !open.ends_with(')') => {
                open.push(' ');
                open.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
    }
    words
}

#[test]
fn a_password_that_acl_setuser_changed_is_seen_though_requirepass_is_stale() {
    for server in servers() {
        let port = Port::reserve();
        let engine = server.engine.name();
        let site = render(&format!(
            "format = 1\nname = \"drift\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n\
             [{engine}.one]\ntopology = \"standalone\"\nhosts = [\"a\"]\nport = {}\n{}\
             [{engine}.one.config]\nrequirepass = {{ env = \"P\" }}\n",
            port.number(),
            declared(server)
        ));
        let deployment = &site.model.deployments[0];
        let launch = site.launch(server, deployment, &deployment.nodes[0]);
        let running = launch.login(None, "secret-of-env:P").start();
        assert_eq!(told(&site, &How::default()), [""; 0], "{server}, fresh");
        running.command(&["ACL", "SETUSER", "default", "resetpass", ">other"]);
        let how = How { login: Some((None, "other".to_owned())), ..How::default() };
        let said = told(&site, &how);
        assert!(
            said.len() == 1 && said[0].contains("user default: (secret) -> (secret)"),
            "{server}: {said:?}"
        );
        let said = told(&site, &How::default());
        assert!(said.len() == 1 && said[0].contains("it refuses the login"), "{server}: {said:?}");
    }
}
