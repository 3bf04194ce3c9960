//! What is rendered for hosts: units, kernel settings, a folder for each host.

use super::{Artifact, EmitOptions, Layout, Problem, emit, emit_one};
use crate::check::Checked;
use crate::explain::compile_example;
use crate::model::Model;
use crate::text::env_file::EnvFile;

const HOSTS: &str = "format = 1\nname = \"x\"\n[hosts]\na = { address = \"10.0.0.1\" }\n\
                     b = { address = \"10.0.0.2\" }\nc = { address = \"10.0.0.3\" }\n";
const STANDALONE: &str =
    "[redis.s]\nversion = \"7.2\"\ntopology = \"standalone\"\nhosts = [\"a\", \"b\", \"c\"]\n";
const REPLICATED: &str = "[redis.s]\nversion = \"7.2\"\ntopology = \"replicated\"\ninitial-primary = \"a\"\nreplicas = [\"b\", \"c\"]\nconfig.protected-mode = false\n";

fn model(spec: &str) -> Checked<Model> {
    let compiled = compile_example(spec, &[]);
    let titles: Vec<&str> = compiled.findings.iter().map(|finding| finding.title.as_str()).collect();
    compiled.checked().unwrap_or_else(|| panic!("{titles:?}"))
}

fn of_host(spec: &str) -> Result<Vec<Artifact>, Vec<Problem>> {
    let options = EmitOptions { layout: Layout::Host, ..EmitOptions::default() };
    emit(&model(spec), &options).map_err(|errors| errors.into_iter().map(|error| error.problem).collect())
}

fn text(spec: &str, path: &str) -> String {
    let model = model(&format!("{HOSTS}{spec}"));
    let artifact = emit_one(&model, &EmitOptions::default(), path).unwrap();
    String::from_utf8(artifact.unwrap_or_else(|| panic!("no {path}")).bytes.to_vec()).unwrap()
}

/// The values of some keys of a unit, in the order of the unit.
fn says(unit: &str, keys: &[&str]) -> Vec<String> {
    let wanted = |line: &&str| line.split_once('=').is_some_and(|(key, _)| keys.contains(&key));
    unit.lines().filter(wanted).map(str::to_owned).collect()
}

fn unit(more: &str, keys: &[&str]) -> Vec<String> {
    says(&text(&format!("{STANDALONE}{more}"), "s/a/redis-s-6379.service"), keys)
}

const NONE: [&str; 0] = [];

#[test]
fn a_server_notifies_only_where_it_can() {
    let keys = ["Type", "PIDFile", "TimeoutStartSec"];
    assert_eq!(unit("", &keys), ["Type=exec"]);
    let notify = ["Type=notify", "TimeoutStartSec=infinity"];
    assert_eq!(unit("config.supervised = \"systemd\"\n", &keys), notify);
    assert_eq!(unit("config.supervised = \"auto\"\nconfig.daemonize = true\n", &keys), notify);
    let without = "config.supervised = \"auto\"\nbuild = { systemd = false }\n";
    assert_eq!(unit(without, &keys), ["Type=exec"]);
    assert_eq!(unit("config.daemonize = true\n", &keys), ["Type=forking", "TimeoutStartSec=infinity"]);
    let pidfile = "config.daemonize = true\nconfig.pidfile = \"/var/run/redis/s.pid\"\n";
    let forking = ["Type=forking", "TimeoutStartSec=infinity", "PIDFile=/run/redis/s.pid"];
    assert_eq!(unit(pidfile, &keys), forking);
}

#[test]
fn an_empty_primary_is_not_started_again() {
    let restart =
        |more: &str| says(&text(&format!("{REPLICATED}{more}"), "s/a/redis-s-6379.service"), &["Restart"]);
    assert_eq!(restart(""), ["Restart=on-failure"]);
    assert_eq!(restart("config.save = []\n"), ["Restart=no"]);
    let whole = |more: &str| text(&format!("{REPLICATED}{more}"), "s/a/redis-s-6379.service");
    assert_eq!(says(&whole(""), &["WantedBy"]), ["WantedBy=multi-user.target"]);
    // Nor at boot.
    assert_eq!(says(&whole("config.save = []\n"), &["WantedBy"]), NONE);
    assert_eq!(restart("config.save = []\nconfig.appendonly = true\n"), ["Restart=on-failure"]);
    assert_eq!(unit("config.save = []\n", &["Restart"]), ["Restart=on-failure"]);
    // Before 6.2 there are no save points unless somebody sets them.
    let old = text(&REPLICATED.replace("7.2", "6.0"), "s/a/redis-s-6379.service");
    assert_eq!(says(&old, &["Restart"]), ["Restart=no"]);
}

#[test]
fn nothing_that_it_is_started_with_is_hidden() {
    let keys = ["ProtectHome", "PrivateTmp"];
    assert_eq!(unit("", &keys), ["ProtectHome=yes", "PrivateTmp=yes"]);
    for (more, home, tmp) in [
        ("install-dir = \"/home/deploy/cw\"\n", "read-only", "yes"),
        ("install-dir = \"/var/tmp/cw\"\n", "yes", "no"),
        ("service = { program = \"/home/deploy/redis-server\" }\n", "read-only", "yes"),
        ("service = { program = \"/tmp/redis-server\" }\n", "yes", "no"),
        ("config.requirepass = { file = \"/root/password\" }\n", "read-only", "yes"),
        (
            "users.app = { rules = [\"on\"], passwords = [{ file = \"/root/password\" }] }\n",
            "read-only",
            "yes",
        ),
    ] {
        let expected = [format!("ProtectHome={home}"), format!("PrivateTmp={tmp}")];
        assert_eq!(unit(more, &keys), expected, "{more}");
    }
    let memcached =
        "[memcached.m]\nversion = \"1.6\"\nhosts = [\"a\"]\nservice = { program = \"/home/x/memcached\" }\n";
    let unit = text(memcached, "m/a/memcached-m-11211.service");
    assert_eq!(says(&unit, &keys), ["ProtectHome=read-only", "PrivateTmp=yes"]);
}

#[test]
fn it_gets_the_time_to_save() {
    let keys = ["TimeoutStopSec"];
    assert_eq!(unit("", &keys), ["TimeoutStopSec=infinity"]);
    assert_eq!(unit("config.save = []\n", &keys), NONE);
    assert_eq!(unit("config.shutdown-on-sigterm = \"nosave\"\n", &keys), NONE);
    let forced = "config.save = []\nconfig.shutdown-on-sigterm = \"save force\"\n";
    assert_eq!(unit(forced, &keys), ["TimeoutStopSec=infinity"]);
    let patient = "config.save = []\nconfig.shutdown-timeout = 300\n";
    assert_eq!(unit(patient, &keys), ["TimeoutStopSec=330"]);
}

#[test]
fn files_for_its_clients_and_its_cluster() {
    let keys = ["LimitNOFILE"];
    assert_eq!(unit("config.maxclients = 50000\n", &keys), ["LimitNOFILE=50032"]);
    assert_eq!(unit("config.maxclients = 10\n", &keys), ["LimitNOFILE=1024"]);
    let cluster = "[redis.c]\nversion = \"7.2\"\ntopology = \"cluster\"\nhosts = [\"a\", \"b\", \"c\"]\n\
                   shards = 3\nreplicas = 0\nsurvives = \"nothing\"\nport = 7000\n";
    let unit = text(cluster, "c/a-7000/redis-c-7000.service");
    assert_eq!(says(&unit, &keys), ["LimitNOFILE=10036"]);
}

#[test]
fn it_may_write_where_it_has_to() {
    let keys =
        ["StateDirectory", "RuntimeDirectory", "RuntimeDirectoryPreserve", "ReadWritePaths", "ProtectHome"];
    assert_eq!(unit("", &keys), ["StateDirectory=redis/s-6379", "ProtectHome=yes"]);
    let more = "data-dir = \"/srv/redis data\"\nconfig.unixsocket = \"/run/redis/s.sock\"\n\
                config.logfile = \"/var/log/redis/s.log\"\nconfig.tls-ca-cert-file = \"/home/ca.pem\"\n";
    let lines = unit(more, &keys);
    assert_eq!(
        lines,
        [
            "RuntimeDirectory=redis",
            "RuntimeDirectoryPreserve=yes",
            "ReadWritePaths=\"/srv/redis data\" /var/log/redis",
            "ProtectHome=read-only",
        ]
    );
    let start = unit(more, &["ExecStart"]);
    assert_eq!(start, ["ExecStart=/usr/bin/redis-server \"/srv/redis data/redis.conf\""]);
}

#[test]
fn low_ports_and_modules() {
    let keys = ["AmbientCapabilities", "CapabilityBoundingSet", "MemoryDenyWriteExecute"];
    assert_eq!(unit("", &keys), ["CapabilityBoundingSet=", "MemoryDenyWriteExecute=yes"]);
    let text =
        text(&format!("{STANDALONE}port = 80\nbuild = {{ modules = true }}\n"), "s/a/redis-s-80.service");
    let low = ["AmbientCapabilities=CAP_NET_BIND_SERVICE", "CapabilityBoundingSet=CAP_NET_BIND_SERVICE"];
    assert_eq!(says(&text, &keys), low);
}

#[test]
fn accounts_programs_and_folders_of_the_spec() {
    let keys = ["User", "Group", "ExecStartPre", "ExecStart"];
    let more = "install-dir = \"/opt/caches/\"\nservice = { user = \"svc\", program = \"/opt/redis/redis-server\" }\n";
    assert_eq!(
        unit(more, &keys),
        [
            "User=svc",
            "ExecStartPre=/opt/caches/a/start.sh",
            "ExecStart=/opt/redis/redis-server /var/lib/redis/s-6379/redis.conf",
        ]
    );
}

#[test]
fn memcached_as_a_service() {
    let spec = "[memcached.m]\nversion = \"1.6\"\nhosts = [\"a\", \"b\", \"c\"]\nport = 90\n\
                config = { conn-limit = 9000, lock-memory = true, pidfile = \"/run/m/x.pid\", daemon = true }\n";
    let unit = text(spec, "m/a/memcached-m-90.service");
    let keys =
        ["Type", "PIDFile", "User", "LimitNOFILE", "LimitMEMLOCK", "RuntimeDirectory", "AmbientCapabilities"];
    assert_eq!(
        says(&unit, &keys),
        [
            "Type=forking",
            "PIDFile=/run/m/x.pid",
            "User=memcache",
            "LimitNOFILE=9000",
            "LimitMEMLOCK=infinity",
            "RuntimeDirectory=m",
            "AmbientCapabilities=CAP_NET_BIND_SERVICE",
        ]
    );
    let root = text(&format!("{spec}service.user = \"root\"\n"), "m/a/memcached-m-90.service");
    assert!(says(&root, &["ExecStart"])[0].ends_with(" --user=root"), "{root}");
}

/// What Fedora's memcached.service makes of the variables is what the server gets elsewhere.
#[test]
fn fedoras_unit_gives_the_same_arguments() {
    let spec = "[memcached.m]\nversion = \"1.6\"\nhosts = [\"a\", \"b\", \"c\"]\n\
                config = { user = \"www\", conn-limit = 9000, memory-limit = 100, threads = 2, D = \"'\" }\n";
    let file = EnvFile::parse(text(spec, "m/a/memcached.sysconfig"));
    assert_eq!(file.errors(), []);
    let value = |name: &str| file.get(name).unwrap().value.lossy().into_owned();
    let mut words = vec![
        format!("--port={}", value("PORT")),
        format!("--user={}", value("USER")),
        format!("--memory-limit={}", value("CACHESIZE")),
        format!("--conn-limit={}", value("MAXCONN")),
    ];
    words.extend(file.get("OPTIONS").unwrap().words.iter().map(|word| word.lossy().into_owned()));
    words.sort();
    let argv = text(spec, "m/a/memcached.argv");
    let mut args: Vec<&str> = argv.lines().collect();
    args.sort_unstable();
    assert_eq!(words, args);
}

#[test]
fn kernel_settings_are_the_same_for_all_servers_of_a_machine() {
    let spec = "format = 1\nname = \"x\"\n[hosts.a]\naddress = \"10.0.0.1\"\n\
                sysctl = { \"net/core/somaxconn\" = 1024, \"vm.swappiness\" = 1 }\n\
                [hosts.b]\naddress = \"10.0.0.2\"\n[hosts.same]\naddress = \"10.0.0.2\"\n\
                [redis.s]\nversion = \"6.0\"\ntopology = \"standalone\"\nhosts = [\"a\", \"b\"]\nconfig.tcp-backlog = 9000\n\
                [memcached.m]\nversion = \"1.6\"\nhosts = [\"same\"]\n";
    let model = model(spec);
    let file = |path: &str| {
        let artifact = emit_one(&model, &EmitOptions::default(), path).unwrap().unwrap();
        String::from_utf8(artifact.bytes.to_vec()).unwrap()
    };
    let settings = |path: &str| {
        says(
            &file(path).replace(" = ", "="),
            &["net.core.somaxconn", "vm.overcommit_memory", "vm.swappiness"],
        )
    };
    assert_eq!(
        settings("s/a/sysctl.conf"),
        ["net.core.somaxconn=1024", "vm.overcommit_memory=1", "vm.swappiness=1"]
    );
    assert_eq!(settings("s/b/sysctl.conf"), ["net.core.somaxconn=9000", "vm.overcommit_memory=1"]);
    assert_eq!(settings("m/same/sysctl.conf"), settings("s/b/sysctl.conf"));
    assert!(file("s/a/sysctl.conf").contains("its servers want 9000"));
    assert!(file("s/a/sysctl.conf").contains("transparent_hugepage"), "6.0 has no disable-thp");
}

#[test]
fn a_server_that_keeps_huge_pages_off_needs_no_word_on_it() {
    assert!(!text(STANDALONE, "s/a/sysctl.conf").contains("hugepage"));
    let told = format!("{STANDALONE}config.disable-thp = false\n");
    assert!(text(&told, "s/a/sysctl.conf").contains("hugepage"));
}

#[test]
fn a_kernel_setting_cannot_bring_another_line() {
    let spec = "format = 1\nname = \"x\"\n[hosts.a]\naddress = \"10.0.0.1\"\nsysctl = { \"vm.x\" = \"1\\nvm.y = 2\" }\n\
                [redis.s]\nversion = \"7.2\"\ntopology = \"standalone\"\nhosts = [\"a\"]\n";
    let errors = emit(&model(spec), &EmitOptions::default()).unwrap_err();
    assert_eq!(errors.len(), 1);
    assert!(errors[0].to_string().starts_with("s/a/sysctl.conf: `sysctl vm.x`"), "{}", errors[0]);
}

#[test]
fn a_folder_for_each_host() {
    let files = of_host(&format!("{HOSTS}{REPLICATED}")).unwrap();
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    for path in ["a/s/a/redis.conf", "b/s/b/redis-s-6379.service", "s/bootstrap.sh", "manifest.json"] {
        assert!(paths.contains(&path), "{path} in {paths:?}");
    }
    assert!(files.is_sorted_by(|a, b| a.path < b.path));
    let manifest = files.iter().find(|file| file.path == "manifest.json").unwrap();
    let json: serde_json::Value = serde_json::from_slice(&manifest.bytes).unwrap();
    assert_eq!(json["files"][0]["path"], files[0].path.as_str());
    let options = EmitOptions { layout: Layout::Host, ..EmitOptions::default() };
    let model = model(&format!("{HOSTS}{REPLICATED}"));
    for file in &files {
        assert_eq!(emit_one(&model, &options, &file.path).unwrap().as_ref(), Some(file));
    }
    assert_eq!(emit_one(&model, &options, "s/a/redis.conf").unwrap(), None);
}

#[test]
fn a_host_shares_no_folder_with_a_deployment() {
    let spec = format!("{HOSTS}{REPLICATED}").replace("[redis.s]", "[redis.a]");
    let name = "a".to_owned();
    assert_eq!(of_host(&spec).unwrap_err(), [Problem::FolderOfHost { name }]);
    // Without a file of the whole deployment there is nothing to share.
    let alone = format!("{HOSTS}{STANDALONE}").replace("[redis.s]", "[redis.a]");
    assert!(of_host(&alone).is_ok());
}

#[test]
fn no_file_is_a_folder_too() {
    let spec = format!("{HOSTS}{REPLICATED}")
        .replace("a = {", "\"bootstrap.sh\" = {")
        .replace("\"a\"", "\"bootstrap.sh\"");
    let problems: Vec<Problem> = emit(&model(&spec), &EmitOptions::default())
        .unwrap_err()
        .into_iter()
        .map(|error| error.problem)
        .collect();
    assert_eq!(problems, [Problem::FileInTheWay { file: "s/bootstrap.sh".to_owned() }]);
    assert!(of_host(&spec).is_ok());
    let manifest = format!("{HOSTS}{STANDALONE}").replace("[redis.s]", "[redis.\"manifest.json\"]");
    assert!(emit(&model(&manifest), &EmitOptions::default()).is_err());
}
