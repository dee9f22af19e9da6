//! Lock files and advisories.

use cargo_gate::advisory::{AdvisoryFile, match_advisories, parse_lock};

use super::Input;

pub(super) fn lock(input: Input<'_>) {
    let packages = match parse_lock(input.bytes) {
        Ok(packages) => packages,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert!(!packages.is_empty(), "a lock file without a package is none");
    let lines = input.bytes.split(|byte| *byte == b'\n').count();
    for package in &packages {
        assert!(package.line >= 1 && package.line as usize <= lines, "its line exists: {package:?}");
        assert!(package.dependencies.iter().all(|at| *at < packages.len()), "no edge leads nowhere");
    }
    let Some(text) = input.text().filter(|text| !text.contains(['\r', '\'']) && !text.contains("\"\"\""))
    else {
        return;
    };
    let windows = parse_lock(text.replace('\n', "\r\n").as_bytes());
    assert_eq!(windows.as_deref(), Ok(packages.as_slice()), "line ends of Windows change nothing");
}

/// The first part is a lock file, the second an advisory of the package `severe`.
pub(super) fn advisory(input: Input<'_>) {
    let (lock, advisory) = input.pair();
    let packages = parse_lock(lock.bytes).unwrap_or_default();
    let path = "crates/severe/RUSTSEC-2026-0001.md".to_owned();
    let file = AdvisoryFile { path, content: advisory.bytes.to_vec() };
    let once = match match_advisories(&packages, std::slice::from_ref(&file)) {
        Ok(once) => once,
        Err(error) => return assert!(error.to_string().contains("RUSTSEC-2026-0001"), "{error}"),
    };
    for found in &once {
        let of = |package: &&cargo_gate::advisory::LockedPackage| package.name == found.package;
        let package = packages.iter().find(of);
        assert!(
            package.is_some_and(|package| package.from_registry),
            "it is one of the lock file: {found:?}"
        );
        assert_eq!((found.id.as_str(), found.package.as_str()), ("RUSTSEC-2026-0001", "severe"));
    }
    let twice = match_advisories(&packages, &[file.clone(), file]);
    assert!(twice.is_err() || once.is_empty(), "one advisory in two files is told");
}
