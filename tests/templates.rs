//! Own templates, by the program: what they make, and every way in which one is refused.

// Helpers of tests are not in the reach of clippy's allowance for tests.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A fleet of every kind of server.
const FLEET: &str = r#"format = 1
name = "shop"
templates = "templates"

[hosts]
cache-a = { address = "10.0.1.11", zone = "z1" }
cache-b = { address = "10.0.2.11" }

[sentinels.main]
version = "6.0"
hosts = ["cache-a"]
auth = { password = { env = "SENTINEL_PASSWORD" } }

[redis.sessions]
version = "7.2"
topology = "sentinel"
initial-primary = "cache-a"
replicas = ["cache-b"]
sentinel = { set = "main", quorum = 1, down-after-milliseconds = 5000 }
config = { maxmemory = "1gb", save = ["900 1", "300 10"], requirepass = { env = "SESSIONS_PASSWORD" } }

[valkey.carts]
version = "8.0"
topology = "standalone"
hosts = ["cache-b"]
port = 6400

[memcached.fragments]
version = "1.6.18"
hosts = ["cache-a"]
config = { memory-limit = 1024, slab_chunk_max = 524288 }

[lints]
peers-locked-out = "allow"
few-sentinels = "allow"
clients-locked-out = "allow"
"#;

const CANARY: &str = "c4n4ry-b1rd";

/// A folder with `shop.toml` and other files.
fn folder(spec: &str, files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files.iter().chain(&[("shop.toml", spec)]) {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

fn run(folder: &Path, args: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cachewright"));
    command.args(args).current_dir(folder).stdin(Stdio::null()).env("SESSIONS_PASSWORD", CANARY);
    let output = command.env("SENTINEL_PASSWORD", CANARY).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// Templates and what `check` says about them.
fn page(spec: &str, files: &[(&str, &str)]) -> String {
    let folder = folder(spec, files);
    let run = run(folder.path(), &["check", "shop.toml"]);
    let mut page = String::new();
    for (path, text) in files {
        writeln!(page, "==== {path}\n{text}").unwrap();
    }
    format!("{page}==== check\n{}{}", run.out, run.err)
}

/// What a rendered file holds.
fn rendered(folder: &Path, file: &str) -> String {
    let run = run(folder, &["render", "shop.toml", file]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{}", run.out);
    run.out
}

fn with_artifact(per: &str, path: &str) -> String {
    format!("{FLEET}\n[artifacts.a]\ntemplate = \"a.j2\"\nper = \"{per}\"\npath = \"{path}\"\n")
}

#[test]
fn a_replaced_template_makes_the_file() {
    let own = "# Owned by the team cache: {{ node }}\n{% include \"parts/head.j2\" %}\n{{ directives }}";
    let files =
        [("templates/redis.conf.j2", own), ("templates/parts/head.j2", "# {{ file }} of {{ engine }}\n")];
    let folder = folder(FLEET, &files);
    let text = rendered(folder.path(), "carts/cache-b/valkey.conf");
    assert!(
        text.starts_with("# Owned by the team cache: cache-b\n# valkey.conf of valkey\n# Network\nbind"),
        "{text}"
    );
    assert_eq!(run(folder.path(), &["check", "shop.toml"]).code, Some(0));
}

#[test]
fn templates_build_on_each_other_and_on_ours() {
    let own = "{% extends \"base.j2\" %}{% from \"macros.j2\" import line %}{% block head %}{{ line(node) }}{% endblock %}";
    let files = [
        ("templates/redis.conf.j2", own),
        ("templates/base.j2", "{% block head %}{% endblock %}\n\n{{ directives }}"),
        ("templates/macros.j2", "{% macro line(text) %}# {{ text|one_line }}{% endmacro %}"),
        ("templates/bootstrap-ask.sh.j2", "# ours is longer\n"),
    ];
    let folder = folder(FLEET, &files);
    assert!(rendered(folder.path(), "sessions/cache-a/redis.conf").starts_with("# cache-a\n# Network\n"));
    let script = rendered(folder.path(), "sessions/bootstrap.sh");
    assert!(
        script.contains("\n# ours is longer\n") && script.starts_with("#!/bin/sh\n# Makes the replicas"),
        "{script}"
    );
}

/// Templates of units, scripts and kernel settings, each with what it is to make of a node.
#[test]
fn whatever_a_host_gets_can_be_made_by_own_templates() {
    let own = [
        (
            "server.service.j2",
            "[Service]\nUser={{ user }}\nExecStartPre={{ prepare }}\nExecStart={{ start }}\nLimitNOFILE={{ files }}\n\
             {% if folders.state %}\nStateDirectory={{ folders.state }}\n{% endif %}\n{% include \"hardening.service.j2\" %}",
            "sessions/cache-a/redis-sessions-6379.service",
            "[Service]\nUser=redis\nExecStartPre=/etc/cachewright/sessions/cache-a/start.sh\n\
             ExecStart=/usr/bin/redis-server /var/lib/redis/sessions-6379/redis.conf\nLimitNOFILE=10032\n\
             StateDirectory=redis/sessions-6379\n# low port: no\n",
        ),
        (
            "hardening.service.j2",
            "# low port: {{ \"yes\" if rights.low_port else \"no\" }}\n",
            "fragments/cache-a/memcached-fragments-11211.service",
            "# memcached of fragments: memcache\n# low port: no\n",
        ),
        (
            "memcached.service.j2",
            "# memcached of {{ deployment }}: {{ user }}\n{% include \"hardening.service.j2\" %}",
            "fragments/cache-a/memcached-fragments-11211.service",
            "# memcached of fragments: memcache\n# low port: no\n",
        ),
        (
            "memcached.sysconfig.j2",
            "# {{ node }}\n{{ variables|replace('OPTIONS', '# and\nOPTIONS') }}",
            "fragments/cache-a/memcached.sysconfig",
            "# cache-a\nPORT=\"11211\"\nUSER=\"memcached\"\nMAXCONN=\"1024\"\nCACHESIZE=\"1024\"\n# and\nOPTIONS=",
        ),
        (
            "sysctl.conf.j2",
            "# Of {{ host }}{{ \", huge pages\" if huge_pages else \"\" }}\n{{ settings }}",
            "carts/cache-b/sysctl.conf",
            "# Of cache-b\n\n# ",
        ),
        (
            "start.sh.j2",
            "#!/bin/sh\n# {{ what }}: {{ starts }}, {{ \"secrets\" if secrets.any else \"none\" }}\n{{ facts }}{% if secrets.any %}\n\
             {% include \"start-secrets.sh.j2\" %}\n{% endif %}\n",
            "sentinels-main/cache-a/start.sh",
            "#!/bin/sh\n# a sentinel of main, of the spec shop: sentinel, secrets\nfile='sentinel.conf'\n\
             data='/var/lib/redis/sentinel-main-26379'\nmoves=''\n# secrets: line bare",
        ),
        (
            "start-secrets.sh.j2",
            "# secrets: {{ secrets.lines|trim }}",
            "sentinels-main/cache-a/start.sh",
            "#!/bin/sh\n# a sentinel of main",
        ),
        (
            "start-server.sh.j2",
            "# not brought in\n",
            "carts/cache-b/start.sh",
            "#!/bin/sh\n# a server of carts, of the spec shop: alone, none\nfile='valkey.conf'\n",
        ),
    ];
    let paths: Vec<String> = own.iter().map(|(name, ..)| format!("templates/{name}")).collect();
    let files: Vec<(&str, &str)> =
        paths.iter().map(String::as_str).zip(own.iter().map(|(_, text, ..)| *text)).collect();
    let folder = folder(FLEET, &files);
    for (name, _, path, expected) in own {
        let text = rendered(folder.path(), path);
        assert!(text.starts_with(expected), "{name}: {text}");
    }
    let check = run(folder.path(), &["check", "shop.toml"]);
    assert!(check.code == Some(0) && check.out.contains("no findings"), "{}", check.out);
}

#[test]
fn what_a_template_of_a_unit_misses_is_told_at_its_line() {
    let own = "[Unit]\nDescription={{ descripton }}\n";
    let page = page(FLEET, &[("templates/server.service.j2", own)]);
    assert!(
        page.contains("error[invalid-template]") && page.contains("templates/server.service.j2:2:"),
        "{page}"
    );
}

#[test]
fn comments_order_and_spelling_are_free() {
    // The same values otherwise written, and all lines of save at the end.
    let own = "{% set directives = directives|replace('maxmemory 1gb', 'MAXMEMORY  1073741824') %}
# Ours
{% for line in directives|lines if not line is startingwith 'save' %}
  {{ line }}
{% endfor %}
{% for line in directives|lines if line is startingwith 'save' %}
{{ line }}
{% endfor %}
";
    let page = page(FLEET, &[("templates/redis.conf.j2", own)]);
    assert!(page.contains("shop.toml: 4 deployments, 5 nodes: no findings"), "{page}");
}

#[test]
fn everything_that_is_exported_says_what_the_spec_says() {
    let folder = folder(FLEET, &[]);
    let plain = tempfile::tempdir().unwrap();
    std::fs::write(plain.path().join("shop.toml"), FLEET.replace("templates = \"templates\"\n", "")).unwrap();
    let export = run(folder.path(), &["templates", "export"]);
    assert_eq!(export.code, Some(0), "{}", export.err);
    for at in [folder.path(), plain.path()] {
        let render = run(at, &["render", "shop.toml", "-o", "out", "--with-secrets"]);
        assert_eq!(render.code, Some(0), "{}", render.err);
    }
    let manifest = |at: &Path| std::fs::read_to_string(at.join("out/manifest.json")).unwrap();
    assert_eq!(manifest(folder.path()), manifest(plain.path()));
}

/// Exported templates make the same as ours, and reading them back finds nothing, whatever a spec says.
#[test]
fn exported_templates_make_the_examples() {
    let folder = folder("", &[]);
    assert_eq!(run(folder.path(), &["templates", "export"]).code, Some(0));
    for example in ["minimal.toml", "local/local.toml", "shop/staging.toml", "shop/production.toml"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example);
        let path = path.to_str().unwrap();
        let own = format!("extends = [\"{path}\"]\ntemplates = \"templates\"\n");
        std::fs::write(folder.path().join("own.toml"), own).unwrap();
        for (spec, out) in [("own.toml", "own"), (path, "plain")] {
            let render = run(folder.path(), &["render", spec, "-o", &format!("{example}/{out}")]);
            assert_eq!(render.code, Some(0), "{example}: {}", render.err);
        }
        let manifest =
            |out: &str| std::fs::read(folder.path().join(example).join(out).join("manifest.json")).unwrap();
        assert!(manifest("own") == manifest("plain"), "{example}");
    }
}

#[test]
fn mistakes_in_templates_are_all_told_at_their_lines() {
    let spec = format!(
        "{FLEET}\n[artifacts.one]\ntemplate = \"one.j2\"\nper = \"node\"\npath = \"one\"\n\
         [artifacts.two]\ntemplate = \"two.j2\"\nper = \"architecture\"\npath = \"two\"\n"
    );
    insta::assert_snapshot!(page(
        &spec,
        &[
            ("templates/redis.conf.j2", "# {{ node }}\n{% if engine == \"redis\" %}\n{{ directives }}"),
            (
                "templates/one.j2",
                "{% filter safe %}{{ node.name }}{% endfilter %}\n{{ node.port | jsn }} {{ node.name|e }}\n"
            ),
            ("templates/two.j2", "{% autoescape true %}\n{{ spec }}\n{% endautoescape %}\n"),
            ("templates/motd.j2", "Hello\n"),
            ("templates/sentinel.conf", "{{ directives }}"),
        ],
    ));
}

#[test]
fn mistakes_that_show_when_templates_run() {
    let spec = format!(
        "{FLEET}\n[artifacts.one]\ntemplate = \"one.j2\"\nper = \"node\"\npath = \"one\"\n\
         [artifacts.two]\ntemplate = \"two.j2\"\nper = \"architecture\"\npath = \"two\"\n\
         [artifacts.three]\ntemplate = \"three.j2\"\nper = \"deployment\"\npath = \"three\"\n\
         [artifacts.four]\ntemplate = \"four.j2\"\nper = \"deployment\"\npath = \"four\"\n\
         [artifacts.five]\ntemplate = \"five.j2\"\nper = \"deployment\"\npath = \"five\"\n\
         [artifacts.six]\ntemplate = \"six.j2\"\nper = \"node\"\npath = \"six\"\n\
         [artifacts.seven]\ntemplate = \"seven.j2\"\nper = \"node\"\npath = \"seven\"\n"
    );
    insta::assert_snapshot!(page(
        &spec,
        &[
            ("templates/redis.conf.j2", "# {{ nod }} of {{ deployment }}\n{{ directives }}"),
            ("templates/one.j2", "{{ node.host.adress }}\n"),
            (
                "templates/two.j2",
                "{% for a in range(100000) %}{% for b in range(100000) %}{{ b }}{% endfor %}{% endfor %}\n"
            ),
            ("templates/three.j2", "{{ [deployment.name]|map(\"safe\")|join }}\n"),
            ("templates/four.j2", "# {% include \"part.j2\" %}\n"),
            ("templates/seven.j2", "{% include \"for.j2\" %}\n"),
            ("templates/part.j2", "of all\n{{ deployment.nodes|shell }}\n"),
            (
                "templates/six.j2",
                "{% macro role(of) %}{{ of.role }}{% endmacro %}\n{{ node.name }} {{ role(node) }}\n"
            ),
            ("templates/five.j2", "{% include \"five.j2\" %}\n"),
        ],
    ));
}

/// What is wrong with the output of one template.
fn contradictions(name: &str, text: &str) -> String {
    page(FLEET, &[(&format!("templates/{name}"), text)])
}

#[test]
fn what_a_replaced_template_adds_changes_or_leaves_out() {
    let pages = [
        contradictions(
            "redis.conf.j2",
            "{{ directives }}\n# Team defaults\ntcp-keepalive 60\n  maxmemory 2gb\n",
        ),
        contradictions("redis.conf.j2", "# Nothing of the spec\nport 6379\nsearch-threads 4\n"),
        contradictions("redis.conf.j2", "{{ directives|replace(\"maxmemory 1gb\", \"maxmemory 2gb\") }}"),
        contradictions(
            "redis.conf.j2",
            "{{ directives }}\n{% if file == \"redis.conf\" %}\nsave 60 {{ 10000 }}\n{% endif %}\n",
        ),
        contradictions("redis.conf.j2", "{{ directives }}\nmaxmemory-policy \"allkeys\n"),
        contradictions("redis.conf.j2", "{{ directives }}{{ directives }}"),
        contradictions(
            "sentinel.conf.j2",
            "{{ directives }}{{ global }}sentinel failover-timeout sessions 10\n{% for watch in watches %}\n{{ watch.directives }}{% endfor %}\n",
        ),
        contradictions("sentinel.conf.j2", "{{ directives }}{{ global }}"),
        contradictions(
            "sentinel.conf.j2",
            "{{ directives }}{{ global }}\n{% for watch in watches %}\n{{ watch.directives|lines|reverse|join(\"\n\") }}\n{% endfor %}\n",
        ),
        contradictions(
            "memcached.conf.j2",
            "{{ options }}\n-m 64\nlogfile /var/log/memcached.log\n-u cache\n",
        ),
    ];
    insta::assert_snapshot!(pages.join("\n"));
}

#[test]
fn a_password_in_a_template_is_told_and_never_shown() {
    let own = format!(
        "{{{{ directives }}}}\nrequirepass {CANARY}\nrequirepas {CANARY}\nuser app on >{CANARY} ~*\n"
    );
    let folder = folder(FLEET, &[("templates/redis.conf.j2", &own)]);
    let check = run(folder.path(), &["check", "shop.toml"]);
    let json = run(folder.path(), &["check", "shop.toml", "--format", "json"]);
    let render = run(folder.path(), &["render", "shop.toml", "-o", "out", "--with-secrets"]);
    for run in [&check, &json, &render] {
        assert_eq!(run.code, Some(1));
        assert!(!format!("{}{}", run.out, run.err).contains(CANARY), "{}{}", run.out, run.err);
    }
    assert!(!folder.path().join("out").exists());
    assert!(check.out.contains("error[literal-secret]"), "{}", check.out);
    insta::assert_snapshot!(check.out.replace(CANARY, "SHOWN"));
}

#[test]
fn secrets_that_a_template_loses_are_missed() {
    let own = "{% for line in directives|lines %}{% if \"requirepass\" not in line %}{{ line }}\n{% endif %}{% endfor %}";
    let folder = folder(FLEET, &[("templates/redis.conf.j2", own)]);
    assert_eq!(run(folder.path(), &["check", "shop.toml"]).code, Some(0));
    let render = run(folder.path(), &["render", "shop.toml", "-o", "out", "--with-secrets"]);
    assert_eq!(render.code, Some(1));
    assert!(
        render.err.contains("`redis.conf.j2` leaves out `requirepass`, which the spec says"),
        "{}",
        render.err
    );
    assert!(!render.err.contains(CANARY));
}

#[test]
fn artifacts_stand_where_they_are_declared() {
    let each =
        "{{ node.name }} {{ node.kind }} {{ node.role or '-' }} {{ node.host.address }}:{{ node.port }}\n";
    let with = |per, path| folder(&with_artifact(per, path), &[("templates/a.j2", each)]);
    let nodes = with("node", "etc/a.txt");
    assert_eq!(
        rendered(nodes.path(), "sessions/cache-b/etc/a.txt"),
        "cache-b redis replica 10.0.2.11:6379\n"
    );
    assert_eq!(
        rendered(nodes.path(), "sentinels-main/cache-a/etc/a.txt"),
        "cache-a sentinel - 10.0.1.11:26379\n"
    );
    assert_eq!(
        rendered(nodes.path(), "fragments/cache-a/etc/a.txt"),
        "cache-a memcached - 10.0.1.11:11211\n"
    );
    let all = "{% for deployment in deployments + sentinels %}{{ deployment.folder }} {% endfor %}";
    let top = folder(&with_artifact("architecture", "monitoring/a"), &[("templates/a.j2", all)]);
    assert_eq!(rendered(top.path(), "monitoring/a"), "carts fragments sessions sentinels-main ");
    let per = "{{ deployment.name }} {{ deployment.watches|length }}";
    let spec = format!(
        "{}engines = [\"sentinel\", \"valkey\"]\nmode = \"0755\"\n",
        with_artifact("deployment", "a")
    );
    let some = folder(&spec, &[("templates/a.j2", per)]);
    assert_eq!(run(some.path(), &["render", "shop.toml", "-o", "out"]).code, Some(0));
    assert_eq!(std::fs::read_to_string(some.path().join("out/sentinels-main/a")).unwrap(), "main 1");
    assert_eq!(std::fs::read_to_string(some.path().join("out/carts/a")).unwrap(), "carts 0");
    assert!(!some.path().join("out/sessions/a").exists() && !some.path().join("out/fragments/a").exists());
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(some.path().join("out/carts/a")).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o755);
}

#[test]
fn artifacts_know_no_secret() {
    let all = "{{ node.settings|json }} {{ node.secrets|json }} {{ deployment|json }}";
    let folder = folder(&with_artifact("node", "a"), &[("templates/a.j2", all)]);
    let render = run(folder.path(), &["render", "shop.toml", "-o", "out", "--with-secrets"]);
    assert_eq!(render.code, Some(0), "{}", render.err);
    let text = std::fs::read_to_string(folder.path().join("out/sessions/cache-a/a")).unwrap();
    assert!(!text.contains(CANARY), "{text}");
    assert!(
        text.contains("\"requirepass\":\"env:SESSIONS_PASSWORD\"")
            && text.contains("\"maxmemory\":\"1073741824\""),
        "{text}"
    );
}

#[test]
fn declarations_of_artifacts_that_make_no_sense() {
    let spec = format!(
        "{FLEET}\n[artifacts.a]\ntemplate = \"a.j2\"\nper = \"node\"\npath = \"../a\"\n\
         [artifacts.b]\ntemplate = \"a.j2\"\nper = \"nodes\"\npath = \"/etc/b\"\nmode = \"0777\"\n\
         [artifacts.c]\ntemplate = \"a.j3\"\nper = \"architecture\"\npath = \"c\"\nengines = [\"redis\"]\n\
         [artifacts.d]\ntemplate = \"a.j2\"\nper = \"node\"\npath = \"d\"\ndeployments = [\"main\", \"cart\"]\nmode = 644\n"
    );
    insta::assert_snapshot!(page(&spec, &[("templates/a.j2", "x\n")]));
}

#[test]
fn artifacts_in_the_way_of_other_files() {
    let spec = format!(
        "{FLEET}\n[artifacts.a]\ntemplate = \"a.j2\"\nper = \"architecture\"\npath = \"manifest.json\"\n\
         [artifacts.b]\ntemplate = \"a.j2\"\nper = \"architecture\"\npath = \"carts\"\n\
         [artifacts.c]\ntemplate = \"a.j2\"\nper = \"node\"\npath = \"redis.conf/x\"\n\
         [artifacts.d]\ntemplate = \"a.j2\"\nper = \"node\"\npath = \"same\"\n\
         [artifacts.e]\ntemplate = \"a.j2\"\nper = \"node\"\npath = \"same\"\n"
    );
    insta::assert_snapshot!(page(&spec, &[("templates/a.j2", "x\n")]));
}

/// Where hosts have folders, artifacts of nodes lie in them, and all others where they lie without.
#[test]
fn artifacts_lie_in_the_folders_of_hosts() {
    let spec = format!(
        "{}[artifacts.b]\ntemplate = \"a.j2\"\nper = \"deployment\"\npath = \"all/b\"\n\
         [artifacts.c]\ntemplate = \"a.j2\"\nper = \"architecture\"\npath = \"top/c\"\n",
        with_artifact("node", "etc/a")
    );
    let folder = folder(&spec, &[("templates/a.j2", "of {{ spec }}\n")]);
    let render = |layout: &str| {
        let render =
            run(folder.path(), &["render", "shop.toml", "--layout", layout, "-o", &format!("out-{layout}")]);
        assert_eq!(render.code, Some(0), "{}{}", render.out, render.err);
    };
    render("host");
    render("deployment");
    let is_there = |path: &str| folder.path().join(path).is_file();
    for (host, path) in [
        ("cache-a/", "sessions/cache-a/etc/a"),
        ("cache-b/", "sessions/cache-b/etc/a"),
        ("cache-a/", "sentinels-main/cache-a/etc/a"),
        ("cache-a/", "fragments/cache-a/etc/a"),
        ("", "sessions/all/b"),
        ("", "sentinels-main/all/b"),
        ("", "top/c"),
    ] {
        assert!(is_there(&format!("out-host/{host}{path}")), "{host}{path}");
        assert!(is_there(&format!("out-deployment/{path}")), "{path}");
        let one = run(folder.path(), &["render", "shop.toml", "--layout", "host", &format!("{host}{path}")]);
        assert_eq!((one.code, one.out.as_str()), (Some(0), "of shop\n"), "{host}{path}: {}", one.err);
    }
    assert!(!is_there("out-host/sessions/cache-a/etc/a"));
}

#[test]
fn artifacts_in_the_way_of_files_in_the_folders_of_hosts() {
    let clash = |per: &str, path: &str, layout: &str| {
        let folder = folder(&with_artifact(per, path), &[("templates/a.j2", "x\n")]);
        let render = run(folder.path(), &["render", "shop.toml", "--layout", layout, "-o", "out"]);
        let told = format!("{}{}", render.out, render.err);
        (render.code, told.contains("error[artifact-clash]"), folder.path().join("out").exists())
    };
    let (refused, fine) = ((Some(1), true, false), (Some(0), false, true));
    // A file of a node, and the folder of a host, are in the way in one layout only.
    for path in ["cache-b/carts/cache-b/valkey.conf", "cache-b", "cache-b/carts/cache-b"] {
        assert_eq!(clash("architecture", path, "host"), refused, "{path}");
        assert_eq!(clash("architecture", path, "deployment"), fine, "{path}");
    }
    assert_eq!(clash("architecture", "carts/cache-b/valkey.conf", "host"), fine);
    assert_eq!(clash("architecture", "carts/cache-b/valkey.conf", "deployment"), refused);
    assert_eq!(clash("node", "sysctl.conf", "host"), refused);
    assert_eq!(clash("deployment", "cache-b", "deployment"), refused);
    assert_eq!(clash("deployment", "cache-b", "host"), fine);
    assert_eq!(clash("deployment", "bootstrap.sh", "host"), refused);
}

#[test]
fn the_folder_is_named_from_the_layer_that_says_it() {
    let spec = FLEET.replace("templates = \"templates\"\n", "extends = [\"base/base.toml\"]\n");
    let files =
        [("base/base.toml", "templates = \"t\"\n"), ("base/t/redis.conf.j2", "# own\n{{ directives }}")];
    let below = folder(&spec, &files);
    assert!(rendered(below.path(), "carts/cache-b/valkey.conf").starts_with("# own\n"));
    let over = folder(
        &spec.replace("[hosts]", "templates = \"mine\"\n[hosts]"),
        &[files[0], files[1], ("mine/.keep", "")],
    );
    assert!(rendered(over.path(), "carts/cache-b/valkey.conf").starts_with("# valkey.conf of"));
    let no_folder = folder(FLEET, &[]);
    let run = run(no_folder.path(), &["check", "shop.toml"]);
    assert!(
        run.out.contains("cannot read the folder of templates `templates`: No such file or directory"),
        "{}",
        run.out
    );
}

#[test]
fn export_writes_all_or_nothing_and_over_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let list = run(folder.path(), &["templates"]);
    insta::assert_snapshot!(list.out);
    let names: Vec<&str> = list.out.lines().filter_map(|line| line.split(' ').next()).collect();
    let read = |name: &str| std::fs::read_to_string(folder.path().join("own").join(name)).unwrap();
    assert_eq!(run(folder.path(), &["templates", "export", "-o", "own", "redis.conf.j2"]).code, Some(0));
    assert_eq!(std::fs::read_dir(folder.path().join("own")).unwrap().count(), 1);
    std::fs::write(folder.path().join("own/redis.conf.j2"), "mine").unwrap();
    let refused = run(folder.path(), &["templates", "export", "-o", "own"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("`redis.conf.j2` in own"), "{}", refused.err);
    assert_eq!(
        (read("redis.conf.j2").as_str(), std::fs::read_dir(folder.path().join("own")).unwrap().count()),
        ("mine", 1)
    );
    std::fs::remove_file(folder.path().join("own/redis.conf.j2")).unwrap();
    for _ in 0..2 {
        assert_eq!(run(folder.path(), &["templates", "export", "-o", "own"]).code, Some(0));
    }
    for name in names {
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates").join(name);
        assert_eq!(read(name), std::fs::read_to_string(ours).unwrap());
    }
    let slip = run(folder.path(), &["templates", "export", "redis.cnf.j2"]);
    assert_eq!((slip.code, slip.err.contains("did you mean `redis.conf.j2`?")), (Some(2), true));
}

#[test]
fn one_that_cannot_be_written_leaves_none() {
    let folder = tempfile::tempdir().unwrap();
    // A folder stands where a file is to go: reading it fails before anything is written.
    std::fs::create_dir_all(folder.path().join("t/sentinel.conf.j2")).unwrap();
    assert_eq!(run(folder.path(), &["templates", "export", "-o", "t"]).code, Some(2));
    let left: Vec<PathBuf> =
        std::fs::read_dir(folder.path().join("t")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(left, [folder.path().join("t/sentinel.conf.j2")]);
}

#[test]
fn nodes_of_a_cluster_know_their_shard() {
    let spec = "format = 1\nname = \"shop\"\ntemplates = \"templates\"\n[hosts]\na = { address = \"10.0.0.1\" }\n\
                b = { address = \"10.0.0.2\" }\nc = { address = \"10.0.0.3\" }\n\
                [redis.catalog]\nversion = \"7.2\"\ntopology = \"cluster\"\nhosts = [\"a\", \"b\", \"c\"]\nshards = 3\n\
                replicas = 1\nport = 7000\nconfig = { protected-mode = false }\n\
                tls = { cert-file = \"/c\", key-file = \"/k\", ca-cert-file = \"/a\", cluster-bus = true, replication = true }\n\
                [artifacts.a]\ntemplate = \"a.j2\"\nper = \"deployment\"\npath = \"a\"\n";
    let text = "{% for node in deployment.nodes %}\n{{ node.shard }} {{ node.slots }} {{ node.role }} \
                {{ node.primary or \"-\" }} {{ node.tls.port }} {{ node.data_dir }} {{ node.name }}\n{% endfor %}\n";
    let folder = folder(spec, &[("templates/a.j2", text)]);
    insta::assert_snapshot!(rendered(folder.path(), "catalog/a"));
}

#[test]
fn one_artifact_is_the_same_as_among_all() {
    use cachewright::emit::{EmitOptions, emit, emit_one};

    let spec = format!(
        "{}[artifacts.b]\ntemplate = \"a.j2\"\nper = \"architecture\"\npath = \"sessions/all\"\n\
         [artifacts.c]\ntemplate = \"a.j2\"\nper = \"architecture\"\npath = \"top\"\n",
        with_artifact("node", "etc/a")
    );
    let compiled = cachewright::explain::compile_example(&spec, &[("templates/a.j2", "{{ spec }}\n")]);
    let model = compiled.checked().unwrap();
    let all = emit(&model, &EmitOptions::default()).unwrap();
    let own: Vec<_> = all.iter().filter(|artifact| *artifact.bytes == *b"shop\n").collect();
    assert_eq!(own.len(), 5 + 2);
    for artifact in all.iter().filter(|artifact| artifact.path != cachewright::emit::MANIFEST) {
        let one = emit_one(&model, &EmitOptions::default(), &artifact.path).unwrap();
        assert_eq!(one.as_ref(), Some(artifact), "{}", artifact.path);
    }
}
