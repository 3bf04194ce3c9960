//! sentinel.conf: the line syntax of redis.conf ([`conf`](super::conf)), with one trap of its own.
//!
//! Sentinel rewrites its file at its first start and at every failover, and prints master names,
//! passwords and scripts with a plain `%s` (`rewriteConfigSentinelOption` in sentinel.c, all versions;
//! only announce-ip is quoted). A quoted value that was read well is then read differently, or refused,
//! at the next start.

use super::conf::split_args;
use super::{Format, Unrepresentable};

/// Whether an argument is still the same after it was written without quotes and read again.
///
/// # Errors
/// An argument that is empty, or that holds blanks, quotes or NUL bytes in a place where
/// `sdssplitargs` would split or alter it.
pub fn survives_rewrite(arg: &[u8]) -> Result<(), Unrepresentable> {
    let lost = |reason| Unrepresentable::new(Format::SentinelRewrite, "a value", reason);
    if arg.is_empty() {
        return Err(lost("is empty, and would vanish"));
    }
    let culprit = |test: fn(u8) -> bool| arg.iter().position(|&byte| test(byte));
    let blame = [
        (culprit(|byte| byte == 0), "holds a NUL byte"),
        (culprit(|byte| matches!(byte, b'\n' | b'\r')), "holds a line break"),
        (culprit(|byte| matches!(byte, b' ' | b'\t')), "holds a blank, which would split it"),
        (culprit(|byte| matches!(byte, b'"' | b'\'')), "holds a quote, which would be taken as quoting"),
    ];
    if let Some((Some(at), reason)) = blame.into_iter().find(|(at, _)| at.is_some()) {
        return Err(lost(reason).at(at));
    }
    // The reader has the last word: a vertical tab is a blank in front of an argument, but not inside.
    match split_args(arg, 0).as_deref() {
        Ok([only]) if only.value == arg => Ok(()),
        _ => Err(lost("begins with a blank, which would be dropped").at(0)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_words_survive() {
        for arg in [&b"mymaster"[..], b"#x", br"C:\scripts\n", b"a\x0b", b"p\xff", b"${X}"] {
            assert_eq!(survives_rewrite(arg), Ok(()), "{arg:?}");
        }
    }

    #[test]
    fn what_needs_quotes_does_not() {
        for arg in [&b""[..], b"my master", b"it's", b"a\"", b"a\nb", b"\x0ba", b"a\0", b"a\tb"] {
            assert!(survives_rewrite(arg).is_err(), "{arg:?}");
        }
        assert_eq!(survives_rewrite(b"my master").unwrap_err().at, Some(2));
    }

    proptest! {
        #[test]
        fn agrees_with_the_reader(arg in proptest::collection::vec(1u8..=255, 0..6)) {
            let mut line = b"sentinel monitor ".to_vec();
            line.extend_from_slice(&arg);
            line.extend_from_slice(b" 1");
            let same = !arg.contains(&b'\n')
                && split_args(&line, 0).is_ok_and(|args| args.len() == 4 && args[2].value == arg);
            prop_assert_eq!(survives_rewrite(&arg).is_ok(), same);
        }
    }
}
