//! `cachewright drift`: which servers to ask, and how; the comparison and its report are the library's.

use std::path::Path;

use super::args::{AccessArgs, DriftArgs};
use super::exit::Exit;
use super::files::{Secrets, compile_spec, reason};
use super::output::Output;
use crate::drift;
use crate::live::{self, Access, GivenLogin, Patience, TlsSettings};
use crate::model::{AnyNode, Model};
use crate::report::{self, Format, Options};
use crate::spec::nearest;
use crate::text::acl::Sensitive;

pub(super) fn run(args: &DriftArgs, output: &mut Output) -> Exit {
    let mut compiled = compile_spec(&args.spec);
    if compiled.findings.has_errors() {
        let secrets = compiled.secrets();
        let options = Options { color: output.color_err(), redact: &secrets };
        output.err(report::emit(&compiled.findings, &compiled.sources, Format::Human, &options));
    }
    if compiled.unreadable {
        return Exit::Usage;
    }
    // Lints do not stand in the way, whatever their level.
    let Some(model) = compiled.take_checked() else { return Exit::Findings };
    let nodes = match select(&model, &args.selectors) {
        Ok(nodes) => nodes,
        Err(why) => return output.usage(&why),
    };
    let tls = match tls(&args.access) {
        Ok(tls) => tls,
        Err(why) => return output.usage(&why),
    };
    let access = access(&args.access, tls);
    let heard = live::observe(&model, &nodes, &access, || ());
    let copy = |host: &str, path: &str| {
        let folder = args.files.as_ref()?.join(host);
        std::fs::read(folder.join(path.trim_start_matches('/'))).ok()
    };
    let copies = args.files.is_some().then_some(&copy as drift::Copies<'_>);
    let against = drift::Against { secrets: &Secrets, copies, now: time::OffsetDateTime::now_utc() };
    let reports = drift::compare(&model, heard, &against);
    let tally = drift::Tally::of(&reports);
    let text = report::drift::human(&reports, &model, output.width());
    output.out(text);
    if tally.unknown > 0 {
        Exit::Unchecked
    } else if tally.drift > 0 {
        Exit::Findings
    } else {
        Exit::Clean
    }
}

/// The nodes that the selectors name, in the order of the spec; all without selectors.
fn select<'m>(model: &'m Model, selectors: &[String]) -> Result<Vec<AnyNode<'m>>, String> {
    let all: Vec<AnyNode<'m>> = AnyNode::all(model).collect();
    if all.is_empty() {
        return Err("the spec declares no server".to_owned());
    }
    let names =
        |node: &AnyNode<'_>| [node.group(), node.name(), format!("@{}", model.host(node.host()).name.value)];
    for selector in selectors {
        if !all.iter().any(|node| names(node).contains(selector)) {
            let known: Vec<String> = all.iter().flat_map(names).collect();
            let hint = match nearest(selector, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => {
                    let mut groups: Vec<String> = all.iter().map(AnyNode::group).collect();
                    groups.dedup();
                    format!("its deployments are {}", groups.join(", "))
                }
            };
            return Err(format!("the spec has nothing called `{selector}`; {hint}"));
        }
    }
    let wanted =
        |node: &AnyNode<'_>| selectors.is_empty() || names(node).iter().any(|name| selectors.contains(name));
    Ok(all.into_iter().filter(wanted).collect())
}

/// What was given for TLS.
fn tls(args: &AccessArgs) -> Result<TlsSettings, String> {
    let read = |path: &Option<std::path::PathBuf>| match path {
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

fn access(args: &AccessArgs, tls: TlsSettings) -> Access<'static> {
    use std::os::unix::ffi::OsStringExt;
    let password = std::env::var_os("REDISCLI_AUTH").map(|value| Sensitive(value.into_vec()));
    let login =
        (args.user.is_some() || password.is_some()).then(|| GivenLogin { user: args.user.clone(), password });
    Access {
        login,
        tls,
        via: args.via.iter().map(|(from, to)| (from.to_string(), to.clone())).collect(),
        without_napi_ids: args.without_napi_ids,
        secrets: &Secrets,
        read: &|path: &Path| std::fs::read(path).ok(),
        patience: Patience { connect: args.connect_timeout, answer: args.timeout, retries: args.retries },
        at_once: args.parallel.into(),
    }
}
