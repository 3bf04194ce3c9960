//! `cachewright catalog`: what is known of directives, options, commands and ACL rules, for people.

use super::args::CatalogArgs;
use super::exit::Exit;
use super::output::Output;
use crate::catalog::lookup::{self, Entry};
use crate::catalog::{Engine, VersionRange, supported};
use crate::report::catalog::{self as pages, Match, Scope};

/// Matches of a part of a name beyond which nobody reads on.
const MOST_RELATED: usize = 8;

pub(super) fn run(args: &CatalogArgs, output: &mut Output) -> Exit {
    let engine = args.engine.map(Engine::from);
    let scopes = match scopes(engine, args.version) {
        Ok(scopes) => scopes,
        Err(why) => return output.usage(&why),
    };
    match &args.name {
        None => list(engine, args.version, &scopes, output),
        Some(name) => look_up(name.trim(), &scopes, output),
    }
}

/// What to look in: every engine with the version, all of its versions where none is named.
fn scopes(engine: Option<Engine>, version: Option<VersionRange>) -> Result<Vec<Scope>, String> {
    let engines: Vec<Engine> =
        Engine::ALL.into_iter().filter(|one| engine.is_none_or(|only| only == *one)).collect();
    let Some(versions) = version else {
        return Ok(engines.into_iter().filter_map(Scope::all).collect());
    };
    let has = |engine: &Engine| {
        supported(*engine)
            .iter()
            .any(|minor| minor.range.contains(versions.first) && minor.range.contains(versions.last))
    };
    let scopes: Vec<Scope> =
        engines.iter().copied().filter(has).map(|engine| Scope { engine, versions }).collect();
    if scopes.is_empty() {
        return Err(format!("the catalogue has no version {versions}; it knows {}", known(&engines)));
    }
    Ok(scopes)
}

/// `redis 6.0, 6.2, ...; valkey ...`.
fn known(engines: &[Engine]) -> String {
    let each = engines.iter().map(|engine| {
        let minors: Vec<String> = supported(*engine).iter().map(|minor| minor.range.to_string()).collect();
        format!("{engine} {}", minors.join(", "))
    });
    each.collect::<Vec<_>>().join("; ")
}

fn list(
    engine: Option<Engine>,
    version: Option<VersionRange>,
    scopes: &[Scope],
    output: &mut Output,
) -> Exit {
    let Some(first) = scopes.first() else { return Exit::Clean };
    let newest = supported(first.engine).last().map_or(first.versions, |minor| minor.range);
    let scope = if version.is_some() { *first } else { Scope { versions: newest, ..*first } };
    if engine.is_none() || version.is_none() {
        output.err(format!(
            "{}; choose others with --engine and --version: {}\n",
            scope.title(),
            known(&Engine::ALL)
        ));
    }
    let text = pages::listing(scope, output.width());
    output.out(text);
    Exit::Clean
}

fn look_up(name: &str, scopes: &[Scope], output: &mut Output) -> Exit {
    let width = output.width();
    let exact: Vec<(Scope, Entry)> = scopes
        .iter()
        .flat_map(|scope| lookup::exact(scope.engine, name).into_iter().map(|entry| (*scope, entry)))
        .collect();
    let here: Vec<&(Scope, Entry)> =
        exact.iter().filter(|(scope, entry)| entry.exists_in(scope.versions)).collect();
    if !here.is_empty() {
        let texts: Vec<String> = here.iter().map(|(scope, entry)| page(entry, *scope, width)).collect();
        output.out(texts.join("\n"));
        if let Some(related) = related(name, scopes) {
            output.out(format!("\nsee also: {related}\n"));
        }
        return Exit::Clean;
    }
    if let Some((scope, entry)) = exact.first() {
        let all = Scope::all(scope.engine).unwrap_or(*scope);
        return output.usage(&format!(
            "{} has no `{}`; `cachewright catalog {name} --engine {}` shows which versions of {} have it",
            scope.title(),
            entry.name(),
            scope.engine,
            all.engine.title(),
        ));
    }
    let found = matches(name, scopes);
    if !found.is_empty() {
        output.out(pages::matches(&found, width));
        return Exit::Clean;
    }
    let engines: Vec<Engine> = scopes.iter().map(|scope| scope.engine).collect();
    let near: Vec<String> =
        lookup::resembling(&engines, name).iter().map(|near| format!("`{near}`")).collect();
    let hint = match near.as_slice() {
        [] => "`cachewright catalog` lists all".to_owned(),
        near => format!("did you mean {}?", near.join(" or ")),
    };
    output.usage(&format!("the catalogue has nothing named `{name}`; {hint}"))
}

fn page(entry: &Entry, scope: Scope, width: Option<usize>) -> String {
    match *entry {
        Entry::Directive(directive) => pages::directive_page(directive, scope, width),
        Entry::Sentinel(directive) => pages::sentinel_page(directive, scope, width),
        Entry::Option(option) => pages::option_page(option, scope, width),
        Entry::Command(command) => pages::command_page(command, scope, width),
        Entry::Category(category) => pages::category_page(category, scope, width),
        Entry::Rule(rule) => pages::rule_page(rule, scope, width),
    }
}

/// What a part of a name meets; the same name in several engines is one line.
fn matches(part: &str, scopes: &[Scope]) -> Vec<Match> {
    let mut found: Vec<Match> = Vec::new();
    for scope in scopes {
        for entry in lookup::containing(scope.engine, part) {
            if !entry.exists_in(scope.versions) {
                continue;
            }
            let (name, what) = (entry.name(), entry.what());
            match found.iter_mut().find(|one| one.name == name && one.what == what) {
                Some(one) => one.engines = format!("{}, {}", one.engines, scope.engine),
                None => found.push(Match {
                    name,
                    what,
                    engines: scope.engine.to_string(),
                    about: entry.about().to_owned(),
                }),
            }
        }
    }
    found
}

/// Names that begin with this one and go on with a word.
fn related(name: &str, scopes: &[Scope]) -> Option<String> {
    let start = format!("{}-", name.to_ascii_lowercase());
    let mut names: Vec<String> = matches(&start, scopes)
        .into_iter()
        .map(|one| one.name)
        .filter(|one| one.starts_with(&start))
        .collect();
    names.sort();
    names.dedup();
    names.truncate(MOST_RELATED);
    (!names.is_empty()).then(|| names.join(", "))
}
