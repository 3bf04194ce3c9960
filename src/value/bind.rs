//! `bind` and `rdma-bind`: addresses to listen on.

use super::case::{Case, Reading};
use super::cnum::{is_space, until_nul};
use super::reason::Reason;
use super::resplit::arguments;
use super::value::Value;

/// The bounds of a list of addresses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Fewest arguments in a file; 1 where the reader compares name and number.
    pub(super) min: u8,
    /// Most addresses.
    pub(super) max: u8,
    /// `-ADDRESS` (may be missing) and `::*` are understood.
    pub(super) optional_prefix: bool,
}

/// A list of addresses; a single empty argument is the empty list where that is allowed.
pub(super) fn read_addresses(case: Case<'_>, bounds: Bounds, args: &[&[u8]]) -> Result<Reading, Reason> {
    if args.len() < usize::from(bounds.min) {
        return case.unmatched_arity("one address or more", args);
    }
    let mut addresses = arguments(case.server, args);
    if addresses.len() > usize::from(bounds.max) {
        return Err(Reason::TooManyAddresses { max: bounds.max.into() });
    }
    if bounds.min == 0 && matches!(addresses.as_slice(), [one] if one.is_empty()) {
        addresses.clear();
    }
    for address in &mut addresses {
        address.truncate(until_nul(address).len());
    }
    for address in &addresses {
        if !bounds.optional_prefix && is_new(address) {
            return Err(Reason::NewAddress(address.clone()));
        }
        if !is_usable(address) {
            return Err(Reason::UnusableAddress);
        }
    }
    Ok(Reading::plain(Value::Addresses(addresses)))
}

/// Whether a server could listen there on some machine: a name or address without blanks. A `*` for all IPv4
/// addresses needs nothing of the server, as the C library knows it.
fn is_usable(address: &[u8]) -> bool {
    let host = address.strip_prefix(b"-").unwrap_or(address);
    !host.is_empty() && !host.iter().any(|&b| is_space(b))
}

/// Whether it takes a server that understands more than names and addresses.
fn is_new(address: &[u8]) -> bool {
    address == b"::*" || address.starts_with(b"-")
}

/// The addresses that a server printed.
pub(super) fn split_printed(printed: &[u8]) -> Vec<Vec<u8>> {
    let addresses = printed.split(|byte| *byte == b' ').filter(|address| !address.is_empty());
    addresses.map(<[u8]>::to_vec).collect()
}
