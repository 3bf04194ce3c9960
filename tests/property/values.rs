//! Valid values of a directive, made from the catalogue's facts alone, written as a spec writes them.

use cachewright::catalog::{
    Directive, EnumWord, Facts, Kind, Numeric, Owner, Shown, Special, Target, WithoutFeature,
};

use super::random::Random;

/// Directives that a test cannot give any value to, and why.
const LEFT_OUT: &[(&str, &str)] = &[
    ("always-show-logo", "prints before the readiness that the harness waits for"),
    ("cluster-port", "would have to be free"),
    ("daemonize", "leaves the harness"),
    ("hash-seed", "is printed as a number that follows from it"),
    ("loadmodule", "needs a module"),
    ("include", "needs a file"),
    ("oom-score-adj", "needs the kernel's leave"),
    ("rdma-bind", "needs hardware"),
    ("rdma-port", "needs hardware"),
    ("requirepass", "is a secret, and the harness would have to log in with it"),
    ("socket-mark-id", "needs the kernel's leave"),
    ("supervised", "needs a supervisor"),
    ("syslog-enabled", "the machine's log"),
    ("unixsocketgroup", "must be a group of the machine"),
    ("watchdog-period", "interrupts the server by a signal"),
];

/// Numbers that the machine or the harness bears, where the server would take more.
const BEARABLE: &[(&str, i128, i128)] = &[
    ("client-query-buffer-limit", 1 << 20, 1 << 30),
    ("cluster-databases", 1, 1000),
    ("databases", 1, 1000),
    ("io-threads", 1, 4),
    ("maxclients", 50, 900),
    ("maxmemory", 1 << 30, 1 << 40),
    ("maxmemory-clients", 1 << 24, 1 << 40),
    ("tcp-keepalive", 0, 30_000),
    ("timeout", 100, 1 << 30),
];

/// Texts for directives that want something particular; any word does for the others.
const TEXTS: &[(&str, &[&str])] = &[
    ("appenddirname", &["aof", "append only"]),
    ("appendfilename", &["a.aof", "append only.aof"]),
    ("bind-source-addr", &["127.0.0.1", ""]),
    ("cluster-announce-client-ipv4", &["192.0.2.1", ""]),
    ("cluster-announce-client-ipv6", &["2001:db8::1", ""]),
    ("cluster-announce-human-nodename", &["node-1", ""]),
    ("cluster-config-file", &["nodes.conf", "the nodes.conf"]),
    ("dbfilename", &["dump.rdb", "d.rdb", "my dump.rdb"]),
    ("ignore-warnings", &["ARM64-COW-BUG", ""]),
    ("locale-collate", &["C", "POSIX", ""]),
    ("logfile", &["server.log", "\"quoted\" name.log"]),
    ("pidfile", &["server.pid", "a b.pid"]),
    ("proc-title-template", &["{title} {listen-addr}", "cache {port} {config-file}", "x"]),
    ("aof-rewrite-cpulist", &["0", ""]),
    ("bgsave-cpulist", &["0", ""]),
    ("bio-cpulist", &["0", ""]),
    ("server-cpulist", &["0", ""]),
    ("tls-ciphers", &["DEFAULT:!MEDIUM", "HIGH", ""]),
    ("tls-ciphersuites", &["TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256", ""]),
    ("tls-protocols", &["TLSv1.2 TLSv1.3", "TLSv1.3", "tlsv1.2", ""]),
    ("unixsocket", &["s.sock"]),
];

/// A directive to write, under one of its names, and its value in TOML; none where it is left out.
pub(crate) fn line(directive: &'static Directive, target: &Target, random: &mut Random) -> Option<String> {
    let facts = directive.at(target.versions.first)?;
    let one_story = directive.within(target.versions).count() == 1 && facts.covers(target.versions.last);
    let is_in_build = |facts: &Facts| {
        facts.needs.is_none_or(|f| target.build.has(f)) || facts.without_feature == WithoutFeature::OffOnly
    };
    let shown = matches!(facts.shown, Shown::Listed | Shown::ByAlias);
    let left_out =
        LEFT_OUT.iter().any(|(name, _)| *name == directive.name) || needs_certificates(directive.name);
    if !one_story
        || !shown
        || left_out
        || directive.secret
        || directive.owner != Owner::Operator
        || !is_in_build(facts)
    {
        return None;
    }
    let value = value(directive.name, facts, target, random)?;
    // An alias now and then; the server's own name else.
    let name = match facts.aliases {
        [] => facts.name,
        aliases if random.once_in(4) => random.pick(aliases),
        _ => facts.name,
    };
    Some(format!("{name} = {value}"))
}

/// Those belong to the TLS table, or to files that it does not name.
fn needs_certificates(name: &str) -> bool {
    const PLAIN: [&str; 4] =
        ["tls-ciphers", "tls-ciphersuites", "tls-prefer-server-ciphers", "tls-protocols"];
    name.starts_with("tls-") && !name.starts_with("tls-session-") && !PLAIN.contains(&name)
}

fn value(name: &str, facts: &Facts, target: &Target, random: &mut Random) -> Option<String> {
    let off_only = facts.needs.is_some_and(|feature| !target.build.has(feature));
    let bearable = BEARABLE.iter().find(|(known, ..)| *known == name);
    let bounds = |numeric: Numeric| match (bearable, facts.clamp) {
        (Some((_, min, max)), _) => (*min, *max),
        (None, Some(clamp)) => clamp,
        (None, None) => (numeric.min, numeric.max),
    };
    Some(match facts.kind {
        Kind::Bool if off_only => "false".to_owned(),
        Kind::Bool => (*random.pick(&["true", "false", "\"yes\"", "\"NO\""])).to_owned(),
        Kind::Enum(words) => {
            let words = usable(words, target);
            let word = random.pick(&words);
            if random.once_in(3) { quoted(&word.to_uppercase()) } else { quoted(word) }
        }
        Kind::Flags(words) => flags(&usable(words, target), random),
        Kind::Integer(numeric) => {
            let (min, max) = bounds(numeric);
            // Redis before 6.2.2 crashes on a frequency of 0 or above 1000.
            let (min, max) = if name == "hz" { (1, 500) } else { (min, max) };
            // All numbers are read as 64 bits with a sign, whatever their range.
            number(random.number(min, max.min(i64::MAX.into())))
        }
        Kind::Memory(numeric) => {
            let (min, max) = bounds(numeric);
            size(min, max, random)
        }
        Kind::MemoryOrPercent { numeric, max_percent } => {
            if random.once_in(2) {
                // Of `maxmemory`, which is either 0 or not small.
                quoted(&format!("{}%", random.number(1, max_percent.into())))
            } else {
                let (min, max) = bounds(numeric);
                size(min, max, random)
            }
        }
        Kind::Octal(_) | Kind::Special(Special::UncheckedOctal) => {
            quoted(random.pick::<&str>(&["700", "770", "0777", "0", "600"]))
        }
        Kind::Text { .. } => {
            let known = TEXTS.iter().find(|(known, _)| *known == name).map(|(_, texts)| *texts);
            quoted(random.pick::<&str>(known.unwrap_or(&["word-1", "two words", "üñï \\ 'x'"])))
        }
        Kind::Special(special) => of_special(special, random)?,
        Kind::Ignored => return None,
    })
}

/// The words of an enumeration that the build has.
fn usable(words: &[EnumWord], target: &Target) -> Vec<&'static str> {
    words
        .iter()
        .filter(|word| word.needs.is_none_or(|feature| target.build.has(feature)))
        .map(|word| word.word)
        .collect()
}

/// One word, or two where they are compatible: `save` and `nosave` of a shutdown are not.
fn flags(words: &[&str], random: &mut Random) -> String {
    let (one, other) = (*random.pick(words), *random.pick(words));
    let alone = |word: &str| matches!(word, "default" | "save" | "nosave");
    if one == other || alone(one) || alone(other) {
        quoted(one)
    } else {
        format!("[{}, {}]", quoted(one), quoted(other))
    }
}

/// TOML's integers end at 63 bits.
fn number(number: i128) -> String {
    if i64::try_from(number).is_ok() { number.to_string() } else { quoted(&number.to_string()) }
}

fn size(min: i128, max: i128, random: &mut Random) -> String {
    let written = ["1mb", "64MB", "2gb", "100k", "3m", "512kb"];
    let bytes = [1 << 20, 64 << 20, 2 << 30, 100_000, 3_000_000, 512 << 10];
    let at = random.below(written.len());
    if (min..=max).contains(&bytes[at]) && !random.once_in(3) {
        quoted(written[at])
    } else {
        number(random.number(min, max))
    }
}

fn of_special(special: Special, random: &mut Random) -> Option<String> {
    Some(match special {
        Special::Save { .. } => (*random.pick(&[
            "[]",
            "\"\"",
            "[\"900 1\"]",
            "[\"3600 1\", \"300 100\", \"60 10000\"]",
            "\"86400 1\"",
        ]))
        .to_owned(),
        Special::ClientOutputBufferLimit { .. } => (*random.pick(&[
            "[\"replica 512mb 128mb 60\"]",
            "\"pubsub 64mb 16mb 90\"",
            "[\"normal 0 0 0\", \"slave 1gb 256mb 120\", \"pubsub 32mb 8mb 60\"]",
            "[]",
        ]))
        .to_owned(),
        Special::NotifyKeyspaceEvents { all, others } => {
            let letters: Vec<char> = all.chars().chain(others.chars()).collect();
            let mut text: String = (0..random.below(6)).map(|_| *random.pick(&letters)).collect();
            if random.once_in(3) {
                text.push('A');
            }
            // Classes without K or E tell nobody, which is no mistake to a server.
            quoted(&(if random.once_in(5) { text } else { text + "K" }))
        }
        Special::OomScoreAdjValues { .. } => {
            (*random.pick(&["[0, 200, 800]", "\"100 200 300\"", "[-1000, 0, 1000]"])).to_owned()
        }
        Special::LatencyTrackingInfoPercentiles => {
            (*random.pick(&["[50, 99, 99.9]", "\"0 100\"", "[]", "[99.99]"])).to_owned()
        }
        Special::UncheckedMemory => size(1 << 20, 1 << 30, random),
        _ => return None,
    })
}

/// A basic string of TOML.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
