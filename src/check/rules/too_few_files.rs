//! The rule `too-few-files`.

use crate::check::memcacheds::MemcachedServer;
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Machines, Running, kernel_setting};
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, HostId, Model, Service};
use crate::source::Span;

/// A host that lets its servers open too few files.
pub(super) static RULE: Rule = Rule {
    code: Code::TooFewFiles,
    group: RuleGroup::Operations,
    about: "A host that lets its servers open too few files",
    why: r#"Each client is an open file. The rendered unit asks for as many as `maxclients` needs, and 32 for the server's own;
the kernel gives no process more than `fs.nr_open`, and all processes together no more than `fs.file-max`. A server
that gets fewer lowers `maxclients` when it starts, with a line in its log, and turns clients away later. memcached
asks for as many as `conn-limit` says, and does not start without them ("failed to set rlimit for open files").

Raise the kernel's setting on the host and in the spec, or lower `maxclients` or `conn-limit`."#,
    source: "server.c (adjustOpenFilesLimit) of Redis 7.0.15; main (memcached.c) of 1.6.38, tried on 1.6.18, 1.6.38 and 1.6.45; setrlimit(2); Documentation/admin-guide/sysctl/fs.rst of Linux",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a", sysctl = { "fs.nr_open" = 32768 } }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"
maxclients = 50_000

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a", sysctl = { "fs.nr_open" = 65536 } }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"
maxclients = 50_000

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

/// What one process may have open, and what all may.
const PROCESS: &str = "fs.nr_open";
const MACHINE: &str = "fs.file-max";
const CLIENTS: &str = "maxclients";
const CONNECTIONS: &str = "conn-limit";

fn run(model: &Model, findings: &mut Findings) {
    let machines = Machines::of(model);
    for host in (0..model.hosts.len()).map(HostId) {
        findings.extend(process(model, &machines, host).or_else(|| machine(model, &machines, host)));
    }
}

/// The files that a server opens at most.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Files {
    number: i128,
    who: String,
    /// The option that they follow from.
    option: &'static str,
    /// Where that is set.
    place: Option<Span>,
}

/// The files of each server of a machine.
fn files(model: &Model, machines: &Machines<'_>, host: HostId) -> impl Iterator<Item = Files> {
    let redis = |running: &Running<'_>| {
        let links = running.servers.deployment.map_or(0, Deployment::bus_links);
        let number = running.number(CLIENTS)? + i128::from(Service::RESERVED_FILES + links);
        Some(Files { number, who: running.servers.to_string(), option: CLIENTS, place: running.place(CLIENTS) })
    };
    let memcached = |server: MemcachedServer<'_>| {
        let option = CONNECTIONS;
        let place = server.given(option).map(|given| server.place(given));
        Some(Files { number: server.number(option)?.into(), who: format!("`{}`", server.name()), option, place })
    };
    let memcacheds = MemcachedServer::on_machine(model, host).filter_map(memcached);
    machines.on(host).iter().filter_map(redis).chain(memcacheds)
}

/// One server that needs more than the kernel gives a process.
fn process(model: &Model, machines: &Machines<'_>, host: HostId) -> Option<Finding> {
    let declared = kernel_setting(model, host, PROCESS)?;
    let most: i128 = declared.value.trim().parse().ok()?;
    let Files { number: needed, who, option, place } = files(model, machines, host).max()?;
    if most >= needed {
        return None;
    }
    let title = format!(
        "{who} needs {needed} open files, and `{}` gives a process {most} (`{PROCESS}`)",
        model.host(host).name.value
    );
    let note = if option == CONNECTIONS {
        "memcached does not start: \"failed to set rlimit for open files\"".to_owned()
    } else {
        format!("the server lowers `{CLIENTS}` to what it can open, and turns clients away later")
    };
    let finding = Finding::new(Code::TooFewFiles, declared.span, title)
        .help(format!("raise `{PROCESS}` to {needed} or more on the host and here, or lower `{option}`"))
        .note(note);
    Some(match place {
        Some(place) => finding.related(place, "asked for here"),
        None => finding,
    })
}

/// Servers that need more together than the kernel has.
fn machine(model: &Model, machines: &Machines<'_>, host: HostId) -> Option<Finding> {
    let declared = kernel_setting(model, host, MACHINE)?;
    let most: i128 = declared.value.trim().parse().ok()?;
    let needed: i128 = files(model, machines, host).map(|files| files.number).sum();
    (most < needed).then(|| {
        let title = format!(
            "the servers of `{}` may need {needed} open files together, and it has {most} (`{MACHINE}`)",
            model.host(host).name.value
        );
        Finding::new(Code::TooFewFiles, declared.span, title)
            .help(format!("raise `{MACHINE}` above {needed} on the host and here, or lower `{CLIENTS}` or `{CONNECTIONS}`"))
            .note("with none left, servers cannot accept clients, nor open the files that they save to")
    })
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    fn with(sysctl: &str) -> Vec<String> {
        codes_of(&super::RULE.fails.spec.replace("\"fs.nr_open\" = 32768", sysctl))
    }

    #[test]
    fn clients_and_the_servers_own() {
        assert_eq!(with("\"fs.nr_open\" = 50031"), ["too-few-files"]);
        assert_eq!(with("\"fs.nr_open\" = 50032"), [""; 0]);
        assert_eq!(with("\"fs.file-max\" = 50031"), ["too-few-files"]);
        assert_eq!(with("fs.file-max = 50032"), [""; 0]);
        assert_eq!(with("\"fs.nr_open\" = 9, \"fs.file-max\" = 9"), ["too-few-files"], "once");
    }

    #[test]
    fn connections_of_memcached() {
        let with = |most: u32, limit: &str| {
            codes_of(&format!(
                "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"10.0.0.1\", sysctl = {{ \"fs.nr_open\" = {most} }} }}\n\
                 [memcached.m]\nversion = \"1.6\"\nhosts = [\"a\"]\nconfig = {{ {limit} }}\n"
            ))
        };
        assert_eq!(with(1023, ""), ["too-few-files"]);
        assert_eq!(with(1024, ""), [""; 0]);
        assert_eq!(with(4096, "conn-limit = 5000"), ["too-few-files"]);
    }
}
