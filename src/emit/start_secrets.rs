//! The secrets that rendered files leave out, as start.sh asks for them and puts them in.

use std::fmt::Write as _;

use crate::spec::SecretRef;

use super::artifact::{SecretPlace, SecretSlot};
use super::bootstrap::word;
use super::data::record;
use super::error::Problem;
use super::server_conf::Rewrite;

record! {
    /// The secrets that rendered files leave out, as parts of `start.sh`; each text is whole lines, or empty.
    #[derive(Default)]
    pub(super) struct StartSecrets {
        /// Whether there is any.
        any: bool,
        /// Whether there is one that an environment variable, or a line of the file of secrets, holds.
        from_environment: bool,
        /// Whether there is one that a file of its own holds.
        from_file: bool,
        /// Takes secrets out of the environment.
        taken: String,
        /// The arms of the `case` over the secrets.
        sources: String,
        /// A call for each secret of a configuration file.
        lines: String,
        /// The arms of the `case` over the users.
        passwords: String,
    }
}

impl StartSecrets {
    /// The parts for the places that are to be filled on the host.
    pub(super) fn new(slots: &[SecretSlot], rewrite: Rewrite) -> Result<Self, Problem> {
        let mut numbered: Vec<&SecretRef> = Vec::new();
        let mut users: Vec<(&str, Vec<usize>)> = Vec::new();
        let mut parts = StartSecrets::default();
        for slot in slots.iter().filter(|slot| !slot.filled) {
            let number = number(&mut numbered, &slot.secret);
            match &slot.place {
                SecretPlace::User(name) => match users.iter_mut().find(|(user, _)| user == name) {
                    Some((_, numbers)) => numbers.push(number),
                    None => users.push((name, vec![number])),
                },
                place => {
                    let (form, words) = (form(place, rewrite), word(&place.to_string())?);
                    // Writing to a String cannot fail, here and below.
                    let _ = writeln!(parts.lines, "    line {form} {words} {number}");
                }
            }
        }
        for (name, numbers) in users {
            let calls: Vec<String> = numbers.iter().map(|number| format!("hashed {number}")).collect();
            let _ = writeln!(parts.passwords, "        {}) {} ;;", word(name)?, calls.join("; "));
        }
        parts.take(&numbered)?;
        Ok(parts)
    }

    /// Adds where each secret comes from.
    fn take(&mut self, numbered: &[&SecretRef]) -> Result<(), Problem> {
        let (mut taken, mut ours, mut variables) = (String::new(), String::new(), String::new());
        for (at, secret) in numbered.iter().enumerate() {
            let number = at + 1;
            self.any = true;
            match secret {
                SecretRef::Env(name) => {
                    self.from_environment = true;
                    let _ = writeln!(taken, "cachewright_secret_{number}=${{{name}-}}");
                    let _ = write!(ours, " cachewright_secret_{number}");
                    let _ = write!(variables, " {name}");
                    let _ = writeln!(
                        self.sources,
                        "        {number}) from_environment {name} \"$cachewright_secret_{number}\" ;;"
                    );
                }
                SecretRef::File(path) => {
                    self.from_file = true;
                    let _ = writeln!(self.sources, "        {number}) from_file {} ;;", word(path)?);
                }
            }
        }
        if !variables.is_empty() {
            // A variable that came with the environment stays exported when it is set: those of our names go first.
            self.taken = format!("unset -v{ours}\n{taken}unset -v{variables}\n");
        }
        Ok(())
    }
}

/// The number of a secret, counted from 1.
fn number<'s>(numbered: &mut Vec<&'s SecretRef>, secret: &'s SecretRef) -> usize {
    let at = numbered.iter().position(|known| *known == secret).unwrap_or_else(|| {
        numbered.push(secret);
        numbered.len() - 1
    });
    at + 1
}

/// In which form the server will write a secret again, which decides what it may hold.
fn form(place: &SecretPlace, rewrite: Rewrite) -> &'static str {
    match (place, rewrite) {
        (SecretPlace::Sentinel(_), _) => "bare",
        (SecretPlace::Directive(name), Rewrite::BareRequirepass) if name == "requirepass" => "bare",
        (_, Rewrite::Unescaped) => "unescaped",
        (_, Rewrite::Faithful | Rewrite::BareRequirepass) => "quoted",
    }
}
