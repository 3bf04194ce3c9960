//! Single servers: who is let in, by which port, with what certificate.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use cachewright::model::{Deployment, Node};

use super::rendered::Passwords;
use super::rendered::site::Site;
use super::specs::Spec;
use super::support::running::{Running, command};
use super::support::servers::{Server, Version};
use super::support::tls::{Certificates, TlsClient};
use super::{compare_all, servers_with_tls};

/// Clients in the order of what they show: the authority's certificate, none, another authority's.
struct Clients([TlsClient; 3]);

impl Clients {
    /// Who of them is served at a port.
    fn served(&self, running: &Running, port: u16) -> [bool; 3] {
        self.0.each_ref().map(|client| {
            running
                .connect_tls(port, client)
                .and_then(|mut connection| command(&mut connection, &["PING"]))
                .is_ok()
        })
    }
}

#[test]
fn clients_are_let_in_as_declared() {
    let certificates = Arc::new(Certificates::make());
    let stranger = Certificates::make();
    let clients =
        Clients([certificates.client(), certificates.anonymous(), certificates.client_of(&stranger)]);
    for server in servers_with_tls() {
        let mut spec = Spec::new(server, &certificates);
        let port = spec.ports(6);
        let at =
            |number: u16| format!("topology = \"standalone\"\nhosts = [\"a\"]\nport = {}\n", port + number);
        let folder = certificates.authorities();
        spec.deployment("silent", &(at(0) + &spec.tls("")));
        spec.deployment("required", &(at(1) + &spec.tls(", auth-clients = \"required\"")));
        let table =
            spec.tls_without_authority(&format!("auth-clients = \"optional\", ca-cert-dir = {folder:?}"));
        // Redis 6.0 knows yes and no.
        let knows_optional = server.version >= Version(6, 2, 0);
        if knows_optional {
            spec.deployment("optional", &(at(2) + &table));
        } else {
            let mut refused = Spec::new(server, &certificates);
            refused.deployment("optional", &(at(2) + &table));
            let why = refused.refusal();
            assert!(why.contains("`tls-auth-clients` would be `optional`"), "{server}: {why}");
        }
        spec.deployment("none", &(at(3) + &spec.tls_without_authority("auth-clients = \"no\"")));
        spec.deployment("beside", &(at(4) + &spec.tls(&format!(", port = {}", port + 5))));
        let site = spec.render();
        for deployment in &site.model.deployments {
            let running = start(&site, server, deployment);
            let (tls_port, served) = match deployment.name.value.as_str() {
                "beside" => (port + 5, [true, false, false]),
                "optional" => (running.port(), [true, true, false]),
                "none" => (running.port(), [true, true, true]),
                _ => (running.port(), [true, false, false]),
            };
            let name = &deployment.name.value;
            assert_eq!(clients.served(&running, tls_port), served, "{server}, {name}");
            assert_eq!(speaks_plain_text(&running), name == "beside", "{server}, {name}");
        }
        assert_eq!(site.model.deployments.len(), if knows_optional { 5 } else { 4 });
        println!("{server}: {} ways to let clients in", site.model.deployments.len());
    }
}

/// `tls-key-file-pass` came with 6.2.2.
#[test]
fn a_key_has_its_password() {
    let certificates = Arc::new(Certificates::make());
    let key = certificates.protected_key(&Passwords::default().value(&key_password()));
    for server in servers_with_tls() {
        let mut spec = Spec::new(server, &certificates);
        let port = spec.ports(1);
        let (cert, authority) = (certificates.cert(), certificates.authority());
        let table = format!(
            "tls = {{ cert-file = {cert:?}, key-file = {key:?}, key-file-password = {{ env = \"KEY\" }}, \
             ca-cert-file = {authority:?} }}"
        );
        let places = format!("topology = \"standalone\"\nhosts = [\"a\"]\nport = {port}\n");
        spec.deployment("protected", &(places + &table));
        if server.version < Version(6, 2, 2) {
            let why = spec.refusal();
            assert!(why.contains("`tls.key-file-password` needs Redis 6.2.2"), "{server}: {why}");
            println!("{server}: check refuses a key with a password");
            continue;
        }
        let site = spec.render();
        let running = start(&site, server, &site.model.deployments[0]);
        assert!(running.try_command(&["PING"]).is_ok(), "{server}");
        println!("{server}: a key with a password is used");
    }
}

fn key_password() -> cachewright::spec::SecretRef {
    cachewright::spec::SecretRef::Env("KEY".to_owned())
}

/// Starts the one node of a deployment, and compares it with the model.
#[track_caller]
fn start(site: &Site, server: &Server, deployment: &Deployment) -> Running {
    let node: &Node = &deployment.nodes[0];
    let running = [site.launch(server, deployment, node).start()];
    compare_all(site, deployment, &running);
    let [running] = running;
    running
}

/// Whether its port answers without TLS.
fn speaks_plain_text(running: &Running) -> bool {
    let mut stream = TcpStream::connect(running.socket()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(b"PING\r\n").unwrap();
    let mut answer = [0; 64];
    stream.read(&mut answer).is_ok_and(|length| answer[..length].starts_with(b"+PONG"))
}
