//! The `deny` gate judges a graph of 750 packages within 150 ms, from cargo's answer on.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use cargo_gate::graph::Graph;
use cargo_gate::policy::{self, Ground, Texts};
use cargo_metadata::{Metadata, MetadataCommand};
use serde_json::{Value, json};

use crate::bench::paired::Spread;
use crate::bench::row::{Row, Standing};

const MOST: f64 = 150.0;
const PACKAGES: usize = 750;
/// How many packages each one needs.
const WIDTH: usize = 6;
const LICENSES: [&str; 5] =
    ["MIT OR Apache-2.0", "MIT/Apache-2.0", "BSD-3-Clause", "(MIT OR Apache-2.0) AND Unicode-3.0", "MPL-2.0"];
const POLICY: &str = "[graph]\ntargets = [\"x86_64-unknown-linux-gnu\", \"x86_64-pc-windows-msvc\"]\nall-features = true\n\
    [licenses]\nallow = [\"MIT\", \"Apache-2.0\", \"BSD-3-Clause\", \"Unicode-3.0\"]\n\
    [bans]\nwildcards = \"deny\"\nmultiple-versions = \"deny\"\ndeny = [\"made-up-7\"]\nskip = [\"made-up-9\"]\n\
    [sources]\nunknown-registry = \"deny\"\nunknown-git = \"deny\"\n";

pub(in crate::bench) fn deny(rounds: u32) -> Vec<Row> {
    let answer = answer(PACKAGES).to_string();
    let once = || {
        let start = Instant::now();
        let packages = black_box(judge(black_box(&answer)));
        let time = start.elapsed().as_secs_f64() * 1000.0;
        // what was not judged took for ever
        if packages == Some(PACKAGES) { time } else { f64::INFINITY }
    };
    let time = Spread::of((0..rounds).map(|_| once()));
    let of = format!("{PACKAGES} made-up packages, from cargo's answer to the findings");
    let row = Row {
        ours: String::new(),
        theirs: String::new(),
        standing: Standing::NoBar,
        ..Row::ratio("deny", of, &[])
    };
    vec![row.figure(time, "ms").bar("150 ms", time.median <= MOST)]
}

/// How many packages were judged.
fn judge(answer: &str) -> Option<usize> {
    let metadata: Metadata = MetadataCommand::parse(answer).ok()?;
    let policy = policy::parse(("deny.toml", POLICY.as_bytes()), None).ok()?;
    let graph = Graph::new(&metadata).ok()?;
    let ground = Ground::new(&graph, &policy, &[], Path::new("/ws"));
    let judgement = policy::judge(&ground, &Texts::new()).ok()?;
    // every fifth licence is refused
    (judgement.findings.len() >= PACKAGES / 10).then_some(judgement.packages)
}

/// What cargo would answer: each package needs the next ones, some by a target or a feature.
fn answer(packages: usize) -> Value {
    let source = concat!("registry+https://github.com/", "rust-lang/crates.io-index");
    let id = |at: usize| format!("{source}#made-up-{at}@1.0.0");
    let needed = |at: usize| (at + 1..packages).take(WIDTH);
    let target = |at: usize| (at % 4 == 3).then_some("cfg(unix)");
    let kind = |at: usize| (at % 5 == 4).then_some("build");
    let package = |at: usize| {
        let line = |to: usize| {
            json!({
                "name": format!("made-up-{to}"), "source": source, "req": "^1", "kind": kind(to), "rename": null,
                "optional": false, "uses_default_features": true, "features": [], "target": target(to), "registry": null,
            })
        };
        json!({
            "name": format!("made-up-{at}"), "version": "1.0.0", "id": id(at), "license": LICENSES.get(at % 5),
            "license_file": null, "description": "a made-up package", "source": (at > 0).then_some(source),
            "dependencies": needed(at).map(line).collect::<Vec<_>>(), "features": { "default": ["std"], "std": [] },
            "targets": [{
                "kind": ["lib"], "crate_types": ["lib"], "name": format!("made_up_{at}"), "src_path": "/x/src/lib.rs",
                "edition": "2021", "doc": true, "doctest": true, "test": true,
            }],
            "manifest_path": format!("/x/made-up-{at}/Cargo.toml"), "metadata": null, "publish": null, "authors": [],
            "categories": [], "keywords": [], "readme": null, "repository": null, "homepage": null,
            "documentation": null, "edition": "2021", "links": null, "default_run": null, "rust_version": null,
        })
    };
    let node = |at: usize| {
        let edge = |to: usize| {
            let kinds = [json!({ "kind": kind(to), "target": target(to) })];
            json!({ "name": format!("made_up_{to}"), "pkg": id(to), "dep_kinds": kinds })
        };
        let ids: Vec<String> = needed(at).map(id).collect();
        let edges: Vec<Value> = needed(at).map(edge).collect();
        json!({ "id": id(at), "dependencies": ids, "deps": edges, "features": ["default", "std"] })
    };
    json!({
        "packages": (0..packages).map(package).collect::<Vec<_>>(),
        "workspace_members": [id(0)], "workspace_default_members": [id(0)],
        "resolve": { "nodes": (0..packages).map(node).collect::<Vec<_>>(), "root": id(0) },
        "target_directory": "/ws/target", "version": 1, "workspace_root": "/ws", "metadata": null,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_made_up_graph_is_judged_whole() {
        assert_eq!(judge(&answer(PACKAGES).to_string()), Some(PACKAGES));
    }
}
