//! What to do about a node that could not be observed.

use crate::live::{LoginSource, PasswordSource, Route, Trouble};
use crate::spec::SecretRef;

/// What to do, in one sentence.
pub(super) fn advice(trouble: &Trouble, route: &Route) -> String {
    let fixed = match trouble {
        Trouble::NeedsLogin | Trouble::WrongLogin(_) | Trouble::Forbidden(_) => {
            return login(trouble, route.login.as_ref());
        }
        Trouble::NoConnection(_) | Trouble::Lost(_) => {
            "is it running, and its port open from here? `--via` leads through a tunnel"
        }
        Trouble::NoAnswer => {
            "it hangs, runs one long command, or the network drops what it says; `--timeout` waits longer"
        }
        Trouble::Tls(words) if words.contains("--") => {
            "without these, the files that the spec names are used, where this machine has them"
        }
        Trouble::Tls(_) => {
            "does it speak TLS on this port? `--cacert`, `--cert` and `--key` name our side's files"
        }
        Trouble::Occupied(_) => "ask again when it is done",
        Trouble::TurnedAway(words) if words.starts_with("DENIED") => {
            "in protected mode it takes connections from its own machine only: ask from there, or through a tunnel"
        }
        Trouble::TurnedAway(_) => "all its `maxclients` connections are taken: free some",
        Trouble::Unsupported(_) => "ask it by hand; docs/drift.md says what cannot be seen",
        Trouble::Stranger(_) => "does this address lead to the server that the spec means?",
    };
    fixed.to_owned()
}

/// As whom it was asked, and where the password was from.
fn login(trouble: &Trouble, login: Option<&LoginSource>) -> String {
    let Some(LoginSource { user, password }) = login else {
        return "the spec knows no login for it".to_owned();
    };
    let user = match user {
        Some(user) => format!("user `{user}`"),
        None => "the default user".to_owned(),
    };
    if matches!(trouble, Trouble::Forbidden(_)) {
        return format!("{user} lacks the right to ask: docs/drift.md lists what it needs");
    }
    match password {
        PasswordSource::Given => format!(
            "tried {user} with the password in REDISCLI_AUTH; without that variable, the logins of the spec are tried"
        ),
        PasswordSource::Spec(reference) => {
            format!(
                "tried {user} with the password in {}, as the spec says; is it rolled out there?",
                place(reference)
            )
        }
        PasswordSource::Missing(SecretRef::Env(name)) => {
            format!(
                "the spec has the password of {user} in the variable {name}, which is not set here, or empty"
            )
        }
        PasswordSource::Missing(SecretRef::File(path)) => {
            format!("the spec has the password of {user} in {path}, which cannot be read here, or is empty")
        }
        PasswordSource::Nowhere => {
            format!(
                "the spec has no password for {user}: declare an `observer`, or say `--user NAME`, one of its users"
            )
        }
    }
}

fn place(reference: &SecretRef) -> String {
    match reference {
        SecretRef::Env(name) => format!("the variable {name}"),
        SecretRef::File(path) => path.clone(),
    }
}
