//! `cachewright dev`: tools for those who work on cachewright itself; not in the help.

use super::args::{DevCommand, VerifyCatalogArgs};
use super::exit::Exit;
use super::output::Output;
use crate::catalog_check::{Options, Report, check};

pub(super) fn run(command: &DevCommand, output: &mut Output) -> Exit {
    match command {
        DevCommand::VerifyCatalog(args) => verify_catalog(args, output),
    }
}

fn verify_catalog(args: &VerifyCatalogArgs, output: &mut Output) -> Exit {
    let address = &args.address;
    if !args.yes && !address.is_loopback() {
        return output.usage(&format!(
            "{address} is not this machine: asking means trying to change settings; add --yes for a server without users"
        ));
    }
    output.err(format!(
        "asking {address} by trying to change settings, ACL users and watched primaries, and putting them back\n"
    ));
    let options = Options {
        login: None,
        binary: args.binary.clone(),
        given: args.given.iter().cloned().collect(),
        without_napi_ids: args.without_napi_ids,
    };
    match check(address, &options) {
        Err(failure) => {
            output.err(format!("error: {address}: {failure}\n"));
            Exit::Unchecked
        }
        Ok(report) => tell(&report, output),
    }
}

fn tell(report: &Report, output: &mut Output) -> Exit {
    for found in &report.disagreements {
        output.out(format!("{found}\n"));
    }
    for note in &report.notes {
        output.err(format!("note: {note}\n"));
    }
    output.err(format!("{}\n", report.summary()));
    if !report.disagreements.is_empty() {
        Exit::Findings
    } else if report.compared.is_empty() {
        Exit::Unchecked
    } else {
        Exit::Clean
    }
}
