//! Programs in the place of those that scripts run: each notes its arguments and its environment, then becomes the
//! real one. Nothing else is on the path, so that none escapes.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::search::shown;
use crate::site::write;
use crate::support::wait;

const PROGRAMS: [&str; 30] = [
    "awk",
    "cat",
    "chmod",
    "chown",
    "cp",
    "cut",
    "date",
    "dirname",
    "env",
    "find",
    "grep",
    "head",
    "id",
    "ls",
    "mkdir",
    "mktemp",
    "mv",
    "readlink",
    "rm",
    "sed",
    "setpriv",
    "sha256sum",
    "sleep",
    "sort",
    "stat",
    "sync",
    "tail",
    "tr",
    "wc",
    "cmp",
];

pub(crate) struct Shims {
    root: PathBuf,
}

impl Shims {
    /// Below a folder; `more` are programs besides those of the system.
    pub(crate) fn new(root: &Path, more: &[&Path]) -> Self {
        let shims = Shims { root: root.join("shims") };
        let (bin, real) = (shims.bin(), shims.root.join("real"));
        std::fs::create_dir_all(&real).unwrap();
        let log = shims.log();
        // Whoever the programs run as.
        write(&log, b"", 0o666);
        let note = bin.join("note");
        let (log, target) = (log.display(), real.display());
        let text = format!(
            "#!/bin/sh\nname=${{0##*/}}\n{{ echo \"ran $name\"; /usr/bin/tr '\\0' '\\n' </proc/$$/cmdline\n\
             /usr/bin/tr '\\0' '\\n' </proc/$$/environ; }} >>'{log}'\nexec \"$(/usr/bin/readlink '{target}'/\"$name\")\" \"$@\"\n"
        );
        write(&note, text.as_bytes(), 0o755);
        symlink("/bin/true", real.join("note")).unwrap();
        symlink("/bin/sh", bin.join("sh")).unwrap();
        let known = |name: &&&str| Path::new("/usr/bin").join(name).exists();
        let system = PROGRAMS.iter().filter(known).map(|name| Path::new("/usr/bin").join(name));
        for program in system.chain(more.iter().map(|path| std::path::absolute(path).unwrap())) {
            let name = program.file_name().unwrap();
            symlink("note", bin.join(name)).unwrap();
            symlink(&program, real.join(name)).unwrap();
        }
        // It can be run once no process that was just forked has it open any more.
        wait::until("it runs", || Command::new(&note).stdin(Stdio::null()).output().is_ok());
        shims
    }

    /// The folder that is the whole path.
    pub(crate) fn bin(&self) -> PathBuf {
        self.root.join("bin")
    }

    fn log(&self) -> PathBuf {
        self.root.join("log")
    }

    /// Looks through what was noted; `given` are variables in which a program may have a secret. How many ran.
    #[track_caller]
    pub(crate) fn judge(&self, given: &[&str], programs: &[&str]) -> usize {
        let noted = std::fs::read_to_string(self.log()).unwrap();
        for line in noted.lines() {
            let variable = line.split_once('=').map(|(name, _)| name);
            if !variable.is_some_and(|name| given.contains(&name)) {
                assert_eq!(shown(line.as_bytes(), &[]), None, "{line}");
            }
        }
        for program in programs {
            assert!(noted.lines().any(|line| line == format!("ran {program}")), "{program} did not run");
        }
        noted.lines().filter(|line| line.starts_with("ran ")).count()
    }
}
