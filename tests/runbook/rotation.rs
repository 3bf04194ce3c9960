//! Rotating passwords as docs/secrets.md says, without a moment at which a client or replica that follows the steps is
//! locked out.

use crate::ground::{Ground, HOSTS, Login, SERVERS};
use crate::support::running::{Running, command};
use crate::support::servers::Server;
use crate::support::wait;
use crate::{links, oldest_and_newest, on_each};

/// A primary and two replicas.
const SET: &str = "[ENGINE.cache]\nversion = \"VERSION\"\nbuild = { tls = false, defrag = false }\n\
    topology = \"replicated\"\ninitial-primary = \"a\"\nreplicas = [\"b\", \"c\"]\nport = PORT\nsurvives = \"nothing\"\n";

const CONFIG: &str = "[ENGINE.cache.config]\nrepl-diskless-sync-delay = 0\nsave = []\n";

/// The test itself, in sets with users.
const ADMIN: &str =
    "[ENGINE.cache.users.admin]\npasswords = [{ env = \"ADMIN_PASSWORD\" }]\nrules = \"~* +@all\"\n";

/// The order in which servers are restarted: replicas first.
const REPLICAS_FIRST: [&str; 3] = ["b", "c", "a"];

const OLD: &str = "the-old-password";
const NEW: &str = "the-new-password";

fn with_admin(server: &'static Server) -> Ground {
    let mut ground = Ground::new(server);
    ground.login = Some(Login { user: Some("admin"), password: "hunter2".to_owned() });
    ground
}

/// Whether somebody can log in.
fn lets_in(running: &Running, user: &str, password: &str) -> bool {
    running.try_command(&["AUTH", user, password]).is_ok()
}

/// Puts secrets on the hosts, with the test's own.
fn give(ground: &Ground, secrets: &[(&str, &str)]) {
    ground.give_secrets(&[&[("ADMIN_PASSWORD", "hunter2")], secrets].concat());
}

/// Restarts one server after the other. After each of them replicas log in, and `holds` is asked of each server:
/// whether it has been restarted, and what it is.
#[track_caller]
fn restart_each(ground: &mut Ground, holds: impl Fn(bool, &Running)) {
    for (at, host) in REPLICAS_FIRST.into_iter().enumerate() {
        ground.start(SERVERS, host);
        links::are_made_anew(ground, "a");
        for (of, running) in ground.servers() {
            holds(REPLICAS_FIRST[..=at].contains(&of), running);
        }
    }
}

#[test]
fn a_user_has_two_passwords_while_one_is_rotated() {
    on_each(&oldest_and_newest(), |server| {
        let spec = |passwords: &str| {
            format!(
                "{SET}replication = {{ user = \"replica\", password = {{ env = \"REPLICA_PASSWORD\" }} }}\n{CONFIG}\
                 {ADMIN}[ENGINE.cache.users.app]\npasswords = [{passwords}]\nrules = \"~app:* +@read\"\n"
            )
        };
        let one = spec("{ env = \"APP_PASSWORD\" }");
        let two = spec("{ env = \"APP_PASSWORD\" }, { env = \"APP_PASSWORD_NEXT\" }");
        let mut ground = with_admin(server);
        let replica = ("REPLICA_PASSWORD", "its own");
        let says = |what: [bool; 2]| {
            move |running: &Running| {
                let found = [OLD, NEW].map(|password| lets_in(running, "app", password));
                assert_eq!(found, what, "{server} on {}: the old one, the new one", running.port());
            }
        };
        let (only_old, both, only_new) = (says([true, false]), says([true, true]), says([false, true]));

        ground.roll_out(&one);
        give(&ground, &[replica, ("APP_PASSWORD", OLD)]);
        ground.start_all(SERVERS, &HOSTS);
        ground.servers().for_each(|(_, running)| only_old(running));

        // Step 1 and 2. The old one counts on every server all the time.
        ground.roll_out(&two);
        give(&ground, &[replica, ("APP_PASSWORD", OLD), ("APP_PASSWORD_NEXT", NEW)]);
        ground.servers().for_each(|(_, running)| only_old(running));
        restart_each(&mut ground, |again, running| if again { both(running) } else { only_old(running) });
        restart_each(&mut ground, |_, running| both(running));

        // Step 3 is the clients'. Step 4: the new one counts on every server all the time.
        ground.roll_out(&one);
        give(&ground, &[replica, ("APP_PASSWORD", NEW)]);
        restart_each(&mut ground, |again, running| if again { only_new(running) } else { both(running) });
        restart_each(&mut ground, |_, running| only_new(running));
        println!("{server}: a user's password rotated, each server restarted four times");
    });
}

/// A set whose replicas log in with this password, with further users.
fn replicas(password: &str, users: &str) -> String {
    format!(
        "{SET}replication = {{ user = \"replica\", password = {{ env = \"{password}\" }} }}\n{CONFIG}{ADMIN}{users}"
    )
}

/// The replicas' user with two passwords.
const TWO: &str = "[ENGINE.cache.users.replica]\n\
    passwords = [{ env = \"REPLICA_PASSWORD\" }, { env = \"REPLICA_PASSWORD_NEXT\" }]\n";

#[test]
fn replicas_log_in_all_the_time_while_their_password_is_rotated() {
    on_each(&oldest_and_newest(), |server| {
        let mut ground = with_admin(server);
        let both = [("REPLICA_PASSWORD", OLD), ("REPLICA_PASSWORD_NEXT", NEW)];
        ground.roll_out(&replicas("REPLICA_PASSWORD", ""));
        give(&ground, &both[..1]);
        ground.start_all(SERVERS, &HOSTS);
        links::are_made_anew(&ground, "a");

        let sent = |running: &Running, password: &str| {
            assert_eq!(masterauth(running), password, "{server}");
        };
        ground.roll_out(&replicas("REPLICA_PASSWORD", TWO));
        give(&ground, &both);
        restart_each(&mut ground, |_, running| sent(running, OLD));
        ground.roll_out(&replicas("REPLICA_PASSWORD_NEXT", TWO));
        restart_each(&mut ground, |again, running| sent(running, if again { NEW } else { OLD }));
        ground.roll_out(&replicas("REPLICA_PASSWORD", ""));
        give(&ground, &[("REPLICA_PASSWORD", NEW)]);
        restart_each(&mut ground, |again, running| {
            sent(running, NEW);
            assert_eq!(lets_in(running, "replica", OLD), !again, "{server}");
        });
        println!("{server}: replicas logged in after each of nine restarts");
    });
}

/// Why the order matters: a replica that is told the new password before its primary knows it is locked out.
#[test]
fn a_replica_is_locked_out_by_a_password_that_its_primary_does_not_know() {
    on_each(&oldest_and_newest(), |server| {
        let mut ground = with_admin(server);
        ground.roll_out(&replicas("REPLICA_PASSWORD", ""));
        give(&ground, &[("REPLICA_PASSWORD", OLD)]);
        ground.start_all(SERVERS, &HOSTS);
        links::wait_for(ground.on(SERVERS, "a"), 2);
        give(&ground, &[("REPLICA_PASSWORD", NEW)]);
        ground.start(SERVERS, "b");
        let link = |ground: &Ground| links::field(ground.on(SERVERS, "b"), "master_link_status").unwrap();
        wait::until("its login is refused", || ground.on(SERVERS, "b").log().contains("WRONGPASS"));
        assert_eq!(link(&ground), "down", "{server}");
        ground.start(SERVERS, "a");
        wait::until("it is let in", || link(&ground) == "up");
    });
}

/// The same steps with commands in the place of restarts, on top of the files that each step rolls out.
#[test]
fn passwords_are_rotated_without_a_restart() {
    on_each(&oldest_and_newest(), |server| {
        let mut ground = with_admin(server);
        let both = [("REPLICA_PASSWORD", OLD), ("REPLICA_PASSWORD_NEXT", NEW)];
        ground.roll_out(&replicas("REPLICA_PASSWORD", ""));
        give(&ground, &both[..1]);
        ground.start_all(SERVERS, &HOSTS);
        links::are_made_anew(&ground, "a");
        let each = |ground: &Ground, command: &[&str]| {
            for (_, running) in ground.servers() {
                running.command(command);
                links::are_made_anew(ground, "a");
            }
        };
        let (add, take) = (format!(">{NEW}"), format!("<{OLD}"));
        ground.roll_out(&replicas("REPLICA_PASSWORD", TWO));
        give(&ground, &both);
        each(&ground, &["ACL", "SETUSER", "replica", &add]);
        ground.roll_out(&replicas("REPLICA_PASSWORD_NEXT", TWO));
        each(&ground, &["CONFIG", "SET", "masterauth", NEW]);
        ground.roll_out(&replicas("REPLICA_PASSWORD", ""));
        give(&ground, &[("REPLICA_PASSWORD", NEW)]);
        let mut logged_in = ground.on(SERVERS, "a").connect().unwrap();
        command(&mut logged_in, &["AUTH", "replica", OLD]).unwrap();
        each(&ground, &["ACL", "SETUSER", "replica", &take]);
        // Who is logged in stays so; nobody else gets in with it.
        assert!(command(&mut logged_in, &["PING"]).is_ok(), "{server}");
        // A restart finds the same in its files.
        let rotated = |running: &Running| {
            assert_eq!([OLD, NEW].map(|one| lets_in(running, "replica", one)), [false, true], "{server}");
            assert_eq!(masterauth(running), NEW, "{server}");
        };
        ground.servers().for_each(|(_, running)| rotated(running));
        restart_each(&mut ground, |_, running| rotated(running));
        println!("{server}: the replicas' password rotated without a restart");
    });
}

#[test]
fn one_password_for_all_is_rotated_through_the_default_user() {
    on_each(&oldest_and_newest(), |server| {
        let spec = |password: &str, users: &str| {
            format!("{SET}replication = {{ password = {{ env = \"{password}\" }} }}\n{CONFIG}{users}")
        };
        let two = "[ENGINE.cache.users.default]\npasswords = [{ env = \"SHARED\" }, { env = \"SHARED_NEXT\" }]\n\
                   rules = \"~* CHANNELS+@all\"\n";
        // Redis 6.0 has no rules for channels.
        let channels = if server.version.0 == 6 && server.version.1 == 0 { "" } else { "&* " };
        let two = two.replace("CHANNELS", channels);
        let mut ground = Ground::new(server);
        let as_default = |password: &str| Some(Login { user: None, password: password.to_owned() });
        ground.login = as_default(OLD);
        ground.roll_out(&spec("SHARED", ""));
        ground.give_secrets(&[("SHARED", OLD)]);
        ground.start_all(SERVERS, &HOSTS);
        links::are_made_anew(&ground, "a");
        let passwords = |running: &Running, expected: [bool; 2]| {
            assert_eq!([OLD, NEW].map(|one| lets_in(running, "default", one)), expected, "{server}");
        };

        ground.roll_out(&spec("SHARED", &two));
        ground.give_secrets(&[("SHARED", OLD), ("SHARED_NEXT", NEW)]);
        restart_each(&mut ground, |again, running| passwords(running, [true, again]));
        // Clients move, and so do replicas.
        ground.login = as_default(NEW);
        ground.roll_out(&spec("SHARED_NEXT", &two));
        restart_each(&mut ground, |_, running| passwords(running, [true, true]));
        // The user goes, and the password is the server's own again.
        ground.roll_out(&spec("SHARED", ""));
        ground.give_secrets(&[("SHARED", NEW)]);
        restart_each(&mut ground, |again, running| passwords(running, [!again, true]));
        println!("{server}: one password for all rotated in nine restarts");
    });
}

/// What a server logs in with at its primary.
fn masterauth(running: &Running) -> String {
    let said: Vec<String> =
        redis::from_redis_value(running.command(&["CONFIG", "GET", "masterauth"])).unwrap();
    said[1].clone()
}
