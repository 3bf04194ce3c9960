//! A rendered spec in a folder of this machine: every node has a place of its own, on loopback.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cachewright::check::Checked;
use cachewright::emit::{Artifact, EmitOptions, emit};
use cachewright::model::{Assigned, Deployment, Model, Node, SentinelSet, Tls};
use cachewright::value::Value;
use tempfile::TempDir;

use super::Passwords;
use super::texts::{Texts, findings};
use crate::support::launch::Launch;
use crate::support::running::Running;
use crate::support::servers::Server;
use crate::support::tls::Certificates;

/// A checked spec whose folders are on this machine, and its files.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) model: Checked<Model>,
    pub(crate) artifacts: Vec<Artifact>,
    pub(crate) passwords: Option<Passwords>,
    /// What clients show to servers that have no port without TLS.
    certificates: Option<Arc<Certificates>>,
    folder: TempDir,
}

/// Why there is no site.
#[derive(Debug)]
pub(crate) enum NoSite {
    /// `check` found this.
    Findings(String),
    /// Rendering gave up with this.
    Unrendered(String),
}

impl std::fmt::Display for NoSite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NoSite::Findings(text) | NoSite::Unrendered(text) => f.write_str(text),
        }
    }
}

impl Site {
    /// Renders the spec at a path, with a layer on top that gives every node a folder of its own.
    pub(crate) fn render(texts: &Texts, spec: &Path, passwords: Option<Passwords>) -> Result<Self, NoSite> {
        let compiled = texts.compile(spec);
        let draft = compiled.checked().ok_or_else(|| NoSite::Findings(findings(&compiled)))?;
        let folder = TempDir::with_prefix("cachewright-site-").expect("a temporary folder");
        // `dir` is printed without symbolic links.
        let root = folder.path().canonicalize().expect("it is there");
        let top = spec.with_file_name("on-this-machine.toml");
        let layer = layer(&draft, &root, spec);
        let compiled = texts.clone().with(&top, layer).compile(&top);
        let model = compiled.checked().ok_or_else(|| NoSite::Findings(findings(&compiled)))?;
        let options =
            EmitOptions { secrets: passwords.as_ref().map(|source| source as _), ..EmitOptions::default() };
        let artifacts = emit(&model, &options).map_err(|errors| {
            let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
            NoSite::Unrendered(lines.join("\n"))
        })?;
        let site = Site { model, artifacts, passwords, certificates: None, folder };
        site.install();
        Ok(site)
    }

    /// Gives its clients certificates.
    pub(crate) fn with_certificates(mut self, certificates: &Arc<Certificates>) -> Self {
        self.certificates = Some(Arc::clone(certificates));
        self
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().expect("it is there")
    }

    /// Writes every file: configuration under its path, users where their server looks for them.
    fn install(&self) {
        for artifact in &self.artifacts {
            write(&self.root().join("out").join(&artifact.path), &artifact.bytes, artifact.mode);
        }
        for deployment in &self.model.deployments {
            for node in &deployment.nodes {
                std::fs::create_dir_all(text_setting(deployment, node, "dir").unwrap()).unwrap();
                let Some(path) = text_setting(deployment, node, "aclfile") else { continue };
                let users = self.artifact(&deployment.name.value, &node.id.0, "users.acl");
                write(Path::new(&path), &users.bytes, users.mode);
            }
        }
        for set in &self.model.sentinels {
            for node in &set.nodes {
                let dir = node.own.get("dir").or_else(|| set.shared.get("dir"));
                if let Some(Assigned::Value(Value::Text(dir))) = dir.map(|dir| &dir.value) {
                    std::fs::create_dir_all(String::from_utf8(dir.clone()).unwrap()).unwrap();
                }
                if !set.users.is_empty() {
                    let users = self.artifact(&SentinelSet::folder(&set.name), &node.id.0, "users.acl");
                    let path = set.setting(node, "aclfile").map(|setting| setting.value.clone());
                    let Some(Assigned::Value(Value::Text(path))) = path else { panic!("no aclfile") };
                    write(Path::new(&String::from_utf8(path).unwrap()), &users.bytes, users.mode);
                }
            }
        }
    }

    /// The file of a node.
    pub(crate) fn artifact(&self, deployment: &str, node: &str, file: &str) -> &Artifact {
        let path = format!("{deployment}/{node}/{file}");
        self.artifacts.iter().find(|artifact| artifact.path == path).unwrap_or_else(|| panic!("no {path}"))
    }

    /// A start of one node on its own file, the way its host would.
    pub(crate) fn launch<'s>(&self, server: &'s Server, deployment: &Deployment, node: &Node) -> Launch<'s> {
        let file = format!("{}.conf", deployment.target.engine.name());
        let path = self.root().join("out").join(&deployment.name.value).join(&node.id.0).join(file);
        self.secured(server.launch().file(path).at(self.socket(node)), deployment.tls)
    }

    /// A start of one sentinel on its own file.
    pub(crate) fn launch_sentinel<'s>(
        &self,
        server: &'s Server,
        set: &SentinelSet,
        node: &Node,
    ) -> Launch<'s> {
        let folder = format!("sentinels-{}", set.name.value);
        let path = self.root().join("out").join(folder).join(&node.id.0).join("sentinel.conf");
        self.secured(server.launch_sentinel().file(path).at(self.socket(node)), set.tls)
    }

    /// A start whose client speaks TLS where no plain port is open.
    fn secured<'s>(&self, launch: Launch<'s>, tls: Option<Tls>) -> Launch<'s> {
        match &self.certificates {
            Some(certificates) if tls.is_some_and(|tls| !tls.plain_too) => launch.tls(certificates.client()),
            _ => launch,
        }
    }

    /// The address of a node on this machine.
    pub(crate) fn socket(&self, node: &Node) -> SocketAddrV4 {
        let address = &self.model.host(node.host).address.value;
        SocketAddrV4::new(loopback(address), node.port)
    }

    /// Runs a deployment's script. The client logs in as `login`, and shows the site's certificates; its exit code
    /// and what it said.
    pub(crate) fn bootstrap(
        &self,
        server: &Server,
        deployment: &str,
        login: Option<(&str, &str)>,
    ) -> (Option<i32>, String) {
        let script = self.root().join("out").join(deployment).join("bootstrap.sh");
        let mut command = std::process::Command::new("sh");
        command.arg(script).args(["--wait", "60"]).env("CACHE_CLI", server.client.as_ref().unwrap());
        if let Some((user, password)) = login {
            command.args(["--user", user]).env("REDISCLI_AUTH", password);
        }
        if let Some(files) = &self.certificates {
            command.arg("--cacert").arg(files.authority());
            command.arg("--cert").arg(files.cert()).arg("--key").arg(files.key());
        }
        let output = command.output().expect("sh");
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    }
}

/// The address as one of this machine.
pub(crate) fn loopback(address: &str) -> Ipv4Addr {
    if address == "localhost" { Ipv4Addr::LOCALHOST } else { address.parse().expect("an IPv4 address") }
}

/// A text that a node is set to.
pub(crate) fn text_setting(deployment: &Deployment, node: &Node, name: &str) -> Option<String> {
    match &deployment.setting(node, name)?.value {
        Assigned::Value(Value::Text(text)) => Some(String::from_utf8(text.clone()).unwrap()),
        _ => None,
    }
}

/// A login with all rights, where a deployment has users at all.
pub(crate) const ADMIN: &str = "harness";

/// Logs in as the layer's own user, where there are users.
pub(crate) fn log_in<'s>(launch: Launch<'s>, site: &Site, deployment: &Deployment) -> Launch<'s> {
    let user = deployment.users.iter().find(|user| user.name.value == ADMIN);
    match (user.and_then(|user| user.passwords.first()), &site.passwords) {
        (Some(password), Some(passwords)) => launch.login(Some(ADMIN), &passwords.value(&password.value)),
        _ => launch,
    }
}

/// Starts every node of a deployment.
#[track_caller]
pub(crate) fn start_all(site: &Site, server: &Server, deployment: &Deployment) -> Vec<Running> {
    let start = |node| log_in(site.launch(server, deployment, node), site, deployment).start();
    deployment.nodes.iter().map(start).collect()
}

fn write(path: &Path, bytes: &[u8], mode: u32) {
    use std::io::Write as _;

    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut file =
        std::fs::OpenOptions::new().create(true).truncate(true).write(true).mode(mode).open(path).unwrap();
    file.write_all(bytes).unwrap();
}

/// The layer that gives every node a folder.
fn layer(model: &Model, root: &Path, spec: &Path) -> String {
    let below = spec.file_name().unwrap().to_string_lossy();
    let mut text = format!("format = 1\nname = \"{}\"\nextends = [\"{below}\"]\n", model.name);
    let mut node = |table: &str, name: &str, node: &str| {
        let dir = root.join("data").join(name).join(node);
        writeln!(text, "[{table}.\"{name}\".nodes.\"{node}\"]\ndata-dir = \"{}\"", dir.display()).unwrap();
    };
    for deployment in &model.deployments {
        for one in &deployment.nodes {
            node(deployment.target.engine.name(), &deployment.name.value, &one.id.0);
        }
    }
    for set in &model.sentinels {
        for one in &set.nodes {
            node("sentinels", &set.name.value, &one.id.0);
        }
    }
    text
}
