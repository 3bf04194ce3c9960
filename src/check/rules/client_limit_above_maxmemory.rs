//! The rule `client-limit-above-maxmemory`.

use crate::check::footprint::rounded;
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::source::Span;
use crate::value::Value;

/// Clients may take all of the memory before one of them is dropped.
pub(super) static RULE: Rule = Rule {
    code: Code::ClientLimitAboveMaxmemory,
    group: RuleGroup::Memory,
    about: "Clients may take all of the memory before one of them is dropped",
    why: r#"The buffers of clients are part of what `maxmemory` bounds, and `maxmemory-clients` bounds them among each other:
above it the server drops the clients that take most. Where it is no less than `maxmemory`, the server is full first:
keys are evicted, or writes refused, and no client is ever dropped for its memory.

Set it to what clients may take of `maxmemory`: a percentage such as `"5%"` follows `maxmemory` when that changes."#,
    source: "networking.c (getClientEvictionLimit, evictClients) and evict.c (getMaxmemoryState) of Redis 7.0.15",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
purpose = "cache"

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-clients = "2gb"
maxmemory-policy = "allkeys-lru"
save = []

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
purpose = "cache"

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-clients = "5%"
maxmemory-policy = "allkeys-lru"
save = []

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        let place = |running: &Running<'_>| Some(above(running)?.2);
        for (place, nodes) in faults(Servers::of_deployment(deployment), place) {
            let Some((running, (clients, memory, _))) =
                nodes.first().and_then(|running| Some((running, above(running)?)))
            else {
                continue;
            };
            let name = &deployment.name.value;
            let title = format!(
                "`maxmemory-clients` of `{name}` is {clients}, and `maxmemory` {}: no client is dropped before the server is full",
                rounded(memory)
            );
            findings.push(
                Finding::new(RULE.code, place, title)
                    .related(running.place_or_node("maxmemory"), "buffers of clients count here")
                    .help("write what clients may take of it, such as `\"5%\"`")
                    .note("when the buffers grow, keys are evicted or writes refused")
                    .of(name),
            );
        }
    }
}

/// A limit of clients that is no lower than `maxmemory`, that, and where the former stands.
fn above(running: &Running<'_>) -> Option<(String, u64, Span)> {
    let memory = running.bytes("maxmemory").filter(|bytes| *bytes > 0)?;
    let clients = match running.value("maxmemory-clients")? {
        Value::Bytes(clients) if *clients >= memory => rounded(*clients),
        Value::Percent(100) => "100%".to_owned(),
        _ => return None,
    };
    Some((clients, memory, running.place_or_node("maxmemory-clients")))
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    const NONE: [&str; 0] = [];

    fn codes(config: &str) -> Vec<String> {
        codes_of(&format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n[redis.s]\nversion = \"7.2\"\n\
             topology = \"standalone\"\nhosts = [\"a\"]\nconfig = {{ {config} }}\n"
        ))
    }

    #[test]
    fn the_limit_of_clients_is_reached_first_where_it_is_smaller() {
        let found = ["client-limit-above-maxmemory"];
        assert_eq!(codes("maxmemory = \"1gb\", maxmemory-clients = \"1023mb\""), NONE);
        assert_eq!(codes("maxmemory = \"1gb\", maxmemory-clients = \"1gb\""), found);
        assert_eq!(codes("maxmemory = \"1gb\", maxmemory-clients = \"100%\""), found);
        assert_eq!(codes("maxmemory = \"1gb\", maxmemory-clients = \"99%\""), NONE);
        assert_eq!(codes("maxmemory = \"1gb\", maxmemory-clients = 0"), NONE);
        assert_eq!(codes("maxmemory-clients = \"1gb\""), NONE);
    }
}
