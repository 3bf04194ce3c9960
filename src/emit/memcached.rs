//! memcached: its arguments, and every file that is made of them.

use crate::catalog::memcached::{self as catalog, OptionValue, Spelling};
use crate::model::{Memcached, MemcachedNode, MemcachedOption};
use crate::text::argv::{write_lines, write_option, write_sub_options};
use crate::text::memcached_conf::write_line;

use super::artifact::{Install, PUBLIC};
use super::block::one_line;
use super::data::record;
use super::error::Problem;
use super::read_back::MemcachedReadBack;
use super::run::{Place, Run};
use super::templates::Template;
use super::{memcached_unit, sysconfig};

record! {
    /// What `memcached.conf.j2` sees.
    pub(super) struct MemcachedConf<'a> {
        /// The spec's name.
        spec: &'a str,
        /// The deployment's name.
        deployment: &'a str,
        /// The node's name.
        node: &'a str,
        /// The options, one a line, each with its line break.
        options: &'a str,
        /// Whether the options say which user it runs as. Debian's unit needs one: where they do not, the
        /// template does.
        has_user: bool,
    }
}

/// Adds the files of every server of a deployment.
pub(super) fn emit(run: &mut Run<'_>, deployment: &Memcached) {
    let folder = deployment.name.value.as_str();
    let (spec, name) = (one_line(&run.model.name), one_line(folder));
    for node in &deployment.nodes {
        let conf = Place { folder, node: Some(&node.id), file: "memcached.conf" };
        let argv = Place { file: "memcached.argv", ..conf };
        let args = match arguments(&node.options) {
            Ok(args) => args,
            Err(problem) => {
                run.fail(argv, problem);
                continue;
            }
        };
        match write_lines(&args) {
            Ok(text) => run.add(argv, Install::Replace, PUBLIC, text.into_bytes(), Vec::new()),
            Err(cause) => run.fail(argv, Problem::unrepresentable("the arguments", cause)),
        }
        let node_name = one_line(&node.id.0);
        let has_user = node.options.iter().any(|option| option.name == "user");
        let text = debian_lines(&args).map_err(|problem| vec![problem]).and_then(|options| {
            let record = |[node, options]: [_; 2]| MemcachedConf {
                spec: &spec,
                deployment: &name,
                node,
                options,
                has_user,
            };
            let (target, node) = (&deployment.target, [node_name.as_str(), name.as_str()]);
            let reader = MemcachedReadBack { target, node, model: &options, has_user };
            let texts = [node_name.as_str(), options.as_str()];
            run.templates.cast_and_read(Template::MemcachedConf, texts, record, &reader)
        });
        match text {
            Ok(text) => run.add(conf, Install::Replace, PUBLIC, text.into_bytes(), Vec::new()),
            Err(problems) => problems.into_iter().for_each(|problem| run.fail(conf, problem)),
        }
        let unit = memcached_unit::file_name(deployment, node);
        let others = [
            (unit.as_str(), memcached_unit::text(run, deployment, node, &args)),
            ("memcached.sysconfig", sysconfig::text(run, deployment, node, &args)),
        ];
        for (file, text) in others {
            let place = Place { file, ..conf };
            match text {
                Ok(text) => run.add(place, Install::Replace, PUBLIC, text.into_bytes(), Vec::new()),
                Err(problem) => run.fail(place, problem),
            }
        }
    }
}

/// The value of a server's option, where it is set.
pub(super) fn value<'m>(node: &'m MemcachedNode, name: &str) -> Option<&'m str> {
    node.options.iter().find(|option| option.name == name)?.value.as_deref()
}

/// The command line: one argument an option, options by name, those that stand after `-o` joined into one,
/// which comes last. The order among options of one name is that of the model.
fn arguments(options: &[MemcachedOption]) -> Result<Vec<String>, Problem> {
    let mut options: Vec<(&MemcachedOption, Option<&'static catalog::MemcachedOption>)> =
        options.iter().map(|option| (option, catalog::option(&option.name))).collect();
    options.sort_by_key(|(option, known)| (!known.is_some_and(leads), option.name.as_str()));
    let (mut args, mut extended) = (Vec::new(), Vec::new());
    for (option, known) in options {
        let (name, value) = (option.name.as_str(), option.value.as_deref());
        match known.map(|known| known.spelling) {
            Some(Spelling::Extended) => extended.push((name, value)),
            Some(Spelling::Flag { short, long: None }) => {
                args.push(format!("-{short}{}", value.unwrap_or_default()));
            }
            Some(Spelling::Flag { long: Some(long), .. }) if known.is_some_and(counts) => {
                let times = value.and_then(|value| value.parse().ok()).unwrap_or(1);
                args.extend(std::iter::repeat_n(format!("--{long}"), times));
            }
            Some(Spelling::Flag { long: Some(long), .. }) => args.push(flag(long, value)?),
            None => args.push(flag(name, value)?),
        }
    }
    if !extended.is_empty() {
        let joined =
            write_sub_options(&extended).map_err(|cause| Problem::unrepresentable("extended", cause))?;
        args.push(flag("extended", Some(&joined))?);
    }
    Ok(args)
}

/// Whether some version wants the option before another one.
fn leads(option: &catalog::MemcachedOption) -> bool {
    option.revisions.iter().any(|facts| facts.before.is_some())
}

/// Whether its repetitions count: memcached does not look at a value behind it.
fn counts(option: &catalog::MemcachedOption) -> bool {
    option.revisions.iter().any(|facts| facts.value == OptionValue::Counter)
}

fn flag(long: &str, value: Option<&str>) -> Result<String, Problem> {
    write_option(long, value).map_err(|cause| Problem::unrepresentable(long, cause))
}

/// Debian's file, one option a line.
fn debian_lines(args: &[String]) -> Result<String, Problem> {
    let mut text = String::new();
    for arg in args {
        let line = write_line(std::slice::from_ref(arg))
            .map_err(|cause| Problem::unrepresentable(option_of(arg), cause))?;
        text.push_str(&line);
        text.push('\n');
    }
    Ok(text)
}

/// The name of an option as it is spelled.
fn option_of(arg: &str) -> &str {
    arg.split('=').next().unwrap_or(arg).trim_start_matches('-')
}
