//! What sentinels make of the deployments that they watch: each watched primary with its options, its address and its
//! state, and the replicas and the other sentinels that are known around it.
//!
//! `auth-user`, `auth-pass`, `rename-command` and `master-reboot-down-after-period` are shown by no version
//! (`addReplySentinelRedisInstance`, sentinel.c): that they differ cannot be seen.

use crate::catalog::sentinel::{Scope, directives};
use crate::emit::link_port;
use crate::live::{Around, Fields, Heard, Refusal, SentinelAnswers, ServerAnswers};
use crate::model::{AnyNode, Deployment, Model, Node, Sentinel, SentinelSet, Watch};

use super::NodeReport;
use super::asked::{Asked, Asking};
use super::difference::{Class, Difference, Mend, Side, Subject};
use super::instances::{Instance, Spot, Spots, matched};
use super::roles;
use super::sentinel::is;
use super::users::word;

/// Adds to the reports what each sentinel says of each deployment that it should watch.
pub(super) fn compare(model: &Model, heard: &[(AnyNode<'_>, Heard)], reports: &mut [NodeReport<'_>]) {
    let asked = Asked::of(heard);
    for (report, (node, heard)) in reports.iter_mut().zip(heard) {
        let (AnyNode::Sentinel(set, sentinel), Heard::Sentinel(answers)) = (node, heard) else { continue };
        let (Ok(differences), Ok(watched)) = (&mut report.outcome, &answers.watched) else { continue };
        for (deployment, primary, watch) in model.watches(set) {
            let Some(first) = deployment.nodes.get(primary) else { continue };
            let view = View { model, set, sentinel, deployment, first, watch, answers, asked: &asked };
            view.compare(watched.get(&watch.master_name), differences);
        }
    }
}

/// One sentinel's view of one deployment.
struct View<'h> {
    model: &'h Model,
    set: &'h SentinelSet,
    sentinel: &'h Sentinel,
    deployment: &'h Deployment,
    /// Who leads on the first day.
    first: &'h Node,
    watch: &'h Watch,
    answers: &'h SentinelAnswers,
    asked: &'h Asked<'h>,
}

/// Whom a sentinel takes for the primary.
enum Leader<'h> {
    /// This node.
    Node(&'h Node),
    /// One of the nodes, it cannot be said which: names stand against addresses.
    Unclear,
    /// None of the nodes.
    Stranger,
}

impl<'h> View<'h> {
    fn compare(&self, fields: Option<&Fields>, out: &mut Vec<Difference>) {
        let Some(fields) = fields else {
            out.push(self.not_watched());
            return;
        };
        self.options(fields, out);
        let leader = self.leader(fields);
        out.extend(self.address(fields, &leader));
        out.extend(self.state(fields));
        let Some(around) = self.answers.around.get(&self.watch.master_name) else { return };
        if let Leader::Node(leader) = leader {
            self.replicas(leader, around, out);
        }
        self.sentinels(around, out);
        out.extend(self.majority(fields, around));
    }

    /// The subject for a part of what is watched.
    fn subject(&self, part: &str) -> Subject {
        Subject::Watch(format!("{} {part}", self.watch.master_name))
    }

    fn changed(&self, part: &str, wanted: impl Into<String>, live: impl Into<String>) -> Difference {
        let (wanted, live) = (Side::Text(wanted.into()), Side::Text(live.into()));
        Difference::new(self.subject(part), Class::Changed, wanted, live).at(Some(self.watch.set.span))
    }

    fn not_watched(&self) -> Difference {
        let name = &self.watch.master_name;
        let mend = format!(
            "`SENTINEL MONITOR {} ADDRESS PORT {}` with the primary of today, then its options, `auth-user` and \
             `auth-pass` among them; or restart on the rendered file",
            word(name),
            self.watch.quorum.value
        );
        let (wanted, live) = (Side::Text("watched".to_owned()), Side::Absent);
        Difference::new(Subject::Watch(name.clone()), Class::Changed, wanted, live)
            .mend(Mend::ByHand(mend))
            .at(Some(self.watch.set.span))
    }

    /// The quorum, and every option that `SENTINEL MASTERS` prints.
    fn options(&self, fields: &Fields, out: &mut Vec<Difference>) {
        let name = word(&self.watch.master_name);
        let set = |option: &str, value: &str| {
            Mend::Command(format!("SENTINEL SET {name} {option} {}", word(value)))
        };
        let live = |name: &str| fields.get(name).map_or("", String::as_str);
        let quorum = self.watch.quorum.value.to_string();
        if live("quorum") != quorum {
            let difference = self.changed("quorum", &quorum, live("quorum"));
            out.push(difference.mend(set("quorum", &quorum)).at(Some(self.watch.quorum.span)));
        }
        // Facts of another engine would be no facts about this sentinel.
        let identity = &self.answers.identity;
        if identity.engine != self.set.target.engine {
            return;
        }
        for directive in directives(identity.engine) {
            let Some(facts) = directive.at(identity.version).filter(|facts| facts.shown) else { continue };
            let Some(option) = facts.sentinel_set.filter(|option| *option != "quorum") else { continue };
            if directive.scope != Scope::Primary {
                continue;
            }
            let declared = self.watch.settings.iter().find(|setting| is(directive, &setting.name.value));
            let value = declared.and_then(|setting| setting.lines.first()?.first().map(String::as_str));
            let wanted = value.or(facts.default).unwrap_or_default();
            if live(facts.name) == wanted {
                continue;
            }
            let mend = if facts.scripts_must_be_allowed && !self.scripts_allowed() {
                Mend::Restart
            } else {
                set(option, wanted)
            };
            let difference = self.changed(facts.name, wanted, live(facts.name)).mend(mend);
            out.push(match declared {
                Some(setting) => difference.at(Some(setting.name.span)),
                None => Difference { class: Class::NotInSpec, ..difference },
            });
        }
    }

    fn scripts_allowed(&self) -> bool {
        let settings = self.set.globals(self.sentinel);
        settings
            .iter()
            .any(|one| one.name.value == "deny-scripts-reconfig" && one.lines == [vec!["no".to_owned()]])
    }

    fn leader(&self, fields: &Fields) -> Leader<'h> {
        let Some(primary) = Instance::of(fields) else { return Leader::Stranger };
        let nodes: Vec<&Node> = self.deployment.nodes.iter().collect();
        let spots: Vec<Spot> = nodes.iter().map(|node| self.spot(node)).collect();
        match spots.iter().position(|spot| spot.is(&primary)) {
            Some(at) => Leader::Node(nodes[at]),
            None if spots.iter().any(|spot| spot.may_be(&primary)) => Leader::Unclear,
            None => Leader::Stranger,
        }
    }

    /// Where a server of the deployment is found.
    fn spot(&self, node: &Node) -> Spot {
        Spot {
            hosts: roles::hosts(self.model, self.deployment, node).collect(),
            ports: roles::ports(self.deployment, node).collect(),
            run_id: self.server(node).heard().and_then(|answers| answers.server.get("run_id").cloned()),
        }
    }

    fn server(&self, node: &Node) -> Asking<'h, ServerAnswers> {
        self.asked.server(self.deployment, node)
    }

    /// Whether a server says that it leads.
    fn leads(&self, node: &Node) -> Option<bool> {
        let role = self.server(node).heard()?.replication.as_ref().ok()?.get("role")?;
        Some(role == "master" || role == "primary")
    }

    /// Where the primary is. That another node leads than on the first day is what sentinels are for.
    fn address(&self, fields: &Fields, leader: &Leader<'_>) -> Option<Difference> {
        let place = |node: &Node| {
            let host = &self.model.host(node.host).address.value;
            format!("{host} {}", link_port(self.deployment, node))
        };
        let field = |name: &str| fields.get(name).map_or("?", String::as_str);
        let live = format!("{} {}", field("ip"), field("port"));
        match leader {
            Leader::Unclear => None,
            Leader::Stranger => {
                let name = word(&self.watch.master_name);
                let mend =
                    format!("`SENTINEL REMOVE {name}`, then `SENTINEL MONITOR` with the primary of today");
                let difference = self.changed("address", place(self.first), live);
                Some(difference.mend(Mend::ByHand(mend)).note("the spec has no server there"))
            }
            Leader::Node(node) => {
                let others = self.deployment.nodes.iter().filter(|other| other.id != node.id);
                let leading: Vec<&Node> = others.filter(|other| self.leads(other) == Some(true)).collect();
                match leading.as_slice() {
                    // It takes a moment until every sentinel has heard of a failover.
                    [other] if self.leads(node) == Some(false) && !is_failing_over(fields) => {
                        let note = format!("{} leads, and this sentinel does not know it", other.id);
                        Some(self.changed("address", place(other), live).note(note))
                    }
                    _ if node.id == self.first.id => None,
                    _ => {
                        let note =
                            format!("{} led on the first day; the sentinels decide who does", self.first.id);
                        let difference = self.changed("address", place(self.first), live).note(note);
                        Some(Difference { class: Class::Moved, ..difference })
                    }
                }
            }
        }
    }

    /// Whether the primary is reached.
    fn state(&self, fields: &Fields) -> Option<Difference> {
        let flags = fields.get("flags").map_or("", String::as_str);
        if let Some(down) = down(flags) {
            let mend = "see both logs: an address, a password or a certificate".to_owned();
            return Some(self.changed("state", "up", down).mend(Mend::ByHand(mend)));
        }
        is_failing_over(fields).then(|| {
            let difference = self.changed("state", "up", "failing over");
            Difference { class: Class::Moved, ..difference }
        })
    }

    fn replicas(&self, leader: &Node, around: &Around, out: &mut Vec<Difference>) {
        let known = match instances(&around.replicas) {
            Ok(known) => known,
            Err(refusal) => {
                out.push(Difference::unreadable(
                    self.subject("replicas"),
                    format!("SENTINEL SLAVES: {refusal}"),
                ));
                return;
            }
        };
        let nodes: Vec<&Node> = self.deployment.nodes.iter().filter(|node| node.id != leader.id).collect();
        let spots: Vec<Spot> = nodes.iter().map(|node| self.spot(node)).collect();
        let Spots { missing, extra, found } = matched(&known, &spots);
        let part = |node: &Node| format!("replica {}", node.id);
        for at in missing {
            if self.is_expected(nodes[at], leader) {
                out.push(self.unknown(&part(nodes[at])));
            }
        }
        for (instance, at) in found {
            // A server that we cannot reach either has a line of its own.
            let silent = self.server(nodes[at]).is_silent();
            out.extend(self.unreached(&part(nodes[at]), instance, silent));
        }
        out.extend(extra.into_iter().map(|instance| self.stranger("replica", instance)));
    }

    /// Whether a sentinel has to know a replica: one that we cannot reach, or that follows nobody, has a line of its
    /// own, and one that is not announced is told to nobody.
    fn is_expected(&self, node: &Node, leader: &Node) -> bool {
        let announced = self.deployment.setting(node, "replica-announced");
        if announced.is_some_and(|setting| setting.value == OFF) {
            return false;
        }
        match self.server(node) {
            Asking::Not => true,
            Asking::Silent => false,
            Asking::Heard(answers) => answers.replication.as_ref().is_ok_and(|fields| {
                let follows = fields.get("master_host").zip(fields.get("master_port"));
                let follows = follows.and_then(|(host, port)| Instance::at(host, port));
                let up = fields.get("master_link_status").is_some_and(|status| status == "up");
                up && follows.is_some_and(|instance| {
                    let leader = self.spot(leader);
                    leader.is(&instance) || leader.may_be(&instance)
                })
            }),
        }
    }

    fn sentinels(&self, around: &Around, out: &mut Vec<Difference>) {
        let known = match instances(&around.sentinels) {
            Ok(known) => known,
            Err(refusal) => {
                let why = format!("SENTINEL SENTINELS: {refusal}");
                out.push(Difference::unreadable(self.subject("sentinels"), why));
                return;
            }
        };
        let others: Vec<&Sentinel> = self.set.nodes.iter().filter(|one| one.id != self.sentinel.id).collect();
        let spots: Vec<Spot> =
            others.iter().map(|one| Spot::of_sentinel(self.model, self.set, one)).collect();
        let Spots { missing, extra, found } = matched(&known, &spots);
        let part = |one: &Sentinel| format!("sentinel {}", one.id);
        let asking = |one: &Sentinel| self.asked.sentinel(self.set, one);
        for at in missing {
            // One that we cannot reach, or that does not watch it, has a line of its own.
            let watches = |answers: &SentinelAnswers| {
                answers.watched.as_ref().is_ok_and(|watched| watched.contains_key(&self.watch.master_name))
            };
            let is_expected = match asking(others[at]) {
                Asking::Not => true,
                Asking::Silent => false,
                Asking::Heard(answers) => watches(answers),
            };
            if is_expected {
                out.push(self.unknown(&part(others[at])));
            }
        }
        for (instance, at) in found {
            let silent = asking(others[at]).is_silent();
            out.extend(self.unreached(&part(others[at]), instance, silent));
        }
        out.extend(extra.into_iter().map(|instance| self.stranger("sentinel", instance)));
    }

    fn unknown(&self, part: &str) -> Difference {
        let wanted = Side::Text("known".to_owned());
        let mend = format!("`SENTINEL RESET {}` makes it look again", word(&self.watch.master_name));
        Difference::new(self.subject(part), Class::Changed, wanted, Side::Absent)
            .mend(Mend::ByHand(mend))
            .note("right after its start a sentinel needs some seconds to find the others")
            .at(Some(self.watch.set.span))
    }

    fn unreached(&self, part: &str, instance: &Instance, silent: bool) -> Option<Difference> {
        let down = down(&instance.flags).filter(|_| !silent)?;
        let note = "this sentinel does not reach it";
        Some(self.changed(part, "up", down).note(note))
    }

    /// A replica or a sentinel that the spec does not have. Sentinels never forget by themselves.
    fn stranger(&self, kind: &str, instance: &Instance) -> Difference {
        let reset = format!("`SENTINEL RESET {}`", word(&self.watch.master_name));
        let (live, mend) = match down(&instance.flags) {
            Some(down) => (down, format!("{reset} on one sentinel after the other makes them forget it")),
            None => ("up".to_owned(), format!("declare it, or stop it, then {reset}")),
        };
        let subject = self.subject(&format!("{kind} {}:{}", instance.host, instance.port));
        Difference::new(subject, Class::NotInSpec, Side::Absent, Side::Text(live))
            .mend(Mend::ByHand(mend))
            .at(Some(self.watch.set.span))
    }

    /// Whether enough sentinels are there for a failover. A quorum that differs is said already.
    fn majority(&self, fields: &Fields, around: &Around) -> Option<Difference> {
        match &around.quorum {
            Ok(_) => None,
            Err(Refusal::Said(words)) if words.starts_with("NOQUORUM") => {
                let declared =
                    fields.get("quorum").is_some_and(|quorum| *quorum == self.watch.quorum.value.to_string());
                declared.then(|| self.changed("failover", "possible", "impossible").note(words.clone()))
            }
            Err(refusal) => {
                let why = format!("SENTINEL CKQUORUM: {refusal}");
                Some(Difference::unreadable(self.subject("failover"), why))
            }
        }
    }
}

/// `replica-announced no`.
const OFF: crate::model::Assigned = crate::model::Assigned::Value(crate::value::Value::Bool(false));

fn instances(answer: &Result<Vec<Fields>, Refusal>) -> Result<Vec<Instance>, &Refusal> {
    Ok(answer.as_ref()?.iter().filter_map(Instance::of).collect())
}

fn is_failing_over(fields: &Fields) -> bool {
    fields.get("flags").is_some_and(|flags| flags.split(',').any(|flag| flag == "failover_in_progress"))
}

/// Those of the flags that say that an instance is not reached.
fn down(flags: &str) -> Option<String> {
    let is_bad = |flag: &&str| ["s_down", "o_down", "disconnected"].contains(flag);
    let bad: Vec<&str> = flags.split(',').filter(is_bad).collect();
    (!bad.is_empty()).then(|| bad.join(", "))
}
