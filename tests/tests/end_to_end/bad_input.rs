//! What cannot be judged is told clearly, ends with exit code 2, and changes no file.

use super::support::{Database, Ran, Workspace};

/// Runs it, asserts that there was no verdict, and that no file of the workspace was touched.
fn run_without_verdict(workspace: &Workspace, args: &[&str]) -> Ran {
    let database = Database::committed(1);
    let before = workspace.listing();
    let ran = workspace.bulletproof(args).args(["--db".to_owned(), database.argument()]).end();
    assert_eq!(ran.code, Some(2), "{ran:#?}");
    assert_eq!(workspace.listing(), before, "{ran:#?}");
    ran
}

/// The reasons of the broken gates.
fn reasons(ran: &Ran) -> Vec<String> {
    let report = ran.report();
    let gates = report["gates"].as_array().unwrap().iter();
    gates
        .filter(|gate| gate["status"] == "broken")
        .map(|gate| gate["reason"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_manifest_that_is_no_toml_is_told_with_its_line() {
    let workspace = Workspace::of("todo").with("Cargo.toml", "[workspace]\n\n[package\nname = \"x\"\n");
    run_without_verdict(&workspace, &[]).refused(&["Cargo.toml:3:"]);
}

#[test]
fn a_manifest_of_a_member_that_says_something_impossible_is_told_with_its_file() {
    let workspace =
        Workspace::of("clean").with_text_of("cli/Cargo.toml", |text| text.replace("2024", "2042"));
    run_without_verdict(&workspace, &[]).refused(&["cli/Cargo.toml", "2042"]);
}

#[test]
fn a_folder_that_is_no_workspace_is_told_so() {
    let workspace = Workspace::empty();
    run_without_verdict(&workspace, &[]).refused(&["could not find `Cargo.toml`"]);
}

#[test]
fn a_manifest_path_that_does_not_exist_is_named() {
    let workspace = Workspace::of("todo");
    run_without_verdict(&workspace, &["--manifest-path", "none/Cargo.toml"]).refused(&["none/Cargo.toml"]);
}

#[test]
fn a_missing_lock_file_is_told_and_not_made() {
    let workspace = Workspace::of("clean").without("Cargo.lock");
    let ran = run_without_verdict(&workspace, &["--format", "json"]);
    let reasons = reasons(&ran);
    assert!(!reasons.is_empty() && reasons.iter().all(|reason| reason.contains("lock")), "{reasons:#?}");
}

#[test]
fn a_stale_lock_file_is_told_and_not_changed() {
    let workspace =
        Workspace::of("clean").with_text_of("Cargo.lock", |text| text.replace("clean-cli", "old"));
    let ran = run_without_verdict(&workspace, &["--format", "json"]);
    let reasons = reasons(&ran);
    assert!(!reasons.is_empty() && reasons.iter().all(|reason| reason.contains("lock")), "{reasons:#?}");
}

#[cfg(unix)]
#[test]
fn a_source_whose_name_is_not_utf8_is_named() {
    use std::os::unix::ffi::OsStrExt;
    let workspace = Workspace::of("todo");
    let name = std::ffi::OsStr::from_bytes(b"src/caf\xe9.rs");
    std::fs::write(workspace.root().join(name), "//! A name in Latin-1.\n").unwrap();
    run_without_verdict(&workspace, &[]).refused(&["src/caf", "not UTF-8"]);
}

#[test]
fn a_source_that_is_not_utf8_breaks_the_gates_that_read_it_and_its_line_is_told() {
    let workspace = Workspace::of("clean").with("src/latin.rs", b"//! One.\n//! Two.\n//! Caf\xe9.\n");
    let ran = run_without_verdict(&workspace, &["--stage", "pre-commit", "--format", "json"]);
    let reasons = reasons(&ran);
    assert_eq!(reasons.len(), 4, "{reasons:#?}");
    assert!(reasons.iter().all(|reason| reason.contains("src/latin.rs:3: not UTF-8")), "{reasons:#?}");
}

#[test]
fn a_source_of_50_megabytes_is_not_read_and_the_setting_is_named() {
    let large = "// many a mickle makes a muckle\n".repeat(50 * 1024 * 1024 / 32);
    let workspace = Workspace::of("clean").with("src/large.rs", large);
    let ran = run_without_verdict(&workspace, &["--gate", "todo", "--format", "json"]);
    let reasons = reasons(&ran);
    assert_eq!(reasons.len(), 1, "{reasons:#?}");
    for part in ["src/large.rs", "52428800 bytes", "max_source_bytes"] {
        assert!(reasons[0].contains(part), "{reasons:#?}");
    }
}

#[test]
fn five_mistakes_in_the_config_are_told_at_once_each_with_its_place() {
    let config = "exclud = [\"x\"]\nmax_source_bytes = \"big\"\n\n[stages]\npre-push = [\"fmt\", \"clipy\"]\n\n\
                  [gates.fmt]\ntimeout = \"soon\"\n\n[gates.audt]\n";
    let workspace = Workspace::of("todo").with("bulletproof.toml", config);
    run_without_verdict(&workspace, &[]).refused(&[
        "bulletproof.toml:1:1: ",
        "did you mean `exclude`?",
        "bulletproof.toml:2:20: ",
        "bulletproof.toml:5:20: ",
        "did you mean `clippy`?",
        "bulletproof.toml:8:11: ",
        "`soon` is not a duration",
        "bulletproof.toml:10:8: ",
        "did you mean `audit`?",
    ]);
}

#[test]
fn a_config_in_two_places_is_refused() {
    let workspace = Workspace::of("clean")
        .with("bulletproof.toml", "")
        .with_text_of("Cargo.toml", |text| format!("{text}\n[workspace.metadata.bulletproof]\n"));
    run_without_verdict(&workspace, &[]).refused(&["Cargo.toml:", "bulletproof.toml as well"]);
}

#[test]
fn a_gate_that_is_none_is_named_with_the_nearest() {
    let workspace = Workspace::of("todo");
    run_without_verdict(&workspace, &["--gate", "clipy"]).refused(&["`clipy`", "did you mean `clippy`?"]);
    run_without_verdict(&workspace, &["--skip", "audt=offline"])
        .refused(&["`audt`", "did you mean `audit`?"]);
}

#[test]
fn a_package_that_is_none_is_named_with_those_that_there_are() {
    let workspace = Workspace::of("clean");
    run_without_verdict(&workspace, &["-p", "clear"]).refused(&["`clear`", "clean", "clean-cli"]);
}

#[test]
fn a_request_that_leaves_no_gate_gives_no_verdict() {
    let workspace = Workspace::of("todo");
    run_without_verdict(&workspace, &["--gate", "todo", "--skip", "todo=by mistake"]);
    run_without_verdict(&workspace, &["--stage", "nightly"]);
}

#[test]
fn a_request_that_leaves_no_package_gives_no_verdict() {
    let workspace = Workspace::of("clean");
    let exclude = ["--workspace", "--exclude", "clean", "--exclude", "clean-cli"];
    for gate in ["fmt", "manifest", "paths", "panics", "todo", "check", "test", "doctest", "audit"] {
        run_without_verdict(&workspace, &[&["--gate", gate], exclude.as_slice()].concat())
            .refused(&["no package"]);
    }
}

#[test]
fn a_report_that_cannot_be_written_is_an_error_that_names_the_file() {
    let workspace = Workspace::of("clean");
    let ran = run_without_verdict(&workspace, &["--gate", "todo", "--output", "json=none/report.json"]);
    assert!(ran.stderr.contains("none/report.json"), "{ran:#?}");
}

#[test]
fn an_unknown_flag_is_an_error_of_usage() {
    let workspace = Workspace::of("todo");
    run_without_verdict(&workspace, &["--gaet", "fmt"]).refused(&["--gaet", "--gate"]);
}

#[test]
fn a_judged_workspace_is_as_it_was() {
    let workspace = Workspace::of("test-failures");
    let database = Database::committed(1);
    let before = workspace.listing();
    let ran = workspace.bulletproof(&["--db", &database.argument()]).end();
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert_eq!(workspace.listing(), before);
}
