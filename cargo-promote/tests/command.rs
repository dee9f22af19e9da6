//! The built command. This file also makes `cargo test` build it, so that the end-to-end tests of
//! the workspace find it fresh.

#![expect(clippy::disallowed_methods, reason = "the built command is run")]

use std::process::Command;

#[test]
fn the_command_tells_its_version() {
    let output = Command::new(env!("CARGO_BIN_EXE_cargo-promote")).args(["promote", "--version"]).output();
    let output = output.expect("the command starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.contains(env!("CARGO_PKG_VERSION")), "{text}");
}
