//! Certificates made for one test, and clients that show them.
//!
//! The `openssl` command makes them: it is wherever servers with TLS are, and it writes keys with a password.

use std::path::Path;
use std::process::Command;

use redis::{ClientTlsConfig, TlsCertificates};
use tempfile::TempDir;

/// The addresses that a server's certificate is good for.
const ADDRESSES: &str = "IP:127.0.0.1,IP:127.0.0.2,IP:127.0.0.3,IP:127.0.0.4,IP:127.0.0.5";

/// The files of one authority, in a folder that goes with this.
#[derive(Debug)]
pub(crate) struct Certificates {
    folder: TempDir,
}

impl Certificates {
    /// Makes an authority, and a certificate of it for servers and their clients.
    pub(crate) fn make() -> Self {
        let folder = TempDir::with_prefix("cachewright-tls-").expect("a temporary folder");
        let made = Self { folder };
        let path = |name| made.path(name);
        made.openssl(&format!(
            "req -x509 {NEW_KEY} -days 2 -subj /CN=authority -keyout {} -out {}",
            path("ca.key"),
            path("ca.pem")
        ));
        made.openssl(&format!(
            "req {NEW_KEY} -subj /CN=server -keyout {} -out {}",
            path("key.pem"),
            path("request.pem")
        ));
        let extensions = format!("subjectAltName={ADDRESSES}\nextendedKeyUsage=serverAuth,clientAuth\n");
        std::fs::write(made.path("extensions"), extensions).expect("the extensions");
        made.openssl(&format!(
            "x509 -req -in {} -CA {} -CAkey {} -set_serial 2 -days 2 -extfile {} -out {}",
            path("request.pem"),
            path("ca.pem"),
            path("ca.key"),
            path("extensions"),
            path("cert.pem")
        ));
        made
    }

    /// The certificate, for servers and for clients.
    pub(crate) fn cert(&self) -> String {
        self.path("cert.pem")
    }

    /// Its key, which no password protects.
    pub(crate) fn key(&self) -> String {
        self.path("key.pem")
    }

    /// The authority.
    pub(crate) fn authority(&self) -> String {
        self.path("ca.pem")
    }

    /// A folder with the authority under the name by which OpenSSL looks for it.
    pub(crate) fn authorities(&self) -> String {
        let folder = self.path("authorities");
        if Path::new(&folder).exists() {
            return folder;
        }
        std::fs::create_dir_all(&folder).expect("the folder of authorities");
        let hash = self.openssl(&format!("x509 -in {} -noout -hash", self.authority()));
        std::fs::copy(self.authority(), format!("{folder}/{}.0", hash.trim())).expect("a copy");
        folder
    }

    /// The same key, protected by a password.
    pub(crate) fn protected_key(&self, password: &str) -> String {
        let (plain, protected) = (self.key(), self.path("protected-key.pem"));
        if Path::new(&protected).exists()
            && std::fs::read(self.path("password")).is_ok_and(|old| old == password.as_bytes())
        {
            return protected;
        }
        std::fs::write(self.path("password"), password).expect("the password");
        self.openssl(&format!(
            "pkcs8 -topk8 -in {plain} -passout file:{} -out {protected}",
            self.path("password")
        ));
        protected
    }

    /// A client that trusts the authority and shows the certificate.
    pub(crate) fn client(&self) -> TlsClient {
        self.client_of(self)
    }

    /// A client that trusts the authority and shows the certificate of another one.
    pub(crate) fn client_of(&self, other: &Self) -> TlsClient {
        let shown = ClientTlsConfig { client_cert: bytes(&other.cert()), client_key: bytes(&other.key()) };
        TlsClient {
            certificates: TlsCertificates { client_tls: Some(shown), ..self.anonymous().certificates },
        }
    }

    /// A client that trusts the authority and shows nothing.
    pub(crate) fn anonymous(&self) -> TlsClient {
        let root_cert = Some(bytes(&self.authority()));
        TlsClient { certificates: TlsCertificates { client_tls: None, root_cert } }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).into_os_string().into_string().expect("a path in UTF-8")
    }

    /// Runs the command; what it prints.
    fn openssl(&self, arguments: &str) -> String {
        let output = Command::new("openssl")
            .args(arguments.split(' '))
            .current_dir(self.folder.path())
            .output()
            .unwrap_or_else(|error| panic!("the openssl command makes the certificates: {error}"));
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {arguments}: {complaint}");
        String::from_utf8(output.stdout).expect("text")
    }
}

/// A new key that no password protects, of the kind that is made fastest.
const NEW_KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

fn bytes(path: &str) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// How a client speaks TLS.
#[derive(Clone, Debug)]
pub(crate) struct TlsClient {
    pub(super) certificates: TlsCertificates,
}
