//! TLS as a client: whom we trust, what we show, and which certificate a server showed.

use std::fmt;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::Trouble;

/// What a client needs to know for TLS; the texts are PEM. `Debug` shows none of them.
#[derive(Clone, Default)]
pub struct TlsSettings {
    /// The authorities that are trusted; those of the system where there are none, and then for the host's name only.
    pub authorities: Option<Vec<u8>>,
    /// The certificate to show, with what stands between it and its authority.
    pub certificate: Option<Vec<u8>>,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// The name to ask for and to hold the certificate to; only its authority is checked where there is none, as
    /// redis-cli does.
    pub name: Option<String>,
    /// Any certificate will do.
    pub insecure: bool,
}

impl fmt::Debug for TlsSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsSettings")
            .field("name", &self.name)
            .field("insecure", &self.insecure)
            .finish_non_exhaustive()
    }
}

/// A client that speaks TLS; made once, for any number of servers.
#[derive(Debug, Clone)]
pub struct TlsClient {
    pub(super) config: Arc<ClientConfig>,
    name: Option<String>,
}

impl TlsClient {
    /// Makes a client, or says what of its settings cannot be used.
    pub fn new(settings: &TlsSettings) -> Result<Self, String> {
        let provider = Arc::new(ring::default_provider());
        let verifier: Arc<dyn ServerCertVerifier> = if settings.insecure {
            Arc::new(Anybody(Arc::clone(&provider)))
        } else {
            let roots = Arc::new(roots(settings.authorities.as_deref())?);
            let inner = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider))
                .build()
                .map_err(|error| format!("the certificate authorities cannot be used: {error}"))?;
            // The system's authorities sign for anybody: what they sign must at least bear the host's name.
            let named = settings.name.is_some() || settings.authorities.is_none();
            Arc::new(ByAuthority { inner, named })
        };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let config = match (&settings.certificate, &settings.key) {
            (Some(certificate), Some(key)) => {
                let chain = certificates(certificate, "the client's certificate")?;
                let key = PrivateKeyDer::from_pem_slice(key)
                    .map_err(|error| format!("the client's key cannot be read: {error}"))?;
                builder
                    .with_client_auth_cert(chain, key)
                    .map_err(|error| format!("certificate and key of the client do not fit: {error}"))?
            }
            _ => builder.with_no_client_auth(),
        };
        Ok(TlsClient { config: Arc::new(config), name: settings.name.clone() })
    }

    /// The name that the server is asked for.
    pub(super) fn name_of(&self, host: &str) -> Result<ServerName<'static>, Trouble> {
        let name = self.name.as_deref().unwrap_or(host);
        ServerName::try_from(name.to_owned())
            .map_err(|_| Trouble::Tls(format!("`{name}` is no name that TLS could ask for")))
    }
}

fn roots(authorities: Option<&[u8]>) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    match authorities {
        Some(pem) => {
            for certificate in certificates(pem, "the certificate authorities")? {
                roots
                    .add(certificate)
                    .map_err(|error| format!("a certificate authority cannot be used: {error}"))?;
            }
        }
        None => {
            let system = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(system.certs);
        }
    }
    if roots.is_empty() {
        return Err("this machine knows no certificate authorities: name some with --cacert".to_owned());
    }
    Ok(roots)
}

fn certificates(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match read {
        Ok(list) if list.is_empty() => Err(format!("{what}: the file holds no certificate in PEM")),
        Ok(list) => Ok(list),
        Err(error) => Err(format!("{what}: the file cannot be read: {error}")),
    }
}

/// The certificate that a server showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// The certificate, as DER.
    pub der: Vec<u8>,
}

impl Served {
    pub(super) fn of(chain: &[CertificateDer<'_>]) -> Option<Self> {
        chain.first().map(|own| Served { der: own.as_ref().to_vec() })
    }
}

/// What went wrong, for people.
pub(super) fn reason(error: &rustls::Error) -> String {
    use rustls::Error::InvalidCertificate;
    match error {
        // A bad signature is another authority of the same name: one that was made anew.
        InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            "its certificate is not from an authority that we trust: name the right one with --cacert"
                .to_owned()
        }
        InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            "its certificate has expired".to_owned()
        }
        InvalidCertificate(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }) => {
            "its certificate is not valid yet".to_owned()
        }
        rustls::Error::AlertReceived(rustls::AlertDescription::CertificateRequired) => {
            "it wants a certificate of ours: name one with --cert and --key".to_owned()
        }
        other => other.to_string(),
    }
}

/// Holds a certificate to its authority, and to its name where one was asked for.
#[derive(Debug)]
struct ByAuthority {
    inner: Arc<WebPkiServerVerifier>,
    named: bool,
}

impl ServerCertVerifier for ByAuthority {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.inner.verify_server_cert(certificate, between, name, ocsp, now);
        match verified {
            // The name is looked at last: everything else was right.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.named => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Takes any certificate, as long as its key is the server's.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
