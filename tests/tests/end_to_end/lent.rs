//! What the build of a new target folder makes of dependencies serves the check after it.

use std::fs;
use std::process::Command;

use serde_json::Value;

use super::support::{Vendored, Workspace, clean, depend_on, has_llvm};

const GATES: [&str; 4] = ["--gate", "clippy", "--gate", "coverage"];

/// A workspace with a dependency that depends on another one, which has a build script.
fn depending() -> Workspace {
    let lower = Vendored { runs: "build.rs", ..Vendored::new("lower", "1.0.0") };
    let upper = "\n[dependencies]\nlower = \"=1.0.0\"\n";
    depend_on(Workspace::of("clean"), &[lower, Vendored::new("upper", "1.0.0")])
        .with_text_of("vendor/upper-1.0.0/Cargo.toml", |text| text + upper)
        .with_text_of("Cargo.lock", |text| text.trim_end().to_owned() + "\ndependencies = [\n \"lower\",\n]\n")
        .with("vendor/upper-1.0.0/src/lib.rs", "//! One.\npub use lower::Lower;\n")
        .with("vendor/lower-1.0.0/src/lib.rs", "//! Another.\npub struct Lower(pub u8);\n")
        .with_text_of("src/lib.rs", |text| {
            let both = "\n/// The same by two ways.\npub fn lower(it: lower_1_0_0::Lower) -> upper_1_0_0::Lower {\n    it\n}\n";
            let test = "\n#[cfg(test)]\n#[test]\nfn one() {\n    assert_eq!(lower(lower_1_0_0::Lower(1)).0, 1);\n}\n";
            text + both + test
        })
}

/// The library's metadata: of the build, and of the check.
fn metadata(workspace: &Workspace, name: &str) -> Vec<Vec<u8>> {
    let files = fs::read_dir(workspace.target().join("debug/deps")).unwrap().flatten();
    let is_its = |file: &fs::DirEntry| {
        let file = file.file_name().into_string().unwrap();
        let name = file.strip_prefix(&format!("lib{name}-"));
        name.is_some_and(|rest| rest.split_once('.').is_some_and(|(_, end)| end == "rmeta"))
    };
    files.filter(is_its).map(|file| fs::read(file.path()).unwrap()).collect()
}

/// Which of the dependencies cargo compiles for a check.
fn checked_anew(workspace: &Workspace) -> Vec<String> {
    let mut cargo = Command::new("cargo");
    clean(&mut cargo, &workspace.home());
    cargo.args(["check", "--all-targets", "--message-format=json", "--locked"]);
    let ran =
        cargo.current_dir(workspace.root()).env("CARGO_TARGET_DIR", workspace.target()).output().unwrap();
    assert!(ran.status.success(), "{ran:#?}");
    let text = String::from_utf8(ran.stdout).unwrap();
    let messages = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let anew = messages.filter(|message| message["fresh"] == false);
    let names = anew.filter_map(|message| Some(message["target"]["name"].as_str()?.to_owned()));
    names.filter(|name| ["lower", "upper"].contains(&name.as_str())).collect()
}

fn statuses(report: &Value) -> Vec<&str> {
    report["gates"].as_array().unwrap().iter().filter_map(|gate| gate["status"].as_str()).collect()
}

#[test]
fn a_dependency_is_compiled_once_for_the_tests_and_for_the_lints() {
    if !has_llvm() {
        return; // nothing reads line counts here
    }
    let workspace = depending();
    let report = workspace.bulletproof(&GATES).report();
    assert_eq!(statuses(&report), ["passed", "passed"], "{report:#}");
    for name in ["lower", "upper"] {
        let metadata = metadata(&workspace, name);
        assert_eq!(metadata.len(), 2, "{name}");
        assert!(metadata[0] == metadata[1], "{name} was compiled once");
    }
    assert_eq!(checked_anew(&workspace), [""; 0], "cargo takes them for its own");
    let left = fs::read_dir(workspace.target().join("bulletproof")).unwrap().flatten();
    let mut notes = left.filter(|entry| entry.file_name().to_string_lossy().starts_with("lent"));
    assert!(notes.next().is_none(), "no note is left");
}

#[test]
fn lints_are_found_against_what_was_lent_and_a_change_is_linted_anew() {
    if !has_llvm() {
        return; // nothing reads line counts here
    }
    let of_two_ways = "pub fn lower(it: lower_1_0_0::Lower) -> upper_1_0_0::Lower {\n    return it;\n";
    let workspace = depending().with_text_of("src/lib.rs", |text| {
        text.replace("pub fn lower(it: lower_1_0_0::Lower) -> upper_1_0_0::Lower {\n    it\n", of_two_ways)
    });
    for _ in 0..2 {
        let report = workspace.bulletproof(&GATES).report();
        assert_eq!(statuses(&report), ["failed", "passed"], "{report:#}");
        assert_eq!(report["gates"][0]["findings"][0]["rule"], "clippy/needless_return");
    }
    let workspace = workspace.with_text_of("src/lib.rs", |text| text.replace("return it;", "it"));
    let report = workspace.bulletproof(&GATES).report();
    assert_eq!(statuses(&report), ["passed", "passed"], "{report:#}");
}

#[test]
fn where_the_user_has_something_called_in_the_place_of_rustc_nothing_is_lent() {
    if !has_llvm() {
        return; // nothing reads line counts here
    }
    let workspace = depending();
    let report = workspace.bulletproof(&GATES).env("RUSTC_WRAPPER", "").report();
    assert_eq!(statuses(&report), ["passed", "passed"], "{report:#}");
    let metadata = metadata(&workspace, "lower");
    assert_eq!(metadata.len(), 2);
    assert!(metadata[0] != metadata[1], "a check names it otherwise than a build");
}
