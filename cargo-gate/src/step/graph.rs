//! The dependency graph as `cargo metadata` gives it.

use cargo_metadata::{Metadata, MetadataCommand, PackageId};

use super::Captured;
use crate::compile;
use crate::facts::Facts;
use crate::gate::Unreadable;

/// Reads the resolved graph.
///
/// # Errors
/// When cargo could not resolve it, or answered for another workspace, or without a resolution.
pub(crate) fn read_graph(facts: &Facts, captured: &Captured) -> Result<Box<Metadata>, Unreadable> {
    if captured.exit_code()? != 0 {
        return Err(compile::failed(captured));
    }
    let unreadable = |error: &dyn std::fmt::Display| {
        Unreadable::garbage(format!("`cargo metadata` gave an unreadable answer: {error}"))
    };
    let text = std::str::from_utf8(&captured.stdout).map_err(|error| unreadable(&error))?;
    let metadata = MetadataCommand::parse(text).map_err(|error| unreadable(&error))?;
    let ours = |id: &PackageId| facts.packages.iter().any(|package| package.id == id.repr);
    if metadata.workspace_members.len() != facts.packages.len()
        || !metadata.workspace_members.iter().all(ours)
    {
        return Err(Unreadable::garbage("`cargo metadata` names other members than before"));
    }
    let Some(resolve) = &metadata.resolve else {
        return Err(unreadable(&"it has no resolved graph"));
    };
    let known = |id: &PackageId| metadata.packages.iter().any(|package| package.id == *id);
    match metadata.workspace_members.iter().find(|id| !resolve.nodes.iter().any(|node| node.id == **id)) {
        Some(lost) => Err(unreadable(&format!("the graph lacks the member {lost}"))),
        None if metadata.workspace_members.iter().all(known) => Ok(Box::new(metadata)),
        None => Err(unreadable(&"it does not describe every member")),
    }
}
