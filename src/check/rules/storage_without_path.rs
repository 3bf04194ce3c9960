//! The rule `storage-without-path`.

use crate::check::memcacheds::MemcachedServer;
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;

/// Options of storage on disk, and no storage.
pub(super) static RULE: Rule = Rule {
    code: Code::StorageWithoutPath,
    group: RuleGroup::Memcached,
    about: "Options of storage on disk, and no storage",
    why: "`ext_path` turns storage on disk on. Without it, memcached takes all other `ext_` options and does nothing with them:
what does not fit into memory is evicted, though the file reads as if it went to disk.

Write `ext_path` with a file and its size, or remove the options.",
    source: "storage.c (storage_init_config, storage_check_config) of memcached 1.6.18; 1.6.18, 1.6.38 and 1.6.45 start with them",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[memcached.fragments]
version = "1.6.38"
hosts = ["cache-a"]

[memcached.fragments.config]
ext_threads = 2
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
ext_threads = 2
ext_path = "/var/lib/memcached/pages:4G"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for server in MemcachedServer::all(model).filter(|server| server.given("ext_path").is_none()) {
        for option in server.node.options.iter().filter(|option| option.name.starts_with("ext_")) {
            let place = server.place(option);
            let title = format!("`{}` has no effect: `{}` has no storage on disk", option.name, server.name());
            findings.push(
                Finding::new(Code::StorageWithoutPath, place, title)
                    .help("write `ext_path = \"FILE:SIZE\"`, or remove the option")
                    .of(server.name()),
            );
        }
    }
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
    fn each_option_is_named() {
        let two = ["storage-without-path", "storage-without-path"];
        assert_eq!(codes("1.6.38", "ext_threads = 2\next_item_age = 60"), two);
    }
}
