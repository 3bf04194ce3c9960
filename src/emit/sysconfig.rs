//! memcached's settings as Fedora's and Red Hat's memcached.service reads them, from /etc/sysconfig/memcached.

use crate::model::{Memcached, MemcachedNode};
use crate::text::env_file::{write_split_variable, write_variable};

use super::block::one_line;
use super::data::record;
use super::error::Problem;
use super::memcached::value;
use super::run::Run;
use super::templates::Template;

/// The options that have variables of their own: name, letter in the unit, and the value where nothing sets it
/// (memcached's own defaults; the account is that of the packages).
const OWN: [(&str, &str, &str, &str); 4] = [
    ("PORT", "port", "--port", "11211"),
    ("USER", "user", "--user", "memcached"),
    ("MAXCONN", "conn-limit", "--conn-limit", "1024"),
    ("CACHESIZE", "memory-limit", "--memory-limit", "64"),
];

record! {
    /// What `memcached.sysconfig.j2` sees.
    pub(super) struct Sysconfig<'a> {
        /// The spec's name.
        spec: &'a str,
        /// The deployment's name.
        deployment: &'a str,
        /// The node's name.
        node: &'a str,
        /// The variables, each line with its line break.
        variables: &'a str,
    }
}

/// The file of one server, started with these arguments.
pub(super) fn text(
    run: &Run<'_>,
    deployment: &Memcached,
    node: &MemcachedNode,
    args: &[String],
) -> Result<String, Problem> {
    let mut variables = String::new();
    let user = deployment.spec.service.as_ref().and_then(|service| service.user.as_ref());
    for (variable, option, _, default) in OWN {
        let declared = user.filter(|_| option == "user").map(|user| user.value.0.as_str());
        let value = value(node, option).or(declared).unwrap_or(default);
        let line = write_variable(variable, value);
        variables.push_str(&line.map_err(|why| Problem::unrepresentable(option, why))?);
        variables.push('\n');
    }
    let of_its_own = |arg: &&String| OWN.iter().any(|(.., long, _)| arg.split('=').next() == Some(*long));
    let rest: Vec<&String> = args.iter().filter(|arg| !of_its_own(arg)).collect();
    let line = write_split_variable("OPTIONS", &rest);
    variables.push_str(&line.map_err(|why| Problem::unrepresentable("the options", why))?);
    variables.push('\n');
    let (spec, name) = (one_line(&run.model.name), one_line(&deployment.name));
    let record = |[node, variables]: [_; 2]| Sysconfig { spec: &spec, deployment: &name, node, variables };
    run.templates.cast(Template::MemcachedSysconfig, [&one_line(&node.id.0), &variables], record)
}
