//! Decimal integers: `string2ll` within bounds (config.c, numericConfigSet).

use crate::catalog::{Numeric, Unit};

use super::case::{Case, Reading};
use super::cnum::string2ll;
use super::memory::in_range;
use super::reason::{IntegerFault, Otherwise, Reason};
use super::units::{parse_duration, parse_size};
use super::value::Value;

/// A directive whose value is an integer.
pub(super) fn read_integer(case: Case<'_>, numeric: Numeric, arg: &[u8]) -> Result<Reading, Reason> {
    let number = string2ll(arg).ok_or_else(|| Reason::NotAnInteger(fault(numeric.unit, arg)))?;
    // A field without a sign whose highest value is that of 64 bits takes negative numbers for huge ones.
    if number < 0 && numeric.min == 0 && numeric.max == i128::from(u64::MAX) {
        return Ok(Reading::noted(Value::Integer(number.into()), Some(Otherwise::Unsigned)));
    }
    in_range(i128::from(number), numeric)?;
    clamped(case, number)
}

/// The number that takes effect: some servers accept more than they can do.
fn clamped(case: Case<'_>, number: i64) -> Result<Reading, Reason> {
    let number = i128::from(number);
    let Some((min, max)) = case.facts.clamp else {
        // Before 6.2.2, serverCron divides by `hz` and by `1000/hz` (server.c; seen on 6.0.16 and 6.0.20).
        let crashes = case.directive.name == "hz" && !(1..=1000).contains(&number);
        return if crashes {
            Err(Reason::CrashesTheServer)
        } else {
            Ok(Reading::plain(Value::Integer(number)))
        };
    };
    let effective = number.clamp(min, max);
    let otherwise = (effective != number).then_some(Otherwise::Clamped { min, max });
    Ok(Reading::noted(Value::Integer(effective), otherwise))
}

/// Why a text is not an integer, for people.
fn fault(unit: Unit, arg: &[u8]) -> IntegerFault {
    let Ok(text) = std::str::from_utf8(arg) else { return IntegerFault::Other };
    let digits = text.trim_start_matches(['-', '+']);
    if digits.is_empty() || !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return IntegerFault::Other;
    }
    if let Some(means) = in_unit(unit, text) {
        return IntegerFault::Unit { means };
    }
    if let Some((whole, part)) = digits.split_once('.') {
        let fraction = [whole, part].iter().all(|p| p.bytes().all(|b| b.is_ascii_digit()));
        return if fraction { IntegerFault::Fraction } else { IntegerFault::Other };
    }
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        IntegerFault::Other
    } else if text.starts_with('+') {
        IntegerFault::PlusSign
    } else if digits.starts_with('0') {
        IntegerFault::LeadingZero
    } else {
        IntegerFault::TooLong
    }
}

/// The number of the directive's unit that a duration or size with a unit means.
pub fn in_unit(unit: Unit, text: &str) -> Option<i128> {
    if text.ends_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let micros_each = match unit {
        Unit::Microseconds => 1,
        Unit::Milliseconds => 1_000,
        Unit::Seconds => 1_000_000,
        Unit::Minutes => 60_000_000,
        Unit::Kilobytes | Unit::Megabytes => {
            let each = if unit == Unit::Kilobytes { 1 << 10 } else { 1 << 20 };
            let bytes = parse_size(text).ok()?;
            return bytes.is_multiple_of(each).then_some(i128::from(bytes / each));
        }
        Unit::Bytes | Unit::None | Unit::Count | Unit::Entries => {
            return parse_size(text).ok().map(i128::from);
        }
        _ => return None,
    };
    let micros = i128::try_from(parse_duration(text).ok()?.as_micros()).ok()?;
    (micros % micros_each == 0).then_some(micros / micros_each)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_told_in_the_unit_of_the_directive() {
        assert_eq!(fault(Unit::Milliseconds, b"5s"), IntegerFault::Unit { means: 5000 });
        assert_eq!(fault(Unit::Seconds, b"1h"), IntegerFault::Unit { means: 3600 });
        assert_eq!(in_unit(Unit::Megabytes, "1gb"), Some(1024));
        assert_eq!(in_unit(Unit::Megabytes, "1kb"), None);
        assert_eq!(fault(Unit::Seconds, b"500ms"), IntegerFault::Other);
        assert_eq!(fault(Unit::Seconds, b"5.0"), IntegerFault::Fraction);
        assert_eq!(fault(Unit::Seconds, b"007"), IntegerFault::LeadingZero);
        assert_eq!(fault(Unit::Seconds, b"+5"), IntegerFault::PlusSign);
        assert_eq!(fault(Unit::Seconds, b"99999999999999999999"), IntegerFault::TooLong);
        assert_eq!(fault(Unit::Seconds, b"five"), IntegerFault::Other);
        assert_eq!(fault(Unit::Seconds, b" 5"), IntegerFault::Other);
    }
}
