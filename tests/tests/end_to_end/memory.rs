//! What cargo and rustc once answered is remembered: never beyond a change of what the answer hangs on.

use serde_json::{Value, json};

use super::support::{Workspace, find_program};

const GATES: &str = "manifest,fmt,panics,todo";
const MEMBER: &str = "[package]\nname = \"NAME\"\nversion = \"0.1.0\"\nedition = \"2024\"\nlicense = \"MIT\"\n\
                      description = \"a\"\nrepository = \"https://example.org/a\"\n";

fn workspace() -> Workspace {
    let workspace = Workspace::empty()
        .with_own_target()
        .with("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\nresolver = \"3\"\n")
        .with("crates/a/Cargo.toml", MEMBER.replace("NAME", "a"))
        .with("crates/a/src/lib.rs", "//! A.\n\n/// Waits.\npub async fn wait() {}\n");
    workspace.commit();
    workspace
}

/// What a run with the memory, or one that asks anew, says of the workspace.
fn said(workspace: &Workspace, remembering: bool) -> Value {
    // rustup tells the tests which toolchain runs them
    let run = workspace.bulletproof(&["--gate", GATES, "--format", "json"]).without_env("RUSTUP_TOOLCHAIN");
    let ran = if remembering { run.cached().end() } else { run.end() };
    let Ok(report) = serde_json::from_str::<Value>(&ran.stdout) else {
        return json!({ "code": ran.code, "error": ran.stderr });
    };
    let gates = report["gates"].as_array().unwrap().iter();
    let parts =
        |gate: &Value| ["id", "status", "reason", "metrics", "findings"].map(|part| gate[part].clone());
    json!({ "code": ran.code, "gates": gates.map(parts).collect::<Vec<_>>() })
}

/// Has the memory know all answers, changes something that they hang on, and asserts that it is seen.
fn sees(change: impl FnOnce(Workspace) -> Workspace) {
    let workspace = workspace();
    let before = said(&workspace, true);
    // an answer is used from the second time on
    assert_eq!(said(&workspace, true), before);
    assert_eq!(said(&workspace, true), before);
    let workspace = change(workspace);
    let remembered = said(&workspace, true);
    assert_eq!(remembered, said(&workspace, false));
    assert_ne!(remembered, before, "the change is to make a difference");
}

#[test]
fn a_new_member_is_seen() {
    sees(|workspace| {
        let workspace = workspace.with("crates/b/Cargo.toml", MEMBER.replace("NAME", "b"));
        workspace.with("crates/b/src/lib.rs", "//! B.\n")
    });
}

#[test]
fn a_changed_manifest_is_seen() {
    // rustfmt is told the edition that cargo names, and in that of 2015 `async` is a name
    sees(|workspace| workspace.with_text_of("crates/a/Cargo.toml", |text| text.replace("2024", "2015")));
}

#[test]
fn a_member_that_is_excluded_is_seen() {
    let of_two = |workspace: Workspace| {
        let workspace = workspace.with("crates/b/Cargo.toml", MEMBER.replace("NAME", "b"));
        workspace.with("crates/b/src/lib.rs", "//! B.\n")
    };
    sees(|workspace| {
        let workspace = of_two(workspace);
        assert_eq!(said(&workspace, true), said(&workspace, true));
        let exclude = |text: String| text + "exclude = [\"crates/a\"]\n";
        workspace.with_text_of("Cargo.toml", exclude)
    });
}

#[test]
fn a_manifest_that_is_no_longer_sound_is_seen() {
    sees(|workspace| workspace.with_text_of("crates/a/Cargo.toml", |text| text + "[dependencies"));
}

#[test]
fn a_toolchain_that_is_asked_for_and_not_there_is_seen() {
    // without rustup nobody reads the file
    if find_program("rustup").is_some() {
        sees(|workspace| workspace.with("rust-toolchain.toml", "[toolchain]\nchannel = \"1.0.0\"\n"));
    }
}
