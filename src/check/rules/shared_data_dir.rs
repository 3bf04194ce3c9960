//! The rule `shared-data-dir`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::servers::{Servers, machine};
use crate::diag::{Code, Finding, Findings};
use crate::model::{Assigned, Model, Node};
use crate::source::Span;
use crate::spec::listed;
use crate::value::Value;

/// Two servers that write the same files.
pub(super) static RULE: Rule = Rule {
    code: Code::SharedDataDir,
    group: RuleGroup::Topology,
    about: "Two servers that write the same files",
    why: "A server writes into its working folder (`dir`, from `data-dir`): the snapshot, the append-only file, in a
cluster what it knows of the other nodes, and here its users too. No server asks whether the folder belongs to
another: both overwrite each other's files in turn, and the next start reads the other's data. Only nodes of a
cluster lock `nodes.conf`; the second does not start.

Without `data-dir` each server has a folder of its own, named after deployment and port. Where you name
folders, name one for each server of a machine, in `[redis.NAME.nodes.NODE]` where a deployment has several
there. Hosts with the same address are one machine.

A sentinel writes its sentinel.conf alone, but its start would take a server's files for its own, and the server's
start would take sentinel.conf for data: it needs a folder of its own too.",
    source: "rdbSave (rdb.c), aof.c, clusterLockConfig (cluster.c) and ACLSaveToFile (acl.c) of Redis 7.0.15",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~session:* +@read +@write -@dangerous" }
data-dir = "/srv/redis"

[redis.carts]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~cart:* +@read +@write -@dangerous" }
port = 6380
data-dir = "/srv/redis"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~session:* +@read +@write -@dangerous" }
data-dir = "/srv/redis/sessions"

[redis.carts]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~cart:* +@read +@write -@dangerous" }
port = 6380
data-dir = "/srv/redis/carts"
"#,
    ),
    stage: Stage::Model(run),
};

/// The directives that say which files a server writes.
const NAMES: [&str; 8] = [
    "dir",
    "dbfilename",
    "appendonly",
    "appenddirname",
    "appendfilename",
    "cluster-config-file",
    "aclfile",
    "cluster-enabled",
];

/// The only file that a sentinel writes.
const SENTINEL_FILE: &str = "sentinel.conf";

/// A server and the folder that it writes to.
struct Writer<'m> {
    machine: &'m str,
    folder: Cow<'m, str>,
    servers: Servers<'m>,
    node: &'m Node,
}

fn run(model: &Model, findings: &mut Findings) {
    let mut writers: Vec<Writer<'_>> = Vec::new();
    for servers in Servers::all(model) {
        if !servers.is_poisoned(&NAMES) {
            writers.extend(servers.nodes.iter().filter_map(|node| writer(model, servers, node)));
        }
    }
    // By node last, so that the first of several is the same on every run.
    writers.sort_by(|a, b| {
        let owners = || (&a.servers.name.value, &a.node.id).cmp(&(&b.servers.name.value, &b.node.id));
        (a.machine, &a.folder).cmp(&(b.machine, &b.folder)).then_with(owners)
    });
    // Two deployments that share folders on all of their hosts are one mistake.
    let mut shared: BTreeMap<(&str, &str), Vec<(&Writer<'_>, &Writer<'_>)>> = BTreeMap::new();
    for same in writers.chunk_by(|a, b| (a.machine, &a.folder) == (b.machine, &b.folder)) {
        for (at, other) in same.iter().enumerate() {
            let clashing = |first: &&Writer<'_>| clash(first, other);
            if let Some(first) = same.iter().take(at).find(clashing) {
                let owners = (first.servers.name.value.as_str(), other.servers.name.value.as_str());
                shared.entry(owners).or_default().push((first, other));
            }
        }
    }
    for pairs in shared.values() {
        if let Some(((first, other), more)) = pairs.split_first() {
            findings.push(finding(model, first, other, more));
        }
    }
}

fn writer<'m>(model: &'m Model, servers: Servers<'m>, node: &'m Node) -> Option<Writer<'m>> {
    let folder = normal(text(&servers, node, "dir")?);
    Some(Writer { machine: machine(model, node.host), folder, servers, node })
}

/// The files that a server writes, as paths below its folder.
fn files(writer: &Writer<'_>) -> Vec<String> {
    let Writer { servers, node, folder, .. } = writer;
    if servers.deployment.is_none() {
        return vec![SENTINEL_FILE.to_owned()];
    }
    let name = |name, default: &str| {
        text(servers, node, name).map_or_else(|| default.to_owned(), Cow::into_owned)
    };
    let mut files = vec![name("dbfilename", "dump.rdb")];
    if servers.is_on(node, "appendonly") {
        // Before 7.0 there is no folder for the parts (aof.c); no directive says so then either.
        let parts = servers.target.versions.first >= crate::catalog::Version::new(7, 0, 0);
        let file = name("appendfilename", "appendonly.aof");
        let below = name("appenddirname", "appendonlydir");
        files.push(if parts { format!("{below}/{file}") } else { file });
    }
    if servers.in_cluster() {
        files.push(name("cluster-config-file", "nodes.conf"));
    }
    if let Some(path) = text(servers, node, "aclfile") {
        let path = normal(path);
        files.extend(path.strip_prefix(&format!("{folder}/")).map(str::to_owned));
    }
    files.retain(|file| !file.is_empty());
    files
}

fn text<'m>(servers: &Servers<'m>, node: &'m Node, name: &str) -> Option<Cow<'m, str>> {
    match &servers.setting(node, name)?.value {
        Assigned::Value(Value::Text(text)) => Some(String::from_utf8_lossy(text)),
        _ => None,
    }
}

/// A path without what makes no difference: `/srv//redis/./a/` is `/srv/redis/a`.
fn normal(path: Cow<'_, str>) -> Cow<'_, str> {
    let absolute = path.starts_with('/');
    let below = if absolute { &path[1..] } else { &path };
    if below.split('/').all(|part| !matches!(part, "" | ".")) {
        return path;
    }
    let root = if absolute { "/" } else { "" };
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    Cow::Owned(format!("{root}{}", parts.join("/")))
}

fn clash(a: &Writer<'_>, b: &Writer<'_>) -> bool {
    // Folders that nobody named are equal only where name and port are; that is told as a clash of ports.
    let unnamed = |writer: &Writer<'_>| place(writer) == writer.node.span;
    let ports = |writer: &Writer<'_>| {
        ["port", "tls-port"].map(|name| writer.servers.integer(writer.node, name).unwrap_or(0))
    };
    let told = unnamed(a) && unnamed(b) && ports(a) == ports(b);
    !told && (mixed(a, b) || !both(a, b).is_empty())
}

/// The files that both write.
fn both(a: &Writer<'_>, b: &Writer<'_>) -> Vec<String> {
    let (there, mut files) = (files(a), files(b));
    files.retain(|file| there.contains(file));
    files
}

/// A sentinel and a server write different files, but start.sh of each minds what else is in the folder.
fn mixed(a: &Writer<'_>, b: &Writer<'_>) -> bool {
    a.servers.deployment.is_none() != b.servers.deployment.is_none()
}

fn place(writer: &Writer<'_>) -> Span {
    writer.servers.place(writer.node, "dir")
}

fn finding(
    model: &Model,
    first: &Writer<'_>,
    other: &Writer<'_>,
    more: &[(&Writer<'_>, &Writer<'_>)],
) -> Finding {
    let (one, two) = (&first.servers.name.value, &other.servers.name.value);
    let host = &model.host(other.node.host).name.value;
    let files = both(first, other);
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let title = if one == two {
        format!("two servers of `{one}` share the folder {} of `{host}`", other.folder)
    } else {
        format!("`{one}` and `{two}` share the folder {} of `{host}`", other.folder)
    };
    let mut finding = Finding::new(Code::SharedDataDir, place(other), title).of(two);
    if place(first) != place(other) {
        finding = finding
            .label(format!("the folder of `{two}`"))
            .related(place(first), format!("the folder of `{one}`"));
    }
    finding = finding.note(if mixed(first, other) {
        "a sentinel and a server in one folder take each other's files for their own, and refuse to start"
            .to_owned()
    } else {
        format!("they would overwrite each other's {}", listed(&files))
    });
    let there = &model.host(first.node.host);
    if there.name.value != *host {
        let same = format!("`{}` and `{host}` are one machine, {}", there.name.value, first.machine);
        finding = finding.related(there.address.span, same);
    }
    let mut hosts: Vec<&str> =
        more.iter().map(|(_, other)| model.host(other.node.host).name.value.as_str()).collect();
    hosts.sort_unstable();
    hosts.dedup();
    hosts.retain(|other| other != host);
    if !hosts.is_empty() {
        finding = finding.note(format!("they do so on {} as well", listed(&hosts)));
    }
    finding.help(if one == two {
        let table = match other.servers.deployment {
            Some(_) => other.servers.target.engine.to_string(),
            None => "sentinels".to_owned(),
        };
        format!("write a `data-dir` for each under `[{table}.{two}.nodes.{}]`, or none at all", other.node.id)
    } else {
        "give each a `data-dir` of its own, or none at all".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    const NONE: [&str; 0] = [];
    const SHARED: [&str; 1] = ["shared-data-dir"];

    fn of(hosts: &str, rest: &str) -> Vec<String> {
        codes_of(&format!("format = 1\nname = \"x\"\n[hosts]\n{hosts}\n{rest}"))
    }

    fn two(hosts: &str, one: &str, other: &str) -> Vec<String> {
        let at =
            |name: &str| if hosts.contains(&format!("{name} =")) { name.to_owned() } else { "a".to_owned() };
        let server = "version = \"7.2\"\ntopology = \"standalone\"";
        of(
            hosts,
            &format!(
                "[redis.s]\n{server}\nhosts = [\"a\"]\n{one}\n[redis.t]\n{server}\nhosts = [\"{}\"]\nport = 6380\n{other}\n",
                at("b")
            ),
        )
    }

    const ONE: &str = "a = { address = \"127.0.0.1\" }";
    const DIR: &str = "data-dir = \"/srv\"";

    #[test]
    fn a_folder_is_what_it_is_however_it_is_written() {
        assert_eq!(two(ONE, DIR, "data-dir = \"/srv/./\""), SHARED);
        assert_eq!(two(ONE, DIR, "data-dir = \"/srv/t\""), NONE);
        assert_eq!(two(ONE, DIR, ""), NONE);
        assert_eq!(two(ONE, "", "data-dir = \"/var/lib/redis/s-6379\""), SHARED);
    }

    #[test]
    fn a_sentinel_needs_its_own_too() {
        let with = |sentinels: &str| {
            let rest = format!(
                "[redis.s]\nversion = \"7.2\"\ntopology = \"sentinel\"\ninitial-primary = \"a\"\nreplicas = [\"b\"]\n\
                 survives = \"nothing\"\ndata-dir = \"/srv/r\"\nsentinel = {{ set = \"m\", quorum = 2 }}\n\
                 [sentinels.m]\nversion = \"7.2\"\nhosts = [\"a\", \"b\", \"c\"]\n{sentinels}"
            );
            let hosts = [("a", 1), ("b", 2), ("c", 3)];
            of(&hosts.map(|(name, at)| format!("{name} = {{ address = \"127.0.0.{at}\" }}")).join("\n"), &rest)
        };
        assert_eq!(with("data-dir = \"/srv/r/\""), SHARED);
        assert_eq!(with("data-dir = \"/srv/sentinel\""), NONE);
        assert_eq!(with(""), NONE);
    }

    #[test]
    fn machines_are_addresses() {
        let (same, other) = ("\nb = { address = \"127.0.0.1\" }", "\nb = { address = \"127.0.0.2\" }");
        assert_eq!(two(&format!("{ONE}{same}"), DIR, DIR), SHARED);
        assert_eq!(two(&format!("{ONE}{other}"), DIR, DIR), NONE);
    }

    #[test]
    fn files_of_other_names_do_not_clash() {
        let named = format!("{DIR}\nconfig.dbfilename = \"s.rdb\"");
        assert_eq!(two(ONE, &named, DIR), NONE);
        let aof = "\nconfig.appendonly = true";
        assert_eq!(two(ONE, &format!("{named}{aof}"), DIR), NONE, "only one has an append-only file");
        assert_eq!(two(ONE, &format!("{named}{aof}"), &format!("{DIR}{aof}")), SHARED);
        let elsewhere = "\nconfig.appenddirname = \"t\"";
        assert_eq!(two(ONE, &format!("{named}{aof}"), &format!("{DIR}{aof}{elsewhere}")), NONE);
        let users = "\nusers.app = { passwords = [{ env = \"P\" }], rules = \"~* +get\" }";
        assert_eq!(two(ONE, &format!("{named}{users}"), &format!("{DIR}{users}")), SHARED);
    }

    #[test]
    fn nodes_of_one_deployment_need_their_own() {
        let cluster = |rest: &str| {
            of(
                ONE,
                &format!(
                    "[redis.c]\nversion = \"7.2\"\ntopology = \"cluster\"\nhosts = [\"a\"]\nport = 7000\n\
                     shards = 3\nreplicas = 0\nsurvives = \"nothing\"\n{rest}"
                ),
            )
        };
        assert_eq!(cluster(""), NONE);
        assert_eq!(cluster(DIR), NONE, "each has a folder of its own in it");
        let all = ["7000", "7001", "7002"].map(|port| format!("nodes.a-{port}.data-dir = \"/srv/1\"\n"));
        assert_eq!(cluster(&all.concat()), SHARED, "one finding for three nodes");
        assert_eq!(cluster(&all[1]), NONE);
    }

    #[test]
    fn one_port_twice_is_told_as_such() {
        let hosts = format!("{ONE}\nb = {{ address = \"127.0.0.1\" }}");
        let rest = "[redis.s]\nversion = \"7.2\"\ntopology = \"standalone\"\nhosts = [\"a\", \"b\"]\n";
        assert_eq!(of(&hosts, rest), ["port-clash"]);
    }
}
