//! Secrets, for the one case in which rendered files hold them.

use std::fmt;

use crate::spec::SecretRef;

use super::artifact::{SecretPlace, SecretSlot};
use super::error::Problem;

/// The value of a secret. `Debug` does not show it, and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// Knows the values behind references. It is asked only when the output is to hold secrets.
pub trait SecretSource: Sync {
    /// The secret, or none where there is no such variable or file.
    fn get(&self, reference: &SecretRef) -> Option<Secret>;
}

/// The secrets of one run: none at all, or those of a source.
#[derive(Clone, Copy)]
pub(super) struct Vault<'a>(pub(super) Option<&'a dyn SecretSource>);

impl Vault<'_> {
    /// Whether the output is to hold secrets.
    pub(super) fn is_open(self) -> bool {
        self.0.is_some()
    }

    /// The secret for a place, where the output is to hold secrets, and the note that it belongs there.
    pub(super) fn fill(
        self,
        reference: &SecretRef,
        place: SecretPlace,
    ) -> Result<(Option<Secret>, SecretSlot), Problem> {
        let slot = |filled| SecretSlot { secret: reference.clone(), place: place.clone(), filled };
        match self.0 {
            None => Ok((None, slot(false))),
            // An empty password is none: it would leave a server open to everybody.
            Some(source) => match source.get(reference).filter(|secret| !secret.0.is_empty()) {
                // The line end of Windows would become a part of the secret that nobody types.
                Some(secret) if secret.0.ends_with(b"\r") => {
                    Err(Problem::CarriageReturn { secret: reference.clone() })
                }
                Some(secret) => Ok((Some(secret), slot(true))),
                None => Err(Problem::MissingSecret { secret: reference.clone(), place }),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Says(&'static str);

    impl SecretSource for Says {
        fn get(&self, _: &SecretRef) -> Option<Secret> {
            Some(Secret(self.0.as_bytes().to_vec()))
        }
    }

    #[test]
    fn an_empty_secret_is_none_and_one_of_windows_is_refused() {
        let fill = |source: &Says| {
            let reference = SecretRef::Env("P".to_owned());
            Vault(Some(source)).fill(&reference, SecretPlace::Directive("requirepass".to_owned()))
        };
        assert!(matches!(fill(&Says("")), Err(Problem::MissingSecret { .. })));
        assert!(matches!(fill(&Says("x\r")), Err(Problem::CarriageReturn { .. })));
        assert!(matches!(fill(&Says("x")), Ok((Some(_), SecretSlot { filled: true, .. }))));
    }
}
