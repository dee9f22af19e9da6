//! Versions and tags, in repositories with commits.

use serde_json::Value;

use crate::support::{Workspace, git};

/// The clean fixture, committed, with those tags.
fn tagged(tags: &[&str]) -> Workspace {
    let workspace = Workspace::of("clean");
    git(&workspace.root(), &["commit", "--quiet", "--message=one"]);
    for tag in tags {
        git(&workspace.root(), &["tag", tag]);
    }
    workspace
}

fn another_commit(workspace: Workspace) -> Workspace {
    git(&workspace.root(), &["commit", "--quiet", "--allow-empty", "--message=two"]);
    workspace
}

/// The gate's status, and the rules of its findings.
fn judged(workspace: &Workspace, args: &[&str]) -> (String, Vec<String>) {
    let report = workspace.bulletproof(&["--gate", "version"]).args(args.iter().copied()).report();
    let gate = &report["gates"][0];
    let rule = |finding: &Value| finding["rule"].as_str().unwrap().to_owned();
    let rules = gate["findings"].as_array().unwrap().iter().map(rule).collect();
    (gate["status"].as_str().unwrap().to_owned(), rules)
}

fn passes(workspace: &Workspace) {
    assert_eq!(judged(workspace, &["--stage", "release"]), ("passed".to_owned(), Vec::new()));
}

fn fails(workspace: &Workspace, rule: &str) {
    assert_eq!(judged(workspace, &["--stage", "release"]), ("failed".to_owned(), vec![rule.to_owned()]));
}

#[test]
fn a_commit_without_a_tag_or_with_that_of_its_version_may_be_released() {
    passes(&tagged(&[]));
    passes(&tagged(&["v0.1.0"]));
    passes(&tagged(&["0.1.0", "v0.1.0-rc.1", "nightly"]));
    passes(&another_commit(tagged(&["v0.0.9"])));
}

#[test]
fn a_commit_with_the_tag_of_another_version_may_not() {
    fails(&tagged(&["v0.2.0"]), "version/tag-differs");
    fails(&tagged(&["clean-cli-v0.2.0"]), "version/tag-differs");
}

#[test]
fn a_version_that_another_commit_has_is_an_error_in_a_release_and_a_warning_before() {
    let workspace = another_commit(tagged(&["v0.1.0"]));
    fails(&workspace, "version/already-tagged");
    assert_eq!(judged(&workspace, &[]).0, "warned");
    git(&workspace.root(), &["tag", "--annotate", "--force", "--message=moved", "v0.1.0"]);
    passes(&workspace);
}

#[test]
fn a_pipeline_that_runs_on_tags_can_ask_for_one() {
    let config = "[gates.version]\nrequire_tag = true\n";
    let without = tagged(&[]).with("bulletproof.toml", config);
    fails(&without, "version/not-tagged");
    passes(&tagged(&["v0.1.0"]).with("bulletproof.toml", config));
}

#[test]
fn without_a_repository_there_is_no_tag_to_differ() {
    let workspace = Workspace::of("clean");
    std::fs::remove_dir_all(workspace.root().join(".git")).unwrap();
    passes(&workspace);
}
