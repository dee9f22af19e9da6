//! Where it is kept what runs took.

use std::path::PathBuf;

use super::store::write_artifact;
use crate::facts::Facts;
use crate::pace::Memory;

fn place(facts: &Facts) -> PathBuf {
    facts.state.join("pace.json")
}

/// What is remembered of earlier runs in the workspace; nothing where it cannot be read.
pub fn remembered(facts: &Facts) -> Memory {
    std::fs::read(place(facts)).map(|bytes| Memory::parse(&bytes)).unwrap_or_default()
}

/// Keeps it. What cannot be kept costs the next run its order, no more.
pub fn remember(facts: &Facts, memory: &Memory) {
    let _ = write_artifact(&place(facts), &memory.to_bytes());
}
