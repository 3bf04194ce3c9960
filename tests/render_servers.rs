//! What is rendered from every example and every starter spec, on every server at hand: the files start it, and
//! it is then what the spec declares.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod rendered;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::SocketAddrV4;
use std::path::{Path, PathBuf};

use cachewright::catalog;
use cachewright::model::{Deployment, Memcached, Model, SentinelSet, Topology, User};
use cachewright::text::acl::{AclRule, write_rule};
use rendered::Passwords;
use rendered::compare;
use rendered::failover::fail_over;
use rendered::site::{ADMIN, NoSite, Site, log_in, loopback};
use rendered::texts::Texts;
use support::fleet::sentinel_field;
use support::port::Port;
use support::running::Running;
use support::servers::{Engine, Server, Servers, Version};

const EXAMPLES: [&str; 9] = [
    "examples/minimal.toml",
    "examples/local/local.toml",
    "examples/shop/staging.toml",
    "examples/shop/production.toml",
    "templates/init/standalone.toml",
    "templates/init/replicated.toml",
    "templates/init/sentinel.toml",
    "templates/init/cluster.toml",
    "templates/init/memcached.toml",
];

/// Passwords that formats and shells like to spoil.
const ODD_PASSWORDS: [&str; 11] = [
    "plain",
    "two words",
    "it's",
    "a \"quoted\" one",
    "#hash",
    "back\\slash\\n",
    "pässwörd-密码",
    "$HOME `id` ${X}",
    " edges ",
    "line\nbreak",
    "tab\tand\x01control",
];

/// What was started and compared on one server.
#[derive(Debug, Default)]
struct Tally {
    files: usize,
    settings: usize,
    users: usize,
    refused: Vec<String>,
}

fn path(example: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(example)
}

/// The servers that a spec can be declared for.
fn declarable() -> impl Iterator<Item = &'static Server> {
    Servers::all().iter().filter(|server| server.engine != Engine::Redict)
}

/// A spec of the repository, declared for a server and moved onto this machine by a layer on top.
struct Moved {
    texts: Texts,
    top: PathBuf,
    _ports: Vec<Port>,
}

/// Declares an example for a server. `more` goes into the layer on top.
fn moved(example: &str, server: &Server, more: impl Fn(&Model) -> String) -> Moved {
    let Version(major, minor, _) = server.version;
    let texts =
        Texts { declared: Some((server.engine.name(), format!("{major}.{minor}"))), ..Texts::default() };
    let example = path(example);
    let model = texts.compile(&example).model.expect("a model");
    let mut ports = Vec::new();
    let mut layer = format!(
        "format = 1\nname = \"moved\"\nextends = [\"{}\"]\n[hosts]\n",
        example.file_name().unwrap().to_string_lossy()
    );
    for (at, host) in model.hosts.iter().enumerate() {
        writeln!(layer, "{} = {{ address = \"127.0.0.{}\" }}", host.name.value, at + 2).unwrap();
    }
    // Every deployment has a row of ports that no other has, on any host.
    let mut row = |count: usize| {
        let row = Port::reserve_row(count.max(1), true);
        let first = row[0].number();
        ports.extend(row);
        first
    };
    let build = build(server);
    for deployment in &model.deployments {
        let (engine, name) = (deployment.target.engine, &deployment.name.value);
        writeln!(layer, "[{engine}.{name}]\nport = {}\n{build}", row(deployment.nodes.len())).unwrap();
        if !deployment.users.is_empty() {
            writeln!(layer, "{}", admin(deployment)).unwrap();
        }
        // With other ports, nodes that share a host have other names.
        let nodes = deployment.spec.nodes.entries().map(|entry| &entry.name.value);
        let renamed: Vec<String> =
            nodes.filter(|name| name.starts_with("laptop-")).map(|name| format!("{name:?}")).collect();
        if !renamed.is_empty() {
            writeln!(layer, "[{engine}.{name}.nodes]\nunset = [{}]", renamed.join(", ")).unwrap();
        }
    }
    for set in &model.sentinels {
        writeln!(layer, "[sentinels.{}]\nport = {}\n{build}", set.name.value, row(set.nodes.len())).unwrap();
    }
    for deployment in &model.memcached {
        let port = row(deployment.nodes.len());
        writeln!(layer, "[memcached.{}]\nport = {port}", deployment.name.value).unwrap();
    }
    layer.push_str(&more(&model));
    let top = example.with_file_name("moved.toml");
    Moved { texts: texts.with(&top, layer), top, _ports: ports }
}

fn admin(deployment: &Deployment) -> String {
    let (engine, name) = (deployment.target.engine, &deployment.name.value);
    format!("[{engine}.{name}.users.{ADMIN}]\npasswords = [{{ env = \"ADMIN\" }}]\nrules = \"~* +@all\"")
}

/// The packages at hand are built with TLS, but for the one of redis 6.2, and without defragmentation.
fn build(server: &Server) -> String {
    if !server.engine.is_redis_like() {
        return String::new();
    }
    let tls = support::probe::file(server, &["tls-port 0"]).is_accepted();
    format!("build = {{ tls = {tls}, defrag = false, systemd = false }}")
}

#[test]
fn every_example_starts_on_every_server() {
    let mut refused = 0;
    for server in declarable() {
        let mut tally = Tally::default();
        for example in EXAMPLES {
            let moved = moved(example, server, |_| String::new());
            for passwords in [Some(Passwords::default()), None] {
                match Site::render(&moved.texts, &moved.top, passwords) {
                    Ok(site) => start_site(&site, server, &mut tally),
                    Err(why) => tally.refused.push(format!("{example}: {why}")),
                }
            }
        }
        println!(
            "{server}: {} files started, {} settings and {} users compared, {} specs refused",
            tally.files,
            tally.settings,
            tally.users,
            tally.refused.len()
        );
        tally.refused.iter().for_each(|story| println!("{story}"));
        refused += tally.refused.len();
    }
    assert_eq!(refused, 0, "every example uses only what all versions have");
}

/// Starts what the server can be of a site, and compares it where there is a way in.
fn start_site(site: &Site, server: &Server, tally: &mut Tally) {
    if !server.engine.is_redis_like() {
        for deployment in &site.model.memcached {
            start_memcached(site, server, deployment, tally);
        }
        return;
    }
    for deployment in &site.model.deployments {
        for node in &deployment.nodes {
            let running = log_in(site.launch(server, deployment, node), site, deployment).start();
            // redis.conf, and users.acl where there are users.
            tally.files += 1 + usize::from(!deployment.users.is_empty());
            if site.passwords.is_none() && !deployment.users.is_empty() {
                assert_locked(&running);
                continue;
            }
            let compared = compare::config(&running, deployment, node, site.passwords.as_ref());
            assert_eq!(compared.wrong, [""; 0], "{server}, {} {}", deployment.name.value, node.id);
            tally.settings += compared.rows;
            if let Some(passwords) = &site.passwords {
                tally.users += compare_users(&running, deployment, passwords);
            }
        }
    }
    for set in &site.model.sentinels {
        for node in &set.nodes {
            let sentinel = site.launch_sentinel(server, set, node).start();
            tally.files += 1;
            tally.settings += compare_watches(&sentinel, site, set);
        }
    }
}

/// Nobody gets in without a password.
fn assert_locked(running: &Running) {
    let refusal = running.try_command(&["PING"]).unwrap_err();
    assert_eq!(refusal.code(), Some("NOAUTH"), "{}: {refusal}", running.server());
}

/// ACL LIST names the declared users with their passwords and rights, and each can log in.
fn compare_users(running: &Running, deployment: &Deployment, passwords: &Passwords) -> usize {
    if deployment.users.is_empty() {
        return 0;
    }
    let server = running.server();
    let listed = acl_list(running);
    let names: BTreeSet<&str> = deployment.users.iter().map(|user| user.name.value.as_str()).collect();
    assert_eq!(listed.keys().map(String::as_str).collect::<BTreeSet<_>>(), names, "{server}");
    for user in &deployment.users {
        let name = &user.name.value;
        let expected = expected_user(running, user, passwords);
        if server.version < Version(7, 0, 0) {
            // They put rules together from the rights, in the order of a hash table that may be growing.
            assert_eq!(words(&listed[name]), words(&expected), "{server}, user {name}");
        } else {
            assert_eq!(listed[name], expected, "{server}, user {name}");
        }
        for password in &user.passwords {
            let login = format!("{name}: {:?}", password.value);
            let answer = running.try_command(&["AUTH", name, &passwords.value(&password.value)]);
            assert_eq!(answer.is_ok(), user.rules[0].value == AclRule::On, "{server}, {login}: {answer:?}");
        }
    }
    assert!(deployment.users.iter().any(|user| {
        user.name.value == "default" && user.rules.iter().all(|rule| rule.value == AclRule::Off)
    }));
    let stranger = std::net::TcpStream::connect(running.socket()).unwrap();
    assert!(ping(stranger).starts_with("-NOAUTH"), "{server}: the default user is off");
    deployment.users.len()
}

fn ping(mut stream: std::net::TcpStream) -> String {
    use std::io::{Read as _, Write as _};

    stream.write_all(b"PING\r\n").unwrap();
    let mut answer = [0; 128];
    let length = stream.read(&mut answer).unwrap();
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

fn words(text: &str) -> BTreeSet<&str> {
    text.split(' ').collect()
}

/// ACL LIST without the names, by name. Whether `sanitize-payload` is there depends on how a user was made; it
/// means the same as its absence.
fn acl_list(running: &Running) -> BTreeMap<String, String> {
    let lines: Vec<String> = redis::from_redis_value(running.command(&["ACL", "LIST"])).unwrap();
    let split = |line: String| {
        let (name, rest) = line.strip_prefix("user ").unwrap().split_once(' ').unwrap();
        (name.to_owned(), rest.replace(" sanitize-payload", ""))
    };
    lines.into_iter().map(split).collect()
}

/// What the server itself makes of the rules and passwords, given rule by rule.
fn expected_user(running: &Running, user: &User, passwords: &Passwords) -> String {
    const PROBE: &str = "cachewright-probe";
    let mut command = redis::cmd("ACL");
    command.arg("SETUSER").arg(PROBE);
    for rule in &user.rules {
        command.arg(write_rule(&rule.value).unwrap());
    }
    for password in &user.passwords {
        command.arg(format!(">{}", passwords.value(&password.value)));
    }
    command.query::<()>(&mut running.connect().unwrap()).unwrap();
    let made = acl_list(running).remove(PROBE).unwrap();
    running.command(&["ACL", "DELUSER", PROBE]);
    made
}

/// SENTINEL MASTERS shows what the set's deployments declare. The number of fields.
fn compare_watches(sentinel: &Running, site: &Site, set: &SentinelSet) -> usize {
    let mut compared = 0;
    for deployment in &site.model.deployments {
        let Topology::Sentinel { primary, watch } = &deployment.topology else { continue };
        assert_eq!(watch.set.value, set.name.value);
        let node = &deployment.nodes[*primary];
        let mut expected = vec![
            ("ip".to_owned(), site.model.host(node.host).address.value.clone()),
            ("port".to_owned(), node.port.to_string()),
            ("quorum".to_owned(), watch.quorum.value.to_string()),
        ];
        for setting in &watch.settings {
            if let [line] = setting.lines.as_slice()
                && let [value] = line.as_slice()
            {
                expected.push((setting.name.value.clone(), value.clone()));
            }
        }
        for (field, value) in expected {
            let shown = sentinel_field(sentinel, &watch.master_name, &field);
            assert_eq!(shown, Some(value), "{}: {field} of {}", sentinel.server(), watch.master_name);
            compared += 1;
        }
    }
    compared
}

/// Starts every memcached of a deployment on its rendered arguments, and compares `stats settings`.
fn start_memcached(site: &Site, server: &Server, deployment: &Memcached, tally: &mut Tally) {
    let version = compare::version(server);
    for node in &deployment.nodes {
        let name = &deployment.name.value;
        let argv = &site.artifact(name, &node.id.0, "memcached.argv").bytes;
        let arguments: Vec<String> =
            String::from_utf8(argv.to_vec()).unwrap().lines().map(str::to_owned).collect();
        let address = loopback(&site.model.host(node.host).address.value);
        let running = server.launch().only_args(arguments).at(SocketAddrV4::new(address, node.port)).start();
        tally.files += 1;
        let lines = running.memcached("stats settings");
        let shown: BTreeMap<&str, &str> =
            lines.iter().filter_map(|line| line.strip_prefix("STAT ")?.split_once(' ')).collect();
        for option in &node.options {
            let facts = catalog::memcached::option(&option.name).and_then(|known| known.at(version));
            let Some(stat) = facts.and_then(|facts| facts.stat) else { continue };
            let Some(expected) = as_stat(&option.name, option.value.as_deref()) else { continue };
            assert_eq!(shown.get(stat.name), Some(&expected.as_str()), "{server}: {}", option.name);
            tally.settings += 1;
        }
    }
}

/// What `stats settings` prints for the options of our examples.
fn as_stat(name: &str, value: Option<&str>) -> Option<String> {
    let value = value?;
    match name {
        "memory-limit" => Some((value.parse::<u64>().ok()? << 20).to_string()),
        "max-item-size" => {
            let size = value.strip_suffix('m').map(|size| size.parse::<u64>().unwrap() << 20);
            Some(size.map_or_else(|| value.to_owned(), |size| size.to_string()))
        }
        "port" | "threads" | "conn-limit" | "listen" => Some(value.to_owned()),
        _ => None,
    }
}

#[test]
fn odd_passwords_work_exactly_or_are_refused_clearly() {
    for server in declarable().filter(|server| server.engine.is_redis_like()) {
        let (mut worked, mut refused) = (0, Vec::new());
        for password in ODD_PASSWORDS {
            let engine = server.engine.name();
            let Version(major, minor, _) = server.version;
            let ports = Port::reserve_row(2, false);
            let text = format!(
                "format = 1\nname = \"odd\"\n[hosts]\nh = {{ address = \"127.0.0.1\" }}\n\
                 [{engine}.plain]\nversion = \"{major}.{minor}\"\ntopology = \"standalone\"\nhosts = [\"h\"]\n\
                 port = {}\n{build}\nreplication = {{ password = {{ env = \"P\" }} }}\n\
                 [{engine}.users]\nversion = \"{major}.{minor}\"\ntopology = \"standalone\"\nhosts = [\"h\"]\n\
                 port = {}\n{build}\n[{engine}.users.users.{ADMIN}]\npasswords = [{{ env = \"P\" }}]\nrules = \"~* +@all\"\n",
                ports[0].number(),
                ports[1].number(),
                build = build(server),
            );
            let spec = Path::new("odd.toml");
            let texts = Texts::default().with(spec, text);
            let passwords = Passwords { all: Some(password.to_owned()) };
            let site = match Site::render(&texts, spec, Some(passwords.clone())) {
                Ok(site) => site,
                Err(NoSite::Unrendered(why)) => {
                    assert!(!why.contains(password) || password == "plain", "a secret in a message: {why}");
                    refused.push(format!("{password:?}: {why}"));
                    continue;
                }
                Err(NoSite::Findings(why)) => panic!("{why}"),
            };
            for deployment in &site.model.deployments {
                let node = &deployment.nodes[0];
                let user = (!deployment.users.is_empty()).then_some(ADMIN);
                let running = site.launch(server, deployment, node).login(user, password).start();
                let compared = compare::config(&running, deployment, node, Some(&passwords));
                assert_eq!(compared.wrong, [""; 0], "{server}, {password:?}");
                worked += 1;
            }
        }
        println!("{server}: {worked} logins with odd passwords, {} passwords refused", refused.len());
        for story in &refused {
            println!("    {story}");
        }
        assert!(worked >= 12, "{server} refuses too many");
    }
}

/// One server of each minor that a sentinel set is tried on.
fn fleet_servers() -> Vec<&'static Server> {
    let wanted =
        [(Engine::Redis, "6.2"), (Engine::Redis, "7.0"), (Engine::Redis, "8.0"), (Engine::Valkey, "8.0")];
    wanted.iter().filter_map(|(engine, version)| Servers::find(*engine, version)).collect()
}

#[test]
fn the_local_sentinel_set_fails_over() {
    for server in fleet_servers() {
        let engine = server.engine.name();
        let moved = moved("examples/local/local.toml", server, |_| {
            format!(
                "[{engine}.sessions.config]\nrepl-diskless-sync-delay = 0\n\
                 [{engine}.sessions.replication]\nuser = \"replica\"\npassword = {{ env = \"REPLICA\" }}\n\
                 [sentinels.main.auth]\nuser = \"sentinel\"\npassword = {{ env = \"SENTINEL\" }}\n\
                 [{engine}.sessions.users.{ADMIN}]\npasswords = [{{ env = \"ADMIN\" }}]\nrules = \"~* +@all\"\n"
            )
        });
        let site = Site::render(&moved.texts, &moved.top, Some(Passwords::default()))
            .unwrap_or_else(|why| panic!("{server}: {why}"));
        fail_over(&site, server, "sessions");
        println!("{server}: a sentinel set failed over");
    }
}
