//! Bench targets that count instructions: whether one is written with gungraun, and which runner it needs.

use semver::Version;

use crate::advisory::LockedPackage;
use crate::scan::scan;

/// The word in which such a target names its groups to the macro that makes its `main`.
const GROUPS: [&str; 2] = ["library_benchmark_groups", "binary_benchmark_groups"];

/// The first iai-callgrind whose summaries have a form that is read.
const FIRST_READ: Version = Version::new(0, 15, 0);

/// What a bench target that counts instructions is written with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counting {
    /// `gungraun`, or `iai-callgrind`, as it was called before.
    pub library: &'static str,
    /// The library's version. The runner takes no other.
    pub version: Version,
}

impl Counting {
    /// What the target with that root file, of that package, is written with; none where with something else.
    pub fn of(source: &str, lock: &[LockedPackage], package: &str) -> Option<Self> {
        if !GROUPS.iter().any(|word| has_word(source, word)) {
            return None;
        }
        let own = lock.iter().find(|one| one.name == package && one.source.is_none())?;
        let locked = |library: &&'static str| {
            let mut needs = own.dependencies.iter().filter_map(|at| lock.get(*at));
            let version = needs.find(|one| one.name == **library)?.version.clone();
            Some(Self { library, version })
        };
        let found: Vec<Self> = ["gungraun", "iai-callgrind"].iter().filter_map(locked).collect();
        // a package that goes over from one to the other has both
        let named = found.iter().find(|one| has_word(source, &one.library.replace('-', "_")));
        named.or(found.first()).cloned()
    }

    /// The name of the program that runs it.
    pub fn runner(&self) -> String {
        format!("{}-runner", self.library)
    }

    /// What installs that program.
    pub fn install(&self) -> String {
        format!("cargo install {} --version {} --locked", self.runner(), self.version)
    }

    /// Whether its summaries may have a form that is read.
    pub fn is_read(&self) -> bool {
        self.library == "gungraun" || self.version >= FIRST_READ
    }
}

/// The version that a runner gives for `--version`: `gungraun-runner 0.17.2`.
pub fn runner_version(stdout: &[u8]) -> Option<Version> {
    String::from_utf8_lossy(stdout).lines().next()?.rsplit(' ').next()?.parse().ok()
}

/// Whether the word stands in the code of a source: not in a comment or a string.
fn has_word(source: &str, word: &str) -> bool {
    let scanned = scan(source);
    let comments = scanned.comments.iter().map(|comment| &comment.span);
    let apart: Vec<_> = comments.chain(scanned.strings.iter().map(|literal| &literal.span)).collect();
    let is_part = |letter: char| letter == '_' || letter.is_alphanumeric();
    source.match_indices(word).any(|(at, _)| {
        let before = source.get(..at).and_then(|text| text.chars().next_back());
        let after = source.get(at + word.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(is_part)
            && !after.is_some_and(is_part)
            && !apart.iter().any(|span| span.contains(&at))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advisory::parse_lock;

    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"demo\"\nversion = \"0.1.0\"\n\
        dependencies = [\n \"gungraun\",\n]\n\n[[package]]\nname = \"gungraun\"\nversion = \"0.17.2\"\n\
        source = \"registry+https://github.com/rust-lang/crates.io-index\"\n\n\
        [[package]]\nname = \"other\"\nversion = \"0.1.0\"\n";

    fn of(source: &str, package: &str) -> Option<Counting> {
        Counting::of(source, &parse_lock(LOCK.as_bytes()).unwrap(), package)
    }

    #[test]
    fn a_target_that_names_its_groups_needs_the_runner_of_the_locked_version() {
        let found = of("gungraun::main!(library_benchmark_groups = a);", "demo").unwrap();
        assert_eq!(found.runner(), "gungraun-runner");
        assert_eq!(found.install(), "cargo install gungraun-runner --version 0.17.2 --locked");
        assert!(of("main!(\n    config = c();\n    binary_benchmark_groups = a\n);", "demo").is_some());
    }

    #[test]
    fn a_word_in_a_comment_or_a_string_makes_no_such_target() {
        assert_eq!(of("// library_benchmark_groups = a\nfn main() {}", "demo"), None);
        assert_eq!(of("fn main() { let _ = \"library_benchmark_groups\"; }", "demo"), None);
        assert_eq!(of("fn main() { my_library_benchmark_groups(); }", "demo"), None);
    }

    #[test]
    fn a_package_without_the_library_has_no_such_target() {
        assert_eq!(of("main!(library_benchmark_groups = a);", "other"), None);
        assert_eq!(of("main!(library_benchmark_groups = a);", "absent"), None);
    }

    #[test]
    fn where_a_package_has_both_libraries_the_one_that_the_source_names_counts() {
        let lock = LOCK.replace(" \"gungraun\",", " \"gungraun\",\n \"iai-callgrind\",")
            + "\n[[package]]\nname = \"iai-callgrind\"\nversion = \"0.14.2\"\n";
        let lock = parse_lock(lock.as_bytes()).unwrap();
        let of = |source| Counting::of(source, &lock, "demo").unwrap();
        let old = of("use iai_callgrind::main;\nmain!(library_benchmark_groups = a);");
        assert_eq!((old.library, old.is_read()), ("iai-callgrind", false));
        let new = of("use gungraun::main;\nmain!(library_benchmark_groups = a);");
        assert_eq!((new.library, new.is_read()), ("gungraun", true));
    }

    #[test]
    fn a_runner_tells_its_version_or_nothing() {
        assert_eq!(runner_version(b"gungraun-runner 0.17.2\n"), Some(Version::new(0, 17, 2)));
        assert_eq!(runner_version(b""), None);
        assert_eq!(runner_version(b"error: no\n"), None);
    }
}
