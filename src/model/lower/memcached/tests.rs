//! Lowering of memcached, from spec to options.

use std::path::Path;

use super::*;
use crate::pipeline::{Compiled, compile};
use crate::spec::{Date, ReadText};

struct One(String);

impl ReadText for One {
    fn read(&self, _: &Path) -> Result<String, String> {
        Ok(self.0.clone())
    }
}

fn compiled(version: &str, config: &str) -> Compiled {
    let text = format!(
        "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"10.0.0.1\" }}\nb = {{ address = \"::1\" }}\n\
         [memcached.m]\nversion = \"{version}\"\nhosts = [\"a\", \"a\", \"b\"]\n[memcached.m.config]\n{config}\n"
    );
    let today = Date { year: 2026, month: 1, day: 1 };
    compile(Path::new("a.toml"), &One(text), today)
}

fn codes(version: &str, config: &str) -> Vec<&'static str> {
    compiled(version, config).findings.iter().map(|finding| finding.code.name()).collect()
}

#[test]
fn nodes_have_typed_options_and_what_follows() {
    let compiled = compiled(
        "1.6.18",
        "memory-limit = 1024\nmax-item-size = \"2m\"\ndisable-cas = true\nenable-largepages = false\n\
         slab_sizes = [64, 128]\next_path = [\"/d/a:1g\", \"/d/b:1g\"]\next_wbuf_size = 8",
    );
    assert!(compiled.findings.is_empty(), "{:?}", compiled.findings);
    let nodes = compiled.model.unwrap().memcached.remove(0).nodes;
    let ids: Vec<_> = nodes.iter().map(|node| (node.id.0.as_str(), node.port)).collect();
    assert_eq!(ids, [("a-11211", 11211), ("a-11212", 11212), ("b", 11211)]);
    let shown = |node: &MemcachedNode| -> Vec<String> {
        let text = |option: &MemcachedOption| match &option.value {
            Some(value) => format!("{}={value}", option.name),
            None => option.name.clone(),
        };
        node.options.iter().map(text).collect()
    };
    assert_eq!(
        shown(&nodes[1]),
        [
            "disable-cas",
            "ext_path=/d/a:1g",
            "ext_path=/d/b:1g",
            "ext_wbuf_size=8",
            "listen=10.0.0.1,127.0.0.1",
            "max-item-size=2097152",
            "memory-limit=1024",
            "port=11212",
            "slab_sizes=64-128"
        ]
    );
    assert!(shown(&nodes[2]).contains(&"listen=[::1]".to_owned()));
}

#[test]
fn each_mistake_is_found_once() {
    let one = |config| codes("1.6.38", config);
    assert_eq!(one("m = 64"), ["unknown-directive"]);
    assert_eq!(one("memory_limit = 64"), ["unknown-directive"]);
    assert_eq!(one("help = true"), ["unknown-directive"]);
    assert_eq!(one("memory-limit = \"64g\""), ["reinterpreted-value"]);
    assert_eq!(one("max-item-size = \"1g\""), ["invalid-value"]);
    assert_eq!(one("max-item-size = \"40m\""), ["contradictory-settings"]);
    assert_eq!(one("conn-limit = 0"), ["invalid-value"]);
    assert_eq!(one("disable-cas = \"yes\""), ["invalid-value"]);
    assert_eq!(one("threads = true"), ["invalid-value"]);
    assert_eq!(one("protocol = \"acsii\""), ["invalid-value"]);
    assert_eq!(one("modern = true"), ["ignored-directive"]);
    assert_eq!(one("port = 5"), ["derived-by-hand"; 1]);
    assert_eq!(one("no_slab_automove = true\nslab_automove = 2"), ["alias-contradiction"]);
    assert_eq!(one("proxy_config = \"x\""), ["unavailable-directive"]);
    assert_eq!(codes("1.6", "meta_response_old = true"), ["unavailable-directive"]);
    assert_eq!(codes("1.6", "napi-ids = 2"), ["unavailable-directive"]);
    assert_eq!(codes("1.5", "threads = 2"), ["unsupported-version"]);
    assert_eq!(one("memory-limit = \"${MEM}\""), ["unexpanded-placeholder"]);
}

#[test]
fn one_may_insist() {
    let compiled = compiled("1.6.18", "listen = { override = \"10.0.0.9\" }");
    assert!(compiled.findings.is_empty(), "{:?}", compiled.findings);
    let nodes = compiled.model.unwrap().memcached.remove(0).nodes;
    assert_eq!(nodes[0].options[0].value.as_deref(), Some("10.0.0.9"));
}

/// What follows from a value that memcached takes otherwise than written is not told beside it; but where that is
/// silenced, it is.
#[test]
fn what_follows_from_a_value_taken_otherwise_is_told_once() {
    let lints = "[memcached.m.lints]\nreinterpreted-value =";
    for options in ["memory-limit = \"1gb\"", "memory-limit = \"1gb\"\nmax-item-size = \"2m\""] {
        assert_eq!(codes("1.6.18", options), ["reinterpreted-value"]);
        for level in ["{ level = \"allow\", reason = \"x\" }", "\"warn\""] {
            let codes = codes("1.6.18", &format!("{options}\n{lints} {level}"));
            assert!(codes.contains(&"contradictory-settings"), "{level}: {codes:?}");
        }
    }
}
