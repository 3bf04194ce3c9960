//! The rule `short-accept-queue`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, kernel_setting, on_machine};
use crate::diag::{Code, Finding, Findings};
use crate::model::{HostId, Model};

/// A queue for new connections that the host cuts short.
pub(super) static RULE: Rule = Rule {
    code: Code::ShortAcceptQueue,
    group: RuleGroup::Operations,
    about: "A queue for new connections that the host cuts short",
    why: "`tcp-backlog` asks the kernel for a queue of so many connections that wait to be accepted, and no queue is longer than
`net.core.somaxconn`. When clients come back all at once, after a failover or a deployment of theirs, those beyond the
queue are not answered, and try again after one, three and seven seconds. The server warns when it starts.

Set `net.core.somaxconn` to 4096, the kernel's own default since 5.4, on the host and in the spec; the rendered
sysctl.conf writes what the spec declares.",
    source: "server.c (checkTcpBacklogSettings) of Redis 7.0.15; listen(2); ip-sysctl.rst of Linux",
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
/// What a server asks for.
const ASKED: &str = "tcp-backlog";
/// The kernel's own default since 5.4.
const USUAL: i128 = 4096;

fn run(model: &Model, findings: &mut Findings) {
    findings.extend((0..model.hosts.len()).filter_map(|at| finding(model, HostId(at))));
}

fn finding(model: &Model, host: HostId) -> Option<Finding> {
    let declared = kernel_setting(model, host, NAME)?;
    let most: i128 = declared.value.trim().parse().ok()?;
    let asks = |running: Running<'_>| Some((running.number(ASKED)?, running.servers.to_string(), running.place(ASKED)));
    let (asked, who, place) = on_machine(model, host).filter_map(asks).max()?;
    if most >= asked {
        return None;
    }
    let enough = asked.max(USUAL).to_string();
    let title = format!(
        "`{}` lets {most} connections wait to be accepted, and {who} asks for {asked} (`{ASKED}`)",
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
}
