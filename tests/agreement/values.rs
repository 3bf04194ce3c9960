//! Values to try: made from the facts of a directive, and texts that know nothing of any.

use cachewright::catalog::{Facts, Kind, Numeric, Special};

/// What is tried for every directive, whatever its kind: everything behind its name.
pub(crate) const RAW: &[&str] = &[
    "",
    "\"\"",
    "\" \"",
    "yes",
    "NO",
    "on",
    "true",
    "1",
    "0",
    "-0",
    "-1",
    "007",
    "+5",
    "\" 5\"",
    "\"5 \"",
    "5.0",
    "5s",
    "1k",
    "1Kb",
    "1.5gb",
    "10%",
    "0x10",
    "2147483648",
    "4294967297",
    "9223372036854775808",
    "18446744073709551615",
    "99999999999999999999",
    "99999999999gb",
    "foo",
    "a b",
    "\"a b\"",
    "'900 1'",
    "\"unbalanced",
    "'a'b",
    "5 # comment",
    "\"5\\x00\"",
    "\"yes\\x00\"",
    "\"\\\"5\"",
    "kb",
    "-",
    "\"\\x00\"",
    "default",
];

/// What is tried for a directive because of its kind.
pub(crate) fn of_kind(facts: &Facts) -> Vec<String> {
    let mut values = match facts.kind {
        Kind::Bool => texts(&["yes", "no", "YES", "Yes", "yesno", "y"]),
        Kind::Enum(words) => words.iter().flat_map(|w| [w.word.to_owned(), w.word.to_uppercase()]).collect(),
        Kind::Flags(words) => {
            let mut values: Vec<String> = words.iter().map(|w| w.word.to_uppercase()).collect();
            for pair in words.windows(2) {
                values.push(format!("{} {}", pair[1].word, pair[0].word));
                values.push(format!("\"{} {}\"", pair[0].word, pair[1].word));
            }
            values.push(words.iter().map(|w| w.word).filter(|w| *w != "save").collect::<Vec<_>>().join(" "));
            values.push(format!("{} nosuchword", words[0].word));
            values
        }
        Kind::Integer(numeric) => numbers(numeric),
        Kind::Memory(numeric) => numbers(numeric).into_iter().chain(sizes()).collect(),
        Kind::MemoryOrPercent { numeric, max_percent } => {
            let max = u32::from(max_percent);
            let percents = [0, 1, 5, max, max + 1].map(|p| format!("{p}%"));
            let odd =
                ["05%", "-5%", "%", "5 %", "5.5%", "18446744073709551606", "18446744073709551500", "-5"];
            numbers(numeric).into_iter().chain(sizes()).chain(percents).chain(texts(&odd)).collect()
        }
        Kind::Octal(_) | Kind::Special(Special::UncheckedOctal) => texts(&[
            "700",
            "0700",
            "777",
            "0777",
            "778",
            "888",
            "1000",
            "7777",
            "40000000000",
            "40000000007",
            "-1",
            "+7",
            "\" 7\"",
            "7x",
            "0o7",
            "99999999999999999999999",
        ]),
        Kind::Text { .. } => text_values(),
        Kind::Ignored => texts(&["1", "1 2", "x y z"]),
        Kind::Special(special) => of_special(special),
    };
    values.extend(facts.default.filter(|d| !d.is_empty()).map(|default| {
        let several = matches!(facts.kind, Kind::Special(_) | Kind::Flags(_));
        if several { default.to_owned() } else { quoted(default) }
    }));
    values
}

fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// The bounds, and what lies beside them.
fn numbers(numeric: Numeric) -> Vec<String> {
    let (min, max) = (numeric.min, numeric.max);
    let middle = min + (max - min) / 3;
    [min - 1, min, min + 1, middle, max - 1, max, max + 1, 16, 17, 500, 501, -5, -2_147_483_648]
        .map(|number| number.to_string())
        .to_vec()
}

/// Sizes with units, good and bad.
fn sizes() -> Vec<String> {
    let mut values = texts(&[
        "1b",
        "1B",
        "2k",
        "2kb",
        "2KB",
        "3m",
        "3mb",
        "1g",
        "1gb",
        "1GB",
        "0100",
        "1tb",
        "1kbb",
        "1 kb",
        "b",
        "gb",
        "18446744073709551616",
        "9223372036854775807",
        "8589934592gb",
        "17179869184gb",
        "-1kb",
        "-0",
        "1e3",
    ]);
    values.push("0".repeat(127));
    values.push("0".repeat(128));
    values
}

/// Names, paths, addresses, templates, and too much of everything.
fn text_values() -> Vec<String> {
    let mut values = texts(&[
        "x",
        "a/b",
        "a\\\\b",
        "\"a\\\\b\"",
        "\"é\"",
        "\"\\xff\"",
        "127.0.0.1",
        "::1",
        "fe80::1",
        "1.2.3",
        "01.2.3.4",
        "::ffff:1.2.3.4",
        "12345::",
        "host-1.example.com",
        "host_1",
        "\"host name\"",
        "\"a,b\"",
        "\"a:b\"",
        "\"a=b\"",
        "\"{title}\"",
        "\"{title} x\"",
        "\"{bad}\"",
        "\"{{\"",
        "\"{\"",
        "\"{port}\"",
        "\"{title} {port}\"",
        "\"{}\"",
        "\"{listen-addr}\"",
        "\"{config-file}\"",
        "\"x}\"",
        "\"{title}{unixsocket}\"",
        "C",
    ]);
    values.extend([45, 46, 63, 64, 65, 255, 256, 512, 513].map(|length| "x".repeat(length)));
    values.extend("!#$%&()*+;<>?@[]^|~_`/".chars().map(|c| format!("\"a{c}\"")));
    values
}

/// Values of directives with a grammar of their own.
#[expect(clippy::too_many_lines, reason = "a table")]
fn of_special(special: Special) -> Vec<String> {
    match special {
        Special::Bind { .. } => {
            let mut values = texts(&[
                "127.0.0.1",
                "127.0.0.1 -::1",
                "\"127.0.0.1 -::1\"",
                "* -::*",
                "::1 127.0.0.1",
                "'127.0.0.1'",
            ]);
            values.extend([16, 17].map(|number| vec!["127.0.0.1"; number].join(" ")));
            values
        }
        Special::ClientOutputBufferLimit { .. } => texts(&[
            "replica 256mb 64mb 60",
            "slave 1k 1kb 5",
            "NORMAL 0 0 0",
            "pubsub 1mb 1mb 1 normal 1gb 0 0",
            "normal 1gb 0 0 pubsub 1mb 1mb 1",
            "normal foo bar 0",
            "normal 0 0 foo",
            "normal 0 0 -1",
            "master 0 0 0",
            "primary 0 0 0",
            "nosuch 0 0 0",
            "\"normal 1mb 1mb 1\"",
            "normal 0 0",
            "normal 0 0 0 0",
            "normal -1 -1 0",
            "normal 0 0 4294967296",
            "normal 0 0 99999999999",
            "normal 0 0 \"\"",
            "normal \"\" \"\" 1",
            "normal 1tb 0 0",
            "normal 99999999999gb 0 0",
            "normal 0 0 5s",
            "normal 0 0 \" 5\"",
            "pubsub 1 2 3 pubsub 4 5 6",
        ]),
        Special::LatencyTrackingInfoPercentiles => texts(&[
            "50",
            "50.0 99.000 99.99",
            "100",
            "100.0000001",
            "101",
            "-0",
            "-1",
            "99 50",
            "\"50 99\"",
            "nan",
            "inf",
            "-inf",
            "0x1p3",
            "0x",
            "1e1",
            "1e",
            "1e400",
            "1e-400",
            "1e-320",
            ".5",
            "5.",
            ".",
            "+5",
            "--5",
            "5,5",
            "50 x",
            "\" 50\" 9",
            "50 \"\"",
            "99.9999999",
            "0x1.8p1",
            "infinity",
        ]),
        Special::NotifyKeyspaceEvents { .. } => texts(&[
            "Ex",
            "KEA",
            "AKE",
            "mA",
            "AKEmn",
            "g$lshzxeKE",
            "g$lshzxetKE",
            "g$lshzxetdKE",
            "KEg$lshzxetdn",
            "K",
            "q",
            "KK",
            "E x",
            "k",
            "a",
            "AA",
            "tm",
            "d",
            "n",
            "nK",
            "\"\"",
        ]),
        Special::OomScoreAdjValues { .. } => texts(&[
            "0 200 800",
            "\"0 100 700\"",
            "0 200",
            "0 1 2 3",
            "-1000 1000 1000",
            "-1001 0 0",
            "2000 2000 2000",
            "2001 0 0",
            "-2000 0 0",
            "-2001 0 0",
            "a b c",
            "1.5 2 3",
            "\"\" \"\" \"\"",
            "+1 2 3",
            "007 8 9",
            "1x 2 3",
        ]),
        Special::Replicaof { .. } => texts(&[
            "127.0.0.1 6379",
            "no one",
            "NO ONE",
            "h 0",
            "h 65535",
            "h 65536",
            "h -1",
            "h x",
            "h \"\"",
            "h 6379x",
            "h +6379",
            "h 06379",
            "h 4294967297",
            "h 99999999999999999999",
            "\"h 6379\"",
            "h",
            "h 1 2",
            "\"\" 5",
            "one no",
        ]),
        Special::Save { .. } => texts(&[
            "900 1",
            "900 1 300 10",
            "\"900 1 300 10\"",
            "900",
            "0 1",
            "1 0",
            "900 -1",
            "900 x",
            "x 1",
            "900 \"\"",
            "\"\" 1",
            "900 4294967297",
            "4294967297 1",
            "900 2147483648",
            "99999999999999999999 1",
            "900 1 300",
            "+900 01",
            "900.5 1",
            "\"\" \"\"",
            "\"900\" \"1\"",
            "\" 900\" 1",
            "900s 1",
            "900 99999999999999999999",
        ]),
        Special::UncheckedMemory => sizes(),
        Special::Sentinel => texts(&["monitor m 127.0.0.1 6379 2", "myid x"]),
        Special::Loadmodule => texts(&["/nonexistent.so a b"]),
        Special::User => texts(&["u1 on", "u2 on >p ~* +@all", "u3"]),
        Special::RenameCommand => texts(&["a", "a b c"]),
        Special::Include { .. } => texts(&["a b"]),
        Special::Dir => texts(&[".", ". ."]),
        Special::NotInFiles | Special::UncheckedOctal => Vec::new(),
    }
}
