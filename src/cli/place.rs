//! `cachewright place`: where the nodes of clusters stand, and pins that keep them there.

use std::path::Path;

use super::args::PlaceArgs;
use super::exit::Exit;
use super::files::{compile_spec, reason, write_whole};
use super::output::Output;
use crate::model::placement::pins_of;
use crate::model::{Deployment, Model, Topology};
use crate::report::table::Table;
use crate::report::{self, Format, Options, counted};

/// How a layer of pins begins: only such files are written over.
const HEADER: &str = "# Pins of cluster nodes, written by `cachewright place --write`. Commit this file and name it in the\n\
                      # spec's `extends`: then later changes move as few nodes as they can.\n";
/// What to do where pins stand in the way of pins.
const NOT_WRITTEN: &str = "no pins were written: mend the errors first. Where they name pins, remove those (for more shards, \
                           the `slots` of all pins): what has no pin is placed anew, and what has one stays\n";

pub(super) fn run(args: &PlaceArgs, output: &mut Output) -> Exit {
    let compiled = compile_spec(&args.spec);
    let secrets = compiled.secrets();
    let options = Options { color: output.color_err(), redact: &secrets };
    output.err(report::emit(&compiled.findings, &compiled.sources, Format::Human, &options));
    if compiled.unreadable {
        return Exit::Usage;
    }
    let Some(checked) = compiled.checked().filter(|_| !compiled.findings.has_errors()) else {
        if args.write.is_some() {
            output.err(NOT_WRITTEN);
        }
        return Exit::Findings;
    };
    let clusters: Vec<&Deployment> = checked
        .deployments
        .iter()
        .filter(|deployment| matches!(deployment.topology, Topology::Cluster { .. }))
        .collect();
    if clusters.is_empty() {
        return output.usage("the spec has no cluster: there is nothing to place");
    }
    match &args.write {
        Some(path) => write(&checked, &clusters, path, output),
        None => {
            let text = table(&checked, &clusters).render(output.width());
            output.out(text);
            Exit::Clean
        }
    }
}

fn table(model: &Model, clusters: &[&Deployment]) -> Table {
    let mut table =
        Table::with_header(["CLUSTER", "SHARD", "ROLE ON DAY ONE", "NODE", "ZONE", "PINNED", "SLOTS"]);
    for deployment in clusters {
        let Topology::Cluster { shards } = &deployment.topology else { continue };
        for shard in shards {
            for index in std::iter::once(&shard.primary).chain(&shard.replicas) {
                let Some(node) = deployment.nodes.get(*index) else { continue };
                let leads = *index == shard.primary;
                table.row([
                    deployment.name.value.as_str(),
                    &shard.id.0.to_string(),
                    if leads { "primary" } else { "replica" },
                    &node.id.0,
                    model.host(node.host).zone().unwrap_or("-"),
                    if deployment.spec.pins.declares(&node.id.0) { "yes" } else { "no" },
                    &if leads { shard.slots.to_string() } else { String::new() },
                ]);
            }
        }
    }
    table
}

fn write(model: &Model, clusters: &[&Deployment], path: &Path, output: &mut Output) -> Exit {
    match std::fs::read_to_string(path) {
        Ok(text) if !text.starts_with(HEADER) => {
            let why = "it was not written by `place --write`; name another file";
            return output.usage(&format!("{} is left alone: {why}", path.display()));
        }
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return output.usage(&format!("cannot read {}: {}", path.display(), reason(&error)));
        }
        _ => {}
    }
    let mut text = HEADER.to_owned();
    for deployment in clusters {
        text.push('\n');
        text.push_str(&pins_of(&model.hosts, deployment));
    }
    if let Err(why) = write_whole(path, text.as_bytes(), 0o644) {
        return output.usage(&why);
    }
    let nodes: usize = clusters.iter().map(|deployment| deployment.nodes.len()).sum();
    output.err(format!("pinned {} in {}; name it in `extends`\n", counted(nodes, "node"), path.display()));
    Exit::Clean
}
