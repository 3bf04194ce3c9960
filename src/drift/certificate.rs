//! The certificate that a server shows: how long it is valid, and whether it is the one in its file.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use time::{Date, OffsetDateTime};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::live::Served;
use crate::source::At;
use crate::spec::TlsSpec;

use super::difference::{Class, Difference, Mend, Side, Subject};
use super::users::word;

/// Fewer days than this are told of: enough to renew it in working hours.
const SOON: i64 = 14;

/// Compares what a server showed with a copy of its file, if there is one, and with today.
pub(super) fn compare(
    spec: &At<TlsSpec>,
    served: &Served,
    copy: impl Fn(&str) -> Option<Vec<u8>>,
    has_config: bool,
    now: OffsetDateTime,
) -> Option<Difference> {
    let Some(until) = valid_until(&served.der) else {
        let why = "the certificate that it shows cannot be read";
        return Some(Difference::unreadable(Subject::Certificate, why).at(Some(spec.span)));
    };
    let path = spec.value.cert_file.as_ref();
    let text = |until: OffsetDateTime| Side::Text(format!("valid until {}", until.date()));
    // Redis and Valkey read certificates again when the path is set, also to the same one; sentinels have no CONFIG.
    let reload = |path: &str| {
        if has_config {
            Mend::Command(format!("CONFIG SET tls-cert-file {}", word(path)))
        } else {
            Mend::Restart
        }
    };
    let filed = path.and_then(|path| copy(&path.value)).and_then(|pem| first(&pem));
    if let (Some(path), Some(filed)) = (path, filed.filter(|filed| *filed != served.der)) {
        let wanted = valid_until(&filed).map_or(Side::Unknown, text);
        let note =
            format!("it shows another certificate than stands in {}: it has not read it again", path.value);
        let difference = Difference::new(Subject::Certificate, Class::Changed, wanted, text(until));
        return Some(difference.mend(reload(&path.value)).at(Some(path.span)).note(note));
    }
    let days = days(now.date(), until.date());
    if days >= SOON {
        return None;
    }
    let (class, note) = match days {
        ..0 => (Class::Changed, "it has expired".to_owned()),
        0 => (Class::Moved, "it expires today".to_owned()),
        1 => (Class::Moved, "it expires tomorrow".to_owned()),
        days => (Class::Moved, format!("it expires in {days} days")),
    };
    let mend = Mend::ByHand("renew it, and have the server read it again".to_owned());
    let difference = Difference::new(Subject::Certificate, class, Side::Unknown, text(until));
    Some(difference.mend(mend).at(path.map(|path| path.span)).note(note))
}

fn days(from: Date, to: Date) -> i64 {
    (to - from).whole_days()
}

/// The end of a certificate's validity.
fn valid_until(der: &[u8]) -> Option<OffsetDateTime> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    OffsetDateTime::from_unix_timestamp(certificate.validity().not_after.timestamp()).ok()
}

/// The first certificate of a file in PEM: the server's own.
fn first(pem: &[u8]) -> Option<Vec<u8>> {
    let certificate = CertificateDer::from_pem_slice(pem).ok()?;
    Some(certificate.as_ref().to_vec())
}
