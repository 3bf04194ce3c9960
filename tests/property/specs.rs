//! Whole random specs.

use std::fmt::Write as _;

use cachewright::catalog::{Directive, Target, directives};

use super::random::Random;
use super::tls::tables;
use super::values::{line, quoted};
use crate::support::port::Port;
use crate::support::tls::Certificates;

/// A spec for one server, and the ports that it names.
#[derive(Debug)]
pub(crate) struct RandomSpec {
    pub(crate) text: String,
    pub(crate) topology: &'static str,
    pub(crate) has_tls: bool,
    _ports: Vec<Port>,
}

/// The spec of a seed.
pub(crate) fn spec(seed: u64, target: &Target, certificates: &Certificates) -> RandomSpec {
    let mut random = Random::new(seed);
    let random = &mut random;
    let topology = *random.pick(&["standalone", "replicated", "sentinel", "cluster"]);
    let hosts = if topology == "cluster" { 3 + random.below(2) } else { 1 + random.below(3) };
    let ports = Port::reserve_row(8, true);
    let port = ports[0].number();
    let tls = tables(seed, target, topology, ports[6].number(), certificates);
    let engine = target.engine.name();
    let mut text = "format = 1\nname = \"random\"\n\n[hosts]\n".to_owned();
    for host in 1..=hosts {
        // Each has an address of its own, so that they can have the same ports.
        let zone = if random.once_in(2) { format!(", zone = \"z{host}\"") } else { String::new() };
        writeln!(text, "h{host} = {{ address = \"127.0.0.{}\"{zone} }}", host + 1).unwrap();
    }
    writeln!(text, "\n[{engine}.d]\nversion = \"{}\"\ntopology = \"{topology}\"", target.versions).unwrap();
    writeln!(text, "port = {port}\n{}", places(topology, hosts, random)).unwrap();
    let build = target.build;
    writeln!(text, "build = {{ tls = {}, defrag = {}, systemd = false }}", build.tls, build.defrag).unwrap();
    if let Some(tls) = &tls {
        writeln!(text, "{}", tls.deployment).unwrap();
    }
    let users = random.once_in(2);
    if users {
        writeln!(text, "replication = {{ user = \"replica\", password = {{ env = \"REPLICA\" }} }}").unwrap();
    }
    let mut profiles = String::new();
    if random.once_in(2) {
        let count = 1 + random.below(2);
        let names: Vec<String> = (1..=count).map(|number| quoted(&format!("p{number}"))).collect();
        writeln!(text, "profiles = [{}]", names.join(", ")).unwrap();
        for number in 1..=count {
            write!(profiles, "\n[profiles.p{number}.config]\n{}", config(12, target, random)).unwrap();
        }
    }
    let many = if random.once_in(4) { 200 } else { 40 };
    write!(text, "\n[{engine}.d.config]\n{}", config(many, target, random)).unwrap();
    if random.once_in(2) {
        let name = if topology == "cluster" { format!("h1-{port}") } else { "h1".to_owned() };
        let own = config(8, target, random);
        write!(text, "\n[{engine}.d.nodes.{name}.config]\n{own}").unwrap();
    }
    if users {
        write!(text, "{}", self::users(engine, random)).unwrap();
    }
    if topology == "sentinel" {
        let hosts: Vec<String> = (0..3).map(|at| quoted(&format!("h{}", at % hosts + 1))).collect();
        let version = target.versions;
        let sentinel_port = ports[3].number();
        write!(
            text,
            "\n[sentinels.main]\nengine = \"{engine}\"\nversion = \"{version}\"\nhosts = [{}]\nport = {sentinel_port}\n",
            hosts.join(", ")
        )
        .unwrap();
        if users {
            writeln!(text, "auth = {{ user = \"sentinel\", password = {{ env = \"SENTINEL\" }} }}").unwrap();
        }
        if let Some(table) = tls.as_ref().and_then(|tls| tls.sentinels.as_ref()) {
            writeln!(text, "{table}").unwrap();
        }
    }
    text.push_str(&profiles);
    RandomSpec { text, topology, has_tls: tls.is_some(), _ports: ports }
}

/// The keys that say where nodes stand.
fn places(topology: &str, hosts: usize, random: &mut Random) -> String {
    let names: Vec<String> = (1..=hosts).map(|host| quoted(&format!("h{host}"))).collect();
    match topology {
        "standalone" => format!("hosts = [{}]", names.join(", ")),
        "cluster" => {
            let replicas = random.below(2);
            format!("hosts = [{}]\nshards = 3\nreplicas = {replicas}", names.join(", "))
        }
        _ => {
            let watch =
                if topology == "sentinel" { "\nsentinel = { set = \"main\", quorum = 2 }" } else { "" };
            format!("initial-primary = {}\nreplicas = [{}]{watch}", names[0], names[1..].join(", "))
        }
    }
}

/// Up to so many settings, each directive once.
fn config(most: usize, target: &Target, random: &mut Random) -> String {
    let all: Vec<&'static Directive> = directives(target.engine).iter().collect();
    let mut chosen: Vec<&Directive> = Vec::new();
    let mut text = String::new();
    for _ in 0..=random.below(most) {
        let directive = *random.pick(&all);
        if chosen.iter().any(|other| other.name == directive.name) {
            continue;
        }
        if let Some(line) = line(directive, target, random) {
            chosen.push(directive);
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

/// The harness's user, and one or two with random rights.
fn users(engine: &str, random: &mut Random) -> String {
    let mut text = format!(
        "\n[{engine}.d.users.harness]\npasswords = [{{ env = \"HARNESS\" }}]\nrules = \"~* +@all\"\n"
    );
    for name in ["app", "batch"].iter().take(random.below(3)) {
        let rules = random.pick(&[
            "~app:* +@read +@write -@dangerous",
            "~* +get +set +config|get",
            "~a:* ~b:* +@all -@admin -flushall",
            "-@all +ping",
            "allkeys +@string -set",
        ]);
        let enabled = if random.once_in(4) { "enabled = false\n" } else { "" };
        write!(
            text,
            "\n[{engine}.d.users.{name}]\npasswords = [{{ env = \"{}\" }}, {{ file = \"/run/old\" }}]\n{enabled}rules = \"{rules}\"\n",
            name.to_uppercase()
        )
        .unwrap();
    }
    text
}
