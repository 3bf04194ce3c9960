//! The command-line options of memcached: how they are spelled, how memcached.c reads their values, and how
//! `stats settings` prints them.

use super::directive::{Numeric, Owner};
use super::minor::Minor;
use super::version::{Version, VersionRange};
use table::{LIMITS, MEMCACHED_MINORS, OPTIONS};

/// Written by build.rs from `schemas/memcached.toml`.
#[allow(clippy::unreadable_literal, reason = "generated; the data is read in schemas/")]
mod table {
    use super::super::directive::{Numeric, Owner, Unit};
    use super::super::minor::{Minor, UnknownDirectives};
    use super::super::version::{Version, VersionRange};
    use super::{
        Limits, MemcachedFeature, MemcachedOption, OptionFacts, OptionValue, Spelling, Stat, StatFormat,
    };

    include!(concat!(env!("OUT_DIR"), "/memcached.rs"));
}

/// An option of memcached and what is known of it in every supported version.
#[derive(Debug)]
pub struct MemcachedOption {
    /// The name a spec writes: the long option without dashes, the letter of an option without a long name
    /// (`D`), or the word that stands after `-o`.
    pub name: &'static str,
    /// One line in our own words, without a final stop.
    pub about: &'static str,
    /// How a command line spells it.
    pub spelling: Spelling,
    /// Who decides its value.
    pub owner: Owner,
    /// What of a spec it is written through, where it is not set by its name.
    pub from_spec: Option<&'static str>,
    /// Several of it add up (`listen`, `ext_path`); otherwise the last one counts.
    pub accumulates: bool,
    /// Facts by version, never overlapping, oldest first.
    pub revisions: &'static [OptionFacts],
}

impl MemcachedOption {
    /// The facts that hold for one version.
    pub fn at(&self, version: Version) -> Option<&'static OptionFacts> {
        self.revisions
            .iter()
            .find(|facts| facts.since <= version && facts.until.is_none_or(|until| version < until))
    }

    /// The facts of every revision that some version of the range meets, oldest first.
    pub fn within(&self, versions: VersionRange) -> impl Iterator<Item = &'static OptionFacts> + use<> {
        self.revisions.iter().filter(move |facts| {
            facts.since <= versions.last && facts.until.is_none_or(|until| versions.first < until)
        })
    }
}

/// How a command line spells an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// `-m 64`, `--memory-limit=64`.
    Flag {
        /// The letter.
        short: char,
        /// The long name without dashes.
        long: Option<&'static str>,
    },
    /// `-o hashpower=20`.
    Extended,
}

/// What holds for an option from one version up to another.
#[derive(Debug)]
pub struct OptionFacts {
    /// The first version these facts hold for.
    pub since: Version,
    /// The first version they no longer hold for.
    pub until: Option<Version>,
    /// What its value looks like.
    pub value: OptionValue,
    /// The value it stands for when it is given without one.
    pub without_value: Option<&'static str>,
    /// The value where the option is not given, written as the option would be; `on` and `off` for switches.
    pub default: Option<&'static str>,
    /// Options that must not be given as well.
    pub conflicts: &'static [&'static str],
    /// Options that must be given as well.
    pub requires: &'static [&'static str],
    /// Options that, where they are given too, must have this value.
    pub forces: &'static [(&'static str, &'static str)],
    /// The switch it turns off (`no_lru_crawler`).
    pub negates: Option<&'static str>,
    /// The option it has to stand before.
    pub before: Option<&'static str>,
    /// The part of the build without which the option is refused.
    pub build: Option<MemcachedFeature>,
    /// Its row in `stats settings`.
    pub stat: Option<Stat>,
    /// The command that changes it in a running server, without its arguments.
    pub runtime: Option<&'static str>,
}

impl OptionFacts {
    /// Whether the option is followed by a value; where [`OptionFacts::without_value`] is set, it may be absent.
    pub const fn takes_value(&self) -> bool {
        match self.value {
            OptionValue::Switch | OptionValue::Counter => false,
            OptionValue::Action { takes_value } | OptionValue::Ignored { takes_value } => takes_value,
            _ => true,
        }
    }
}

/// How memcached.c reads the value of an option. Bounds are those of the number as it was read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OptionValue {
    /// There is none: the option itself says it.
    Switch,
    /// There is none; each repetition counts one more.
    Counter,
    /// The option is no setting: it prints something and stops, or holds the extended options.
    Action {
        /// A value follows.
        takes_value: bool,
    },
    /// The option is accepted without effect.
    Ignored {
        /// A value follows.
        takes_value: bool,
    },
    /// By `atoi`: leading digits count, the rest is ignored, no digits are 0 (`1g` is 1).
    Atoi(Numeric),
    /// By `safe_strtol`: a whole number up to the end or a space; anything else is refused. Beyond 32 bits it
    /// wraps silently.
    Strtol(Numeric),
    /// By `safe_strtoul`: as [`OptionValue::Strtol`], without a sign. Kilobytes and megabytes are multiplied in
    /// 32 bits, and wrap silently (measured on 1.6.18: `ext_wbuf_size=4294967295` becomes 4293918720 bytes).
    Strtoul(Numeric),
    /// By `atof`: what looks like a number counts, the rest is ignored.
    Atof {
        /// The value has to be greater than this.
        above: Option<f64>,
        /// The value must not be greater than this.
        most: Option<f64>,
    },
    /// By `safe_strtod`: a number up to the end or a space; anything else is refused.
    Strtod {
        /// The value has to be greater than this.
        above: Option<f64>,
        /// The value must not be greater than this.
        most: Option<f64>,
    },
    /// By `strtol` in base 8: leading octal digits count.
    Octal,
    /// By `atoi`, times 1024 for a last letter `k`, times 1048576 for `m`, in either case. There is no `g`.
    Size(Numeric),
    /// Its first character counts.
    Char,
    /// One of these words, in exactly this case.
    Word(&'static [&'static str]),
    /// Several values.
    List {
        /// What stands between them.
        separator: char,
    },
    /// A file or folder.
    Path,
    /// A file and a size with a unit (`m`, `g`, `t`, `p`), joined by a colon, and maybe a second colon and a name.
    PathAndSize,
    /// Any text.
    Text,
}

/// A part of a build of memcached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MemcachedFeature {
    /// `--enable-tls`.
    Tls,
    /// `--enable-sasl`.
    Sasl,
    /// `--enable-proxy`.
    Proxy,
    /// Storage on disk; on unless `--disable-extstore`.
    Extstore,
    /// System calls that can be given up (seccomp and the like); without it the options are taken all the same.
    DropPrivileges,
    /// The debugging binary.
    Debug,
    /// A system that can mark sockets with a cookie.
    SockCookie,
}

impl MemcachedFeature {
    /// The name as prose writes it.
    pub const fn title(self) -> &'static str {
        match self {
            MemcachedFeature::Tls => "TLS",
            MemcachedFeature::Sasl => "SASL",
            MemcachedFeature::Proxy => "the proxy",
            MemcachedFeature::Extstore => "storage on disk",
            MemcachedFeature::DropPrivileges => "dropping of privileges",
            MemcachedFeature::Debug => "debugging",
            MemcachedFeature::SockCookie => "socket cookies",
        }
    }

    /// Whether a build has it: SASL, storage on disk and socket cookies are in every usual one, the others in
    /// special ones only (`build = { modules = true }`).
    pub const fn is_in(self, build: super::version::Build) -> bool {
        match self {
            MemcachedFeature::Tls => build.tls,
            MemcachedFeature::Sasl | MemcachedFeature::Extstore | MemcachedFeature::SockCookie => true,
            MemcachedFeature::Proxy | MemcachedFeature::DropPrivileges | MemcachedFeature::Debug => {
                build.modules
            }
        }
    }

    /// The key of `build` that declares it.
    pub const fn key(self) -> &'static str {
        match self {
            MemcachedFeature::Tls => "tls",
            _ => "modules",
        }
    }
}

/// A row of `stats settings`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stat {
    /// The row's name.
    pub name: &'static str,
    /// How it prints the value.
    pub format: StatFormat,
    /// The part of the build without which there is no such row, though the option is taken.
    pub build: Option<MemcachedFeature>,
}

/// How `stats settings` prints the value of an option.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StatFormat {
    /// The number itself; for a size, in bytes.
    Decimal,
    /// The number times this factor.
    Multiplied(u64),
    /// With this many digits after the point.
    Decimals(u8),
    /// Octal, without a leading zero.
    Octal,
    /// As it was given.
    AsGiven,
    /// All of them as given, joined by commas.
    Joined,
    /// For each value another word.
    Words(&'static [(&'static str, &'static str)]),
    /// This text, whenever the option is given.
    Fixed(&'static str),
    /// Asking for it kills the server (`napi-ids` before 1.6.40).
    Unsafe,
}

/// What options have to satisfy together, beside [`OptionFacts::conflicts`], [`OptionFacts::requires`] and
/// [`OptionFacts::forces`]. Moreover `napi-ids` must not exceed `threads`.
#[derive(Debug)]
pub struct Limits {
    /// Bytes of a page of memory. `slab_chunk_max` divides it and `max-item-size`, and does not exceed the latter.
    pub page_size: u32,
    /// `max-item-size` is at most `memory-limit` divided by this.
    pub item_share: u32,
    /// `hot_lru_pct` and `warm_lru_pct` add up to this at most.
    pub hot_and_warm_percent: u8,
    /// What `hashpower` is where it is not given.
    pub default_hashpower: u8,
    /// Up to how many threads, in order, the table of item locks has which power; see
    /// [`Limits::item_lock_power`].
    pub item_lock_powers: &'static [(u32, u8)],
}

impl Limits {
    /// The power of the table of item locks; `hashpower` has to be greater.
    pub fn item_lock_power(&self, threads: u32) -> Option<u8> {
        self.item_lock_powers.iter().find(|(most, _)| threads <= *most).map(|(_, power)| *power)
    }
}

/// What options have to satisfy together; the same in every supported version.
pub fn limits() -> &'static Limits {
    &LIMITS
}

/// The supported minors; there is one.
pub fn supported() -> &'static [Minor] {
    MEMCACHED_MINORS
}

/// Every option in any supported version, sorted by name.
pub fn options() -> &'static [MemcachedOption] {
    OPTIONS
}

/// The option a spec names so; names are compared with their case, as memcached does.
pub fn option(name: &str) -> Option<&'static MemcachedOption> {
    OPTIONS.binary_search_by(|option| option.name.cmp(name)).ok().map(|at| &OPTIONS[at])
}

/// The option with this letter on a command line.
pub fn flag(letter: char) -> Option<&'static MemcachedOption> {
    OPTIONS.iter().find(|option| matches!(option.spelling, Spelling::Flag { short, .. } if short == letter))
}

/// The option that prints this row of `stats settings`; where several do, the one that is not the negation.
pub fn by_stat(row: &str) -> Option<&'static MemcachedOption> {
    let prints =
        |facts: &OptionFacts| facts.stat.is_some_and(|stat| stat.name == row) && facts.negates.is_none();
    OPTIONS.iter().find(|option| option.revisions.iter().any(prints) && !option.name.starts_with("no_"))
}

/// Options of these versions whose names resemble `name`, the likeliest first.
pub fn suggest(versions: VersionRange, name: &str) -> Vec<&'static str> {
    let writable = |facts: &OptionFacts| !matches!(facts.value, OptionValue::Action { .. });
    let known = OPTIONS.iter().filter(|option| option.within(versions).any(writable));
    super::closest(name, known.map(|option| option.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(name: &str, version: &str) -> Option<&'static OptionFacts> {
        option(name).unwrap().at(version.parse().unwrap())
    }

    #[test]
    fn counts_are_those_of_the_real_servers() {
        for (version, expected) in [("1.6.18", 104), ("1.6.38", 106), ("1.6.45", 106)] {
            let version = version.parse().unwrap();
            let count = options().iter().filter(|option| option.at(version).is_some()).count();
            assert_eq!(count, expected, "{version}");
        }
    }

    #[test]
    fn options_are_sorted_with_letters_and_descriptions_of_their_own() {
        assert!(options().is_sorted_by(|a, b| a.name < b.name));
        let mut letters = std::collections::BTreeSet::new();
        let mut abouts = std::collections::BTreeSet::new();
        for one in options() {
            assert_eq!(option(one.name).unwrap().name, one.name);
            assert!(
                one.about.len() < 100 && !one.about.ends_with('.') && abouts.insert(one.about),
                "{}",
                one.name
            );
            if let Spelling::Flag { short, .. } = one.spelling {
                assert!(letters.insert(short), "-{short} twice");
                assert_eq!(flag(short).unwrap().name, one.name);
            }
        }
        assert_eq!(letters.len(), 37);
    }

    #[test]
    fn every_default_is_a_value_of_its_kind() {
        for one in options() {
            for facts in one.revisions {
                let Some(default) = facts.default else { continue };
                let number: Result<i128, _> = default.parse();
                let fits = match facts.value {
                    OptionValue::Switch => matches!(default, "on" | "off"),
                    OptionValue::Counter => number == Ok(0),
                    // 0 stands for "not set" where it could not be set.
                    OptionValue::Atoi(numeric)
                    | OptionValue::Strtol(numeric)
                    | OptionValue::Strtoul(numeric) => {
                        number.is_ok_and(|n| n == 0 || numeric.min <= n && n <= numeric.max)
                    }
                    OptionValue::Size(_) => default == "1m",
                    OptionValue::Atof { above, most } | OptionValue::Strtod { above, most } => {
                        default.parse::<f64>().is_ok_and(|n| {
                            above.is_none_or(|above| n > above) && most.is_none_or(|most| n <= most)
                        })
                    }
                    OptionValue::Word(words) => words.contains(&default),
                    OptionValue::Octal => u32::from_str_radix(default, 8).is_ok(),
                    OptionValue::Char => default.chars().count() == 1,
                    _ => false,
                };
                assert!(fits, "{} {}: {default:?}", one.name, facts.since);
            }
        }
    }

    #[test]
    fn versions_differ() {
        let unit = |version| match at("slab_chunk_max", version).unwrap().value {
            OptionValue::Strtol(numeric) => numeric.unit,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            (unit("1.6.23"), unit("1.6.24")),
            (super::super::Unit::Bytes, super::super::Unit::Kilobytes)
        );
        assert!(at("proxy_arg", "1.6.25").is_none() && at("proxy_arg", "1.6.26").is_some());
        assert!(at("meta_response_old", "1.6.17").is_some() && at("meta_response_old", "1.6.18").is_none());
        assert_eq!(at("slab_automove_window", "1.6.18").unwrap().default, Some("30"));
        assert!(at("slab_automove_window", "1.6.38").unwrap().runtime.is_some());
        assert_eq!(at("napi-ids", "1.6.38").unwrap().stat.unwrap().format, StatFormat::Unsafe);
    }

    #[test]
    fn more_threads_need_a_larger_hash_table() {
        let powers: Vec<_> = [1, 2, 3, 4, 5, 10, 20, 21].map(|n| limits().item_lock_power(n).unwrap()).into();
        assert_eq!(powers, [10, 10, 11, 12, 13, 13, 14, 15]);
        assert!(powers.iter().all(|power| *power < limits().default_hashpower));
    }

    #[test]
    fn rows_and_slips_lead_to_options() {
        assert_eq!(by_stat("maxbytes").unwrap().name, "memory-limit");
        assert_eq!(by_stat("lru_crawler").unwrap().name, "lru_crawler");
        assert_eq!(by_stat("slab_automove").unwrap().name, "slab_automove");
        let versions = VersionRange::minor(1, 6);
        assert_eq!(suggest(versions, "memory_limit"), ["memory-limit"]);
        assert_eq!(suggest(versions, "max-item-sise").first(), Some(&"max-item-size"));
    }
}
