//! Versions and tags, in repositories with commits.

use serde_json::Value;

use crate::support::{Fakes, Workspace, git};

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

fn head(workspace: &Workspace) -> String {
    let git = workspace.root().join(".git");
    let branch = std::fs::read_to_string(git.join("HEAD")).unwrap();
    let commit = std::fs::read_to_string(git.join(branch.trim().strip_prefix("ref: ").unwrap())).unwrap();
    commit.trim().to_owned()
}

/// As if only its last commit had been fetched, and no tag.
fn shallow(workspace: Workspace) -> Workspace {
    std::fs::write(workspace.root().join(".git/shallow"), format!("{}\n", head(&workspace))).unwrap();
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

#[test]
fn a_shallow_clone_without_the_tag_gives_no_verdict() {
    let workspace = shallow(tagged(&[]));
    assert_eq!(judged(&workspace, &[]).0, "broken");
    let report = workspace.bulletproof(&["--gate", "version"]).report();
    assert_eq!(report["gates"][0]["help"], "git fetch --unshallow --tags", "{report:#}");
    passes(&shallow(tagged(&["v0.1.0"])));
    fails(&shallow(tagged(&["v0.2.0"])), "version/tag-differs");
}

#[test]
fn the_tag_of_one_package_is_a_tag_even_where_another_was_never_released() {
    let config = "[gates.version]\nrequire_tag = true\n";
    let publish = |workspace: Workspace| {
        let without = |text: String| text.replace("publish = false\n", "");
        let config = workspace.with("bulletproof.toml", config);
        config.with_text_of("Cargo.toml", without).with_text_of("cli/Cargo.toml", without)
    };
    passes(&publish(tagged(&["clean-v0.1.0"])));
    passes(&publish(tagged(&["clean-cli@0.1.0"])));
    fails(&publish(another_commit(tagged(&["clean-v0.1.0"]))), "version/not-tagged");
}

/// The clean fixture, whose library may be published, committed with those tags.
fn published(publish: &str, tags: &[&str]) -> Workspace {
    let workspace =
        Workspace::of("clean").with_text_of("Cargo.toml", |text| text.replace("publish = false\n", publish));
    git(&workspace.root(), &["add", "--all"]);
    git(&workspace.root(), &["commit", "--quiet", "--message=one"]);
    for tag in tags {
        git(&workspace.root(), &["tag", tag]);
    }
    workspace
}

const COMPARED: &str = "    Checking clean v0.1.0 -> v0.1.0 (no change; assume minor)
     Checked [   0.061s] 202 checks: 202 pass, 58 skip
     Summary no semver update required
    Finished [   1.124s] clean
";
const UNKNOWN: &str = "error: failed to retrieve index of crate versions from registry\n\nCaused by:\n    \
     clean not found in registry (crates.io). For workarounds check the manual\n";

/// The report of `semver`, where the tool compares with that revision, and crates.io knows no package.
fn against(workspace: &Workspace, revision: &str) -> Value {
    let call = ["--package", "clean", "--baseline-rev", revision];
    let fakes = Fakes::new().recorded("cargo-semver-checks", &call, 0, "", COMPARED).recorded(
        "cargo-semver-checks",
        &["--package"],
        1,
        "",
        UNKNOWN,
    );
    workspace.bulletproof(&["--gate", "semver"]).fakes(&fakes).report()["gates"][0].clone()
}

#[test]
fn the_commit_of_the_last_tag_is_compared_with_whatever_else_has_its_name() {
    let workspace = published("", &["v0.0.9"]);
    git(&workspace.root(), &["branch", "v0.0.9"]);
    let commit = head(&workspace);
    let gate = against(&another_commit(workspace), &commit);
    assert_eq!(gate["status"], "passed", "{gate:#}");
    assert!(gate["notes"][0].as_str().unwrap().ends_with("(v0.0.9)"), "{gate:#}");
}

#[test]
fn semver_knows_the_tags_that_the_config_of_version_names() {
    let workspace = published("", &["release-0.0.9"]);
    let commit = head(&workspace);
    let workspace = another_commit(workspace)
        .with("bulletproof.toml", "[gates.version]\ntags = [\"release-{version}\"]\n");
    let gate = against(&workspace, &commit);
    assert!(gate["notes"][0].as_str().unwrap().ends_with("(release-0.0.9)"), "{gate:#}");
}

#[test]
fn nobody_says_never_released_where_nobody_can_know() {
    let gate = against(&published("", &[]), "none");
    assert_eq!(gate["notes"][0], "clean was never released: crates.io does not know it", "{gate:#}");
    for workspace in [shallow(published("", &[])), published("publish = [\"mine\"]\n", &[])] {
        let gate = against(&workspace, "none");
        assert_eq!((&gate["status"], &gate["cause"]), (&"broken".into(), &"unavailable".into()), "{gate:#}");
    }
}

#[test]
fn a_package_that_the_last_release_did_not_have_is_no_defect() {
    let before = |publish: &str| {
        let workspace = Workspace::empty();
        git(&workspace.root(), &["init", "--quiet"]);
        git(&workspace.root(), &["commit", "--quiet", "--allow-empty", "--message=one"]);
        git(&workspace.root(), &["tag", "v0.0.9"]);
        let manifest = format!("[package]\nname = \"clean\"\nversion = \"0.1.0\"\n{publish}[workspace]\n");
        let workspace = workspace.with("Cargo.toml", manifest).with("src/lib.rs", "//! New.\n");
        workspace.commit();
        workspace
    };
    let gate = against(&before(""), "none");
    assert_eq!(gate["notes"][0], "clean was never released: crates.io does not know it", "{gate:#}");
    let gate = against(&before("publish = [\"mine\"]\n"), "none");
    assert_eq!(gate["notes"][0], "clean is compared with nothing: it is new since v0.0.9", "{gate:#}");
    assert_eq!(gate["status"], "passed", "{gate:#}");
}
