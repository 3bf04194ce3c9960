//! The same bytes whatever the surroundings.

use std::path::Path;
use std::process::Command;

use crate::{Place, Tree, finish, program, tree};

/// A folder with the example of several layers.
fn example(place: &Place) -> std::path::PathBuf {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/shop");
    let to = place.path("shop");
    std::fs::create_dir(&to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
    to
}

/// What a command, given a spec and a folder, renders.
fn rendered(place: &Place, command: &mut Command, spec: &Path) -> Tree {
    let folder = tempfile::tempdir_in(place.folder.path()).unwrap();
    let run = finish(command.arg("render").arg(spec).arg("-o").arg(folder.path()));
    assert_eq!(run.code, Some(0), "{run:?}");
    tree(folder.path())
}

#[test]
fn from_any_folder_in_any_surroundings() {
    let place = Place::new();
    let folder = example(&place);
    let spec = folder.join("production.toml");
    let expected = rendered(&place, &mut program(), &spec);
    assert!(expected.len() > 20);
    let relative = rendered(&place, program().current_dir(&folder), Path::new("production.toml"));
    assert_eq!(relative, expected);
    let winding = rendered(&place, program().current_dir("/"), &folder.join("../shop/./production.toml"));
    assert_eq!(winding, expected);
    let strange = [
        ("LC_ALL", "tr_TR.UTF-8"),
        ("LANG", "C"),
        ("TZ", "Pacific/Kiritimati"),
        ("HOME", "/nowhere"),
        ("RUST_BACKTRACE", "1"),
        ("CLICOLOR_FORCE", "1"),
        ("COLUMNS", "20"),
        ("RAYON_NUM_THREADS", "1"),
    ];
    assert_eq!(rendered(&place, program().envs(strange), &spec), expected);
    let empty = rendered(&place, program().env_clear(), &spec);
    assert_eq!(empty, expected);
}

/// A command that runs the program with a umask.
fn with_umask(umask: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("umask {umask}; exec \"$@\""), "sh"]).arg(env!("CARGO_BIN_EXE_cachewright"));
    command
}

#[test]
fn modes_do_not_depend_on_the_umask() {
    let place = Place::new();
    let spec = example(&place).join("production.toml");
    let expected = rendered(&place, &mut program(), &spec);
    for umask in ["000", "002", "022", "027", "077"] {
        assert_eq!(rendered(&place, &mut with_umask(umask), &spec), expected, "umask {umask}");
    }
}

#[test]
fn the_processors_do_not_matter() {
    let place = Place::new();
    let spec = example(&place).join("production.toml");
    let expected = rendered(&place, &mut program(), &spec);
    let mut one = Command::new("taskset");
    one.args(["-c", "0"]).arg(env!("CARGO_BIN_EXE_cachewright"));
    if Command::new("taskset").arg("--version").output().is_err() {
        eprintln!("SKIPPED: taskset is not installed");
        return;
    }
    for _ in 0..5 {
        assert_eq!(rendered(&place, &mut program(), &spec), expected);
    }
    assert_eq!(rendered(&place, &mut one, &spec), expected);
}

#[test]
fn layers_that_do_not_overlap_can_come_in_any_order() {
    let place = Place::new();
    let folder = example(&place);
    let spec = folder.join("production.toml");
    let expected = rendered(&place, &mut program(), &spec);
    let text = std::fs::read_to_string(&spec).unwrap();
    let turned = text.replace("[\"base.toml\", \"hosts.json\"]", "[\"hosts.json\", \"base.toml\"]");
    assert_ne!(turned, text);
    std::fs::write(&spec, turned).unwrap();
    assert_eq!(rendered(&place, &mut program(), &spec), expected);
}

#[test]
fn the_order_of_tables_does_not_matter() {
    let place = Place::new();
    let head = "format = 1\nname = \"t\"\n";
    let tables = [
        "[hosts]\na = { address = \"10.0.0.1\" }\nb = { address = \"10.0.0.2\" }\n",
        "[redis.one]\nversion = \"7.2\"\ntopology = \"standalone\"\nhosts = [\"a\"]\n",
        "[valkey.two]\nversion = \"8.0\"\ntopology = \"standalone\"\nhosts = [\"a\", \"b\"]\nport = 7000\n",
        "[redis.three]\nversion = \"7.0\"\ntopology = \"replicated\"\nport = 8000\ninitial-primary = \"b\"\n\
         replicas = [\"a\"]\nreplication = { password = { env = \"P\" } }\n",
        "[memcached.four]\nversion = \"1.6\"\nhosts = [\"b\"]\n",
    ];
    let mut results = Vec::new();
    for turn in 0..tables.len() {
        let mut order = tables;
        order.rotate_left(turn);
        for order in [order, {
            order.reverse();
            order
        }] {
            let spec = place.spec("spec.toml", &format!("{head}{}", order.concat()));
            results.push(rendered(&place, &mut program(), &spec));
        }
    }
    assert!(results[0].len() > 10);
    assert!(results.iter().all(|result| *result == results[0]));
}
