//! `docs/picture/check.svg` is what the program prints in a terminal: `UPDATE_DOCS=1 cargo test --test picture`
//! draws it anew.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

#[test]
fn the_picture_is_what_the_program_prints() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/picture");
    let output = Command::new(env!("CARGO_BIN_EXE_cachewright"))
        .args(["--color", "always", "check", "shop.toml"])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "the spec of the picture has errors");
    let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    let screen = format!("\u{1b}[1m$ cachewright check shop.toml\u{1b}[0m\n{printed}");
    let drawn = anstyle_svg::Term::new().render_svg(&screen);

    let path = folder.join("check.svg");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &drawn).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == drawn, "docs/picture/check.svg is old: draw it anew with UPDATE_DOCS=1");
}
