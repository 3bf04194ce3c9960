//! `cachewright drift` of 64 real servers beside a floor: one process that asks the same servers the same questions over
//! raw sockets and throws the answers away. On loopback, and with a round trip of 20 ms put between. Interleaved, median
//! of nine. docs/performance.md has the numbers.
//!
//!     cargo bench --bench drift                      # redis-server of the PATH
//!     SERVER=/path/to/redis-server VERSION=7.0 cargo bench --bench drift

// A bench prints, and gives up where something is wrong.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use cachewright::catalog::{Build, Engine, Target};
use cachewright::live::Question;
use cachewright::model::hidden;

/// How many servers are asked.
const SERVERS: u16 = 64;
/// How often each is run; the median counts.
const ROUNDS: usize = 9;
/// What one way between client and server takes, where there is a delay: half of a round trip.
const ONE_WAY: Duration = Duration::from_millis(10);
fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    match args.first().map(String::as_str) {
        // cargo test builds benches and runs them with this.
        Some("--test") => {}
        Some("--floor") => floor(&args[1..]),
        _ => all(),
    }
}

fn all() {
    let server = std::env::var("SERVER").unwrap_or_else(|_| "redis-server".to_owned());
    let version = std::env::var("VERSION").unwrap_or_else(|_| "7.0".to_owned());
    let folder = tempfile::Builder::new().prefix("cachewright-bench-").tempdir().unwrap();
    let first = free_row();
    let spec = folder.path().join("fleet.toml");
    fs::write(&spec, text(first, &version, folder.path())).unwrap();
    let _fleet = start(&server, &spec, folder.path());
    wait(first);
    println!("{:<10} {:>8} {:>8} {:>6} {:>12}", "between", "floor", "drift", "ratio", "CPU a node");
    report("loopback", &version, first, &[], &spec);
    let (near, via) = delay(first);
    report("20 ms", &version, near, &via, &spec);
    println!("\nTimes in ms of {SERVERS} servers, median of {ROUNDS}; CPU of the whole process in ms.");
}

/// A row of free ports below those that the system gives out by itself.
fn free_row() -> u16 {
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    (20_000..30_000).step_by(100).find(|first| (*first..first + SERVERS).all(|port| is_free(&port))).unwrap()
}

fn text(first: u16, version: &str, folder: &Path) -> String {
    let hosts = vec!["\"a\""; usize::from(SERVERS)].join(", ");
    format!(
        "format = 1\nname = \"bench\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n\
         [redis.fleet]\nversion = \"{version}\"\ntopology = \"standalone\"\nhosts = [{hosts}]\nport = {first}\n\
         build = {{ tls = false, defrag = false, systemd = false }}\ndata-dir = \"{}\"\n\
         [redis.fleet.config]\nmaxmemory = \"64mb\"\nmaxclients = 100\n",
        folder.join("data").display()
    )
}

/// Servers that end with the bench.
struct Fleet(Vec<Child>);

impl Drop for Fleet {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Renders the spec and starts every server on its file.
fn start(server: &str, spec: &Path, folder: &Path) -> Fleet {
    let out = folder.join("out");
    let rendered =
        program().arg("render").arg(spec).arg("-o").arg(&out).stderr(Stdio::null()).status().unwrap();
    assert!(rendered.success(), "{} is not rendered", spec.display());
    let mut children = Vec::new();
    for node in fs::read_dir(out.join("fleet")).unwrap() {
        let conf = node.unwrap().path().join("redis.conf");
        let Ok(text) = fs::read_to_string(&conf) else { continue };
        let dir = text.lines().find_map(|line| line.strip_prefix("dir ")).unwrap();
        fs::create_dir_all(dir.trim_matches('"')).unwrap();
        children.push(Command::new(server).arg(conf).stdout(Stdio::null()).spawn().unwrap());
    }
    Fleet(children)
}

fn wait(first: u16) {
    let end = Instant::now() + Duration::from_secs(30);
    for port in first..first + SERVERS {
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < end, "port {port} does not answer");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_cachewright"))
}

/// Runs both in turn and prints a line. `first` is the first port that the floor asks.
fn report(between: &str, version: &str, first: u16, via: &[String], spec: &Path) {
    let (mut floors, mut drifts, mut cpu) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let mut command = Command::new(std::env::current_exe().unwrap());
        floors.push(timed(command.arg("--floor").arg(first.to_string()).arg(version)).0);
        let mut command = program();
        command.arg("drift").arg(spec).args(via.iter().flat_map(|via| ["--via", via]));
        let (took, used) = timed(&mut command);
        drifts.push(took);
        cpu.push(used);
    }
    let (floor, drift) = (median(floors), median(drifts));
    println!(
        "{between:<10} {:>8.1} {:>8.1} {:>6.2} {:>12.2}",
        ms(floor),
        ms(drift),
        ms(drift) / ms(floor),
        ms(median(cpu)) / f64::from(SERVERS)
    );
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// How long a command takes that must succeed, and the processor's time of it.
fn timed(command: &mut Command) -> (Duration, Duration) {
    let before = children();
    let begun = Instant::now();
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    let took = begun.elapsed();
    assert!(status.success(), "{command:?}: {status}");
    (took, children().saturating_sub(before))
}

/// The processor's time of all children that have ended: fields 16 and 17 of /proc/self/stat, in hundredths of a second
/// (`USER_HZ` is 100 on every Linux).
fn children() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u64 = fields[13].parse::<u64>().unwrap() + fields[14].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

/// Puts a delay before every server: the first port of a row that delays, and how drift is told of it.
fn delay(first: u16) -> (u16, Vec<String>) {
    let near = free_row_above(first);
    let mut via = Vec::new();
    for at in 0..SERVERS {
        let listener = TcpListener::bind(("127.0.0.1", near + at)).unwrap();
        let far = first + at;
        thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                thread::spawn(move || delayed(client, far));
            }
        });
        let mut line = String::new();
        let _ = write!(line, "127.0.0.1:{far}=127.0.0.1:{}", near + at);
        via.push(line);
    }
    (near, via)
}

fn free_row_above(first: u16) -> u16 {
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let rows = (first + SERVERS..31_000).step_by(100);
    rows.into_iter().find(|row| (*row..row + SERVERS).all(|port| is_free(&port))).unwrap()
}

/// The first round trip is that of the connection, which no proxy can delay: it is put before the first byte.
fn delayed(client: TcpStream, far: u16) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", far)) else { return };
    let (back_in, back_out) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    thread::spawn(move || pump(back_in, back_out));
    thread::sleep(2 * ONE_WAY);
    pump(client, server);
}

/// Passes bytes on after the delay. What comes in a stream is one delay late, not each piece after the other.
fn pump(mut from: TcpStream, mut to: TcpStream) {
    let (send, receive) = std::sync::mpsc::channel::<(Instant, Vec<u8>)>();
    let sender = thread::spawn(move || {
        for (due, bytes) in receive {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
    let mut buffer = vec![0; 64 << 10];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if send.send((Instant::now() + ONE_WAY, buffer[..read].to_vec())).is_err() {
            break;
        }
    }
    drop(send);
    let _ = sender.join();
}

/// What drift asks a server outside of a cluster.
fn questions(version: &str) -> Vec<Question> {
    let build = Build { tls: false, defrag: false, systemd: false, modules: false };
    let target = Target { engine: Engine::Redis, versions: version.parse().unwrap(), build };
    let mut questions = vec![Question::Identity, Question::Replication, Question::Users, Question::Settings];
    questions.extend(hidden(&target).into_iter().map(Question::Setting));
    questions
}

/// Asks every server over a raw socket, all side by side, and counts the replies.
fn floor(args: &[String]) {
    let first: u16 = args[0].parse().unwrap();
    let questions = questions(&args[1]);
    let mut bytes = Vec::new();
    for question in &questions {
        let words = question.words();
        write!(bytes, "*{}\r\n", words.len()).unwrap();
        for word in &words {
            write!(bytes, "${}\r\n{word}\r\n", word.len()).unwrap();
        }
    }
    thread::scope(|scope| {
        for port in first..first + SERVERS {
            let (bytes, count) = (&bytes, questions.len());
            scope.spawn(move || {
                let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
                stream.write_all(bytes).unwrap();
                replies(&mut stream, count);
            });
        }
    });
}

/// Reads until so many replies have come, by their frames alone.
fn replies(stream: &mut TcpStream, mut wanted: usize) {
    let (mut heard, mut buffer, mut at) = (Vec::new(), vec![0; 64 << 10], 0);
    loop {
        while let Some(end) = frame(&heard, at, &mut wanted) {
            at = end;
            if wanted == 0 {
                return;
            }
        }
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "the server hung up");
        heard.extend_from_slice(&buffer[..read]);
    }
}

/// The end of the line or the text that begins here, if all of it is there. An array adds its items to what is wanted.
fn frame(heard: &[u8], at: usize, wanted: &mut usize) -> Option<usize> {
    let line = heard.get(at..)?;
    let end = line.windows(2).position(|pair| pair == b"\r\n")?;
    let number = || std::str::from_utf8(&line[1..end]).unwrap().parse::<usize>().unwrap();
    let after = at + end + 2;
    let end = match line[0] {
        b'$' => after + number() + 2,
        b'*' => {
            *wanted += number();
            after
        }
        _ => after,
    };
    if end > heard.len() {
        return None;
    }
    *wanted -= 1;
    Some(end)
}
