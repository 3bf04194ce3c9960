//! The folders of a host that a unit leaves open to its server, and how systemd is to prepare them.

use std::collections::BTreeSet;

use crate::text::Unrepresentable;
use crate::text::systemd::write_path_list;

use super::data::record;

record! {
    /// What a unit says of folders, each value as it stands behind the `=`.
    pub(super) struct Folders {
        /// The data folder, where systemd makes it (`StateDirectory=`).
        state: Option<String>,
        /// Folders for sockets and the like below /run (`RuntimeDirectory=`).
        runtime: Option<String>,
        /// All others that it writes to; whoever sets up the host makes them (`ReadWritePaths=`).
        writable: Option<String>,
        /// `ProtectHome=`.
        protect_home: &'static str,
        /// `PrivateTmp=`.
        private_tmp: &'static str,
    }
}

impl Folders {
    /// For a server with this data folder, if it has one, that writes to `written` and reads `read`; paths
    /// of folders, which may be relative to the data folder.
    pub(super) fn new(
        data: Option<&str>,
        written: impl IntoIterator<Item = String>,
        read: impl IntoIterator<Item = String>,
    ) -> Result<Self, Unrepresentable> {
        let data = data.map(|data| normal("/", data));
        let base = data.as_deref().unwrap_or("/");
        let written: BTreeSet<String> = written.into_iter().map(|path| normal(base, &path)).collect();
        let read: Vec<String> = read.into_iter().map(|path| normal(base, &path)).collect();
        let (mut state, mut runtime, mut writable) = (None, Vec::new(), Vec::new());
        if let Some(data) = &data {
            match below(data, "/var/lib").filter(|rest| is_plain(rest)) {
                Some(rest) => state = Some(rest.to_owned()),
                None => writable.push(data.as_str()),
            }
        }
        for folder in &written {
            if data.as_deref().is_some_and(|data| is_in(folder, data)) || is_in(folder, "/dev") {
                continue;
            }
            match below(folder, "/run").filter(|rest| is_plain(rest) && !rest.starts_with("user/")) {
                Some(rest) => runtime.push(rest),
                None => writable.push(folder.as_str()),
            }
        }
        let all = || data.iter().chain(&written);
        let at_home = |path: &String| ["/home", "/root", "/run/user"].iter().any(|home| is_in(path, home));
        let at_tmp = |path: &String| ["/tmp", "/var/tmp"].iter().any(|tmp| is_in(path, tmp));
        Ok(Folders {
            state,
            runtime: (!runtime.is_empty()).then(|| runtime.join(" ")),
            writable: if writable.is_empty() { None } else { Some(write_path_list(&writable)?) },
            protect_home: match (all().any(at_home), read.iter().any(at_home)) {
                (true, _) => "no",
                (false, true) => "read-only",
                (false, false) => "yes",
            },
            private_tmp: if all().chain(&read).any(at_tmp) { "no" } else { "yes" },
        })
    }
}

impl Folders {
    /// The data folder, where systemd makes it.
    pub(super) fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// The same with this text for the data folder, where systemd makes it.
    pub(super) fn with_state(&self, state: &str) -> Self {
        let mut folders = self.clone();
        if let Some(own) = &mut folders.state {
            state.clone_into(own);
        }
        folders
    }
}

/// The folder that a file is in.
pub(super) fn parent(file: &str) -> String {
    match file.rsplit_once('/') {
        Some(("", _)) => "/".to_owned(),
        Some((folder, _)) => folder.to_owned(),
        None => ".".to_owned(),
    }
}

/// An absolute path without what makes no difference. /var/run is a link to /run wherever systemd runs.
pub(super) fn normal(base: &str, path: &str) -> String {
    if is_normal(path) {
        return path.to_owned();
    }
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("{base}/{path}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    if parts.starts_with(&["var", "run"]) {
        parts.remove(0);
    }
    format!("/{}", parts.join("/"))
}

/// Whether nothing of an absolute path could be said shorter, as far as that shows at a glance: no part is empty or
/// begins with a dot, and it is not below /var/run.
fn is_normal(path: &str) -> bool {
    let mut before = b'/';
    let parts = path.bytes().skip(1).all(|byte| {
        let begins = std::mem::replace(&mut before, byte) == b'/';
        !(begins && matches!(byte, b'/' | b'.'))
    });
    path.starts_with('/') && before != b'/' && parts && !path.starts_with("/var/run")
}

/// What is left of a path strictly below a folder.
fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    path.strip_prefix(folder)?.strip_prefix('/').filter(|rest| !rest.is_empty())
}

fn is_in(path: &str, folder: &str) -> bool {
    path == folder || below(path, folder).is_some()
}

/// Whether a path can stand in a list of relative paths, in which `:` has a meaning.
fn is_plain(path: &str) -> bool {
    path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.+@/".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(data: &str, written: &[&str], read: &[&str]) -> Folders {
        let list = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>();
        Folders::new(Some(data), list(written), list(read)).unwrap()
    }

    #[test]
    fn systemd_makes_what_is_its_to_make() {
        let one = folders(
            "/var/lib/redis/a",
            &["/var/lib/redis/a/x", "/var/run/redis", "/run/b", "/var/log/redis", "/dev", "sub", "../b"],
            &[],
        );
        assert_eq!(one.state.as_deref(), Some("redis/a"));
        assert_eq!(one.runtime.as_deref(), Some("b redis"));
        assert_eq!(one.writable.as_deref(), Some("/var/lib/redis/b /var/log/redis"));
        assert_eq!((one.protect_home, one.private_tmp), ("yes", "yes"));
    }

    #[test]
    fn what_systemd_could_not_name_is_only_left_open() {
        assert_eq!(folders("/var/lib", &[], &[]).writable.as_deref(), Some("/var/lib"));
        assert_eq!(folders("/var/lib/a:b", &[], &[]).writable.as_deref(), Some("/var/lib/a:b"));
        assert_eq!(
            folders("/var/lib/a b", &["/run"], &[]).writable.as_deref(),
            Some("\"/var/lib/a b\" /run")
        );
        assert!(Folders::new(Some("/srv/\"a\""), [], []).is_err());
    }

    #[test]
    fn nothing_that_is_needed_is_hidden() {
        let one = folders("/home/me/data", &[], &[]);
        assert_eq!((one.protect_home, one.private_tmp), ("no", "yes"));
        let one = folders("/srv/a", &["/tmp"], &["/root/tls"]);
        assert_eq!((one.protect_home, one.private_tmp), ("read-only", "no"));
    }

    #[test]
    fn what_is_normal_stays() {
        for path in ["/a", "/a/b.c", "/a..b/c", "/var/lib/redis/7000"] {
            assert!(is_normal(path), "{path}");
        }
        let others = [
            ("/", "/"),
            ("a", "/base/a"),
            ("/a/", "/a"),
            ("//a", "/a"),
            ("/a/./b", "/a/b"),
            ("/a/../b", "/b"),
        ];
        for (path, short) in
            others.into_iter().chain([("/var/run/a", "/run/a"), ("/var/runner", "/var/runner")])
        {
            assert!(!is_normal(path), "{path}");
            assert_eq!(normal("/base", path), short);
        }
    }

    #[test]
    fn parents() {
        assert_eq!(["/a/b", "/a", "a"].map(parent), ["/a", "/", "."]);
    }
}
