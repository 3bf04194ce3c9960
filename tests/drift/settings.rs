//! Every setting that can be changed on a running server, one after the other.

use std::collections::BTreeMap;

use cachewright::catalog::{Directive, Owner, Shown, directives};
use cachewright::drift::{Class, Subject};

use crate::mutate::candidates;
use crate::observed::{How, declared, drift, render, servers, told};
use crate::rendered::compare::version;
use crate::rendered::site::Site;

use crate::support::port::Port;
use crate::support::running::Running;
use crate::support::servers::Server;

const NODE: &str = "one/a";

/// What came of a server.
#[derive(Debug, Default)]
struct Tally {
    tried: usize,
    missed: Vec<String>,
    extra: Vec<String>,
    /// No value that differs was taken.
    refused: Vec<String>,
}

#[test]
fn every_setting_that_changes_is_reported_alone() {
    let (mut wrong, mut none) = (0, true);
    for server in servers() {
        let tally = try_all(server);
        println!(
            "{server}: {} settings changed alone, {} missed, {} extra, {} not to be changed",
            tally.tried,
            tally.missed.len(),
            tally.extra.len(),
            tally.refused.len()
        );
        tally.missed.iter().for_each(|story| println!("    missed: {story}"));
        tally.extra.iter().for_each(|story| println!("    extra: {story}"));
        println!("    not to be changed: {}", tally.refused.join(", "));
        wrong += tally.missed.len() + tally.extra.len();
        none &= tally.tried == 0;
    }
    assert_eq!(wrong, 0);
    assert!(!none || servers().is_empty(), "nothing was tried");
}

fn spec(server: &Server, port: u16) -> String {
    let engine = server.engine.name();
    let protected = if version(server).major >= 7 { "enable-protected-configs = true\n" } else { "" };
    format!(
        "format = 1\nname = \"drift\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n\
         [{engine}.one]\ntopology = \"standalone\"\nhosts = [\"a\"]\nport = {port}\n{}\
         [{engine}.one.config]\nmaxmemory = \"1gb\"\nmaxclients = 500\nrequirepass = {{ env = \"P\" }}\n\
         masterauth = {{ env = \"M\" }}\n{protected}",
        declared(server)
    )
}

/// A server and its site.
struct Stage {
    site: Site,
    running: Running,
    port: Port,
}

fn start(server: &'static Server) -> Stage {
    let port = Port::reserve();
    let site = render(&spec(server, port.number()));
    let deployment = &site.model.deployments[0];
    let launch = site.launch(server, deployment, &deployment.nodes[0]).login(None, "secret-of-env:P");
    let running = launch.start();
    Stage { site, running, port }
}

fn try_all(server: &'static Server) -> Tally {
    let stage = start(server);
    assert_eq!(told(&stage.site, &How::default()), [""; 0], "{server}, fresh");
    let mut tally = Tally::default();
    let mut connection = stage.running.connect().unwrap();
    for directive in directives(stage.site.model.deployments[0].target.engine) {
        let Some(facts) = directive.at(version(server)) else { continue };
        let shown = matches!(facts.shown, Shown::Listed | Shown::ByAlias | Shown::ByExactName);
        if !facts.runtime || !shown || directive.owner == Owner::Server {
            continue;
        }
        let Some(before) = get(&mut connection, facts.name) else { continue };
        let mut set = |name: &str, value: &str| {
            redis::cmd("CONFIG").arg("SET").arg(name).arg(value).query::<()>(&mut connection)
        };
        let mut changed = None;
        let mut words = Vec::new();
        for candidate in others(directive, facts, &before) {
            match set(facts.name, &candidate) {
                Err(error) => words.push(error.to_string()),
                Ok(()) => {
                    changed = Some(candidate);
                    break;
                }
            }
        }
        let Some(changed) = changed else {
            tally.refused.push(format!("{} ({})", facts.name, words.first().map_or("", String::as_str)));
            continue;
        };
        tally.tried += 1;
        let story = format!("{} {before:?} -> {changed:?}", facts.name);
        check(&stage, facts.name, &changed, &story, &mut tally);
        if facts.name == "port" {
            drop(connection);
            let moved = format!("127.0.0.1:{changed}");
            let client = redis::Client::open(format!("redis://:secret-of-env%3AP@{moved}/")).unwrap();
            connection = client.get_connection().unwrap();
            redis::cmd("CONFIG").arg("SET").arg("port").arg(&before).query::<()>(&mut connection).unwrap();
            drop(connection);
            connection = stage.running.connect().unwrap();
        } else {
            set(facts.name, &before).unwrap_or_else(|error| panic!("{story}, and back: {error}"));
        }
        for extra in told(&stage.site, &How::default()) {
            tally.extra.push(format!("{story}, and back: {extra}"));
        }
    }
    tally
}

/// The value of a setting.
fn get(connection: &mut redis::Connection, name: &str) -> Option<String> {
    let rows: Vec<String> = redis::cmd("CONFIG").arg("GET").arg(name).query(connection).unwrap();
    rows.into_iter().nth(1)
}

/// Values other than the present one.
fn others(directive: &Directive, facts: &cachewright::catalog::Facts, now: &str) -> Vec<String> {
    if directive.name == "port" {
        return vec![Port::reserve().number().to_string()];
    }
    candidates(facts, now)
}

/// Whether the one setting is reported, and nothing else.
fn check(stage: &Stage, name: &str, value: &str, story: &str, tally: &mut Tally) {
    let mut how = How::default();
    match name {
        "requirepass" => how.login = Some((None, value.to_owned())),
        "port" => {
            let at = format!("127.0.0.1:{}", stage.port.number());
            how.via = BTreeMap::from([(at, format!("127.0.0.1:{value}").parse().unwrap())]);
        }
        _ => {}
    }
    let outcome = drift(&stage.site, &how).remove(NODE).unwrap();
    let differences = match outcome {
        Ok(differences) => differences,
        Err(trouble) => {
            tally.missed.push(format!("{story}: {trouble}"));
            return;
        }
    };
    let is_it = |subject: &Subject| *subject == Subject::Setting(name.to_owned());
    let counted = |class: Class| class.is_drift();
    if !differences.iter().any(|one| is_it(&one.subject) && counted(one.class)) {
        tally.missed.push(story.to_owned());
    }
    for extra in differences.iter().filter(|one| !is_it(&one.subject)) {
        tally.extra.push(format!("{story}: {} {} -> {}", extra.subject, extra.wanted, extra.live));
    }
}
