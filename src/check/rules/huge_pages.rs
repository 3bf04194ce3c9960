//! The rule `huge-pages`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Machines, deployments_of};
use crate::diag::{Code, Finding, Findings};
use crate::model::{HostId, Model};
use crate::source::Span;
use crate::spec::{HugePages, listed};

/// A host whose huge pages make forks slow and memory grow.
pub(super) static RULE: Rule = Rule {
    code: Code::HugePages,
    group: RuleGroup::Operations,
    about: "A host whose huge pages make forks slow and memory grow",
    why: r#"With transparent huge pages always on, a server's memory comes in pages of 2 MB. While a child saves, each write
copies one of those instead of one of 4 kB: clients wait, and the memory that is needed doubles quickly. From 6.2 on a
server tells the kernel to spare it (`disable-thp`, on by default); 6.0 cannot, and writes a warning.

Boot the host with `transparent_hugepage=madvise`, or write `madvise` to /sys/kernel/mm/transparent_hugepage/enabled
before servers start, and declare `transparent-hugepage = "madvise"`."#,
    source: "syscheck.c (checkTHPEnabled) and server.c (linuxMemoryWarnings, THPDisable) of Redis 6.0.16 and 7.0.15",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a", transparent-hugepage = "always" }

[redis.sessions]
version = "6.0"
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
cache-a = { address = "10.0.1.11", zone = "a", transparent-hugepage = "madvise" }

[redis.sessions]
version = "6.0"
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

/// What a server spares itself with, from 6.2 on.
const NAME: &str = "disable-thp";

fn run(model: &Model, findings: &mut Findings) {
    let machines = Machines::of(model);
    for at in 0..model.hosts.len() {
        let declared = model.hosts[at].spec.transparent_hugepage;
        if let Some(declared) = declared.filter(|declared| declared.value == HugePages::Always) {
            findings.extend(cannot(model, &machines, HostId(at), declared.span));
            findings.extend(need_not(model, &machines, HostId(at), declared.span));
        }
    }
}

/// Servers that do not know how to spare themselves.
fn cannot(model: &Model, machines: &Machines<'_>, host: HostId, declared: Span) -> Option<Finding> {
    let servers = machines.on(host).iter().filter(|running| running.servers.deployment.is_some());
    let names = deployments_of(servers.filter(|running| !running.knows(NAME)));
    let verb = if names.len() == 1 { "gets" } else { "get" };
    let host = &model.host(host).name.value;
    (!names.is_empty()).then(|| {
        Finding::new(Code::HugePages, declared, format!("{} {verb} huge pages on `{host}`", listed(&names)))
            .help("boot the host with `transparent_hugepage=madvise`, and write `\"madvise\"` here")
            .note("while a child saves, each write copies 2 MB instead of 4 kB; Redis 6.2 and later spare themselves")
            .guess(declared, "\"madvise\"")
    })
}

/// Servers that are told not to.
fn need_not(model: &Model, machines: &Machines<'_>, host: HostId, declared: Span) -> Vec<Finding> {
    let told = machines.on(host).iter().filter_map(|running| {
        let place = running.place(NAME).filter(|_| running.is(NAME, false) && running.servers.deployment.is_some())?;
        let title = format!("{} is told to take huge pages, which `{}` always gives", running.servers, model.host(host).name.value);
        let mut finding = Finding::new(Code::HugePages, place, title)
            .related(declared, "always")
            .help(format!("write `{NAME} = true`, the default"))
            .note("while a child saves, each write copies 2 MB instead of 4 kB");
        if let Some(span) = running.value_place(NAME) {
            finding = finding.guess(span, "true");
        }
        Some(finding.of(running.servers.name))
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn later_servers_spare_themselves() {
        let spec = super::RULE.fails.spec.replace("\"6.0\"", "\"6.2\"");
        assert_eq!(codes_of(&spec), [""; 0]);
        assert_eq!(codes_of(&spec.replace("maxmemory =", "disable-thp = false\nmaxmemory =")), ["huge-pages"]);
    }
}
