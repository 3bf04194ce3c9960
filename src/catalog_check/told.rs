//! What the words of a refusal tell: `numericBoundaryCheck` and the enum setters of config.c, the same since 6.0.

/// The bounds in `argument must be between 1 and 500 inclusive`, in the base that the server writes them in.
pub(super) fn bounds(words: &str, base: u32) -> Option<(i128, i128)> {
    let (_, rest) = words.split_once("argument must be between ")?;
    let (min, rest) = rest.split_once(" and ")?;
    let (max, _) = rest.split_once(" inclusive")?;
    Some((i128::from_str_radix(min, base).ok()?, i128::from_str_radix(max, base).ok()?))
}

/// The number in `percentage argument must be less or equal to 100`.
pub(super) fn max_percent(words: &str) -> Option<i128> {
    let (_, number) = words.split_once("percentage argument must be less or equal to ")?;
    number.trim().parse().ok()
}

/// The words in `argument(s) must be one of the following: no, yes`, in the server's order.
pub(super) fn words(message: &str) -> Option<Vec<&str>> {
    let (_, list) = message.split_once("must be one of the following: ")?;
    Some(list.trim().split(", ").collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_tell_bounds_and_words() {
        let refusal = "CONFIG SET failed (possibly related to argument 'hz') - argument must be between -5 and 500 inclusive";
        assert_eq!(bounds(refusal, 10), Some((-5, 500)));
        assert_eq!(bounds("argument must be between 0 and 1411 inclusive", 8), Some((0, 0o1411)));
        assert_eq!(bounds("argument couldn't be parsed into an integer", 10), None);
        assert_eq!(max_percent("percentage argument must be less or equal to 100"), Some(100));
        assert_eq!(words("argument(s) must be one of the following: no, yes"), Some(vec!["no", "yes"]));
        assert_eq!(words("Invalid argument"), None);
    }
}
