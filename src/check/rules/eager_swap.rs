//! The rule `eager-swap`.

use crate::check::memcacheds::MemcachedServer;
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Machines, deployments_of, kernel_setting};
use crate::diag::{Code, Finding, Findings};
use crate::model::{HostId, Model};
use crate::spec::listed;

/// A host that swaps out a server's memory to make room for files.
pub(super) static RULE: Rule = Rule {
    code: Code::EagerSwap,
    group: RuleGroup::Operations,
    about: "A host that swaps out a server's memory to make room for files",
    why: "Swap keeps the kernel from killing a server that grew beyond the machine, and a little of it is good to have. With
`vm.swappiness` at 60, the kernel's default, or above, it also swaps out memory that was not used for a while to keep
more of files in memory: of snapshots and logs, which nobody reads again. A Redis that asks for a page that is on disk
waits for the disk, and with it every client; the next snapshot reads all of them back.

Set `vm.swappiness` to 1 on the host and in the spec: the kernel then swaps when it must. The rendered sysctl.conf
writes what the spec declares. Numbers below 60 are taken for a decision, and nothing is said of hosts that are not
declared to have `swap`, or of memcached that locks its memory (`lock-memory`).",
    source: "Documentation/admin-guide/sysctl/vm.rst of Linux 6.1; the numbers were not measured",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a", swap = true }

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
cache-a = { address = "10.0.1.11", zone = "a", swap = true, sysctl = { "vm.swappiness" = 1 } }

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

/// The kernel's setting in question, and its default.
const NAME: &str = "vm.swappiness";
const USUAL: i64 = 60;

fn run(model: &Model, findings: &mut Findings) {
    let machines = Machines::of(model);
    findings.extend((0..model.hosts.len()).filter_map(|at| finding(model, &machines, HostId(at))));
}

fn finding(model: &Model, machines: &Machines<'_>, host: HostId) -> Option<Finding> {
    let swap = model.host(host).spec.swap.filter(|swap| swap.value)?;
    let declared = kernel_setting(model, host, NAME);
    let swappiness = match declared {
        Some(declared) => declared.value.trim().parse().ok()?,
        None => USUAL,
    };
    let servers = machines.on(host).iter().filter(|running| running.servers.deployment.is_some());
    let mut names = deployments_of(servers);
    let unlocked = MemcachedServer::on_machine(model, host).filter(|server| server.given("lock-memory").is_none());
    names.extend(unlocked.map(|server| server.name()));
    names.sort_unstable();
    names.dedup();
    if swappiness < USUAL || names.is_empty() {
        return None;
    }
    let (name, names) = (&model.host(host).name.value, listed(&names));
    let title = match declared {
        Some(_) => format!("`{name}` swaps out memory of {names} for the sake of files: `{NAME}` is {swappiness}"),
        None => format!("`{name}` may swap, and nothing keeps it from swapping out memory of {names} for the sake of files"),
    };
    let finding = Finding::new(Code::EagerSwap, declared.map_or(swap.span, |declared| declared.span), title)
        .help(format!("set `{NAME}` to 1 on the host, and write `sysctl = {{ \"{NAME}\" = 1 }}` here"));
    Some(match declared {
        Some(declared) => finding.related(swap.span, "it may swap").guess(declared.span, "1"),
        None => finding.note(format!("`{NAME}` is {USUAL} where nothing sets it")),
    })
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    fn with(host: &str) -> Vec<String> {
        codes_of(&super::RULE.fails.spec.replace("swap = true", host))
    }

    #[test]
    fn below_the_default_somebody_decided() {
        assert_eq!(with("swap = true, sysctl = { \"vm.swappiness\" = 60 }"), ["eager-swap"]);
        assert_eq!(with("swap = true, sysctl = { vm.swappiness = 59 }"), [""; 0]);
        assert_eq!(with("swap = false, sysctl = { \"vm.swappiness\" = 100 }"), [""; 0]);
        assert_eq!(with("sysctl = { \"vm.swappiness\" = 100 }"), [""; 0]);
    }

    #[test]
    fn memcached_may_lock_its_memory() {
        let of = |config: &str| {
            codes_of(&format!(
                "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"10.0.0.1\", swap = true }}\n\
                 [memcached.m]\nversion = \"1.6\"\nhosts = [\"a\"]\nconfig = {{ {config} }}\n"
            ))
        };
        assert_eq!(of(""), ["eager-swap"]);
        assert_eq!(of("lock-memory = true"), [""; 0]);
    }
}
