//! The spec as written: layers read and merged into an untyped tree, then decoded into plain
//! records in which every value knows its place. Names are not resolved here and nothing is
//! known of servers; that is `model`'s business.

mod declare;
mod decode;
pub mod edits;
mod json_layer;
mod json_places;
mod load;
mod merge;
mod on_hosts;
pub mod raw;
mod records;
mod scalars;
mod secret_file;
pub(crate) mod secrets;
pub mod shape;
mod templates;
mod toml_layer;
mod toml_statements;

pub use decode::{Decode, Decoder, NAME_PATTERN, Named, NamedEntry};
pub(crate) use decode::{counted, listed, nearest};
pub use load::{EXTENDS, Layers, ReadText, load};
pub use merge::UNSET;
pub(crate) use merge::literal_secret as literal_secret_in;
pub use on_hosts::{Account, DataDir, HostPath};
pub use records::*;
pub use scalars::{
    ArtifactPath, Date, FileMode, Format, OneOrMany, Port, SecretRef, SecretTable, Size, literal_secret,
};
pub use templates::{TemplateFile, TemplateFolder, read_templates};

use crate::diag::Findings;
use crate::source::{SourceId, Sources};
use raw::{Node, Raw};

/// Decodes merged layers. None where there is nothing to decode.
pub fn decode(layers: &Layers, findings: &mut Findings) -> Option<Spec> {
    let node = Node { value: Raw::Table(layers.root.clone()), span: layers.main?.start_only() };
    let mut decoder = Decoder { findings, lossy: layers.lossy };
    Spec::decode(&node, &mut decoder)
}

/// Decodes a baseline: one text in TOML, without layers.
pub fn read_baseline(id: SourceId, text: &str, findings: &mut Findings) -> Option<BaselineSpec> {
    let table = toml_layer::read(id, text, findings);
    let lossy = !findings.is_empty();
    let node = Node { value: Raw::Table(table), span: Sources::span(id, 0..0) };
    BaselineSpec::decode(&node, &mut Decoder { findings, lossy })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::diag::Code;

    struct One(&'static str);

    impl ReadText for One {
        fn read(&self, _: &Path) -> Result<String, String> {
            Ok(self.0.to_owned())
        }
    }

    fn read(text: &'static str) -> (Option<Spec>, Vec<(Code, String, String)>) {
        let mut findings = Findings::default();
        let layers = load(Path::new("a.toml"), &One(text), &mut findings);
        let spec = decode(&layers, &mut findings);
        findings.sort();
        let list = findings.iter().map(|finding| {
            let at = finding.span().map(|span| layers.sources.locate(span).at.line.to_string());
            (finding.code, at.unwrap_or_default(), finding.title.clone())
        });
        let list = list.collect();
        (spec, list)
    }

    #[test]
    fn six_mistakes_of_six_kinds_are_six_findings() {
        let (spec, findings) = read(
            "format = 1\nname = \"x\"\n\
             [hosts]\na = { address = \"10.0.0.1\", zoen = \"z\" }\nb = { zone = \"z\" }\n\
             [redis.s]\nversion = 7.2\ntopology = \"sentinal\"\nport = 70000\nhosts = \"a\"\n",
        );
        assert!(spec.is_some());
        let kinds: Vec<_> = findings.iter().map(|(code, line, _)| (code.name(), line.as_str())).collect();
        assert_eq!(
            kinds,
            [
                ("unknown-key", "4"),
                ("missing-key", "5"),
                ("invalid-field", "7"),
                ("invalid-field", "8"),
                ("invalid-field", "9"),
                ("wrong-type", "10"),
            ],
            "{findings:#?}"
        );
    }

    #[test]
    fn bounds_come_from_the_record() {
        let (_, findings) = read(
            "format = 1\nname = \"x\"\n[redis.s]\nversion = \"7.2\"\ntopology = \"cluster\"\nshards = 0\n",
        );
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].2, "`shards` must be 1 to 1000 shards");
    }

    #[test]
    fn a_secret_in_the_spec_is_reported_and_not_shown() {
        let (_, findings) = read(
            "format = 1\nname = \"x\"\n[redis.s]\nversion = \"7.2\"\ntopology = \"standalone\"\n\
             users.app.passwords = [\"hunter2\"]\n",
        );
        assert_eq!(findings.iter().map(|f| f.0).collect::<Vec<_>>(), [Code::LiteralSecret]);
        assert!(!findings[0].2.contains("hunter2"));
    }

    #[test]
    fn a_misspelled_required_key_is_one_finding() {
        let (_, findings) = read("format = 1\nnmae = \"x\"\n");
        assert_eq!(findings.iter().map(|f| f.0).collect::<Vec<_>>(), [Code::UnknownKey]);
    }
}
