//! Where start.sh takes secrets from, what it refuses, and that it shows them to nobody.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::script::{Script, shells};
use crate::site::write;
use crate::support::wait;
use crate::verify::hash;

/// A server with a password of its own and a user.
const SPEC: &str = r#"
format = 1
name = "test"
[hosts]
here = { address = "127.0.0.1" }
[redis.cache]
version = "VERSION"
topology = "standalone"
hosts = ["here"]
data-dir = "DATA/here"
[redis.cache.config]
requirepass = { env = "PASSWORD" }
masterauth = { file = "DATA/masterauth" }
[redis.cache.users.default]
passwords = [{ env = "PASSWORD" }, { env = "NEXT_PASSWORD" }]
rules = "~* +@all"
"#;

const ODD: [&[u8]; 9] = [
    b"plain",
    b"it's a \"quoted\" one",
    br"back\slash \n \x41 \\",
    b" blanks at both ends ",
    b"$HOME `id` $(id) ${x} !x",
    b"# no comment",
    b"\ttab\tand\x0bmore\x01\x7f",
    b"\x80\xff\xc3\xa9\x81\x82\x88",
    b"*?[a-z] % %s {x} ;&|<>",
];

fn script(shell: &[&'static str], version: &str) -> Script {
    let mut script = Script::new(shell, &SPEC.replace("VERSION", version), "cache", "here");
    script.set("NEXT_PASSWORD", "next");
    write(&script.root.path().join("data/masterauth"), b"from a file\n", 0o600);
    script
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn odd_passwords_arrive_whole_from_everywhere() {
    for shell in shells() {
        let script = script(shell, "7.0");
        let data = script.root.path().join("data");
        for secret in ODD {
            let mut command = script.command(&[]);
            command.env("PASSWORD", std::ffi::OsStr::from_bytes(secret));
            assert!(command.status().unwrap().success());
            assert_eq!(script.directive("redis.conf", "requirepass"), [secret], "{shell:?}");
            assert!(script.text("users.acl").contains(&format!("#{} #{}", hash(secret), hash(b"next"))));

            let lines =
                [b"OTHER=x\nPASSWORD=old\n#PASSWORD=no\nPASSWORD=", secret, b"\nPASSWORD2=x"].concat();
            write(&data.join("here/secrets.env"), &lines, 0o600);
            write(&data.join("masterauth"), &[secret, b"\n"].concat(), 0o640);
            script.prepare();
            assert_eq!(script.directive("redis.conf", "requirepass"), [secret], "{shell:?}");
            assert_eq!(script.directive("redis.conf", "masterauth"), [secret], "{shell:?}");
        }
        write(&data.join("masterauth"), b"two\nlines\n\n", 0o600);
        script.prepare();
        assert_eq!(script.directive("redis.conf", "masterauth"), [b"two\nlines\n"]);
    }
}

#[test]
fn a_line_end_of_windows_is_no_part_of_a_secret() {
    for shell in shells() {
        let mut script = script(shell, "7.0");
        script.set("PASSWORD", "one");
        let file = script.root.path().join("data/masterauth");
        for text in [&b"secret\r\n"[..], b"secret\r"] {
            write(&file, text, 0o600);
            script.refuse("ends with a carriage return");
        }
        write(&file, b"sec\rret\n", 0o600);
        script.prepare();
    }
}

#[test]
fn what_is_missing_or_open_is_refused() {
    for shell in shells() {
        let mut script = script(shell, "7.0");
        let data = script.root.path().join("data");
        let (file, secrets) = (data.join("masterauth"), data.join("here/secrets.env"));
        script.refuse("secrets are missing: PASSWORD; set");
        script.environment.clear();
        script.refuse("secrets are missing: PASSWORD NEXT_PASSWORD; set");
        script.set("NEXT_PASSWORD", "next");
        script.set("PASSWORD", "");
        script.refuse("secrets are missing: PASSWORD; set");

        write(&secrets, b"PASSWORD=good\n", 0o600);
        script.prepare();
        for mode in [0o640, 0o604, 0o620, 0o602, 0o644] {
            set_mode(&secrets, mode);
            script.refuse("chmod 0600");
        }
        write(&secrets, b"PASSWORD=good\r\n", 0o600);
        script.refuse("carriage return");
        write(&secrets, b"PASSWORD=a\0b\n", 0o600);
        script.refuse("NUL byte");
        script.set("CACHEWRIGHT_SECRETS", &data.join("elsewhere").display().to_string());
        script.refuse("elsewhere, where secrets stand");
        script.set("PASSWORD", "good");
        script.prepare();

        for mode in [0o644, 0o660, 0o602] {
            set_mode(&file, mode);
            script.refuse("chmod 0600 or 0640");
        }
        for mode in [0o640, 0o440, 0o400] {
            set_mode(&file, mode);
            script.prepare();
        }
        for (text, why) in [(&b"\n"[..], "is empty"), (b"", "is empty"), (b"a\0", "NUL byte")] {
            write(&file, text, 0o600);
            script.refuse(why);
        }
        std::fs::remove_file(&file).unwrap();
        script.refuse("masterauth, where a secret stands");
    }
}

#[test]
fn what_a_server_would_lose_is_refused() {
    for shell in shells() {
        let mut old = script(shell, "6.0.16");
        for secret in ["a b", "a\"b", "it's", "a\tb", "\u{b}a", "a\nb"] {
            old.set("PASSWORD", secret);
            old.prepare();
        }
        let spec = SPEC.replace("VERSION", "6.0.16").replace("standalone\"\nhosts = [\"here\"]", "replicated\"\ninitial-primary = \"here\"\nreplicas = [\"here\"]\nsurvives = \"nothing\"\nreplication = { password = { env = \"PASSWORD\" } }");
        let spec = spec.split("[redis.cache.config]").next().unwrap().replace("DATA/here", "DATA");
        let mut bare = Script::new(shell, &spec, "cache", "here-6379");
        for secret in ["a b", "a\"b", "it's", "a\tb", "\u{b}a", "a\nb", "a\rb"] {
            bare.set("PASSWORD", secret);
            bare.refuse("choose another");
        }
        bare.set("PASSWORD", r"#back\slash$");
        bare.prepare();
        assert_eq!(bare.directive("redis.conf", "requirepass"), [br"#back\slash$"]);

        let spec = spec.replace("[redis.", "[valkey.").replace("6.0.16", "8.1.1");
        let mut unescaped = Script::new(shell, &spec, "cache", "here-6379");
        for secret in ["a\"b", "a\\b", "a\nb"] {
            unescaped.set("PASSWORD", secret);
            unescaped.refuse("choose another");
        }
        unescaped.set("PASSWORD", "it's a #");
        unescaped.prepare();
        assert_eq!(unescaped.directive("valkey.conf", "requirepass"), [b"it's a #"]);
    }
}

/// Programs that start.sh runs are replaced by ones that note what they are given.
#[test]
fn nobody_is_shown_a_secret() {
    const PROGRAMS: [&str; 17] = [
        "awk",
        "cat",
        "chmod",
        "find",
        "grep",
        "id",
        "mkdir",
        "mktemp",
        "mv",
        "readlink",
        "rm",
        "sha256sum",
        "sync",
        "tr",
        "wc",
        "dirname",
        "server",
    ];
    for shell in shells().iter().filter(|shell| shell[0] != "busybox") {
        let mut script = script(shell, "7.0");
        let (bin, log) = (script.root.path().join("bin"), script.root.path().join("log"));
        for program in PROGRAMS {
            let real =
                Command::new("sh").args(["-c", &format!("command -v {program} || echo true")]).output();
            let real = String::from_utf8(real.unwrap().stdout).unwrap();
            let text = format!(
                "#!/bin/sh\n{{ echo 'ran {program}'; /usr/bin/tr '\\0' '\\n' </proc/$$/cmdline; /usr/bin/tr '\\0' '\\n' </proc/$$/environ; }} >>'{}'\nexec {} \"$@\"\n",
                log.display(),
                real.trim()
            );
            write(&bin.join(program), text.as_bytes(), 0o755);
            // It can be run once no process that was just forked has it open any more.
            wait::until("it runs", || Command::new(bin.join(program)).stdin(Stdio::null()).output().is_ok());
        }
        std::fs::remove_file(&log).unwrap();
        write(&script.root.path().join("data/masterauth"), b"canary-file", 0o600);
        write(&script.data.join("secrets.env"), b"NEXT_PASSWORD=canary-next\n", 0o600);
        write(&script.data.join("redis.conf"), b"port 1\n", 0o600);
        script.environment.clear();
        script.set("PASSWORD", "canary-env \"\\");
        let path = format!("{}:/usr/bin:/bin", bin.display());
        let output = script.command(&["server", "--port", "1"]).env("PATH", path).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let seen = String::from_utf8_lossy(&std::fs::read(&log).unwrap()).into_owned();
        let working = script.data.join("redis.conf");
        assert!(seen.contains(&format!("{}\n--port\n1\n", working.display())), "{seen}");
        for ran in ["sha256sum", "awk", "mv", "server"] {
            assert!(seen.contains(&format!("ran {ran}\n")), "{ran}: {seen}");
        }
        assert!(!seen.contains("canary"), "{seen}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("canary"));
        assert!(
            script.text("redis.conf").contains("canary-env")
                && script.text("redis.conf").contains("canary-file")
        );
    }
}
