//! The spec's own templates: which of ours they replace, and what is wrong with them before they run.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::{Environment, context};

use crate::diag::{Code, Finding, Findings};
use crate::model::{Model, OwnTemplates};
use crate::source::Sources;
use crate::spec::{TemplateFile, nearest};
use crate::text::template::TemplateUses;

use super::{BUILT_IN, failure, refused};

/// The spec's own templates.
#[derive(Debug, Default)]
pub(in crate::emit) struct Own {
    files: BTreeMap<String, TemplateFile>,
    /// Those of ours that are replaced, or bring in one that is.
    replaced: BTreeSet<&'static str>,
}

impl Own {
    pub(super) fn new(own: &OwnTemplates) -> Self {
        let files: BTreeMap<String, TemplateFile> =
            own.folder.files.iter().map(|file| (file.name.clone(), file.clone())).collect();
        let ours = BUILT_IN.iter().map(|(name, _)| *name);
        let replaced = ours.filter(|name| !files.is_empty() && is_replaced(&files, name)).collect();
        Own { files, replaced }
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The template of a name.
    pub(in crate::emit) fn file(&self, name: &str) -> Option<&TemplateFile> {
        self.files.get(name)
    }

    /// Each template.
    pub(super) fn files(&self) -> impl Iterator<Item = &TemplateFile> {
        self.files.values()
    }

    /// Whether a template of ours is replaced, or brings in one that is.
    pub(super) fn replaces(&self, name: &str) -> bool {
        self.replaced.contains(name)
    }
}

fn is_replaced(files: &BTreeMap<String, TemplateFile>, name: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![name.to_owned()];
    while let Some(name) = open.pop() {
        if files.contains_key(&name) {
            return true;
        }
        if let Some(text) = built_in(&name)
            && seen.insert(name)
        {
            open.extend(TemplateUses::read(text).templates.into_iter().map(|used| used.name));
        }
    }
    false
}

fn built_in(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// What is wrong with the own templates and artifacts of a spec, as far as that shows without running them.
pub(in crate::emit) fn check(model: &Model) -> Findings {
    let mut findings = Findings::default();
    let own = Own::new(&model.own);
    let uses = if own.is_empty() { BTreeMap::new() } else { check_files(&own, &mut findings) };
    findings.extend(unused_templates(&model.own, &uses));
    findings.extend(unused_artifacts(model));
    findings
}

/// What is wrong with each file, and what it uses. To compile our own templates beside them takes longer than all that
/// is asked of a small spec.
fn check_files<'o>(own: &'o Own, findings: &mut Findings) -> BTreeMap<&'o str, TemplateUses> {
    let mut uses = BTreeMap::new();
    // Otherwise it is our own mistake, and rendering reports it.
    let Ok(mut environment) = super::environment(true) else { return uses };
    for file in own.files() {
        let read = TemplateUses::read(&file.text);
        findings.extend(refused::findings(file, &read));
        match environment.add_template_owned(file.name.clone(), file.text.to_string()) {
            Ok(()) => findings.extend(unknown_filters(&environment, file, &read)),
            Err(error) => findings.extend(failure::finding(own, &error, None)),
        }
        uses.insert(file.name.as_str(), read);
    }
    uses
}

fn unknown_filters<'f>(
    environment: &'f Environment<'_>,
    file: &'f TemplateFile,
    uses: &'f TemplateUses,
) -> impl Iterator<Item = Finding> + 'f {
    let question = environment.compile_expression("name is filter").ok();
    uses.filters.iter().filter_map(move |used| {
        let answer = question.as_ref()?.eval(context! { name => used.name.as_str() }).ok()?;
        if answer.is_true() {
            return None;
        }
        let title = format!("there is no filter `{}`", used.name);
        let finding =
            Finding::new(Code::InvalidTemplate, Sources::span(file.source, used.span.range()), title);
        let ours = super::filters::FILTERS.iter().map(|filter| filter.name);
        Some(match nearest(&used.name, ours) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding.help("docs/templates.md lists our filters; the others are minijinja's own"),
        })
    })
}

/// Templates that neither replace one of ours, nor belong to an artifact, nor are brought in by one that is
/// used; and files that were meant as templates.
fn unused_templates(own: &OwnTemplates, uses: &BTreeMap<&str, TemplateUses>) -> Vec<Finding> {
    let Some(place) = &own.folder.place else { return Vec::new() };
    let artifacts = own.artifacts.iter().map(|artifact| artifact.template.value.as_str());
    let ours = || BUILT_IN.iter().map(|(name, _)| *name);
    let mut used: BTreeSet<&str> = BTreeSet::new();
    let mut open: Vec<&str> = artifacts.chain(ours()).collect();
    let mut computed = false;
    while let Some(name) = open.pop() {
        let Some(read) = uses.get(name).filter(|_| used.insert(name)) else { continue };
        computed |= read.computes_names;
        open.extend(read.templates.iter().map(|used| used.name.as_str()));
    }
    let mut findings = Vec::new();
    for file in own.folder.files.iter().filter(|file| !used.contains(file.name.as_str())) {
        let near = nearest_ours(&file.name);
        if (computed || own.incomplete) && near.is_none() {
            continue;
        }
        let title = format!("nothing uses the template `{}`", file.name.escape_debug());
        let start = failure::line_of(&file.text, 1);
        let finding = Finding::new(Code::UnusedTemplate, Sources::span(file.source, start), title);
        findings.push(match near {
            Some(near) => finding
                .help(format!("did you mean `{near}`? Rename the file, and it takes the place of ours")),
            None => finding.help(
                "declare what is made of it under `[artifacts]`, include it, or take it out of the folder",
            ),
        });
    }
    for name in &own.folder.others {
        let Some(near) = nearest_ours(&format!("{name}.j2")) else { continue };
        let title = format!("`{}` in the folder of templates is none", name.escape_debug());
        let finding = Finding::new(Code::UnusedTemplate, place.span, title);
        findings.push(finding.help(format!("did you mean `{near}`? The names of templates end in `.j2`")));
    }
    findings
}

/// The template of ours that a name was most likely meant for. What is like another one by its ending only is
/// not: `motd.conf.j2` is not `redis.conf.j2`.
fn nearest_ours(name: &str) -> Option<&'static str> {
    let stem = |name: &'static str| name.trim_end_matches(".j2");
    let near = nearest(name.trim_end_matches(".j2"), BUILT_IN.iter().map(|(name, _)| stem(name)))?;
    let near = BUILT_IN.iter().map(|(name, _)| *name).find(|ours| stem(ours) == near)?;
    (strsim::damerau_levenshtein(name, near) <= 2).then_some(near)
}

/// Artifacts that are made for nothing.
fn unused_artifacts(model: &Model) -> Vec<Finding> {
    use crate::emit::artifacts::servers;

    let all = servers(model);
    let unused = model.own.artifacts.iter().filter(|artifact| {
        artifact.per != crate::spec::Per::Architecture
            && !all.iter().any(|(kind, name)| artifact.is_for(*kind, name))
    });
    let finding = |artifact: &crate::model::OwnArtifact| {
        let title = format!("`{}` is rendered for nothing: no deployment fits", artifact.name.value);
        Finding::new(Code::UnusedArtifact, artifact.name.span, title)
            .help("correct its `engines` or `deployments`, or remove the artifact")
    };
    if all.is_empty() { Vec::new() } else { unused.map(finding).collect() }
}
