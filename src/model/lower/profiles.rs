//! Profiles, typed once for all deployments of one target that take them.

use super::config::{Level, Subject, Typed, lay_over};
use crate::catalog::Target;
use crate::diag::Findings;
use crate::spec::Config;

/// What became of profiles, for each list of them and each target.
#[derive(Debug, Default)]
pub(super) struct TypedProfiles<'a> {
    // Few: a list of profiles and a version are shared by many deployments, or it is a small spec.
    known: Vec<Known<'a>>,
}

#[derive(Debug)]
struct Known<'a> {
    profiles: Vec<&'a Config>,
    target: Target,
    typed: Typed,
}

impl<'a> TypedProfiles<'a> {
    /// Lays profiles over each other. What was said of some is said of every deployment that takes them, so
    /// only those that nothing is to be said of are kept.
    pub(super) fn profiles(
        &mut self,
        profiles: &[&'a Config],
        subject: Subject<'_>,
        findings: &mut Findings,
    ) -> Typed {
        let same = |known: &&Known<'_>| {
            let mut pairs = known.profiles.iter().zip(profiles);
            known.target == *subject.target
                && known.profiles.len() == profiles.len()
                && pairs.all(|(one, other)| std::ptr::eq(*one, *other))
        };
        if let Some(known) = self.known.iter().find(same) {
            return known.typed.clone();
        }
        let mut typed = Typed::default();
        let mut said = Findings::default();
        for profile in profiles {
            lay_over(&mut typed, None, Level::Profile, profile, subject, &mut said);
        }
        if said.is_empty() {
            let (profiles, target) = (profiles.to_vec(), *subject.target);
            self.known.push(Known { profiles, target, typed: typed.clone() });
        }
        findings.append(said);
        typed
    }
}

#[cfg(test)]
mod tests {
    use crate::explain::compile_example;
    use crate::model::Setting;

    /// Deployments that take one profile share its settings only where they are the same.
    #[test]
    fn what_is_shared_is_the_same() {
        let deployment = |name: &str, port: u16, version: &str, more: &str| {
            format!(
                "[redis.{name}]\nversion = \"{version}\"\ntopology = \"standalone\"\nhosts = [\"a\"]\n\
                 port = {port}\nprofiles = [\"p\"]\n{more}"
            )
        };
        let spec = format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"10.0.0.1\" }}\n\
             [profiles.p.config]\nhz = 20\ntimeout = 30\n{}{}{}{}",
            deployment("a", 1, "7.2", ""),
            deployment("b", 2, "7.2", "config.hz = 50\n"),
            deployment("c", 3, "7.2", ""),
            deployment("d", 4, "7.0", "")
        );
        let model = compile_example(&spec, &[]).model.unwrap();
        let setting = |at: usize, name: &str| -> &Setting { model.deployments[at].shared.get(name).unwrap() };
        let shared =
            |one: usize, other: usize, name: &str| std::ptr::eq(setting(one, name), setting(other, name));
        assert!(shared(0, 1, "timeout") && shared(0, 2, "timeout") && shared(0, 2, "hz"));
        assert!(!shared(0, 3, "timeout"), "another version types for itself");
        assert_ne!(setting(0, "hz").value, setting(1, "hz").value);
        assert_eq!(setting(1, "hz").overrode, [setting(0, "hz").origin]);
    }
}
