//! Copies of a host's files: they tell whether a difference was not rolled out, waits for a restart, was written by the
//! server itself, or is lost at the next one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cachewright::drift::{Class, Difference, Standing, Subject};
use cachewright::model::NodeId;
use sha2::{Digest, Sha256};

use crate::observed::{How, declared, drift_with, render, servers};
use crate::rendered::site::{Site, text_setting};
use crate::support::port::Port;
use crate::support::servers::Server;

fn spec(server: &Server, port: u16) -> String {
    let engine = server.engine.name();
    format!(
        "format = 1\nname = \"drift\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n\
         [{engine}.one]\ntopology = \"standalone\"\nhosts = [\"a\"]\nport = {port}\n{}\
         [{engine}.one.config]\nmaxmemory = \"1gb\"\nsave = [\"900 1\"]\nhz = 20\n\
         client-output-buffer-limit = [\"pubsub 64mb 16mb 90\"]\n",
        declared(server)
    )
}

/// The text of a working file, as `start.sh` makes it of a rendered one.
fn working(rendered: &str) -> String {
    let sum = Sha256::digest(rendered).iter().fold(String::new(), |sum, byte| sum + &format!("{byte:02x}"));
    format!("# Working file, made by start.sh of the SHA-256 {sum}\n{rendered}")
}

/// What is reported about settings: name, class, where it stands.
fn settings(outcome: &[Difference]) -> Vec<(String, Class, Option<Standing>)> {
    let of = |one: &Difference| match &one.subject {
        Subject::Setting(name) => (name.clone(), one.class, one.standing),
        other => (other.to_string(), one.class, one.standing),
    };
    outcome.iter().map(of).collect()
}

struct Host {
    rendered: (String, String),
    working: (String, PathBuf),
}

impl Host {
    fn of(site: &Site) -> Self {
        let deployment = &site.model.deployments[0];
        let node = &deployment.nodes[0];
        let NodeId(id) = &node.id;
        let file = format!("{}.conf", deployment.target.engine.name());
        let artifact = site.artifact("one", id, &file);
        let text = String::from_utf8(artifact.bytes.to_vec()).unwrap();
        let path = PathBuf::from(text_setting(deployment, node, "dir").unwrap()).join(&file);
        std::fs::write(&path, working(&text)).unwrap();
        Host {
            rendered: (format!("{}/{id}/{file}", deployment.service.install_dir), text),
            working: (path.to_string_lossy().into_owned(), path),
        }
    }

    fn copy(&self, host: &str, path: &str) -> Option<Vec<u8>> {
        assert_eq!(host, "a");
        if path == self.rendered.0 {
            return Some(self.rendered.1.clone().into_bytes());
        }
        (path == self.working.0).then(|| std::fs::read(&self.working.1).unwrap())
    }

    fn drift(&self, site: &Site) -> Vec<(String, Class, Option<Standing>)> {
        let copies = |host: &str, path: &str| self.copy(host, path);
        let mut outcome = drift_with(site, &How::default(), Some(&copies));
        settings(&outcome.remove("one/a").unwrap().unwrap())
    }
}

#[test]
fn where_a_difference_stands_is_told() {
    for server in servers() {
        let port = Port::reserve();
        let site = render(&spec(server, port.number()));
        let mut host = Host::of(&site);
        let node = &site.model.deployments[0].nodes[0];
        let running = server.launch().file(&host.working.1).at(site.socket(node)).start();
        assert_eq!(host.drift(&site), [], "{server}, fresh");

        let said = |class, standing| vec![("maxmemory".to_owned(), class, Some(standing))];
        // On the running server only.
        running.command(&["CONFIG", "SET", "maxmemory", "2gb"]);
        assert_eq!(host.drift(&site), said(Class::Changed, Standing::RunningOnly), "{server}");
        // And into the working file.
        running.command(&["CONFIG", "REWRITE"]);
        assert_eq!(host.drift(&site), said(Class::Changed, Standing::Rewritten), "{server}");
        // Back on the running server: its file still has it.
        running.command(&["CONFIG", "SET", "maxmemory", "1gb"]);
        assert_eq!(host.drift(&site), said(Class::AtRestart, Standing::Rewritten), "{server}");
        running.command(&["CONFIG", "REWRITE"]);
        assert_eq!(host.drift(&site), [], "{server}, back");

        // What the spec says was not rolled out.
        let new = host.rendered.1.clone();
        let old = new.replace("maxmemory 1gb", "maxmemory 512mb");
        assert_ne!(new, old);
        host.rendered.1 = old.clone();
        std::fs::write(&host.working.1, working(&old)).unwrap();
        assert_eq!(host.drift(&site), said(Class::AtRestart, Standing::NotRolledOut), "{server}");
        running.command(&["CONFIG", "SET", "maxmemory", "512mb"]);
        assert_eq!(host.drift(&site), said(Class::Changed, Standing::NotRolledOut), "{server}");
        // Rolled out, and not restarted.
        host.rendered.1 = new;
        assert_eq!(host.drift(&site), said(Class::Changed, Standing::Pending), "{server}");
        running.command(&["CONFIG", "SET", "maxmemory", "1gb"]);
        assert_eq!(host.drift(&site), said(Class::Moved, Standing::Pending), "{server}");

        // One of the two was copied.
        running.command(&["CONFIG", "SET", "maxmemory", "1gb"]);
        for path in [&host.rendered.0, &host.working.0] {
            let copies = |host_name: &str, asked: &str| host.copy(host_name, asked).filter(|_| asked == path);
            let outcome = drift_with(&site, &How::default(), Some(&copies)).remove("one/a");
            let said = settings(&outcome.unwrap().unwrap());
            assert!(
                said.contains(&("files".to_owned(), Class::Unreadable, None)),
                "{server}: {path}: {said:?}"
            );
        }
        // Nothing was copied.
        let nothing = |_: &str, _: &str| None;
        let outcome = drift_with(&site, &How::default(), Some(&nothing));
        let said: BTreeMap<String, Vec<_>> =
            outcome.into_iter().map(|(node, list)| (node, settings(&list.unwrap()))).collect();
        assert_eq!(said["one/a"], [("files".to_owned(), Class::Unreadable, None)], "{server}");
    }
}
