//! Octal numbers: permissions of the Unix socket.

use crate::catalog::Numeric;

use super::case::{Case, Reading};
use super::cnum::strtoll;
use super::reason::{Otherwise, Reason};
use super::value::Value;

/// The highest permissions.
const ALL_PERMISSIONS: u32 = 0o777;

/// A directive whose value is an octal number.
pub(super) fn read_octal(numeric: Numeric, arg: &[u8]) -> Result<Reading, Reason> {
    let number = strtoll(arg, 8);
    if number.overflow || !number.rest.is_empty() {
        return Err(Reason::NotAnOctal);
    }
    match u32::try_from(number.value) {
        Ok(bits) if numeric.min <= i128::from(bits) && i128::from(bits) <= numeric.max => {
            Ok(Reading::noted(Value::Octal(bits), (!number.digits).then_some(Otherwise::EmptyIsZero)))
        }
        _ => Err(Reason::OutOfRange { min: numeric.min, max: numeric.max, octal: true }),
    }
}

/// `unixsocketperm` of Redis 6: what follows the digits is ignored, and the low 32 bits are kept.
pub(super) fn read_unchecked_octal(case: Case<'_>, args: &[&[u8]]) -> Result<Reading, Reason> {
    let [arg] = args else { return case.unmatched_arity("one octal number", args) };
    let number = strtoll(arg, 8);
    let bits = number.as_unsigned();
    if number.overflow || bits > ALL_PERMISSIONS {
        return Err(Reason::OutOfRange { min: 0, max: ALL_PERMISSIONS.into(), octal: true });
    }
    let garbage = !number.rest.is_empty() || i64::from(bits) != number.value;
    let empty = arg.is_empty().then_some(Otherwise::EmptyIsZero);
    Ok(Reading::noted(Value::Octal(bits), empty.or(garbage.then_some(Otherwise::GarbageRead))))
}
