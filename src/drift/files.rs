//! Where a difference stands: in the spec only (not rolled out), in the rendered file but not in the one that the server
//! runs on (the next restart brings it), there but not in the server (the next restart takes it away). Told from copies of
//! the hosts' files.

use std::collections::BTreeMap;

use crate::catalog::{Target, VersionRange};
use crate::check::conf::{ConfReader, judge_conf};
use crate::emit::{conf_file, sha256_hex, text_setting};
use crate::live::{Heard, ServerAnswers};
use crate::model::{AnyNode, Deployment, Expected, Model, Node, Row, Surroundings, readable};
use crate::spec::SecretRef;
use crate::text::conf::ConfDoc;
use crate::value::{Defaults, Value, observed};

use super::NodeReport;
use super::difference::{Class, Difference, Mend, Side, Standing, Subject};
use super::secrets::Secrets;

/// Reads copies of hosts' files: the host's name in the spec, and the path there.
pub type Copies<'a> = &'a dyn Fn(&str, &str) -> Option<Vec<u8>>;

/// How the first line of a working file begins; behind it stands the SHA-256 of what `start.sh` made it from.
const MARK: &str = "# Working file, made by start.sh of the SHA-256 ";

/// Says of each difference of a server's settings where it stands, and adds what only its files have.
pub(super) fn add(
    model: &Model,
    heard: &[(AnyNode<'_>, Heard)],
    reports: &mut [NodeReport<'_>],
    copies: Copies<'_>,
    secrets: &Secrets<'_>,
) {
    for ((node, heard), report) in heard.iter().zip(reports) {
        let (AnyNode::Server(deployment, node), Heard::Server(answers)) = (node, heard) else { continue };
        let Ok(differences) = &mut report.outcome else { continue };
        let host = &model.host(node.host).name.value;
        let Some(paths) = Paths::of(deployment, node) else { continue };
        let files = Files::read(deployment, answers, |path| copies(host, path), &paths);
        // Facts of another engine would be no facts about this server.
        if answers.identity.engine != deployment.target.engine {
            continue;
        }
        let lacks = [(&files.rendered, &paths.rendered), (&files.working, &paths.working)];
        let lacks = lacks.into_iter().filter(|(file, _)| file.is_none()).map(|(_, path)| path.as_str());
        let lacks: Vec<&str> = lacks.collect();
        if !lacks.is_empty() {
            let why = format!("no copy of {host}{}", lacks.join(&format!(", nor of {host}")));
            differences.push(Difference::unreadable(Subject::Files, why));
        }
        // Which of the two says something new shows only beside the other.
        if files.rendered.is_none() {
            continue;
        }
        let server = Server { deployment, node, answers, files, secrets };
        server.compare(differences);
    }
}

/// Where the files of a server are on its host.
struct Paths {
    rendered: String,
    working: String,
}

impl Paths {
    fn of(deployment: &Deployment, node: &Node) -> Option<Self> {
        let file = conf_file(deployment.target.engine);
        let dir = text_setting(deployment, node, "dir")?;
        Some(Paths {
            rendered: format!("{}/{}/{file}", deployment.service.install_dir, node.id),
            working: format!("{}/{file}", dir.trim_end_matches('/')),
        })
    }
}

/// What a server's files say.
struct Files {
    rendered: Option<Loaded>,
    working: Option<Loaded>,
    /// Whether the working file was made of the rendered one, where that can be told.
    current: Option<bool>,
}

/// The values that a file sets, by the name of the directive.
struct Loaded(BTreeMap<&'static str, Value>);

impl Files {
    fn read(
        deployment: &Deployment,
        answers: &ServerAnswers,
        copy: impl Fn(&str) -> Option<Vec<u8>>,
        paths: &Paths,
    ) -> Self {
        let target =
            Target { versions: VersionRange::exactly(answers.identity.version), ..deployment.target };
        let load = |bytes: &[u8]| {
            Loaded(judge_conf(&ConfDoc::parse(bytes), &target, ConfReader::Server).settings.values)
        };
        let (rendered, working) = (copy(&paths.rendered), copy(&paths.working));
        let current = match (&rendered, &working) {
            (Some(rendered), Some(working)) => is_current(rendered, working),
            _ => None,
        };
        Files { rendered: rendered.as_deref().map(load), working: working.as_deref().map(load), current }
    }
}

/// Whether `start.sh` made the working file of this rendered one. Where it put secrets in, only a text that nobody
/// has written again tells.
fn is_current(rendered: &[u8], working: &[u8]) -> Option<bool> {
    let end = working.iter().position(|byte| *byte == b'\n')?;
    let (first, rest) = (std::str::from_utf8(&working[..end]).ok()?, &working[end + 1..]);
    let sum = first.strip_prefix(MARK)?.trim_end();
    if sum == sha256_hex(rendered) || rest.starts_with(rendered) {
        return Some(true);
    }
    let adds_secrets = working.windows(ADDED.len()).any(|text| text == ADDED);
    (!adds_secrets).then_some(false)
}

/// What stands above the secrets that `start.sh` adds; servers that write the file again keep it.
const ADDED: &[u8] = b"# Secrets, added by start.sh";

struct Server<'s> {
    deployment: &'s Deployment,
    node: &'s Node,
    answers: &'s ServerAnswers,
    files: Files,
    secrets: &'s Secrets<'s>,
}

impl Server<'_> {
    fn compare(&self, differences: &mut Vec<Difference>) {
        let Ok(printed) = &self.answers.settings else { return };
        for row in readable(self.deployment, self.node, self.answers.identity.version) {
            if matches!(row.expected, Expected::Local(Surroundings::Role, _)) {
                continue;
            }
            let mut names = std::iter::once(row.facts.name).chain(row.facts.aliases.iter().copied());
            let live = names.find_map(|name| printed.get(name));
            let Some(live) = live else { continue };
            let known =
                differences.iter_mut().find(|one| one.subject == Subject::Setting(row.facts.name.to_owned()));
            let Some((standing, next)) = self.standing(&row, live) else { continue };
            match known {
                Some(difference) => difference.standing = Some(standing),
                None => differences.extend(at_restart(&row, standing, next)),
            }
        }
    }

    /// Where spec, rendered file, working file and server part ways first; and what the file says there.
    fn standing(&self, row: &Row<'_>, live: &[u8]) -> Option<(Standing, Side)> {
        if row.directive.secret {
            return self.standing_of_secret(row, live);
        }
        let (Expected::Value(wanted) | Expected::Local(_, Some(wanted))) = &row.expected else { return None };
        let shown = |value: &Value| Side::Text(value.to_string());
        let wanted = self.canonical(row, wanted);
        let rendered = self.files.rendered.as_ref().map(|file| self.of(row, file));
        if let Some(rendered) = rendered.flatten().filter(|rendered| *rendered != wanted) {
            return Some((Standing::NotRolledOut, shown(&rendered)));
        }
        let working = self.of(row, self.files.working.as_ref()?)?;
        if working != wanted {
            let standing = match self.files.current {
                Some(true) => Standing::Rewritten,
                Some(false) => Standing::Pending,
                None => Standing::PendingOrRewritten,
            };
            return Some((standing, shown(&working)));
        }
        let (engine, version) = (self.answers.identity.engine, self.answers.identity.version);
        let live = observed(row.directive, engine, version, live)?;
        (live != working).then(|| (Standing::RunningOnly, shown(&working)))
    }

    /// Rendered files leave secrets out; the working file has them.
    fn standing_of_secret(&self, row: &Row<'_>, live: &[u8]) -> Option<(Standing, Side)> {
        let working = self.files.working.as_ref()?;
        let next = match working.0.get(row.facts.name) {
            Some(Value::Text(text)) => text.as_slice(),
            Some(_) => return None,
            None => &[],
        };
        let side = if next.is_empty() { Side::Absent } else { Side::Secret };
        let wanted = match &row.expected {
            Expected::Secret(reference) => self.secret(reference)?,
            _ => Vec::new(),
        };
        if next != wanted {
            return Some((Standing::PendingOrRewritten, side));
        }
        (next != live).then_some((Standing::RunningOnly, side))
    }

    fn secret(&self, reference: &SecretRef) -> Option<Vec<u8>> {
        self.secrets.get(reference).map(|secret| secret.0)
    }

    /// What a server that starts on the file has: what that sets, or the default.
    fn of(&self, row: &Row<'_>, file: &Loaded) -> Option<Value> {
        if let Some(value) = file.0.get(row.facts.name) {
            return Some(self.canonical(row, value));
        }
        let identity = &self.answers.identity;
        let defaults = Defaults::of(identity.engine, VersionRange::exactly(identity.version));
        Some(self.canonical(row, defaults.get(row.directive)?))
    }

    /// A value as it reads once a server has taken it: limits of classes that a file does not name are the defaults,
    /// and a cluster has one database.
    fn canonical(&self, row: &Row<'_>, value: &Value) -> Value {
        let identity = &self.answers.identity;
        let target = Target { versions: VersionRange::exactly(identity.version), ..self.deployment.target };
        let in_cluster = matches!(self.deployment.topology, crate::model::Topology::Cluster { .. });
        let value = crate::value::runtime_value(row.directive.name, value, in_cluster, &target);
        let printed = value.printed(row.directive, identity.version);
        observed(row.directive, identity.engine, identity.version, &printed).unwrap_or(value)
    }
}

/// The server is what the spec says, and its files are not.
fn at_restart(row: &Row<'_>, standing: Standing, next: Side) -> Option<Difference> {
    let subject = Subject::Setting(row.facts.name.to_owned());
    let wanted = match &row.expected {
        _ if row.directive.secret => Side::Secret,
        Expected::Value(value) | Expected::Local(_, Some(value)) => Side::Text(value.to_string()),
        Expected::Secret(_) => Side::Secret,
        Expected::Local(_, None) => return None,
    };
    let mend = match standing {
        Standing::NotRolledOut => Mend::ByHand("roll the rendered files out".to_owned()),
        Standing::Pending => Mend::ByHand("nothing: the next start makes a new working file".to_owned()),
        Standing::Rewritten | Standing::RunningOnly | Standing::PendingOrRewritten => {
            Mend::Command("CONFIG REWRITE".to_owned())
        }
    };
    // What the next start mends by itself is shown, and no drift.
    let class = if standing == Standing::Pending { Class::Moved } else { Class::AtRestart };
    let span = row.setting.and_then(|setting| setting.value_span.or_else(|| setting.origin.span()));
    let mut difference = Difference::new(subject, class, wanted, next).mend(mend).at(span);
    difference.standing = Some(standing);
    Some(difference)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The script writes them; here they are read.
    #[test]
    fn start_sh_marks_its_files_so() {
        let script = include_str!("../../templates/start.sh.j2");
        assert!(script.contains(&format!("\"{MARK}$sum\"")));
        assert!(script.contains(&format!("{}\\n", String::from_utf8_lossy(ADDED))));
    }
}
