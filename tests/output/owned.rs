//! What is ours and what is not.

use std::os::unix::fs::{MetadataExt, PermissionsExt};

use crate::{Place, WORK, deployment, spec};

const CONF: &str = "s/a-6379/redis.conf";

#[test]
fn what_is_unchanged_is_not_written_again() {
    let place = Place::new();
    let one = place.spec("one.toml", &spec(2, 10));
    place.rendered(&one);
    let stamp = |path: &str| {
        let metadata = std::fs::metadata(place.out().join(path)).unwrap();
        (metadata.ino(), metadata.mtime_nsec(), metadata.mtime())
    };
    let paths = [CONF, "manifest.json"];
    let before = paths.map(stamp);
    let run = place.rendered(&one);
    assert_eq!(paths.map(stamp), before);
    assert!(run.err.starts_with("0 files written to ") && run.err.contains("unchanged"), "{}", run.err);
    // A change of one node leaves the other alone.
    let node = format!("{}[redis.s.nodes.a-6380.config]\nhz = 20\n", spec(2, 10));
    place.rendered(&place.spec("two.toml", &node));
    assert_eq!(stamp(CONF), before[0]);
    assert_ne!(stamp("manifest.json"), before[1]);
}

#[test]
fn what_is_rendered_no_more_goes_with_its_folders() {
    let place = Place::new();
    place.rendered(&place.spec("one.toml", &spec(3, 10)));
    assert!(place.out().join("s/a-6381/redis.conf").exists());
    let two = place.spec("two.toml", &deployment("other", 1, 10));
    let run = place.rendered(&two);
    assert!(run.err.contains("removed"), "{}", run.err);
    assert_eq!(place.tree(), place.clean(&two));
    assert!(!place.out().join("s").exists());
}

#[test]
fn the_files_of_another_spec_are_not_rendered_over() {
    let place = Place::new();
    place.rendered(&place.spec("one.toml", &spec(2, 10)));
    let before = place.tree();
    let other = place.spec("two.toml", &spec(1, 20).replace("name = \"t\"", "name = \"u\""));
    for run in [place.render(&other), place.check(&other)] {
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{run:?}");
        for word in ["manifest.json", "`t`", "`u`", "another folder", "`\"spec\": \"u\"`"] {
            assert!(run.err.contains(word), "no {word}: {}", run.err);
        }
    }
    assert_eq!(place.tree(), before);
    // What the message says about renamed specs holds.
    let manifest = place.out().join("manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("\"spec\": \"t\"", "\"spec\": \"u\"")).unwrap();
    place.rendered(&other);
    assert_eq!(place.tree(), place.clean(&other));
}

#[test]
fn repairs_are_told() {
    let place = Place::new();
    let one = place.spec("one.toml", &spec(2, 10));
    place.rendered(&one);
    let conf = place.out().join(CONF);
    std::fs::set_permissions(&conf, std::fs::Permissions::from_mode(0o600)).unwrap();
    let run = place.rendered(&one);
    assert!(run.err.contains("the mode of 1 file set right") && !run.err.contains("by hand"), "{}", run.err);
    std::fs::write(&conf, "hz 99\n").unwrap();
    let run = place.rendered(&one);
    let told =
        format!("warning: 1 file had been changed by hand and holds what the spec says again: {CONF}\n");
    assert!(run.err.starts_with(&told) && run.err.contains("\n1 file written to "), "{}", run.err);
    // What only the spec changed is no change by hand.
    let run = place.rendered(&place.spec("one.toml", &spec(2, 20)));
    assert!(!run.err.contains("by hand"), "{}", run.err);
    let many = place.spec("one.toml", &spec(7, 20));
    place.rendered(&many);
    for port in 6379..6386 {
        std::fs::write(place.out().join(format!("s/a-{port}/redis.conf")), "hz 9\n").unwrap();
    }
    let run = place.rendered(&many);
    assert!(run.err.contains("7 files had been") && run.err.contains(" and 2 more\n"), "{}", run.err);
}

#[test]
fn foreign_files_are_left_alone() {
    let place = Place::new();
    let one = place.spec("one.toml", &spec(2, 10));
    std::fs::create_dir_all(place.out().join("s/a-6380")).unwrap();
    let foreign = ["README.md", "s/notes.txt", "s/a-6380/redis.conf.bak"];
    for path in foreign {
        std::fs::write(place.out().join(path), "mine\n").unwrap();
    }
    place.rendered(&one);
    place.rendered(&place.spec("two.toml", &deployment("other", 1, 10)));
    for path in foreign {
        assert_eq!(std::fs::read(place.out().join(path)).unwrap(), b"mine\n", "{path}");
    }
    assert!(!place.out().join(CONF).exists());
}

#[test]
fn a_foreign_file_in_the_way_is_not_replaced() {
    let place = Place::new();
    let one = place.spec("one.toml", &spec(2, 10));
    std::fs::create_dir_all(place.out().join("s/a-6379")).unwrap();
    std::fs::write(place.out().join(CONF), "mine\n").unwrap();
    let before = place.tree();
    let run = place.render(&one);
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains(CONF) && run.err.contains("in the way"), "{}", run.err);
    assert_eq!(place.tree(), before);
    // The very file that we would write is welcome, whoever put it there.
    std::fs::write(place.out().join(CONF), &place.clean(&one)[CONF].1).unwrap();
    place.rendered(&one);
    assert_eq!(place.tree(), place.clean(&one));
}

#[test]
fn what_was_changed_by_hand_is_ours_as_long_as_it_is_rendered() {
    let place = Place::new();
    let one = place.spec("one.toml", &spec(2, 10));
    place.rendered(&one);
    std::fs::write(place.out().join(CONF), "port 1\n").unwrap();
    place.rendered(&one);
    assert_eq!(place.tree(), place.clean(&one));
    // Rendered no more, it is theirs.
    std::fs::write(place.out().join(CONF), "port 1\n").unwrap();
    let two = place.spec("two.toml", &deployment("other", 1, 10));
    let run = place.rendered(&two);
    assert!(run.err.contains("warning: ") && run.err.contains(CONF), "{}", run.err);
    assert_eq!(std::fs::read(place.out().join(CONF)).unwrap(), b"port 1\n");
    assert!(!place.out().join("s/a-6380").exists());
    let again = place.rendered(&two);
    assert!(!again.err.contains("warning: "), "said once: {}", again.err);
}

#[test]
fn modes_are_set_right_without_writing() {
    let place = Place::new();
    let one = place.spec("one.toml", &spec(2, 10));
    place.rendered(&one);
    let path = place.out().join(CONF);
    let before = std::fs::metadata(&path).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o777)).unwrap();
    place.rendered(&one);
    let after = std::fs::metadata(&path).unwrap();
    assert_eq!(after.mode(), before.mode());
    assert_eq!((after.ino(), after.mtime_nsec()), (before.ino(), before.mtime_nsec()));
}

#[test]
fn a_missing_file_and_a_missing_manifest_come_back() {
    let place = Place::new();
    let one = place.spec("one.toml", &spec(2, 10));
    place.rendered(&one);
    std::fs::remove_file(place.out().join(CONF)).unwrap();
    place.rendered(&one);
    std::fs::remove_file(place.out().join("manifest.json")).unwrap();
    place.rendered(&one);
    assert_eq!(place.tree(), place.clean(&one));
}

#[test]
fn nothing_of_the_work_stays_behind() {
    let place = Place::new();
    let one = place.spec("one.toml", &spec(2, 10));
    // What a killed run of long ago may have left.
    let work = place.out().join(WORK);
    std::fs::create_dir_all(work.join("staged/s/a-1")).unwrap();
    std::fs::write(work.join("staged/s/a-1/redis.conf"), "port 1\n").unwrap();
    std::fs::write(work.join("pending-0.new"), "{").unwrap();
    place.rendered(&one);
    assert_eq!(place.tree(), place.clean(&one));
    assert!(!work.exists());
}

#[test]
fn secrets_are_written_for_nobody_else() {
    let place = Place::new();
    let text =
        spec(1, 10).replace("config = {", "config = { requirepass = { env = \"CW_OUTPUT_PASSWORD\" },");
    let one = place.spec("one.toml", &text);
    place.rendered(&one);
    let mode = || std::fs::metadata(place.out().join("s/a/redis.conf")).unwrap().mode() & 0o777;
    assert_eq!(mode(), 0o640);
    let mut command = crate::program();
    command.arg("render").arg(&one).arg("-o").arg(place.out()).arg("--with-secrets");
    let run = crate::finish(command.env("CW_OUTPUT_PASSWORD", "hunter2"));
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(mode(), 0o600);
}

/// A file of ours that becomes a folder, and the reverse: what an earlier run wrote is in nobody's way.
#[test]
fn a_path_may_change_its_kind() {
    let place = Place::new();
    std::fs::create_dir(place.path("templates")).unwrap();
    std::fs::write(place.path("templates/x.j2"), "{{ node.name }}\n").unwrap();
    let with = |name: &str, path: &str| place.spec(name, &crate::with_artifact(path));
    let (flat, deep) = (with("flat.toml", "x"), with("deep.toml", "x/y"));
    for (from, to) in [(&flat, &deep), (&deep, &flat)] {
        let _ = std::fs::remove_dir_all(place.out());
        place.rendered(from);
        let before = place.tree();
        let check = place.check(to);
        assert_eq!(check.code, Some(1), "{check:?}");
        assert_eq!(place.tree(), before);
        let run = place.rendered(to);
        assert!(!run.err.contains("warning"), "{}", run.err);
        assert_eq!(place.tree(), place.clean(to));
        // Somebody's own, or changed by somebody, stays.
        std::fs::remove_dir_all(place.out()).unwrap();
        place.rendered(from);
        let theirs = if *from == flat { "s/a-6379/x" } else { "s/a-6379/x/theirs" };
        std::fs::write(place.out().join(theirs), "mine\n").unwrap();
        let before = place.tree();
        let run = place.render(to);
        assert_eq!(run.code, Some(2), "{run:?}");
        assert!(run.err.contains("belongs\nmove it away"), "{}", run.err);
        assert_eq!(place.tree(), before);
        assert_eq!(place.check(to).code, Some(2));
    }
}
