//! The growth of a program against the revision before.

use serde_json::Value;

use super::support::{Workspace, git};

const LARGER: &str = "//! A program with a table.\n\nstatic TABLE: [u8; 3_000_000] = [7; 3_000_000];\n\n\
    fn main() {\n    let at = std::env::args().count();\n    println!(\"{}\", TABLE[at]);\n}\n";

fn commit(workspace: &Workspace) {
    git(&workspace.root(), &["add", "--all"]);
    git(&workspace.root(), &["commit", "--quiet", "--message=a change"]);
}

fn gate(workspace: &Workspace) -> Value {
    workspace.bulletproof(&["--gate", "size"]).report()["gates"][0].clone()
}

#[test]
fn a_program_that_grew_since_the_base_is_named_with_what_grew() {
    let workspace = Workspace::of("size").with("bulletproof.toml", "").with_own_target();
    commit(&workspace);
    let first = gate(&workspace);
    assert_eq!(first["status"], "passed", "{first:#}");
    let workspace = workspace.with("src/main.rs", LARGER);
    commit(&workspace);
    let second = gate(&workspace);
    assert_eq!(second["status"], "failed", "{second:#}");
    assert_eq!(second["findings"][0]["rule"], "size/grown", "{second:#}");
    assert!(second["findings"][0]["message"].as_str().unwrap().contains("against the commit before HEAD"));
    assert!(
        second["findings"][0].to_string().contains("rodata") || cfg!(not(target_os = "linux")),
        "{second:#}"
    );
}

#[test]
fn growth_against_a_base_without_figures_is_no_silent_pass() {
    let workspace = Workspace::of("size").with("bulletproof.toml", "").with_own_target();
    commit(&workspace);
    let workspace = workspace.with("src/main.rs", LARGER);
    commit(&workspace);
    let report = gate(&workspace);
    assert_eq!(report["status"], "warned", "{report:#}");
    assert_eq!(report["findings"][0]["rule"], "size/growth-unknown", "{report:#}");
}

#[test]
fn figures_of_other_features_are_no_base() {
    let workspace = Workspace::of("size").with("bulletproof.toml", "").with_own_target();
    commit(&workspace);
    assert_eq!(gate(&workspace)["status"], "passed");
    let workspace = workspace.with("src/main.rs", LARGER);
    commit(&workspace);
    let report = workspace.bulletproof(&["--gate", "size", "--all-features"]).report()["gates"][0].clone();
    assert_eq!(report["status"], "warned", "{report:#}");
    assert_eq!(report["findings"][0]["rule"], "size/growth-unknown", "{report:#}");
}

#[test]
fn figures_of_the_base_that_are_recorded_later_have_it_judged_anew() {
    let workspace = Workspace::of("size").with("bulletproof.toml", "").with_own_target();
    commit(&workspace);
    let workspace = workspace.with("src/main.rs", LARGER);
    commit(&workspace);
    let run = || workspace.bulletproof(&["--gate", "size"]).cached().report()["gates"][0].clone();
    assert_eq!(run()["findings"][0]["rule"], "size/growth-unknown");
    assert_eq!(run()["cached"], true);
    git(&workspace.root(), &["checkout", "--quiet", "--detach", "HEAD~1"]);
    assert_eq!(run()["status"], "passed");
    git(&workspace.root(), &["checkout", "--quiet", "-"]);
    let judged = run();
    assert_eq!(judged["status"], "failed", "{judged:#}");
    assert_eq!(judged["findings"][0]["rule"], "size/grown", "{judged:#}");
}
