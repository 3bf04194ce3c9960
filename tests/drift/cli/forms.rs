//! Forms for machines, as those read them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Stage, server};

#[test]
fn metrics_can_be_read_and_say_zero_where_there_is_nothing() {
    let Some(server) = server() else { return };
    let mut stage = Stage::start(server);
    stage.servers[0].command(&["CONFIG", "SET", "hz", "20"]);
    let series = metrics(&stage.drift(&["--format", "prometheus"]).out);
    let of = |name: &str, at: usize, more: &str| {
        let node = stage.node(at).replace("one/", "");
        series[&format!("{name}{{spec=\"drift\",deployment=\"one\",node=\"{node}\"{more}}}")]
    };
    let differences =
        |at, class: &str| of("cachewright_drift_differences", at, &format!(",class=\"{class}\""));
    assert_eq!((differences(0, "not-in-spec"), differences(1, "not-in-spec")), (1.0, 0.0));
    for at in [0, 1] {
        for class in ["changed", "at-restart", "moved", "unreadable"] {
            assert!(differences(at, class).abs() < 0.5);
        }
        assert!((of("cachewright_drift_node_observed", at, "") - 1.0).abs() < 0.5);
    }
    assert!(series["cachewright_drift_last_run_timestamp_seconds{spec=\"drift\"}"] > 1_700_000_000.0);
    let gone = stage.servers.remove(1);
    gone.stop();
    let series = metrics(&stage.drift(&["--format", "prometheus"]).out);
    let node = stage.node(1).replace("one/", "");
    let of_gone: Vec<(&String, &f64)> = series.iter().filter(|(name, _)| name.contains(&node)).collect();
    assert_eq!(of_gone.len(), 1, "{of_gone:?}");
    assert!(of_gone[0].0.starts_with("cachewright_drift_node_observed") && *of_gone[0].1 < 0.5);
}

/// Reads Prometheus's text format as strictly as its own parser does in what is used here.
fn metrics(text: &str) -> BTreeMap<String, f64> {
    assert!(text.ends_with('\n'));
    let mut known = BTreeSet::new();
    let mut series = BTreeMap::new();
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let mut current = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# ") {
            let (kind, rest) = rest.split_once(' ').unwrap();
            let (name, _) = rest.split_once(' ').unwrap();
            assert!(is_name(name), "{line}");
            // Each once, HELP and TYPE before any sample of it, and all samples of one together.
            assert!(known.insert(format!("{kind} {name}")), "{line}");
            name.clone_into(&mut current);
            continue;
        }
        let end = line.find('{').unwrap();
        let name = &line[..end];
        assert_eq!(name, current, "{line}");
        assert!(known.contains(&format!("HELP {name}")) && known.contains(&format!("TYPE {name}")));
        let mut rest = &line[end + 1..];
        loop {
            let (label, after) = rest.split_once("=\"").unwrap();
            assert!(is_name(label), "{line}");
            let mut escaped = false;
            let close = after.find(|c| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            });
            rest = &after[close.unwrap() + 1..];
            match rest.strip_prefix(',') {
                Some(more) => rest = more,
                None => break,
            }
        }
        let value = rest.strip_prefix("} ").unwrap_or_else(|| panic!("{line}"));
        let (key, _) = line.rsplit_once(' ').unwrap();
        assert!(series.insert(key.to_owned(), value.parse().unwrap()).is_none(), "twice: {line}");
    }
    series
}

#[test]
fn annotations_stand_at_the_lines_of_the_spec() {
    let Some(server) = server() else { return };
    let stage = Stage::start(server);
    stage.servers[0].command(&["CONFIG", "SET", "maxmemory", "2gb"]);
    let text = std::fs::read_to_string(stage.spec()).unwrap();
    let line = 1 + text.lines().position(|line| line.starts_with("maxmemory =")).unwrap();
    let run = stage.drift(&["--format", "github"]);
    let first = run.out.lines().next().unwrap();
    let file = stage.spec().display().to_string();
    assert!(first.starts_with(&format!("::error file={file},line={line},col=")), "{first}");
    assert!(first.contains("::a-") && first.contains("maxmemory: wanted 1gb, live 2gb"), "{first}");
    assert_eq!(run.out.lines().count(), 2, "{}", run.out);
}
