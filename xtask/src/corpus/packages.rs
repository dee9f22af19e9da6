//! The corpus: which packages, and what each is there for.

/// What is compared on a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Every gate.
    Full,
    /// The lock file only: nothing is compiled.
    AuditOnly,
}

/// One entry of the corpus: a package, or several that are made members of one workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its name on the page.
    pub(super) name: &'static str,
    /// Its packages: name and version.
    pub(super) packages: &'static [(&'static str, &'static str)],
    /// What it is there for.
    pub(super) why: &'static str,
    /// What is compared.
    pub(super) scope: Scope,
}

impl Entry {
    /// Whether its packages are members of a workspace that we make.
    pub(super) fn is_workspace(&self) -> bool {
        self.packages.len() > 1
    }
}

const fn full(packages: &'static [(&'static str, &'static str)], why: &'static str) -> Entry {
    let [(name, _), ..] = packages else {
        return Entry { name: "", packages, why, scope: Scope::Full };
    };
    Entry { name, packages, why, scope: Scope::Full }
}

const fn workspace(
    name: &'static str,
    packages: &'static [(&'static str, &'static str)],
    why: &'static str,
) -> Entry {
    Entry { name, packages, why, scope: Scope::Full }
}

const fn audit_only(packages: &'static [(&'static str, &'static str)], why: &'static str) -> Entry {
    Entry { scope: Scope::AuditOnly, ..full(packages, why) }
}

/// The corpus, in the order of the page.
pub(super) const CORPUS: &[Entry] = &[
    full(&[("fnv", "1.0.7")], "edition 2015, `lib.rs` beside the manifest, no lock file"),
    full(&[("mime", "0.3.18")], "edition 2015, three benches that need a nightly toolchain"),
    full(&[("generic-array", "0.14.7")], "edition 2015, CRLF line ends, macros, build script, no lock file"),
    full(&[("bzip2-sys", "0.1.13+1.0.8")], "C code built by `cc`, edition 2015, no tests"),
    full(
        &[("bytemuck", "1.24.0")],
        "edition 2018, a `rustfmt.toml` with options of nightly, unformatted code",
    ),
    full(&[("subtle", "2.6.1")], "`unwrap` and `expect` methods of its own, no lock file"),
    full(&[("httparse", "1.10.1")], "an `expect` method of its own, benches with criterion"),
    full(&[("fs-err", "3.3.2")], "CRLF line ends, `cfg` set by a build script"),
    full(&[("byteorder", "1.5.0")], "edition 2021, a bench that needs a nightly toolchain, no lock file"),
    full(&[("num-traits", "0.2.19")], "macros that write most of the code, no lock file"),
    full(&[("memchr", "2.8.3")], "`cfg` by processor, many documentation examples"),
    full(&[("hashbrown", "0.16.1")], "benches that need a nightly toolchain, macros, `cfg` by processor"),
    full(&[("proc-macro2", "1.0.107")], "`cfg` set by a build script that probes the compiler"),
    full(&[("displaydoc", "0.2.7")], "a procedural macro whose tests compile programs"),
    full(&[("document-features", "0.2.11")], "a procedural macro that reads files, every target declared"),
    full(&[("ra-ap-rustc_lexer", "0.183.0")], "edition 2024, raw strings and nested comments in its tests"),
    full(&[("regex-syntax", "0.8.11")], "a library with many panics and tests"),
    full(&[("windows-link", "0.2.1")], "one file, no tests"),
    full(&[("libc", "0.2.191")], "a forest of `cfg`: most files are for other systems"),
    full(&[("rustix", "1.1.6")], "a forest of `cfg` and features"),
    full(&[("hexyl", "0.16.0")], "a program with a library, tests that run it, a lock file of 2024"),
    workspace(
        "numbers (workspace)",
        &[("itoa", "1.0.18"), ("ryu", "1.0.20"), ("semver", "1.0.28")],
        "a workspace of three members of two editions",
    ),
    workspace(
        "crossbeam (workspace)",
        &[("crossbeam-utils", "0.8.23"), ("crossbeam-epoch", "0.9.21"), ("crossbeam-deque", "0.8.8")],
        "a workspace whose members depend on each other, benches that need a nightly toolchain",
    ),
    audit_only(&[("ripgrep", "11.0.2")], "a lock file of 2019, in the first format"),
    audit_only(&[("bat", "0.15.4")], "a lock file of 2020"),
    audit_only(&[("mdbook", "0.4.0")], "a lock file of 2020 with a web server in it"),
    audit_only(&[("starship", "0.40.0")], "a lock file of 2020 with a TLS stack in it"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_entry_has_a_name_and_a_reason_of_its_own() {
        let names: BTreeSet<&str> = CORPUS.iter().map(|entry| entry.name).collect();
        let reasons: BTreeSet<&str> = CORPUS.iter().map(|entry| entry.why).collect();
        assert_eq!((names.len(), reasons.len()), (CORPUS.len(), CORPUS.len()));
        assert!(!names.contains(""));
    }

    #[test]
    fn there_are_workspaces_and_lock_files_to_audit() {
        assert!(CORPUS.iter().filter(|entry| entry.is_workspace()).count() >= 2);
        assert!(CORPUS.iter().filter(|entry| entry.scope == Scope::AuditOnly).count() >= 2);
    }
}
