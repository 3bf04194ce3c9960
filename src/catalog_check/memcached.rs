//! Options of a running memcached: its rows of `stats settings`, their defaults, and what can be changed.

use super::Options;
use super::covered;
use super::report::{Aspect, Report};
use crate::catalog::memcached::{MemcachedOption, OptionFacts, StatFormat, options};
use crate::live::memcached::MemcachedServer;
use crate::live::{Address, Failure};
use crate::value::printed_option;

pub(super) fn check(address: &Address, asked: &Options) -> Result<Report, Failure> {
    let mut server = MemcachedServer::connect(address)?;
    let mut report = Report::new(server.identity()?);
    if !covered(&report.identity) {
        report.note("the catalogue does not cover this version");
        return Ok(report);
    }
    let Some(rows) = server.settings(!asked.without_napi_ids)? else {
        report.note("it is not asked for its settings: before 1.6.40 that kills a memcached started with -N");
        return Ok(report);
    };
    let version = report.identity.version;
    for option in options() {
        let Some((facts, stat)) = option.at(version).and_then(|facts| Some((facts, facts.stat?))) else {
            continue;
        };
        // A row of a part that was not built in is missing, and a negation shares its option's row.
        let Some(shown) = rows.get(stat.name) else {
            if facts.build.or(stat.build).is_none() {
                report.count(Aspect::Names);
                report.contradict(
                    Aspect::Names,
                    option.name,
                    format!("it shows as `{}`", stat.name),
                    "does not show it",
                );
            }
            continue;
        };
        report.count(Aspect::Names);
        if facts.negates.is_none() && !asked.given.contains(option.name) {
            default(option, facts, shown, &mut report);
        }
        runtime(&mut server, option, facts, shown, &mut report)?;
    }
    Ok(report)
}

fn default(option: &MemcachedOption, facts: &OptionFacts, shown: &str, report: &mut Report) {
    if let Some(printed) = printed_option(facts, None) {
        report
            .compare(Aspect::Defaults, option.name, (printed.as_str(), shown), |value| format!("`{value}`"));
    }
}

/// Changes a plain number to the value that it has.
fn runtime(
    server: &mut MemcachedServer,
    option: &MemcachedOption,
    facts: &OptionFacts,
    shown: &str,
    report: &mut Report,
) -> Result<(), Failure> {
    let Some(command) = facts.runtime else { return Ok(()) };
    let number: Option<f64> = shown.parse().ok();
    let line = match (command, number, facts.stat.map(|stat| stat.format)) {
        // The arguments of these are several, or none.
        (
            "lru tune"
            | "stats sizes_enable"
            | "refresh_certs"
            | "lru_crawler enable"
            | "lru_crawler disable",
            ..,
        ) => {
            return Ok(());
        }
        (command, _, _) if command.starts_with("extstore") => return Ok(()),
        (_, Some(_), Some(StatFormat::Multiplied(factor))) => {
            let Ok(number) = shown.parse::<u64>() else { return Ok(()) };
            format!("{command} {}", number / factor)
        }
        (_, Some(_), _) => format!("{command} {shown}"),
        _ => return Ok(()),
    };
    let taken = match server.command(&line) {
        Ok(_) => true,
        Err(Failure::Refused(_)) => false,
        Err(failure) => return Err(failure),
    };
    report.compare(Aspect::Mutability, option.name, (true, taken), |taken| {
        format!("`{line}` is {}", if *taken { "taken" } else { "refused" })
    });
    Ok(())
}
