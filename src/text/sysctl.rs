//! Lines of sysctl.d files (sysctl.d(5)), as systemd-sysctl and sysctl read them.

use super::{Format, Unrepresentable};

/// A line `NAME = value`, without a line break.
///
/// # Errors
/// A name that is no path of a kernel setting, or a value that is empty, does not stay on its line, or ends in
/// blanks.
pub fn write_setting(name: &str, value: &str) -> Result<String, Unrepresentable> {
    let refuse = |what, reason| Unrepresentable::new(Format::Sysctl, what, reason);
    // A `-` in front would mean that a failure is no failure, and `*` several settings.
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:".contains(&byte);
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || !name.bytes().all(fits) {
        return Err(refuse("a name", "holds more than letters, digits and `_-./:`"));
    }
    if name.split(['.', '/']).any(str::is_empty) {
        return Err(refuse("a name", "has an empty part"));
    }
    if value.trim() != value || value.is_empty() {
        return Err(refuse("a value", "is empty, or begins or ends with a blank"));
    }
    if let Some(at) = value.find(|c: char| c.is_control() && c != '\t') {
        return Err(refuse("a value", "holds a line break or another control character").at(at));
    }
    Ok(format!("{name} = {value}"))
}

/// The name with dots between its parts: `net/core/somaxconn` is `net.core.somaxconn`, as the first separator
/// decides what the others mean.
pub fn dotted(name: &str) -> String {
    let slashed = name.find(['.', '/']).is_some_and(|at| name[at..].starts_with('/'));
    let swap = |c| match c {
        '/' => '.',
        '.' => '/',
        other => other,
    };
    if slashed { name.chars().map(swap).collect() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        assert_eq!(write_setting("vm.swappiness", "1").unwrap(), "vm.swappiness = 1");
        assert_eq!(write_setting("net.ipv4.tcp_rmem", "1\t2 3").unwrap(), "net.ipv4.tcp_rmem = 1\t2 3");
        for (name, value) in [
            ("-vm.x", "1"),
            ("vm.*", "1"),
            ("vm x", "1"),
            ("", "1"),
            ("vm..x", "1"),
            ("vm.x", ""),
            ("vm.x", " 1"),
            ("vm.x", "1\nvm.y = 2"),
        ] {
            assert!(write_setting(name, value).is_err(), "{name:?} {value:?}");
        }
    }

    #[test]
    fn one_name_for_one_setting() {
        assert_eq!(dotted("net/core/somaxconn"), "net.core.somaxconn");
        assert_eq!(dotted("net/ipv4/conf/eth0.1/forwarding"), "net.ipv4.conf.eth0/1.forwarding");
        assert_eq!(dotted("net.ipv4.conf.eth0/1.forwarding"), "net.ipv4.conf.eth0/1.forwarding");
        assert_eq!(dotted("vm"), "vm");
    }
}
