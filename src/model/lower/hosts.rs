//! Hosts: the ones that have an address, in the order of their names.

use crate::model::topology::Host;
use crate::spec::Spec;

pub(super) fn hosts(spec: &Spec) -> Vec<Host> {
    let with_address =
        |(name, host): (&crate::source::At<String>, &crate::source::At<crate::spec::HostSpec>)| {
            let address = host.address.clone()?;
            Some(Host { name: name.clone(), address, spec: host.value.clone() })
        };
    spec.hosts.iter().filter_map(with_address).collect()
}
