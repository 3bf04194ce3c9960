//! The rule `memory-below-slab-classes`.

use crate::check::memcacheds::MemcachedServer;
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;

/// A memory limit that the first page of each slab class is beyond.
pub(super) static RULE: Rule = Rule {
    code: Code::MemoryBelowSlabClasses,
    group: RuleGroup::Memcached,
    about: "A memory limit that the first page of each slab class is beyond",
    why: "memcached keeps items of similar size together, in slab classes, and gives each class its first page of 1 MB whatever
the limit says. As soon as items of all sizes have been there, a server with the usual 39 classes holds 39 MB, with
`memory-limit = 8` as well; and no class gets a second page, so that items are evicted while the memory of others
lies idle.

Raise the limit well beyond the number of classes, or have fewer of them with a larger `slab-growth-factor`.",
    source: "slabs.c (do_slabs_newslab, slabs_init) of memcached 1.6.18; measured on 1.6.18, 1.6.38 and 1.6.45: with `-m 8`, 38 classes in use are 38 MB",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[memcached.fragments]
version = "1.6.38"
hosts = ["cache-a"]

[memcached.fragments.config]
memory-limit = 8
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[memcached.fragments]
version = "1.6.38"
hosts = ["cache-a"]

[memcached.fragments.config]
memory-limit = 64
"#,
    ),
    stage: Stage::Model(run),
};

/// The bytes that an item takes beside its key and value (`sizeof(item)`).
const HEADER: f64 = 48.0;
/// The most classes there are, with the one for the largest pieces (`MAX_NUMBER_OF_SLAB_CLASSES` - 1).
const MOST: i64 = 63;

fn run(model: &Model, findings: &mut Findings) {
    for server in MemcachedServer::all(model) {
        let Some((megabytes, place)) = server.given_number("memory-limit") else { continue };
        let Some(classes) = classes(&server).filter(|classes| (1..*classes).contains(&megabytes)) else {
            continue;
        };
        let title = format!(
            "`memory-limit = {megabytes}` of `{}` is less than the first pages of its {classes} slab classes",
            server.name()
        );
        findings.push(
            Finding::new(Code::MemoryBelowSlabClasses, place, title)
                .help(format!("write more than {classes} megabytes; 64 is the default"))
                .note(format!("each class takes a page of 1 MB whatever the limit: up to {classes} MB, and then no second one"))
                .of(server.name()),
        );
    }
}

/// How many classes a server makes at its start.
fn classes(server: &MemcachedServer<'_>) -> Option<i64> {
    if server.given("slab_sizes").is_some() || server.given("slab_chunk_max").is_some() {
        return None;
    }
    let factor: f64 = match server.given("slab-growth-factor") {
        Some(option) => option.value.as_deref()?.parse().ok()?,
        None => server.facts("slab-growth-factor")?.default?.parse().ok()?,
    };
    let least = i32::try_from(server.number("slab-min-size")?).ok()?;
    let largest = if server.given("no_modern").is_some() { 1024.0 * 1024.0 } else { 512.0 * 1024.0 };
    let (mut size, mut classes) = (HEADER + f64::from(least), 1);
    while classes < MOST && size < largest / factor {
        size = (size / 8.0).ceil() * 8.0 * factor;
        classes += 1;
    }
    Some(classes)
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;
    
    fn codes(version: &str, config: &str) -> Vec<String> {
        codes_of(&format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"10.0.0.1\", cpus = 4 }}\n[memcached.m]\n\
             version = \"{version}\"\nhosts = [\"a\"]\n[memcached.m.config]\n{config}\n"
        ))
    }

    #[test]
    fn fewer_classes_need_less() {
        assert_eq!(codes("1.6.38", "memory-limit = 38"), ["memory-below-slab-classes"]);
        assert_eq!(codes("1.6.38", "memory-limit = 39"), [""; 0]);
        assert_eq!(codes("1.6.38", "memory-limit = 20\nslab-growth-factor = 2.0"), [""; 0]);
        assert_eq!(codes("1.6.38", "memory-limit = 62\nslab-growth-factor = 1.05"), ["memory-below-slab-classes"]);
    }
}
