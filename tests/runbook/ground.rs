//! Three hosts on this machine: a spec is rolled out to them as docs/rollout.md says, and its servers are started
//! through their start.sh.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::files::{render, write};
use crate::support::port::Port;
use crate::support::running::Running;
use crate::support::servers::Server;
use crate::support::tls::TlsClient;

/// The hosts, in this order at 127.0.0.1 and the addresses behind it.
pub(crate) const HOSTS: [&str; 3] = ["a", "b", "c"];

/// The folder of the deployment's files.
pub(crate) const SERVERS: &str = "cache";
/// The folder of the sentinels' files.
pub(crate) const SENTINELS: &str = "sentinels-main";

/// Whom the test is to servers.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    pub(crate) user: Option<&'static str>,
    pub(crate) password: String,
}

/// Three hosts, and what runs on them.
pub(crate) struct Ground {
    pub(crate) server: &'static Server,
    root: TempDir,
    /// The servers' port, the sentinels', and one more for TLS beside a plain one.
    ports: [Port; 3],
    /// Whom the test is to servers that are started from now on; sentinels ask nobody.
    pub(crate) login: Option<Login>,
    /// How the test speaks to what is started from now on.
    pub(crate) tls: Option<TlsClient>,
    running: BTreeMap<(&'static str, &'static str), Running>,
}

impl Ground {
    pub(crate) fn new(server: &'static Server) -> Self {
        let root = TempDir::with_prefix("cachewright-runbook-").unwrap();
        let ports = [Port::reserve(), Port::reserve(), Port::reserve()];
        Ground { server, root, ports, login: None, tls: None, running: BTreeMap::new() }
    }

    /// The port of the servers.
    pub(crate) fn port(&self) -> u16 {
        self.ports[0].number()
    }

    /// The port for TLS beside the plain one.
    pub(crate) fn tls_port(&self) -> u16 {
        self.ports[2].number()
    }

    pub(crate) fn address(host: &str) -> Ipv4Addr {
        let at = HOSTS.iter().position(|known| *known == host).unwrap();
        Ipv4Addr::new(127, 0, 0, u8::try_from(at + 1).unwrap())
    }

    /// A folder of data.
    pub(crate) fn data(&self, folder: &str, host: &str) -> PathBuf {
        self.root.path().join("data").join(folder).join(host)
    }

    /// The file that holds everybody's secrets.
    fn secrets(&self) -> PathBuf {
        self.root.path().join("secrets.env")
    }

    /// Puts these secrets on the hosts, and no others.
    pub(crate) fn give_secrets(&self, secrets: &[(&str, &str)]) {
        let mut text = String::new();
        for (name, value) in secrets {
            writeln!(text, "{name}={value}").unwrap();
        }
        write(&self.secrets(), text.as_bytes(), 0o600);
    }

    /// Puts the files of a spec on the hosts. `ENGINE`, `VERSION`, `PORT` and so on stand for this server's.
    #[track_caller]
    pub(crate) fn roll_out(&self, spec: &str) {
        let engine = self.server.engine.name();
        let mut text = "format = 1\nname = \"test\"\n[hosts]\n".to_owned();
        for host in HOSTS {
            writeln!(text, "{host} = {{ address = \"{}\" }}", Self::address(host)).unwrap();
        }
        text.push_str(spec);
        // Each node that a table names has a folder of its own.
        for (table, folder) in [("ENGINE.cache", SERVERS), ("sentinels.main", SENTINELS)] {
            let Some((_, keys)) = spec.split_once(&format!("[{table}]\n")) else { continue };
            let keys = keys.split("\n[").next().unwrap();
            for host in HOSTS.into_iter().filter(|host| keys.contains(&format!("{host:?}"))) {
                let data = self.data(folder, host).display().to_string();
                writeln!(text, "[{table}.nodes.{host}]\ndata-dir = {data:?}").unwrap();
            }
        }
        let version = self.server.version;
        let words = [
            ("ENGINE", engine.to_owned()),
            ("VERSION", format!("{}.{}", version.0, version.1)),
            ("SENTINEL_PORT", self.ports[1].number().to_string()),
            ("TLS_PORT", self.tls_port().to_string()),
            ("PORT", self.port().to_string()),
        ];
        let text = words.iter().fold(text, |text, (word, value)| text.replace(word, value));
        let _ = std::fs::remove_dir_all(self.root.path().join("etc"));
        for artifact in render(&text) {
            write(&self.rendered().join(&artifact.path), &artifact.bytes, artifact.mode);
        }
    }

    /// Where rendered files are installed.
    pub(crate) fn rendered(&self) -> PathBuf {
        self.root.path().join("etc")
    }

    /// Starts what each of these hosts runs.
    #[track_caller]
    pub(crate) fn start_all(&mut self, folder: &'static str, hosts: &[&'static str]) {
        for host in hosts {
            self.start(folder, host);
        }
    }

    /// Starts what a host runs; first it is stopped, where it runs.
    #[track_caller]
    pub(crate) fn start(&mut self, folder: &'static str, host: &'static str) {
        self.stop(folder, host);
        let started = self.try_start(folder, host, &[]);
        started.unwrap_or_else(|why| panic!("{}: {folder}/{host} does not start: {why}", self.server));
    }

    /// The same, with more variables in the environment; what was printed, where it does not start.
    pub(crate) fn try_start(
        &mut self,
        folder: &'static str,
        host: &'static str,
        environment: &[(&str, &str)],
    ) -> Result<(), String> {
        let (launch, port) = match folder {
            SENTINELS => (self.server.launch_sentinel(), self.ports[1].number()),
            _ => (self.server.launch(), self.port()),
        };
        let script = self.rendered().join(folder).join(host).join("start.sh");
        let mut launch = launch.through(script).at(SocketAddrV4::new(Self::address(host), port));
        launch = launch.env("CACHEWRIGHT_SECRETS", &self.secrets().display().to_string());
        launch = environment.iter().fold(launch, |launch, (name, value)| launch.env(name, value));
        if let Some(login) = self.login.as_ref().filter(|_| folder == SERVERS) {
            launch = launch.login(login.user, &login.password);
        }
        if let Some(client) = &self.tls {
            launch = launch.tls(client.clone());
        }
        let running = launch.try_start().map_err(|refusal| refusal.output)?;
        self.running.insert((folder, host), running);
        Ok(())
    }

    /// Stops what a host runs, in an orderly way.
    pub(crate) fn stop(&mut self, folder: &'static str, host: &'static str) {
        if let Some(running) = self.running.remove(&(folder, host)) {
            let _ = running.stop();
        }
    }

    /// Stops what every host runs of a folder.
    pub(crate) fn stop_all(&mut self, folder: &'static str) {
        for host in HOSTS {
            self.stop(folder, host);
        }
    }

    /// Ends what a host runs as a power failure would.
    pub(crate) fn crash(&mut self, folder: &'static str, host: &'static str) {
        drop(self.running.remove(&(folder, host)));
    }

    /// What a host runs.
    #[track_caller]
    pub(crate) fn on(&self, folder: &'static str, host: &'static str) -> &Running {
        &self.running[&(folder, host)]
    }

    /// All servers that run, by their hosts.
    pub(crate) fn servers(&self) -> impl Iterator<Item = (&'static str, &Running)> {
        self.all(SERVERS)
    }

    /// All that runs of one folder, by its host.
    pub(crate) fn all(&self, folder: &'static str) -> impl Iterator<Item = (&'static str, &Running)> {
        self.running.iter().filter(move |((of, _), _)| *of == folder).map(|((_, host), one)| (*host, one))
    }

    /// Runs the deployment's script as this user; what it said. It has to end well.
    #[track_caller]
    pub(crate) fn bootstrap(&self, user: &str, password: &str) -> String {
        let mut command = Command::new("sh");
        command.arg(self.rendered().join(SERVERS).join("bootstrap.sh")).args(["--user", user]);
        command.env("REDISCLI_AUTH", password).env("CACHE_CLI", self.server.client.as_ref().unwrap());
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert_eq!(output.status.code(), Some(0), "{}: {said}", self.server);
        said
    }
}
