//! The content of a file: cheap to share, its checksum taken once.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};

/// The whole content of a file.
///
/// Clones share it, and its checksum is computed once for all of them: make the content that all nodes of
/// a deployment have once, and clone it for each.
#[derive(Clone)]
pub struct Bytes(Arc<Shared>);

struct Shared {
    content: Vec<u8>,
    sha256: OnceLock<[u8; 32]>,
}

impl Bytes {
    /// The SHA-256 of the content.
    pub fn sha256(&self) -> [u8; 32] {
        *self.0.sha256.get_or_init(|| Sha256::digest(&self.0.content).into())
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0.content
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(content: Vec<u8>) -> Self {
        Bytes(Arc::new(Shared { content, sha256: OnceLock::new() }))
    }
}

impl From<String> for Bytes {
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

impl PartialEq for Bytes {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || **self == **other
    }
}

impl Eq for Bytes {}

impl fmt::Debug for Bytes {
    /// Only the length: the content may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bytes({})", self.len())
    }
}

/// A checksum as 64 lower-case hexadecimal digits.
pub fn hex(sha256: &[u8; 32]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";

    let mut digits = String::with_capacity(64);
    for byte in sha256 {
        digits.push(char::from(DIGITS[usize::from(byte >> 4)]));
        digits.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    digits
}

/// The SHA-256 of bytes that are no file, in hexadecimal.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_content_and_checksum() {
        let bytes = Bytes::from("abc".to_owned());
        let clone = bytes.clone();
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex(&clone.sha256()), expected);
        assert!(bytes.0.sha256.get().is_some(), "computed for all clones");
        assert_eq!(sha256_hex(b"abc"), expected);
        assert_eq!(bytes, Bytes::from(b"abc".to_vec()));
    }

    #[test]
    fn debug_output_shows_no_content() {
        assert_eq!(format!("{:?}", Bytes::from("requirepass hunter2".to_owned())), "Bytes(19)");
    }
}
