//! The lines of sentinel.conf that begin with `sentinel`.
//!
//! Sentinel writes them again without quotes, at its first start already, so none may need them.

use crate::model::WatchSetting;
use crate::spec::SecretRef;
use crate::text::sentinel::survives_rewrite;

use super::artifact::{SecretPlace, SecretSlot};
use super::block::{push_comment, push_line};
use super::error::Problem;
use super::secret::Vault;

/// Lines as they were added, and the secrets that belong in them.
#[derive(Debug, Default)]
pub(super) struct SentinelLines {
    /// The lines, each with its line break.
    pub(super) text: String,
    /// The secrets, in the order of their lines.
    pub(super) secrets: Vec<SecretSlot>,
}

impl SentinelLines {
    /// Adds the lines of a setting, with the watched name behind the option where it is one deployment's.
    pub(super) fn setting(
        &mut self,
        vault: Vault<'_>,
        setting: &WatchSetting,
        name: Option<&str>,
    ) -> Result<(), Problem> {
        let start: Vec<&str> = std::iter::once(setting.name.value.as_str()).chain(name).collect();
        if let Some(secret) = &setting.secret {
            return self.secret(vault, &start, &secret.value);
        }
        for args in &setting.lines {
            let words: Vec<&str> = start.iter().copied().chain(args.iter().map(String::as_str)).collect();
            self.words(&words)?;
        }
        Ok(())
    }

    /// Adds one line.
    pub(super) fn words(&mut self, words: &[&str]) -> Result<(), Problem> {
        let args: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        let option = words.first().copied().unwrap_or_default();
        self.line(&args, &format!("sentinel {option}"), None)
    }

    /// Adds the line of a secret, or a comment where it is put in at start.
    pub(super) fn secret(
        &mut self,
        vault: Vault<'_>,
        start: &[&str],
        reference: &SecretRef,
    ) -> Result<(), Problem> {
        let place = SecretPlace::Sentinel(start.join(" "));
        let what = place.to_string();
        let (secret, slot) = vault.fill(reference, place)?;
        self.secrets.push(slot);
        let Some(secret) = secret else {
            push_comment(&mut self.text, &format!("{what}: secret {reference}, left out"));
            return Ok(());
        };
        let mut args: Vec<Vec<u8>> = start.iter().map(|word| word.as_bytes().to_vec()).collect();
        args.push(secret.0);
        self.line(&args, &what, Some(reference))
    }

    fn line(&mut self, args: &[Vec<u8>], what: &str, secret: Option<&SecretRef>) -> Result<(), Problem> {
        for arg in args {
            survives_rewrite(arg).map_err(|cause| unwritable(what, secret, cause))?;
        }
        push_line(&mut self.text, "sentinel", args).map_err(|cause| unwritable(what, secret, cause))
    }
}

fn unwritable(what: &str, secret: Option<&SecretRef>, cause: crate::text::Unrepresentable) -> Problem {
    Problem::Unrepresentable { what: what.to_owned(), secret: secret.cloned(), cause }
}
