//! Other addresses for nodes, from arguments and files.

use std::collections::BTreeMap;
use std::path::Path;

use super::super::args::{Via, one_via};
use super::super::files::reason;
use crate::live::{Address, address_of};
use crate::model::{AnyNode, Model};
use crate::spec::nearest;

/// A pair of addresses, with the place where it was written.
type Written = (String, (Address, Address));

/// All of them, by the address that the spec comes to. One that no node has leads nowhere.
pub(super) fn addresses(args: &[Via], model: &Model) -> Result<BTreeMap<String, Address>, String> {
    let mut list: Vec<Written> = Vec::new();
    for arg in args {
        match arg {
            Via::One(pair) => list.push(("--via".to_owned(), (**pair).clone())),
            Via::File(path) => list.extend(of_file(path)?),
        }
    }
    let known: Vec<String> = AnyNode::all(model).map(|node| address_of(model, &node).to_string()).collect();
    let mut addresses = BTreeMap::new();
    let mut mistakes = Vec::new();
    for (place, (from, to)) in list {
        let from = from.to_string();
        if !known.contains(&from) {
            let near = nearest(&from, known.iter().map(String::as_str));
            let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            mistakes.push(format!("{place}: no node of the spec has the address `{from}`{hint}"));
        } else if addresses.insert(from.clone(), to).is_some() {
            mistakes.push(format!("{place}: `{from}` has another address already"));
        }
    }
    if mistakes.is_empty() { Ok(addresses) } else { Err(mistakes.join("\nerror: ")) }
}

/// The lines of a file, each with its place.
fn of_file(path: &Path) -> Result<Vec<Written>, String> {
    let name = path.display();
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("cannot read {name}: {}", reason(&error)))?;
    let (list, mistakes) = read(&name.to_string(), &text);
    if mistakes.is_empty() { Ok(list) } else { Err(mistakes.join("\nerror: ")) }
}

/// Reads lines `ADDRESS=ADDRESS`; what is empty or begins with `#` says nothing.
fn read(name: &str, text: &str) -> (Vec<Written>, Vec<String>) {
    let (mut list, mut mistakes) = (Vec::new(), Vec::new());
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let place = format!("{name}:{}", number + 1);
        match one_via(line) {
            Ok(pair) => list.push((place, pair)),
            Err(why) => mistakes.push(format!("{place}: {why}")),
        }
    }
    (list, mistakes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bad_line_of_a_file_is_told_with_its_number() {
        let text =
            "# tunnels\n\n 10.0.1.11:6379 = 127.0.0.1:16379\n10.0.1.12:6379\n[::1]:1=[::2]:2\n:1=a:2\n";
        let (list, mistakes) = read("f", text);
        let list: Vec<String> =
            list.iter().map(|(place, (from, to))| format!("{place} {from} {to}")).collect();
        assert_eq!(list, ["f:3 10.0.1.11:6379 127.0.0.1:16379", "f:5 [::1]:1 [::2]:2"]);
        assert_eq!(mistakes.len(), 2, "{mistakes:?}");
        assert!(mistakes[0].starts_with("f:4: ") && mistakes[1].starts_with("f:6: "), "{mistakes:?}");
    }
}
