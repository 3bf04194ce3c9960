//! The rule `fork-refused`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Machines, deployments_of, kernel_setting};
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, HostId, Model};
use crate::spec::listed;

/// A host that may refuse the forks that its servers save and copy with.
pub(super) static RULE: Rule = Rule {
    code: Code::ForkRefused,
    group: RuleGroup::Operations,
    about: "A host that may refuse the forks that its servers save and copy with",
    why: r#"Snapshots, rewrites of the append-only file and full copies for replicas are written by a child process, which shares
the server's memory and copies only what changes meanwhile. With `vm.overcommit_memory = 2` the kernel sets aside as
much as the parent has all the same, and refuses the fork where it cannot; with 0 it refuses what looks like too much.
Then nothing is saved, the server refuses writes ("MISCONF …") where it has save points, and replicas get no copy.

Set `vm.overcommit_memory` to 1 on the host and in the spec. The rendered sysctl.conf writes what the spec declares."#,
    source: "syscheck.c (checkOvercommit) of Redis 7.0.15; Documentation/mm/overcommit-accounting.rst of Linux",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a", sysctl = { "vm.overcommit_memory" = 0 } }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
purpose = "store"

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"
appendonly = true

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a", sysctl = { "vm.overcommit_memory" = 1 } }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
purpose = "store"

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"
appendonly = true

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

/// The kernel's setting in question.
const NAME: &str = "vm.overcommit_memory";

fn run(model: &Model, findings: &mut Findings) {
    let machines = Machines::of(model);
    findings.extend((0..model.hosts.len()).filter_map(|at| finding(model, &machines, HostId(at))));
}

fn finding(model: &Model, machines: &Machines<'_>, host: HostId) -> Option<Finding> {
    let declared = kernel_setting(model, host, NAME)?;
    let note = match declared.value.as_str() {
        "0" => "with 0 the kernel refuses what looks like too much; the server warns of it when it starts",
        "2" => "with 2 the kernel sets aside as much again as the server has, and refuses where it cannot",
        _ => return None,
    };
    let forks = machines.on(host).iter().filter(|running| {
        let copies = running.servers.deployment.is_some_and(Deployment::has_replicas);
        running.servers.deployment.is_some() && (copies || running.persists() == Some(true))
    });
    let names = deployments_of(forks);
    let (needs, them) = if names.len() == 1 { ("saves and copies", "its") } else { ("save and copy", "their") };
    if names.is_empty() {
        return None;
    }
    let title = format!(
        "`{}` may refuse the forks that {} {needs} {them} data with",
        model.host(host).name.value,
        listed(&names)
    );
    Some(
        Finding::new(Code::ForkRefused, declared.span, title)
            .help(format!("set `{NAME}` to 1 on the host, and write `1` here"))
            .note(note)
            .guess(declared.span, "1"),
    )
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn only_where_somebody_forks() {
        let spec = super::RULE.fails.spec;
        assert_eq!(codes_of(&spec.replace("= 0 }", "= 2 }")), ["fork-refused"]);
        assert_eq!(codes_of(&spec.replace("= 0 }", "= \"0\" }")), ["fork-refused"]);
        let cache = spec.replace("purpose = \"store\"\n", "").replace("appendonly = true", "save = []");
        assert_eq!(codes_of(&cache), [""; 0]);
    }
}
