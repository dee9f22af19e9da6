//! What a file's path says of its content.

/// Whether a path is one of tests and their data, by the names that people give to those.
pub fn is_test_path(path: &str) -> bool {
    const FOLDERS: [&str; 19] = [
        "test",
        "tests",
        "testing",
        "testdata",
        "test_data",
        "test-data",
        "test_assets",
        "test-fixtures",
        "fixtures",
        "fixture",
        "__tests__",
        "__fixtures__",
        "spec",
        "specs",
        "mock",
        "mocks",
        "benches",
        "snapshots",
        "testcases",
    ];
    let lower = path.to_ascii_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let stem = name.split('.').next().unwrap_or_default();
    let is_test = |part: &str| ["test", "tests", "spec", "mock"].contains(&part);
    folders.split('/').any(|folder| FOLDERS.contains(&folder))
        || name.split('.').any(is_test)
        || stem.split(['_', '-']).next().is_some_and(is_test)
        || stem.rsplit(['_', '-']).next().is_some_and(is_test)
}

/// Whether a path is one of examples, whose keys are samples.
pub(super) fn is_example_path(path: &str) -> bool {
    path.split('/').any(|part| ["example", "examples"].contains(&part))
}

/// Whether values stand without quotes in a file of that name: configuration, shell, notes. In
/// source code an unquoted word is a name.
pub(super) fn has_bare_values(path: &str) -> bool {
    const ENDINGS: [&str; 27] = [
        "bash",
        "bat",
        "cfg",
        "cmd",
        "conf",
        "config",
        "cnf",
        "env",
        "envrc",
        "fish",
        "ini",
        "log",
        "md",
        "netrc",
        "npmrc",
        "properties",
        "props",
        "ps1",
        "pypirc",
        "sh",
        "tfvars",
        "toml",
        "txt",
        "xml",
        "yaml",
        "yml",
        "zsh",
    ];
    let name = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let Some((stem, ending)) = name.rsplit_once('.') else { return true };
    ENDINGS.contains(&ending) || stem.is_empty() || stem.contains(".env") || stem.ends_with("dockerfile")
}

/// Whether a tool writes the file, full of digests that look like keys.
pub(super) fn is_lock_file(path: &str) -> bool {
    const NAMES: [&str; 8] = [
        "package-lock.json",
        "npm-shrinkwrap.json",
        "pnpm-lock.yaml",
        "go.sum",
        "packages.lock.json",
        "flake.lock",
        "bun.lockb",
        ".package-lock.json",
    ];
    let name = path.rsplit('/').next().unwrap_or_default();
    NAMES.contains(&name) || std::path::Path::new(name).extension().is_some_and(|ending| ending == "lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_told_by_their_folders_and_names() {
        for path in
            ["tests/a.rs", "a/testdata/key.pem", "src/tests.rs", "src/a_test.go", "a/b.spec.ts", "test_x.py"]
        {
            assert!(is_test_path(path), "{path}");
        }
        for path in ["src/lib.rs", "src/attest.rs", "contest/a.rs", "src/latest.rs", "deploy/prod.env"] {
            assert!(!is_test_path(path), "{path}");
        }
    }

    #[test]
    fn configuration_has_values_without_quotes_and_code_has_not() {
        for path in [".env", ".env.production", "Dockerfile", "a/b.yml", ".npmrc", "README.md"] {
            assert!(has_bare_values(path), "{path}");
        }
        for path in ["src/lib.rs", "a.py", "a.json", "a.min.js"] {
            assert!(!has_bare_values(path), "{path}");
        }
    }

    #[test]
    fn lock_files_are_known_by_name() {
        assert!(
            is_lock_file("Cargo.lock") && is_lock_file("web/yarn.lock") && is_lock_file("package-lock.json")
        );
        assert!(!is_lock_file("src/lock.rs"));
    }
}
