//! What must hold of a server after a start.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex, OnceLock};

use sha2::{Digest, Sha256};

use crate::site::{SECRETS, Shape, Site, State};
use crate::support::fleet::wait_for_replica;
use crate::support::running::Running;

/// ACL LIST, sorted, and so is each line: servers before 8.0 print commands in an order of their own.
pub(crate) type Users = Vec<String>;

type Outcome = Result<(), String>;

/// Directives that are the server's own, its role; and its port, which differs between two sites (it listens there,
/// else nobody could ask).
const OWN: [&str; 3] = ["replicaof", "slaveof", "port"];

/// What a server said of itself.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) settings: BTreeMap<String, String>,
    pub(crate) users: Users,
}

pub(crate) fn users(running: &Running) -> Users {
    let lines: Vec<String> = redis::from_redis_value(running.command(&["ACL", "LIST"])).unwrap();
    let sorted = |line: String| {
        let mut words: Vec<&str> = line.split(' ').collect();
        words[2..].sort_unstable();
        words.join(" ")
    };
    let mut users: Users = lines.into_iter().map(sorted).collect();
    users.sort();
    users
}

/// What a server says that was started for the first time on a state of the spec, as one at another place with
/// other passwords would say it.
pub(crate) fn fresh(site: &Site, state: State, generation: u32, at: usize) -> Said {
    type Key = (String, Shape, State);
    type Cell = Arc<OnceLock<[Said; 2]>>;
    static FRESH: Mutex<BTreeMap<Key, Cell>> = Mutex::new(BTreeMap::new());
    let key = (site.server.to_string(), site.shape, state);
    let cell = FRESH.lock().unwrap().entry(key).or_default().clone();
    let said = cell.get_or_init(|| {
        let mut site = Site::new(site.server, site.shape);
        site.install(state);
        site.install_secrets(0);
        [start_fresh(&site, 0), start_fresh(&site, 1)]
    });
    let places = places(site, generation);
    said[at].map(|text| {
        if !text.contains('<') {
            return text.to_owned();
        }
        places.iter().fold(text.to_owned(), |text, (value, name)| text.replace(name, value))
    })
}

impl Said {
    fn map(&self, change: impl Fn(&str) -> String) -> Said {
        Said {
            settings: self.settings.iter().map(|(name, value)| (name.clone(), change(value))).collect(),
            users: self.users.iter().map(|line| change(line)).collect(),
        }
    }
}

fn start_fresh(site: &Site, at: usize) -> Said {
    let (user, name) = match site.shape {
        Shape::Users => (Some("admin"), "ADMIN_PASSWORD"),
        Shape::Password => (None, "REPLICA_PASSWORD"),
    };
    let socket = std::net::SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, site.ports[at].number());
    let launch = site.server.launch().through(site.rendered(at).join("start.sh")).at(socket);
    let running = launch.login(user, &site.secret(name, 0)).start();
    let said = Said { settings: running.config_get_all(), users: users(&running) };
    let places = places(site, 0);
    said.map(|text| places.iter().fold(text.to_owned(), |text, (value, name)| text.replace(value, name)))
}

/// Passwords and folders of a site, and what stands for them.
fn places(site: &Site, generation: u32) -> Vec<(String, String)> {
    let mut places = Vec::new();
    for name in SECRETS {
        let secret = site.secret(name, generation);
        places.push((hash(&secret), format!("<hash of {name}>")));
        places.push((secret, format!("<{name}>")));
    }
    places.push((site.root.path().display().to_string(), "<root>".into()));
    for at in 0..site.ports.len() {
        places.push((site.node(at), format!("<node {at}>")));
    }
    places
}

/// SHA-256 as ACL files have it.
pub(crate) fn hash(secret: impl AsRef<[u8]>) -> String {
    Sha256::digest(secret).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

pub(crate) fn same_settings(
    expected: &BTreeMap<String, String>,
    found: &BTreeMap<String, String>,
) -> Outcome {
    let names: std::collections::BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
    let differs =
        |name: &&&String| !OWN.contains(&name.as_str()) && expected.get(**name) != found.get(**name);
    let wrong: Vec<String> = names
        .iter()
        .filter(differs)
        .map(|name| format!("{name} is {:?} instead of {:?}", found.get(*name), expected.get(*name)))
        .collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join(", ")) }
}

/// It follows this port, or leads.
pub(crate) fn role(running: &Running, leader: Option<u16>) -> Outcome {
    let follows = running.info("role").as_deref() == Some("slave");
    let port = running.info("master_port").and_then(|port| port.parse().ok());
    if follows == leader.is_some() && port == leader {
        return Ok(());
    }
    Err(format!("it follows {port:?} instead of {leader:?}"))
}

/// Today's passwords open it, and yesterday's do not.
pub(crate) fn passwords(site: &Site, running: &Running, generation: u32) -> Outcome {
    let tried: &[(&str, &str)] = match site.shape {
        Shape::Users => &[("admin", SECRETS[0]), ("app", SECRETS[1]), ("replica", SECRETS[2])],
        Shape::Password => &[("default", SECRETS[2])],
    };
    for (user, name) in tried {
        for (age, works) in [(0, true), (1, false)] {
            let secret = site.secret(name, generation - age);
            let answer = running.try_command(&["AUTH", user, &secret]);
            if answer.is_ok() != works {
                return Err(format!("{user} with a password {age} rotations old: {answer:?}"));
            }
        }
    }
    Ok(())
}

/// Nothing is anybody else's to read, and nothing is left lying about.
pub(crate) fn modes(site: &Site, at: usize) -> Outcome {
    let data = site.data(at);
    let mut wrong = Vec::new();
    let mut check = |path: &std::path::Path, is_good: &dyn Fn(u32) -> bool| match std::fs::metadata(path) {
        Ok(found) => {
            let mode = found.permissions().mode() & 0o777;
            if !is_good(mode) {
                wrong.push(format!("{mode:o} {}", path.display()));
            }
        }
        // Snapshots that replicas take of their primary come and go.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => wrong.push(format!("{}: {error}", path.display())),
    };
    check(&data, &|mode| mode == 0o700);
    for entry in std::fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        let left = path.file_name().unwrap().to_string_lossy().starts_with(".start.");
        let is_folder = path.is_dir();
        check(&path, &|mode| !left && (is_folder || mode == 0o600));
    }
    if !site.working_file(at).is_file() {
        wrong.push("no working file".into());
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join(", ")) }
}

/// The replica logs in at its primary.
pub(crate) fn replication(replica: &Running) {
    wait_for_replica(replica);
}
