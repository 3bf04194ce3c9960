//! Secrets as systemd hands them over: `LoadCredential=` makes files of mode 0400 in a folder that only the unit's
//! user can look into, and names that in `CREDENTIALS_DIRECTORY` (exec-credential.c of systemd 252). Where the file
//! system knows access lists, the files stay root's and the user is named in such a list, which looks like a group
//! that may read; else they are given to the user.

use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::script::{Script, shells};
use crate::site::write;
use crate::support::port::Port;
use crate::support::servers::{Engine, Servers};

/// The user that servers run as where tests run as root: one that has nothing.
const NOBODY: u32 = 65_534;

/// How the user may read what is root's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Owner,
    List,
}

/// A server whose passwords stand in a file of its own, and in lines.
const SPEC: &str = r#"
format = 1
name = "test"
[hosts]
here = { address = "127.0.0.1" }
[redis.cache]
version = "7.0"
topology = "standalone"
hosts = ["here"]
port = PORT
data-dir = "DATA/here"
[redis.cache.users.default]
passwords = [{ file = "CREDENTIALS/one" }, { env = "TWO" }]
rules = "~* +@all"
"#;

struct Unit {
    script: Script,
    credentials: PathBuf,
    user: Option<u32>,
    access: Access,
}

impl Unit {
    fn new(shell: &[&'static str], port: u16, access: Access) -> Self {
        let credentials = tempfile::TempDir::with_prefix("cachewright-credentials-").unwrap().keep();
        let spec = SPEC.replace("PORT", &port.to_string());
        let spec = spec.replace("CREDENTIALS", &credentials.display().to_string());
        let mut script = Script::new(shell, &spec, "cache", "here");
        script.set("CREDENTIALS_DIRECTORY", &credentials.display().to_string());
        let user = is_root().then_some(NOBODY);
        let unit = Unit { script, credentials, user, access };
        std::fs::create_dir_all(&unit.script.data).unwrap();
        chown(&unit.script.data, unit.user, unit.user).unwrap();
        for folder in [unit.script.root.path(), unit.script.data.parent().unwrap()] {
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        // The group of the rendered files is the server's.
        for entry in std::fs::read_dir(&unit.script.rendered).unwrap() {
            chown(entry.unwrap().path(), None, unit.user).unwrap();
        }
        unit.let_in(&unit.credentials, 0o500, "r-x");
        unit
    }

    /// What `LoadCredential=` does.
    fn load(&self, name: &str, text: &str) {
        let path = self.credentials.join(name);
        write(&path, text.as_bytes(), 0o400);
        self.let_in(&path, 0o400, "r--");
    }

    fn let_in(&self, path: &Path, mode: u32, rights: &str) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        match (self.access, self.user) {
            (_, None) => {}
            (Access::Owner, Some(user)) => chown(path, Some(user), Some(user)).unwrap(),
            (Access::List, Some(user)) => {
                let entry = format!("u:{user}:{rights}");
                let status = Command::new("setfacl").args(["-m", &entry]).arg(path).status();
                assert!(status.unwrap().success());
                let seen = std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
                assert_eq!(seen, mode | (mode & 0o700) >> 3, "it looks like a group's");
            }
        }
    }

    /// What `ExecStartPre=` does; what it said where it failed.
    fn prepare(&self) -> Result<(), String> {
        let mut command = self.script.command(&[]);
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(()) } else { Err(said) }
    }
}

impl Drop for Unit {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.credentials);
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

#[test]
fn credentials_of_systemd_are_taken() {
    let server = Servers::find(Engine::Redis, "7.0").expect("Redis 7.0");
    let has_lists = is_root() && Command::new("setfacl").arg("--version").output().is_ok();
    if !has_lists {
        println!("LEFT OUT: files with an access list, which need root and setfacl");
    }
    let ways = [Some(Access::Owner), has_lists.then_some(Access::List)];
    for access in ways.into_iter().flatten() {
        for shell in shells() {
            let port = Port::reserve();
            let unit = Unit::new(shell, port.number(), access);
            let why = unit.prepare().unwrap_err();
            assert!(why.contains("one, where a secret stands"), "{shell:?}: {why}");
            unit.load("one", "first\n");
            let why = unit.prepare().unwrap_err();
            assert!(why.contains("secrets are missing: TWO;"), "{shell:?}: {why}");
            unit.load("secrets.env", "TWO=second\n");
            unit.prepare().unwrap_or_else(|why| panic!("{shell:?}: {why}"));

            let working = unit.script.data.join("redis.conf");
            let launch = server.launch().file(working).port(port).login(None, "second");
            let running = launch.start();
            for (password, works) in [("first", true), ("second", true), ("third", false)] {
                let answer = running.try_command(&["AUTH", "default", password]);
                assert_eq!(answer.is_ok(), works, "{shell:?}, {access:?}: {password}");
            }
            println!("{shell:?}, {access:?}: {server} has its passwords from credentials");
        }
    }
}

/// The data folder's own file counts only where there are no credentials, and `CACHEWRIGHT_SECRETS` before both.
#[test]
fn secrets_have_one_source() {
    for shell in shells() {
        let mut unit = Unit::new(shell, 6379, Access::Owner);
        unit.load("one", "first");
        let own = unit.script.data.join("secrets.env");
        write(&own, b"TWO=own\n", 0o600);
        chown(&own, unit.user, unit.user).unwrap();
        let users_have = |unit: &Unit, secret: &str| {
            unit.prepare().unwrap_or_else(|why| panic!("{shell:?}: {why}"));
            assert!(
                unit.script.text("users.acl").contains(&crate::verify::hash(secret)),
                "{shell:?}: {secret}"
            );
        };
        users_have(&unit, "own");
        unit.load("secrets.env", "TWO=handed over\n");
        users_have(&unit, "handed over");
        let named = unit.script.root.path().join("named.env");
        write(&named, b"TWO=named\n", 0o600);
        chown(&named, unit.user, unit.user).unwrap();
        unit.script.set("CACHEWRIGHT_SECRETS", &named.display().to_string());
        users_have(&unit, "named");
        unit.script.set("TWO", "set");
        users_have(&unit, "set");
    }
}
