//! The output folder: what is written, left, removed and refused, and that nothing is ever half there.

// Helpers of tests are not in the reach of clippy's allowance for tests.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod checked;
mod killed;
mod owned;
mod refused;
mod same_bytes;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// The work folder of a run.
const WORK: &str = ".cachewright";

/// How a run ended.
#[derive(Debug)]
struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cachewright"));
    command.env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

fn finish(command: &mut Command) -> Run {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// A folder with specs and an output folder.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Place { folder: TempDir::with_prefix("cachewright-output-").unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn out(&self) -> PathBuf {
        self.path("out")
    }

    /// A spec in a file.
    fn spec(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn render(&self, spec: &Path) -> Run {
        finish(program().arg("render").arg(spec).arg("-o").arg(self.out()))
    }

    #[track_caller]
    fn rendered(&self, spec: &Path) -> Run {
        let run = self.render(spec);
        assert_eq!(run.code, Some(0), "{run:?}");
        run
    }

    fn check(&self, spec: &Path) -> Run {
        finish(program().arg("render").arg(spec).arg("--check").arg("-o").arg(self.out()))
    }

    fn tree(&self) -> Tree {
        tree(&self.out())
    }

    /// What a spec renders into an empty folder.
    fn clean(&self, spec: &Path) -> Tree {
        let folder = tempfile::tempdir_in(self.folder.path()).unwrap();
        let run = finish(program().arg("render").arg(spec).arg("-o").arg(folder.path()));
        assert_eq!(run.code, Some(0), "{run:?}");
        tree(folder.path())
    }
}

/// Every file below a folder: its mode and content. Folders stand there with a `/` and no content.
type Tree = BTreeMap<String, (u32, Vec<u8>)>;

fn tree(folder: &Path) -> Tree {
    use std::os::unix::fs::MetadataExt;

    let mut files = Tree::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            let metadata = std::fs::symlink_metadata(&path).unwrap();
            if metadata.is_dir() {
                files.insert(format!("{name}/"), (0, Vec::new()));
                folders.push(path);
            } else {
                files.insert(name, (metadata.mode() & 0o7777, std::fs::read(&path).unwrap_or_default()));
            }
        }
    }
    files
}

/// A spec of independent servers on one host: that many in deployment `s`, all with this setting of `hz`.
fn spec(nodes: usize, hz: usize) -> String {
    deployment("s", nodes, hz)
}

fn deployment(name: &str, nodes: usize, hz: usize) -> String {
    let hosts = vec!["\"a\""; nodes].join(", ");
    let mut text = "format = 1\nname = \"t\"\n[hosts]\na = { address = \"127.0.0.1\" }\n".to_owned();
    write!(
        text,
        "[redis.{name}]\nversion = \"7.2\"\ntopology = \"standalone\"\nhosts = [{hosts}]\nconfig = {{ hz = {hz} }}\n"
    )
    .unwrap();
    text
}

/// Two servers and a file of each one's own, from the template templates/x.j2.
fn with_artifact(path: &str) -> String {
    let spec = spec(2, 10).replace("name = \"t\"\n", "name = \"t\"\ntemplates = \"templates\"\n");
    format!("{spec}[artifacts.x]\ntemplate = \"x.j2\"\nper = \"node\"\npath = \"{path}\"\n")
}
