//! `--since`: what a change can matter to is judged, and nothing that it can matter to is left out.

use std::fs;

use serde_json::Value;

use super::support::Workspace;

/// `base` is used by the build script of `mid` under another name and by the tests of `user`; `above` is built
/// with `mid`; `alone` uses nothing.
fn packages() -> Workspace {
    let manifest = |name: &str, more: &str| {
        format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\nrust-version = \"1.85\"\npublish = false\n{more}"
        )
    };
    let locked =
        |name: &str, needs: &str| format!("\n[[package]]\nname = \"{name}\"\nversion = \"0.1.0\"\n{needs}");
    let lock = [
        locked("above", "dependencies = [\n \"mid\",\n]\n"),
        locked("alone", ""),
        locked("base", ""),
        locked("mid", "dependencies = [\n \"base\",\n]\n"),
        locked("user", "dependencies = [\n \"base\",\n]\n"),
    ];
    let workspace = Workspace::empty()
        .with(
            "Cargo.toml",
            "[workspace]\nresolver = \"3\"\nmembers = [\"above\", \"alone\", \"base\", \"mid\", \"user\"]\n",
        )
        .with("Cargo.lock", format!("version = 4\n{}", lock.concat()))
        .with(".gitignore", "/target\n")
        .with("base/Cargo.toml", manifest("base", ""))
        .with("base/src/lib.rs", "//! base\npub fn one() -> u32 {\n    1\n}\n")
        .with(
            "mid/Cargo.toml",
            manifest("mid", "\n[build-dependencies]\nrenamed = { path = \"../base\", package = \"base\" }\n"),
        )
        .with("mid/build.rs", "//! mid\nfn main() {\n    assert_eq!(renamed::one(), 1);\n}\n")
        .with("mid/src/lib.rs", "//! mid\n")
        .with("above/Cargo.toml", manifest("above", "\n[dependencies]\nmid = { path = \"../mid\" }\n"))
        .with("above/src/lib.rs", "//! above\n")
        .with("user/Cargo.toml", manifest("user", "\n[dev-dependencies]\nbase = { path = \"../base\" }\n"))
        .with("user/src/lib.rs", "//! user\n")
        .with("user/tests/use.rs", "//! user\n#[test]\nfn one() {\n    assert_eq!(base::one(), 1);\n}\n")
        .with("alone/Cargo.toml", manifest("alone", ""))
        .with("alone/src/lib.rs", "//! alone\n");
    workspace.commit();
    workspace
}

fn change(workspace: &Workspace, path: &str, text: &str) {
    fs::write(workspace.root().join(path), text).unwrap();
}

fn affected(plan: &Value) -> Vec<&str> {
    let names = plan["affected"]["packages"].as_array().unwrap();
    let mut names: Vec<&str> = names.iter().map(|name| name.as_str().unwrap()).collect();
    names.sort_unstable();
    names
}

fn plan(workspace: &Workspace, args: &[&str]) -> Value {
    let ran = workspace.bulletproof(&[args, &["--plan", "--format", "json"]].concat()).end();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn what_is_built_or_tested_with_the_changed_package_is_judged_and_nothing_else_is_compiled() {
    let workspace = packages();
    change(&workspace, "base/src/lib.rs", "//! base\npub fn one() -> u32 {\n    2\n}\n");
    let plan = plan(&workspace, &["--gate", "check", "--since", "HEAD"]);
    assert_eq!(affected(&plan), ["above", "base", "mid", "user"]);
    let command = plan["steps"].to_string();
    assert!(command.contains("--package") && !command.contains("alone"), "{command}");
    // the build script of `mid` and the test of `user` say that it is no 1
    let report = workspace.bulletproof(&["--gate", "check,test", "--since", "HEAD"]).report();
    assert_eq!(report["verdict"]["passed"], 0, "{report:#}");
    assert_eq!(report["affected"]["of"], 5);
}

#[test]
fn a_break_that_only_a_dev_dependency_sees_fails() {
    let workspace = packages();
    change(&workspace, "mid/build.rs", "//! mid\nfn main() {}\n");
    workspace.commit();
    change(&workspace, "base/src/lib.rs", "//! base\npub fn uno() -> u32 {\n    1\n}\n");
    let report = workspace.bulletproof(&["--gate", "check", "--since", "HEAD"]).report();
    let findings = report["gates"][0]["findings"].to_string();
    assert!(report["verdict"]["status"] == "failed" && findings.contains("user/tests/use.rs"), "{report:#}");
}

#[test]
fn a_new_file_that_git_does_not_know_counts() {
    let workspace = packages();
    fs::create_dir(workspace.root().join("alone/tests")).unwrap();
    change(&workspace, "alone/tests/new.rs", "#[test]\nfn fails() {\n    panic!();\n}\n");
    let plan = plan(&workspace, &["--gate", "test", "--since", "HEAD"]);
    assert_eq!(affected(&plan), ["alone"]);
    let report = workspace.bulletproof(&["--gate", "test", "--since", "HEAD"]).report();
    assert_eq!(report["verdict"]["status"], "failed", "{report:#}");
}

#[test]
fn changes_that_git_hides_count() {
    for flag in ["--assume-unchanged", "--skip-worktree"] {
        let workspace = packages();
        super::support::git(&workspace.root(), &["update-index", flag, "alone/src/lib.rs"]);
        change(&workspace, "alone/src/lib.rs", "//! alone, changed\n");
        assert_eq!(affected(&plan(&workspace, &["--gate", "check", "--since", "HEAD"])), ["alone"], "{flag}");
    }
    let workspace = packages();
    change(&workspace, ".gitignore", "/target\nmade.rs\n");
    workspace.commit();
    change(&workspace, "alone/src/made.rs", "//! made\n");
    assert_eq!(affected(&plan(&workspace, &["--gate", "check", "--since", "HEAD"])), ["alone"]);
}

#[test]
#[cfg(unix)]
fn a_link_into_another_package_counts() {
    let workspace = packages();
    std::os::unix::fs::symlink("../../user/src/lib.rs", workspace.root().join("alone/src/linked.rs"))
        .unwrap();
    workspace.commit();
    change(&workspace, "user/src/lib.rs", "//! user, changed\n");
    let plan = plan(&workspace, &["--gate", "check", "--since", "HEAD"]);
    assert_eq!(affected(&plan), ["alone", "user"]);
}

#[test]
fn what_matters_to_every_package_selects_everything() {
    for path in ["Cargo.lock", "rust-toolchain.toml", "alone/Cargo.toml", "notes.md", ".cargo/config.toml"] {
        let workspace = packages();
        fs::create_dir_all(workspace.root().join(path).parent().unwrap()).unwrap();
        let text = fs::read_to_string(workspace.root().join(path)).unwrap_or_default();
        change(&workspace, path, &format!("{text}\n# changed\n"));
        let args = ["--gate", "manifest,check", "--since", "HEAD", "--plan", "--format", "json"];
        let ran = workspace.bulletproof(&args).end();
        if path == "rust-toolchain.toml" && ran.code == Some(2) {
            // rustup itself may refuse a file that names no toolchain
            continue;
        }
        let plan: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(affected(&plan).len(), 5, "{path}");
        assert!(plan["affected"]["everything"].as_str().unwrap().starts_with(path), "{plan:#}");
        assert!(plan["steps"].to_string().contains("--workspace"), "{plan:#}");
    }
}

#[test]
fn a_change_that_matters_to_no_package_is_said_and_gates_over_the_whole_run() {
    let workspace = packages();
    let ran = workspace.bulletproof(&["--gate", "check,todo,manifest", "--since", "HEAD"]).end();
    for said in
        ["nothing to judge: 0 of 5 packages are affected since HEAD", "manifest", "Cargo.lock in order"]
    {
        assert!(
            ran.stdout.replace("\n                               ", "").replace("  ", " ").contains(said),
            "{said}: {}",
            ran.stdout
        );
    }
    let report = workspace.bulletproof(&["--gate", "check,todo", "--since", "HEAD"]).report();
    assert_eq!(report["verdict"]["passed"], 2, "{report:#}");
    assert!(!workspace.target().join("debug").exists(), "nothing is compiled");
}

#[test]
fn since_is_where_the_branch_began_and_narrows_what_package_asks_for() {
    let workspace = packages();
    let root = workspace.root();
    super::support::git(&root, &["branch", "main-line"]);
    change(&workspace, "alone/src/lib.rs", "//! alone, changed\n");
    change(&workspace, "user/src/lib.rs", "//! user, changed\n");
    workspace.commit();
    let since = ["--gate", "check", "--since", "main-line"];
    assert_eq!(affected(&plan(&workspace, &since)), ["alone", "user"]);
    let part = plan(&workspace, &[&since[..], &["--package", "user", "--package", "base"]].concat());
    let steps = part["steps"].to_string();
    assert!(steps.contains("user") && !steps.contains("alone") && !steps.contains("base"), "{steps}");
    let none = plan(&workspace, &[&since[..], &["--package", "base"]].concat());
    assert!(none["steps"].as_array().unwrap().is_empty(), "{none:#}");
    let rest = plan(&workspace, &[&since[..], &["--exclude", "user", "--workspace"]].concat());
    let steps = rest["steps"].to_string();
    assert!(steps.contains("alone") && !steps.contains("user"), "{steps}");
}

#[test]
fn a_revision_that_is_none_leaves_no_verdict() {
    let workspace = packages();
    let ran = workspace.bulletproof(&["--gate", "check", "--since", "no-such-branch"]).end();
    ran.refused(&["no-such-branch", "--since"]);
    let bare = Workspace::of("clean");
    bare.bulletproof(&["--gate", "check", "--since", "HEAD"]).end().refused(&["HEAD"]);
}

#[test]
fn of_what_is_staged_only_the_staged_change_counts() {
    let workspace = packages();
    change(&workspace, "alone/src/lib.rs", "//! alone, changed\n");
    workspace.stage();
    change(&workspace, "user/src/lib.rs", "//! user, changed and not staged\n");
    let staged = plan(&workspace, &["--gate", "check", "--staged", "--since", "HEAD"]);
    assert_eq!(affected(&staged), ["alone"]);
    assert_eq!(affected(&plan(&workspace, &["--gate", "check", "--since", "HEAD"])), ["alone", "user"]);
}
