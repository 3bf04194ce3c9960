//! The way from a spec's path to a checked model, in one place: load, decode, lower, check, apply the
//! spec's lint levels, and put the findings in order. Reading files is the caller's business.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::check::{self, Checked};
use crate::diag::{Code, Finding, Findings, Place};
use crate::emit::{self, EmitError};
use crate::model::{self, Model};
use crate::source::{SourceId, Sources, Span};
use crate::spec::{self, Date, ReadText, secrets};

/// What became of one spec.
#[derive(Debug)]
pub struct Compiled {
    /// Its texts.
    pub sources: Sources,
    /// What is wrong with it, in the order of the text, each cause once.
    pub findings: Findings,
    /// What could be resolved of it.
    pub model: Option<Model>,
    /// The main text could not be read at all.
    pub unreadable: bool,
}

impl Compiled {
    /// The model, if nothing hard was found.
    pub fn checked(&self) -> Option<Checked<Model>> {
        Checked::new(self.model.clone()?, &self.findings)
    }

    /// The model, if nothing hard was found, without a copy: it is not here any more.
    pub fn take_checked(&mut self) -> Option<Checked<Model>> {
        Checked::new(self.model.take()?, &self.findings)
    }

    /// Fills in own templates without secrets, in memory, and adds what is wrong with them to the findings.
    /// Specs without own templates cost nothing here, nor do those that nothing could be rendered of.
    pub fn try_templates(&mut self) {
        if self.model.as_ref().is_none_or(|model| model.own.is_empty()) {
            return;
        }
        let Some(checked) = self.checked() else { return };
        let Err(errors) = emit::emit(&checked, &emit::EmitOptions::default()) else { return };
        let mut findings = std::mem::take(&mut self.findings);
        findings.append(template_findings(&errors));
        self.findings = one_cause_once(findings);
    }

    /// Literal secrets, and what may be one in a template or in a text that could not be understood (a syntax
    /// error, a misspelled key or directive): never to be shown.
    pub fn secrets(&self) -> Vec<Span> {
        self.secrets_beside(&Findings::default())
    }

    /// [`Compiled::secrets`], and those that further findings speak of.
    pub fn secrets_beside(&self, more: &Findings) -> Vec<Span> {
        let secret = |finding: &Finding| finding.span().filter(|_| finding.code == Code::LiteralSecret);
        let mut spans: Vec<Span> = self.findings.iter().chain(more.iter()).filter_map(secret).collect();
        // Whatever was found, the text around it is shown. Secrets may stand where nobody knows them for what they
        // are: behind a slip in a key, in a value of the wrong type, between mistakes of syntax.
        let all = self.findings.iter().chain(more.iter());
        let places = all.flat_map(Finding::spans);
        let mut texts: BTreeSet<SourceId> = places.map(|span| span.source).collect();
        // Templates are no texts of the language.
        for file in self.model.iter().flat_map(|model| &model.own.folder.files) {
            texts.remove(&file.source);
        }
        for id in texts {
            let places = secrets::written(&self.sources.get(id).text);
            spans.extend(places.into_iter().map(|range| Sources::span(id, range)));
        }
        let words = emit::template_words();
        for file in self.model.iter().flat_map(|model| &model.own.folder.files) {
            let places = secrets::in_template(&file.text, &|word| words.contains(word));
            spans.extend(places.into_iter().map(|range| Sources::span(file.source, range)));
        }
        spans
    }
}

/// Those of rendering's errors that are faults of own templates and artifacts, each cause once.
pub fn template_findings(errors: &[EmitError]) -> Findings {
    let findings = errors.iter().filter_map(|error| Some(error.finding()?.clone().of(&error.deployment)));
    one_cause_once(findings.collect())
}

/// Compiles the spec at `path`; `today` decides which lint levels have expired.
pub fn compile(path: &Path, reader: &dyn ReadText, today: Date) -> Compiled {
    let mut findings = Findings::default();
    let mut layers = spec::load(path, reader, &mut findings);
    let decoded = if layers.unreadable { None } else { spec::decode(&layers, &mut findings) };
    if let Some(spec) = &decoded {
        spec::read_templates(spec, &mut layers, reader, &mut findings);
    }
    let model = decoded.map(|spec| model::lower(&spec, &layers, &mut findings));
    // All that was read is in the model by now; of a large fleet it takes a lot of memory.
    drop(layers.root);
    if let Some(model) = &model {
        findings.append(check::check(model, today));
        findings.append(emit::check_templates(model));
        check::apply_lints(model, today, &mut findings);
    }
    Compiled {
        sources: layers.sources,
        findings: one_cause_once(findings),
        model,
        unreadable: layers.unreadable,
    }
}

/// Orders findings by place. A profile's fault shows up in every deployment that uses it: it is one
/// finding, which names them.
fn one_cause_once(mut findings: Findings) -> Findings {
    findings.sort();
    let mut kept: Vec<Finding> = Vec::new();
    let mut seen: BTreeMap<(Code, Place), usize> = BTreeMap::new();
    let mut others: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for finding in findings {
        let key = (finding.code, finding.place.clone());
        let named = !matches!(finding.place, Place::Named(_));
        match seen.get(&key).filter(|_| named && finding.deployment.is_some()) {
            Some(first) if kept[*first].deployment != finding.deployment => {
                others.entry(*first).or_default().extend(finding.deployment);
            }
            // Two keys can be missing at one place; whatever else repeats itself there is one cause.
            Some(first) if finding.code == Code::MissingKey && kept[*first].title != finding.title => {
                kept.push(finding);
            }
            Some(_) => {}
            None => {
                seen.entry(key).or_insert(kept.len());
                kept.push(finding);
            }
        }
    }
    for (at, mut deployments) in others {
        deployments.sort();
        deployments.dedup();
        let names: Vec<&str> = deployments.iter().map(String::as_str).collect();
        let note = format!("the same holds for {}", spec::listed(&names));
        kept[at].notes.push(note);
    }
    kept.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use crate::explain::compile_example;
    use crate::report::{Format, Options, emit};

    #[test]
    fn every_missing_key_is_reported_though_all_are_missing_at_one_place() {
        let text = "format = 1\nname = \"x\"\n[redis.c]\nversion = \"7.2\"\ntopology = \"cluster\"\n";
        let compiled = compile_example(text, &[]);
        let titles: Vec<&str> = compiled.findings.iter().map(|finding| finding.title.as_str()).collect();
        assert_eq!(
            titles,
            [
                "`c` needs `hosts` with `topology = \"cluster\"`",
                "`c` needs `shards` with `topology = \"cluster\"`"
            ]
        );
    }

    #[test]
    fn settings_are_judged_though_the_nodes_are_unknown() {
        let head = "format = 1\nname = \"x\"\n[hosts]\na = { address = \"127.0.0.1\" }\n\
                    [redis.s]\nversion = \"6.2\"\ntopology = \"standalone\"\n";
        let config =
            "[redis.s.config]\nmaxmemory-clients = \"10%\"\nsave = [\n  \"900 1\",\n  \"sixty 1\",\n]\n";
        let codes = |hosts: &str| -> Vec<&str> {
            let compiled = compile_example(&format!("{head}{hosts}{config}"), &[]);
            compiled.findings.iter().map(|finding| finding.code.name()).collect()
        };
        assert_eq!(codes("hosts = [\"a\"]\n"), ["unavailable-directive", "invalid-value"]);
        assert_eq!(codes(""), ["missing-key", "unavailable-directive", "invalid-value"]);
        // The misspelled key was meant as the one that is missing.
        assert_eq!(
            codes("host = \"a\"\n"),
            ["unknown-key", "wrong-type", "unavailable-directive", "invalid-value"]
        );
    }

    #[test]
    fn a_fault_of_a_profile_is_one_finding_that_names_the_deployments() {
        let deployment = |name: &str, port: u16| {
            format!(
                "[redis.{name}]\nversion = \"7.2\"\ntopology = \"standalone\"\nhosts = [\"a\"]\n\
                 port = {port}\nprofiles = [\"p\"]\n"
            )
        };
        let text = format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n\
             [profiles.p.config]\nhz = \"many\"\n{}{}{}",
            deployment("one", 1),
            deployment("two", 2),
            deployment("three", 3)
        );
        let compiled = compile_example(&text, &[]);
        let findings: Vec<_> = compiled.findings.iter().collect();
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].notes.iter().any(|note| note == "the same holds for `three` and `two`"));
    }

    #[test]
    fn passwords_under_misspelled_names_and_in_unused_profiles_are_not_shown() {
        let head = "format = 1\nname = \"m\"\n[hosts]\nh1 = { address = \"127.0.0.1\" }\n\
                    [redis.s]\nversion = \"7.2\"\ntopology = \"standalone\"\nhosts = [\"h1\"]\n";
        for more in [
            "requirepass = \"hunter2\"\n",
            "config.requirpass = \"hunter2\"\n",
            "[profiles.u.config]\nrequirepass = \"hunter2\"\n",
        ] {
            let compiled = compile_example(&format!("{head}{more}"), &[]);
            let secrets = compiled.secrets();
            let options = Options { color: false, redact: &secrets };
            let text = emit(&compiled.findings, &compiled.sources, Format::Human, &options);
            assert!(compiled.findings.has_errors() && !text.contains("hunter2"), "{text}");
        }
    }
}
