//! bootstrap.sh: brings empty servers into the declared topology.

use crate::catalog::Engine;
use crate::model::{Deployment, Topology};
use crate::text::Unrepresentable;
use crate::text::shell::quote;

use super::artifact::{Install, SCRIPT};
use super::error::Problem;
use super::run::{Place, Run};
use super::{cluster_script, replicas_script};

/// Adds the script of a deployment whose nodes belong together.
pub(super) fn emit(run: &mut Run<'_>, deployment: &Deployment) {
    let place = Place { folder: &deployment.name, node: None, file: "bootstrap.sh" };
    let text = match &deployment.topology {
        Topology::Standalone => return,
        Topology::Cluster { shards } => cluster_script::script(run, deployment, shards),
        Topology::Replicated { primary } | Topology::Sentinel { primary, .. } => {
            if deployment.nodes.len() < 2 {
                return;
            }
            replicas_script::script(run, deployment, *primary)
        }
    };
    match text {
        Ok(text) => run.add(place, Install::Replace, SCRIPT, text.into_bytes(), Vec::new()),
        Err(problem) => run.fail(place, problem),
    }
}

/// The client program of an engine.
pub(super) const fn client(engine: Engine) -> &'static str {
    match engine {
        Engine::Valkey => "valkey-cli",
        Engine::Redis | Engine::Memcached => "redis-cli",
    }
}

/// Whether clients find nothing but TLS.
pub(super) fn tls_only(deployment: &Deployment) -> bool {
    deployment.tls.is_some_and(|tls| !tls.plain_too)
}

/// One arm of a script's `case` over its nodes: variables and their values, quoted for sh.
pub(super) fn arm(number: usize, variables: &[(&str, &str)]) -> Result<String, Problem> {
    let mut text = format!("        {number})");
    for (name, value) in variables {
        text.push(' ');
        text.push_str(name);
        text.push('=');
        text.push_str(&word(value)?);
    }
    text.push_str(" ;;\n");
    Ok(text)
}

/// A word of sh as the value of a variable: in quotes unless it begins with a digit, for shellcheck takes
/// `deployment=jobs` for a forgotten `$( )`.
pub(super) fn word(value: &str) -> Result<String, Problem> {
    let unwritable = |cause: Unrepresentable| Problem::unrepresentable(value, cause);
    let word = quote(value).map_err(unwritable)?;
    let done = word.starts_with('\'') || word.starts_with(|c: char| c.is_ascii_digit());
    Ok(if done { word.into_owned() } else { format!("'{word}'") })
}
