//! `fix`: what it changes, what it leaves, and that it stages nothing.

use std::fs;
use std::process::Command;

use serde_json::Value;

use super::support::{Workspace, clean};

const ODD: &str = "//! odd\n\nfn a( ) {}\n";
const EVEN: &str = "//! odd\n\nfn a() {}\n";

fn text(workspace: &Workspace, path: &str) -> String {
    fs::read_to_string(workspace.root().join(path)).unwrap()
}

fn write(workspace: &Workspace, path: &str, text: &str) {
    fs::write(workspace.root().join(path), text).unwrap();
}

fn fix(workspace: &Workspace, args: &[&str], code: i32) -> Value {
    let ran = workspace.bulletproof(&[&["fix", "--format", "json"], args].concat()).end();
    assert_eq!(ran.code, Some(code), "{ran:#?}");
    serde_json::from_str(&ran.stdout).unwrap()
}

/// The files that differ between the index and `HEAD`.
fn staged(workspace: &Workspace) -> String {
    let mut git = Command::new("git");
    clean(&mut git, &workspace.home());
    let output =
        git.current_dir(workspace.root()).args(["diff", "--cached", "--name-only"]).output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_file_is_formatted_and_one_with_unstaged_changes_or_unknown_to_git_is_left() {
    let workspace = Workspace::of("clean").with("src/odd.rs", ODD).with("src/mine.rs", EVEN);
    workspace.commit();
    write(&workspace, "src/mine.rs", ODD);
    write(&workspace, "src/new.rs", ODD);
    let done = fix(&workspace, &["fmt"], 1);
    assert_eq!(done["mended"].as_array().unwrap().len(), 1, "{done:#}");
    let left = done["left"].to_string();
    assert!(left.contains("src/mine.rs") && left.contains("src/new.rs"), "{left}");
    assert_eq!(text(&workspace, "src/odd.rs"), EVEN);
    assert_eq!((text(&workspace, "src/mine.rs"), text(&workspace, "src/new.rs")), (ODD.into(), ODD.into()));
    assert_eq!(staged(&workspace), "");
    let done = fix(&workspace, &["fmt", "--allow-dirty"], 0);
    assert_eq!(done["mended"].as_array().unwrap().len(), 2, "{done:#}");
    assert_eq!((text(&workspace, "src/mine.rs"), text(&workspace, "src/new.rs")), (EVEN.into(), EVEN.into()));
}

#[test]
fn a_staged_file_is_changed_on_disk_and_what_is_staged_stays() {
    let workspace = Workspace::of("clean");
    workspace.commit();
    write(&workspace, "src/odd.rs", ODD);
    workspace.stage();
    fix(&workspace, &["fmt"], 0);
    assert_eq!(text(&workspace, "src/odd.rs"), EVEN);
    let mut git = Command::new("git");
    clean(&mut git, &workspace.home());
    let shown = git.current_dir(workspace.root()).args(["show", ":src/odd.rs"]).output().unwrap();
    assert_eq!(String::from_utf8(shown.stdout).unwrap(), ODD);
}

#[test]
fn line_ends_stay() {
    let windows = |text: &str| text.replace('\n', "\r\n");
    let workspace = Workspace::of("clean").with("src/odd.rs", windows(ODD));
    workspace.commit();
    fix(&workspace, &["fmt"], 0);
    assert_eq!(text(&workspace, "src/odd.rs"), windows(EVEN));
}

#[test]
fn line_ends_change_where_the_config_of_rustfmt_says_so() {
    let windows = ODD.replace('\n', "\r\n");
    let workspace =
        Workspace::of("clean").with("src/odd.rs", windows).with("rustfmt.toml", "newline_style = \"Unix\"\n");
    workspace.commit();
    fix(&workspace, &["fmt"], 0);
    assert_eq!(text(&workspace, "src/odd.rs"), EVEN);
}

#[cfg(unix)]
#[test]
fn the_mode_of_a_file_stays() {
    use std::os::unix::fs::PermissionsExt;
    let workspace = Workspace::of("clean").with("src/odd.rs", ODD);
    let path = workspace.root().join("src/odd.rs");
    fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    workspace.commit();
    fix(&workspace, &["fmt"], 0);
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o755);
}

#[test]
fn machine_applicable_suggestions_are_applied_and_then_formatted() {
    let lint = "\n/// Twice.\npub fn twice(number: u32) -> u32 {\n    return number + number;\n}\n";
    let workspace = Workspace::of("clean").with_text_of("src/lib.rs", |text| text + lint);
    workspace.commit();
    assert_eq!(workspace.bulletproof(&["--gate", "clippy"]).report()["verdict"]["status"], "failed");
    let done = fix(&workspace, &["clippy", "fmt"], 0);
    assert!(done["mended"].to_string().contains("needless_return"), "{done:#}");
    assert!(text(&workspace, "src/lib.rs").contains("{\n    number + number\n}"));
    assert_eq!(workspace.bulletproof(&["--gate", "clippy"]).report()["verdict"]["status"], "passed");
}

#[test]
fn a_suggestion_that_breaks_the_tests_is_taken_back() {
    let only_tests = "\nuse std::fmt::Debug;\n\n#[cfg(test)]\nmod shown {\n    use super::*;\n\n    #[test]\n    \
                      fn is_shown() {\n        fn shown(value: impl Debug) -> String {\n            \
                      format!(\"{value:?}\")\n        }\n        assert_eq!(shown(1), \"1\");\n    }\n}\n";
    let workspace = Workspace::of("clean").with_text_of("src/lib.rs", |text| text + only_tests);
    workspace.commit();
    let before = text(&workspace, "src/lib.rs");
    let done = fix(&workspace, &["clippy"], 1);
    assert_eq!(text(&workspace, "src/lib.rs"), before, "{done:#}");
    assert!(done["left"].to_string().contains("taken back"), "{done:#}");
    assert_eq!(done["mended"].as_array().unwrap().len(), 0);
}

#[test]
fn a_member_inherits_the_lints() {
    let manifest = "[workspace]\n\n[workspace.lints.rust]\nunsafe_code = \"forbid\"\n\n[package]\nname = \"a\"\n\
                    version = \"0.1.0\"\nedition = \"2024\"\nrust-version = \"1.85\"\npublish = false\n";
    let workspace = Workspace::empty()
        .with("Cargo.toml", manifest)
        .with("Cargo.lock", "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"0.1.0\"\n")
        .with("src/lib.rs", "//! a\n");
    workspace.commit();
    assert_eq!(workspace.bulletproof(&["--gate", "manifest"]).report()["verdict"]["failed"], 1);
    fix(&workspace, &["manifest"], 0);
    assert_eq!(text(&workspace, "Cargo.toml"), format!("{manifest}\n[lints]\nworkspace = true\n"));
}

#[test]
fn what_cannot_be_mended_or_taken_back_is_refused() {
    let workspace = Workspace::of("clean").with("src/odd.rs", ODD);
    let without_git = Workspace::empty()
        .with("Cargo.toml", "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2024\"\n")
        .with("src/lib.rs", ODD);
    without_git.bulletproof(&["fix", "fmt"]).end().refused(&["--allow-dirty"]);
    assert_eq!(text(&without_git, "src/lib.rs"), ODD);
    fix(&without_git, &["fmt", "--allow-dirty"], 0);
    assert_eq!(text(&without_git, "src/lib.rs"), EVEN);
    workspace.bulletproof(&["fix", "audit"]).end().refused(&["`audit`", "manifest, clippy, fmt"]);
    assert_eq!(text(&workspace, "src/odd.rs"), ODD);
    workspace.commit();
    let staged = workspace.bulletproof(&["fix", "fmt", "--staged"]).end();
    assert_eq!(staged.code, Some(2), "{staged:#?}");
    assert_eq!(text(&workspace, "src/odd.rs"), ODD);
}
