//! The rule `short-accept-queue`.

use crate::check::memcacheds::MemcachedServer;
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Machines, Running, kernel_setting};
use crate::diag::{Code, Finding, Findings};
use crate::model::{HostId, Model};
use crate::source::Span;

/// A queue for new connections that the host cuts short.
pub(super) static RULE: Rule = Rule {
    code: Code::ShortAcceptQueue,
    group: RuleGroup::Operations,
    about: "A queue for new connections that the host cuts short",
    why: "`tcp-backlog` (memcached: `listen-backlog`) asks the kernel for a queue of so many connections that wait to be
accepted, and no queue is longer than `net.core.somaxconn`. When clients come back all at once, after a failover or a
deployment of theirs, those beyond the queue are not answered, and try again after one, three and seven seconds. Redis
warns when it starts, memcached does not.

Set `net.core.somaxconn` to 4096, the kernel's own default since 5.4, on the host and in the spec; the rendered
sysctl.conf writes what the spec declares.",
    source: "server.c (checkTcpBacklogSettings) of Redis 7.0.15; server_socket (memcached.c) of 1.6.38; listen(2); ip-sysctl.rst of Linux",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a", sysctl = { "net.core.somaxconn" = 128 } }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a", sysctl = { "net.core.somaxconn" = 4096 } }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

/// The kernel's setting in question.
const NAME: &str = "net.core.somaxconn";
/// What a server asks for, and memcached.
const ASKED: &str = "tcp-backlog";
const ASKED_BY_MEMCACHED: &str = "listen-backlog";
/// The kernel's own default since 5.4.
const USUAL: i128 = 4096;

fn run(model: &Model, findings: &mut Findings) {
    let machines = Machines::of(model);
    findings.extend((0..model.hosts.len()).filter_map(|at| finding(model, &machines, HostId(at))));
}

/// The queue that a server asks for.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Queue {
    length: i128,
    who: String,
    option: &'static str,
    /// Where that is set.
    place: Option<Span>,
}

/// The queue of each server of a machine.
fn queues(model: &Model, machines: &Machines<'_>, host: HostId) -> impl Iterator<Item = Queue> {
    let redis = |running: &Running<'_>| {
        let length = running.number(ASKED)?;
        Some(Queue { length, who: running.servers.to_string(), option: ASKED, place: running.place(ASKED) })
    };
    let memcached = |server: MemcachedServer<'_>| {
        let option = ASKED_BY_MEMCACHED;
        let place = server.given(option).map(|given| server.place(given));
        Some(Queue { length: server.number(option)?.into(), who: format!("`{}`", server.name()), option, place })
    };
    let memcacheds = MemcachedServer::on_machine(model, host).filter_map(memcached);
    machines.on(host).iter().filter_map(redis).chain(memcacheds)
}

fn finding(model: &Model, machines: &Machines<'_>, host: HostId) -> Option<Finding> {
    let declared = kernel_setting(model, host, NAME)?;
    let most: i128 = declared.value.trim().parse().ok()?;
    let Queue { length: asked, who, option, place } = queues(model, machines, host).max()?;
    if most >= asked {
        return None;
    }
    let enough = asked.max(USUAL).to_string();
    let title = format!(
        "`{}` lets {most} connections wait to be accepted, and {who} asks for {asked} (`{option}`)",
        model.host(host).name.value
    );
    let mut finding = Finding::new(Code::ShortAcceptQueue, declared.span, title)
        .help(format!("set `{NAME}` to {enough} on the host, and write `{enough}` here"))
        .note("when clients come back all at once, those beyond the queue try again after seconds")
        .guess(declared.span, enough);
    if let Some(place) = place {
        finding = finding.related(place, "asked for here");
    }
    Some(finding)
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn as_long_as_asked_is_long_enough() {
        let with = |most: u32| codes_of(&super::RULE.fails.spec.replace("= 128 }", &format!("= {most} }}")));
        assert_eq!(with(510), ["short-accept-queue"]);
        assert_eq!(with(511), [""; 0]);
    }

    #[test]
    fn memcached_asks_for_one_as_well() {
        let with = |most: u32, config: &str| {
            codes_of(&format!(
                "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"10.0.0.1\", sysctl = {{ \"net.core.somaxconn\" = {most} }} }}\n\
                 [memcached.m]\nversion = \"1.6\"\nhosts = [\"a\"]\nconfig = {{ {config} }}\n"
            ))
        };
        assert_eq!(with(1023, ""), ["short-accept-queue"]);
        assert_eq!(with(1024, ""), [""; 0]);
        assert_eq!(with(1024, "listen-backlog = 1025"), ["short-accept-queue"]);
    }
}
