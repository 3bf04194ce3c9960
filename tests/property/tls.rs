//! Random TLS tables.

use cachewright::catalog::{Engine, Target, Version};

use super::random::Random;
use crate::support::tls::Certificates;

/// The tables of one spec.
#[derive(Debug)]
pub(crate) struct Tables {
    /// The deployment's.
    pub(crate) deployment: String,
    /// That of its sentinels, where they have to speak TLS.
    pub(crate) sentinels: Option<String>,
}

/// Tables for every third spec of a build with TLS. `beside` is a port for TLS beside the plain one, and every node
/// may count up from it. The choices are made apart from the spec's others, which stay as they are.
pub(crate) fn tables(
    seed: u64,
    target: &Target,
    topology: &str,
    beside: u16,
    certificates: &Certificates,
) -> Option<Tables> {
    let mut random = Random::new(seed ^ 0x0074_6c73);
    if !target.build.tls || !random.once_in(3) {
        return None;
    }
    let (engine, first) = (target.engine, target.versions.first);
    let since = |version| engine == Engine::Valkey || first >= version;
    let mut keys = vec![format!("cert-file = {:?}", certificates.cert())];
    // `tls-key-file-pass` and `tls-auth-clients optional` came with 6.2.
    if since(Version::new(6, 2, 2)) && random.once_in(3) {
        keys.push(format!("key-file = {:?}", certificates.protected_key("secret-of-env:KEY")));
        keys.push("key-file-password = { env = \"KEY\" }".to_owned());
    } else {
        keys.push(format!("key-file = {:?}", certificates.key()));
    }
    let words = ["required", "no", "optional"];
    let words = if since(Version::new(6, 2, 0)) { &words[..] } else { &words[..2] };
    let clients = random.once_in(2).then(|| *random.pick(words));
    keys.extend(clients.map(|word| format!("auth-clients = \"{word}\"")));
    // Where nobody is checked, nobody needs an authority.
    let needed = topology != "standalone" || clients != Some("no") || random.once_in(2);
    if needed && random.once_in(3) {
        keys.push(format!("ca-cert-dir = {:?}", certificates.authorities()));
    } else if needed {
        keys.push(format!("ca-cert-file = {:?}", certificates.authority()));
    }
    let mut links = true;
    if random.once_in(2) {
        keys.push(format!("port = {beside}"));
        links = random.once_in(2);
        if !links {
            keys.push("replication = false".to_owned());
        }
        if topology == "cluster" && random.once_in(2) {
            keys.push(format!("cluster-bus = {}", random.once_in(2)));
        }
    }
    let of_sentinels = format!(
        "tls = {{ cert-file = {:?}, key-file = {:?}, ca-cert-file = {:?} }}",
        certificates.cert(),
        certificates.key(),
        certificates.authority()
    );
    Some(Tables {
        deployment: format!("tls = {{ {} }}", keys.join(", ")),
        sentinels: links.then_some(of_sentinels),
    })
}
