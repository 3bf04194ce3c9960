//! The files of a spec, rendered without secrets and put on this machine.

use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use cachewright::emit::{Artifact, EmitOptions, emit};

use crate::texts::{Texts, findings};

/// The files of a spec.
#[track_caller]
pub(crate) fn render(spec: &str) -> Vec<Artifact> {
    let path = Path::new("test.toml");
    let compiled = Texts::default().with(path, spec.to_owned()).compile(path);
    let model = compiled.checked().unwrap_or_else(|| panic!("{}", findings(&compiled)));
    emit(&model, &EmitOptions::default()).unwrap()
}

/// Writes a file with its mode, whole.
pub(crate) fn write(path: &Path, bytes: &[u8], mode: u32) {
    use std::io::Write as _;

    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let aside = path.with_extension("new");
    let _ = std::fs::remove_file(&aside);
    let mut file = std::fs::File::options().create_new(true).write(true).mode(0o600).open(&aside).unwrap();
    file.write_all(bytes).unwrap();
    file.set_permissions(std::fs::Permissions::from_mode(mode)).unwrap();
    drop(file);
    std::fs::rename(aside, path).unwrap();
}
