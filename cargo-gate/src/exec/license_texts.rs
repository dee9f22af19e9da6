//! Reads the licence texts that the clarifications of a policy rest on.

use crate::gate::Unreadable;
use crate::graph::Graph;
use crate::policy::{self, Texts, text_hash, texts_of_clarifications};
use crate::step::{Evidence, Step};

/// The hash of each text; none for one that is gone or no text, with which no clarification holds.
pub(super) fn read(before: &Evidence, offline: bool) -> Result<Texts, Unreadable> {
    let policy = policy::load(before)?;
    let metadata = before.graph(&Step::Graph { offline })?;
    let graph = Graph::new(metadata).map_err(|error| Unreadable::garbage(error.to_string()))?;
    let texts = texts_of_clarifications(&policy, &graph).into_iter().filter_map(|(at, path)| {
        let folder = graph.package(at)?.manifest_path.parent()?;
        let hash = std::fs::read(folder.join(path)).ok().and_then(|bytes| text_hash(&bytes));
        Some(((at, path.to_owned()), hash))
    });
    Ok(texts.collect())
}
