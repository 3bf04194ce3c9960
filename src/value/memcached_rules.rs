//! What memcached checks when it has read all its options (`main` in memcached.c, `storage_check_config` in
//! storage.c): conflicts, requirements and numbers that have to fit each other.

use std::fmt;

use crate::catalog::memcached::{OptionFacts, option};
use crate::catalog::{Unit, Version, memcached};

use super::cnum::strtoll;
use super::memcached::{STORAGE_CHECKED, storage_bytes};

/// The most a slab page holds (`settings.slab_page_size`).
const PAGE: i64 = 1024 * 1024;

/// From here on `worker_logbuf_size` is no longer taken for `slab_sizes` as well.
const LOGBUF_MENDED: Version = Version::new(1, 6, 40);

/// The power of two of the table of item locks (`memcached_thread_init` in thread.c).
fn item_locks(threads: i64) -> i64 {
    match threads {
        ..3 => 10,
        3 => 11,
        4 => 12,
        5..=10 => 13,
        11..=20 => 14,
        _ => 15,
    }
}

/// Options that keep the server from starting together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionProblem {
    /// The options to blame, the likeliest first; those that are not given hold by default.
    pub options: Vec<&'static str>,
    /// What is wrong with them.
    pub what: String,
}

impl fmt::Display for OptionProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// The options of one server: names with canonical values.
struct Given<'a> {
    options: &'a [(&'a str, &'a str)],
    version: Version,
}

impl Given<'_> {
    fn has(&self, name: &str) -> bool {
        self.options.iter().any(|(other, _)| *other == name)
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.options.iter().rev().find(|(other, _)| *other == name).map(|(_, value)| *value)
    }

    fn facts(&self, name: &str) -> Option<&'static OptionFacts> {
        option(name)?.at(self.version)
    }

    /// The value as a number, or the default.
    fn number(&self, name: &str) -> i64 {
        let default = self.facts(name).and_then(|facts| facts.default).unwrap_or("0");
        strtoll(self.value(name).unwrap_or(default).as_bytes(), 10).value
    }
}

/// What a version finds wrong with options that it takes one by one. Values are canonical
/// ([`judge_option`](super::judge_option)).
pub fn option_rules(options: &[(&str, &str)], version: Version) -> Vec<OptionProblem> {
    let given = Given { options, version };
    let mut problems = Vec::new();
    pairs(&given, &mut problems);
    item_size(&given, &mut problems);
    slab_sizes(&given, &mut problems);
    storage(&given, &mut problems);
    if given.number("napi-ids") > given.number("threads") {
        problems.push(problem(&["napi-ids", "threads"], "`napi-ids` must not be above `threads`".to_owned()));
    }
    for name in ["max-reqs-per-event", "slab-min-size"] {
        if given.number(name) == 0 {
            problems.push(problem(&[name], format!("`{name}` must not be 0")));
        }
    }
    let (power, locks) = (given.number("hashpower"), item_locks(given.number("threads")));
    if given.has("hashpower") && power <= locks {
        let what = format!("`hashpower` must be above {locks} with this number of `threads`");
        problems.push(problem(&["hashpower", "threads"], what));
    }
    let (hot, warm) = (given.number("hot_lru_pct"), given.number("warm_lru_pct"));
    if hot + warm > 80 {
        let what =
            format!("`hot_lru_pct` and `warm_lru_pct` are {} together, and must not be above 80", hot + warm);
        problems.push(problem(&["hot_lru_pct", "warm_lru_pct"], what));
    }
    if given.has("temporary_ttl") && given.has("no_modern") && !given.has("lru_maintainer") {
        let what = "`temporary_ttl` needs the maintainer, which `no_modern` turns off".to_owned();
        problems.push(problem(&["temporary_ttl", "no_modern"], what));
    }
    if given.has("enable-ssl") && given.value("port") == Some("0") {
        problems.push(problem(&["enable-ssl", "port"], "`enable-ssl` needs a TCP port".to_owned()));
    }
    problems
}

fn problem(options: &[&'static str], what: String) -> OptionProblem {
    OptionProblem { options: options.to_vec(), what }
}

/// Conflicts, requirements and forced values that the catalogue knows of.
fn pairs(given: &Given<'_>, problems: &mut Vec<OptionProblem>) {
    for known in memcached::options() {
        let Some(facts) = known.at(given.version).filter(|_| given.has(known.name)) else { continue };
        for other in facts.conflicts {
            let off = *other == "udp-port" && given.number(other) == 0;
            let off = off || (known.name == "udp-port" && given.number(known.name) == 0);
            // Each pair once: it may be noted on either side or on both.
            let noted = problems.iter().any(|p| p.options.contains(&known.name) && p.options.contains(other));
            if given.has(other) && !off && !noted {
                let what = format!("`{}` and `{other}` exclude each other", known.name);
                problems.push(problem(&[known.name, other], what));
            }
        }
        for other in facts.requires.iter().filter(|other| !given.has(other)) {
            problems.push(problem(&[known.name], format!("`{}` needs `{other}`", known.name)));
        }
        for (other, word) in facts.forces {
            if given.value(other).is_some_and(|value| value != *word) {
                let what = format!("`{}` needs `{other} = \"{word}\"`", known.name);
                problems.push(problem(&[known.name, other], what));
            }
        }
    }
}

/// The bytes of the largest piece in a slab class, before it is compared with the item size.
fn chunk_max(given: &Given<'_>, item: i64) -> i64 {
    if given.has("slab_chunk_max") {
        let number = given.number("slab_chunk_max");
        let kilobytes = given.facts("slab_chunk_max").is_some_and(|facts| {
            matches!(facts.value, memcached::OptionValue::Strtol(numeric) if numeric.unit == Unit::Kilobytes)
        });
        return if kilobytes { number * 1024 } else { number };
    }
    let whole_page = given.has("no_chunked_items") || given.has("no_modern");
    if whole_page && item <= PAGE { PAGE } else { PAGE / 2 }
}

fn item_size(given: &Given<'_>, problems: &mut Vec<OptionProblem>) {
    let item = if given.has("max-item-size") { given.number("max-item-size") } else { PAGE };
    let memory = i128::from(given.number("memory-limit")) * 1024 * 1024;
    // A negative number of megabytes is a huge one.
    if memory >= 0 && i128::from(item) > memory / 2 {
        let what = format!(
            "`max-item-size` ({item} bytes) must not be above half of `memory-limit` ({memory} bytes)"
        );
        problems.push(problem(&["max-item-size", "memory-limit"], what));
        return;
    }
    let chunk = chunk_max(given, item);
    let both: &[&'static str] = &["max-item-size", "slab_chunk_max"];
    if chunk > item {
        let what =
            format!("`max-item-size` ({item} bytes) must not be below `slab_chunk_max` ({chunk} bytes)");
        problems.push(problem(both, what));
    } else if chunk == 0 || item % chunk != 0 {
        let what =
            format!("`max-item-size` ({item} bytes) must be a multiple of `slab_chunk_max` ({chunk} bytes)");
        problems.push(problem(both, what));
    } else if PAGE % chunk != 0 {
        let what = format!("`slab_chunk_max` ({chunk} bytes) must divide a page of {PAGE} bytes");
        problems.push(problem(&["slab_chunk_max"], what));
    }
}

/// Sizes rise by more than 8 bytes each, between `slab-min-size` and `slab_chunk_max`, and are 62 at most.
fn slab_sizes(given: &Given<'_>, problems: &mut Vec<OptionProblem>) {
    const STEP: i64 = 8;
    const MOST: usize = 62;
    // Until 1.6.40 the case of `worker_logbuf_size` runs on into that of `slab_sizes` (memcached.c).
    let runs_on = given.value("worker_logbuf_size").filter(|_| given.version < LOGBUF_MENDED);
    let name = if given.has("slab_sizes") { "slab_sizes" } else { "worker_logbuf_size" };
    let Some(text) = given.value("slab_sizes").or(runs_on) else { return };
    let item = if given.has("max-item-size") { given.number("max-item-size") } else { PAGE };
    let (least, most) = (given.number("slab-min-size"), chunk_max(given, item));
    let sizes: Option<Vec<i64>> = text
        .split('-')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let number = strtoll(part.as_bytes(), 10);
            (number.digits && super::atoi::ends(number.rest)).then_some(number.value)
        })
        .collect();
    let rising = |sizes: &[i64]| sizes.windows(2).all(|pair| pair[1] > pair[0] + STEP);
    let fits = sizes.is_some_and(|sizes| {
        !text.is_empty()
            && sizes.len() <= MOST
            && sizes.iter().all(|size| (least..=most).contains(size) && *size > STEP)
            && rising(&sizes)
    });
    if !fits {
        let what = format!(
            "`{name}` must rise by more than {STEP} bytes each, from {least} up to {most}, {MOST} at most"
        );
        problems.push(problem(&[name], what));
    }
}

fn storage(given: &Given<'_>, problems: &mut Vec<OptionProblem>) {
    let Some(text) = given.value("ext_path") else { return };
    let item = if given.has("max-item-size") { given.number("max-item-size") } else { PAGE };
    let buffer = given.number("ext_wbuf_size") * 1024 * 1024;
    if item > buffer {
        let what =
            format!("`max-item-size` ({item} bytes) must not be above `ext_wbuf_size` ({buffer} bytes)");
        problems.push(problem(&["max-item-size", "ext_wbuf_size"], what));
    }
    let page = u64::try_from(given.number("ext_page_size")).unwrap_or(0) * 1024 * 1024;
    if given.version >= STORAGE_CHECKED && (page == 0 || storage_bytes(text) < page) {
        let what = "each file of `ext_path` must hold at least one page (`ext_page_size`)".to_owned();
        problems.push(problem(&["ext_path", "ext_page_size"], what));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blamed(options: &[(&str, &str)], version: &str) -> Vec<&'static str> {
        let problems = option_rules(options, version.parse().unwrap());
        problems.iter().map(|problem| problem.options[0]).collect()
    }

    #[test]
    fn item_sizes_fit_memory_and_chunks() {
        let on = |options: &[(&str, &str)]| blamed(options, "1.6.18");
        assert!(on(&[]).is_empty());
        assert!(on(&[("max-item-size", "2097152")]).is_empty());
        assert_eq!(on(&[("max-item-size", "2097152"), ("memory-limit", "3")]), ["max-item-size"]);
        assert_eq!(on(&[("memory-limit", "1")]), ["max-item-size"]);
        assert_eq!(on(&[("max-item-size", "1024")]), ["max-item-size"]);
        assert_eq!(on(&[("max-item-size", "1100000")]), ["max-item-size"]);
        assert!(on(&[("slab_chunk_max", "16384")]).is_empty());
        assert_eq!(blamed(&[("slab_chunk_max", "3")], "1.6.38"), ["max-item-size"]);
        assert!(blamed(&[("slab_chunk_max", "16")], "1.6.38").is_empty());
    }

    #[test]
    fn pairs_are_found_once() {
        let on = |options: &[(&str, &str)]| blamed(options, "1.6.38");
        assert_eq!(on(&[("no_lru_maintainer", ""), ("temporary_ttl", "30")]), ["no_lru_maintainer"]);
        assert!(on(&[("enable-sasl", ""), ("udp-port", "0")]).is_empty());
        assert_eq!(on(&[("enable-sasl", ""), ("udp-port", "1")]), ["enable-sasl"]);
        assert_eq!(on(&[("enable-sasl", ""), ("protocol", "ascii")]), ["enable-sasl"]);
        assert_eq!(on(&[("enable-ssl", "")]).len(), 2);
        assert_eq!(on(&[("hot_lru_pct", "60"), ("warm_lru_pct", "30")]), ["hot_lru_pct"]);
        assert_eq!(on(&[("napi-ids", "5")]), ["napi-ids"]);
    }

    #[test]
    fn slab_sizes_rise() {
        let on = |sizes| blamed(&[("slab_sizes", sizes)], "1.6.38").is_empty();
        assert!(on("64-128-256"));
        for bad in ["", "64-64", "64-70", "47", "64-x", "524289"] {
            assert!(!on(bad), "{bad}");
        }
    }
}
