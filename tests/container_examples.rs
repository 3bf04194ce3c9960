//! The examples for containers and Kubernetes: what they mount is what is rendered, and the entry point starts
//! real servers.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod rendered;
mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use cachewright::emit::{Artifact, EmitOptions, emit};
use rendered::texts::{Texts, findings};
use serde::Deserialize;
use serde_yaml_ng::Value;
use support::port::Port;
use support::running::Running;
use support::servers::{Engine, Server, Servers, Version};
use support::wait;
use tempfile::TempDir;

fn folder(example: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example)
}

fn rendered(texts: &Texts, spec: &Path) -> Vec<Artifact> {
    let compiled = texts.compile(spec);
    let model = compiled.checked().unwrap_or_else(|| panic!("{}", findings(&compiled)));
    emit(&model, &EmitOptions::default()).unwrap()
}

/// Every file that is rendered, and every folder of one. Where start.sh is not rendered, it is taken for it.
fn paths(example: &str) -> BTreeSet<String> {
    let artifacts = rendered(&Texts::default(), &folder(example).join("cache.toml"));
    let mut paths = BTreeSet::new();
    let without = !artifacts.iter().any(|file| file.path.ends_with("/start.sh"));
    for artifact in &artifacts {
        paths.insert(artifact.path.clone());
        let Some((folder, _)) = artifact.path.rsplit_once('/') else { continue };
        paths.insert(folder.to_owned());
        if without && artifact.node.is_some() {
            paths.insert(format!("{folder}/start.sh"));
        }
    }
    paths
}

fn documents(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap();
    let documents = serde_yaml_ng::Deserializer::from_str(&text);
    documents.map(|document| Value::deserialize(document).unwrap()).collect()
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_sequence().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
}

#[test]
fn compose_mounts_what_is_rendered() {
    let (example, rendered) = (folder("container"), paths("container"));
    let compose = &documents(&example.join("compose.yaml"))[0];
    let services = compose["services"].as_mapping().unwrap();
    for (name, service) in services {
        let name = name.as_str().unwrap();
        assert_eq!(service["hostname"].as_str(), Some(name), "the spec's address");
        assert!(rendered.contains(&format!("sessions/{name}")), "{name} is a node");
        let mut mounted = Vec::new();
        for volume in texts(&service["volumes"]) {
            let (source, target) = volume.split_once(':').unwrap();
            mounted.push(target);
            match (source.strip_prefix("./out/"), source.strip_prefix("./")) {
                (Some(path), _) => assert!(rendered.contains(path), "{path} is not rendered"),
                (None, Some(file)) => assert!(example.join(file).exists(), "{file}"),
                (None, None) => assert!(compose["volumes"].get(source).is_some(), "{source} is declared"),
            }
        }
        assert_eq!(mounted, ["/entrypoint.sh:ro", "/node:ro", "/data"], "{name}");
        for secret in texts(&service["secrets"]) {
            assert!(compose["secrets"].get(secret).is_some(), "{secret} is declared");
            let path = format!("/run/secrets/{secret}");
            assert_eq!(service["environment"]["CACHEWRIGHT_SECRETS"].as_str(), Some(path.as_str()));
        }
    }
    assert_eq!(services.len(), rendered.iter().filter(|path| path.ends_with("/redis.conf")).count());
}

#[test]
fn pods_mount_what_is_rendered() {
    let (example, rendered) = (folder("kubernetes"), paths("kubernetes"));
    let kustomization = &documents(&example.join("kustomization.yaml"))[0];
    let mut maps = BTreeSet::new();
    for map in kustomization["configMapGenerator"].as_sequence().unwrap() {
        for file in texts(&map["files"]) {
            let path = file.strip_prefix("out/").unwrap();
            assert!(rendered.contains(path), "{path} is not rendered");
            let (node, file) = path.strip_prefix("sessions/").unwrap().split_once('/').unwrap();
            assert_eq!(map["name"].as_str(), Some(node));
            maps.insert((node.to_owned(), file.to_owned(), format!("{node}/{file}")));
        }
    }
    let resources = texts(&kustomization["resources"]);
    let objects: Vec<Value> = resources.iter().flat_map(|file| documents(&example.join(file))).collect();
    let of = |kind: &str| objects.iter().find(|object| object["kind"].as_str() == Some(kind)).unwrap();
    let set = &of("StatefulSet")["spec"];
    assert_eq!(set["serviceName"], of("Service")["metadata"]["name"]);
    assert_eq!(of("Service")["spec"]["selector"], set["selector"]["matchLabels"]);
    let pod = &set["template"]["spec"];
    let mut mounted = BTreeSet::new();
    for source in pod["volumes"][0]["projected"]["sources"].as_sequence().unwrap() {
        let map = &source["configMap"];
        for item in map["items"].as_sequence().unwrap() {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            mounted.insert((text(&map["name"]), text(&item["key"]), text(&item["path"])));
        }
    }
    assert_eq!(mounted, maps, "every file of a map gets its place below the node's name");
    let nodes: BTreeSet<&str> = maps.iter().map(|(node, ..)| node.as_str()).collect();
    let pods: Vec<String> =
        (0..set["replicas"].as_u64().unwrap()).map(|number| format!("sessions-{number}")).collect();
    assert!(nodes.into_iter().eq(pods.iter().map(String::as_str)), "pods are nodes");
    let namespace = kustomization["namespace"].as_str().unwrap();
    let spec = std::fs::read_to_string(example.join("cache.toml")).unwrap();
    for pod in pods {
        assert!(spec.contains(&format!("\"{pod}.sessions.{namespace}.svc.cluster.local\"")), "{pod}");
    }
    let container = &pod["containers"][0];
    assert_eq!(container["volumeMounts"][0]["mountPath"].as_str(), Some("/data"));
    let secrets = &kustomization["secretGenerator"][0]["name"];
    assert_eq!(&container["envFrom"][0]["secretRef"]["name"], secrets);
}

/// Whom servers run as in the tests, where those run as root: a user that owns nothing.
const NOBODY: &str = "nobody";

/// The example on this machine, declared for a server.
struct Site {
    root: TempDir,
    conf: &'static str,
    port: Port,
}

impl Site {
    fn new(server: &Server) -> Self {
        let root = TempDir::with_prefix("cachewright-container-").unwrap();
        set_mode(root.path(), 0o755);
        let Version(major, minor, _) = server.version;
        let (engine, port) = (server.engine.name(), Port::reserve());
        let tls = support::probe::file(server, &["tls-port 0"]).is_accepted();
        let mut layer = format!(
            "format = 1\nname = \"here\"\nextends = [\"cache.toml\"]\n[hosts]\n\
             sessions-1 = {{ address = \"127.0.0.2\" }}\nsessions-2 = {{ address = \"127.0.0.3\" }}\n\
             [{engine}.sessions]\nport = {}\nbuild = {{ tls = {tls}, defrag = false }}\n",
            port.number()
        );
        for node in ["sessions-1", "sessions-2"] {
            let data = root.path().join("data").join(node);
            std::fs::create_dir_all(&data).unwrap();
            give_away(&data);
            writeln!(layer, "nodes.{node}.data-dir = \"{}\"", data.display()).unwrap();
        }
        let top = folder("container").join("here.toml");
        let texts = Texts { declared: Some((engine, format!("{major}.{minor}"))), ..Texts::default() };
        let artifacts = rendered(&texts.with(&top, layer), &top);
        for artifact in &artifacts {
            let path = root.path().join("out").join(&artifact.path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &artifact.bytes).unwrap();
            set_mode(&path, artifact.mode);
        }
        let secrets = "ADMIN_PASSWORD=the admin\nAPP_PASSWORD=b\nREPLICA_PASSWORD=the replica\n";
        std::fs::write(root.path().join("secrets.env"), secrets).unwrap();
        set_mode(&root.path().join("secrets.env"), 0o600);
        let conf = if server.engine == Engine::Valkey { "valkey.conf" } else { "redis.conf" };
        Site { root, conf, port }
    }

    fn data(&self, node: &str) -> PathBuf {
        self.root.path().join("data").join(node)
    }

    /// Starts a node by the entry point, as its container would.
    fn start(&self, server: &Server, node: &str, address: u8) -> Running {
        let root = self.root.path().display();
        let program = self.root.path().join(format!("{node}.sh"));
        let text = format!(
            "#!/bin/sh\nexport NODE='{root}/out/sessions/{node}' OWN='{root}/own-{node}' RUN_AS={NOBODY}\n\
             export CACHEWRIGHT_SECRETS='{root}/secrets.env'\nexec '{}' '{}' \"$@\"\n",
            folder("container").join("entrypoint.sh").display(),
            server.program.canonicalize().unwrap().display(),
        );
        std::fs::write(&program, text).unwrap();
        set_mode(&program, 0o755);
        let server = Server { program, ..server.clone() };
        let socket = SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, address), self.port.number());
        server.launch().only_args([]).at(socket).login(Some("admin"), "the admin").start()
    }
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

/// Makes a volume the server's own, as volumes of the image are.
fn give_away(data: &Path) {
    set_mode(data, 0o700);
    if is_root() {
        assert!(Command::new("chown").arg(NOBODY).arg(data).status().unwrap().success());
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

#[test]
fn the_entry_point_starts_every_server() {
    for server in Servers::all() {
        if !server.engine.is_redis_like() || server.engine == Engine::Redict {
            continue;
        }
        let site = Site::new(server);
        let primary = site.start(server, "sessions-1", 2);
        let replica = site.start(server, "sessions-2", 3);
        for (running, node) in [(&primary, "sessions-1"), (&replica, "sessions-2")] {
            let working = site.data(node).join(site.conf);
            let owner = std::fs::metadata(&working).unwrap();
            assert_eq!(owner.mode() & 0o077, 0, "{server}: {} is private", working.display());
            let process = std::fs::metadata(format!("/proc/{}", running.pid())).unwrap();
            assert_eq!(process.uid(), owner.uid(), "{server}");
            assert_ne!(process.uid(), 0, "{server} runs as root");
            let environment = std::fs::read(format!("/proc/{}/environ", running.pid())).unwrap();
            assert!(!String::from_utf8_lossy(&environment).contains("the replica"), "{server}");
        }
        wait::until("the replica follows by name and password", || {
            replica.info("master_link_status").as_deref() == Some("up")
        });
        assert_eq!(primary.info("connected_slaves").as_deref(), Some("1"), "{server}");
        println!("{server}: started by the entry point");
    }
}
