//! Servers of one deployment and one version differ in few settings: what is worked out for one of them serves all.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::catalog::{Engine, Version};
use crate::live::Identity;
use crate::model::Deployment;
use crate::text::acl::Sensitive;

use super::settings::Wanted;

/// All that was worked out in a run.
#[derive(Default)]
pub(super) struct Alike<'m>(Mutex<BTreeMap<Kind<'m>, Arc<Common<'m>>>>);

/// Deployment, engine and version.
type Kind<'m> = (&'m str, Engine, Version);

/// What servers have in common; each part is made when it is first asked for.
#[derive(Default)]
pub(super) struct Common<'m> {
    wanted: OnceLock<Vec<Wanted<'m>>>,
    /// `ACL LIST` of one that has exactly the users that all should have.
    pub(super) users: OnceLock<Sensitive<Vec<Vec<u8>>>>,
}

impl<'m> Alike<'m> {
    /// What a server has in common with others of its deployment, going by who it says that it is.
    pub(super) fn to(&self, deployment: &'m Deployment, identity: &Identity) -> Arc<Common<'m>> {
        let kind = (deployment.name.value.as_str(), identity.engine, identity.version);
        // The map is whole whoever panicked.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(kind).or_default())
    }
}

impl<'m> Common<'m> {
    /// [`Wanted::shared`], made once.
    pub(super) fn wanted(&self, deployment: &'m Deployment, version: Version) -> &[Wanted<'m>] {
        self.wanted.get_or_init(|| Wanted::shared(deployment, version))
    }
}
