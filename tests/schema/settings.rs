//! The values of settings: what the servers' parsers take, the schema takes, for every directive, option and
//! version, in every form that a spec can write.

use cachewright::catalog::{
    Build, Directive, Engine, Facts, Kind, Owner, Special, Target, directives, memcached, sentinel, supported,
};
use cachewright::value::{
    HostNames, Judgement, Otherwise, Written, fold_lines, judge_option, judge_sentinel, written_lines,
    written_sentinel_lines,
};
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::validator::Schema;

/// Values that some setting or other takes.
const TEXTS: &[&str] = &[
    "",
    "0",
    "1",
    "-1",
    "10",
    "100",
    "512",
    "1024",
    "65536",
    "1k",
    "1kb",
    "2mb",
    "4GB",
    "1g",
    "1t",
    "10%",
    "0.5",
    "1e3",
    ".5",
    "+5",
    " 7",
    "yes",
    "no",
    "YES",
    "No",
    "on",
    "off",
    "auto",
    "always",
    "EVERYSEC",
    "never",
    "/tmp",
    "/tmp/file.txt",
    "file.txt",
    "a b",
    "900 1 300 10",
    "Ex",
    "KEA",
    "127.0.0.1",
    "* -::*",
    "::1",
    "0770",
    "777",
    "cache.example.org",
    "normal 0 0 0",
    "pubsub 32mb 8mb 60",
    "0 200 800",
    "50 99 99.9",
    "user on ~* +@all",
    "default off",
    "{title} {listen-addr}",
    "FLUSHALL GONE",
    "x:y",
    "redis",
    "/tmp/a:64m",
    "10s",
    "allkeys-lru",
    "ALLKEYS-LRU",
    "Mixed",
    "none",
    "save nosave",
    "now force",
];

fn values(words: &[&'static str]) -> Vec<Value> {
    let mut texts: Vec<String> = TEXTS.iter().chain(words).map(|text| (*text).to_owned()).collect();
    texts.extend(words.iter().map(|word| word.to_uppercase()));
    let numbers = [-1_i64, 0, 1, 2, 7, 64, 100, 1000, 70_000, 1 << 31, 1 << 40];
    let lists =
        [json!([]), json!([1, 2, 3]), json!(["900 1", "300 10"]), json!(["a", true]), json!([0.5, 99.9])];
    let texts = texts.into_iter().flat_map(|text| [json!(text), json!([text])]);
    texts
        .chain(numbers.map(Value::from))
        .chain([json!(true), json!(false), json!(0.5), json!(3.0)])
        .chain(lists)
        .collect()
}

fn written(value: &Value) -> Written<'_> {
    match value {
        Value::Bool(flag) => Written::Bool(*flag),
        Value::Number(number) => {
            number.as_i64().map_or_else(|| Written::Float(number.as_f64().unwrap()), Written::Integer)
        }
        Value::String(text) => Written::Text(text),
        Value::Array(items) => Written::List(items.iter().map(written).collect()),
        other => panic!("{other} is no value"),
    }
}

/// Whether nothing but a warning would be said.
fn passes(judgements: &[Judgement]) -> bool {
    judgements.iter().all(|judgement| {
        let harmless = match judgement.otherwise() {
            None => true,
            Some(otherwise) => matches!(
                otherwise,
                Otherwise::Clamped { .. }
                    | Otherwise::EmptyIsZero
                    | Otherwise::NoEffect(_)
                    | Otherwise::Ignored
                    | Otherwise::LineIgnored
            ),
        };
        !judgement.is_refused() && harmless
    })
}

/// Counts what was tried and collects what the schema wrongly refuses.
#[derive(Default)]
struct Tally {
    tried: usize,
    taken: usize,
    refused_by_both: usize,
    wrong: Vec<String>,
}

/// A value, and what the schema says of it.
struct Tried {
    value: Value,
    valid: bool,
    /// Valid as `{ override = … }` as well.
    insisted: bool,
}

/// What the schema says of each value.
fn tried(values: Vec<Value>, schema: &Validator) -> Vec<Tried> {
    let one = |value: Value| {
        let insisted = schema.is_valid(&json!({ "override": value }));
        Tried { valid: schema.is_valid(&value), insisted, value }
    };
    values.into_iter().map(one).collect()
}

impl Tally {
    fn note(&mut self, name: &str, tried: &Tried, taken: bool) {
        self.tried += 1;
        self.taken += usize::from(taken);
        self.refused_by_both += usize::from(!taken && !tried.valid);
        if taken && !(tried.valid && tried.insisted) {
            self.wrong.push(format!("{name} = {}", tried.value));
        }
    }

    fn assert(self, least: usize) {
        eprintln!("{} values, {} taken, {} refused by both", self.tried, self.taken, self.refused_by_both);
        assert!(self.wrong.is_empty(), "{} of {}: {:#?}", self.wrong.len(), self.taken, self.wrong);
        assert!(self.taken > least, "only {} of {} values were taken", self.taken, self.tried);
    }
}

fn targets(engine: Engine) -> impl Iterator<Item = Target> {
    let build = Build { tls: true, defrag: true, systemd: true, modules: true };
    supported(engine).iter().map(move |minor| Target { engine, versions: minor.range, build })
}

#[test]
fn what_redis_and_valkey_take_the_schema_takes() {
    let schema = Schema::new();
    let mut tally = Tally::default();
    for engine in [Engine::Redis, Engine::Valkey] {
        let open = directives(engine).iter().filter(|one| one.owner != Owner::Server && !one.secret);
        for directive in open.filter(|one| one.revisions.iter().any(is_for_files)) {
            try_directive(directive, engine, &schema, &mut tally);
        }
    }
    tally.assert(20_000);
}

fn is_for_files(facts: &Facts) -> bool {
    facts.kind != Kind::Special(Special::NotInFiles)
}

fn try_directive(directive: &'static Directive, engine: Engine, schema: &Schema, tally: &mut Tally) {
    let place = |name: &str| format!("{engine}-accepts/properties/{name}");
    for facts in directive.revisions {
        for name in facts.aliases.iter().copied().chain([facts.name]) {
            let (own, usual) = (place(name), place(directive.name));
            assert_eq!(
                schema.at(&format!("/definitions/{own}")),
                schema.at(&format!("/definitions/{usual}")),
                "{name}"
            );
        }
    }
    let words = directive.revisions.iter().flat_map(|facts| match facts.kind {
        Kind::Enum(words) | Kind::Flags(words) => words,
        _ => &[],
    });
    let words: Vec<&'static str> = words.map(|word| word.word).collect();
    let tried = tried(values(&words), &schema.definition(&place(directive.name)));
    for target in targets(engine).filter(|target| directive.within(target.versions).next().is_some()) {
        for one in &tried {
            let lines = written_lines(directive, &written(&one.value), target.versions.last);
            let taken = lines.is_ok_and(|lines| passes(&fold_lines(directive, &lines, &target).judgements));
            tally.note(&format!("{engine} {} {}", target.versions, directive.name), one, taken);
        }
    }
}

#[test]
fn what_sentinel_takes_the_schema_takes() {
    let schema = Schema::new();
    let mut tally = Tally::default();
    for engine in [Engine::Redis, Engine::Valkey] {
        let open = sentinel::directives(engine)
            .iter()
            .filter(|one| one.owner != Owner::Server && !one.secret && one.name != "monitor");
        for directive in open {
            let table = match directive.scope {
                sentinel::Scope::Primary => "watch",
                sentinel::Scope::Global => "sentinel",
            };
            let validator = schema.definition(&format!("{table}-accepts/properties/{}", directive.name));
            let tried = tried(values(&[]), &validator);
            for target in targets(engine) {
                let Some(facts) = directive.within(target.versions).last() else { continue };
                for one in &tried {
                    let judge =
                        |line: &Vec<Vec<u8>>| judge_sentinel(directive, line, HostNames::Resolved, &target);
                    let lines = written_sentinel_lines(facts, &written(&one.value));
                    let taken = lines.is_ok_and(|lines| passes(&lines.iter().map(judge).collect::<Vec<_>>()));
                    tally.note(directive.name, one, taken);
                }
            }
        }
    }
    tally.assert(500);
}

#[test]
fn what_memcached_takes_the_schema_takes() {
    let schema = Schema::new();
    let mut tally = Tally::default();
    let is_setting =
        |facts: &memcached::OptionFacts| !matches!(facts.value, memcached::OptionValue::Action { .. });
    for option in memcached::options().iter().filter(|one| one.revisions.iter().any(is_setting)) {
        let validator = schema.definition(&format!("memcached-accepts/properties/{}", option.name));
        let takes_value = option.revisions.iter().any(memcached::OptionFacts::takes_value);
        // Without a value an option is a switch.
        let switches = tried(vec![json!(true), json!(false)], &validator);
        assert!(takes_value || switches.iter().all(|one| one.valid), "{}", option.name);
        let number = |text: &&str| text.parse::<i64>().ok().map(Value::from);
        let texts: Vec<Value> =
            TEXTS.iter().filter_map(number).chain(TEXTS.iter().map(|text| json!(text))).collect();
        for target in targets(Engine::Memcached) {
            for one in tried(texts.clone(), &validator) {
                let text = one.value.as_str().map_or_else(|| one.value.to_string(), str::to_owned);
                let judgement = judge_option(option, Some(&text), &target);
                tally.note(option.name, &one, takes_value && passes(&[judgement]));
            }
        }
    }
    tally.assert(1000);
}

#[test]
fn a_secret_is_named_and_never_written() {
    let schema = Schema::new();
    let validator = schema.definition("redis-accepts/properties/requirepass");
    for sound in
        [json!({ "env": "A" }), json!({ "file": "/a" }), json!(""), json!({ "override": { "env": "A" } })]
    {
        assert!(validator.is_valid(&sound), "{sound}");
    }
    for wrong in
        [json!("hunter2"), json!(7), json!({ "env": "A", "file": "/a" }), json!({ "value": "hunter2" })]
    {
        assert!(!validator.is_valid(&wrong), "{wrong}");
    }
}

#[test]
fn an_editor_is_offered_present_names_with_their_words() {
    let schema = Schema::new();
    let offers = schema.at("/definitions/redis-offers/properties");
    let policy = &offers["maxmemory-policy"];
    assert!(policy["enum"].as_array().unwrap().contains(&json!("allkeys-lru")), "{policy}");
    assert!(policy["description"].as_str().unwrap().contains("evicted"), "{policy}");
    assert!(offers.get("replica-priority").is_some() && offers.get("slave-priority").is_none());
    assert!(offers.get("replicaof").is_none(), "servers write it themselves");
    for (name, offer) in offers.as_object().unwrap() {
        assert!(offer["description"].as_str().is_some_and(|text| text.ends_with('.')), "{name}: {offer}");
    }
}
