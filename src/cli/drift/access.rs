//! How servers are reached: what the arguments, the environment and files say.

use std::path::{Path, PathBuf};

use super::super::args::AccessArgs;
use super::super::files::{Secrets, reason};
use super::via;
use crate::live::{Access, GivenLogin, Patience, TlsSettings};
use crate::model::Model;
use crate::text::acl::Sensitive;

/// The variable with the password, as redis-cli reads it.
const PASSWORD: &str = "REDISCLI_AUTH";

/// How to reach the servers of a model.
pub(super) fn access(args: &AccessArgs, model: &Model) -> Result<Access<'static>, String> {
    use std::os::unix::ffi::OsStringExt;
    // An empty variable is none, as for redis-cli's users who unset it so.
    let password = std::env::var_os(PASSWORD).filter(|value| !value.is_empty());
    let password = password.map(|value| Sensitive(value.into_vec()));
    let login =
        (args.user.is_some() || password.is_some()).then(|| GivenLogin { user: args.user.clone(), password });
    Ok(Access {
        login,
        tls: tls(args)?,
        via: via::addresses(&args.via, model)?,
        without_napi_ids: args.without_napi_ids,
        secrets: &Secrets,
        read: &|path: &Path| std::fs::read(path).ok(),
        patience: Patience { connect: args.connect_timeout, answer: args.timeout, retries: args.retries },
        at_once: args.parallel.into(),
    })
}

/// What was given for TLS.
fn tls(args: &AccessArgs) -> Result<TlsSettings, String> {
    let read = |path: &Option<PathBuf>| match path {
        None => Ok(None),
        Some(path) => match std::fs::read(path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) => Err(format!("cannot read {}: {}", path.display(), reason(&error))),
        },
    };
    Ok(TlsSettings {
        authorities: read(&args.cacert)?,
        certificate: read(&args.cert)?,
        key: read(&args.key)?,
        name: args.sni.clone(),
        insecure: args.insecure,
    })
}
