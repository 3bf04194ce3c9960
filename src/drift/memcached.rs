//! One memcached against the model: version, and every option that `stats settings` shows.

use std::collections::BTreeMap;

use crate::catalog::memcached::{MemcachedOption, OptionFacts, StatFormat, option, options};
use crate::live::MemcachedAnswers;
use crate::model::{Memcached, MemcachedNode};
use crate::value::{option_of_row, printed_option};

use super::difference::{Class, Difference, Mend, Side, Subject};
use super::server;

/// Rows of `stats` that say what rows of `stats settings` say, which old versions are not asked for.
const SHARED: [(&str, &str); 3] =
    [("limit_maxbytes", "maxbytes"), ("max_connections", "maxconns"), ("threads", "num_threads")];

/// Changes the other defaults as well (`NO_MODERN` in memcached.c).
const OLD_DEFAULTS: &str = "no_modern";

/// Follow from the size of the storage where they are not given (`storage_check_config` in storage.c).
const OF_STORAGE: [&str; 2] = ["ext_compact_under", "ext_drop_under"];

/// The row that says whether items with a short life have a segment of their own, and the option that makes one.
const TEMPORARY: &str = "temp_lru";
const TEMPORARY_TTL: &str = "temporary_ttl";

/// All that can be said of a memcached.
pub(super) fn compare(
    deployment: &Memcached,
    node: &MemcachedNode,
    answers: &MemcachedAnswers,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    differences.extend(server::version(&answers.identity, &deployment.target, deployment.version_span));
    let one = One { node, answers };
    let expected = one.expected();
    match &answers.settings {
        Some(rows) => {
            differences.extend(expected.values().filter_map(|row| one.difference(row, rows)));
            differences.extend(one.at_runtime_only(rows));
        }
        None => {
            let rows: BTreeMap<String, String> = SHARED
                .iter()
                .filter_map(|(stat, row)| Some(((*row).to_owned(), answers.stats.get(*stat)?.clone())))
                .collect();
            let known = expected.values().filter(|row| rows.contains_key(row.name));
            differences.extend(known.filter_map(|row| one.difference(row, &rows)));
            let why = "only conn-limit, memory-limit and threads are compared: before 1.6.40 `stats settings` kills a \
                       memcached that was started with -N; --without-napi-ids says that none was";
            differences.push(Difference::unreadable(Subject::Setting("*".to_owned()), why));
        }
    }
    differences
}

/// A row as it should be.
struct Row {
    name: &'static str,
    option: &'static MemcachedOption,
    facts: &'static OptionFacts,
    /// As it is printed.
    printed: String,
    /// As the spec has it; none where the default holds.
    declared: Option<String>,
}

struct One<'s> {
    node: &'s MemcachedNode,
    answers: &'s MemcachedAnswers,
}

impl One<'_> {
    /// Every row whose value is known, by name.
    fn expected(&self) -> BTreeMap<&'static str, Row> {
        let version = self.answers.identity.version;
        let mut rows: BTreeMap<&'static str, Row> = BTreeMap::new();
        for given in &self.node.options {
            let Some((option, facts)) =
                option(&given.name).and_then(|option| Some((option, option.at(version)?)))
            else {
                continue;
            };
            let Some(stat) = facts.stat else { continue };
            let value = given.value.as_deref().unwrap_or_default();
            let Some(printed) = printed_option(facts, Some(value)) else { continue };
            let declared = Some(if facts.takes_value() { value.to_owned() } else { "on".to_owned() });
            match rows.get_mut(stat.name) {
                Some(row) if stat.format == StatFormat::Joined => {
                    row.printed = format!("{},{printed}", row.printed);
                }
                _ => drop(rows.insert(stat.name, Row { name: stat.name, option, facts, printed, declared })),
            }
        }
        if self.node.option(OLD_DEFAULTS).is_some() {
            return rows;
        }
        let has_storage = self.node.option("ext_path").is_some();
        for option in options() {
            let Some(facts) = option.at(version).filter(|facts| facts.negates.is_none()) else { continue };
            let (Some(stat), false) = (facts.stat, has_storage && OF_STORAGE.contains(&option.name)) else {
                continue;
            };
            if option.name == TEMPORARY_TTL {
                continue;
            }
            if let Some(printed) = printed_option(facts, None) {
                rows.entry(stat.name).or_insert(Row {
                    name: stat.name,
                    option,
                    facts,
                    printed,
                    declared: None,
                });
            }
        }
        rows
    }

    fn difference(&self, row: &Row, rows: &BTreeMap<String, String>) -> Option<Difference> {
        let subject = Subject::Setting(row.option.name.to_owned());
        let span = row.declared.as_ref().and_then(|_| {
            let given = self.node.option(row.option.name)?;
            given.origin.span()
        });
        let wanted = match (&row.declared, row.facts.default) {
            (Some(declared), _) => declared.clone(),
            (None, default) => default.unwrap_or_default().to_owned(),
        };
        let Some(live) = rows.get(row.name) else {
            // Rows of parts that were not built in are missing; for a default that is no difference.
            row.declared.as_ref()?;
            let why = "the server does not show it: its build may lack it";
            return Some(Difference::unreadable(subject, why).at(span));
        };
        let shown = match is_same(&row.printed, live) {
            true if Self::is_taken_away(row, rows) => "off".to_owned(),
            true => return None,
            false => option_of_row(row.facts, live),
        };
        let class = if row.declared.is_some() { Class::Changed } else { Class::NotInSpec };
        let difference = Difference::new(subject, class, Side::Text(wanted.clone()), Side::Text(shown));
        Some(difference.mend(self.mend(row, &wanted)).at(span))
    }

    /// Whether `lru temp_ttl -1` has taken away what the option set; the row of the time itself stays.
    fn is_taken_away(row: &Row, rows: &BTreeMap<String, String>) -> bool {
        let is_off = rows.get(TEMPORARY).is_some_and(|live| live == "no");
        row.option.name == TEMPORARY_TTL && row.declared.is_some() && is_off
    }

    /// What commands change that no option says: a segment for items with a short life where none is declared, how the
    /// lists of items are kept, and statistics by prefix (`process_lru_command`, `process_stats_detail`).
    fn at_runtime_only(&self, rows: &BTreeMap<String, String>) -> Vec<Difference> {
        let has = |name: &str| self.node.option(name).is_some();
        let row = |name: &str| rows.get(name).map(String::as_str);
        let mut found = Vec::new();
        if !has(TEMPORARY_TTL) && row(TEMPORARY) == Some("yes") {
            found.push((TEMPORARY_TTL, "off", row(TEMPORARY_TTL).unwrap_or("on"), "lru temp_ttl -1"));
        }
        if let (false, Some("no")) = (has(OLD_DEFAULTS) || has("no_lru_maintainer"), row("lru_segmented")) {
            found.push(("lru_segmented", "yes", "no", "lru mode segmented"));
        }
        if row("detail_enabled") == Some("yes") {
            found.push(("detail_enabled", "no", "yes", "stats detail off"));
        }
        let difference = |(name, wanted, live, command): (&str, &str, &str, &str)| {
            let side = |text: &str| Side::Text(text.to_owned());
            Difference::new(Subject::Setting(name.to_owned()), Class::NotInSpec, side(wanted), side(live))
                .mend(Mend::Command(command.to_owned()))
        };
        found.into_iter().map(difference).collect()
    }

    /// The command that sets an option in the running server, where there is one.
    fn mend(&self, row: &Row, wanted: &str) -> Mend {
        let Some(command) = row.facts.runtime else { return Mend::Restart };
        let on = |wanted: &str| wanted == "on";
        Mend::Command(match command {
            "lru tune" => {
                let value = |name| self.wanted(name);
                let names = ["hot_lru_pct", "warm_lru_pct", "hot_max_factor", "warm_max_factor"];
                format!("{command} {}", names.map(value).join(" "))
            }
            "lru_crawler enable" if !on(wanted) => "lru_crawler disable".to_owned(),
            "stats sizes_enable" if !on(wanted) => "stats sizes_disable".to_owned(),
            "lru_crawler enable" | "lru_crawler disable" | "stats sizes_enable" => command.to_owned(),
            // The certificates are those of the files; another file takes a restart.
            "refresh_certs" => return Mend::Restart,
            "extstore drop_unread" => format!("{command} {}", u8::from(on(wanted))),
            command => format!("{command} {wanted}"),
        })
    }

    /// What an option should be.
    fn wanted(&self, name: &str) -> String {
        let given = self.node.option(name).and_then(|option| option.value.clone());
        let default = || option(name).and_then(|option| option.at(self.answers.identity.version)?.default);
        given.unwrap_or_else(|| default().unwrap_or_default().to_owned())
    }
}

/// Negative numbers are printed as if they had no sign.
fn is_same(printed: &str, live: &str) -> bool {
    let wrapped = || printed.parse::<i32>().is_ok_and(|number| number.cast_unsigned().to_string() == live);
    printed.eq_ignore_ascii_case(live) || wrapped()
}
