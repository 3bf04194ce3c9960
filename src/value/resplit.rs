//! A directive with many arguments takes them in one as well: config.c since 7.0.1 splits a single
//! argument again, by the rules of a line (`save "900 1"`).

use crate::text::conf::split_args;

use super::case::Server;
use super::cnum::until_nul;

/// The arguments of a directive with many, as its own reader sees them. An argument with unbalanced
/// quotes leaves none: the servers do not notice the failure.
pub(super) fn arguments(server: Server, args: &[&[u8]]) -> Vec<Vec<u8>> {
    match args {
        [arg] if server.resplits() && !arg.is_empty() => split(arg).unwrap_or_default(),
        _ => args.iter().map(|arg| arg.to_vec()).collect(),
    }
}

/// Splits a text as the servers split a line; none where quotes are unbalanced.
pub(super) fn split(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let args = split_args(until_nul(text), 0).ok()?;
    Some(args.into_iter().map(|arg| arg.value).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Option<Vec<String>> {
        split(text.as_bytes()).map(|w| w.iter().map(|w| String::from_utf8_lossy(w).into_owned()).collect())
    }

    #[test]
    fn a_text_is_split_as_a_line() {
        assert_eq!(words("900  1\t300 10 "), Some(vec!["900".into(), "1".into(), "300".into(), "10".into()]));
        assert_eq!(words(r#""a b" 'c d' e"f""#), Some(vec!["a b".into(), "c d".into(), "ef".into()]));
        assert_eq!(words(r#""\x41\n\q""#), Some(vec!["A\nq".into()]));
        assert_eq!(words(" "), Some(vec![]));
        assert_eq!(words("''"), Some(vec![String::new()]));
        for broken in [r#""a"#, "'a", r#""a"b"#, "'a'b"] {
            assert_eq!(words(broken), None, "{broken}");
        }
    }
}
