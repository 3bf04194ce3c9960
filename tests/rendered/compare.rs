//! A running server against the model.

use std::collections::BTreeMap;
use std::path::Path;

use cachewright::catalog::Version;
use cachewright::model::{Deployment, Expected, Node, Row, Surroundings, effective};
use cachewright::value::Value;

use super::Passwords;
use crate::support::running::Running;
use crate::support::servers::Server;

/// What a comparison came to.
#[derive(Debug, Default)]
pub(crate) struct Compared {
    /// Rows of CONFIG GET * that were held against the model.
    pub(crate) rows: usize,
    /// Those among them that the spec sets.
    pub(crate) set: usize,
    /// What differs.
    pub(crate) wrong: Vec<String>,
}

/// The version of a server as the catalogue writes it.
pub(crate) fn version(server: &Server) -> Version {
    let number = |n: u32| u8::try_from(n).unwrap();
    let version = server.version;
    Version::new(number(version.0), number(version.1), version.2.try_into().unwrap())
}

/// Compares CONFIG GET * with what the model expects of the node, row by row, in both directions.
pub(crate) fn config(
    running: &Running,
    deployment: &Deployment,
    node: &Node,
    passwords: Option<&Passwords>,
) -> Compared {
    let mut connection = running.connect().unwrap();
    let printed: BTreeMap<String, Vec<u8>> =
        redis::cmd("CONFIG").arg("GET").arg("*").query(&mut connection).expect("CONFIG GET *");
    let version = version(running.server());
    let rows = effective(deployment, node, version);
    let mut compared = Compared::default();
    for (name, row) in &rows {
        compared.rows += 1;
        compared.set += usize::from(row.setting.is_some());
        let Some(printed) = printed.get(*name) else {
            compared.wrong.push(format!("{name} is not printed"));
            continue;
        };
        if let Some(expected) = difference(row, version, printed, passwords) {
            let printed = String::from_utf8_lossy(printed);
            compared.wrong.push(format!("{name} prints {printed:?}, expected {expected}"));
        }
    }
    for name in printed.keys().filter(|name| !rows.contains_key(name.as_str())) {
        compared.wrong.push(format!("{name} is printed and not expected"));
    }
    compared
}

/// What was expected instead.
fn difference(
    row: &Row<'_>,
    version: Version,
    printed: &[u8],
    passwords: Option<&Passwords>,
) -> Option<String> {
    let text = |value: &Value| value.printed(row.directive, version);
    let wrong = |expected: Vec<u8>| format!("{:?}", String::from_utf8_lossy(&expected));
    match &row.expected {
        Expected::Value(value) => {
            let expected = text(value);
            (expected != printed).then(|| wrong(expected))
        }
        Expected::Secret(reference) => {
            let expected = passwords.map(|known| known.value(reference).into_bytes()).unwrap_or_default();
            (expected != printed).then(|| wrong(expected))
        }
        Expected::Local(Surroundings::Folder, Some(value)) => {
            let declared = String::from_utf8(text(value)).unwrap();
            let real = Path::new(&declared).canonicalize().unwrap().into_os_string().into_encoded_bytes();
            (real != printed).then(|| wrong(real))
        }
        Expected::Local(Surroundings::OpenFiles, Some(Value::Integer(most))) => {
            let number: Option<i128> = std::str::from_utf8(printed).ok()?.parse().ok();
            number.is_none_or(|number| number > *most).then(|| format!("at most {most}"))
        }
        Expected::Local(Surroundings::PidFile, _) => printed.is_empty().then(|| "a file".to_owned()),
        Expected::Local(Surroundings::Role, Some(value)) => {
            let expected = text(value);
            (expected != printed).then(|| wrong(expected))
        }
        Expected::Local(..) => None,
    }
}
