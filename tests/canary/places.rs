//! Every place in which a spec may hold a secret, from the declarations of the language and the catalogue: a new
//! one cannot be forgotten here.

use std::collections::BTreeSet;

use cachewright::catalog::{self, Engine, VersionRange, sentinel};
use cachewright::spec::shape::{Field, Shape};
use cachewright::spec::{SecretTable, Spec};

/// A place: the keys that lead there, with `*` for names that people choose and for items of lists.
pub(crate) type Place = Vec<String>;

/// Every place that matters to specs of one engine and minor, some of which only the other engine's families have.
pub(crate) fn declared(engine: Engine, versions: VersionRange) -> BTreeSet<Place> {
    let mut places = BTreeSet::new();
    fields(Spec::RECORD.fields, &mut Vec::new(), &mut |path, kind| {
        let other = [Engine::Redis, Engine::Valkey].into_iter().find(|other| *other != engine);
        if path.first().map(String::as_str) == other.map(Engine::name) {
            return;
        }
        match kind {
            Kind::Reference => drop(places.insert(path.to_vec())),
            Kind::Directives(scope) => {
                for name in names(engine, versions, scope, path) {
                    places.insert([path, &[name]].concat());
                }
            }
        }
    });
    places
}

/// What is at the end of a path.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Reference,
    Directives(Scope),
}

/// Whose directives.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Scope {
    Config,
    WatchedPrimary,
}

fn fields(fields: &[Field], path: &mut Place, found: &mut dyn FnMut(&[String], Kind)) {
    for field in fields {
        path.push(field.key.to_owned());
        walk(&(field.shape)(), path, found);
        path.pop();
    }
}

/// Nothing is left out by a wildcard: who adds a shape decides here whether it may hold secrets.
fn walk(shape: &Shape, path: &mut Place, found: &mut dyn FnMut(&[String], Kind)) {
    match shape {
        Shape::OneKey(record) if record.what == SecretTable::RECORD.what => found(path, Kind::Reference),
        Shape::Record(record) | Shape::OneKey(record) => fields(record.fields, path, found),
        Shape::WithSentinelSettings(record) => {
            fields(record.fields, path, found);
            found(path, Kind::Directives(Scope::WatchedPrimary));
        }
        Shape::Config => found(path, Kind::Directives(Scope::Config)),
        // A single item may stand without its list; that is the same place.
        Shape::List(item) => walk(item, path, found),
        Shape::Names(item) => {
            path.push("*".to_owned());
            walk(item, path, found);
            path.pop();
        }
        Shape::Either(choices) => choices.iter().for_each(|choice| walk(choice, path, found)),
        Shape::Scalar(_) | Shape::Words(_) | Shape::Lints(_) | Shape::KernelSettings => {}
    }
}

/// The directives that hold a secret and may be written in a table.
fn names(engine: Engine, versions: VersionRange, scope: Scope, path: &[String]) -> Vec<String> {
    let of_sentinel = |wanted: sentinel::Scope| {
        let all = sentinel::directives(engine).iter().filter(move |directive| directive.secret);
        all.filter(move |directive| directive.scope == wanted)
            .flat_map(move |directive| directive.within(versions).map(|facts| facts.name.to_owned()))
    };
    let of_servers = || secret_directives(engine, versions).into_iter();
    match (scope, path.first().map(String::as_str)) {
        (Scope::WatchedPrimary, _) => of_sentinel(sentinel::Scope::Primary).collect(),
        // memcached knows no option that holds a secret: see the test below.
        (Scope::Config, Some("memcached")) => Vec::new(),
        (Scope::Config, Some("sentinels")) => {
            of_servers().chain(of_sentinel(sentinel::Scope::Global)).collect()
        }
        (Scope::Config, _) => of_servers().collect(),
    }
}

/// The directives of a server that hold a secret, by the names of these versions.
pub(crate) fn secret_directives(engine: Engine, versions: VersionRange) -> BTreeSet<String> {
    let secret = catalog::directives(engine).iter().filter(|directive| directive.secret);
    secret.flat_map(|directive| directive.within(versions).map(|facts| facts.name.to_owned())).collect()
}

#[test]
fn the_places_that_we_know_of_are_among_them() {
    let minor = catalog::supported(Engine::Redis).last().unwrap();
    let places: Vec<String> =
        declared(Engine::Redis, minor.range).iter().map(|place| place.join(".")).collect();
    for known in [
        "profiles.*.config.requirepass",
        "redis.*.config.masterauth",
        "redis.*.nodes.*.config.tls-key-file-pass",
        "redis.*.replication.password",
        "redis.*.sentinel.auth-pass",
        "redis.*.tls.key-file-password",
        "redis.*.users.*.passwords",
        "sentinels.*.auth.password",
        "sentinels.*.config.sentinel-pass",
    ] {
        assert!(places.iter().any(|place| place == known), "{known} in {places:#?}");
    }
    assert!(!catalog::memcached::options().iter().any(|option| option.name.contains("pass")));
}
