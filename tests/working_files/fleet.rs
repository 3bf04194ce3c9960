//! Two servers that are operated, and what is expected of them.

use std::collections::BTreeMap;

use crate::operation::Operation;
use crate::site::{Shape, Site, State};
use crate::support::running::Running;
use crate::verify::{self, Users};

/// What a server must be after its next start.
#[derive(Debug, Clone)]
enum Expected<T> {
    /// What its rendering says.
    Rendered,
    /// What it was when it was asked to write its files.
    Kept(T),
}

/// What is known of one server.
struct Known {
    /// The rendering and the secrets that its working files were made from.
    made_from: (State, u32),
    settings: Expected<BTreeMap<String, String>>,
    users: Expected<Users>,
}

pub(crate) struct Fleet<'s> {
    site: &'s mut Site,
    /// What is on the host.
    state: State,
    /// The generation of the passwords on the host.
    generation: u32,
    /// The place of the node that leads.
    primary: usize,
    nodes: Vec<(Running, Known)>,
}

type Outcome = Result<(), String>;

impl<'s> Fleet<'s> {
    /// A first start, on a host where nothing is.
    pub(crate) fn new(site: &'s mut Site) -> Result<Self, String> {
        let (state, generation, server) = (State::FIRST, 0, site.server);
        site.clear();
        site.install(state);
        site.install_secrets(generation);
        let mut fleet = Fleet { site, state, generation, primary: 0, nodes: Vec::new() };
        for at in 0..2 {
            let socket =
                std::net::SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, fleet.site.ports[at].number());
            let launch = server.launch().through(fleet.site.rendered(at).join("start.sh")).at(socket);
            let (user, password) = fleet.login();
            let running = launch.login(user, &password).try_start().map_err(|refusal| refusal.output)?;
            let known = Known {
                made_from: (state, generation),
                settings: Expected::Rendered,
                users: Expected::Rendered,
            };
            fleet.nodes.push((running, known));
        }
        fleet.verify()?;
        Ok(fleet)
    }

    /// Whom the test is, with the password that is on the host.
    fn login(&self) -> (Option<&'static str>, String) {
        match self.site.shape {
            Shape::Users => (Some("admin"), self.site.secret("ADMIN_PASSWORD", self.generation)),
            Shape::Password => (None, self.site.secret("REPLICA_PASSWORD", self.generation)),
        }
    }

    /// Does all this, then rolls out a last change with new passwords, and looks whether anything is left.
    pub(crate) fn run(&mut self, operations: &[Operation]) -> Outcome {
        for (done, operation) in operations.iter().enumerate() {
            self.apply(*operation).map_err(|why| format!("at operation {}: {why}", done + 1))?;
        }
        self.roll_out_changed();
        for (_, known) in &self.nodes {
            assert_ne!(known.made_from.0, self.state, "the last roll-out changes nothing");
        }
        self.rotate().map_err(|why| format!("at the last roll-out: {why}"))?;
        for (at, (running, _)) in self.nodes.iter().enumerate() {
            verify::passwords(self.site, running, self.generation)?;
            verify::modes(self.site, at)?;
        }
        if operations.len() > 3 {
            verify::replication(&self.nodes[1 - self.primary].0);
        }
        Ok(())
    }

    fn apply(&mut self, operation: Operation) -> Outcome {
        match operation {
            Operation::ConfigSet => {
                self.each(&["CONFIG", "SET", "maxmemory", "77mb"]);
                self.each(&["CONFIG", "SET", "hz", "33"]);
                self.each(&["CONFIG", "SET", "save", "60 3"]);
            }
            Operation::ConfigRewrite => self.rewrite(),
            Operation::Failover => self.fail_over(),
            Operation::Restart => return self.restart(),
            Operation::ChangedRollOut => self.roll_out_changed(),
            Operation::UnchangedRollOut => {
                self.site.install(self.state);
                return self.restart();
            }
            Operation::PasswordRotated => return self.rotate(),
            Operation::DirectiveChanged => {
                self.state.changed = !self.state.changed;
                self.site.install(self.state);
                return self.restart();
            }
            Operation::DirectiveDropped => {
                self.state.dropped = !self.state.dropped;
                self.site.install(self.state);
                return self.restart();
            }
            Operation::AclSave => self.save_users(),
        }
        Ok(())
    }

    fn roll_out_changed(&mut self) {
        self.state = self.state.next_edition();
        self.site.install(self.state);
    }

    fn each(&self, command: &[&str]) {
        for (running, _) in &self.nodes {
            running.command(command);
        }
    }

    fn rewrite(&mut self) {
        self.each(&["CONFIG", "REWRITE"]);
        for (running, known) in &mut self.nodes {
            known.settings = Expected::Kept(running.config_get_all());
        }
    }

    fn fail_over(&mut self) {
        let next = 1 - self.primary;
        let port = self.site.ports[next].number().to_string();
        self.nodes[next].0.command(&["REPLICAOF", "NO", "ONE"]);
        self.nodes[self.primary].0.command(&["REPLICAOF", "127.0.0.1", &port]);
        self.primary = next;
        self.rewrite();
    }

    /// Without an ACL file there is nothing to save to, and CONFIG REWRITE is what keeps users.
    fn save_users(&mut self) {
        self.each(&["ACL", "SETUSER", "app", "on", "+set"]);
        self.each(&["ACL", "SETUSER", "extra", "on", ">x", "~*", "+get"]);
        if self.site.shape == Shape::Password {
            return;
        }
        self.each(&["ACL", "SAVE"]);
        for (running, known) in &mut self.nodes {
            known.users = Expected::Kept(verify::users(running));
        }
    }

    fn rotate(&mut self) -> Outcome {
        self.generation += 1;
        self.site.install_secrets(self.generation);
        self.restart()
    }

    fn restart(&mut self) -> Outcome {
        let (user, password) = self.login();
        for (running, known) in &mut self.nodes {
            running.crash();
            if known.made_from != (self.state, self.generation) {
                known.settings = Expected::Rendered;
            }
            if known.made_from.1 != self.generation {
                known.users = Expected::Rendered;
            }
            known.made_from = (self.state, self.generation);
            running.set_login(user, &password);
        }
        for (running, _) in &mut self.nodes {
            running.start_again()?;
        }
        self.verify()
    }

    /// Each server is what is expected, and has its role.
    fn verify(&self) -> Outcome {
        for (at, (running, known)) in self.nodes.iter().enumerate() {
            let leader = (at != self.primary).then(|| self.site.ports[self.primary].number());
            verify::role(running, leader)?;
            let settings = match &known.settings {
                Expected::Rendered => verify::fresh(self.site, self.state, self.generation, at).settings,
                Expected::Kept(settings) => settings.clone(),
            };
            verify::same_settings(&settings, &running.config_get_all())?;
            let users = match &known.users {
                Expected::Rendered => verify::fresh(self.site, self.state, self.generation, at).users,
                Expected::Kept(users) => users.clone(),
            };
            // Users without a file of their own stand in the working file, where a rewriting keeps them.
            let kept_otherwise =
                self.site.shape == Shape::Password && matches!(known.settings, Expected::Kept(_));
            if !kept_otherwise && users != verify::users(running) {
                return Err(format!("users: {:?} instead of {users:?}", verify::users(running)));
            }
        }
        Ok(())
    }
}
