//! Other values for a setting, made from the catalogue's facts; the server says which of them it takes.

use cachewright::catalog::{Facts, Kind, Numeric, Special};

/// Texts for directives that want something particular.
const TEXTS: &[(&str, &[&str])] = &[
    ("bind-source-addr", &["127.0.0.1"]),
    ("cluster-announce-client-ipv4", &["192.0.2.1"]),
    ("cluster-announce-client-ipv6", &["2001:db8::1"]),
    ("cluster-announce-human-nodename", &["node-1"]),
    ("cluster-announce-hostname", &["node-1.example.org"]),
    ("locale-collate", &["C", "POSIX"]),
    ("proc-title-template", &["{title} {listen-addr}"]),
    ("server-cpulist", &["0"]),
    ("tls-ciphers", &["HIGH"]),
    ("tls-ciphersuites", &["TLS_AES_128_GCM_SHA256"]),
    ("tls-protocols", &["TLSv1.3"]),
    ("dbfilename", &["other.rdb"]),
];

/// Values to try, other ones than `now`, the likeliest first.
pub(crate) fn candidates(facts: &Facts, now: &str) -> Vec<String> {
    let mut list = of_kind(facts, now);
    list.retain(|value| value != now);
    list
}

fn of_kind(facts: &Facts, now: &str) -> Vec<String> {
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    match facts.kind {
        Kind::Bool => texts(&["yes", "no"]),
        Kind::Enum(words) => words.iter().map(|word| word.word.to_owned()).collect(),
        Kind::Flags(words) => words.iter().map(|word| word.word.to_owned()).collect(),
        Kind::Integer(numeric) => numbers(numeric, now, &[7, -1, 1, 1000]),
        Kind::Memory(numeric) => numbers(numeric, now, &[1 << 20, -(1 << 20), 7, -1]),
        Kind::MemoryOrPercent { .. } => texts(&["7%", "8mb", "0"]),
        Kind::Octal(_) | Kind::Special(Special::UncheckedOctal) => texts(&["700", "600"]),
        Kind::Text { .. } => match TEXTS.iter().find(|(name, _)| *name == facts.name) {
            Some((_, list)) => texts(list),
            None => texts(&["other", "192.0.2.1", "/tmp"]),
        },
        Kind::Special(Special::Bind { .. }) => texts(&["127.0.0.1 127.0.0.2", "127.0.0.1 -::1"]),
        Kind::Special(Special::ClientOutputBufferLimit { .. }) => texts(&["pubsub 64mb 16mb 90"]),
        Kind::Special(Special::Dir) => texts(&["/tmp"]),
        Kind::Special(Special::LatencyTrackingInfoPercentiles) => texts(&["50 90"]),
        Kind::Special(Special::NotifyKeyspaceEvents { .. }) => texts(&["KEA", "Ex"]),
        Kind::Special(Special::OomScoreAdjValues { .. }) => texts(&["0 100 900"]),
        Kind::Special(Special::Save { .. }) => texts(&["900 1 300 7", ""]),
        Kind::Special(Special::UncheckedMemory | Special::NotInFiles) => texts(&["2000000", "1000"]),
        _ => Vec::new(),
    }
}

/// Numbers near the present one and near the edges.
fn numbers(numeric: Numeric, now: &str, steps: &[i128]) -> Vec<String> {
    let now: i128 = now.parse().unwrap_or(0);
    let near = steps.iter().map(|step| now + step);
    let edges = [numeric.min, numeric.min + 1, numeric.max - 1, numeric.max];
    let fits = |number: &i128| (numeric.min..=numeric.max).contains(number);
    near.chain(edges).filter(fits).map(|number| number.to_string()).collect()
}
