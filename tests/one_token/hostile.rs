//! Texts that are hardly specs: cut off, random, deep, long. Nothing panics, and nothing takes its time.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::random::Random;
use crate::specs::{all, one};

/// Far more than any text of these needs, and far less than anything exponential.
const LIMIT: Duration = Duration::from_mins(5);

fn quick(text: String) -> cachewright::pipeline::Compiled {
    let (length, start) = (text.len(), Instant::now());
    let compiled = one(text);
    assert!(start.elapsed() < LIMIT, "{length} bytes took {:?}", start.elapsed());
    compiled
}

#[test]
fn a_text_that_is_cut_off_is_still_read() {
    let mut random = Random::new(11);
    for spec in all() {
        for (path, text) in &spec.texts {
            for _ in 0..120 {
                let mut end = random.below(text.len() + 1);
                while !text.is_char_boundary(end) {
                    end -= 1;
                }
                let compiled = spec.with(path, text[..end].to_owned()).compile();
                assert!(compiled.findings.len() < 20, "{path} to byte {end}: {:#?}", compiled.findings);
            }
        }
    }
}

#[test]
fn random_text_is_refused_in_peace() {
    let mut random = Random::new(12);
    let pieces = [
        "[",
        "]",
        "{",
        "}",
        "=",
        ",",
        "\"",
        "'",
        "\"\"\"",
        "\n",
        " ",
        "#",
        ".",
        "a",
        "redis",
        "hosts",
        "7.2",
        "true",
        "\\",
        "\u{0}",
        "ä",
        "\u{feff}",
        "1979-05-27",
        "0x1f",
        "-",
        "inf",
        "\r\n",
        "config",
        "name = ",
        "[redis.a]\n",
    ];
    for _ in 0..600 {
        let length = random.below(120);
        let text: String = (0..length).map(|_| *random.pick(&pieces)).collect();
        quick(text);
    }
    for _ in 0..200 {
        let bytes: Vec<u8> = (0..random.below(400)).map(|_| random.next().to_le_bytes()[0]).collect();
        quick(String::from_utf8_lossy(&bytes).into_owned());
    }
}

#[test]
fn depth_and_length_are_no_danger() {
    for deep in ["[", "{ a = ", "[{ a = "] {
        quick(format!("x = {}", deep.repeat(20_000)));
    }
    quick(format!("[{}]\nx = 1\n", vec!["a"; 20_000].join(".")));
    quick(format!("{} = 1\n", "k".repeat(1_000_000)));
    quick(format!("name = \"{}\"\n", "n".repeat(1_000_000)));
    quick(format!("format = {}\n", "9".repeat(100_000)));
    quick(format!("format = 1e{}\n", "9".repeat(100_000)));
    quick("a = 1\n".repeat(20_000));
    quick("[a\n".repeat(20_000));
    quick("x = \"\"\"\n".to_owned() + &"y = 1\n".repeat(20_000));
    quick("!\n".repeat(20_000));
    let mut deployments = String::new();
    for n in 0..300 {
        let version = "version = \"7.2\"\ntopology = \"standalone\"\n";
        writeln!(deployments, "[redis.d{n}]\n{version}hosts = [\"h{n}\"]").unwrap();
    }
    assert_eq!(quick(format!("format = 1\nname = \"x\"\n{deployments}")).findings.len(), 300);
}

#[test]
fn huge_numbers_are_findings() {
    for key in ["port", "shards", "replicas", "write-rate"] {
        for number in ["9223372036854775807", "-9223372036854775808", "1e400", "nan", "0xffffffffffffffff"] {
            let text = "format = 1\nname = \"x\"\n[hosts]\na = { address = \"127.0.0.1\" }\n[redis.s]\n\
                        version = \"7.2\"\ntopology = \"cluster\"\nhosts = [\"a\"]\nshards = 3\n\
                        replicas = 0\nsurvives = \"nothing\"\n";
            let text = text.replace(&format!("{key} = "), "unset = []\n#") + &format!("{key} = {number}\n");
            let compiled = quick(text);
            let plausible = key == "write-rate" && number.starts_with("92");
            assert_eq!(compiled.findings.is_empty(), plausible, "{key} = {number}: {:#?}", compiled.findings);
        }
    }
}
