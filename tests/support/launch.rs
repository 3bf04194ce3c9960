//! How a server is started: from lines, or from a file as it is.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::port::Port;
use super::refusal::Refusal;
use super::running::{self, Login, Running};
use super::servers::Server;
use super::tls::TlsClient;
use super::{wait, watchdog};

/// What a server is started as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Server,
    Sentinel,
    Memcached,
}

/// Where the configuration comes from.
#[derive(Debug)]
enum Config {
    /// These lines, after the harness's own for port, address and folder.
    Lines(Vec<String>),
    /// A file that is used, and may be rewritten, as it is. It names its own port and folder.
    File(PathBuf),
    /// Only the arguments; they name the port.
    Arguments,
}

/// When a server counts as started.
#[derive(Clone, Debug)]
pub(super) enum Ready {
    /// It answers PING there: PONG, or a demand for a login.
    Pings(SocketAddr),
    /// It answers PING there, over TLS.
    PingsOverTls(SocketAddr, TlsClient),
    /// It answers memcached's `version` there.
    SaysVersion(SocketAddr),
    /// Its output holds this text: for servers without a plain TCP port.
    Prints(String),
}

impl Ready {
    fn is_met(&self, log: &Path) -> bool {
        match self {
            Self::Pings(address) => ask(*address, "PING\r\n").is_some_and(|a| answers_ping(&a)),
            Self::PingsOverTls(address, client) => pings_over_tls(*address, client),
            Self::SaysVersion(address) => {
                ask(*address, "version\r\n").is_some_and(|a| a.starts_with("VERSION "))
            }
            Self::Prints(text) => read(log).contains(text),
        }
    }
}

/// A start that is being prepared. The folder it gets is private and goes with the server.
#[derive(Debug)]
pub(crate) struct Launch<'a> {
    server: &'a Server,
    role: Role,
    config: Config,
    arguments: Vec<String>,
    elsewhere: Option<SocketAddrV4>,
    port: Port,
    login: Option<Login>,
    tls: Option<TlsClient>,
    printed: Option<String>,
    limit: Duration,
    script: Option<PathBuf>,
    environment: Vec<(String, String)>,
    folder: TempDir,
}

impl Server {
    /// A start as an ordinary server.
    pub(crate) fn launch(&self) -> Launch<'_> {
        Launch::new(self, if self.engine.is_redis_like() { Role::Server } else { Role::Memcached })
    }

    /// A start as a sentinel.
    pub(crate) fn launch_sentinel(&self) -> Launch<'_> {
        assert!(self.engine.is_redis_like(), "{self} has no sentinel mode");
        Launch::new(self, Role::Sentinel)
    }
}

impl<'a> Launch<'a> {
    fn new(server: &'a Server, role: Role) -> Self {
        Self {
            server,
            role,
            config: Config::Lines(Vec::new()),
            arguments: Vec::new(),
            elsewhere: None,
            port: Port::reserve(),
            login: None,
            tls: None,
            printed: None,
            limit: wait::LIMIT,
            script: None,
            environment: Vec::new(),
            folder: TempDir::with_prefix("cachewright-").expect("a temporary folder"),
        }
    }

    /// Adds a line of configuration. Port, `bind 127.0.0.1`, `dir` and `save ""` stand before it, so it may
    /// replace them.
    pub(crate) fn line(mut self, line: impl Into<String>) -> Self {
        match &mut self.config {
            Config::Lines(lines) => lines.push(line.into()),
            Config::File(path) => {
                panic!("{} is used as it is, no line can be added", path.display())
            }
            Config::Arguments => panic!("there is no file that a line could be added to"),
        }
        self
    }

    /// Adds several lines.
    pub(crate) fn lines<L: Into<String>>(self, lines: impl IntoIterator<Item = L>) -> Self {
        lines.into_iter().fold(self, Self::line)
    }

    /// Starts from this file as it is; nothing is added. It must listen on [`Launch::number`] (or on the port
    /// given with [`Launch::port`]) of 127.0.0.1.
    pub(crate) fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.config = Config::File(path.into());
        self
    }

    /// Starts with these arguments and none of the harness's own, but for the user that memcached needs as root.
    pub(crate) fn only_args(mut self, arguments: impl IntoIterator<Item = String>) -> Self {
        self.config = Config::Arguments;
        self.arguments.extend(arguments);
        self
    }

    /// Listens there instead of on 127.0.0.1 and a port of its own; its file says so. The test holds the port.
    pub(crate) fn at(mut self, socket: SocketAddrV4) -> Self {
        assert!(socket.ip().is_loopback(), "{socket} is not this machine");
        self.elsewhere = Some(socket);
        self
    }

    /// Adds an argument to the command line.
    pub(crate) fn arg(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Uses a port that the test has reserved itself, because it had to write it somewhere first.
    pub(crate) fn port(mut self, port: Port) -> Self {
        self.port = port;
        self
    }

    /// Starts it through a script that gets the program and its arguments, and itself knows the file and the mode.
    pub(crate) fn through(mut self, script: impl Into<PathBuf>) -> Self {
        self.config = Config::Arguments;
        self.script = Some(script.into());
        self
    }

    /// Sets a variable of its environment.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// How the test logs in.
    pub(crate) fn login(mut self, user: Option<&str>, password: &str) -> Self {
        self.login = Some(Login { user: user.map(str::to_owned), password: password.to_owned() });
        self
    }

    /// The port speaks TLS; the test is this client.
    pub(crate) fn tls(mut self, client: TlsClient) -> Self {
        self.tls = Some(client);
        self
    }

    /// Counts as started when this text is in the output, instead of when the port answers.
    pub(crate) fn ready_when_it_prints(mut self, text: impl Into<String>) -> Self {
        self.printed = Some(text.into());
        self
    }

    /// Gives up after this time instead of [`wait::LIMIT`].
    pub(crate) fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// The port that it will listen on.
    pub(crate) fn number(&self) -> u16 {
        self.socket().port()
    }

    fn socket(&self) -> SocketAddr {
        match self.elsewhere {
            Some(socket) => socket.into(),
            None => SocketAddr::from((Ipv4Addr::LOCALHOST, self.port.number())),
        }
    }

    /// The server's private folder, for certificates, ACL files and the like.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file, mode 0600, into the server's folder and returns its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        write_private(&path, text);
        path
    }

    /// Starts it; panics with its output if it does not come up.
    #[track_caller]
    pub(crate) fn start(self) -> Running {
        let server = self.server;
        self.try_start().unwrap_or_else(|refusal| {
            panic!("{server} did not start: {}\n{}", refusal.reason(), refusal.output)
        })
    }

    /// Starts it, or says why the server would not.
    pub(crate) fn try_start(self) -> Result<Running, Box<Refusal>> {
        let config = self.config_file();
        let mut command = match &self.script {
            // Not run by itself: as long as any process that was just forked still has it open for writing, the
            // system refuses to.
            Some(script) => {
                let mut command = Command::new("sh");
                command.arg(script).arg(&self.server.program).args(&self.arguments);
                command
            }
            None => {
                let mut command = Command::new(&self.server.program);
                command.args(self.command_line(config.as_deref()));
                command
            }
        };
        command.current_dir(self.folder.path());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let log = self.folder.path().join("output.log");
        let (ready, socket) = (self.ready(), self.socket());
        let (child, status) = spawn_and_wait(&mut command, &log, self.limit, &ready)?;
        if let Some(status) = status {
            return Err(Box::new(Refusal::new(Some(status), read(&log))));
        }
        Ok(Running {
            server: self.server.clone(),
            child,
            command,
            config,
            ready,
            log,
            socket,
            port: self.port,
            login: self.login,
            tls: self.tls,
            folder: self.folder,
        })
    }

    /// The file it starts from; memcached has none.
    fn config_file(&self) -> Option<PathBuf> {
        match &self.config {
            Config::File(path) => Some(path.clone()),
            Config::Arguments => None,
            Config::Lines(_) if self.role == Role::Memcached => None,
            Config::Lines(lines) => {
                let dir = self.folder.path().display();
                let mut text = format!("port {}\nbind 127.0.0.1\ndir {dir}\n", self.port.number());
                if self.role == Role::Server {
                    text.push_str("save \"\"\n");
                }
                for line in lines {
                    text.push_str(line);
                    text.push('\n');
                }
                Some(self.write("server.conf", &text))
            }
        }
    }

    fn command_line(&self, config: Option<&Path>) -> Vec<String> {
        let mut line: Vec<String> = config.iter().map(|path| path.display().to_string()).collect();
        match self.role {
            Role::Server => {}
            Role::Sentinel => line.push("--sentinel".to_owned()),
            Role::Memcached => {
                if !matches!(self.config, Config::Arguments) {
                    line.extend(["-l", "127.0.0.1", "-U", "0", "-p"].map(str::to_owned));
                    line.push(self.port.number().to_string());
                }
                // It refuses to run as root unless told to (memcached.c).
                if super::user_id() == 0 {
                    line.extend(["-u", "root"].map(str::to_owned));
                }
            }
        }
        line.extend(self.arguments.iter().cloned());
        line
    }

    fn ready(&self) -> Ready {
        match (&self.printed, self.role, &self.tls) {
            (Some(text), ..) => Ready::Prints(text.clone()),
            (None, Role::Memcached, _) => Ready::SaysVersion(self.socket()),
            (None, _, Some(client)) => Ready::PingsOverTls(self.socket(), client.clone()),
            (None, _, None) => Ready::Pings(self.socket()),
        }
    }
}

/// Whether a server that says this to PING is up. An error means that it is, too (it wants a login, or has lost
/// its master), except while it reads its data.
fn answers_ping(answer: &str) -> bool {
    answer.starts_with("+PONG") || (answer.starts_with('-') && !answer.starts_with("-LOADING"))
}

/// The same over TLS.
fn pings_over_tls(address: SocketAddr, client: &TlsClient) -> bool {
    let answer = running::connect(address, None, Some(client))
        .and_then(|mut connection| running::command(&mut connection, &["PING"]));
    match answer {
        Ok(_) => true,
        // What the server itself says; a refused connection has no code.
        Err(error) => error.code().is_some_and(|code| code != "LOADING"),
    }
}

/// Starts a process with its output in `log` and waits until it is ready, has ended (then with its status), or
/// the limit has passed (then it is killed).
pub(super) fn spawn_and_wait(
    command: &mut Command,
    log: &Path,
    limit: Duration,
    ready: &Ready,
) -> Result<(Child, Option<std::process::ExitStatus>), Box<Refusal>> {
    let output = File::create(log).expect("the log file");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(output.try_clone().expect("a second handle"))
        .stderr(output)
        .spawn()
        .unwrap_or_else(|e| panic!("{command:?}: {e}"));
    watchdog::watch(child.id());
    let outcome = wait::try_until(limit, || {
        let status = child.try_wait().expect("the state of a child");
        (status.is_some() || ready.is_met(log)).then_some(status)
    });
    if matches!(outcome, Some(None)) {
        return Ok((child, None));
    }
    // It has ended, or has to: this reaps it, and its pid is free from then on.
    let pid = child.id();
    let _ = child.kill();
    let _ = child.wait();
    watchdog::forget(pid);
    match outcome {
        Some(status) => Ok((child, status)),
        None => Err(Box::new(Refusal::new(None, read(log)))),
    }
}

/// One line to a loopback address, and what comes back at once.
fn ask(address: SocketAddr, line: &str) -> Option<String> {
    let patience = Duration::from_millis(500);
    let mut stream = TcpStream::connect_timeout(&address, patience).ok()?;
    stream.set_read_timeout(Some(patience)).ok()?;
    stream.write_all(line.as_bytes()).ok()?;
    let mut answer = [0; 256];
    let length = stream.read(&mut answer).ok()?;
    Some(String::from_utf8_lossy(&answer[..length]).into_owned())
}

pub(super) fn read(path: &Path) -> String {
    std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

fn write_private(path: &Path, text: &str) {
    File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
}
