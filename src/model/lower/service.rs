//! How servers are run: what the spec says of it, over what is usual.

use crate::catalog::Engine;
use crate::model::service::Service;
use crate::source::At;
use crate::spec::{HostPath, ServiceSpec};

/// The service of a deployment or a set of sentinels whose files are in `folder` of the output.
pub(super) fn service(
    engine: Engine,
    folder: &str,
    spec: Option<&At<ServiceSpec>>,
    install_dir: Option<&At<HostPath>>,
) -> Service {
    let mut service = Service::usual(engine, folder);
    if let Some(spec) = spec {
        if let Some(user) = &spec.user {
            service.user.clone_from(&user.value.0);
            service.group = None;
        }
        if let Some(group) = &spec.group {
            service.group = Some(group.value.0.clone());
        }
        if let Some(program) = &spec.program {
            service.program.clone_from(&program.value.0);
        }
    }
    if let Some(folder) = install_dir {
        folder.value.0.trim_end_matches('/').clone_into(&mut service.install_dir);
    }
    service
}

#[cfg(test)]
mod tests {
    use crate::explain::compile_example;
    use crate::model::Service;
    use crate::pipeline::Compiled;

    fn compiled(more: &str) -> Compiled {
        compile_example(
            &format!(
                "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n\
                 [redis.s]\nversion = \"7.2\"\ntopology = \"standalone\"\nhosts = [\"a\"]\n{more}\n"
            ),
            &[],
        )
    }

    fn service(more: &str) -> Service {
        compiled(more).model.unwrap().deployments[0].service.clone()
    }

    #[test]
    fn a_user_brings_its_own_group() {
        let usual = service("");
        assert_eq!((usual.user.as_str(), usual.group.as_deref()), ("redis", Some("redis")));
        assert_eq!(usual.install_dir, "/etc/cachewright/s");
        let own = service("service = { user = \"cache\" }\ninstall-dir = \"/opt/c/\"");
        assert_eq!((own.user.as_str(), own.group), ("cache", None));
        assert_eq!((own.install_dir.as_str(), own.program.as_str()), ("/opt/c", "/usr/bin/redis-server"));
        let both = service("service = { user = \"cache\", group = \"ops\", program = \"/opt/redis\" }");
        assert_eq!((both.group.as_deref(), both.program.as_str()), (Some("ops"), "/opt/redis"));
    }

    #[test]
    fn what_systemd_would_not_take_is_refused() {
        for more in [
            "service = { user = \"a b\" }",
            "service = { group = \"-x\" }",
            "service = { program = \"redis-server\" }",
            "install-dir = \"/etc/../srv\"",
        ] {
            let codes: Vec<_> = compiled(more).findings.iter().map(|finding| finding.code.name()).collect();
            assert_eq!(codes, ["invalid-field"], "{more}");
        }
    }

    #[test]
    fn every_family_has_one() {
        let model = compiled(
            "[sentinels.main]\nversion = \"7.2\"\nhosts = [\"a\"]\nengine = \"valkey\"\n\
             [memcached.m]\nversion = \"1.6\"\nhosts = [\"a\"]\ninstall-dir = \"/opt/m\"\nconfig.user = \"www\"\n",
        )
        .model
        .unwrap();
        let sentinels = &model.sentinels[0].service;
        assert_eq!(sentinels.program, "/usr/bin/valkey-server");
        assert_eq!(sentinels.install_dir, "/etc/cachewright/sentinels-main");
        let memcached = &model.memcached[0].service;
        assert_eq!((memcached.user.as_str(), memcached.install_dir.as_str()), ("www", "/opt/m"));
        assert_eq!(memcached.group, None);
    }
}
