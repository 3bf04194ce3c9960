//! Servers that speak TLS: they are asked over it, and the certificate that they show is looked at.

use std::sync::Arc;
use std::time::Duration;

use cachewright::live::TlsSettings;

use crate::observed::{How, declared, drift_with, render, servers, told};
use crate::support;
use crate::support::port::Port;
use crate::support::tls::Certificates;

#[test]
fn certificates_are_looked_at() {
    let certificates = Arc::new(Certificates::make());
    let others = Certificates::make();
    let mut asked = 0;
    for server in servers() {
        if !support::probe::file(server, &["tls-port 0"]).is_accepted() {
            println!("{server} has no TLS");
            continue;
        }
        let engine = server.engine.name();
        let port = Port::reserve();
        let site = render(&format!(
            "format = 1\nname = \"drift\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n\
             [{engine}.one]\ntopology = \"standalone\"\nhosts = [\"a\"]\nport = {}\n{}\
             tls = {{ cert-file = \"{}\", key-file = \"{}\", ca-cert-file = \"{}\" }}\n",
            port.number(),
            declared(server),
            certificates.cert(),
            certificates.key(),
            certificates.authority()
        ))
        .with_certificates(&certificates);
        let deployment = &site.model.deployments[0];
        let running = site.launch(server, deployment, &deployment.nodes[0]).start();
        // What the spec names is on this machine; the certificate is good for two days.
        let soon = told(&site, &How::default());
        assert_eq!(soon.len(), 1, "{server}: {soon:?}");
        assert!(soon[0].contains("one/a: moved certificate") && soon[0].contains("it expires"), "{soon:?}");
        let now = time::OffsetDateTime::now_utc();
        let young = How { now: Some(now - Duration::from_hours(24 * 30)), ..How::default() };
        assert_eq!(told(&site, &young), [""; 0], "{server}");
        let old = How { now: Some(now + Duration::from_hours(24 * 30)), ..How::default() };
        let said = told(&site, &old);
        assert!(
            said.len() == 1 && said[0].contains("changed certificate") && said[0].contains("it has expired"),
            "{said:?}"
        );

        // Another certificate in the file than the server read.
        let copies = |_: &str, path: &str| {
            (path == certificates.cert()).then(|| std::fs::read(others.cert()).unwrap())
        };
        let outcome = drift_with(&site, &young, Some(&copies)).remove("one/a").unwrap().unwrap();
        let text: Vec<String> = outcome.iter().filter_map(|one| one.note.clone()).collect();
        assert!(text.iter().any(|note| note.contains("it has not read it again")), "{server}: {text:?}");

        // An authority that did not sign it; none of ours to show; anybody.
        let read = |path: String| Some(std::fs::read(path).unwrap());
        let wrong = How {
            tls: TlsSettings { authorities: read(others.authority()), ..TlsSettings::default() },
            ..How::default()
        };
        let said = told(&site, &wrong);
        assert!(said.len() == 1 && said[0].contains("not from an authority that we trust"), "{said:?}");
        let insecure = How {
            tls: TlsSettings { insecure: true, ..TlsSettings::default() },
            now: young.now,
            ..How::default()
        };
        assert_eq!(told(&site, &insecure), [""; 0], "{server}");
        let named = How {
            tls: TlsSettings { name: Some("cache.example.org".to_owned()), ..TlsSettings::default() },
            ..How::default()
        };
        let said = told(&site, &named);
        assert!(said.len() == 1 && said[0].contains("no connection with TLS"), "{said:?}");
        drop(running);
        asked += 1;
    }
    assert!(asked > 0 || servers().is_empty());
}
