//! Reading specs and secrets, and writing results: whole or not at all.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::emit::{Secret, SecretSource};
use crate::fix::{self, NewText};
use crate::pipeline::{Compiled, compile};
use crate::spec::{Date, ReadText, SecretRef};
pub(super) use crate::tree::reason;
use crate::tree::{replace_by_way_of, write_by_way_of};

/// The name of standard input in arguments.
const STDIN: &str = "-";
/// Its name in messages.
const STDIN_NAME: &str = "<stdin>";

/// Compiles the spec at a path, `-` for standard input.
pub(super) fn compile_spec(path: &Path) -> Compiled {
    let name = if is_stdin(path) { Path::new(STDIN_NAME) } else { path };
    compile(name, &Disk, today())
}

/// The specs at some paths with their fixes carried out, in memory.
pub(super) fn mend_specs(specs: &[PathBuf]) -> fix::Mended {
    fix::mend(specs, &Disk, today())
}

/// Whether a path stands for standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == OsStr::new(STDIN)
}

/// Today in UTC.
pub(super) fn today() -> Date {
    in_days(0)
}

/// The day in UTC so many days from now.
pub(super) fn in_days(days: i64) -> Date {
    let date = time::OffsetDateTime::now_utc().date().saturating_add(time::Duration::days(days));
    Date { year: u16::try_from(date.year()).unwrap_or(u16::MAX), month: date.month().into(), day: date.day() }
}

/// The file system and standard input.
struct Disk;

impl ReadText for Disk {
    fn read(&self, path: &Path) -> Result<String, String> {
        let mut bytes = Vec::new();
        let read = if path == Path::new(STDIN_NAME) {
            io::stdin().lock().read_to_end(&mut bytes)
        } else {
            fs::File::open(path).and_then(|mut file| file.read_to_end(&mut bytes))
        };
        read.map_err(|error| reason(&error))?;
        String::from_utf8(bytes)
            .map_err(|error| format!("it is not UTF-8 text (byte {})", error.utf8_error().valid_up_to()))
    }

    fn list(&self, folder: &Path) -> Result<Vec<String>, String> {
        let mut files = Vec::new();
        list_into(folder, "", &mut files).map_err(|error| reason(&error))?;
        Ok(files)
    }
}

impl fix::Files for Disk {
    fn file(&self, path: &Path) -> PathBuf {
        fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
    }
}

/// Adds the files below a folder, by their paths in it. Links to folders are not followed: they could lead in
/// circles.
fn list_into(folder: &Path, prefix: &str, files: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            list_into(&entry.path(), &format!("{name}/"), files)?;
        } else if entry.path().is_file() {
            files.push(name);
        }
    }
    Ok(())
}

/// Secrets from the environment and from files.
pub(super) struct Secrets;

impl SecretSource for Secrets {
    fn get(&self, reference: &SecretRef) -> Option<Secret> {
        match reference {
            SecretRef::Env(name) => {
                use std::os::unix::ffi::OsStringExt;
                std::env::var_os(name).map(|value| Secret(value.into_vec()))
            }
            SecretRef::File(path) => {
                let mut bytes = fs::read(path).ok()?;
                if bytes.last() == Some(&b'\n') {
                    bytes.pop();
                }
                Some(Secret(bytes))
            }
        }
    }
}

/// Writes a file whole or not at all: aside first, then moved into its place.
pub(super) fn write_whole(path: &Path, bytes: &[u8], mode: u32) -> Result<(), String> {
    let failed = |error: &io::Error| format!("cannot write {}: {}", path.display(), reason(error));
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|error| failed(&error))?;
    }
    write_by_way_of(&aside(path), path, mode, |to| to.write_all(bytes)).map_err(|error| failed(&error))
}

/// Puts a new text into each file, if all of them are still as they were read. Links are followed: the path of a text
/// leads to the file itself.
pub(super) fn rewrite(texts: &BTreeMap<PathBuf, NewText>) -> Result<(), String> {
    for (path, text) in texts {
        let now = fs::read(path).map_err(|error| format!("cannot read {}: {}", text.name, reason(&error)))?;
        if now != text.old.as_bytes() {
            return Err(format!(
                "{} changed while it was being mended: nothing was written; run again",
                text.name
            ));
        }
    }
    let mut written: Vec<&str> = Vec::new();
    for (path, text) in texts {
        if let Err(error) = replace_by_way_of(&aside(path), path, text.new.as_bytes()) {
            let done = if written.is_empty() {
                "nothing was written".to_owned()
            } else {
                format!("{} was written before", written.join(", "))
            };
            return Err(format!("cannot write {}: {}; {done}", text.name, reason(&error)));
        }
        written.push(&text.name);
    }
    Ok(())
}

/// Refuses to write over a file unless it holds these bytes, or is one of ours by this test.
pub(super) fn refuse_foreign(
    path: &Path,
    bytes: &[u8],
    is_ours: impl Fn(&[u8]) -> bool,
) -> Result<(), String> {
    match fs::read(path) {
        Ok(old) if old == bytes || is_ours(&old) => Ok(()),
        Ok(_) => Err(format!(
            "{} exists already and is not of our making: it is left alone; name another place",
            path.display()
        )),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(format!("cannot read {}: {}", path.display(), reason(&error))),
    }
}

/// A name beside the file that no other run uses.
fn aside(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or(OsStr::new("out")));
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}
