use std::collections::BTreeSet;

use serde_json::json;

use super::sample::{Sample, metadata};
use crate::gate::Features;

use super::{Graph, GraphError, Kinds, Target};

fn names(graph: &Graph<'_>, positions: impl IntoIterator<Item = usize>) -> BTreeSet<String> {
    positions.into_iter().map(|at| graph.packages()[at].name.to_string()).collect()
}

fn reachable(graph: &Graph<'_>) -> Vec<usize> {
    (0..graph.packages().len()).filter(|at| graph.is_reachable(*at)).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// One member with every kind of dependency.
fn kinds() -> Vec<Sample> {
    vec![
        Sample::member("app 0.1.0")
            .needs("normal 1.0.0")
            .needs("macros 1.0.0")
            .line("build 1.0.0", &json!({ "kind": "build" }))
            .line("dev 1.0.0", &json!({ "kind": "dev" }))
            .line("win 1.0.0", &json!({ "target": "cfg(windows)" })),
        Sample::registry("normal 1.0.0").line("deep 1.0.0", &json!({ "kind": "build" })),
        Sample::registry("macros 1.0.0").target("proc-macro").needs("syn 1.0.0"),
        Sample::registry("syn 1.0.0"),
        Sample::registry("build 1.0.0"),
        Sample::registry("dev 1.0.0"),
        Sample::registry("win 1.0.0"),
        Sample::registry("deep 1.0.0"),
        Sample::registry("nobody 1.0.0"),
    ]
}

#[test]
fn a_closure_follows_the_kinds_it_is_asked_for() {
    let metadata = metadata(&kinds());
    let graph = Graph::new(&metadata).unwrap();
    let closure = |kinds| names(&graph, graph.closure(graph.members(), kinds, &[]));
    assert_eq!(closure(Kinds::NORMAL), set(&["app", "normal", "macros", "syn", "win"]));
    assert_eq!(closure(Kinds::BUILD), set(&["app", "normal", "macros", "syn", "win", "build", "deep"]));
    assert_eq!(closure(Kinds::ALL).len(), 8);
    assert_eq!(names(&graph, reachable(&graph)), closure(Kinds::ALL));
    assert!(!graph.is_reachable(8));
}

#[test]
fn a_condition_is_asked_for_each_target_and_what_nobody_knows_may_hold() {
    let held = |condition: &str, triple: &str| {
        let metadata = metadata(&[
            Sample::member("app 0.1.0").line("a 1.0.0", &json!({ "target": condition })),
            Sample::registry("a 1.0.0"),
        ]);
        let graph = Graph::new(&metadata).unwrap();
        graph.closure(&[0], Kinds::ALL, &[Target::new(triple)]).contains(&1)
    };
    let (linux, windows, own) = ("x86_64-unknown-linux-gnu", "x86_64-pc-windows-msvc", "my-own-target");
    assert!(held("cfg(unix)", linux) && !held("cfg(unix)", windows) && held("cfg(unix)", own));
    assert!(held(windows, windows) && !held(windows, linux) && !held(windows, own));
    assert!(
        held("cfg(target_feature = \"avx\")", linux) && held("cfg(not(target_feature = \"avx\"))", linux)
    );
    assert!(held("cfg(tokio_unstable)", linux) && !held("cfg(all(tokio_unstable, windows))", linux));
    assert!(held("cfg(debug_assertions)", linux) && !held("cfg(test)", linux));
}

#[test]
fn dev_dependencies_of_the_roots_alone_are_followed() {
    let metadata = metadata(&[
        Sample::member("app 0.1.0").line("lib 0.1.0", &json!({ "source": null })),
        Sample::member("lib 0.1.0").line("dev 1.0.0", &json!({ "kind": "dev" })),
        Sample::registry("dev 1.0.0"),
    ]);
    let graph = Graph::new(&metadata).unwrap();
    assert_eq!(names(&graph, graph.closure(&[0], Kinds::ALL, &[])), set(&["app", "lib"]));
    assert_eq!(names(&graph, graph.closure(&[1], Kinds::ALL, &[])), set(&["lib", "dev"]));
}

/// hashbrown 0.15 names its hasher in a weak feature: cargo lists it, and never builds it.
fn weak(extra: &[&str]) -> Vec<Sample> {
    let features: Vec<&str> = ["std"].iter().chain(extra).copied().collect();
    vec![
        Sample::member("app 0.1.0")
            .line("map 1.0.0", &json!({ "features": features, "uses_default_features": false })),
        Sample::registry("map 1.0.0")
            .line("hasher 1.0.0", &json!({ "optional": true, "uses_default_features": false }))
            .feature("default", &["quick"])
            .feature("quick", &["dep:hasher"])
            .feature("std", &["hasher?/std"]),
        Sample::registry("hasher 1.0.0").feature("std", &[]),
    ]
}

#[test]
fn an_optional_dependency_that_only_a_weak_feature_names_is_not_reachable() {
    let metadata = metadata(&weak(&[]));
    let graph = Graph::new(&metadata).unwrap();
    assert_eq!(names(&graph, reachable(&graph)), set(&["app", "map"]));
    assert!(graph.features(2).next().is_none());
}

#[test]
fn a_weak_feature_is_passed_on_as_soon_as_its_dependency_is_on() {
    let metadata = metadata(&weak(&["quick"]));
    let graph = Graph::new(&metadata).unwrap();
    assert_eq!(names(&graph, reachable(&graph)), set(&["app", "map", "hasher"]));
    assert_eq!(graph.features(2).collect::<Vec<_>>(), ["std"]);
    assert_eq!(graph.features(1).collect::<Vec<_>>(), ["quick", "std"]);
}

#[test]
fn a_renamed_dependency_in_two_versions_is_told_apart() {
    let metadata = metadata(&[
        Sample::member("app 0.1.0")
            .line("a 1.0.0", &json!({ "rename": "old", "features": ["x"], "uses_default_features": false }))
            .line("a 2.0.0", &json!({ "optional": true, "uses_default_features": false })),
        Sample::registry("a 1.0.0").feature("x", &[]),
        Sample::registry("a 2.0.0").feature("x", &[]),
    ]);
    let graph = Graph::new(&metadata).unwrap();
    assert_eq!(reachable(&graph), [0, 1]);
    assert_eq!(graph.features(1).collect::<Vec<_>>(), ["x"]);
}

#[test]
fn a_feature_of_a_dependency_turns_it_on() {
    let metadata = metadata(&[
        Sample::member("app 0.1.0")
            .line("a 1.0.0", &json!({ "optional": true, "uses_default_features": false }))
            .feature("a", &["dep:a"])
            .feature("full", &["a/x"])
            .on(&["full"]),
        Sample::registry("a 1.0.0").feature("x", &["y"]).feature("y", &[]),
    ]);
    let graph = Graph::new(&metadata).unwrap();
    assert!(graph.is_reachable(1));
    assert_eq!(graph.features(1).collect::<Vec<_>>(), ["x", "y"]);
}

#[test]
fn a_version_that_a_patch_put_in_place_is_found_by_its_name() {
    let metadata = metadata(&[
        Sample::member("app 0.1.0").line("a 9.0.0", &json!({ "req": "^1", "features": ["x"] })),
        Sample::registry("a 9.0.0").feature("x", &[]),
    ]);
    let graph = Graph::new(&metadata).unwrap();
    assert_eq!(graph.features(1).collect::<Vec<_>>(), ["x"]);
}

#[test]
fn the_shortest_way_to_a_package_is_told() {
    let metadata = metadata(&kinds());
    let graph = Graph::new(&metadata).unwrap();
    let paths = graph.paths();
    assert_eq!(graph.words(paths[7].as_ref().unwrap()), "app 0.1.0 > normal 1.0.0 > deep 1.0.0");
    assert_eq!(paths[8], None);
}

#[test]
fn an_answer_without_a_graph_is_no_graph() {
    let mut answer = metadata(&kinds());
    answer.packages.pop();
    assert_eq!(
        Graph::new(&answer).unwrap_err(),
        GraphError::Unknown(metadata(&kinds()).packages[8].id.repr.clone())
    );
    let mut answer = metadata(&kinds());
    answer.resolve = None;
    assert_eq!(Graph::new(&answer).unwrap_err(), GraphError::NoGraph);
    let mut answer = metadata(&kinds());
    answer.resolve.as_mut().unwrap().nodes.pop();
    assert!(matches!(Graph::new(&answer).unwrap_err(), GraphError::NoNode(_)));
    assert_eq!(Graph::new(&metadata(&[Sample::registry("a 1.0.0")])).unwrap_err(), GraphError::NoMember);
}

#[test]
fn packages_of_any_source_are_part_of_the_graph() {
    let metadata = metadata(&[
        Sample::member("app 0.1.0")
            .line("beside 0.1.0", &json!({ "source": null }))
            .line("forked 0.1.0", &json!({ "source": "git+https://example.org/forked" })),
        Sample::registry("beside 0.1.0").from(None).with("license", json!(null)),
        Sample::registry("forked 0.1.0").from(Some("git+https://example.org/forked#0123abc")),
    ]);
    let graph = Graph::new(&metadata).unwrap();
    assert_eq!(reachable(&graph).len(), 3);
    assert_eq!(graph.members(), [0]);
}

#[test]
fn fewer_features_of_the_members_lead_to_fewer_packages() {
    let metadata = metadata(&[
        Sample::member("app 0.1.0")
            .line("a 1.0.0", &json!({ "optional": true }))
            .line("b 1.0.0", &json!({ "optional": true }))
            .feature("default", &["dep:a"])
            .feature("more", &["dep:b"])
            .on(&["default", "more"]),
        Sample::registry("a 1.0.0"),
        Sample::registry("b 1.0.0"),
    ]);
    let reached = |features: &Features| {
        let graph = Graph::with_features(&metadata, features).unwrap();
        names(&graph, reachable(&graph))
    };
    assert_eq!(reached(&Features::default()), set(&["app", "a"]));
    assert_eq!(reached(&Features { all: true, ..Features::default() }), set(&["app", "a", "b"]));
    assert_eq!(reached(&Features { no_default: true, ..Features::default() }), set(&["app"]));
    let named = |name: &str| Features { names: vec![name.to_owned()], no_default: true, all: false };
    assert_eq!(reached(&named("more")), set(&["app", "b"]));
    assert_eq!(reached(&named("app/more")), set(&["app", "b"]));
    assert_eq!(reachable(&Graph::new(&metadata).unwrap()).len(), 3);
}

#[test]
fn a_condition_that_never_holds_leads_nowhere() {
    let reached = |condition: &str| {
        let metadata = metadata(&[
            Sample::member("app 0.1.0").line("a 1.0.0", &json!({ "target": condition })),
            Sample::registry("a 1.0.0"),
        ]);
        Graph::new(&metadata).unwrap().is_reachable(1)
    };
    assert!(!reached("cfg(any())") && !reached("cfg(not(all()))"));
    assert!(reached("cfg(all())") && reached("cfg(not(windows))"));
}
