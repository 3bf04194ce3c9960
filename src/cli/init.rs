//! `cachewright init`: commented starter specs, which are files under `templates/init/`.

use super::args::{InitArgs, TopologyArg};
use super::exit::Exit;
use super::files::write_whole;
use super::output::Output;

impl TopologyArg {
    /// The starter spec.
    pub(super) fn starter(self) -> &'static str {
        match self {
            TopologyArg::Standalone => include_str!("../../templates/init/standalone.toml"),
            TopologyArg::Replicated => include_str!("../../templates/init/replicated.toml"),
            TopologyArg::Sentinel => include_str!("../../templates/init/sentinel.toml"),
            TopologyArg::Cluster => include_str!("../../templates/init/cluster.toml"),
            TopologyArg::Memcached => include_str!("../../templates/init/memcached.toml"),
        }
    }
}

pub(super) fn run(args: &InitArgs, output: &mut Output) -> Exit {
    let text = args.topology.starter();
    let Some(path) = &args.out else {
        output.out(text);
        return Exit::Clean;
    };
    if path.exists() {
        return output.usage(&format!("{} exists already; name a new file", path.display()));
    }
    match write_whole(path, text.as_bytes(), 0o644) {
        Ok(()) => {
            output.err(format!("wrote {0}; try `cachewright check {0}`\n", path.display()));
            Exit::Clean
        }
        Err(why) => output.usage(&why),
    }
}
