//! Words of POSIX sh.

use std::borrow::Cow;

use super::{Format, Unrepresentable};

/// One word as it stands in a script: bare where that is safe everywhere in a command, in single
/// quotes otherwise. The empty word is `''`.
///
/// # Errors
/// A NUL byte, which no variable, argument or file name can hold.
pub fn quote(word: &str) -> Result<Cow<'_, str>, Unrepresentable> {
    if let Some(nul) = word.find('\0') {
        return Err(Unrepresentable::new(Format::Shell, "a word", "holds a NUL byte").at(nul));
    }
    if !word.is_empty() && word.bytes().all(is_bare) {
        return Ok(Cow::Borrowed(word));
    }
    Ok(Cow::Owned(format!("'{}'", word.replace('\'', r"'\''"))))
}

/// Whether a byte means itself in any place. `=` is left out (it makes an assignment of the first
/// word), and so is `~` (home folders).
fn is_bare(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-./:,@%+".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quoting() {
        assert_eq!(quote("/usr/bin/redis-cli").unwrap(), "/usr/bin/redis-cli");
        assert_eq!(quote("").unwrap(), "''");
        assert_eq!(quote("it's $HOME").unwrap(), r"'it'\''s $HOME'");
        assert_eq!(quote("a\nb").unwrap(), "'a\nb'");
        assert_eq!(quote("A=1").unwrap(), "'A=1'");
        assert_eq!(quote("a\0").unwrap_err().at, Some(1));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn sh_reads_it_back(word in "[ -~\n\tä]{0,12}") {
            let script = format!("printf %s {}", quote(&word).unwrap());
            let output = std::process::Command::new("sh").arg("-c").arg(script).output().unwrap();
            prop_assert_eq!(output.stdout, word.as_bytes());
        }
    }
}
