//! Hooks are installed, shown and taken away.

use std::fs;

use super::state::{Repo, entries, git_command, succeeded};
use crate::support::{Act, Fakes, Workspace};

const FOREIGN: &str = "#!/bin/sh\necho somebody\n";

#[test]
fn installing_twice_changes_nothing() {
    let repo = Repo::of("todo");
    let first = repo.install(&[]);
    assert!(first.contains("pre-commit  installed") && first.contains("pre-push    installed"), "{first}");
    let before = entries(&repo.root(), &[]);
    let second = repo.install(&[]);
    assert!(second.contains("already installed"), "{second}");
    assert_eq!(entries(&repo.root(), &[]), before);
    assert_eq!(repo.hooks(&["status"]).0, Some(0));
    assert!(repo.found().is_empty());
}

#[test]
fn what_was_there_comes_back_byte_for_byte() {
    let repo = Repo::of("todo");
    repo.write_hook("pre-commit", FOREIGN);
    repo.write_hook("commit-msg", FOREIGN);
    // not executable: git does not run it, and it comes back so
    fs::write(repo.hook("pre-push"), FOREIGN).unwrap();
    let before = entries(&repo.root(), &[]);
    let all = ["--hook", "pre-commit,pre-push,commit-msg"];
    let said = repo.install(&all);
    assert!(said.contains("pre-commit.before-bulletproof and runs first"), "{said}");
    repo.install(&all);
    assert_eq!(repo.hooks(&["status"]).0, Some(0));
    let (code, said) = repo.hooks(&["uninstall"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(entries(&repo.root(), &[]), before);
    let (code, said) = repo.hooks(&["uninstall"]);
    assert!(code == Some(0) && said.contains("left alone"), "{said}");
    assert_eq!(entries(&repo.root(), &[]), before);
}

#[cfg(unix)]
#[test]
fn a_hook_that_is_a_link_stays_one() {
    let repo = Repo::of("todo");
    repo.write("scripts/hook", FOREIGN);
    std::os::unix::fs::symlink("../../scripts/hook", repo.hook("pre-commit")).unwrap();
    std::os::unix::fs::symlink("/no/such/hook", repo.hook("pre-push")).unwrap();
    let before = entries(&repo.root(), &[]);
    repo.install(&[]);
    assert_eq!(fs::read_to_string(repo.root().join("scripts/hook")).unwrap(), FOREIGN);
    repo.hooks(&["uninstall"]);
    assert_eq!(entries(&repo.root(), &[]), before);
}

#[test]
fn a_missing_a_foreign_and_an_outdated_hook_are_told_apart() {
    let repo = Repo::of("todo");
    assert_eq!(repo.found(), ["hooks/missing", "hooks/missing"]);
    repo.install(&[]);
    repo.write_hook("pre-commit", "#!/bin/sh\ncall_lefthook run pre-commit\n");
    let text = fs::read_to_string(repo.hook("pre-push")).unwrap();
    repo.write_hook("pre-push", &text.replace("exec ", "echo "));
    assert_eq!(repo.found(), ["hooks/foreign", "hooks/outdated"]);
    let (code, said) = repo.hooks(&["status"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("foreign (lefthook's)") && said.contains("outdated: somebody changed its text"),
        "{said}"
    );
    // a hook that is not ours stays with `uninstall`
    repo.hooks(&["uninstall"]);
    assert!(repo.hook("pre-commit").exists() && !repo.hook("pre-push").exists());
    // what somebody wrote into ours is not lost, and never written over
    let changed = repo.hook("pre-push.changed");
    assert_eq!(fs::read_to_string(&changed).unwrap(), text.replace("exec ", "echo "));
    repo.write_hook("pre-push", &text.replace("exec ", "echo mine; exec "));
    let (code, said) = repo.hooks(&["install", "--hook", "pre-push"]);
    assert!(code == Some(2) && said.contains("pre-push.changed"), "{said}");
    assert_eq!(fs::read_to_string(&changed).unwrap(), text.replace("exec ", "echo "));
}

#[test]
fn a_setting_of_the_environment_that_has_git_run_no_hook_is_seen_wherever_files_are_judged() {
    let repo = Repo::of("todo");
    repo.install(&[]);
    repo.done(&["commit", "--quiet", "--no-verify", "--allow-empty", "--message=one"]);
    for how in [&[][..], &["--staged"], &["--rev", "HEAD"]] {
        let states = |variables: &[(&'static str, &str)]| {
            let run = repo.workspace.bulletproof(&[&["--gate", "hooks"], how].concat());
            let run = variables.iter().fold(run, |run, (name, value)| run.env(name, *value));
            run.report()["gates"][0]["findings"].as_array().unwrap().len()
        };
        assert_eq!(states(&[]), 0, "{how:?}");
        let elsewhere = [
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", "core.hooksPath"),
            ("GIT_CONFIG_VALUE_0", "/dev/null"),
        ];
        assert_eq!(states(&elsewhere), 2, "{how:?}");
    }
}

#[test]
fn a_hook_of_your_own_that_calls_us_is_in_order() {
    let repo = Repo::of("todo");
    repo.write_hook("pre-push", "#!/bin/sh\nset -e\nexec cargo bulletproof hook pre-push \"$@\"\n");
    assert_eq!(repo.found(), ["hooks/missing"]);
    assert!(repo.install(&[]).contains("pre-push    already called by a hook of your own"));
    assert!(!repo.hook("pre-push.before-bulletproof").exists());
}

#[test]
fn a_call_that_the_script_may_never_reach_is_no_call() {
    let repo = Repo::of("todo");
    repo.install(&[]);
    for text in [
        "exit 0\ncargo bulletproof hook pre-commit \"$@\"\n",
        "if [ -n \"$X\" ]; then\nexec cargo bulletproof hook pre-commit \"$@\"\nfi\n",
        "cargo bulletproof hook pre-commit --help\n",
        "cat <<END\ncargo bulletproof hook pre-commit || exit 1\nEND\n",
    ] {
        repo.write_hook("pre-commit", &format!("#!/bin/sh\n{text}"));
        assert_eq!(repo.found(), ["hooks/foreign"], "{text}");
    }
}

#[test]
fn two_workspaces_of_a_repository_do_not_switch_each_other_off() {
    let repo = Repo::in_workspace(Workspace::empty());
    repo.done(&["init", "--quiet"]);
    for name in ["one", "two"] {
        let manifest = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[workspace]\n");
        repo.write(&format!("{name}/Cargo.toml"), manifest);
        repo.write(&format!("{name}/src/lib.rs"), "//! Empty.\n");
    }
    let hooks = |folder: &str, command: &str| {
        let ran = repo.workspace.bulletproof(&["hooks", command]).within(folder).end();
        (ran.code, ran.stdout + &ran.stderr)
    };
    assert_eq!(hooks("one", "install").0, Some(0));
    let before = fs::read(repo.hook("pre-commit")).unwrap();
    let (code, said) = hooks("two", "install");
    assert!(
        code == Some(2) && said.contains("another workspace of this repository, one/Cargo.toml"),
        "{said}"
    );
    assert_eq!(fs::read(repo.hook("pre-commit")).unwrap(), before);
    assert_eq!(hooks("one/src", "status").0, Some(0));
    let (code, said) = hooks("two", "status");
    assert!(
        code == Some(1) && said.contains("starts the gates of another workspace: one/Cargo.toml"),
        "{said}"
    );
    // one of your own may start both
    let calls =
        |name| format!("cargo bulletproof hook pre-commit --manifest-path {name}/Cargo.toml || exit\n");
    repo.write_hook("pre-commit", &format!("#!/bin/sh\n{}{}", calls("one"), calls("two")));
    for folder in ["one", "two"] {
        assert!(hooks(folder, "status").1.contains("pre-commit  called by a hook of your own"));
    }
}

/// pre-commit's way: the hook that it finds is moved, and run first under its new name.
#[cfg(unix)]
#[test]
fn ours_runs_with_the_hook_before_it_where_a_manager_of_hooks_moved_it() {
    let repo = Repo::of("todo");
    repo.write_hook("pre-commit", "#!/bin/sh\necho the first one >&2\n");
    repo.install(&["--hook", "pre-commit"]);
    fs::rename(repo.hook("pre-commit"), repo.hook("pre-commit.legacy")).unwrap();
    repo.write_hook(
        "pre-commit",
        "#!/bin/sh\n# File generated by pre-commit: x\n\"$0.legacy\" \"$@\" || exit\n",
    );
    assert_eq!(repo.found(), ["hooks/missing"], "the other hook alone is missing");
    let said = repo.fails(&["commit", "--allow-empty", "--message", "x"]);
    assert!(said.contains("the first one") && said.contains("todo"), "{said}");
    assert!(repo.install(&["--hook", "pre-commit"]).contains("already called by pre-commit's hook"));
    let (code, said) = repo.hooks(&["uninstall"]);
    assert_eq!(code, Some(0), "{said}");
    let legacy = fs::read_to_string(repo.hook("pre-commit.legacy")).unwrap();
    assert!(legacy.contains("the first one") && !repo.hook("pre-commit.before-bulletproof").exists());
    repo.done(&["commit", "--quiet", "--allow-empty", "--message", "x"]);
}

#[cfg(unix)]
#[test]
fn a_folder_outside_of_the_repository_is_not_written_into() {
    let repo = Repo::of("todo");
    let shared = repo.workspace.home().join("shared");
    fs::create_dir_all(&shared).unwrap();
    let refused = || {
        let (code, said) = repo.hooks(&["install"]);
        assert!(code == Some(2) && said.contains("outside of it"), "{said}");
        assert!(fs::read_dir(&shared).unwrap().next().is_none());
    };
    repo.done(&["config", "--local", "core.hooksPath", shared.to_str().unwrap()]);
    refused();
    repo.done(&["config", "--local", "--unset", "core.hooksPath"]);
    let _ = fs::remove_dir_all(repo.root().join(".git/hooks"));
    std::os::unix::fs::symlink(&shared, repo.root().join(".git/hooks")).unwrap();
    refused();
}

#[test]
fn core_hooks_path_is_honoured_from_every_folder() {
    let repo = Repo::of("todo");
    repo.done(&["config", "core.hooksPath", "mine/höoks"]);
    let ran = repo.workspace.bulletproof(&["hooks", "install"]).within("src").end();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert!(ran.stderr.contains("leads into the work tree"), "{ran:#?}");
    assert!(repo.root().join("mine/höoks/pre-commit").is_file() && !repo.hook("pre-commit").exists());
    assert!(repo.found().is_empty());
}

#[test]
fn a_folder_for_all_repositories_is_left_alone() {
    let repo = Repo::of("todo");
    let shared = repo.workspace.home().join("shared");
    fs::create_dir_all(&shared).unwrap();
    let config = repo.workspace.home().join(".gitconfig");
    fs::write(&config, format!("[core]\n\thooksPath = {}\n", shared.display()).replace('\\', "/")).unwrap();
    let (code, said) = repo.hooks(&["install"]);
    assert!(code == Some(2) && said.contains("set for all your repositories"), "{said}");
    assert!(fs::read_dir(&shared).unwrap().next().is_none());
    // what it says to do works
    let own = repo.root().join(".git/hooks");
    assert!(said.contains(&own.display().to_string()), "{said}");
    repo.done(&["config", "--local", "core.hooksPath", own.to_str().unwrap()]);
    repo.install(&[]);
    assert!(repo.found().is_empty() && repo.hook("pre-commit").is_file());
}

#[test]
fn a_setting_that_turns_hooks_off_is_told() {
    let repo = Repo::of("todo");
    repo.install(&[]);
    repo.done(&["config", "core.hooksPath", ""]);
    let (code, said) = repo.hooks(&["install"]);
    assert!(code == Some(2) && said.contains("git runs no hooks"), "{said}");
    assert_eq!(repo.found(), ["hooks/missing", "hooks/missing"]);
    assert_eq!(repo.hooks(&["status"]).0, Some(1));
}

#[test]
fn a_linked_worktree_shares_its_hooks_and_a_submodule_has_its_own() {
    let (repo, other) = (Repo::of("todo"), Repo::of("panics"));
    let source = other.root();
    repo.done(&["submodule", "--quiet", "add", source.to_str().unwrap(), "sub mödule"]);
    repo.done(&["worktree", "add", "--quiet", "--detach", "../linked"]);
    let linked = repo.workspace.bulletproof(&["hooks", "install"]).within("../linked").end();
    assert_eq!(linked.code, Some(0), "{linked:#?}");
    assert!(repo.hook("pre-commit").is_file());
    let inner = repo.workspace.bulletproof(&["hooks", "install"]).within("sub mödule").end();
    assert_eq!(inner.code, Some(0), "{inner:#?}");
    assert!(repo.root().join(".git/modules/sub mödule/hooks/pre-commit").is_file());
}

#[test]
fn where_no_commit_can_be_made_that_is_said() {
    let workspace = Workspace::empty();
    let refused = |part: &str| {
        let ran = workspace.bulletproof(&["hooks", "install"]).end();
        ran.refused(&[part]);
    };
    refused("no git repository");
    let init = ["init", "--quiet", "--bare"];
    succeeded(&init, &git_command(&workspace.root(), &workspace.home(), &init).output().unwrap());
    let before = entries(&workspace.root(), &[]);
    refused("bare");
    assert_eq!(entries(&workspace.root(), &[]), before);
}

#[test]
fn a_configured_hook_counts_where_git_runs_it() {
    let repo = Repo::of("todo");
    for hook in ["pre-commit", "pre-push"] {
        repo.done(&["config", &format!("hook.{hook}-gates.event"), hook]);
        let command = format!("cargo bulletproof hook {hook}");
        repo.done(&["config", &format!("hook.{hook}-gates.command"), &command]);
    }
    let git = |version: &str| {
        Fakes::new().on("git", &["version"], &Act::Exit(0, version.to_owned(), String::new()))
    };
    let (old, new) = (git("git version 2.53.1\n"), git("git version 2.54.0\n"));
    let status = |fakes: &Fakes| repo.workspace.bulletproof(&["hooks", "status"]).fakes(fakes).end();
    assert_eq!(status(&old).code, Some(1));
    let ran = status(&new);
    assert!(ran.code == Some(0) && ran.stdout.contains("hook.pre-commit-gates of git's config"), "{ran:#?}");
    let install = repo.workspace.bulletproof(&["hooks", "install"]).fakes(&new).end();
    assert!(
        install.stdout.contains("nothing is written") && !repo.hook("pre-commit").exists(),
        "{install:#?}"
    );
    // both is once too often
    repo.workspace.bulletproof(&["hooks", "install"]).fakes(&old).end();
    let report = repo.workspace.bulletproof(&["--gate", "hooks"]).fakes(&new).report();
    assert_eq!(report["gates"][0]["findings"][0]["rule"], "hooks/twice", "{report:#}");
}

#[test]
fn the_config_says_which_hooks_a_clone_is_to_have() {
    let repo = Repo::of("hooks");
    let said = repo.install(&[]);
    assert!(
        said.contains("pre-push") && said.contains("commit-msg") && !said.contains("pre-commit"),
        "{said}"
    );
    assert!(repo.found().is_empty());
}
