//! Commands, subcommands and their ACL categories.

use std::collections::{BTreeMap, BTreeSet};

use redis::Value;

use super::report::{Aspect, Report};
use crate::catalog::Target;
use crate::catalog::acl;
use crate::live::Failure;
use crate::live::redis::RedisServer;

/// Compares what `ACL CAT` and `COMMAND` list. Commands of modules have a dot in their names and are left out.
pub(super) fn check(server: &mut RedisServer, target: &Target, report: &mut Report) -> Result<(), Failure> {
    let categories: BTreeSet<String> = server.texts(&["ACL", "CAT"])?.into_iter().collect();
    let ours: BTreeSet<String> =
        acl::categories(target.engine).iter().map(|name| (*name).to_owned()).collect();
    let show = |names: &BTreeSet<String>| names.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
    report.compare(Aspect::Commands, "ACL CAT", (ours, categories.clone()), show);

    let mut theirs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for category in &categories {
        for command in server.texts(&["ACL", "CAT", category])? {
            theirs.entry(command.to_ascii_lowercase()).or_default().insert(category.clone());
        }
    }
    // A command of no category stands in no list; subcommands always have one.
    if let Value::Array(all) = server.command(&["COMMAND"])? {
        for command in all {
            if let Value::Array(fields) = command
                && let Some(Value::BulkString(name)) = fields.first()
            {
                theirs.entry(String::from_utf8_lossy(name).to_ascii_lowercase()).or_default();
            }
        }
    }
    theirs.retain(|name, _| !name.contains('.'));

    for command in acl::commands(target.engine) {
        let ours = command.at(target.versions.first);
        let ours = ours.map(|facts| facts.categories.iter().map(|name| (*name).to_owned()).collect());
        let found = theirs.remove(command.name);
        if ours.is_some() || found.is_some() {
            report.compare(Aspect::Commands, command.name, (ours, found), |categories| {
                categories.as_ref().map_or("it does not exist".to_owned(), show)
            });
        }
    }
    for (name, categories) in &theirs {
        report.contradict(Aspect::Commands, name, "nothing", show(categories));
    }
    Ok(())
}
