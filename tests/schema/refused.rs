//! The schema has teeth: slips that `check` reports are refused by it, and none that `check` accepts.

use std::collections::BTreeMap;

use cachewright::diag::Level;
use cachewright::pipeline::Compiled;

use crate::mutate::mutations;
use crate::random::Random;
use crate::specs;
use crate::validator::{Schema, layer};

fn accepted(compiled: &Compiled) -> bool {
    compiled.findings.iter().all(|finding| finding.level != Level::Error)
}

/// What became of the mutations of one kind.
#[derive(Debug, Default)]
struct Tally {
    tried: usize,
    refused: usize,
}

#[test]
fn one_wrong_token_is_refused_only_where_check_refuses_it() {
    let schema = Schema::new();
    let mut kinds: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut wrong = Vec::new();
    for spec in specs::all() {
        for path in spec.texts.keys() {
            for mutation in mutations(&spec, path, &mut Random::new(1)) {
                let Some(layer) = layer(path, &mutation.text) else { continue };
                let tally = kinds.entry(mutation.kind).or_default();
                tally.tried += 1;
                if schema.accepts(&layer) {
                    continue;
                }
                tally.refused += 1;
                if accepted(&spec.with(path, mutation.text).compile()) {
                    wrong.push(format!("{path}: {}: {:?}", mutation.what, schema.errors(&layer)));
                }
            }
        }
    }
    eprintln!("{kinds:?}");
    assert!(wrong.is_empty(), "{wrong:#?}");
    let share = |kind| 100 * kinds[kind].refused / kinds[kind].tried;
    assert!(kinds["misspelt key"].tried > 300 && share("misspelt key") == 100, "{kinds:?}");
    // Days are texts to a schema, and which versions there are is the catalogue's business.
    assert!(share("wrong type") >= 80 && share("out of range") >= 80, "{kinds:?}");
}

const BASE: &str = "format = 1\nname = \"x\"\n\
    hosts.a.address = \"10.0.0.1\"\nhosts.b.address = \"10.0.0.2\"\n\
    redis.s.version = \"7.2\"\nredis.s.topology = \"standalone\"\nredis.s.hosts = [\"a\", \"b\"]\n\
    memcached.m.version = \"1.6.38\"\nmemcached.m.hosts = [\"a\"]\n";

/// The base with something added to a table, or replaced in the text.
fn changed(change: &(&str, &str)) -> String {
    let (from, to) = change;
    assert!(from.is_empty() || BASE.contains(from), "{from}");
    if from.is_empty() { format!("{BASE}{to}\n") } else { BASE.replacen(from, to, 1) }
}

/// Each is a mistake: what is replaced in the base, and by what.
const WRONG: &[(&str, &str)] = &[
    ("format = 1", "format = 2"),
    ("format = 1", "format = \"1\""),
    ("name = \"x\"", "name = \"\""),
    ("name = \"x\"", "nmae = \"x\""),
    ("hosts.b", "hosts.\"b c\""),
    ("hosts.b", "host.b"),
    ("", "hosts.b.zoen = \"z\""),
    ("", "hosts.b.memory = \"4 gb\""),
    ("", "hosts.b.memory = -1"),
    ("", "hosts.b.cpus = 0"),
    ("", "hosts.b.swap = \"no\""),
    ("", "hosts.b.transparent-hugepage = \"off\""),
    ("", "hosts.b.sysctl = { vm = { swappiness = true } }"),
    ("version = \"7.2\"", "version = 7.2"),
    ("version = \"7.2\"", "version = \"7\""),
    ("version = \"7.2\"", "version = \"07.2\""),
    ("topology = \"standalone\"", "topology = \"Standalone\""),
    ("topology = \"standalone\"", "topology = [\"standalone\"]"),
    ("hosts = [\"a\", \"b\"]", "hosts = \"a\""),
    ("hosts = [\"a\", \"b\"]", "hosts = [\"a\", 7]"),
    ("", "redis.s.port = 70000"),
    ("", "redis.s.port = \"6379\""),
    ("", "redis.s.maxmemory = \"1gb\""),
    ("", "redis.s.shards = 0"),
    ("", "redis.s.replicas = 101"),
    ("", "redis.s.survives = \"zones\""),
    ("", "redis.s.build = { tls = \"yes\" }"),
    ("", "redis.s.users.app.passwords = [\"hunter2\"]"),
    ("", "redis.s.users.app.passwords = [{}]"),
    ("", "redis.s.users.app.passwords = [{ env = \"A\", file = \"/a\" }]"),
    ("", "redis.s.users.app.passwords = [{ env = \"A\", unset = [\"file\"] }]"),
    ("", "redis.s.users.app.rules = [7]"),
    ("", "redis.s.users.app.enable = true"),
    ("", "redis.s.config.maxmemroy = \"1gb\""),
    ("", "redis.s.config.maxmemory-policy = \"allkeys-lfru\""),
    ("", "redis.s.config.appendonly = \"on\""),
    ("", "redis.s.config.hz = \"ten\""),
    ("", "redis.s.config.hz = [10]"),
    ("", "redis.s.config.requirepass = \"hunter2\""),
    ("", "redis.s.config.requirepass = { env = \"A\", file = \"/a\" }"),
    ("", "redis.s.config.maxmemory = { override = \"1gb\", why = \"x\" }"),
    ("", "redis.s.config.maxmemory = { env = \"A\" }"),
    ("", "redis.s.config.replicaof = \"10.0.0.1 6379\""),
    ("", "redis.s.config.max-item-size = \"2m\""),
    ("", "redis.s.config.unset = \"maxmemory\""),
    ("", "redis.s.nodes.a.config.maxmemroy = 1"),
    ("", "memcached.m.config.maxmemory = 64"),
    ("", "memcached.m.config.Memory-Limit = 64"),
    ("", "memcached.m.config.disable-cas = \"yes\""),
    ("", "memcached.m.config.vendor.setting = 1"),
    ("", "memcached.m.topology = \"standalone\""),
    ("", "redis.s.service.user = \"a b\""),
    ("", "redis.s.service.user = 999"),
    ("", "redis.s.service.group = \"-x\""),
    ("", "redis.s.service.program = \"redis-server\""),
    ("", "redis.s.service.programs = \"/opt/redis\""),
    ("", "memcached.m.install-dir = \"etc/m\""),
    ("", "sentinels.s.install-dir = \"/etc/a b\""),
    ("", "templates = [\"a\"]"),
    ("", "artifacts.a.path = \"../a\""),
    ("", "artifacts.a.path = \"/etc/a\""),
    ("", "artifacts.a.path = \"a//b\""),
    ("", "artifacts.a.path = \"a:b\""),
    ("", "artifacts.a.per = \"nodes\""),
    ("", "artifacts.a.mode = \"0777\""),
    ("", "artifacts.a.mode = 644"),
    ("", "artifacts.a.engines = \"redis\""),
    ("", "artifacts.a.engines = [\"rediss\"]"),
    ("", "lints.unused-hots = \"allow\""),
    ("", "lints.wrong-type = \"allow\""),
    ("", "lints.unused-host = \"ignore\""),
    ("", "lints.unused-host = { level = \"allow\", until = \"soon\" }"),
    ("format = 1", "format = 1\nextends = 1"),
];

/// Each is sound, though unusual.
const SOUND: &[(&str, &str)] = &[
    ("", ""),
    ("", "hosts.b.memory = \"4GB\"\nhosts.b.sysctl.vm.swappiness = 1"),
    ("", "redis.s.config.MaxMemory = \"1gb\""),
    ("", "redis.s.config.maxmemory-policy = \"ALLKEYS-LRU\""),
    ("", "redis.s.config.appendonly = \"YES\""),
    ("", "redis.s.config.hz = \"10\""),
    ("", "redis.s.config.save = []"),
    ("", "redis.s.config.slave-priority = 10"),
    ("", "redis.s.config.requirepass = { override = { env = \"A\" } }"),
    ("", "redis.s.config.bind = { override = [\"0.0.0.0\"] }"),
    ("", "redis.s.build.modules = true\nredis.s.config.\"search.timeout\" = 5"),
    (
        "version = \"7.2\"",
        "version = \"8.0\"\nredis.s.build.modules = true\nredis.s.config.search-timeout = 5",
    ),
    (
        "version = \"7.2\"",
        "version = \"8.0\"\nredis.s.build.modules = true\nredis.s.nodes.a.config.search-timeout = 5",
    ),
    (
        "version = \"7.2\"",
        "version = \"8.0\"\nredis.s.build.modules = true\nredis.s.profiles = [\"p\"]\nprofiles.p.config.search-timeout = 5",
    ),
    (
        "",
        "redis.s.service = { user = \"_cache\", group = \"999\", program = \"/opt/redis-7.2/bin/redis-server\" }",
    ),
    ("", "redis.s.install-dir = \"/opt/cache/\"\nmemcached.m.service.user = \"www-data\""),
    ("", "lints.unused-host = { level = \"allow\", reason = \"soon\", until = 2027-03-01 }"),
    ("", "lints.unused-host = \"error\""),
];

#[test]
fn slips_are_refused_where_check_refuses_them() {
    let schema = Schema::new();
    for change in WRONG {
        let text = changed(change);
        let layer = layer("a.toml", &text).unwrap_or_else(|| panic!("no TOML: {text}"));
        assert!(!accepted(&specs::one(text.clone())), "check accepts {change:?}");
        assert!(!schema.accepts(&layer), "the schema accepts {change:?}");
    }
}

#[test]
fn what_is_unusual_and_sound_is_accepted() {
    let schema = Schema::new();
    for change in SOUND {
        let text = changed(change);
        let Some(layer) = layer("a.toml", &text) else { panic!("no TOML: {text}") };
        let compiled = specs::one(text.clone());
        let findings: Vec<_> = compiled.findings.iter().map(|finding| &finding.title).collect();
        assert!(accepted(&compiled), "check refuses {change:?}: {findings:?}");
        let errors = schema.errors(&layer);
        assert!(errors.is_empty(), "the schema refuses {change:?}: {errors:#?}");
    }
}

#[test]
fn where_artifacts_may_lie() {
    let schema = Schema::new();
    let accepts = |path: &str, mode: &str| {
        let text = format!("artifacts.a = {{ path = \"{path}\", mode = \"{mode}\" }}\n");
        schema.accepts(&layer("a.toml", &text).unwrap())
    };
    for path in ["motd", "monitoring/targets.json", "a b/c.d/e-f", "grüße", "a..b"] {
        assert!(accepts(path, "0644"), "{path}");
    }
    for path in ["", ".", "..", "a/..", "a/", ".hidden", "a/.b", "a\\\\b", "a\\tb", "a\\u0085b"] {
        assert!(!accepts(path, "0644"), "{path}");
    }
    for mode in ["0644", "755", "0600", "0640"] {
        assert!(accepts("a", mode), "{mode}");
    }
    for mode in ["0664", "0444", "1755", "00644", "64", "0o644", "0648"] {
        assert!(!accepts("a", mode), "{mode}");
    }
}

#[test]
fn a_layer_may_leave_things_to_others_and_take_them_away() {
    let schema = Schema::new();
    for text in [
        "",
        "hosts.a.zone = \"z\"",
        "extends = \"base.toml\"\nunset = [\"lints\"]",
        "extends = [\"base.toml\", \"hosts.json\"]\nredis.s.unset = [\"survives\"]\nhosts.unset = [\"b\"]",
        "redis.s.config.unset = [\"maxmemory\"]\nredis.s.users.app.unset = [\"rules\"]",
        "redis.s.replication.password = { unset = [\"env\"], file = \"/a\" }",
        "sentinels.main.config = { unset = [\"loglevel\"] }\nprofiles.p.config.maxmemory = 1",
    ] {
        let errors = schema.errors(&layer("a.toml", text).unwrap());
        assert!(errors.is_empty(), "{text}: {errors:#?}");
    }
}
