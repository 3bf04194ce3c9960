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
    if addresses.iter().any(|address| !is_usable(address, bounds.optional_prefix)) {
        return Err(Reason::UnusableAddress);
    }
    Ok(Reading::plain(Value::Addresses(addresses)))
}

/// Whether a server could listen there on some machine: a name or address without blanks. A `*` for all IPv4
/// addresses needs nothing of the server, as the C library knows it; `::*` and `-ADDRESS` do.
fn is_usable(address: &[u8], optional_prefix: bool) -> bool {
    let host = if optional_prefix { address.strip_prefix(b"-").unwrap_or(address) } else { address };
    let special = host == b"::*" || host.starts_with(b"-");
    !host.is_empty() && !host.iter().any(|&b| is_space(b)) && (optional_prefix || !special)
}

/// The addresses that a server printed.
pub(super) fn split_printed(printed: &[u8]) -> Vec<Vec<u8>> {
    let addresses = printed.split(|byte| *byte == b' ').filter(|address| !address.is_empty());
    addresses.map(<[u8]>::to_vec).collect()
}
