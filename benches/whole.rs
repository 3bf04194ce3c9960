//! Whole commands beside two floors: one writes the same paths, modes and bytes plainly, with no checks, no checksums
//! and nothing aside; the other looks at them plainly. Interleaved, median of nine, on tmpfs. docs/performance.md has
//! the numbers.
//!
//!     cargo bench --bench whole                  # 100, 1,000 and 10,000 nodes
//!     cargo bench --bench whole -- 10000         # so many nodes only

// A bench prints, and gives up where something is wrong.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

mod fleet;

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fleet::Fleet;

/// How often each is run; the median counts.
const ROUNDS: usize = 9;
/// Where a folder on tmpfs can be made.
const TMPFS: &str = "/dev/shm";

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    match args.first().map(String::as_str) {
        // cargo test builds benches and runs them with this.
        Some("--test") => {}
        Some("--floor") => floor(Path::new(&args[1]), Path::new(&args[2])),
        Some("--look") => look(Path::new(&args[1]), Path::new(&args[2])),
        _ => {
            let sizes: Vec<usize> = args.iter().filter_map(|arg| arg.parse().ok()).collect();
            all(if sizes.is_empty() { &[100, 1000, 10_000] } else { &sizes });
        }
    }
}

fn all(sizes: &[usize]) {
    let folder = tempfile::Builder::new().prefix("cachewright-bench-").tempdir_in(TMPFS).unwrap();
    small(folder.path());
    println!(
        "\n{:<6} {:>6} {:>6} {:>9} {:>8} {:>8} {:>8} {:>6} {:>8} {:>8} {:>6} {:>8} {:>6} {:>6}",
        "fleet",
        "nodes",
        "files",
        "bytes",
        "check",
        "floor",
        "render",
        "ratio",
        "look",
        "same",
        "ratio",
        "--check",
        "peak",
        "again"
    );
    for (name, fleet) in [("plain", Fleet::Plain), ("mixed", Fleet::Mixed)] {
        for nodes in sizes {
            fleet_of(folder.path(), name, fleet, *nodes);
        }
    }
    println!(
        "\nTimes in ms, median of {ROUNDS}. same: render again, nothing changed. ratio: of render to floor, and of same \
         to look. peak, again: MB of memory, of render and of the same again."
    );
}

/// `check` of ten nodes, from a cold start of the process.
fn small(folder: &Path) {
    let spec = folder.join("ten.toml");
    fs::write(&spec, Fleet::Plain.spec(10)).unwrap();
    let version = median((0..ROUNDS).map(|_| timed(program().arg("--version"))));
    let check = median((0..ROUNDS).map(|_| timed(program().arg("check").arg(&spec))));
    println!("check of 10 nodes: {} ms; --version: {} ms", ms(check), ms(version));
}

fn fleet_of(folder: &Path, name: &str, fleet: Fleet, nodes: usize) {
    let spec = folder.join(format!("{name}-{nodes}.toml"));
    fs::write(&spec, fleet.spec(nodes)).unwrap();
    let out = folder.join("out");
    let render = || {
        let mut command = program();
        command.arg("render").arg(&spec).arg("-o").arg(&out);
        command
    };
    timed(&mut render());
    let packed = folder.join("packed");
    let (files, bytes) = pack(&out, &packed);
    let plain = folder.join("plain");
    let mut times: [Vec<Duration>; 6] = Default::default();
    for _ in 0..ROUNDS {
        let _ = fs::remove_dir_all(&plain);
        times[0].push(floored("--floor", &packed, &plain));
        times[1].push(timed(program().arg("check").arg(&spec)));
        fs::remove_dir_all(&out).unwrap();
        times[2].push(timed(&mut render()));
        times[3].push(timed(&mut render()));
        times[4].push(timed(render().arg("--check")));
        times[5].push(floored("--look", &packed, &out));
    }
    let peak_same = peak(&mut render());
    fs::remove_dir_all(&out).unwrap();
    let peak = peak(&mut render());
    let [floor, check, write, same, compare, look] = times.map(median);
    println!(
        "{name:<6} {nodes:>6} {files:>6} {bytes:>9} {:>8} {:>8} {:>8} {:>6.2} {:>8} {:>8} {:>6.2} {:>8} {peak:>6} {peak_same:>6}",
        ms(check),
        ms(floor),
        ms(write),
        write.as_secs_f64() / floor.as_secs_f64(),
        ms(look),
        ms(same),
        same.as_secs_f64() / look.as_secs_f64(),
        ms(compare),
    );
    fs::remove_dir_all(&out).unwrap();
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cachewright"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// How long a command takes, which has to succeed.
fn timed(command: &mut Command) -> Duration {
    let begun = Instant::now();
    let status = command.status().unwrap();
    let took = begun.elapsed();
    assert!(status.success(), "{command:?}");
    took
}

fn median(times: impl IntoIterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.into_iter().collect();
    times.sort();
    times[times.len() / 2]
}

fn ms(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}

/// The most memory that a command held at once, in MB, as the system counted it.
fn peak(command: &mut Command) -> String {
    let mut child = command.spawn().unwrap();
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut most = 0u64;
    // The last reading before the end: memory grows until the manifest is written.
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kb = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        most = most.max(kb.unwrap_or(0));
    }
    format!("{:.1}", f64::from(u32::try_from(most).unwrap()) / 1000.0)
}

/// Puts a rendering into one file: for each its mode, path and content. How many files and bytes there are.
fn pack(from: &Path, to: &Path) -> (usize, usize) {
    use std::os::unix::fs::MetadataExt;

    let (mut packed, mut files, mut bytes) = (Vec::new(), 0, 0);
    let mut folders = vec![from.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            let metadata = fs::symlink_metadata(&path).unwrap();
            if metadata.is_dir() {
                folders.push(path);
                continue;
            }
            let content = fs::read(&path).unwrap();
            let relative = path.strip_prefix(from).unwrap().to_str().unwrap();
            files += 1;
            bytes += content.len();
            for part in [relative.as_bytes(), &content] {
                packed.extend_from_slice(&u32::try_from(part.len()).unwrap().to_le_bytes());
                packed.extend_from_slice(part);
            }
            packed.extend_from_slice(&(metadata.mode() & 0o7777).to_le_bytes());
        }
    }
    fs::write(to, packed).unwrap();
    (files, bytes)
}

/// Runs one of the floors in a process of its own; how long it says that it took.
fn floored(which: &str, packed: &Path, to: &Path) -> Duration {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.arg(which).arg(packed).arg(to).output().unwrap();
    assert!(output.status.success());
    let nanos: u64 = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
    Duration::from_nanos(nanos)
}

/// Writes what was packed: folders, then files with their modes, nothing else. Prints the nanoseconds that it
/// took; reading the packed file is not counted.
fn floor(packed: &Path, to: &Path) {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt;

    let packed = fs::read(packed).unwrap();
    let begun = Instant::now();
    fs::create_dir(to).unwrap();
    let mut last = PathBuf::new();
    each(&packed, |path, content, mode| {
        let path = to.join(path);
        let folder = path.parent().unwrap();
        if folder != last {
            fs::create_dir_all(folder).unwrap();
            folder.clone_into(&mut last);
        }
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&path).unwrap();
        file.write_all(content).unwrap();
    });
    println!("{}", begun.elapsed().as_nanos());
}

/// Looks whether all that was packed is still there: opens each file, asks for its mode, reads it into one buffer
/// and compares. Prints the nanoseconds that it took.
fn look(packed: &Path, at: &Path) {
    use std::io::Read as _;

    let packed = fs::read(packed).unwrap();
    let longest = packed.len();
    let begun = Instant::now();
    let mut buffer = vec![0; longest];
    each(&packed, |path, content, mode| {
        let mut file = fs::File::open(at.join(path)).unwrap();
        assert_eq!(file.metadata().unwrap().mode() & 0o7777, mode);
        let length = file.read(&mut buffer).unwrap();
        assert!(buffer[..length] == *content);
    });
    println!("{}", begun.elapsed().as_nanos());
}

/// Every packed file: path, content, mode.
fn each(packed: &[u8], mut take: impl FnMut(&Path, &[u8], u32)) {
    let mut rest = packed;
    let number = |rest: &mut &[u8]| {
        let (number, after) = rest.split_at(4);
        *rest = after;
        u32::from_le_bytes(number.try_into().unwrap())
    };
    while !rest.is_empty() {
        let mut part = || {
            let length = usize::try_from(number(&mut rest)).unwrap();
            let (part, after) = rest.split_at(length);
            rest = after;
            part
        };
        let (path, content) = (part(), part());
        take(Path::new(std::str::from_utf8(path).unwrap()), content, number(&mut rest));
    }
}
