//! Our verdict about memcached's options is the real server's: it starts exactly with what we accept, and where
//! it starts, `stats settings` shows the values that we say it works with.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod support;

use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cachewright::catalog::memcached::{
    MemcachedFeature, MemcachedOption, OptionFacts, OptionValue, Spelling, StatFormat, option, options,
};
use cachewright::catalog::{Build, Engine, Target, Version, VersionRange};
use cachewright::value::{judge_option, option_rules};
use support::servers::{Engine as Product, Server, Servers};

/// Options that the machine judges, that the harness needs for itself, or that are no settings.
const LEFT_OUT: [&str; 14] = [
    "proxy_config",
    "daemon",
    "drop_privileges",
    "enable-coredumps",
    "enable-largepages",
    "listen",
    "lock-memory",
    "memory-file",
    "pidfile",
    "port",
    "udp-port",
    "unix-socket",
    "user",
    "relaxed_privileges",
];

/// The most of what a test may ask of its machine: memory, threads, open files.
const MODEST: [(&str, i64); 9] = [
    ("slab_automove_window", 1800),
    ("threads", 32),
    ("conn-limit", 4096),
    ("hashpower", 22),
    ("worker_logbuf_size", 4096),
    ("watcher_logbuf_size", 4096),
    ("ext_threads", 16),
    ("ext_wbuf_size", 64),
    ("ext_page_size", 64),
];

/// One start: options with values as a command line gives them.
type Given = Vec<(&'static str, Option<String>)>;

fn target(server: &Server) -> Target {
    let (major, minor) = (server.version.0.try_into().unwrap(), server.version.1.try_into().unwrap());
    let version = Version::new(major, minor, server.version.2.try_into().unwrap());
    let build = Build {
        tls: built_with(server, "-Z"),
        defrag: false,
        systemd: true,
        modules: built_with(server, "-oproxy_uring"),
    };
    Target { engine: Engine::Memcached, versions: VersionRange::exactly(version), build }
}

/// Whether the server takes a switch that only some builds have.
fn built_with(server: &Server, switch: &str) -> bool {
    Command::new(&server.program).args([switch, "-V"]).output().unwrap().status.success()
}

/// Values to try: what the type allows, what it does not, and what is easily mistaken.
fn values(facts: &OptionFacts) -> Vec<String> {
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    match facts.value {
        OptionValue::Atoi(numeric) | OptionValue::Strtol(numeric) | OptionValue::Strtoul(numeric) => {
            let mut all: Vec<String> = [numeric.min, numeric.max]
                .iter()
                .flat_map(|bound| [bound - 1, *bound, bound + 1])
                .map(|number| number.to_string())
                .collect();
            all.extend(texts(&[
                "0",
                "1",
                "-1",
                "16",
                "007",
                "+3",
                "4x",
                "x",
                "",
                " 5",
                "5 ",
                "1k",
                "2.5",
                "4294967299",
            ]));
            all
        }
        OptionValue::Size(_) => texts(&[
            "512k", "1m", "1M", "2m", "1024", "1023", "1g", "", "k", "x", "1.5m", "1048576", "1000000", "8m",
            "-1", "2048m", "4097m", "1024k", "768k",
        ]),
        OptionValue::Atof { .. } | OptionValue::Strtod { .. } => texts(&[
            "0", "1", "1.0", "1.01", "1.25", "2", "0.5", "-1", "x", "", "1.5x", " 1.5", "1.5 ", ".9", "1e0",
            "nan", "inf", "0x2",
        ]),
        OptionValue::Octal => texts(&["0700", "700", "0", "777", "8", "x", "", "07x"]),
        OptionValue::Char => texts(&[":", "/", "ab", ""]),
        OptionValue::Word(words) => {
            let mut all = texts(words);
            all.extend(words.iter().map(|word| word.to_uppercase()));
            all.extend(texts(&["", "x", " ascii"]));
            all
        }
        OptionValue::List { separator: '-' } => texts(&[
            "64-128-256",
            "64",
            "",
            "64-64",
            "64-72",
            "64-73",
            "40-80",
            "x",
            "64-x",
            "524289",
            "128-64",
            "64--128",
        ]),
        OptionValue::PathAndSize => texts(&[
            "FOLDER/e:64m",
            "FOLDER/e:1M",
            "FOLDER/e:65m:compact",
            "FOLDER/e:64m:other",
            "FOLDER/e",
            "FOLDER/e:64",
            "FOLDER/e:m",
            "",
            "FOLDER/e:0m",
            "FOLDER/e:64mb",
        ]),
        OptionValue::Path => texts(&["FOLDER/auth"]),
        OptionValue::Counter => texts(&["0", "1", "2"]),
        OptionValue::Ignored { takes_value: true } | OptionValue::Text => texts(&["x", "5"]),
        _ => Vec::new(),
    }
}

fn cases(target: &Target, sasl: bool) -> Vec<Given> {
    let mut cases: Vec<Given> = vec![Vec::new()];
    for known in options() {
        let Some(facts) = known.at(target.versions.first) else {
            // A name of other versions.
            cases.push(vec![(known.name, None)]);
            continue;
        };
        let special = facts.build == Some(MemcachedFeature::Sasl) && !sasl;
        if LEFT_OUT.contains(&known.name) || matches!(facts.value, OptionValue::Action { .. }) || special {
            continue;
        }
        cases.push(vec![(known.name, None)]);
        for value in values(facts) {
            cases.push(vec![(known.name, Some(value))]);
        }
    }
    let pair = |a: &'static str, x: &str, b: &'static str, y: &str| -> Given {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        vec![(a, given(x)), (b, given(y))]
    };
    for (item, chunk) in [
        ("2m", "16"),
        ("1m", "1024"),
        ("512k", "512"),
        ("768k", "256"),
        ("2m", "512"),
        ("1m", "3"),
        ("1m", "16384"),
        ("1m", "524288"),
    ] {
        cases.push(pair("max-item-size", item, "slab_chunk_max", chunk));
    }
    for (item, memory) in [
        ("2m", "4"),
        ("2m", "3"),
        ("32m", "64"),
        ("33m", "64"),
        ("64m", "1024"),
        ("1m", "1"),
        ("1m", "2"),
        ("512k", "1"),
        ("1m", "-1"),
    ] {
        cases.push(pair("max-item-size", item, "memory-limit", memory));
    }
    for (hot, warm) in [("40", "40"), ("41", "40"), ("79", "1"), ("1", "79"), ("79", "79")] {
        cases.push(pair("hot_lru_pct", hot, "warm_lru_pct", warm));
    }
    for (ids, threads) in [("2", "2"), ("3", "2"), ("4", "4"), ("5", "4")] {
        cases.push(pair("napi-ids", ids, "threads", threads));
    }
    for (a, x, b, y) in [
        ("no_lru_maintainer", "", "temporary_ttl", "30"),
        ("no_modern", "", "temporary_ttl", "30"),
        ("no_modern", "", "max-item-size", "2m"),
        ("no_modern", "", "max-item-size", "512k"),
        ("no_chunked_items", "", "max-item-size", "2m"),
        ("no_chunked_items", "", "max-item-size", "512k"),
        ("no_chunked_items", "", "slab_chunk_max", "512"),
        ("auth-file", "FOLDER/auth", "protocol", "ascii"),
        ("auth-file", "FOLDER/auth", "protocol", "binary"),
        ("auth-file", "FOLDER/auth", "protocol", "auto"),
        ("slab-min-size", "100", "slab_sizes", "64-128"),
        ("slab-min-size", "60", "slab_sizes", "64-128"),
        ("ext_path", "FOLDER/e:64m", "max-item-size", "4m"),
        ("ext_path", "FOLDER/e:64m", "max-item-size", "8m"),
        ("ext_page_size", "8", "ext_path", "FOLDER/e:8m"),
        ("ext_page_size", "8", "ext_path", "FOLDER/e:7m"),
    ] {
        cases.push(pair(a, x, b, y));
    }
    if sasl {
        for word in ["binary", "ascii", "auto"] {
            cases.push(pair("enable-sasl", "", "protocol", word));
        }
    }
    cases
}

/// Whether a start would ask too much of the machine.
fn immodest(given: &Given) -> bool {
    given.iter().any(|(name, value)| {
        let digits = |text: &str| {
            text.trim().trim_start_matches('+').chars().take_while(char::is_ascii_digit).collect::<String>()
        };
        let number = value.as_deref().and_then(|text| digits(text).parse::<i64>().ok());
        // A limit below what the server itself opens leaves it without files.
        let starved = *name == "conn-limit" && number.is_some_and(|number| number > 0 && number < 64);
        // Read as a huge number: how much memory it asks for decides.
        let huge =
            *name == "slab_automove_window" && value.as_deref().is_some_and(|text| text.starts_with('-'));
        starved
            || huge
            || MODEST.iter().any(|(other, most)| other == name && number.is_some_and(|number| number > *most))
    })
}

/// What we say: the canonical values, or why it does not start.
fn ours(given: &Given, target: &Target) -> Result<Vec<(&'static str, String)>, String> {
    let mut canonical = Vec::new();
    for (name, value) in given {
        let judgement = judge_option(option(name).unwrap(), value.as_deref(), target);
        match (judgement.refusal(), judgement.value()) {
            (Some((_, reason)), _) => return Err(reason.to_string()),
            (None, Some(value)) => canonical.push((*name, value.to_string())),
            (None, None) => return Err("no value".to_owned()),
        }
    }
    let pairs: Vec<(&str, &str)> = canonical.iter().map(|(name, value)| (*name, value.as_str())).collect();
    match option_rules(&pairs, target.versions.first).first() {
        Some(problem) => Err(problem.to_string()),
        None => Ok(canonical),
    }
}

fn arguments(known: &MemcachedOption, value: Option<&str>) -> Vec<String> {
    match (known.spelling, value) {
        (Spelling::Flag { short, .. }, Some(times)) if known.name == "verbose" => {
            vec![format!("-{short}"); times.parse().unwrap()]
        }
        (Spelling::Flag { long: Some(long), .. }, Some(value)) => vec![format!("--{long}={value}")],
        (Spelling::Flag { long: Some(long), .. }, None) => vec![format!("--{long}")],
        (Spelling::Flag { short, long: None }, value) => {
            std::iter::once(format!("-{short}")).chain(value.map(str::to_owned)).collect()
        }
        (Spelling::Extended, Some(value)) => vec!["-o".to_owned(), format!("{}={value}", known.name)],
        (Spelling::Extended, None) => vec!["-o".to_owned(), known.name.to_owned()],
    }
}

/// What `stats settings` prints for a canonical value, where that is known.
fn printed(facts: &OptionFacts, value: &str) -> Option<(&'static str, String)> {
    let stat = facts.stat?;
    let text = match stat.format {
        StatFormat::Decimal | StatFormat::AsGiven | StatFormat::Octal => value.to_owned(),
        StatFormat::Multiplied(factor) => {
            let number: i64 = value.parse().ok()?;
            (number.checked_mul(i64::try_from(factor).ok()?))
                .filter(|n| (0..=i64::from(u32::MAX)).contains(n))?
                .to_string()
        }
        StatFormat::Decimals(digits) => format!("{:.*}", usize::from(digits), value.parse::<f64>().ok()?),
        StatFormat::Fixed(text) => text.to_owned(),
        StatFormat::Words(words) => words.iter().find(|(word, _)| *word == value)?.1.to_owned(),
        StatFormat::Joined | StatFormat::Unsafe => return None,
    };
    Some((stat.name, text))
}

/// One start: what is wrong with what we say, if anything; and how many values were compared.
fn attempt(server: &Server, target: &Target, given: &Given) -> (Vec<String>, usize) {
    let mut launch = server.launch().limit(Duration::from_secs(4));
    launch.write("auth", "user:password\n");
    let folder = launch.folder().display().to_string();
    let given: Given = given
        .iter()
        .map(|(name, value)| (*name, value.as_ref().map(|v| v.replace("FOLDER", &folder))))
        .collect();
    for (name, value) in &given {
        for argument in arguments(option(name).unwrap(), value.as_deref()) {
            launch = launch.arg(argument);
        }
    }
    let ours = ours(&given, target);
    let (running, canonical) = match (launch.try_start(), ours) {
        (Ok(running), Ok(canonical)) => (running, canonical),
        (Err(_), Err(_)) => return (Vec::new(), 0),
        // It runs, and does not answer the harness: it wants a login or another protocol.
        (Err(refusal), Ok(_)) if refusal.status.is_none() => return (Vec::new(), 0),
        // SASL's own configuration is the machine's.
        (Err(refusal), Ok(_)) if refusal.output.contains("Error initializing sasl") => {
            return (Vec::new(), 0);
        }
        (Ok(_), Err(reason)) => {
            return (vec![format!("{server}: {given:?}: it starts, we say: {reason}")], 0);
        }
        (Err(refusal), Ok(_)) => {
            return (vec![format!("{server}: {given:?}: we accept, it says: {}", refusal.reason())], 0);
        }
    };
    let unsafe_row = |name: &str| {
        option(name)
            .and_then(|o| o.at(target.versions.first)?.stat)
            .is_some_and(|stat| stat.format == StatFormat::Unsafe)
    };
    if canonical.iter().any(|(name, _)| unsafe_row(name)) {
        return (Vec::new(), 0);
    }
    let said = running.memcached("stats settings");
    let mut wrong = Vec::new();
    let mut compared = 0;
    for (name, value) in &canonical {
        let Some((row, text)) = printed(option(name).unwrap().at(target.versions.first).unwrap(), value)
        else {
            continue;
        };
        let prefix = format!("STAT {row} ");
        let Some(line) = said.iter().find_map(|line| line.strip_prefix(&prefix)) else { continue };
        compared += 1;
        // One option may lead another one's row (`no_modern`); single options must agree.
        let wrapped = text.parse::<i32>().is_ok_and(|number| number.cast_unsigned().to_string() == line);
        if !line.eq_ignore_ascii_case(&text) && !wrapped && given.len() == 1 {
            wrong.push(format!("{server}: {given:?}: {row} is {line:?}, we say {text:?}"));
        }
    }
    (wrong, compared)
}

#[test]
fn starts_and_settings_agree() {
    let mut disagreements = Vec::new();
    for server in Servers::of(Product::Memcached) {
        let started = Instant::now();
        let target = target(server);
        let all: Vec<Given> = cases(&target, built_with(server, "-S"));
        let tried: Vec<&Given> = all.iter().filter(|given| !immodest(given)).collect();
        let (next, compared) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let wrong = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    while let Some(given) = tried.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let (found, values) = attempt(server, &target, given);
                        wrong.lock().unwrap().extend(found);
                        compared.fetch_add(values, Ordering::Relaxed);
                    }
                });
            }
        });
        let mut wrong = wrong.into_inner().unwrap();
        wrong.sort();
        eprintln!(
            "{server}: {} starts tried, {} left out (too much for a test), {} values compared, {} disagreements, {:?}",
            tried.len(),
            all.len() - tried.len(),
            compared.into_inner(),
            wrong.len(),
            started.elapsed()
        );
        disagreements.extend(wrong);
    }
    assert!(disagreements.is_empty(), "{} disagreements:\n{}", disagreements.len(), disagreements.join("\n"));
}
