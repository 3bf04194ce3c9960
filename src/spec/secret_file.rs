//! The path of a file that holds a secret.

use super::decode::{Decode, Decoder, invalid, wrong_type};
use super::raw::{Node, Raw};
use super::shape::{Describe, Form, Scalar, Shape};
use crate::diag::{Code, Finding};

/// The absolute path of a file that holds a secret. A relative one would mean another file in every folder that
/// somebody renders in, and on hosts none at all; a `~` is no folder but to shells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretFile(pub String);

impl Decode for SecretFile {
    const WANTS: &'static str = "an absolute path such as \"/run/secrets/sessions\"";

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let Raw::Text(text) = &node.value else { return wrong_type(node, Self::WANTS, decoder) };
        if text.len() > 1 && text.starts_with('/') {
            return Some(SecretFile(text.clone()));
        }
        let title = "the file of a secret is named by an absolute path";
        let help = "write where it lies on the hosts, such as `/run/secrets/sessions`";
        if looks_like_a_path(text) {
            return invalid(node.span, title, help, decoder);
        }
        // It may be the password itself: it is shown no more than one.
        decoder.findings.push(
            Finding::new(Code::LiteralSecret, node.span, title)
                .help(help)
                .note("if it is the secret itself, change the password: it is no longer secret"),
        );
        None
    }
}

impl Describe for SecretFile {
    fn shape() -> Shape {
        const FILE: &Scalar = &Scalar {
            name: "file of a secret",
            doc: "An absolute path on the hosts: `/run/secrets/sessions`.",
            forms: &[Form::Text(Some("^/."))],
        };
        Shape::Scalar(FILE)
    }
}

/// Whether people meant a path: `pw.txt`, `~/pw`, `../pw`.
fn looks_like_a_path(text: &str) -> bool {
    let has_ending = text.rsplit_once('.').is_some_and(|(name, ending)| {
        !name.is_empty() && (1..=4).contains(&ending.len()) && ending.bytes().all(|b| b.is_ascii_lowercase())
    });
    has_ending
        || text.is_empty()
        || text == "/"
        || ["~/", "./", "../"].iter().any(|start| text.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::looks_like_a_path;

    #[test]
    fn passwords_are_no_paths() {
        for path in ["pw.txt", "secrets/pw.env", "~/pw", "../pw", "./a b", ""] {
            assert!(looks_like_a_path(path), "{path}");
        }
        for other in ["hunter2", "a/b+c==", "pass.W0rd", "~hunter2", ".x"] {
            assert!(!looks_like_a_path(other), "{other}");
        }
    }
}
