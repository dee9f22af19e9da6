//! `stage`, `verify`, `diff` and `cleanup`, as a user sees them. The gates are a fake that says what it is told to.

use std::path::Path;

use serde_json::{Value, json};

use super::Project;
use crate::support::{Binary, Ran, Run, fake_tool, find_program, git, lay_program, program_in};

const LOCK: &str = "version = 4\n\n[[package]]\nname = \"tool\"\nversion = \"1.0.0\"\n";

/// A project whose commit says what is built, with the folder of its programs.
pub(super) struct Staging {
    pub(super) project: Project,
    pub(super) programs: tempfile::TempDir,
}

impl Staging {
    pub(super) fn new(config: &str) -> Self {
        let project = Project::new(config);
        let root = project.root();
        std::fs::write(root.join("Cargo.lock"), LOCK).unwrap();
        std::fs::write(root.join("README.md"), "# tool\n").unwrap();
        let staging = Self { project, programs: tempfile::tempdir().unwrap() };
        staging.commit("feat: a lock file");
        for (program, name) in
            [(Binary::Promote.path().as_path(), "cargo-promote"), (fake_tool(), "cargo-bulletproof")]
        {
            lay_program(program, &program_in(staging.programs.path(), name));
        }
        staging.gates("passed");
        staging
    }

    pub(super) fn root(&self) -> std::path::PathBuf {
        self.project.root()
    }

    pub(super) fn commit(&self, message: &str) {
        git(&self.root(), &["add", "--all"]);
        git(&self.root(), &["commit", "--quiet", "--allow-empty", "--message", message]);
    }

    /// What the gates say of the present commit.
    pub(super) fn gates(&self, status: &str) {
        let code = match status {
            "passed" => 0,
            "failed" => 1,
            _ => 2,
        };
        let [commit, tree] = ["HEAD", "HEAD^{tree}"].map(|what| self.project.git(&["rev-parse", what]));
        let report = json!({
            "schema_version": "1.0", "stage": "release", "started_at": "2026-11-21T17:00:00Z", "duration_ms": 1,
            "verdict": { "status": status, "exit_code": code, "passed": 0, "warned": 0, "failed": 0, "broken": 0,
                "skipped": 0 },
            "subject": { "kind": "commit", "commit": commit, "tree": tree, "dirty": false, "workspace_root": "." },
            "environment": { "rustc": "rustc 9.9.9", "host": "", "config_digest": "",
                "tools": { "git": find_program("git"), "trivy": "/no/such/program" } },
            "gates": [{ "id": "test", "status": status, "judged": true, "reason": "as it was told to",
                "duration_ms": 1, "cached": false, "metrics": {}, "notes": [], "findings": [] }],
        });
        self.answers(&report.to_string(), code);
    }

    fn answers(&self, report: &str, code: i32) {
        let held = json!({ "holds": false, "why": ["none is recorded"] }).to_string();
        let rules = json!({ "real": "", "rules": [
            { "args": ["--version"], "do": "exit", "code": 0, "stdout": "cargo-bulletproof 9.8.7\n", "stderr": "" },
            { "args": ["verify"], "do": "exit", "code": 1, "stdout": held, "stderr": "" },
            { "args": ["run"], "do": "exit", "code": code, "stdout": report, "stderr": "" },
        ] });
        std::fs::write(self.programs.path().join("cargo-bulletproof.json"), rules.to_string()).unwrap();
    }

    fn promote(&self, args: &[&str]) -> Ran {
        Run::new(&self.project.workspace, Binary::Promote, args).by_cargo(self.programs.path()).end()
    }

    pub(super) fn told(&self, args: &[&str], code: i32) -> String {
        let ran = self.promote(args);
        assert_eq!(ran.code, Some(code), "{args:?}: {ran:#?}");
        format!("{}{}", ran.stdout, ran.stderr)
    }

    pub(super) fn json(&self, args: &[&str]) -> Value {
        let ran = self.promote(&[args, &["--format", "json"]].concat());
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:#?}"))
    }

    pub(super) fn stage(&self) -> Value {
        self.json(&["stage"])
    }

    pub(super) fn store(&self) -> std::path::PathBuf {
        self.root().join(".git/promote")
    }
}

fn names(staged: &Value) -> Vec<&str> {
    let artifacts = staged["manifest"]["artifacts"].as_array().unwrap();
    artifacts.iter().map(|artifact| artifact["name"].as_str().unwrap()).collect()
}

#[test]
fn a_commit_is_staged_once_and_again_with_the_same_digest_in_another_folder() {
    let one = Staging::new("");
    let staged = one.stage();
    let host = staged["manifest"]["toolchain"]["host"].as_str().unwrap();
    let program = format!("tool{}", std::env::consts::EXE_SUFFIX);
    let archive = format!("tool-1.0.0-{host}.tar.gz");
    let mut expected = ["SHA256SUMS", &program, &archive, "tool-1.0.0.crate", "tool.cdx.json"];
    expected.sort_unstable();
    assert_eq!(names(&staged), expected);
    assert_eq!(staged["already_staged"], false);
    // what git does not track, and where the folder is, is not in it
    std::fs::write(one.root().join("untracked.txt"), "untracked").unwrap();
    let again = one.stage();
    assert_eq!((&again["candidate"], &again["already_staged"]), (&staged["candidate"], &json!(true)));
    let mut two = Staging::new("");
    let far = two.root().join("a/much/longer/folder/than/that");
    std::fs::create_dir_all(far.parent().unwrap()).unwrap();
    git(far.parent().unwrap(), &["clone", "--quiet", one.root().to_str().unwrap(), far.to_str().unwrap()]);
    git(&far, &["config", "user.name", "Eve"]);
    git(&far, &["config", "user.email", "eve@example.invalid"]);
    two.programs = one.programs;
    let there = Run::new(&two.project.workspace, Binary::Promote, &["stage", "--format", "json"])
        .by_cargo(two.programs.path())
        .within("a/much/longer/folder/than/that")
        .end();
    let there: Value =
        serde_json::from_str(&there.stdout).unwrap_or_else(|error| panic!("{error}: {there:#?}"));
    assert_eq!(there["manifest"], staged["manifest"]);
    assert_eq!(there["candidate"], staged["candidate"]);
}

#[test]
fn what_is_not_clean_or_has_no_verdict_is_not_staged() {
    let staging = Staging::new("");
    std::fs::write(staging.root().join("src/main.rs"), "fn main() { }\n").unwrap();
    let told = staging.told(&["stage"], 1);
    assert!(told.contains("differ from HEAD") && told.contains("src/main.rs"), "{told}");
    git(&staging.root(), &["checkout", "--quiet", "src/main.rs"]);
    staging.gates("failed");
    let told = staging.told(&["stage"], 1);
    assert!(told.contains("test: as it was told to") && told.contains("no candidate"), "{told}");
    staging.gates("broken");
    assert!(staging.told(&["stage"], 2).contains("gave no verdict"));
    // garbage, nothing, and a report of another commit
    for report in ["", "{}", "[1"] {
        staging.answers(report, 0);
        assert!(staging.told(&["stage"], 2).contains("gave no verdict"), "{report}");
    }
    staging.gates("passed");
    staging.commit("fix: another");
    assert!(staging.told(&["stage"], 2).contains("something else"));
    assert!(!staging.store().join("candidates").exists());
    // the commit before is the one that was judged
    staging.told(&["stage", "--rev", "HEAD~1"], 0);
}

#[test]
fn files_that_are_given_are_staged_instead_and_read_back() {
    let staging = Staging::new("");
    let given = tempfile::tempdir().unwrap();
    let path = |name: &str| given.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("tool.bin"), "bytes").unwrap();
    std::fs::write(path("bad name"), "bytes").unwrap();
    assert!(staging.told(&["stage", "--file", &path("bad name")], 2).contains("cannot be the name"));
    assert!(staging.told(&["stage", "--file", &path("none")], 2).contains("none"));
    let staged = staging.json(&["stage", "--file", &path("tool.bin")]);
    assert_eq!(names(&staged), ["SHA256SUMS", "tool.bin"]);
    let verified = staging.json(&["verify"]);
    assert_eq!(
        (&verified["verified"], &verified["candidates"][0]["read"]["artifacts"]),
        (&json!(true), &json!(2))
    );
    assert!(staging.told(&["verify"], 0).contains("everything is as it was staged"));
}

#[test]
fn the_verdict_tells_the_versions_of_the_programs_that_judged() {
    let staging = Staging::new("");
    let given = tempfile::tempdir().unwrap();
    let file = given.path().join("tool.bin");
    std::fs::write(&file, "bytes").unwrap();
    staging.told(&["stage", "--file", file.to_str().unwrap()], 0);
    let shown = staging.json(&["attest", "show", "1.0.0"]);
    let all = shown["attestations"].as_array().unwrap();
    let verdict = all.iter().find(|one| one["kind"] == "verdict").unwrap();
    let tools = &verdict["predicate"]["tools"];
    assert_eq!(
        (&tools["rustc"], &tools["cargo-bulletproof"]),
        (&json!("rustc 9.9.9"), &json!("cargo-bulletproof 9.8.7"))
    );
    assert!(tools["git"].as_str().unwrap().starts_with("git version "), "{tools}");
    // one that tells none is not in it
    assert_eq!(tools.as_object().unwrap().len(), 3, "{tools}");
}

#[test]
fn a_flipped_bit_in_any_file_of_the_store_is_found_and_nothing_is_promoted() {
    let staging = Staging::new("");
    let given = tempfile::tempdir().unwrap();
    let file = given.path().join("tool.bin");
    std::fs::write(&file, "bytes").unwrap();
    staging.told(&["stage", "--file", file.to_str().unwrap()], 0);
    staging.told(&["to", "staging", "--execute"], 0);
    let mut looked = Vec::new();
    for path in files(&staging.store()) {
        let whole = std::fs::read(&path).unwrap();
        if whole.is_empty() {
            // a lock
            continue;
        }
        let mut bytes = whole.clone();
        let place = whole.len() / 2;
        bytes[place] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let verified = staging.promote(&["verify"]);
        assert!(matches!(verified.code, Some(1 | 2)), "{}: {verified:#?}", path.display());
        assert!(verified.stdout.contains("wrong:"), "{}: {verified:#?}", path.display());
        let to = staging.promote(&["to", "production", "--execute"]);
        let below = path.strip_prefix(staging.store()).unwrap().to_str().unwrap().replace('\\', "/");
        // the first entry is not what the pointer stands on: the last one is, and says what holds
        let is_history = below.starts_with("ledger/entries/") && to.code == Some(0);
        assert!(matches!(to.code, Some(1 | 2)) || is_history, "{}: {to:#?}", path.display());
        assert!(!is_history, "{below} was damaged, and production was promoted");
        std::fs::write(&path, &whole).unwrap();
        looked.push(below);
    }
    for part in ["blobs/", "candidates/", "attestations/", "ledger/head", "ledger/entries/"] {
        assert!(looked.iter().any(|path| path.starts_with(part)), "{part}: {looked:?}");
    }
    staging.told(&["verify"], 0);
    staging.told(&["to", "production", "--execute"], 0);
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[test]
fn what_differs_between_two_candidates_is_told() {
    let staging = Staging::new("[candidate]\ncrates = false\n");
    staging.told(&["stage"], 0);
    let root = staging.root();
    std::fs::write(root.join("src/main.rs"), "fn main() { println!(\"two\"); }\n").unwrap();
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    std::fs::write(root.join("Cargo.toml"), manifest.replace("1.0.0", "1.1.0")).unwrap();
    std::fs::write(root.join("Cargo.lock"), LOCK.replace("1.0.0", "1.1.0")).unwrap();
    staging.commit("feat: two");
    staging.gates("passed");
    staging.told(&["stage"], 0);
    let difference = staging.json(&["diff", "1.0.0", "1.1.0"])["difference"].clone();
    assert_eq!(difference["commits"]["known"]["new"][0][1], "feat: two");
    assert_eq!(difference["dependencies"]["known"][0]["name"], "tool");
    // no database is here, and nobody says that there is no advisory
    assert!(difference["advisories"]["unknown"].is_string(), "{difference:#}");
    let text = staging.told(&["diff", "1.0.0", "1.1.0"], 0);
    for part in ["new commits: 1", "~ tool 1.0.0 -> 1.1.0", "not judged"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn what_nothing_needs_is_cleaned_up_once_it_is_asked_for() {
    let staging = Staging::new("");
    for number in 1..=3 {
        let given = tempfile::tempdir().unwrap();
        let file = given.path().join("tool.bin");
        std::fs::write(&file, format!("bytes {number}")).unwrap();
        staging.commit("fix: more");
        staging.gates("passed");
        staging.told(&["stage", "--file", file.to_str().unwrap()], 0);
    }
    staging.told(&["to", "staging", "--execute"], 0);
    let shown = staging.told(&["cleanup", "--keep", "1"], 0);
    assert!(shown.contains("staging runs it") && shown.contains("nothing was changed"), "{shown}");
    assert_eq!(std::fs::read_dir(staging.store().join("candidates")).unwrap().count(), 3);
    staging.told(&["cleanup", "--keep", "1", "--execute"], 0);
    assert_eq!(std::fs::read_dir(staging.store().join("candidates")).unwrap().count(), 1);
    staging.told(&["verify"], 0);
}
