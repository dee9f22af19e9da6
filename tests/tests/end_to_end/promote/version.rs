//! `cargo promote version`, and what the gates `version` and `changelog` say of it.

use std::process::Command;

use crate::support::{Binary, Ran, Run, Workspace, clean, git, write_program};

const LOG: &str = "# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2026-01-01\n\n- First.\n\n\
                   [unreleased]: https://forge.invalid/a/b/compare/v0.1.0...HEAD\n";
const ROOT: &str = "# kept\n[workspace]\nmembers = [\"core\", \"cli\", \"aside\"]\nresolver = \"3\"\n\n\
                    [workspace.package]\nversion    = \"0.1.0\" # of all\nedition = \"2024\"\n\n\
                    [workspace.dependencies]\ncore = { path = \"core\",  version = \"=0.1.0\" }   # pinned\n";

/// Two members that share the version and one that does not, released as 0.1.0.
fn released(then: &[&str]) -> Workspace {
    let package =
        |name: &str, rest: &str| format!("[package]\nname = \"{name}\"\nedition.workspace = true\n{rest}");
    let cli = "version.workspace = true\n[dependencies]\ncore.workspace = true\n\
               [dev-dependencies.core]\npath = '../core'\nversion = '^0.1.0'\n";
    let workspace = Workspace::empty()
        .with("Cargo.toml", ROOT)
        .with("CHANGELOG.md", LOG)
        .with(
            "bulletproof.toml",
            "[gates.version]\nindependent = [{ packages = [\"aside\"], reason = \"its own\" }]\n",
        )
        .with("core/Cargo.toml", package("core", "version.workspace = true\n"))
        .with("cli/Cargo.toml", package("cli", cli))
        .with("aside/Cargo.toml", package("aside", "version = \"3.0.0\"\n"));
    let workspace = ["core", "cli", "aside"]
        .into_iter()
        .fold(workspace, |workspace, name| workspace.with(&format!("{name}/src/lib.rs"), "//! x\n"));
    let root = workspace.root();
    let mut lock = Command::new("cargo");
    clean(&mut lock, &workspace.home());
    assert!(lock.current_dir(&root).args(["generate-lockfile", "--offline"]).status().unwrap().success());
    workspace.commit();
    git(&root, &["tag", "v0.1.0"]);
    git(&root, &["config", "user.name", "t"]);
    git(&root, &["config", "user.email", "t@example.invalid"]);
    for message in then {
        git(&root, &["commit", "--quiet", "--allow-empty", "--message", message]);
    }
    workspace
}

fn version(workspace: &Workspace, args: &[&str]) -> Ran {
    Run::new(workspace, Binary::Promote, &["version"]).args(args.iter().copied()).end()
}

fn read(workspace: &Workspace, path: &str) -> String {
    std::fs::read_to_string(workspace.root().join(path)).unwrap()
}

fn said(workspace: &Workspace, args: &[&str]) -> String {
    let mut command = Command::new("git");
    clean(&mut command, &workspace.home());
    let output = command.current_dir(workspace.root()).args(args).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn both_gates_agree_with_the_version_that_was_set() {
    let workspace = released(&["feat(core)!: a new default", "fix: no crash"]);
    let gates = |stage: &str| {
        let args = ["--gate", "version", "--gate", "changelog", "--stage", stage];
        workspace.bulletproof(&args).report()
    };
    assert_eq!(gates("release")["verdict"]["exit_code"], 1, "0.1.0 is tagged already");
    let shown = version(&workspace, &[]);
    assert!(shown.code == Some(0) && shown.stdout.contains("0.1.0 -> 0.2.0"), "{shown:#?}");
    assert_eq!(said(&workspace, &["status", "--porcelain"]), "", "a plan writes nothing");
    let done = version(&workspace, &["--execute"]);
    assert_eq!(done.code, Some(0), "{done:#?}");
    let root = ROOT.replacen("\"0.1.0\" # of all", "\"0.2.0\" # of all", 1).replacen("=0.1.0", "=0.2.0", 1);
    assert_eq!(read(&workspace, "Cargo.toml"), root);
    assert!(read(&workspace, "cli/Cargo.toml").contains("version = '^0.2.0'"));
    assert!(read(&workspace, "aside/Cargo.toml").contains("3.0.0"));
    let log = read(&workspace, "CHANGELOG.md");
    assert!(
        log.contains("### Changed\n\n- **Breaking:** core: a new default\n\n### Fixed\n\n- no crash\n"),
        "{log}"
    );
    assert!(log.contains("[0.2.0]: https://forge.invalid/a/b/compare/v0.1.0...v0.2.0\n"), "{log}");
    assert_eq!(said(&workspace, &["tag", "--points-at", "HEAD"]), "v0.2.0");
    assert_eq!(said(&workspace, &["status", "--porcelain"]), "");
    let report = gates("release");
    assert_eq!(report["verdict"]["exit_code"], 0, "{report:#}");
    let mut locked = Command::new("cargo");
    clean(&mut locked, &workspace.home());
    let locked = locked.current_dir(workspace.root()).args([
        "metadata",
        "--format-version=1",
        "--locked",
        "--offline",
    ]);
    assert!(locked.output().unwrap().status.success(), "the lock file is cargo's own");
    let again = version(&workspace, &["--execute"]);
    assert!(again.code == Some(1) && again.stderr.contains("no commit since v0.2.0"), "{again:#?}");
}

#[test]
fn lock_files_of_other_workspaces_in_the_repository_get_the_version_of_what_they_have_of_this_one() {
    let fuzz = "[workspace]\n[package]\nname = \"fuzz\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
                [dependencies]\ncore = { path = \"../core\" }\n";
    // a workspace that has nothing of this one, but packages of the same names
    let fixture = "[workspace]\n[package]\nname = \"core\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    let root = ROOT.replace("resolver", "exclude = [\"fuzz\", \"fixture\"]\nresolver");
    let workspace = released(&["feat: a"])
        .with("Cargo.toml", root)
        .with("fuzz/Cargo.toml", fuzz)
        .with("fuzz/src/lib.rs", "//! x\n")
        .with("fixture/Cargo.toml", fixture)
        .with("fixture/src/lib.rs", "//! x\n");
    let lock = |folder: &str, how: &[&str]| {
        let mut cargo = Command::new("cargo");
        clean(&mut cargo, &workspace.home());
        let at = workspace.root().join(folder);
        cargo.current_dir(at).args(how).output().unwrap().status.success()
    };
    for folder in ["fuzz", "fixture"] {
        assert!(lock(folder, &["generate-lockfile", "--offline"]));
    }
    let before = read(&workspace, "fixture/Cargo.lock");
    workspace.commit();
    let done = version(&workspace, &["--execute"]);
    assert_eq!(done.code, Some(0), "{done:#?}");
    assert!(done.stdout.contains("+++ b/fuzz/Cargo.lock"), "{done:#?}");
    assert!(lock("fuzz", &["metadata", "--format-version=1", "--locked", "--offline"]));
    assert_eq!(read(&workspace, "fixture/Cargo.lock"), before);
    assert_eq!(said(&workspace, &["status", "--porcelain"]), "");
}

#[test]
fn what_users_do_not_notice_is_no_release_until_somebody_asks_for_one() {
    let workspace = released(&["docs: a page", "Merge branch 'a'", "words"]);
    let none = version(&workspace, &["--execute"]);
    assert!(
        none.code == Some(1) && none.stderr.contains("users would notice none of the 3 commits"),
        "{none:#?}"
    );
    for (asked, expected) in
        [("patch", "0.1.1"), ("minor", "0.2.0"), ("major", "1.0.0"), ("0.5.0-rc.1", "0.5.0-rc.1")]
    {
        let shown = version(&workspace, &[asked, "--format", "json"]);
        let plan: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
        assert_eq!((&plan["to"], &plan["executed"]), (&expected.into(), &false.into()), "{plan:#}");
    }
    for refused in ["0.1.0", "0.0.9"] {
        assert_eq!(version(&workspace, &[refused]).code, Some(1), "{refused}");
    }
    assert_eq!(version(&workspace, &["1.x"]).code, Some(2));
}

#[test]
fn a_dirty_tree_and_a_tag_that_is_there_are_refused() {
    let workspace = released(&["feat: a"]).with("core/src/lib.rs", "//! y\n");
    let dirty = version(&workspace, &["--execute"]);
    assert!(dirty.code == Some(1) && dirty.stderr.contains("core/src/lib.rs"), "{dirty:#?}");
    git(&workspace.root(), &["checkout", "--quiet", "."]);
    for tag in ["v0.1.1", "0.1.1", "cli-v0.1.1"] {
        git(&workspace.root(), &["tag", tag, "HEAD~1"]);
        let refused = version(&workspace, &["0.1.1", "--execute"]);
        assert_eq!(refused.code, Some(1), "{refused:#?}");
        git(&workspace.root(), &["tag", "--delete", tag]);
    }
    assert_eq!(said(&workspace, &["status", "--porcelain"]), "");
}

/// git's own hook says no after the files were written.
#[cfg(unix)]
#[test]
fn a_release_that_cannot_be_finished_leaves_everything_as_it_was() {
    let workspace = released(&["feat: a"]);
    let before = (workspace.listing(), said(&workspace, &["rev-parse", "HEAD"]));
    let hook = |name: &str, text: &str| {
        write_program(&workspace.root().join(".git/hooks").join(name), text);
    };
    let unchanged = |why: &str| {
        let failed = version(&workspace, &["--execute"]);
        assert_eq!(failed.code, Some(2), "{why}: {failed:#?}");
        assert_eq!((workspace.listing(), said(&workspace, &["rev-parse", "HEAD"])), before, "{why}");
        assert_eq!(said(&workspace, &["status", "--porcelain"]), "", "{why}");
        assert_eq!(said(&workspace, &["tag"]), "v0.1.0", "{why}");
    };
    hook("pre-commit", "#!/bin/sh\nexit 1\n");
    unchanged("the hook refuses the commit");
    hook("pre-commit", "#!/bin/sh\nexit 0\n");
    hook("reference-transaction", "#!/bin/sh\ngrep -q refs/tags/ && exit 1\nexit 0\n");
    unchanged("the tag is refused");
    hook("reference-transaction", "#!/bin/sh\nexit 0\n");
    assert_eq!(version(&workspace, &["--execute"]).code, Some(0));
}

#[test]
fn a_changelog_is_made_only_where_it_is_asked_for() {
    let workspace = released(&["feat: a"]).without("CHANGELOG.md");
    git(&workspace.root(), &["commit", "--quiet", "--all", "--message", "docs: none"]);
    let shown = version(&workspace, &[]);
    assert!(shown.stdout.contains("note: there is no changelog"), "{shown:#?}");
    assert_eq!(version(&workspace, &["--execute", "--create-changelog"]).code, Some(0));
    let log = read(&workspace, "CHANGELOG.md");
    assert!(log.contains("## [0.1.1]") && log.ends_with("### Added\n\n- a\n"), "{log}");
    assert_eq!(workspace.bulletproof(&["--gate", "changelog"]).report()["verdict"]["exit_code"], 0);
}

#[test]
fn a_shallow_clone_does_not_know_its_last_release() {
    let workspace = released(&["feat: a"]);
    let head = said(&workspace, &["rev-parse", "HEAD"]);
    std::fs::write(workspace.root().join(".git/shallow"), format!("{head}\n")).unwrap();
    let refused = version(&workspace, &[]);
    assert!(refused.code == Some(2) && refused.stderr.contains("--unshallow"), "{refused:#?}");
}
