//! One node's start.sh, run by a shell without a server.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use cachewright::text::conf::ConfDoc;
use tempfile::TempDir;

use crate::site::{render, write};

/// Shells that scripts must run in, as commands. Those of the two systems that servers mostly run on are required
/// where servers are.
pub(crate) fn shells() -> &'static [Vec<&'static str>] {
    static FOUND: OnceLock<Vec<Vec<&str>>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let known = [vec!["dash"], vec!["busybox", "sh"], vec!["bash", "--posix"]];
        let there = |shell: &Vec<&str>| {
            let run = Command::new(shell[0]).args(&shell[1..]).args(["-c", "exit 0"]).status();
            let works = run.is_ok_and(|status| status.success());
            let required =
                shell[0] != "bash" && std::env::var_os("REQUIRE_SERVERS").is_some_and(|v| v == "1");
            assert!(works || !required, "{shell:?} is not there");
            works
        };
        known.into_iter().filter(there).collect()
    })
}

/// A node's rendered folder and its data folder, neither used yet.
pub(crate) struct Script {
    pub(crate) root: TempDir,
    /// Files of a node, without its folder's name.
    pub(crate) rendered: PathBuf,
    pub(crate) data: PathBuf,
    /// Variables of its environment.
    pub(crate) environment: BTreeMap<String, String>,
    shell: Vec<&'static str>,
}

impl Script {
    /// The script of one node of a spec, in which `DATA` stands for the data folders.
    pub(crate) fn new(shell: &[&'static str], spec: &str, folder: &str, node: &str) -> Self {
        let root = TempDir::with_prefix("cachewright-start-").unwrap();
        let rendered = root.path().join("etc");
        let mut script = Script {
            root,
            rendered,
            data: PathBuf::new(),
            environment: BTreeMap::new(),
            shell: shell.to_vec(),
        };
        script.roll_out(spec, folder, node);
        let text = std::fs::read_to_string(script.rendered.join("start.sh")).unwrap();
        let data = text.lines().find_map(|line| line.strip_prefix("data='")?.strip_suffix('\''));
        script.data = PathBuf::from(data.unwrap());
        script
    }

    /// Puts the files of another spec in the place of those that are there.
    pub(crate) fn roll_out(&self, spec: &str, folder: &str, node: &str) {
        let data = self.root.path().join("data").display().to_string();
        let _ = std::fs::remove_dir_all(&self.rendered);
        for artifact in render(&spec.replace("DATA", &data)) {
            if let Some(file) = artifact.path.strip_prefix(&format!("{folder}/{node}/")) {
                write(&self.rendered.join(file), &artifact.bytes, artifact.mode);
            }
        }
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.shell[0]);
        command.args(&self.shell[1..]).arg(self.rendered.join("start.sh")).args(arguments);
        command.env_clear().env("PATH", std::env::var("PATH").unwrap()).envs(&self.environment);
        command
    }

    pub(crate) fn run(&self) -> Output {
        self.command(&[]).output().unwrap()
    }

    /// Prepares; panics with what it said where it does not.
    #[track_caller]
    pub(crate) fn prepare(&self) {
        let output = self.run();
        assert!(output.status.success(), "{:?}: {}", self.shell, String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{:?}", self.shell);
    }

    /// Refuses with one line that holds this text, and leaves everything in the data folder as it is.
    #[track_caller]
    pub(crate) fn refuse(&self, why: &str) {
        let before = contents(&self.data);
        let output = self.run();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{:?}: {said}", self.shell);
        assert!(said.contains(why) && said.lines().count() == 1, "{:?}: {why:?} in {said}", self.shell);
        assert_eq!(contents(&self.data), before, "{:?}", self.shell);
    }

    pub(crate) fn text(&self, file: &str) -> String {
        String::from_utf8_lossy(&std::fs::read(self.data.join(file)).unwrap()).into_owned()
    }

    /// The arguments of every line of a directive in a working file.
    pub(crate) fn directive(&self, file: &str, name: &str) -> Vec<Vec<u8>> {
        let doc = ConfDoc::parse(std::fs::read(self.data.join(file)).unwrap());
        assert_eq!(doc.errors().count(), 0, "{}", self.text(file));
        doc.directives()
            .filter(|(_, directive)| directive.key() == name)
            .map(|(_, directive)| {
                directive.args.iter().map(|arg| arg.value.clone()).collect::<Vec<_>>().join(&b' ')
            })
            .collect()
    }
}

/// Every file of a folder, with its content.
pub(crate) fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), std::fs::read(&path).unwrap_or_default()))
        .collect()
}
