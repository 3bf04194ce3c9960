//! A rendered site, its servers, and what drift says of them.

use std::collections::BTreeMap;
use std::path::Path;

use cachewright::drift::{self, Against, Copies, Difference};
use cachewright::live::{self, Access, Address, GivenLogin, Patience, TlsSettings};
use cachewright::model::AnyNode;
use cachewright::text::acl::Sensitive;

use time::OffsetDateTime;

use crate::rendered::Passwords;
use crate::rendered::site::Site;
use crate::rendered::texts::Texts;
use crate::support;
use crate::support::servers::{Engine, Server, Servers, Version};

/// The servers that a deployment can be declared for.
pub(crate) fn servers() -> Vec<&'static Server> {
    let wanted = std::env::var("DRIFT_ON").unwrap_or_default();
    let can = |server: &&Server| server.engine != Engine::Redict && server.to_string().contains(&wanted);
    Servers::redis_like().filter(can).collect()
}

/// The first lines of a deployment's table: its version and what the packages are built with.
pub(crate) fn declared(server: &Server) -> String {
    let Version(major, minor, _) = server.version;
    let tls = support::probe::file(server, &["tls-port 0"]).is_accepted();
    format!("version = \"{major}.{minor}\"\nbuild = {{ tls = {tls}, defrag = false, systemd = false }}\n")
}

/// Renders a spec for servers of this machine.
pub(crate) fn render(spec: &str) -> Site {
    let path = Path::new("/drift/spec.toml");
    let texts = Texts::default().with(path, spec.to_owned());
    match Site::render(&texts, path, Some(Passwords::default())) {
        Ok(site) => site,
        Err(why) => panic!("{why}\n{spec}"),
    }
}

/// How the nodes of a site are asked, where not as its spec says.
#[derive(Default)]
pub(crate) struct How {
    pub(crate) login: Option<(Option<String>, String)>,
    pub(crate) via: BTreeMap<String, Address>,
    pub(crate) without_napi_ids: bool,
    pub(crate) tls: TlsSettings,
    pub(crate) now: Option<OffsetDateTime>,
}

/// What drift says of every node that is asked, by the node's name.
pub(crate) fn drift(site: &Site, how: &How) -> BTreeMap<String, Result<Vec<Difference>, String>> {
    drift_with(site, how, None)
}

/// The same, with copies of the hosts' files.
pub(crate) fn drift_with(
    site: &Site,
    how: &How,
    copies: Option<Copies<'_>>,
) -> BTreeMap<String, Result<Vec<Difference>, String>> {
    let secrets = Passwords::default();
    let login = how.login.as_ref().map(|(user, password)| GivenLogin {
        user: user.clone(),
        password: Some(Sensitive(password.clone().into_bytes())),
    });
    let access = Access {
        login,
        tls: how.tls.clone(),
        via: how.via.clone(),
        without_napi_ids: how.without_napi_ids,
        secrets: &secrets,
        read: &|path: &Path| std::fs::read(path).ok(),
        patience: Patience::default(),
        at_once: 16,
    };
    let nodes: Vec<AnyNode<'_>> = AnyNode::all(&site.model).collect();
    let heard = live::observe(&site.model, &nodes, &access, || ());
    let against = Against { secrets: &secrets, copies, now: how.now.unwrap_or_else(OffsetDateTime::now_utc) };
    let reports = drift::compare(&site.model, &heard, &against);
    reports
        .into_iter()
        .map(|report| (report.node.name(), report.outcome.map_err(|trouble| trouble.to_string())))
        .collect()
}

/// Every difference in a line, `NODE: WHAT`; troubles too.
pub(crate) fn told(site: &Site, how: &How) -> Vec<String> {
    let mut told = Vec::new();
    for (node, outcome) in drift(site, how) {
        match outcome {
            Ok(list) => told.extend(list.iter().map(|one| {
                let note = one.note.as_deref().map(|note| format!(" [{note}]")).unwrap_or_default();
                format!("{node}: {} {}: {} -> {}{note}", one.class.name(), one.subject, one.wanted, one.live)
            })),
            Err(trouble) => told.push(format!("{node}: {trouble}")),
        }
    }
    told
}

/// Does the same on every server, several at a time: most of it is waiting.
pub(crate) fn on_every_server(work: impl Fn(&'static Server) + Sync) {
    live::side_by_side(&servers(), 4, |server| work(server), || ());
}
