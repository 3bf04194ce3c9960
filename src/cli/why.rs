//! `cachewright why`: the value of a setting, what set it, what that overrode, and the server's default.

mod sentinel;
mod unset;

use std::fmt::Write as _;

use super::args::WhyArgs;
use super::exit::Exit;
use super::files::compile_spec;
use super::output::Output;
use crate::catalog;
use crate::model::{
    AnyNode, Assigned, MemcachedNode, MemcachedOption, Model, Node, Origin, SentinelSet, Setting, Settings,
};
use crate::pipeline::Compiled;
use crate::report::{self, Format, Options};
use crate::source::Span;
use crate::spec::{listed, nearest};
use sentinel::Question;
use unset::{Unset, wrong};

pub(super) fn run(args: &WhyArgs, output: &mut Output) -> Exit {
    let compiled = compile_spec(&args.spec);
    let exit = match &compiled.model {
        None => Exit::Usage,
        Some(model) => explain(&compiled, model, args, output),
    };
    if !compiled.findings.has_errors() {
        return exit;
    }
    // What could be resolved is told; what could not may be the very setting that was asked for.
    let secrets = compiled.secrets();
    let options = Options { color: output.color_err(), redact: &secrets };
    output.err(report::emit(&compiled.findings, &compiled.sources, Format::Human, &options));
    if compiled.unreadable { Exit::Usage } else { exit.and(Exit::Findings) }
}

fn explain(compiled: &Compiled, model: &Model, args: &WhyArgs, output: &mut Output) -> Exit {
    let all = AnyNode::all(model).collect::<Vec<_>>();
    let wanted = args.node.as_str();
    let matches = |name: &str| name == wanted || name.split_once('/').is_some_and(|(_, node)| node == wanted);
    let nodes: Vec<&AnyNode<'_>> = all.iter().filter(|node| matches(&node.name())).collect();
    match nodes.as_slice() {
        [node] => print(compiled, model, node, args.directive.as_deref(), output),
        [] => {
            let names: Vec<String> = all.iter().map(AnyNode::name).collect();
            let short = names.iter().filter_map(|name| name.split_once('/')).map(|(_, node)| node);
            // Of the named deployment, where there is one: no other is meant.
            let of_deployment: Vec<&str> = match wanted.split_once('/') {
                Some((folder, _)) => {
                    let is_there = |name: &&str| name.split_once('/').is_some_and(|(own, _)| own == folder);
                    names.iter().map(String::as_str).filter(is_there).collect()
                }
                None => Vec::new(),
            };
            if !of_deployment.is_empty() {
                let hint = match nearest(wanted, of_deployment.iter().copied()) {
                    Some(near)
                        if !of_deployment.iter().any(|name| name.starts_with(&format!("{wanted}-"))) =>
                    {
                        format!("did you mean `{near}`?")
                    }
                    _ => listed_nodes(&of_deployment),
                };
                return output.usage(&format!("the spec has no node `{wanted}`; {hint}"));
            }
            let near = nearest(wanted, names.iter().map(String::as_str).chain(short));
            let hint = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => listed_nodes(&names.iter().map(String::as_str).collect::<Vec<_>>()),
            };
            output.usage(&format!("the spec has no node `{wanted}`; {hint}"))
        }
        several => {
            let names: Vec<String> = several.iter().map(|node| node.name()).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            output.usage(&format!("several nodes are called `{wanted}`: name one of {}", listed(&names)))
        }
    }
}

/// Some nodes to choose from.
fn listed_nodes(names: &[&str]) -> String {
    const SHOWN: usize = 20;
    let more = match names.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("\n  and {more} more"),
    };
    format!("its nodes are\n  {}{more}", names[..names.len().min(SHOWN)].join("\n  "))
}

fn print(
    compiled: &Compiled,
    model: &Model,
    node: &AnyNode<'_>,
    name: Option<&str>,
    output: &mut Output,
) -> Exit {
    let text = match node {
        AnyNode::Server(deployment, own) => {
            let target = &deployment.target;
            let unset = Unset { compiled, model, deployment, node: own, shown: &node.name() };
            match name.and_then(|name| unset.answer(name)) {
                Some(text) => Ok(text),
                None => server(compiled, node, target, &deployment.shared, own, name),
            }
        }
        AnyNode::Sentinel(set, own) => sentinel(compiled, model, node, (set, own), name),
        AnyNode::Memcached(deployment, own) => memcached(compiled, node, deployment, own, name),
    };
    match text {
        Ok(text) => {
            output.out(text);
            Exit::Clean
        }
        Err(why) => output.usage(&why),
    }
}

/// A sentinel: its own settings, and the directives of a plain server.
fn sentinel(
    compiled: &Compiled,
    model: &Model,
    found: &AnyNode<'_>,
    (set, node): (&SentinelSet, &Node),
    name: Option<&str>,
) -> Result<String, String> {
    let question = Question { compiled, model, set, node, shown: &found.name() };
    let plain = |name| server(compiled, found, &set.target, &set.shared, node, name);
    match name {
        None => Ok([vec![plain(None)?], question.all()].concat().join("\n")),
        Some(asked) => question.one(asked).map_or_else(|| plain(name), Ok),
    }
}

fn server(
    compiled: &Compiled,
    found: &AnyNode<'_>,
    target: &catalog::Target,
    shared: &Settings,
    node: &Node,
    name: Option<&str>,
) -> Result<String, String> {
    let Some(name) = name else {
        let chains = shared.overlaid(&node.own).map(|setting| chain(compiled, found, target, setting));
        return Ok(chains.collect::<Vec<_>>().join("\n"));
    };
    let directive = catalog::directive(target.engine, name);
    let canonical =
        directive.and_then(|directive| directive.within(target.versions).last()).map(|facts| facts.name);
    let canonical = canonical.unwrap_or(name);
    if let Some(setting) = node.own.get(canonical).or_else(|| shared.get(canonical)) {
        return Ok(chain(compiled, found, target, setting));
    }
    let Some(directive) = directive else {
        let near = catalog::suggest(target.engine, target.versions, name);
        let hint = near.first().map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        return Err(format!("{} has no directive `{name}`{hint}", target.engine.title()));
    };
    let Some(facts) = directive.at(last_known(target)) else {
        return Err(format!("{} {} has no directive `{name}`", target.engine.title(), target.versions));
    };
    if let AnyNode::Sentinel(set, _) = found
        && set.poisoned.iter().any(|name| name == canonical)
    {
        return Ok(wrong(compiled, &set.name.value, canonical, canonical, &found.name()));
    }
    let Some(value) = facts.default else {
        return Ok(format!("{canonical}  ({})\n  not set, and without a default\n", found.name()));
    };
    let mut text = format!("{canonical} = {}  ({})\n", shown_default(value), found.name());
    let _ = writeln!(text, "  not set: this is the default of {} {}", target.engine.title(), target.versions);
    Ok(text)
}

fn last_known(target: &catalog::Target) -> catalog::Version {
    let minor =
        catalog::supported(target.engine).iter().find(|minor| minor.range.contains(target.versions.first));
    minor.map_or(target.versions.first, |minor| {
        minor.last_known.clamp(target.versions.first, target.versions.last)
    })
}

fn chain(compiled: &Compiled, found: &AnyNode<'_>, target: &catalog::Target, setting: &Setting) -> String {
    let mut text = format!("{} = {}  ({})\n", setting.name, shown(setting), found.name());
    origins(&mut text, compiled, setting.origin, &setting.overrode);
    let default = setting.directive.and_then(|directive| directive.at(last_known(target))?.default);
    if let Some(default) = default {
        let versions = format!("{} {}", target.engine.title(), target.versions);
        let _ = writeln!(text, "  default    {}  ({versions})", shown_default(default));
    }
    text
}

fn origins(text: &mut String, compiled: &Compiled, origin: Origin, overrode: &[Origin]) {
    let _ = writeln!(text, "  set by     {}", described(compiled, origin));
    for origin in overrode {
        let _ = writeln!(text, "  overrides  {}", described(compiled, *origin));
    }
}

fn described(compiled: &Compiled, origin: Origin) -> String {
    let sources = &compiled.sources;
    let at = |span: Span| sources.locate(span).to_string();
    let secrets = compiled.secrets();
    let line = |span: Span| {
        let source = sources.get(span.source);
        let start = source.text[..span.start as usize].rfind('\n').map_or(0, |at| at + 1);
        let text = source.text[start..].lines().next().unwrap_or("");
        let shown = |secret: &Span| {
            secret.source != span.source
                || secret.range().end <= start
                || secret.range().start >= start + text.len()
        };
        // A line that holds a secret is not shown at all.
        if secrets.iter().all(shown) { text.trim().to_owned() } else { String::new() }
    };
    match origin {
        Origin::Default => "the server's default".to_owned(),
        Origin::Profile(span) => format!("{}  (a profile)  {}", at(span), line(span)),
        Origin::Deployment(span) => format!("{}  (the deployment)  {}", at(span), line(span)),
        Origin::Node(span) => format!("{}  (the node)  {}", at(span), line(span)),
        Origin::Derived(derivation, span) => format!("{}  (derived from {derivation})", at(span)),
    }
}

/// A value for people; of a secret only where it is found.
fn shown(setting: &Setting) -> String {
    match &setting.value {
        Assigned::Secret(secret) => format!("the secret {secret}"),
        Assigned::Value(value) => quoted(&value.to_string()),
        Assigned::Values(values) => values.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        Assigned::Verbatim(lines) => {
            let words = lines.iter().flatten().map(|word| String::from_utf8_lossy(word));
            words.collect::<Vec<_>>().join(" ")
        }
    }
}

fn shown_default(default: &str) -> String {
    quoted(default)
}

fn quoted(text: &str) -> String {
    if text.is_empty() { "\"\"".to_owned() } else { text.to_owned() }
}

fn memcached(
    compiled: &Compiled,
    found: &AnyNode<'_>,
    deployment: &crate::model::Memcached,
    node: &MemcachedNode,
    name: Option<&str>,
) -> Result<String, String> {
    let chain = |option: &MemcachedOption| {
        let value = option.value.as_deref().unwrap_or("on");
        let mut text = format!("{} = {}  ({})\n", option.name, quoted(value), found.name());
        origins(&mut text, compiled, option.origin, &option.overrode);
        let default = catalog::memcached::option(&option.name)
            .and_then(|option| option.within(deployment.target.versions).last())
            .and_then(|facts| facts.default);
        if let Some(default) = default {
            let _ = writeln!(
                text,
                "  default    {}  (memcached {})",
                quoted(default),
                deployment.target.versions
            );
        }
        text
    };
    match name {
        None => Ok(node.options.iter().map(chain).collect::<Vec<_>>().join("\n")),
        Some(name) => match node.options.iter().find(|option| option.name == name) {
            Some(option) => Ok(chain(option)),
            None => match catalog::memcached::option(name) {
                Some(option) if deployment.poisoned.iter().any(|poisoned| poisoned == option.name) => {
                    Ok(wrong(compiled, &deployment.name.value, option.name, option.name, &found.name()))
                }
                Some(option) => {
                    let facts = option.within(deployment.target.versions).last();
                    let default = facts.and_then(|facts| facts.default).unwrap_or("off");
                    Ok(format!(
                        "{name} = {}  ({})\n  not set: this is the default of memcached {}\n",
                        quoted(default),
                        found.name(),
                        deployment.target.versions
                    ))
                }
                None => {
                    let near = catalog::memcached::suggest(deployment.target.versions, name);
                    let hint =
                        near.first().map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                    Err(format!("memcached has no option `{name}`{hint}"))
                }
            },
        },
    }
}
