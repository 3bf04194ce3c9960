//! A server that runs, and dies with its handle.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};

use redis::{ConnectionAddr, IntoConnectionInfo, RedisConnectionInfo, RedisResult, Value};
use tempfile::TempDir;

use super::launch::{Ready, read, spawn_and_wait};
use super::port::Port;
use super::servers::Server;
use super::tls::TlsClient;
use super::{wait, watchdog};

/// How the harness logs in.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    /// `None` for the plain password of the default user.
    pub(crate) user: Option<String>,
    pub(crate) password: String,
}

/// A server that was started and answered. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    pub(super) server: Server,
    pub(super) child: Child,
    pub(super) command: Command,
    pub(super) config: Option<PathBuf>,
    pub(super) ready: Ready,
    pub(super) log: PathBuf,
    pub(super) socket: SocketAddr,
    pub(super) port: Port,
    pub(super) login: Option<Login>,
    pub(super) tls: Option<TlsClient>,
    pub(super) folder: TempDir,
}

impl Running {
    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn port(&self) -> u16 {
        self.socket.port()
    }

    pub(crate) fn socket(&self) -> SocketAddr {
        self.socket
    }

    /// The folder it was started in.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The file it was started from, as it now is: servers rewrite theirs.
    pub(crate) fn config_text(&self) -> String {
        self.config.as_deref().map(read).unwrap_or_default()
    }

    /// All that it has printed so far.
    pub(crate) fn log(&self) -> String {
        read(&self.log)
    }

    /// Changes how later commands log in.
    pub(crate) fn set_login(&mut self, user: Option<&str>, password: &str) {
        self.login = Some(Login { user: user.map(str::to_owned), password: password.to_owned() });
    }

    /// A connection of its own, logged in.
    pub(crate) fn connect(&self) -> RedisResult<redis::Connection> {
        connect(self.socket, self.login.as_ref(), self.tls.as_ref())
    }

    /// A connection over TLS to another port of it, or as another client, logged in.
    pub(crate) fn connect_tls(&self, port: u16, client: &TlsClient) -> RedisResult<redis::Connection> {
        connect(SocketAddr::new(self.socket.ip(), port), self.login.as_ref(), Some(client))
    }

    /// Asks something on a new connection; panics with the server's words if it is refused.
    #[track_caller]
    pub(crate) fn command(&self, arguments: &[&str]) -> Value {
        self.try_command(arguments).unwrap_or_else(|e| panic!("{} refuses {arguments:?}: {e}", self.server))
    }

    /// Asks something on a new connection.
    pub(crate) fn try_command(&self, arguments: &[&str]) -> RedisResult<Value> {
        command(&mut self.connect()?, arguments)
    }

    /// Asks something whose answer is one text (INFO, ROLE's name aside, CLUSTER INFO …).
    #[track_caller]
    pub(crate) fn text(&self, arguments: &[&str]) -> String {
        redis::from_redis_value(self.command(arguments)).unwrap_or_else(|e| panic!("{arguments:?}: {e}"))
    }

    /// One field of INFO; `None` if it has none of that name.
    pub(crate) fn info(&self, field: &str) -> Option<String> {
        self.text(&["INFO"])
            .lines()
            .find_map(|line| line.strip_prefix(field)?.strip_prefix(':').map(|v| v.trim().to_owned()))
    }

    /// CONFIG GET *.
    #[track_caller]
    pub(crate) fn config_get_all(&self) -> BTreeMap<String, String> {
        config_get_all(&mut self.connect().expect("a connection")).expect("CONFIG GET *")
    }

    /// Asks a memcached and returns the lines of its answer, up to and without END, or the one line that is not
    /// followed by others.
    #[track_caller]
    pub(crate) fn memcached(&self, line: &str) -> Vec<String> {
        let stream = TcpStream::connect(self.socket).expect("a connection");
        stream.set_read_timeout(Some(wait::LIMIT)).expect("a time limit");
        (&stream).write_all(format!("{line}\r\n").as_bytes()).expect("a request");
        let mut answer = Vec::new();
        for received in BufReader::new(&stream).lines() {
            let received = received.expect("an answer");
            if received == "END" {
                break;
            }
            let is_one_of_many = received.starts_with("STAT ") || received.starts_with("VALUE ");
            answer.push(received);
            if !is_one_of_many && !answer[0].starts_with("VALUE ") {
                break;
            }
        }
        answer
    }

    /// Sends a signal by name: TERM, STOP, CONT …
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("sh")
            .args(["-c", "kill -s \"$1\" \"$2\"", "sh", name, &self.pid().to_string()])
            .status()
            .expect("a shell");
        assert!(sent.success(), "signal {name} to {}", self.pid());
    }

    /// Ends it in an orderly way, waits until it is gone, and returns how it ended and all that it printed.
    #[track_caller]
    pub(crate) fn stop(mut self) -> (ExitStatus, String) {
        let status = self.terminate();
        (status, self.log())
    }

    /// Stops it and starts it again on its own file, port and folder.
    #[track_caller]
    pub(crate) fn restart(&mut self) {
        self.terminate();
        let (child, ended) = spawn_and_wait(&mut self.command, &self.log, wait::LIMIT, &self.ready)
            .unwrap_or_else(|r| panic!("{} did not come back: {}", self.server, r.output));
        self.child = child;
        assert!(ended.is_none(), "{} did not come back: {}", self.server, self.log());
    }

    /// Ends it at once, as a power failure would, and waits until its port is free: a child that it had just
    /// forked to save its data may hold that for a moment longer.
    #[track_caller]
    pub(crate) fn crash(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        watchdog::forget(self.child.id());
        wait::until("the port is free", || std::net::TcpListener::bind(self.socket).is_ok());
    }

    /// Starts it again after it has ended.
    pub(crate) fn start_again(&mut self) -> Result<(), String> {
        match spawn_and_wait(&mut self.command, &self.log, wait::LIMIT, &self.ready) {
            Ok((child, None)) => {
                self.child = child;
                Ok(())
            }
            Ok((_, Some(status))) => Err(format!("{status}: {}", self.log())),
            Err(refusal) => Err(refusal.output),
        }
    }

    /// Sends TERM and waits for the end.
    #[track_caller]
    fn terminate(&mut self) -> ExitStatus {
        self.signal("TERM");
        let child = &mut self.child;
        let status = wait::try_until(wait::LIMIT, || child.try_wait().expect("the state of a child"))
            .unwrap_or_else(|| panic!("{} ignores TERM", self.server));
        watchdog::forget(self.child.id());
        status
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let pid = self.child.id();
        // Until it is waited for, the pid cannot go to another process; afterwards `kill` does nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
        watchdog::forget(pid);
        if std::thread::panicking() {
            let log = self.log();
            let skipped = log.lines().count().saturating_sub(20);
            eprintln!("---- last lines of {} on port {} ----", self.server, self.port());
            log.lines().skip(skipped).for_each(|line| eprintln!("{line}"));
        }
    }
}

/// A connection, logged in.
pub(super) fn connect(
    socket: SocketAddr,
    login: Option<&Login>,
    tls: Option<&TlsClient>,
) -> RedisResult<redis::Connection> {
    let mut settings = RedisConnectionInfo::default();
    if let Some(login) = login {
        settings = settings.set_password(&login.password);
        if let Some(user) = &login.user {
            settings = settings.set_username(user);
        }
    }
    let (host, port) = (socket.ip().to_string(), socket.port());
    let client = match tls {
        None => redis::Client::open(
            ConnectionAddr::Tcp(host, port).into_connection_info()?.set_redis_settings(settings),
        )?,
        Some(tls) => {
            let address = ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None };
            let info = address.into_connection_info()?.set_redis_settings(settings);
            redis::Client::build_with_tls(info, tls.certificates.clone())?
        }
    };
    let connection = client.get_connection_with_timeout(wait::LIMIT)?;
    connection.set_read_timeout(Some(wait::LIMIT))?;
    connection.set_write_timeout(Some(wait::LIMIT))?;
    Ok(connection)
}

/// Asks something.
pub(crate) fn command(connection: &mut redis::Connection, arguments: &[&str]) -> RedisResult<Value> {
    let mut command = redis::Cmd::new();
    for argument in arguments {
        command.arg(argument);
    }
    command.query(connection)
}

/// CONFIG GET *, sorted by name.
pub(crate) fn config_get_all(connection: &mut redis::Connection) -> RedisResult<BTreeMap<String, String>> {
    redis::cmd("CONFIG").arg("GET").arg("*").query(connection)
}
