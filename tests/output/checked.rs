//! `render --check`: what it says, and that it writes nothing.

use std::os::unix::fs::PermissionsExt;

use crate::{Place, Run, deployment, finish, program, spec};

/// What is printed, with the folder's name replaced.
fn said(place: &Place, run: &Run) -> String {
    run.out.replace(&place.out().display().to_string(), "OUT")
}

#[test]
fn a_folder_that_is_up_to_date() {
    let place = Place::new();
    let one = place.spec("one.toml", &spec(2, 10));
    place.rendered(&one);
    let run = place.check(&one);
    assert_eq!(run.code, Some(0), "{run:?}");
    insta::assert_snapshot!(said(&place, &run), @"OUT is up to date");
}

#[test]
fn every_kind_of_difference() {
    let place = Place::new();
    let both = format!("{}{}", spec(4, 10), more("gone", 1, 7000));
    place.rendered(&place.spec("one.toml", &both));
    let two = format!("{}{}", spec(4, 20), more("new", 1, 8000));
    let two = place.spec("two.toml", &two);
    std::fs::write(place.out().join("s/a-6381/redis.conf"), "by hand\n").unwrap();
    let before = place.tree();
    let run = place.check(&two);
    assert_eq!(run.code, Some(1));
    insta::assert_snapshot!("every_kind_of_difference", said(&place, &run));
    assert_eq!(place.tree(), before, "nothing is written");
}

/// Another deployment.
fn more(name: &str, nodes: usize, port: u16) -> String {
    let text = deployment(name, nodes, 10);
    let at = text.find("[redis.").unwrap();
    format!("{}port = {port}\n", &text[at..])
}

#[test]
fn nothing_rendered_yet() {
    let place = Place::new();
    let one = place.spec("one.toml", &spec(2, 10));
    let run = place.check(&one);
    assert_eq!(run.code, Some(1));
    assert!(run.out.contains("missing"), "{}", run.out);
    assert!(!place.out().exists());
}

#[test]
fn only_the_manifest_is_out_of_date() {
    let place = Place::new();
    let one = place.spec("one.toml", &spec(2, 10));
    place.rendered(&one);
    std::fs::remove_file(place.out().join("manifest.json")).unwrap();
    let run = place.check(&one);
    assert_eq!(run.code, Some(1));
    insta::assert_snapshot!(said(&place, &run), @"OUT/manifest.json is out of date: render again");
}

#[test]
fn modes_that_version_control_keeps() {
    let place = Place::new();
    let one = place.spec("one.toml", &spec(2, 10));
    place.rendered(&one);
    let path = place.out().join("s/a-6379/redis.conf");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(place.check(&one).code, Some(0));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let run = place.check(&one);
    assert_eq!(run.code, Some(1));
    assert!(run.out.contains("mode 0755, rendered 0640"), "{}", run.out);
}

#[test]
fn colours_and_control_characters() {
    let place = Place::new();
    let one = place.spec("one.toml", &spec(1, 10));
    place.rendered(&one);
    std::fs::write(place.out().join("s/a/redis.conf"), "port 1\x1b[2J\n").unwrap();
    let plain = place.check(&one);
    assert!(!plain.out.contains('\x1b') && plain.out.contains("-port 1\\u{1b}[2J"), "{}", plain.out);
    let colored =
        finish(program().args(["--color", "always", "render", "--check", "-o"]).arg(place.out()).arg(&one));
    assert_eq!(colored.code, Some(1));
    assert!(colored.out.contains("\x1b[31m-port 1\\u{1b}[2J\x1b[0m"), "{}", colored.out);
}

#[test]
fn long_output_is_bounded() {
    let place = Place::new();
    let one = place.spec("one.toml", &spec(60, 10));
    place.rendered(&one);
    for node in 0..60 {
        let path = place.out().join(format!("s/a-{}/redis.conf", 6379 + node));
        std::fs::write(path, format!("{node} by hand\n").repeat(500)).unwrap();
    }
    let run = place.check(&one);
    assert_eq!(run.code, Some(1));
    let lines = run.out.lines().count();
    assert!((1000..3000).contains(&lines), "{lines}");
    assert!(run.out.contains("and 40 other changes"), "{}", run.out);
    assert!(run.out.ends_with("is out of date, 60 files: render again\n"));
}

#[test]
fn no_secret_is_shown() {
    const CANARY: &str = "c4n4ry-b1rd";

    let place = Place::new();
    let users = "users.app = { passwords = [{ env = \"CW_APP\" }], rules = \"~* +@all\" }\n";
    let config =
        "config = { requirepass = { env = \"CW_PASSWORD\" }, masterauth = { env = \"CW_AUTH\" }, hz = 10 }";
    for (number, (head, more)) in [(config, ""), ("config = { hz = 10 }", users)].into_iter().enumerate() {
        let text = format!("{}{more}", spec(1, 10).replace("config = { hz = 10 }", head));
        let with_secrets = |spec: &std::path::Path, check: bool| {
            let mut command = program();
            command.args(["render", "--with-secrets", "-o"]).arg(place.out()).arg(spec);
            command.args(check.then_some("--check"));
            finish(
                command
                    .env("CW_APP", format!("{CANARY}-app"))
                    .env("CW_PASSWORD", format!("{CANARY}-password"))
                    .env("CW_AUTH", CANARY),
            )
        };
        let one = place.spec(&format!("one-{number}.toml"), &text);
        let two = place.spec(&format!("two-{number}.toml"), &text.replace("hz = 10", "hz = 20"));
        assert_eq!(with_secrets(&one, false).code, Some(0));
        let path = place.out().join("s/a/redis.conf");
        let hash = {
            let users = std::fs::read_to_string(place.out().join("s/a/users.acl")).unwrap_or_default();
            users.split_once('#').map_or("no hash".to_owned(), |(_, hash)| hash[..64].to_owned())
        };
        let silent = |run: Run| {
            assert_eq!(run.code, Some(1), "{run:?}");
            let all = format!("{}{}", run.out, run.err);
            assert!(!all.contains(CANARY) && !all.contains(&hash), "{all}");
        };
        // Secrets on both sides, on the old side alone, in a file without its manifest, and by hand.
        silent(with_secrets(&two, true));
        silent(place.check(&two));
        std::fs::remove_file(place.out().join("manifest.json")).unwrap();
        silent(place.check(&two));
        std::fs::write(&path, format!("requirepass {CANARY}\nuser x >{CANARY}\nport 1\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        silent(place.check(&two));
        std::fs::remove_dir_all(place.out()).unwrap();
        // The other way round: only what would be written has them.
        assert_eq!(place.render(&one).code, Some(0));
        silent(with_secrets(&two, true));
        std::fs::remove_dir_all(place.out()).unwrap();
    }
}

#[test]
fn check_needs_a_folder() {
    let place = Place::new();
    let one = place.spec("one.toml", &spec(1, 10));
    let run = finish(program().args(["render", "--check"]).arg(&one));
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("--out"), "{}", run.err);
    let file = place.spec("file", "");
    let run = finish(program().args(["render", "--check"]).arg(&one).arg("-o").arg(&file));
    assert_eq!(run.code, Some(2));
}

/// Whatever somebody wrote into a file that anybody may read.
#[test]
fn secrets_are_not_shown_however_they_are_written() {
    let place = Place::new();
    std::fs::create_dir(place.path("templates")).unwrap();
    std::fs::write(place.path("templates/x.j2"), "{{ node.name }}\n").unwrap();
    let one = place.spec("one.toml", &crate::with_artifact("x"));
    place.rendered(&one);
    let lines = "\"masterauth\" hunter2\nREDIS_PASSWORD=hunter2\n# url redis://:hunter2@h\nmaxclients 7\n";
    for file in ["redis.conf", "redis-s-6379.service"] {
        std::fs::write(place.out().join("s/a-6379").join(file), lines).unwrap();
    }
    // Nothing is known of its format.
    std::fs::write(place.out().join("s/a-6379/x"), "hunter2\n").unwrap();
    for file in ["redis.conf", "redis-s-6379.service", "x"] {
        let path = place.out().join("s/a-6379").join(file);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    }
    let run = place.check(&one);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(!run.out.contains("hunter"), "{}", run.out);
    for shown in [
        "-maxclients 7",
        "-masterauth •••",
        "-REDIS_PASSWORD=•••",
        "-# url redis://•••@h",
        "s/a-6379/x: differs; not shown",
    ] {
        assert!(run.out.contains(shown), "no {shown}: {}", run.out);
    }
}
