//! A spec in its states, rendered and put on this host.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cachewright::emit::Artifact;

pub(crate) use crate::files::{render, write};
use crate::support::port::Port;
use crate::support::servers::{Engine, Server, Version};
use crate::support::wait;

/// How servers know each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shape {
    /// By ACL users.
    Users,
    /// By one password.
    Password,
}

impl Shape {
    pub(crate) const ALL: [Self; 2] = [Self::Users, Self::Password];
}

/// A state of the spec.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct State {
    /// What each new rendering changes.
    pub(crate) edition: u32,
    pub(crate) changed: bool,
    pub(crate) dropped: bool,
}

impl State {
    /// How many editions there are. No order rolls out three of them without a restart in between, so the next one
    /// is never the one that a server already runs on; and each has to be rendered and started afresh only once.
    const EDITIONS: u32 = 3;

    /// Before anything was changed.
    pub(crate) const FIRST: Self = Self { edition: 0, changed: false, dropped: false };

    pub(crate) fn next_edition(self) -> Self {
        Self { edition: (self.edition + 1) % Self::EDITIONS, ..self }
    }
}

/// The secrets of the spec.
pub(crate) const SECRETS: [&str; 3] = ["ADMIN_PASSWORD", "APP_PASSWORD", "REPLICA_PASSWORD"];

/// Two servers of one deployment, and where their files are.
pub(crate) struct Site {
    pub(crate) server: &'static Server,
    pub(crate) shape: Shape,
    pub(crate) ports: Vec<Port>,
    pub(crate) root: tempfile::TempDir,
    /// The same spec gives the same files; in a debug build they take longer than a server takes to start.
    renderings: BTreeMap<State, Vec<Artifact>>,
}

impl Site {
    pub(crate) fn new(server: &'static Server, shape: Shape) -> Self {
        let root = tempfile::TempDir::with_prefix("cachewright-working-").unwrap();
        Site { server, shape, ports: Port::reserve_row(2, false), root, renderings: BTreeMap::new() }
    }

    /// The name of a node's folder.
    pub(crate) fn node(&self, at: usize) -> String {
        format!("here-{}", self.ports[at].number())
    }

    pub(crate) fn data(&self, at: usize) -> PathBuf {
        self.root.path().join("data").join(self.node(at))
    }

    /// The folder of a node's rendered files.
    pub(crate) fn rendered(&self, at: usize) -> PathBuf {
        self.root.path().join("etc").join(self.node(at))
    }

    pub(crate) fn working_file(&self, at: usize) -> PathBuf {
        self.data(at).join(format!("{}.conf", self.server.engine.name()))
    }

    /// The value of a secret. Servers that spoil quotes when they write their file again get none in what they
    /// write.
    pub(crate) fn secret(&self, name: &str, generation: u32) -> String {
        let spoils = match self.server.engine {
            Engine::Valkey => self.server.version == Version(8, 1, 1),
            _ => self.server.version < Version(6, 2, 0),
        };
        let text = if spoils && name == "REPLICA_PASSWORD" {
            "it-s#a$HOME"
        } else {
            "it's a \"secret\" \\$HOME # é"
        };
        let colon = if spoils { ":" } else { ": " };
        format!("{name}{colon}{text}{generation}")
    }

    fn spec(&self, state: State) -> String {
        let (engine, version) = (self.server.engine.name(), self.server.version);
        let login = match self.shape {
            Shape::Users => "user = \"replica\", ",
            Shape::Password => "",
        };
        let users = match self.shape {
            Shape::Users => format!(
                "[{engine}.fleet.users.admin]\npasswords = [{{ env = \"ADMIN_PASSWORD\" }}]\nrules = \"~* +@all\"\n\
                 [{engine}.fleet.users.app]\npasswords = [{{ env = \"APP_PASSWORD\" }}]\nrules = \"~app:* +@read\"\n"
            ),
            Shape::Password => String::new(),
        };
        let memory = if state.changed { "120mb" } else { "100mb" };
        // Long enough to close no connection of a test that a busy machine holds up.
        let timeout = 600 + state.edition;
        let dropped = if state.dropped { "" } else { "slowlog-max-len = 64\nsave = [\"900 7\"]\n" };
        format!(
            "format = 1\nname = \"test\"\n[hosts]\nhere = {{ address = \"127.0.0.1\" }}\n\
             [{engine}.fleet]\nversion = \"{version}\"\ntopology = \"replicated\"\ninitial-primary = \"here\"\n\
             replicas = [\"here\"]\nport = {}\nsurvives = \"nothing\"\ndata-dir = \"{}\"\n\
             replication = {{ {login}password = {{ env = \"REPLICA_PASSWORD\" }} }}\n\
             [{engine}.fleet.config]\nmaxmemory = \"{memory}\"\ntimeout = {timeout}\nrepl-diskless-sync-delay = 0\n{dropped}{users}",
            self.ports[0].number(),
            self.root.path().join("data").display(),
        )
    }

    /// Puts a rendering on the host.
    pub(crate) fn install(&mut self, state: State) {
        if !self.renderings.contains_key(&state) {
            self.renderings.insert(state, render(&self.spec(state)));
        }
        for artifact in &self.renderings[&state] {
            if let Some(file) = artifact.path.strip_prefix("fleet/") {
                write(&self.root.path().join("etc").join(file), &artifact.bytes, artifact.mode);
            }
        }
    }

    /// Takes everything off the host, as if nothing had ever run there.
    pub(crate) fn clear(&self) {
        for folder in ["data", "etc"].map(|name| self.root.path().join(name)) {
            // A child that a killed server left behind may be writing a snapshot still.
            wait::until("the folder is gone", || {
                let _ = std::fs::remove_dir_all(&folder);
                !folder.exists()
            });
        }
    }

    /// Writes the secrets of a generation into each node's file.
    pub(crate) fn install_secrets(&self, generation: u32) {
        let line = |name: &&str| format!("{name}={}\n", self.secret(name, generation));
        let text: String = SECRETS.iter().map(line).collect();
        for at in 0..2 {
            write(&self.data(at).join("secrets.env"), text.as_bytes(), 0o600);
        }
    }
}
