//! Lock files and advisories.

use cargo_gate::advisory::{AdvisoryFile, match_advisories, parse_lock};
use cargo_gate::parse::cargo_deny;
use cargo_gate::policy;

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
        let is_known = packages.iter().any(|package| package.from_registry && package.name == found.package);
        assert!(is_known, "it is one of the lock file: {found:?}");
        assert_eq!((found.id.as_str(), found.package.as_str()), ("RUSTSEC-2026-0001", "severe"));
    }
    let twice = match_advisories(&packages, &[file.clone(), file]);
    assert!(twice.is_err() || once.is_empty(), "one advisory in two files is told");
}

/// What `cargo deny` answers.
pub(super) fn cargo_deny(input: Input<'_>) {
    let whole = match cargo_deny::parse(input.bytes) {
        Ok(whole) => whole,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let is_error = |found: &&cargo_deny::Diagnostic| found.weight == cargo_deny::Weight::Error;
    let errors = whole.diagnostics.iter().filter(is_error).count() as u64;
    let counted = whole.errors.values().fold(0_u64, |sum, count| sum.saturating_add(*count));
    assert_eq!(errors, counted, "the summary counts the errors that are there");
    if let Ok(part) = cargo_deny::parse(input.part()) {
        assert_eq!(part, whole, "only blanks may be missing");
    }
}

/// `deny.toml`, and behind a zero byte the file with further exceptions.
pub(super) fn policy(input: Input<'_>) {
    let (file, further) = input.pair();
    let further = Some(("deny.exceptions.toml", further.bytes)).filter(|(_, bytes)| !bytes.is_empty());
    if let Err(error) = policy::parse(("deny.toml", file.bytes), further) {
        assert!(!error.to_string().is_empty());
    }
}
