//! What has to hold for the tables of directives as a whole.

use super::*;

const SERVERS: [Engine; 2] = [Engine::Redis, Engine::Valkey];

/// Every version worth a look: each minor's first, last known and measured ones.
fn versions(engine: Engine) -> Vec<Version> {
    let mut versions: Vec<Version> = supported(engine)
        .iter()
        .flat_map(|minor| {
            [minor.range.first, minor.last_known].into_iter().chain(minor.measured.iter().copied())
        })
        .collect();
    versions.sort_unstable();
    versions.dedup();
    versions
}

fn at(engine: Engine, version: Version) -> impl Iterator<Item = &'static Facts> {
    directives(engine).iter().filter_map(move |directive| directive.at(version))
}

/// Directives, rows of `CONFIG GET *`, directives `CONFIG SET` takes: as measured on servers of these versions.
#[test]
fn counts_are_those_of_running_servers() {
    let measured = [
        (Engine::Redis, "6.0.20", (147, 151, 113)),
        (Engine::Redis, "6.2.16", (164, 168, 132)),
        (Engine::Redis, "7.0.15", (186, 192, 146)),
        (Engine::Redis, "7.2.6", (193, 195, 151)),
        (Engine::Redis, "7.4.1", (196, 202, 154)),
        (Engine::Redis, "8.0.2", (200, 203, 157)),
        (Engine::Redis, "8.0.6", (200, 203, 157)),
        (Engine::Valkey, "7.2.7", (193, 195, 151)),
        (Engine::Valkey, "8.0.1", (208, 214, 164)),
        (Engine::Valkey, "8.1.1", (223, 227, 176)),
        (Engine::Valkey, "9.1.2", (239, 237, 187)),
        // Patch by patch from the tags of config.c.
        (Engine::Redis, "6.0.0", (137, 141, 107)),
        (Engine::Redis, "6.0.16", (147, 151, 113)),
        (Engine::Redis, "6.2.0", (159, 163, 124)),
        (Engine::Redis, "6.2.14", (164, 168, 132)),
    ];
    for (engine, version, expected) in measured {
        let version: Version = version.parse().unwrap();
        let rows = |facts: &Facts| match facts.shown {
            Shown::Listed => 1 + facts.aliases.len(),
            Shown::ByAlias => facts.aliases.len(),
            Shown::ByExactName | Shown::Never | Shown::SpecialBuilds => 0,
        };
        let counts = (
            at(engine, version).count(),
            at(engine, version).map(rows).sum::<usize>(),
            at(engine, version).filter(|facts| facts.runtime).count(),
        );
        assert_eq!(counts, expected, "{engine} {version}");
    }
}

#[test]
fn tables_are_sorted_and_revisions_follow_each_other() {
    for engine in SERVERS {
        assert!(directives(engine).is_sorted_by(|a, b| a.name < b.name), "{engine}");
        for directive in directives(engine) {
            for pair in directive.revisions.windows(2) {
                assert_eq!(pair[0].until, Some(pair[1].since), "{engine} {}", directive.name);
            }
            for facts in directive.revisions {
                assert!(facts.until.is_none_or(|until| facts.since < until), "{engine} {}", directive.name);
            }
        }
    }
}

#[test]
fn every_spelling_is_found_in_any_case_and_means_one_directive() {
    for engine in SERVERS {
        for version in versions(engine) {
            let mut seen = std::collections::BTreeSet::new();
            for directive in directives(engine) {
                let Some(facts) = directive.at(version) else { continue };
                for name in std::iter::once(facts.name).chain(facts.aliases.iter().copied()) {
                    assert!(seen.insert(name), "{engine} {version}: {name} twice");
                    let (found, spelling) = spelled(engine, &name.to_ascii_uppercase()).unwrap();
                    assert_eq!((found.name, spelling), (directive.name, name));
                    assert!(facts.knows(name));
                }
            }
        }
        assert!(spelled(engine, "maxmemory ").is_none() && spelled(engine, "").is_none());
    }
}

#[test]
fn descriptions_are_short_plain_and_their_own() {
    for engine in SERVERS {
        let mut seen = std::collections::BTreeSet::new();
        for directive in directives(engine) {
            let about = directive.about;
            assert!(!about.is_empty() && about.chars().count() < 100 && !about.ends_with('.'), "{about}");
            assert!(seen.insert(about), "{engine} {}: {about}", directive.name);
        }
    }
}

/// Whether a default is what its own kind allows.
fn fits(facts: &Facts, default: &str) -> bool {
    let within = |numeric: Numeric| default.parse().is_ok_and(|n: i128| numeric.min <= n && n <= numeric.max);
    match facts.kind {
        Kind::Bool => matches!(default, "yes" | "no"),
        Kind::Enum(words) => words.iter().any(|word| word.prints == default),
        Kind::Flags(words) => default.split(' ').all(|part| words.iter().any(|word| word.prints == part)),
        Kind::Integer(numeric) | Kind::Memory(numeric) | Kind::MemoryOrPercent { numeric, .. } => {
            within(numeric)
        }
        Kind::Octal(numeric) => {
            i128::from_str_radix(default, 8).is_ok_and(|n| numeric.min <= n && n <= numeric.max)
        }
        Kind::Text { max_bytes, .. } => max_bytes.is_none_or(|most| default.len() <= most as usize),
        Kind::Special(Special::UncheckedMemory | Special::UncheckedOctal | Special::NotInFiles) => {
            default.parse::<u64>().is_ok()
        }
        Kind::Special(_) => true,
        Kind::Ignored => false,
    }
}

#[test]
fn every_default_is_a_value_of_its_kind() {
    for engine in SERVERS {
        for directive in directives(engine) {
            for facts in directive.revisions {
                if let Some(default) = facts.default {
                    assert!(fits(facts, default), "{engine} {} {}: {default:?}", facts.name, facts.since);
                } else {
                    let silent = matches!(facts.shown, Shown::Never) || facts.name == "dir";
                    assert!(silent, "{engine} {} {} has no default", facts.name, facts.since);
                }
            }
        }
    }
}

#[test]
fn patches_of_6_x_differ() {
    let facts = |name, version: &str| directive(Engine::Redis, name).unwrap().at(version.parse().unwrap());
    assert!(facts("oom-score-adj", "6.0.6").is_none());
    assert_eq!(facts("oom-score-adj", "6.0.9").unwrap().kind, Kind::Bool);
    assert!(matches!(facts("oom-score-adj", "6.0.10").unwrap().kind, Kind::Enum(_)));
    assert!(facts("replica-announced", "6.2.1").is_none() && facts("replica-announced", "6.2.2").is_some());
    assert!(!facts("port", "6.2.0").unwrap().runtime && facts("port", "6.2.1").unwrap().runtime);
    assert!(!facts("bind", "6.2.0").unwrap().runtime && facts("bind", "6.2.14").unwrap().runtime);
}

#[test]
fn older_names_and_aliases_lead_to_the_newest() {
    let directive = directive(Engine::Redis, "Hash-Max-Ziplist-Entries").unwrap();
    assert_eq!(directive.name, "hash-max-listpack-entries");
    let old = directive.at(Version::new(6, 2, 14)).unwrap();
    assert_eq!((old.name, old.renamed), ("hash-max-ziplist-entries", Some("hash-max-listpack-entries")));
    assert!(!old.knows("hash-max-listpack-entries"));
    let new = directive.at(Version::new(7, 0, 15)).unwrap();
    assert!(new.renamed.is_none() && new.knows("hash-max-ziplist-entries"));
    assert_eq!(super::directive(Engine::Valkey, "masterauth").unwrap().name, "primaryauth");
}

#[test]
fn supported_minors_are_in_order_and_hold_their_versions() {
    for engine in SERVERS {
        assert!(supported(engine).is_sorted_by(|a, b| a.range.first < b.range.first));
        for minor in supported(engine) {
            for version in minor.measured.iter().chain(minor.verified).chain([&minor.last_known]) {
                assert!(minor.range.contains(*version), "{engine} {version}");
            }
            assert!(minor.verified.iter().all(|version| minor.measured.contains(version)));
        }
    }
}
