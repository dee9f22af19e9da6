use proptest::prelude::*;

use super::*;

macro_rules! recorded {
    ($name:literal) => {
        summary(include_bytes!(concat!("../recorded/cargo_error/", $name, ".txt")))
    };
}

fn expect(error: &CargoError, kind: CargoErrorKind, message: &str) {
    assert_eq!((error.kind, error.message.as_str()), (kind, message));
}

#[test]
fn a_missing_lock_file_is_told_from_one_out_of_step() {
    let end = "because --locked was passed to prevent this";
    expect(
        &recorded!("lock_missing"),
        CargoErrorKind::LockMissing,
        &format!("cannot create the lock file /ws/ce/a/Cargo.lock {end}"),
    );
    expect(
        &recorded!("lock_out_of_step"),
        CargoErrorKind::LockOutOfStep,
        &format!("cannot update the lock file /ws/ce/a/Cargo.lock {end}"),
    );
    let older =
        b"error: the lock file /ws/Cargo.lock needs to be updated but --locked was passed to prevent this\n";
    assert_eq!(summary(older).kind, CargoErrorKind::LockOutOfStep);
}

#[test]
fn an_invalid_manifest_comes_with_its_place() {
    let error = recorded!("manifest_syntax");
    expect(&error, CargoErrorKind::ManifestInvalid, "unclosed table, expected `]`");
    let place = Place { file: "Cargo.toml".into(), line: 6, column: 14 };
    assert_eq!(error.place, Some(place));
    let error = recorded!("manifest_version");
    assert_eq!(error.kind, CargoErrorKind::ManifestInvalid);
    assert_eq!(error.place.map(|place| (place.line, place.column)), Some((3, 11)));
}

#[test]
fn an_invalid_manifest_is_known_without_a_place_too() {
    expect(
        &recorded!("manifest_edition"),
        CargoErrorKind::ManifestInvalid,
        "failed to parse manifest at `/ws/ce/e3/Cargo.toml`: failed to parse the `edition` key: supported edition values are `2015`, `2018`, `2021`, or `2024`, but `2077` is unknown",
    );
    expect(
        &recorded!("manifest_target"),
        CargoErrorKind::ManifestInvalid,
        "can't find lib `e` at path `/ws/ce/e/src/none.rs`",
    );
    for error in [recorded!("manifest_member"), recorded!("manifest_of_dependency")] {
        assert_eq!((error.kind, error.place), (CargoErrorKind::ManifestInvalid, None));
        assert!(error.message.ends_with("No such file or directory (os error 2)"));
    }
}

#[test]
fn a_folder_without_a_manifest_is_no_workspace() {
    expect(
        &recorded!("not_a_workspace"),
        CargoErrorKind::NotAWorkspace,
        "could not find `Cargo.toml` in `/ws/none` or any parent directory",
    );
    assert_eq!(recorded!("manifest_path_missing").kind, CargoErrorKind::NotAWorkspace);
}

#[test]
fn missing_tools_are_told_apart() {
    expect(
        &recorded!("toolchain_missing"),
        CargoErrorKind::ToolchainMissing,
        "toolchain '1.2.3-x86_64-unknown-linux-gnu' is not installed",
    );
    assert_eq!(recorded!("component_missing").kind, CargoErrorKind::ComponentMissing);
    expect(&recorded!("no_such_command"), CargoErrorKind::NoSuchCommand, "no such command: `nosuch`");
}

#[test]
fn a_failed_download_and_a_forbidden_one_are_offline() {
    expect(&recorded!("offline"), CargoErrorKind::Offline, "no matching package named `serde` found");
    let error = recorded!("no_network");
    assert_eq!(error.kind, CargoErrorKind::Offline);
    assert!(error.message.starts_with("failed to get `serde` as a dependency of package `b"));
    assert!(error.message.contains("Could not connect to server"));
}

#[test]
fn a_full_disk_is_known_from_cargo_and_from_rustc() {
    for error in [recorded!("disk_full_in_cargo"), recorded!("disk_full_in_rustc")] {
        assert_eq!(error.kind, CargoErrorKind::DiskFull);
        assert!(error.message.ends_with("No space left on device (os error 28)"), "{}", error.message);
    }
}

#[test]
fn a_place_that_must_not_be_written_is_known() {
    expect(
        &recorded!("read_only"),
        CargoErrorKind::ReadOnly,
        "failed to open: /ws/full/t/debug/.cargo-lock: Read-only file system (os error 30)",
    );
    assert_eq!(recorded!("not_permitted").kind, CargoErrorKind::ReadOnly);
}

#[test]
fn code_that_does_not_compile_gives_the_compilers_first_error() {
    let error = recorded!("compile_failed");
    expect(&error, CargoErrorKind::CompileFailed, "error[E0308]: mismatched types");
    assert_eq!(error.place.unwrap().file, "src/lib.rs");
}

#[test]
fn a_failed_build_script_is_a_failed_build() {
    let error = recorded!("build_script");
    assert_eq!(error.kind, CargoErrorKind::CompileFailed);
    assert!(error.message.ends_with("(exit status: 101)"), "{}", error.message);
}

#[test]
fn quoted_source_does_not_decide_the_kind() {
    let stderr = b"error: unused value\n --> src/lib.rs:7:5\n  |\n7 | \"Permission denied\";\n  | ^^\n\nerror: could not compile `a` (lib) due to 1 previous error\n";
    assert_eq!(summary(stderr).kind, CargoErrorKind::CompileFailed);
}

#[test]
fn other_errors_keep_their_words() {
    expect(
        &recorded!("unknown_package"),
        CargoErrorKind::Other,
        "package ID specification `nope` did not match any packages",
    );
    expect(&recorded!("no_library"), CargoErrorKind::Other, "no library targets found in package `a`");
}

#[test]
fn without_an_error_the_last_line_is_the_reason() {
    expect(&summary(b"Compiling\nKilled\n\n"), CargoErrorKind::Other, "Killed");
    expect(&summary(b""), CargoErrorKind::Other, "cargo gave no reason");
}

#[test]
fn colours_change_nothing() {
    let coloured = b"\x1b[1m\x1b[91merror\x1b[0m: no such command: `nextest`\n";
    expect(&summary(coloured), CargoErrorKind::NoSuchCommand, "no such command: `nextest`");
}

proptest! {
    #[test]
    fn any_text_gives_a_reason(text in "(error: |Caused by:|  --> |[a-z:0-9 ]|\n){0,40}") {
        prop_assert!(!summary(text.as_bytes()).message.contains('\n'));
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = summary(&bytes);
    }
}
