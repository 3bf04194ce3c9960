//! The specs that are started.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use super::rendered::Passwords;
use super::rendered::site::{ADMIN, NoSite, Site};
use super::rendered::texts::Texts;
use super::support::port::Port;
use super::support::servers::{Server, Version};
use super::support::tls::Certificates;

/// A spec for one server, and the ports that it names.
pub(crate) struct Spec<'s> {
    server: &'s Server,
    certificates: Arc<Certificates>,
    text: String,
    ports: Vec<Port>,
}

impl<'s> Spec<'s> {
    /// A spec of three hosts on this machine.
    pub(crate) fn new(server: &'s Server, certificates: &Arc<Certificates>) -> Self {
        let text = "format = 1\nname = \"tls\"\n[hosts]\na = { address = \"127.0.0.1\" }\nb = { address = \"127.0.0.2\" }\n\
                    c = { address = \"127.0.0.3\" }\n";
        Self { server, certificates: Arc::clone(certificates), text: text.to_owned(), ports: Vec::new() }
    }

    /// As many neighbouring ports, which have their bus ports; the first.
    pub(crate) fn ports(&mut self, count: usize) -> u16 {
        let row = Port::reserve_row(count, true);
        let first = row[0].number();
        self.ports.extend(row);
        first
    }

    /// Adds a deployment; `keys` are lines of its own table.
    pub(crate) fn deployment(&mut self, name: &str, keys: &str) {
        let engine = self.server.engine.name();
        let version = self.version();
        writeln!(
            self.text,
            "[{engine}.{name}]\nversion = \"{version}\"\nbuild = {{ tls = true, defrag = false }}\n{keys}"
        )
        .unwrap();
        writeln!(
            self.text,
            "[{engine}.{name}.config]\nsave = []\nrepl-diskless-sync-delay = 0\nmaxmemory = \"64mb\"\n\
             maxmemory-policy = \"noeviction\""
        )
        .unwrap();
    }

    /// Gives a deployment users: the harness's, and one that replicas log in as.
    pub(crate) fn users(&mut self, name: &str) {
        let engine = self.server.engine.name();
        writeln!(
            self.text,
            "[{engine}.{name}.replication]\nuser = \"replica\"\npassword = {{ env = \"REPLICA\" }}\n\
             [{engine}.{name}.users.{ADMIN}]\npasswords = [{{ env = \"ADMIN\" }}]\nrules = \"~* +@all\""
        )
        .unwrap();
    }

    /// Adds the sentinels `main`.
    pub(crate) fn sentinels(&mut self, tls: &str) {
        let (engine, version, port) = (self.server.engine.name(), self.version(), self.ports(1));
        writeln!(
            self.text,
            "[sentinels.main]\nengine = \"{engine}\"\nversion = \"{version}\"\nhosts = [\"a\", \"b\", \"c\"]\nport = {port}\n\
             {tls}\nauth = {{ user = \"sentinel\", password = {{ env = \"SENTINEL\" }} }}"
        )
        .unwrap();
    }

    /// A TLS table with the certificate and its authority.
    pub(crate) fn tls(&self, more: &str) -> String {
        let authority = self.certificates.authority();
        self.tls_without_authority(&format!("ca-cert-file = {authority:?}{more}"))
    }

    /// A TLS table with the certificate.
    pub(crate) fn tls_without_authority(&self, more: &str) -> String {
        let (cert, key) = (self.certificates.cert(), self.certificates.key());
        format!("tls = {{ cert-file = {cert:?}, key-file = {key:?}, {more} }}")
    }

    /// Checks and renders it, and puts every file where its server looks for it.
    fn try_render(&self) -> Result<Site, NoSite> {
        let path = Path::new("tls.toml");
        let texts = Texts::default().with(path, self.text.clone());
        let site = Site::render(&texts, path, Some(Passwords::default()))?;
        Ok(site.with_certificates(&self.certificates))
    }

    /// The same, where nothing is to be said of it.
    #[track_caller]
    pub(crate) fn render(&self) -> Site {
        self.try_render().unwrap_or_else(|why| panic!("{}: {why}\n{}", self.server, self.text))
    }

    /// Why there is nothing to render.
    #[track_caller]
    pub(crate) fn refusal(&self) -> String {
        match self.try_render() {
            Ok(_) => panic!("{}: nothing was found\n{}", self.server, self.text),
            Err(why) => why.to_string(),
        }
    }

    /// The version as a spec declares it.
    fn version(&self) -> String {
        let Version(major, minor, _) = self.server.version;
        format!("{major}.{minor}")
    }
}
