//! Our verdict about a line of sentinel.conf is that of the real parser, on every server at hand: each
//! directive with values from its types and bounds, with raw mutations of valid lines, and with known traps.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod support;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use cachewright::catalog::sentinel::{
    Scope, SentinelArg, SentinelArgKind, SentinelFacts, behaviour, directive, directives,
};
use cachewright::catalog::{Build, Engine, Target, Version, VersionRange};
use cachewright::text::conf::{split_args, write_directive};
use cachewright::value::{HostNames, Verdict, judge_sentinel, sentinel_rewrite};
use support::probe;
use support::servers::{Engine as Product, Server, Servers};

/// A script that is there and executable.
const SCRIPT: &str = "/bin/sh";

fn target(server: &Server) -> Option<Target> {
    let engine = match server.engine {
        Product::Redis => Engine::Redis,
        Product::Valkey => Engine::Valkey,
        Product::Redict | Product::Memcached => return None,
    };
    let number = |n: u32| u8::try_from(n).unwrap();
    let version = Version::new(
        number(server.version.0),
        number(server.version.1),
        server.version.2.try_into().unwrap(),
    );
    let build = Build { tls: true, defrag: false, systemd: true, modules: false };
    Some(Target { engine, versions: VersionRange::exactly(version), build })
}

fn sentinels() -> impl Iterator<Item = (&'static Server, Target)> {
    Servers::redis_like().filter_map(|server| Some((server, target(server)?)))
}

/// What we say of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ours {
    Accepted,
    Refused,
    /// It is not about Sentinel: whether a name resolves, whether a script is there; or, on Valkey 9.1, whether
    /// a closing quote ends an argument (it need not, there).
    LeftOut,
}

/// Our verdict about the whole line, with these primaries above it.
fn ours(line: &str, primaries: &BTreeSet<String>, names: HostNames, target: &Target) -> Ours {
    let words = match split_args(line.as_bytes(), 0) {
        Ok(words) => words,
        Err(_) if target.engine == Engine::Valkey && target.versions.first.major > 8 => return Ours::LeftOut,
        Err(_) => return Ours::Refused,
    };
    let words: Vec<String> = words.iter().map(|word| String::from_utf8_lossy(&word.value).into()).collect();
    let Some((name, args)) = words[1..].split_first() else { return Ours::Accepted };
    let version = target.versions.first;
    let Some(directive) = directive(target.engine, name) else { return Ours::Refused };
    let Some(facts) = directive.at(version) else { return Ours::Refused };
    let known = facts.name.eq_ignore_ascii_case(name)
        || facts.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name));
    let args = match (directive.scope, args.split_first()) {
        (Scope::Global, _) => args,
        (Scope::Primary, Some((primary, rest))) => {
            // Without an identity the line is skipped before the name is looked up.
            let skipped = directive.name == "known-sentinel" && rest.len() == 2;
            let there = primaries.contains(primary);
            if !skipped && there == (directive.name == "monitor") {
                return Ours::Refused;
            }
            rest
        }
        (Scope::Primary, None) => return Ours::Refused,
    };
    if !known {
        return Ours::Refused;
    }
    let (fewest, most) = facts.arity();
    if (fewest..=most).contains(&args.len()) && depends(facts, args, names, target) {
        return Ours::LeftOut;
    }
    match judge_sentinel(directive, args, names, target).verdict {
        Verdict::Accepted | Verdict::AcceptedOtherwise => Ours::Accepted,
        Verdict::Refused | Verdict::DependsOnBuild => Ours::Refused,
    }
}

/// Whether the arguments are the machine's to judge.
fn depends(facts: &SentinelFacts, args: &[String], names: HostNames, target: &Target) -> bool {
    let once = !behaviour(target.engine, target.versions.first).unwrap().host_names;
    facts.args.iter().zip(args).any(|(kind, arg)| match kind.kind {
        SentinelArgKind::Executable => arg != SCRIPT && !arg.is_empty(),
        SentinelArgKind::Host if arg == "localhost" || arg.is_empty() => false,
        // What is no address is looked up: 6.0 refuses what is not found, later versions wait for it.
        SentinelArgKind::Host => (once || names == HostNames::Resolved) && !is_address(arg),
        _ => false,
    })
}

/// Whether 7.0 takes a text without looking it up.
fn is_address(text: &str) -> bool {
    let build = Build { tls: true, defrag: false, systemd: true, modules: false };
    let target = Target { engine: Engine::Redis, versions: VersionRange::minor(7, 0), build };
    let monitor = directive(Engine::Redis, "monitor").unwrap();
    judge_sentinel(monitor, &[text, "1", "1"], HostNames::AddressesOnly, &target).verdict == Verdict::Accepted
}

/// An argument that is accepted.
fn valid(arg: &SentinelArg) -> String {
    match arg.kind {
        SentinelArgKind::Atoi(_) => "7",
        SentinelArgKind::Bool => "yes",
        SentinelArgKind::Host => "127.0.0.1",
        SentinelArgKind::Executable => SCRIPT,
        SentinelArgKind::Id => "0123456789abcdef0123456789abcdef01234567",
        SentinelArgKind::Epoch => "3",
        SentinelArgKind::Text => "text",
    }
    .to_owned()
}

/// Values to try for an argument.
#[allow(clippy::too_many_lines, reason = "lists of values")]
fn values(arg: &SentinelArg) -> Vec<String> {
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    match arg.kind {
        SentinelArgKind::Atoi(numeric) => {
            let mut all: Vec<String> = [numeric.min, numeric.max]
                .iter()
                .flat_map(|bound| [bound - 1, *bound, bound + 1])
                .map(|number| number.to_string())
                .collect();
            all.extend(texts(&[
                "0",
                "1",
                "-1",
                "-0",
                "+5",
                "007",
                "30s",
                "foo",
                "",
                " 5",
                "5 ",
                "\t5",
                "5.5",
                "1e3",
                "0x10",
                "-",
                "5,",
                "yes",
                "2147483648",
                "4294967296",
                "4294967297",
                "-4294967295",
                "9223372036854775807",
                "99999999999999999999",
                "-99999999999999999999",
                "%",
                "${X}",
                "1 000",
            ]));
            all
        }
        SentinelArgKind::Bool => {
            texts(&["yes", "no", "YES", "No", "on", "off", "1", "0", "true", "", "yes ", " no", "ye", "yess"])
        }
        SentinelArgKind::Host => texts(&[
            "127.0.0.1",
            "10.0.0.1",
            "127.1",
            "0x7f.0.0.1",
            "0x7f000001",
            "017.0.0.1",
            "018.0.0.1",
            "4294967295",
            "4294967296",
            "1.2.3",
            "1.2.65536",
            "1.2.3.256",
            "1.2.3.4.5",
            "1..2",
            "1.2.3.4.",
            ".1",
            "",
            " ",
            "127.0.0.1 ",
            " 127.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "2001:db8::1",
            "::ffff:1.2.3.4",
            "[::1]",
            ":::",
            "1::2::3",
            "localhost",
            "cache-a1",
            "a b",
            "0x",
            "0x.1",
            "+1.2.3.4",
            "-1.2.3.4",
            "00.0.0.0",
            "0",
            "1.2.3.0x",
            "0X7F.1",
            "1.2.3.4/24",
            "*",
            "${HOST}",
        ]),
        SentinelArgKind::Executable => texts(&[SCRIPT, ""]),
        SentinelArgKind::Id => {
            let id = valid(arg);
            vec![
                format!("{id}0"),
                id[1..].to_owned(),
                String::new(),
                format!("{} ", &id[1..]),
                "é".repeat(20),
                id,
            ]
        }
        SentinelArgKind::Epoch => {
            texts(&["0", "1", "-1", "foo", "", "1x", " 1", "18446744073709551615", "99999999999999999999999"])
        }
        SentinelArgKind::Text => {
            let mut all =
                texts(&["a", "", "a b", " ", "it's", "a\"b", "\\", "#x", "ä", "${X}", "%x%", "\t", "yes"]);
            all.push("x".repeat(3000));
            all
        }
    }
}

/// A line to try.
struct Case {
    line: String,
    names: HostNames,
}

/// A name of a primary that no single change turns into another one.
fn primary(number: usize) -> String {
    format!("p{number:05}q")
}

/// Every line to try on a version, each about a primary of its own.
fn cases(target: &Target) -> Vec<Case> {
    let mut lines = Vec::new();
    for directive in directives(target.engine) {
        // Names of other versions are tried as well.
        let facts = directive.at(target.versions.first).unwrap_or(directive.revisions.last().unwrap());
        let mut with = |name: &str, args: &[String]| {
            let mut all = vec![name.to_owned()];
            if directive.scope == Scope::Primary {
                all.push("PRIMARY".to_owned());
            }
            all.extend(args.iter().cloned());
            lines.push(write_directive("sentinel", &all).unwrap());
        };
        let args: Vec<String> = facts.args.iter().map(valid).collect();
        for name in facts.aliases.iter().copied().chain([directive.name, facts.name]) {
            with(name, &args);
            with(&name.to_uppercase(), &args);
            with(&format!("{name}s"), &args);
        }
        for number in 0..args.len() + 3 {
            let padded = args.iter().cloned().chain(["1".to_owned(), "2".to_owned()]);
            with(facts.name, &padded.take(number).collect::<Vec<_>>());
        }
        for (at, arg) in facts.args.iter().enumerate() {
            for value in values(arg) {
                let mut args = args.clone();
                args[at] = value;
                with(facts.name, &args);
            }
        }
    }
    let valid: Vec<String> = lines.iter().filter(|line| line.len() < 200).step_by(9).cloned().collect();
    for (number, line) in valid.iter().enumerate() {
        lines.extend(mutations(line, number));
    }
    lines.extend(
        ["sentinel", "sentinel monitor", "sentinel \"\"", "sentinel PRIMARY", "sentinel \"monitor"]
            .map(String::from),
    );
    let mut cases = Vec::new();
    for line in lines {
        let host = line.contains("monitor") || line.contains("known-");
        cases.push(Case { line: line.clone(), names: HostNames::AddressesOnly });
        let named = behaviour(target.engine, target.versions.first).unwrap().host_names;
        if host && named {
            cases.push(Case { line, names: HostNames::Resolved });
        }
    }
    cases
}

/// Changes at some places of a line behind its first word, by a rule that knows nothing of its meaning.
fn mutations(line: &str, seed: usize) -> Vec<String> {
    const BYTES: [char; 12] = [' ', '"', '\'', '-', 'x', '\t', '#', '\\', '%', '.', ':', '$'];
    let start = "sentinel ".len();
    let places: Vec<usize> = line.char_indices().map(|(at, _)| at).filter(|at| *at >= start).collect();
    let mut mutated = Vec::new();
    for (number, at) in places.iter().copied().enumerate().filter(|(n, _)| (n + seed).is_multiple_of(8)) {
        let byte = BYTES[(number / 4 + seed) % BYTES.len()];
        let (before, after) = line.split_at(at);
        let next = after.chars().next().unwrap();
        let rest = &after[next.len_utf8()..];
        mutated.push(match (number / 4 + seed) % 4 {
            0 => format!("{before}{rest}"),
            1 => format!("{before}{next}{after}"),
            2 => format!("{before}{byte}{rest}"),
            _ => format!("{before}{byte}{after}"),
        });
    }
    mutated
}

/// When a sentinel of 6.2 or later reads a line: those about itself first, then `monitor`, then others
/// (`queueSentinelConfig` in sentinel.c).
fn queue(line: &str) -> u8 {
    const FIRST: [&str; 9] = [
        "announce-ip",
        "announce-port",
        "deny-scripts-reconfig",
        "sentinel-user",
        "sentinel-pass",
        "current-epoch",
        "myid",
        "resolve-hostnames",
        "announce-hostnames",
    ];
    let words = split_args(line.as_bytes(), 0).unwrap_or_default();
    let name = words.get(1).map(|word| String::from_utf8_lossy(&word.value).to_lowercase());
    match name.as_deref() {
        Some(name) if FIRST.contains(&name) => 0,
        Some("monitor") => 1,
        _ => 2,
    }
}

/// Tries lines of one queue and host names in one go.
fn try_chunk(server: &Server, target: &Target, cases: &[&Case]) -> (usize, usize, Vec<String>) {
    let mut primaries = BTreeSet::new();
    let mut above = Vec::new();
    if cases[0].names == HostNames::Resolved {
        above.push("sentinel resolve-hostnames yes".to_owned());
    }
    let mut lines = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let name = primary(number);
        let line = case.line.replace("PRIMARY", &name);
        if queue(&line) != 1 {
            above.push(format!("sentinel monitor {name} 127.0.0.1 6379 2"));
            primaries.insert(name);
        }
        lines.push(line);
    }
    let judged: Vec<Ours> = lines.iter().map(|line| ours(line, &primaries, cases[0].names, target)).collect();
    let tried: Vec<usize> = (0..lines.len()).filter(|&at| judged[at] != Ours::LeftOut).collect();
    let texts: Vec<&str> = tried.iter().map(|&at| lines[at].as_str()).collect();
    let above: Vec<&str> = above.iter().map(String::as_str).collect();
    let theirs = probe::sentinel_each(server, &above, &texts);
    let wrong = tried
        .iter()
        .zip(theirs)
        .filter(|(at, theirs)| (judged[**at] == Ours::Accepted) != theirs.is_accepted());
    let wrong = wrong.map(|(at, theirs)| {
        format!(
            "{server}: {} ({:?}): we say {:?}, it says {theirs:?}",
            lines[*at], cases[*at].names, judged[*at]
        )
    });
    (tried.len(), lines.len() - tried.len(), wrong.collect())
}

#[test]
fn verdicts_agree() {
    let disagreements = Mutex::new(Vec::new());
    for (server, target) in sentinels() {
        let started = std::time::Instant::now();
        let all = cases(&target);
        let mut groups: std::collections::BTreeMap<(u8, bool), Vec<&Case>> =
            std::collections::BTreeMap::new();
        for case in &all {
            // An open quote refuses the file before anything is queued.
            let whole = split_args(case.line.as_bytes(), 0).is_ok();
            let queue = if whole { queue(&case.line) } else { 9 };
            groups.entry((queue, case.names == HostNames::Resolved)).or_default().push(case);
        }
        let before = disagreements.lock().unwrap().len();
        let chunks: Vec<&[&Case]> = groups.values().flat_map(|group| group.chunks(60)).collect();
        let (next, tried, skipped) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
                scope.spawn(|| {
                    while let Some(chunk) = chunks.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let (count, left, wrong) = try_chunk(server, &target, chunk);
                        tried.fetch_add(count, Ordering::Relaxed);
                        skipped.fetch_add(left, Ordering::Relaxed);
                        disagreements.lock().unwrap().extend(wrong);
                    }
                });
            }
        });
        eprintln!(
            "{server}: {} lines tried, {} left out (for the machine to judge), {} disagreements, {:?}",
            tried.into_inner(),
            skipped.into_inner(),
            disagreements.lock().unwrap().len() - before,
            started.elapsed()
        );
    }
    let wrong = disagreements.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} disagreements:\n{}", wrong.len(), wrong.join("\n"));
}

/// What a sentinel says of its primaries, as name and fields.
fn primaries(running: &support::running::Running) -> Vec<std::collections::BTreeMap<String, String>> {
    redis::from_redis_value(running.command(&["SENTINEL", "MASTERS"])).unwrap()
}

/// The numbers that a sentinel works with are the ones that we say it reads.
#[test]
fn numbers_are_read_as_claimed() {
    const TEXTS: [&str; 9] =
        ["30000", "30s", " 7", "+5", "007", "5.9", "4294967297", "1e3", "99999999999999999999"];
    for (server, target) in sentinels() {
        let mut lines = Vec::new();
        let mut claims = Vec::new();
        for (option, field) in [
            ("down-after-milliseconds", "down-after-milliseconds"),
            ("failover-timeout", "failover-timeout"),
            ("parallel-syncs", "parallel-syncs"),
        ] {
            for (number, text) in TEXTS.iter().enumerate() {
                let judgement = judge_sentinel(
                    directive(target.engine, option).unwrap(),
                    &[text],
                    HostNames::AddressesOnly,
                    &target,
                );
                let Some(value) = judgement.value() else { continue };
                let name = format!("{option}-{number}");
                // Nothing listens there, and nothing is asked of it.
                lines.push(format!("sentinel monitor {name} 127.0.0.1 {} 1", 2 + lines.len()));
                lines.push(write_directive("sentinel", &[option, &name, text]).unwrap());
                claims.push((name, field, value.to_string()));
            }
        }
        let running = server.launch_sentinel().lines(lines).start();
        let said = primaries(&running);
        for (name, field, value) in &claims {
            let fields = said.iter().find(|fields| fields["name"] == *name).unwrap();
            assert_eq!(&fields[*field], value, "{server}: {field} of {name}");
        }
        eprintln!("{server}: {} numbers read as claimed", claims.len());
    }
}

/// What we say is lost when Sentinel rewrites its file is lost, and nothing else.
#[test]
fn rewrites_lose_what_we_say() {
    const TEXTS: [&str; 8] = ["plain", "a b", "it's", "a\"b", "#x", "back\\slash", "ä", "\tx"];
    for (server, target) in sentinels() {
        let mut count = 0;
        for text in TEXTS {
            let version = target.versions.first;
            let mut lines = Vec::new();
            let mut claims = Vec::new();
            for (name, args) in [
                ("auth-pass", vec![text]),
                ("auth-user", vec![text]),
                ("rename-command", vec!["CONFIG", text]),
                ("announce-ip", vec![text]),
                ("sentinel-user", vec![text]),
                ("sentinel-pass", vec![text]),
            ] {
                let directive = directive(target.engine, name).unwrap();
                let Some(facts) = directive.at(version) else { continue };
                let mut all = vec![name];
                if directive.scope == Scope::Primary {
                    all.push("main");
                }
                let kept = sentinel_rewrite(facts, &args, &target).is_ok();
                all.extend(args);
                lines.push(write_directive("sentinel", &all).unwrap());
                claims.push((all.into_iter().map(str::to_owned).collect::<Vec<_>>(), kept));
            }
            let running =
                server.launch_sentinel().line("sentinel monitor main 127.0.0.1 1 1").lines(lines).start();
            // The file is rewritten before the port is served (`sentinelIsRunning`).
            let written: Vec<Vec<String>> = running
                .config_text()
                .lines()
                .filter_map(|line| split_args(line.as_bytes(), 0).ok())
                .map(|words| words.iter().skip(1).map(|word| word.lossy().into_owned()).collect())
                .collect();
            for (words, kept) in claims {
                assert_eq!(
                    written.contains(&words),
                    kept,
                    "{server}: {words:?} in\n{}",
                    running.config_text()
                );
                count += 1;
            }
        }
        eprintln!("{server}: {count} texts kept or lost as claimed");
    }
}

/// 6.0 wants `monitor` above the options of its primary; later versions read the file in any order.
#[test]
fn the_order_of_lines_matters_where_we_say() {
    for (server, target) in sentinels() {
        let lines = ["sentinel parallel-syncs main 2", "sentinel monitor main 127.0.0.1 6379 1"];
        let said = probe::sentinel_file(server, &lines);
        let in_order = behaviour(target.engine, target.versions.first).unwrap().in_file_order;
        assert_eq!(said.is_accepted(), !in_order, "{server}: {said:?}");
    }
}
