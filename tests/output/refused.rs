//! What cannot be written to, and what must not.

use std::ffi::OsStr;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Place, Run, WORK, finish, program, spec, tree};

const CONF: &str = "s/a-6379/redis.conf";
/// A user without rights, `nobody` on most systems.
const NOBODY: u32 = 65534;

#[track_caller]
fn refused(run: &Run, words: &[&str]) {
    assert_eq!(run.code, Some(2), "{run:?}");
    for word in words {
        assert!(run.err.contains(word), "no {word}: {}", run.err);
    }
    assert!(!run.err.contains("os error") && run.err.starts_with("error: "), "{}", run.err);
}

#[test]
fn links_do_not_lead_out() {
    let place = Place::new();
    let one = place.spec("one.toml", &spec(2, 10));
    let elsewhere = place.path("elsewhere");
    for (link, target) in [
        ("s", "elsewhere"),
        ("s/a-6379", "elsewhere"),
        (CONF, "elsewhere/file"),
        (WORK, "elsewhere"),
        ("manifest.json", "elsewhere/file"),
    ] {
        std::fs::create_dir_all(place.out().join(link).parent().unwrap()).unwrap();
        std::fs::create_dir_all(&elsewhere).unwrap();
        std::fs::write(elsewhere.join("file"), "mine\n").unwrap();
        symlink(place.path(target), place.out().join(link)).unwrap();
        refused(&place.render(&one), &[link, "symbolic link"]);
        assert_eq!(tree(&elsewhere).len(), 1, "{link}");
        assert_eq!(std::fs::read(elsewhere.join("file")).unwrap(), b"mine\n");
        std::fs::remove_dir_all(place.out()).unwrap();
        std::fs::remove_dir_all(&elsewhere).unwrap();
    }
}

#[test]
fn a_link_to_the_output_folder_is_the_users_choice() {
    let place = Place::new();
    let one = place.spec("one.toml", &spec(2, 10));
    std::fs::create_dir(place.path("real")).unwrap();
    symlink(place.path("real"), place.out()).unwrap();
    place.rendered(&one);
    assert_eq!(tree(&place.path("real")), place.clean(&one));
    // One that leads nowhere is none.
    std::fs::remove_dir_all(place.path("real")).unwrap();
    refused(&place.render(&one), &["symbolic link"]);
}

#[test]
fn removing_does_not_follow_links() {
    let place = Place::new();
    let one = place.spec("one.toml", &spec(2, 10));
    place.rendered(&one);
    // The files of before, behind a link.
    std::fs::rename(place.out().join("s"), place.path("kept")).unwrap();
    symlink(place.path("kept"), place.out().join("s")).unwrap();
    let kept = tree(&place.path("kept"));
    let run = place.rendered(&place.spec("two.toml", &crate::deployment("other", 1, 10)));
    assert!(run.err.contains("warning: "), "{}", run.err);
    assert_eq!(tree(&place.path("kept")), kept);
}

#[test]
fn a_manifest_cannot_name_files_outside() {
    let place = Place::new();
    let one = place.spec("one.toml", &spec(2, 10));
    place.rendered(&one);
    let victim = place.spec("victim", "");
    let sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    for path in ["../victim", "s/../../victim", victim.to_str().unwrap(), "./../victim", "", "s/"] {
        let manifest = serde_json::json!({
            "format": 1, "spec": "t",
            "files": [{ "path": path, "sha256": sha256, "mode": "0644", "install": "replace", "deployment": "s" }],
        });
        std::fs::write(place.out().join("manifest.json"), manifest.to_string()).unwrap();
        refused(&place.render(&one), &["manifest.json", "outside the folder"]);
        assert!(victim.exists());
    }
}

#[test]
fn a_damaged_manifest_is_not_guessed_at() {
    let place = Place::new();
    let one = place.spec("one.toml", &spec(2, 10));
    place.rendered(&one);
    let path = place.out().join("manifest.json");
    let whole = std::fs::read_to_string(&path).unwrap();
    for damaged in
        ["", "{}", "[]", "\u{0}", &whole[..whole.len() / 2], &whole.replace("\"format\": 1", "\"format\": 2")]
    {
        std::fs::write(&path, damaged).unwrap();
        let before = place.tree();
        refused(&place.render(&one), &["manifest.json", "version control"]);
        refused(&place.check(&one), &["manifest.json"]);
        assert_eq!(place.tree(), before);
    }
    std::fs::write(&path, whole).unwrap();
    place.rendered(&one);
}

#[test]
fn things_that_are_no_folder_or_no_file() {
    let place = Place::new();
    let one = place.spec("one.toml", &spec(2, 10));
    let file = place.spec("file", "mine\n");
    refused(&finish(program().arg("render").arg(&one).arg("-o").arg(&file)), &["file", "no folder"]);
    refused(&finish(program().arg("render").arg(&one).arg("-o").arg(file.join("below"))), &["below"]);
    // A file where a folder belongs.
    std::fs::create_dir(place.out()).unwrap();
    std::fs::write(place.out().join("s"), "mine\n").unwrap();
    refused(&place.render(&one), &["out/s is a file, where a folder belongs"]);
    std::fs::remove_file(place.out().join("s")).unwrap();
    // A folder where a file belongs, and a pipe, which nobody will ever write to.
    std::fs::create_dir_all(place.out().join(CONF)).unwrap();
    refused(&place.render(&one), &[CONF, "is a folder, where a file belongs"]);
    std::fs::remove_dir(place.out().join(CONF)).unwrap();
    assert!(Command::new("mkfifo").arg(place.out().join(CONF)).status().unwrap().success());
    refused(&place.render(&one), &[CONF, "is a pipe, where a file belongs"]);
    std::fs::remove_file(place.out().join(CONF)).unwrap();
    place.rendered(&one);
    assert_eq!(place.tree(), place.clean(&one));
}

/// The program, run by somebody whom permissions stop.
fn without_rights(place: &Place) -> Command {
    let is_root = std::fs::metadata(place.folder.path()).unwrap().uid() == 0;
    if !is_root {
        return program();
    }
    let copy = place.path("cachewright");
    if !copy.exists() {
        std::fs::copy(env!("CARGO_BIN_EXE_cachewright"), &copy).unwrap();
        std::fs::set_permissions(place.folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut command = Command::new(copy);
    command.uid(NOBODY).gid(NOBODY);
    command
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_folder_that_cannot_be_written_stays_as_it_is() {
    let place = Place::new();
    let one = place.spec("one.toml", &spec(2, 10));
    let two = place.spec("two.toml", &spec(2, 20));
    place.rendered(&one);
    let before = place.tree();
    let render = || finish(without_rights(&place).arg("render").arg(&two).arg("-o").arg(place.out()));
    set_mode(&place.out(), 0o555);
    refused(&render(), &["cannot write", "Permission denied"]);
    assert_eq!(place.tree(), before);
    // Only a folder below: what could be moved elsewhere is not moved either.
    set_mode(&place.out(), 0o777);
    set_mode(&place.out().join("s/a-6380"), 0o555);
    set_mode(&place.out().join("s/a-6379"), 0o777);
    for path in before.keys().filter(|path| path.ends_with("redis.conf")) {
        set_mode(&place.out().join(path), 0o644);
    }
    let before = place.tree();
    refused(&render(), &["cannot write to", "a-6380", "Permission denied"]);
    assert_eq!(place.tree(), before);
    set_mode(&place.out().join("s/a-6380"), 0o755);
    // A file that cannot even be read.
    set_mode(&place.out().join(CONF), 0o600);
    refused(&render(), &["cannot read", CONF, "Permission denied"]);
    // A folder that cannot be made.
    let below = place.path("closed");
    std::fs::create_dir(&below).unwrap();
    set_mode(&below, 0o555);
    let run = finish(without_rights(&place).arg("render").arg(&two).arg("-o").arg(below.join("out")));
    refused(&run, &["cannot make the folder", "Permission denied"]);
    place.rendered(&two);
    assert_eq!(place.tree(), place.clean(&two));
}

/// A small file system of its own.
struct Small {
    at: PathBuf,
}

impl Small {
    /// None where nothing may be mounted, which is said; where tests have to be complete, root has to be able.
    fn mount(at: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir(at).unwrap();
        let options = format!("size={size},mode=777");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &options, "cachewright-test"]).arg(at).output();
        match mounted {
            Ok(output) if output.status.success() => return Some(Small { at: at.to_owned() }),
            Ok(output) => eprintln!("mount: {}", String::from_utf8_lossy(&output.stderr)),
            Err(error) => eprintln!("mount: {error}"),
        }
        let is_root = std::fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0);
        assert!(
            !(is_root && std::env::var_os("REQUIRE_SERVERS").is_some()),
            "the test of a full disk has to run, and nothing can be mounted"
        );
        eprintln!("SKIPPED: the test of a full disk needs to mount a tmpfs");
        None
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").args([OsStr::new("-l"), self.at.as_os_str()]).status();
    }
}

#[test]
fn a_full_disk_leaves_everything_as_it_was() {
    let place = Place::new();
    let Some(small) = Small::mount(&place.path("small"), "256k") else { return };
    let out = small.at.join("out");
    let render = |spec: &Path| finish(program().arg("render").arg(spec).arg("-o").arg(&out));
    let one = place.spec("one.toml", &spec(4, 10));
    let fits = render(&one);
    assert_eq!(fits.code, Some(0), "{fits:?}");
    let before = tree(&out);
    let large = place.spec("large.toml", &spec(1000, 20));
    let full = render(&large);
    refused(&full, &["No space left on device", "out/s/"]);
    assert_eq!(tree(&out), before);
    // Nothing of the attempt takes space: what fits still fits.
    let two = place.spec("two.toml", &spec(4, 20));
    assert_eq!(render(&two).code, Some(0));
    assert_eq!(tree(&out), place.clean(&two));
    // From nothing, nothing is left.
    std::fs::remove_dir_all(&out).unwrap();
    refused(&render(&large), &["No space left on device"]);
    assert!(!out.exists());
}

#[test]
fn a_file_system_that_cannot_be_written() {
    let place = Place::new();
    let Some(small) = Small::mount(&place.path("small"), "1m") else { return };
    let out = small.at.join("out");
    let one = place.spec("one.toml", &spec(4, 10));
    assert_eq!(finish(program().arg("render").arg(&one).arg("-o").arg(&out)).code, Some(0));
    let read_only = Command::new("mount").args(["-o", "remount,ro"]).arg(&small.at).status().unwrap();
    assert!(read_only.success());
    let before = tree(&out);
    let two = place.spec("two.toml", &spec(4, 20));
    let run = finish(program().arg("render").arg(&two).arg("-o").arg(&out));
    refused(&run, &["cannot write", "Read-only file system"]);
    assert_eq!(tree(&out), before);
    // Comparing needs no right to write.
    let check =
        |spec: &Path| finish(program().args(["render", "--check"]).arg(spec).arg("-o").arg(&out)).code;
    assert_eq!((check(&one), check(&two)), (Some(0), Some(1)));
}

#[test]
fn one_writer_at_a_time() {
    let place = Place::new();
    let one = place.spec("one.toml", &spec(2, 10));
    place.rendered(&one);
    let before = place.tree();
    std::fs::create_dir(place.out().join(WORK)).unwrap();
    let lock = std::fs::File::create(place.out().join(WORK).join("lock")).unwrap();
    lock.lock().unwrap();
    let two = place.spec("two.toml", &spec(2, 20));
    refused(&place.render(&two), &["another cachewright is writing", "lock"]);
    // Whoever only looks need not wait.
    assert_eq!(place.check(&one).code, Some(0));
    drop(lock);
    std::fs::remove_dir_all(place.out().join(WORK)).unwrap();
    assert_eq!(place.tree(), before);
    place.rendered(&two);
}

/// Someone who prepares a checkout can put a link under every name that a run uses for itself.
#[test]
fn links_in_the_work_folder_lead_nowhere() {
    for name in ["lock", "staged", ".gitignore", "pending-0.new", "pending-1.new", "pending-0.json"] {
        let place = Place::new();
        let one = place.spec("one.toml", &spec(2, 10));
        let precious = place.spec("precious", "mine\n");
        let work = place.out().join(WORK);
        for (target, content) in [(precious.clone(), Some("mine\n")), (place.path("made"), None)] {
            std::fs::create_dir_all(&work).unwrap();
            symlink(&target, work.join(name)).unwrap();
            let run = place.render(&one);
            if matches!(name, "lock" | "pending-0.json") {
                refused(&run, &[name, "is a symbolic link, where a file belongs"]);
            } else {
                assert_eq!(run.code, Some(0), "{name}: {run:?}");
                assert_eq!(place.tree(), place.clean(&one), "{name}");
            }
            assert_eq!(std::fs::read_to_string(&target).ok().as_deref(), content, "{name}");
            std::fs::remove_dir_all(place.out()).unwrap();
        }
    }
}

#[test]
fn a_pipe_for_a_lock_is_not_waited_for() {
    let place = Place::new();
    let one = place.spec("one.toml", &spec(2, 10));
    std::fs::create_dir_all(place.out().join(WORK)).unwrap();
    let lock = place.out().join(WORK).join("lock");
    assert!(Command::new("mkfifo").arg(&lock).status().unwrap().success());
    refused(&place.render(&one), &["lock", "is a pipe, where a file belongs"]);
}

#[test]
fn what_a_killed_run_had_not_finished_saying_is_cleared() {
    let place = Place::new();
    let one = place.spec("one.toml", &spec(2, 10));
    std::fs::create_dir_all(place.out().join(WORK)).unwrap();
    for number in [0, 3] {
        std::fs::write(place.out().join(WORK).join(format!("pending-{number}.new")), "{").unwrap();
    }
    place.rendered(&one);
    assert_eq!(place.tree(), place.clean(&one));
}
