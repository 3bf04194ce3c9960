//! Which nodes are meant.

use crate::model::{AnyNode, Model};
use crate::spec::nearest;

/// The nodes that the selectors name, in the order of the spec; all without selectors.
pub(super) fn nodes<'m>(model: &'m Model, selectors: &[String]) -> Result<Vec<AnyNode<'m>>, String> {
    let all: Vec<AnyNode<'m>> = AnyNode::all(model).collect();
    if all.is_empty() {
        return Err("the spec declares no server".to_owned());
    }
    let names =
        |node: &AnyNode<'_>| [node.group(), node.name(), format!("@{}", model.host(node.host()).name.value)];
    for selector in selectors {
        if !all.iter().any(|node| names(node).contains(selector)) {
            let known: Vec<String> = all.iter().flat_map(names).collect();
            return Err(format!(
                "the spec has nothing called `{selector}`; {}",
                hint(selector, &known, &all)
            ));
        }
    }
    let wanted =
        |node: &AnyNode<'_>| selectors.is_empty() || names(node).iter().any(|name| selectors.contains(name));
    Ok(all.into_iter().filter(wanted).collect())
}

fn hint(selector: &str, known: &[String], all: &[AnyNode<'_>]) -> String {
    // A host, or a node without its deployment, is a slip as well.
    let at_host = format!("@{selector}");
    let below = format!("/{selector}");
    let exact = known.iter().find(|name| **name == at_host || name.ends_with(&below));
    let near = exact.map(String::as_str).or_else(|| nearest(selector, known.iter().map(String::as_str)));
    match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let mut groups: Vec<String> = all.iter().map(AnyNode::group).collect();
            groups.dedup();
            format!("its deployments are {}", groups.join(", "))
        }
    }
}
