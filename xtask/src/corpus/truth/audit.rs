//! `cargo audit --json`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use crate::corpus::Error;
use crate::corpus::cargo::Programs;

/// One advisory that concerns one locked package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::corpus) struct Advisory {
    /// `vulnerability`, `unsound`, `unmaintained` or `notice`.
    pub(in crate::corpus) kind: String,
    /// Its identifier.
    pub(in crate::corpus) id: String,
    /// The package, with its version.
    pub(in crate::corpus) package: String,
}

impl std::fmt::Display for Advisory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}, {})", self.id, self.package, self.kind)
    }
}

#[derive(Deserialize)]
struct Answer {
    vulnerabilities: Vulnerabilities,
    warnings: BTreeMap<String, Vec<Entry>>,
}

#[derive(Deserialize)]
struct Vulnerabilities {
    list: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    advisory: Option<Metadata>,
    package: Package,
}

#[derive(Deserialize)]
struct Metadata {
    id: String,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
}

/// Asks cargo-audit about a lock file, with a database on this machine.
pub(in crate::corpus) fn advisories(
    programs: &Programs,
    root: &Path,
    db: &Path,
) -> Result<BTreeSet<Advisory>, Error> {
    let fixed = ["audit", "--json", "--no-fetch", "--no-yanked", "--stale", "--db"].map(std::ffi::OsStr::new);
    let ran = programs.run("cargo-audit", root, fixed.into_iter().chain([db.as_os_str()]))?;
    read(&ran.stdout)
        .map_err(|cause| if ran.stdout.is_empty() { ran.failure() } else { ran.unreadable(cause) })
}

fn read(stdout: &str) -> Result<BTreeSet<Advisory>, serde_json::Error> {
    let answer: Answer = serde_json::from_str(stdout)?;
    let vulnerable = answer.vulnerabilities.list.into_iter().map(|entry| ("vulnerability".to_owned(), entry));
    let warned =
        answer.warnings.into_iter().flat_map(|(kind, list)| list.into_iter().map(move |e| (kind.clone(), e)));
    let entry = |(kind, entry): (String, Entry)| {
        let package = format!("{} {}", entry.package.name, entry.package.version);
        Some(Advisory { kind, id: entry.advisory?.id, package })
    };
    Ok(vulnerable.chain(warned).filter_map(entry).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vulnerabilities_and_warnings_are_read() {
        let entry = |id: &str| {
            format!(
                "{{\"advisory\":{{\"id\":\"{id}\"}},\"package\":{{\"name\":\"a\",\"version\":\"1.0.0\"}}}}"
            )
        };
        let text = format!(
            "{{\"vulnerabilities\":{{\"list\":[{}]}},\"warnings\":{{\"unsound\":[{}],\"yanked\":[{{\"advisory\":null,\
             \"package\":{{\"name\":\"b\",\"version\":\"1.0.0\"}}}}]}}}}",
            entry("RUSTSEC-2020-0001"),
            entry("RUSTSEC-2020-0002")
        );
        let found: Vec<String> = read(&text).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            ["RUSTSEC-2020-0002 (a 1.0.0, unsound)", "RUSTSEC-2020-0001 (a 1.0.0, vulnerability)"]
        );
        assert!(read("").is_err());
    }
}
