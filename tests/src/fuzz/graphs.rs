//! What `cargo metadata` says of the resolved dependencies.

use cargo_gate::graph::{Graph, Kinds, Target};

use super::Input;

pub(super) fn graph(input: Input<'_>) {
    let Ok(metadata) = serde_json::from_slice(input.bytes) else { return };
    let graph = match Graph::new(&metadata) {
        Ok(graph) => graph,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let count = graph.packages().len();
    let all: Vec<usize> = (0..count).collect();
    for at in &all {
        assert!(graph.edges(*at).iter().all(|edge| edge.to < count), "no edge leads nowhere");
    }
    assert!(graph.members().iter().all(|at| *at < count && graph.is_member(*at)));
    let targets = [Target::new("x86_64-unknown-linux-gnu"), Target::new("no-such-target")];
    let normal = graph.closure(graph.members(), Kinds::NORMAL, &targets);
    let everything = graph.closure(graph.members(), Kinds::ALL, &[]);
    assert!(normal.is_subset(&everything), "what is needed somewhere is among what is needed");
    assert!(graph.members().iter().all(|at| everything.contains(at)), "the roots belong to what they reach");
    for (at, path) in graph.paths().into_iter().enumerate() {
        assert!(path.is_none_or(|path| path.last() == Some(&at)), "a way ends where it leads");
    }
}
