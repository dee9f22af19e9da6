//! What an installed hook does when git runs it: finds its program, and runs the hook that was there before.

use std::fs;
use std::path::PathBuf;

use super::state::Repo;
use crate::support::{Binary, Run, lay_program, write_program};

/// In the place of our program: notes what it is called with, in the folder of the work tree.
const NOTES: &str = "#!/bin/sh\n{ echo \"$1 $2 $3\"; shift 3; for word; do echo \"<$word>\"; done; } >> ../ours\n\
                     test ! -e ../fail\n";
/// The same that notes what it reads.
const READS: &str = "#!/bin/sh\ncat > ../ours-read\n";

/// A repository whose hooks were installed by a copy of our program, in whose place something else stands since.
struct Installed {
    repo: Repo,
    program: PathBuf,
}

impl Installed {
    fn new(hooks: &str, prepare: impl Fn(&Repo), text: &str) -> Self {
        let repo = Repo::of("todo");
        prepare(&repo);
        let program = repo.workspace.home().join("it's a töol/cargo-bulletproof");
        fs::create_dir_all(program.parent().unwrap()).unwrap();
        lay_program(&Binary::Bulletproof.path(), &program);
        let run = Run::new(&repo.workspace, Binary::Bulletproof, &["hooks", "install", "--hook", hooks]);
        let mut command = std::process::Command::new(&program);
        let like = run.command();
        command.args(like.get_args()).current_dir(repo.root());
        for (name, value) in like.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        fs::remove_file(&program).unwrap();
        write_program(&program, text);
        Self { repo, program }
    }

    fn noted(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.repo.root().join("..").join(name)).ok()
    }

    /// Commits; what git said where it did not.
    fn commit(&self) -> Result<(), String> {
        let output = self.repo.git(&["commit", "--quiet", "--allow-empty", "--message", "fix: x"]);
        if output.status.success() { Ok(()) } else { Err(format!("{output:?}")) }
    }
}

fn nothing(_: &Repo) {}

#[test]
fn git_runs_our_program_and_its_failure_stops_the_commit() {
    let installed = Installed::new("pre-commit,commit-msg", nothing, NOTES);
    installed.commit().unwrap();
    let noted = installed.noted("ours").unwrap();
    assert_eq!(noted, "bulletproof hook pre-commit\nbulletproof hook commit-msg\n<.git/COMMIT_EDITMSG>\n");
    fs::write(installed.repo.root().join("../fail"), "").unwrap();
    let head = installed.repo.done(&["rev-parse", "HEAD"]);
    assert!(installed.commit().is_err());
    assert_eq!(installed.repo.done(&["rev-parse", "HEAD"]), head);
}

#[test]
fn a_client_with_a_poor_path_finds_the_program_and_the_toolchain() {
    let poor = |installed: Installed| {
        let repo = installed.repo.env("PATH", "/usr/bin:/bin");
        Installed { repo, ..installed }
    };
    let says_path = "#!/bin/sh\ncommand -v cargo > ../ours\n";
    let installed = poor(Installed::new("pre-commit", nothing, says_path));
    installed.commit().unwrap();
    assert!(installed.noted("ours").unwrap().contains("cargo"), "{:?}", installed.noted("ours"));
    // the program is not where it was: it is found in cargo's folder of the user's home
    let home = installed.repo.workspace.home().join("elsewhere");
    write_program(&home.join("bin/cargo-bulletproof"), NOTES);
    fs::remove_file(&installed.program).unwrap();
    fs::remove_file(installed.repo.root().join("../ours")).unwrap();
    let repo = installed.repo.env("CARGO_HOME", home);
    let installed = Installed { repo, ..installed };
    installed.commit().unwrap();
    assert_eq!(installed.noted("ours").as_deref(), Some("bulletproof hook pre-commit\n"));
}

#[test]
fn where_no_program_is_found_nothing_is_committed_and_the_way_out_is_told() {
    let installed = Installed::new("pre-commit,pre-push", nothing, NOTES);
    fs::remove_file(&installed.program).unwrap();
    let nowhere = installed.repo.workspace.home().join("nowhere");
    let repo = installed.repo.env("PATH", "/usr/bin:/bin").env("CARGO_HOME", nowhere);
    let head = repo.done(&["rev-parse", "HEAD"]);
    let said = repo.fails(&["commit", "--quiet", "--allow-empty", "--message", "fix: x"]);
    assert!(said.contains("nothing was checked") && said.contains("hooks install"), "{said}");
    assert!(said.contains("it's a töol/cargo-bulletproof"), "{said}");
    assert_eq!(repo.done(&["rev-parse", "HEAD"]), head);
    repo.done(&["commit", "--quiet", "--no-verify", "--allow-empty", "--message", "fix: x"]);
}

#[test]
fn the_hook_that_was_there_runs_first_and_its_failure_stops_the_commit() {
    let before = |repo: &Repo| {
        repo.write_hook("pre-commit", "#!/bin/sh\necho before >> ../ours\ntest ! -e ../fail\n");
    };
    let installed = Installed::new("pre-commit", before, NOTES);
    installed.commit().unwrap();
    assert_eq!(installed.noted("ours").as_deref(), Some("before\nbulletproof hook pre-commit\n"));
    fs::write(installed.repo.root().join("../fail"), "").unwrap();
    fs::remove_file(installed.repo.root().join("../ours")).unwrap();
    assert!(installed.commit().is_err());
    assert_eq!(installed.noted("ours").as_deref(), Some("before\n"), "ours does not run after a failure");
}

#[test]
fn both_hooks_read_what_is_pushed() {
    let before = |repo: &Repo| {
        repo.write_hook("pre-push", "#!/bin/sh\necho \"<$1>\" > ../args\ncat > ../before-read\n");
    };
    let installed = Installed::new("pre-push", before, READS);
    let repo = &installed.repo;
    let remote = repo.workspace.home().join("a remöte.git");
    repo.done(&["init", "--quiet", "--bare", remote.to_str().unwrap()]);
    repo.done(&["remote", "add", "origin", remote.to_str().unwrap()]);
    repo.done(&["push", "--quiet", "origin", "HEAD:refs/heads/one", "HEAD:refs/heads/two"]);
    let read = installed.noted("ours-read").unwrap();
    assert_eq!(read.lines().count(), 2, "{read}");
    let head = repo.done(&["rev-parse", "HEAD"]);
    assert!(read.starts_with(&format!("HEAD {} refs/heads/one {}\n", head.trim(), "0".repeat(40))), "{read}");
    assert_eq!(installed.noted("before-read"), Some(read));
    assert_eq!(installed.noted("args").as_deref(), Some("<origin>\n"));
    // with nothing to push there is nothing to read, not an empty line
    repo.done(&["push", "--quiet", "origin", "HEAD:refs/heads/one"]);
    assert_eq!(installed.noted("before-read").as_deref(), Some(""));
    assert_eq!(installed.noted("ours-read").as_deref(), Some(""));
}

#[test]
fn a_hook_that_looks_at_its_own_name_still_knows_it() {
    let before = |repo: &Repo| {
        repo.done(&["config", "core.hooksPath", ".husky/_"]);
        let folder = repo.root().join(".husky");
        write_program(&folder.join("_/pre-commit"), "#!/usr/bin/env sh\n. \"${0%/*}/h\"");
        let dispatch = "#!/usr/bin/env sh\nname=$(basename \"$0\")\nown=$(dirname \"$(dirname \"$0\")\")/$name\n\
                        [ ! -f \"$own\" ] && exit 0\nsh -e \"$own\" \"$@\"\n";
        write_program(&folder.join("_/h"), dispatch);
        write_program(&folder.join("pre-commit"), "echo own >> ../ours\n");
    };
    let installed = Installed::new("pre-commit", before, NOTES);
    installed.commit().unwrap();
    assert_eq!(installed.noted("ours").as_deref(), Some("own\nbulletproof hook pre-commit\n"));
}

#[test]
fn a_workspace_below_the_top_of_its_repository_is_found() {
    let repo = Repo::of("todo");
    fs::create_dir(repo.root().join("in rüst")).unwrap();
    repo.done(&["mv", "Cargo.toml", "Cargo.lock", "src", "in rüst"]);
    let ran = repo.workspace.bulletproof(&["hooks", "install"]).within("in rüst").end();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let text = fs::read_to_string(repo.hook("pre-commit")).unwrap();
    assert!(text.contains("manifest='in rüst/Cargo.toml'\n"), "{text}");
    let again = repo.workspace.bulletproof(&["hooks", "install"]).within("in rüst/src").end();
    assert!(again.stdout.contains("already installed"), "{again:#?}");
}
