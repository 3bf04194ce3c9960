//! Reading specs and secrets, and writing results: whole or not at all.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::emit::{Secret, SecretSource};
use crate::pipeline::{Compiled, compile};
use crate::spec::{Date, ReadText, SecretRef};
pub(super) use crate::tree::reason;
use crate::tree::write_by_way_of;

/// The name of standard input in arguments.
const STDIN: &str = "-";
/// Its name in messages.
const STDIN_NAME: &str = "<stdin>";

/// Compiles the spec at a path, `-` for standard input.
pub(super) fn compile_spec(path: &Path) -> Compiled {
    let name = if path.as_os_str() == OsStr::new(STDIN) { Path::new(STDIN_NAME) } else { path };
    compile(name, &Disk, today())
}

/// Today in UTC.
fn today() -> Date {
    let date = time::OffsetDateTime::now_utc().date();
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
    write_by_way_of(&aside(path), path, bytes, mode).map_err(|error| failed(&error))
}

/// A name beside the file that no other run uses.
fn aside(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or(OsStr::new("out")));
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}
