//! Looking for a canary, whatever it was written as.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock};

use sha2::{Digest, Sha256};

/// What every canary begins and ends with. Neither occurs in anything that the program says by itself, so that
/// a part of a canary is found as well as a whole one.
const HEAD: &str = "c4n4ry";
const TAIL: &str = "b1rd";
/// Stands behind the letters of a canary: what quoting changes. Blanks and quotes are left out, for old servers
/// lose them.
const ODD: &str = "$HOME#%&;|x";

/// A secret that occurs nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Canary(pub(crate) usize);

impl Canary {
    /// The part that no quoting changes.
    pub(crate) fn core(self) -> String {
        format!("{HEAD}{:04}{TAIL}", self.0)
    }

    /// The whole secret.
    pub(crate) fn value(self) -> String {
        self.core() + ODD
    }

    /// Its SHA-256, as ACL files have it.
    pub(crate) fn hash(self) -> String {
        static KNOWN: Mutex<BTreeMap<usize, String>> = Mutex::new(BTreeMap::new());
        let mut known = KNOWN.lock().unwrap();
        known.entry(self.0).or_insert_with(|| hex(&Sha256::digest(self.value()))).clone()
    }

    /// Whether a text holds this one as it is, but for quoting.
    pub(crate) fn is_in(self, text: &[u8]) -> bool {
        String::from_utf8_lossy(text).contains(&self.core())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a text shows of any canary, and how; none where it shows nothing. `canaries` are those whose checksums
/// are looked for too.
pub(crate) fn shown(text: &[u8], canaries: &[Canary]) -> Option<String> {
    static BASE64: OnceLock<Vec<String>> = OnceLock::new();
    static FORMS: OnceLock<Vec<(&str, String)>> = OnceLock::new();
    let text = String::from_utf8_lossy(text);
    let lower = text.to_ascii_lowercase();
    // Without what quoting adds.
    let bare: String = lower.chars().filter(|c| !"\\'\"`".contains(*c)).collect();
    let forms = FORMS.get_or_init(|| [HEAD, TAIL].into_iter().flat_map(forms).collect());
    if let Some((name, form)) = forms.iter().find(|(_, form)| bare.contains(form)) {
        return Some(format!("{form}, {name}"));
    }
    let forms = BASE64.get_or_init(|| [HEAD, TAIL].iter().flat_map(|part| base64(part.as_bytes())).collect());
    if let Some(form) = forms.iter().find(|form| text.contains(form.as_str())) {
        return Some(format!("{form}, in base64"));
    }
    let hash = canaries.iter().find(|canary| lower.contains(&canary.hash()));
    hash.map(|canary| format!("the SHA-256 of {canary:?}"))
}

/// What a part of a canary looks like where it is encoded, in lower case and without backslashes.
fn forms(part: &str) -> Vec<(&'static str, String)> {
    let each =
        |form: &dyn Fn(u8) -> String, between: &str| part.bytes().map(form).collect::<Vec<_>>().join(between);
    vec![
        ("as it is", part.to_owned()),
        ("backwards", part.chars().rev().collect()),
        ("in hexadecimal", each(&|byte| format!("{byte:02x}"), "")),
        ("in hexadecimal with blanks", each(&|byte| format!("{byte:02x}"), " ")),
        ("with percent signs", each(&|byte| format!("%{byte:02x}"), "")),
        ("in escapes", each(&|byte| format!("x{byte:02x}"), "")),
        ("in octal escapes", each(&|byte| format!("{byte:03o}"), "")),
        ("in short octal escapes", each(&|byte| format!("{byte:o}"), "")),
        ("in Unicode escapes", each(&|byte| format!("u00{byte:02x}"), "")),
        ("as numbers", each(&|byte| byte.to_string(), ", ")),
        ("as numbers", each(&|byte| byte.to_string(), ",")),
    ]
}

/// What a part of a text looks like in base64, wherever it begins in it; the digits that others share are left out.
fn base64(part: &[u8]) -> [String; 3] {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    [0, 1, 2].map(|before| {
        let bits: Vec<bool> =
            part.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1)).collect();
        // So many bits of the first byte belong to a digit that begins in the byte before it.
        let skip = (6 - before * 8 % 6) % 6;
        let digit = |six: &[bool]| {
            let value = six.iter().fold(0usize, |value, bit| value << 1 | usize::from(*bit));
            char::from(DIGITS[value])
        };
        bits[skip..].chunks_exact(6).map(digit).collect()
    })
}

#[test]
fn a_canary_is_found_in_every_encoding() {
    let canary = Canary(7);
    let value = canary.value();
    let escaped = |form: &dyn Fn(u8) -> String| value.bytes().map(form).collect::<String>();
    for text in [
        value.clone(),
        value.to_uppercase(),
        format!("requirepass \"c4n\\4ry{}\"", &value[7..]),
        "it is 'c4n''4ry0'".to_owned(),
        hex(value.as_bytes()),
        escaped(&|byte| format!("%{byte:02X}")),
        escaped(&|byte| format!("\\x{byte:02x}")),
        escaped(&|byte| format!("\\{byte:o}")),
        format!("{:?}", value.as_bytes()),
        value.chars().rev().collect(),
        // `c4n4ry0007b1rd` behind no byte, one and two.
        "YzRuNHJ5MDAwN2IxcmQ=".to_owned(),
        "eGM0bjRyeTAwMDdiMXJk".to_owned(),
        "eHhjNG40cnkwMDA3YjFyZA==".to_owned(),
        canary.hash(),
    ] {
        assert!(shown(text.as_bytes(), &[canary]).is_some(), "{text}");
    }
    assert_eq!(shown(b"requirepass: secret env:S0007, left out", &[canary]), None);
}
