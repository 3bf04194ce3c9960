//! Hosts: the ones that have an address, in the order of their names.

use crate::diag::{Code, Finding, Findings};
use crate::model::topology::Host;
use crate::source::At;
use crate::spec::Spec;

/// The hosts that have an address; one that cannot be an address is reported.
pub(super) fn hosts(spec: &Spec, findings: &mut Findings) -> Vec<Host> {
    let mut hosts = Vec::new();
    for (name, host) in spec.hosts.iter() {
        let Some(address) = &host.address else { continue };
        if let Some(why) = no_address(address) {
            let title = format!("`{}` is no address", address.value.escape_debug());
            findings.push(Finding::new(Code::InvalidField, address.span, title).help(why));
        }
        hosts.push(Host { name: name.clone(), address: address.clone(), spec: host.value.clone() });
    }
    hosts
}

/// Why no server could listen on it and nobody reach it: neither an IP address nor a host name (RFC 1123,
/// and `_`, which resolvers let pass).
fn no_address(address: &At<String>) -> Option<&'static str> {
    let text = address.value.as_str();
    if text.parse::<std::net::IpAddr>().is_ok() {
        return None;
    }
    if let Some((host, port)) = text.rsplit_once(':')
        && !host.contains(':')
        && port.bytes().all(|b| b.is_ascii_digit())
    {
        return Some("write the address alone; ports stand in deployments");
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let labels: Vec<&str> = text.strip_suffix('.').unwrap_or(text).split('.').collect();
    let numeric = labels.last().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    if text.len() <= 253 && !numeric && labels.iter().all(|part| label(part)) {
        return None;
    }
    Some("write an IP address such as 10.0.1.11, or a host name")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    #[test]
    fn addresses_and_names_are_told_from_the_rest() {
        let verdict = |text: &str| no_address(&At::new(text.to_owned(), Span::default())).is_none();
        for good in
            ["10.0.0.1", "::1", "fd00::11", "cache-a1.internal", "localhost", "a_b.c.", "1password.example"]
        {
            assert!(verdict(good), "{good}");
        }
        for bad in ["10.0.0.6:6379", "10.0.0.999", "1.2.3", "a b", "-a", "a..b", "http://a", "a/b", "x:1"] {
            assert!(!verdict(bad), "{bad}");
        }
    }
}
