//! What the rows of several gates have in common: calls, cells, scenes.

use super::prelude::*;

/// What `cargo metadata` would say of a workspace without members.
pub(super) const NO_MEMBERS: &str = r#"{"packages":[],"workspace_members":[],"workspace_default_members":[],"resolve":null,
    "target_directory":"/ws/target","version":1,"workspace_root":"/ws","metadata":null}"#;
pub(super) const METADATA: Call = Call("cargo", &["metadata", "--no-deps"]);
pub(super) const NEXTEST: Call = Call("cargo-nextest", &["nextest", "run"]);
pub(super) const CARGO_TEST: Call = Call("cargo", &["test", "--tests"]);
pub(super) const NO_DATABASE: Cell = NotApplicable("it reads no database");
pub(super) const NO_TESTS: Cell = NotApplicable("it runs no tests");
pub(super) const NO_WRITING: Cell = NotApplicable("it has nothing written");
/// What cargo says where there was nothing to build.
pub(super) const NOTHING_BUILT: &str = "{\"reason\":\"build-finished\",\"success\":true}\n";

pub(super) const NO_TOOLCHAIN: (Fault, Cell) =
    (ToolchainMissing, Case(How::Scene(unknown_toolchain), Refused("toolchain")));
pub(super) const PANIC: (Fault, Cell) = (
    OwnPanic,
    NotApplicable("no input is known to provoke one; the unit tests of the scheduler make a gate panic"),
);

pub(super) fn no_source_for_any_gate(scene: Scene) -> Scene {
    scene.config("exclude = [\"**\"]\n")
}

pub(super) fn no_source_for_this_gate(scene: Scene) -> Scene {
    let tables =
        ["fmt", "paths", "panics", "todo"].map(|gate| format!("[gates.{gate}]\nexclude = [\"**\"]\n"));
    scene.config(&tables.concat())
}

pub(super) fn no_lock(scene: Scene) -> Scene {
    scene.change(|workspace| workspace.without("Cargo.lock"))
}

pub(super) fn old_lock(scene: Scene) -> Scene {
    scene.change(|workspace| {
        let member = "[package]\nname = \"newcomer\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
        workspace
            .with("newcomer/Cargo.toml", member)
            .with("newcomer/src/lib.rs", "//! New here.\n")
            .with_text_of("Cargo.toml", |text| text.replace("[\"cli\"]", "[\"cli\", \"newcomer\"]"))
    })
}

/// A target folder that nobody can write to, root included: there is a file in its place.
pub(super) fn closed_target(scene: Scene) -> Scene {
    let file = scene.workspace.root().join("Cargo.toml/target");
    scene.env("CARGO_TARGET_DIR", file.to_str())
}

pub(super) fn unknown_toolchain(scene: Scene) -> Scene {
    let file = "[toolchain]\nchannel = \"1.2.3\"\n";
    scene.change(|workspace| workspace.with("rust-toolchain.toml", file)).env("RUSTUP_TOOLCHAIN", None)
}

/// A workspace without a test; its documentation still has an example.
pub(super) fn no_tests(workspace: Workspace) -> Workspace {
    let disabled = |text: String| text.replace("#[test]", "#[cfg(any())]");
    workspace
        .without("tests/sum.rs")
        .with_text_of("src/lib.rs", disabled)
        .with_text_of("cli/src/main.rs", disabled)
}
