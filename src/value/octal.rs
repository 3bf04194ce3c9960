//! Octal numbers: permissions of the Unix socket.

use crate::catalog::Numeric;

use super::case::{Case, Reading};
use super::cnum::strtoll;
use super::reason::{Otherwise, Reason};
use super::value::Value;

/// A directive whose value is an octal number.
pub(super) fn read_octal(case: Case<'_>, numeric: Numeric, args: &[&[u8]]) -> Result<Reading, Reason> {
    if !case.server.is_six() {
        let number = strtoll(case.one(args)?, 8);
        if number.overflow || !number.rest.is_empty() {
            return Err(Reason::NotAnOctal);
        }
        return bounded(numeric, number.value, (!number.digits).then_some(Otherwise::EmptyIsZero));
    }
    // Redis 6 ignores what follows the digits and keeps the low 32 bits of the number.
    let [arg] = args else { return case.unmatched_arity("one octal number", args) };
    let number = strtoll(arg, 8);
    if number.overflow {
        return Err(out_of_range(numeric));
    }
    let garbage = !number.rest.is_empty() || i64::from(number.as_unsigned()) != number.value;
    let empty = arg.is_empty().then_some(Otherwise::EmptyIsZero);
    bounded(numeric, i64::from(number.as_unsigned()), empty.or(garbage.then_some(Otherwise::GarbageRead)))
}

/// The number within its bounds.
fn bounded(numeric: Numeric, number: i64, otherwise: Option<Otherwise>) -> Result<Reading, Reason> {
    match u32::try_from(number) {
        Ok(bits) if numeric.min <= i128::from(bits) && i128::from(bits) <= numeric.max => {
            Ok(Reading::noted(Value::Octal(bits), otherwise))
        }
        _ => Err(out_of_range(numeric)),
    }
}

/// The bounds, as a reason.
fn out_of_range(numeric: Numeric) -> Reason {
    Reason::OutOfRange { min: numeric.min, max: numeric.max, octal: true }
}
