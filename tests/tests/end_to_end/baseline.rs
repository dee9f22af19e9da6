//! The ratchet: what is accepted does not fail, what is new or worse does, and nothing hides a broken gate.

use std::fs;

use serde_json::Value;

use super::support::{Act, Fakes, Workspace, git};

const NAME: &str = "bulletproof.baseline.json";

/// A workspace with open ends in three files, committed.
fn with_open_ends() -> Workspace {
    let open = |name: &str| format!("//! {name}\n\n// TODO: one of {name}\n// TODO: two of {name}\n");
    let workspace = Workspace::of("clean")
        .with("src/a.rs", open("a"))
        .with("src/b.rs", open("b"))
        .with("src/c.rs", open("c"));
    workspace.commit();
    workspace
}

fn todo(workspace: &Workspace) -> Value {
    workspace.bulletproof(&["--gate", "todo"]).report()
}

fn status(report: &Value) -> &str {
    report["gates"][0]["status"].as_str().unwrap()
}

fn change(workspace: &Workspace, how: &str, gate: &str, code: i32) -> Value {
    let ran = workspace.bulletproof(&["baseline", how, "--gate", gate, "--format", "json"]).end();
    assert_eq!(ran.code, Some(code), "{ran:#?}");
    serde_json::from_str(&ran.stdout).unwrap()
}

fn count(change: &Value, what: &str) -> usize {
    change[what].as_array().unwrap().len()
}

fn file(workspace: &Workspace) -> String {
    fs::read_to_string(workspace.root().join(NAME)).unwrap()
}

fn mend(workspace: &Workspace, path: &str) {
    fs::write(workspace.root().join(path), "//! mended\n").unwrap();
}

#[test]
fn accepted_findings_pass_and_a_new_one_fails() {
    let workspace = with_open_ends();
    assert_eq!(status(&todo(&workspace)), "failed");
    assert_eq!(count(&change(&workspace, "update", "todo", 0), "added"), 6);

    let accepted = todo(&workspace);
    assert_eq!(status(&accepted), "passed", "{accepted:#}");
    assert_eq!(accepted["baseline"]["accepted"], 6);
    let findings = accepted["gates"][0]["findings"].as_array().unwrap();
    assert!(findings.iter().all(|finding| finding["baselined"] == true), "{accepted:#}");

    let text = fs::read_to_string(workspace.root().join("src/a.rs")).unwrap();
    fs::write(workspace.root().join("src/a.rs"), format!("//\n//\n{text}// TODO: three of a\n")).unwrap();
    let new = todo(&workspace);
    assert_eq!((status(&new), new["verdict"]["exit_code"].as_i64()), ("failed", Some(1)), "{new:#}");
    assert_eq!(new["baseline"]["accepted"], 6, "moved lines are the same findings: {new:#}");
}

#[test]
fn people_are_told_what_is_accepted_and_what_is_gone() {
    let workspace = with_open_ends();
    change(&workspace, "update", "todo", 0);
    mend(&workspace, "src/a.rs");
    let ran = workspace.bulletproof(&["--gate", "todo"]).end();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    for said in [
        "(bar 0); all",
        "4 findings are accepted by the baseline",
        "2 accepted findings are gone: `cargo bulletproof baseline prune` tightens it",
    ] {
        assert!(ran.stdout.contains(said), "{said}: {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("one of b"), "{}", ran.stdout);
    let shown = workspace.bulletproof(&["baseline", "show", "-v"]).end();
    assert!(
        shown.stdout.contains("todo/without-issue") && shown.stdout.contains("6 findings accepted"),
        "{shown:#?}"
    );
}

#[test]
fn pruning_takes_out_what_is_gone_and_adds_nothing() {
    let workspace = with_open_ends();
    change(&workspace, "update", "todo", 0);
    mend(&workspace, "src/a.rs");
    fs::write(workspace.root().join("src/b.rs"), "//! b\n\n// TODO: one of b\n// TODO: a new one\n").unwrap();
    let pruned = change(&workspace, "prune", "todo", 0);
    assert_eq!((count(&pruned, "added"), count(&pruned, "removed")), (0, 3), "{pruned:#}");
    assert_eq!(status(&todo(&workspace)), "failed");
    let before = file(&workspace);
    assert_eq!(count(&change(&workspace, "prune", "todo", 0), "removed"), 0);
    assert_eq!(file(&workspace), before);
}

#[test]
fn two_branches_that_mend_neighbours_merge_to_what_pruning_both_gives() {
    let workspace = with_open_ends();
    change(&workspace, "update", "todo", 0);
    let root = workspace.root();
    let commit = |message: &str| {
        git(&root, &["add", "--all"]);
        git(&root, &["commit", "--quiet", "--message", message]);
    };
    commit("a baseline");
    git(&root, &["branch", "one"]);
    git(&root, &["branch", "other"]);
    for (branch, path) in [("one", "src/a.rs"), ("other", "src/b.rs")] {
        git(&root, &["switch", "--quiet", branch]);
        mend(&workspace, path);
        assert_eq!(count(&change(&workspace, "prune", "todo", 0), "removed"), 2);
        commit(branch);
    }
    // the helper fails where git finds a conflict
    git(&root, &["merge", "--quiet", "--message", "both", "one"]);
    let merged = file(&workspace);
    assert_eq!(status(&todo(&workspace)), "passed");
    assert_eq!(count(&change(&workspace, "prune", "todo", 0), "removed"), 0);
    git(&root, &["checkout", "--quiet", "other~2", "--", NAME]);
    assert_eq!(count(&change(&workspace, "prune", "todo", 0), "removed"), 4);
    assert_eq!(file(&workspace), merged);
}

#[test]
fn a_figure_that_is_worse_than_the_accepted_one_fails() {
    let two = "fn a( ) {}\n\nfn b() {}\n\nfn c( ) {}\n";
    let workspace = Workspace::of("clean").with("src/odd.rs", two);
    workspace.commit();
    change(&workspace, "update", "fmt", 0);
    let fmt = || workspace.bulletproof(&["--gate", "fmt"]).report();
    assert_eq!(status(&fmt()), "passed");
    fs::write(workspace.root().join("src/odd.rs"), two.replace("b()", "b( )") + "\nfn d( ) {}\n").unwrap();
    let worse = fmt();
    assert_eq!(status(&worse), "failed", "{worse:#}");
    let message = worse["gates"][0]["findings"][0]["message"].as_str().unwrap();
    assert!(message.contains("(4 accepted by the baseline, now"), "{message}");
    fs::write(workspace.root().join("src/odd.rs"), "fn a( ) {}\n").unwrap();
    let better = fmt();
    assert_eq!((status(&better), better["baseline"]["better"].as_array().unwrap().len()), ("passed", 1));
    assert_eq!(count(&change(&workspace, "prune", "fmt", 0), "tightened"), 1);
    fs::write(workspace.root().join("src/odd.rs"), two).unwrap();
    assert_eq!(status(&fmt()), "failed");
}

#[test]
fn a_baseline_never_hides_a_broken_gate_and_keeps_its_entries() {
    let workspace = Workspace::of("clean").with("src/odd.rs", "fn a( ) {}\n");
    workspace.commit();
    let fakes = Fakes::new().on("rustfmt", &[], &Act::silent(0));
    let first = workspace.bulletproof(&["baseline", "update", "--gate", "fmt"]).fakes(&fakes).end();
    assert_eq!((first.code, workspace.root().join(NAME).exists()), (Some(2), false), "{first:#?}");
    change(&workspace, "update", "fmt", 0);
    let before = file(&workspace);
    let broken = workspace.bulletproof(&["--gate", "fmt"]).fakes(&fakes).report();
    assert_eq!((status(&broken), broken["verdict"]["exit_code"].as_i64()), ("broken", Some(2)));
    assert_eq!(broken["baseline"]["gone"].as_array().unwrap().len(), 0);
    for how in ["update", "prune"] {
        let ran = workspace.bulletproof(&["baseline", how, "--gate", "fmt"]).fakes(&fakes).end();
        assert_eq!(ran.code, Some(2), "{ran:#?}");
        assert!(ran.stdout.contains("not judged, so that their entries are kept: fmt"), "{}", ran.stdout);
        assert_eq!(file(&workspace), before);
    }
}

#[test]
fn a_secret_is_never_accepted() {
    let workspace = Workspace::of("secrets");
    workspace.commit();
    let change = change(&workspace, "update", "secrets", 1);
    assert_eq!(count(&change, "added"), 0, "{change:#}");
    assert!(change["refused"].to_string().contains("secrets/private-key"), "{change:#}");
    let report = workspace.bulletproof(&["--gate", "secrets"]).report();
    assert_eq!(status(&report), "failed");
}

#[test]
fn an_accepted_finding_does_not_stop_a_run_that_stops_at_the_first_failure() {
    let workspace = with_open_ends();
    change(&workspace, "update", "todo", 0);
    let report = workspace.bulletproof(&["--gate", "todo,manifest,paths", "--fail-fast"]).report();
    assert_eq!(report["verdict"]["passed"], 3, "{report:#}");
}

#[test]
fn a_run_over_a_part_offers_nothing_and_changes_nothing() {
    let workspace = with_open_ends();
    change(&workspace, "update", "todo", 0);
    mend(&workspace, "src/a.rs");
    let part = workspace.bulletproof(&["--gate", "todo", "--package", "clean"]).report();
    assert_eq!(part["baseline"]["gone"].as_array().unwrap().len(), 0, "{part:#}");
    let ran = workspace.bulletproof(&["baseline", "prune", "--gate", "todo", "--package", "clean"]).end();
    ran.refused(&["a baseline is about the whole workspace"]);
}

#[test]
fn a_baseline_that_cannot_be_read_leaves_no_verdict() {
    for (text, said) in [
        ("{\"version\": 1, \"accepted\": {", "bulletproof.baseline.json:1:"),
        ("{\"version\": 7}", "version 7"),
        ("<<<<<<< HEAD\n", "a merge left its marks here"),
    ] {
        let workspace = Workspace::of("clean").with(NAME, text);
        workspace.bulletproof(&["--gate", "todo"]).end().refused(&[said]);
        workspace.bulletproof(&["baseline", "update", "--gate", "todo"]).end().refused(&[said]);
        assert_eq!(file(&workspace), text);
    }
}
