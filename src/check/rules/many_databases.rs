//! The rule `many-databases`.

use crate::catalog::{Engine, Version};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::value::{Value, runtime_value};

/// So many databases that they cost memory or time while they are empty.
pub(super) static RULE: Rule = Rule {
    code: Code::ManyDatabases,
    group: RuleGroup::Settings,
    about: "So many databases that they cost memory or time while they are empty",
    why: "Servers take any number up to 2147483647 and make all databases when they start, used or not. Measured with a
million empty ones: Redis 6.0 and 7.0 take 0.5 GB and answer after a second, Valkey 8.0 takes 0.7 GB, and Redis 8.0
takes 3.7 GB, answers after 12 seconds and is busy with one FLUSHALL for 25. What is not there in memory ends the start:
\"Out Of Memory allocating 171798691760 bytes!\" for the highest number.

Valkey 9 makes its databases when they are used, and only keeps a list of them. In a cluster, though, 9.1 goes through
all of `cluster-databases` before it answers: 26 seconds for a million, and hours for the highest number.",
    source: "server.c (initServer) of Redis 6.0.16 to 8.0.6 and Valkey 8.0.1 to 9.1.2; measured on these servers",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "8.0"
topology = "standalone"
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~session:* +@read +@write -@dangerous" }

[redis.sessions.config]
databases = 1_000_000
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "8.0"
topology = "standalone"
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~session:* +@read +@write -@dangerous" }

[redis.sessions.config]
databases = 100
"#,
    ),
    stage: Stage::Model(run),
};

/// From which number on a directive's databases are worth a word, and which.
struct Cost {
    name: &'static str,
    from: i128,
    note: &'static str,
}

fn costs(servers: &Servers<'_>) -> [Cost; 2] {
    // The array of databases became one of pointers, filled at first use.
    let at_first_use =
        servers.target.engine == Engine::Valkey && servers.target.versions.first >= Version::new(9, 0, 0);
    let databases = if at_first_use {
        Cost {
            name: "databases",
            from: 10_000_000,
            note: "each takes 8 bytes while it is empty, and the server goes through all of them again and again: ten million keep an idle Valkey 9.1 on a tenth of a processor",
        }
    } else {
        Cost {
            name: "databases",
            from: 100_000,
            note: "each takes 0.5 to 4 kB while it is empty: a million are 0.5 GB on Redis 7.0, 3.7 GB on Redis 8.0, and a start of 12 seconds there",
        }
    };
    let in_cluster = Cost {
        name: "cluster-databases",
        from: 100_000,
        note: "the server goes through all of them before it answers: a million take Valkey 9.1 26 seconds",
    };
    [databases, in_cluster]
}

fn run(model: &Model, findings: &mut Findings) {
    for servers in Servers::all(model) {
        for cost in costs(&servers) {
            findings.append(too_many(&servers, &cost));
        }
    }
}

/// Whether a number of databases is told of here.
pub(super) fn is_told(servers: &Servers<'_>, name: &str, number: i128) -> bool {
    // `cluster-databases` means nothing outside a cluster, and `databases` is 1 in some.
    let taken = runtime_value(name, &Value::Integer(number), servers.in_cluster(), servers.target);
    let ignored = name == "cluster-databases" && !servers.in_cluster();
    let from = costs(servers).into_iter().find(|cost| cost.name == name).map(|cost| cost.from);
    !ignored && taken == Value::Integer(number) && from.is_some_and(|from| number >= from)
}

/// One finding for each place where the number is set.
fn too_many(servers: &Servers<'_>, cost: &Cost) -> Findings {
    let mut findings = Findings::default();
    let many = |running: &Running<'_>| {
        let number = running.integer(cost.name)?;
        is_told(servers, cost.name, number).then(|| running.place_or_node(cost.name))
    };
    for (place, nodes) in faults(*servers, many) {
        let Some(number) = nodes.first().and_then(|running| running.integer(cost.name)) else { continue };
        let title =
            format!("`{}` of {servers} is {number}, and the server makes room for all of them", cost.name);
        findings.push(
            Finding::new(Code::ManyDatabases, place, title)
                .help("write as many as are used")
                .note(cost.note)
                .of(servers.name),
        );
    }
    findings
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    fn codes(engine: &str, version: &str, topology: &str, config: &str) -> Vec<String> {
        codes_of(&format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n\
             [{engine}.s]\nversion = \"{version}\"\n{topology}\nhosts = [\"a\"]\n[{engine}.s.config]\n{config}\n"
        ))
    }

    const ALONE: &str = "topology = \"standalone\"";
    const CLUSTER: &str = "topology = \"cluster\"\nshards = 3\nsurvives = \"nothing\"";

    #[test]
    fn what_is_cheap_is_not_told() {
        let none: [&str; 0] = [];
        assert_eq!(codes("redis", "7.0", ALONE, "databases = 99_999"), none);
        assert_eq!(codes("redis", "7.0", ALONE, "databases = 100_000"), ["many-databases"]);
        assert_eq!(codes("valkey", "8.1", ALONE, "databases = 100_000"), ["many-databases"]);
        assert_eq!(codes("valkey", "9.1", ALONE, "databases = 1_000_000"), none);
        assert_eq!(codes("valkey", "9.1", ALONE, "databases = 2_147_483_647"), ["many-databases"]);
    }

    #[test]
    fn clusters_have_a_number_of_their_own() {
        assert_eq!(codes("valkey", "9.1", CLUSTER, "cluster-databases = 100_000"), ["many-databases"]);
        let no_effect = ["ineffective-setting"];
        assert_eq!(codes("valkey", "9.1", ALONE, "cluster-databases = 100_000"), no_effect);
        // It is 1 there, whatever is written.
        assert_eq!(codes("redis", "8.0", CLUSTER, "databases = 1_000_000"), no_effect);
    }
}
