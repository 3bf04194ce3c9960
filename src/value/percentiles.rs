//! `latency-tracking-info-percentiles`: numbers from 0 to 100, printed with six digits at most.

use std::fmt;

use super::case::{Case, Reading};
use super::float::{Syntax, string2d};
use super::reason::Reason;
use super::resplit::arguments;
use super::value::Value;

/// A percentile, as exact as servers print it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percentile {
    /// Millionths, 0 to 100,000,000.
    millionths: u32,
    /// `-0` keeps its sign.
    negative: bool,
}

impl Percentile {
    /// A number rounded as `%f` rounds it; none outside of 0 to 100.
    fn new(number: f64) -> Option<Percentile> {
        if !(0.0..=100.0).contains(&number) {
            return None;
        }
        let digits: String = format!("{:.6}", number.abs()).chars().filter(char::is_ascii_digit).collect();
        Some(Percentile { millionths: digits.parse().ok()?, negative: number.is_sign_negative() })
    }
}

impl fmt::Display for Percentile {
    /// As `CONFIG GET` prints it: without trailing zeros.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.negative { "-" } else { "" };
        let (whole, part) = (self.millionths / 1_000_000, self.millionths % 1_000_000);
        let digits = format!("{sign}{whole}.{part:06}");
        f.write_str(digits.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// A list of percentiles; a single empty argument is the empty list.
pub(super) fn read_percentiles(case: Case<'_>, args: &[&[u8]]) -> Result<Reading, Reason> {
    let mut args = arguments(case.server, args);
    if matches!(args.as_slice(), [one] if one.is_empty()) {
        args.clear();
    }
    // Valkey 9 reads numbers without the C library.
    let syntax = if case.server.is_valkey_from(9, 0) { Syntax::Decimal } else { Syntax::C };
    let percentiles: Result<Vec<Percentile>, Reason> = args
        .iter()
        .map(|arg| {
            let number = string2d(arg, syntax).ok_or(Reason::BadPercentile)?;
            Percentile::new(number).ok_or(Reason::PercentileOutOfRange)
        })
        .collect();
    Ok(Reading::plain(Value::Percentiles(percentiles?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_as_the_servers_print() {
        for (number, text) in [
            (50.0, "50"),
            (99.9, "99.9"),
            (100.0, "100"),
            (0.0, "0"),
            (-0.0, "-0"),
            (99.999_999_9, "100"),
            (0.000_001, "0.000001"),
        ] {
            assert_eq!(Percentile::new(number).map(|p| p.to_string()).as_deref(), Some(text));
        }
        assert_eq!(Percentile::new(100.000_1), None);
        assert_eq!(Percentile::new(-0.1), None);
    }
}
