//! The spec's own templates: the folder that `templates` names, read as texts with places. What they may
//! hold is not known here.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::Spec;
use super::load::{Layers, ReadText, normal};
use crate::diag::{Code, Finding, Findings};
use crate::source::{At, SourceId, Span};

/// How the names of templates end. Whatever else lies in the folder is left alone.
const ENDING: &str = ".j2";

/// A folder of templates.
#[derive(Debug, Clone, Default)]
pub struct TemplateFolder {
    /// The folder as the spec names it; none where there is none.
    pub place: Option<At<String>>,
    /// Its templates by name.
    pub files: Vec<TemplateFile>,
    /// The names of its other files, sorted.
    pub others: Vec<String>,
    /// Something in it could not be read: the absence of a template proves nothing.
    pub lossy: bool,
}

/// A template.
#[derive(Clone)]
pub struct TemplateFile {
    /// Its path in the folder, with `/` between the parts: the name that templates know each other by.
    pub name: String,
    /// Its text, for places.
    pub source: SourceId,
    /// Its text.
    pub text: Arc<str>,
}

impl fmt::Debug for TemplateFile {
    /// Without the text: somebody may have written a secret into it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TemplateFile({:?}, {} bytes)", self.name, self.text.len())
    }
}

impl TemplateFolder {
    /// The template of a name.
    pub fn get(&self, name: &str) -> Option<&TemplateFile> {
        let at = self.files.binary_search_by(|file| file.name.as_str().cmp(name)).ok()?;
        self.files.get(at)
    }
}

/// Reads the folder of templates into the layers, if the spec has one: every file whose name ends in `.j2`, and
/// every one that an artifact names. The path begins at the layer that says it.
pub fn read_templates(spec: &Spec, layers: &mut Layers, reader: &dyn ReadText, findings: &mut Findings) {
    let Some(place) = &spec.templates else { return };
    let layer = Path::new(&layers.sources.get(place.span.source).name).parent().unwrap_or(Path::new(""));
    let folder = normal(&layer.join(&place.value));
    let mut read = TemplateFolder { place: Some(place.clone()), ..TemplateFolder::default() };
    let named = |name: &str| {
        let mut artifacts = spec.artifacts.iter();
        artifacts.any(|(_, artifact)| artifact.template.as_ref().is_some_and(|at| at.value == name))
    };
    match reader.list(if folder.as_os_str().is_empty() { Path::new(".") } else { &folder }) {
        Err(why) => {
            read.lossy = true;
            let title =
                format!("cannot read the folder of templates `{}`: {why}", place.value.escape_debug());
            findings.push(
                Finding::new(Code::UnreadableTemplate, place.span, title)
                    .help(format!("correct the path, or see that `{}` can be read", folder.display()))
                    .note("its path starts at the file that it stands in"),
            );
        }
        Ok(mut names) => {
            names.sort();
            for name in names.into_iter().filter(|name| !is_hidden(name)) {
                if name.ends_with(ENDING) || named(&name) {
                    read.file(&folder, name, place.span, layers, reader, findings);
                } else {
                    read.others.push(name);
                }
            }
        }
    }
    layers.templates = read;
}

impl TemplateFolder {
    fn file(
        &mut self,
        folder: &Path,
        name: String,
        span: Span,
        layers: &mut Layers,
        reader: &dyn ReadText,
        findings: &mut Findings,
    ) {
        let path = folder.join(&name);
        match reader.read(&path) {
            Ok(text) => {
                let source = layers.sources.add(path.to_string_lossy(), text.clone());
                self.files.push(TemplateFile { name, source, text: text.into() });
            }
            Err(why) => {
                self.lossy = true;
                let title = format!("cannot read the template `{}`: {why}", name.escape_debug());
                findings.push(Finding::new(Code::UnreadableTemplate, span, title));
            }
        }
    }
}

/// Editors and version control leave such files about.
fn is_hidden(name: &str) -> bool {
    name.split('/').any(|part| part.starts_with('.'))
}
