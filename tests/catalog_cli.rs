//! `cachewright catalog` as a person calls it: what it prints and how it ends.

#![allow(clippy::unwrap_used)]

use std::process::{Command, Output};

fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cachewright")).args(args).output().unwrap()
}

/// Arguments, exit code, standard error and output as one text.
fn told(args: &[&str]) -> String {
    let output = run(args);
    format!(
        "$ cachewright {}\nexit {}\n--- standard error\n{}--- standard output\n{}",
        args.join(" "),
        output.status.code().unwrap(),
        String::from_utf8(output.stderr).unwrap(),
        String::from_utf8(output.stdout).unwrap(),
    )
}

macro_rules! snapshots {
    ($($name:ident: $args:expr;)+) => {$(
        #[test]
        fn $name() {
            insta::assert_snapshot!(told(&$args));
        }
    )+};
}

snapshots! {
    a_directive: ["catalog", "maxmemory-policy"];
    an_old_name_in_capitals: ["catalog", "SLAVEOF", "--engine", "redis"];
    a_directive_that_changed: ["catalog", "list-max-ziplist-size", "--engine", "redis"];
    one_version: ["catalog", "activedefrag", "--engine", "valkey", "--version", "8.1"];
    a_secret: ["catalog", "requirepass", "--version", "7.4"];
    derived: ["catalog", "port"];
    clamped: ["catalog", "hz", "--engine", "redis"];
    of_sentinel: ["catalog", "down-after-milliseconds", "--engine", "redis"];
    of_sentinel_renamed: ["catalog", "sentinel master-reboot-down-after-period"];
    an_option_by_its_letter: ["catalog", "-m"];
    an_option_that_changed: ["catalog", "slab_chunk_max"];
    a_category: ["catalog", "@dangerous", "--engine", "redis", "--version", "6.2"];
    a_subcommand: ["catalog", "config|get"];
    a_rule: ["catalog", "%R~"];
    a_part_of_a_name: ["catalog", "maxmem"];
    a_slip: ["catalog", "maxmemmory"];
    nothing_like_it: ["catalog", "qqqqqqqq"];
    not_in_this_version: ["catalog", "io-threads-do-reads", "--engine", "valkey", "--version", "9.1"];
    no_such_version: ["catalog", "--engine", "redis", "--version", "5.0"];
    all_of_redis_6_0: ["catalog", "--engine", "redis", "--version", "6.0"];
    all_of_memcached: ["catalog", "--engine", "memcached"];
    not_this_machine: ["dev", "verify-catalog", "redis://192.0.2.1:6379"];
}

#[test]
fn without_a_version_it_says_which_one_it_shows() {
    let output = run(&["catalog"]);
    assert!(output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("Redis 8.0; ") && said.lines().count() == 1, "{said}");
    let valkey = run(&["catalog", "--version", "8.1"]);
    assert!(String::from_utf8(valkey.stderr).unwrap().starts_with("Valkey 8.1; "));
}

#[test]
fn every_name_of_the_list_has_a_page() {
    for engine in ["redis", "valkey", "memcached"] {
        let list = String::from_utf8(run(&["catalog", "--engine", engine]).stdout).unwrap();
        let names = list.lines().skip(1).filter(|line| !line.starts_with('#') && !line.is_empty());
        // Each run takes milliseconds; every seventh name is a fair sample.
        for name in names.filter_map(|line| line.split(' ').next()).step_by(7) {
            let output = run(&["catalog", name, "--engine", engine]);
            assert!(output.status.success(), "{engine} {name}");
        }
    }
}

#[test]
fn the_tool_for_developers_is_not_in_the_help() {
    let help = String::from_utf8(run(&["--help"]).stdout).unwrap();
    assert!(help.contains("catalog") && !help.contains("dev"), "{help}");
    assert!(
        String::from_utf8(run(&["dev", "verify-catalog", "--help"]).stdout).unwrap().contains("--binary")
    );
}
