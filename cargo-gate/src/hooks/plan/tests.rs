use super::super::{CHANGED, GitConfig, KEPT};
use super::*;

const FOREIGN: &[u8] = b"#!/bin/sh\necho mine\n";

fn script() -> Script {
    Script {
        hook: HookName::PreCommit,
        program: b"/p/cargo-bulletproof".to_vec(),
        toolchain: b"/p".to_vec(),
        manifest: None,
        before: None,
    }
}

fn executable(content: &[u8]) -> HookFile {
    HookFile { content: content.to_vec(), executable: true }
}

fn repository(file: impl Into<Option<HookFile>>, kept: impl Into<Option<HookFile>>) -> Repository {
    let (file, kept) = (file.into(), kept.into());
    let program = Some("/p/cargo-bulletproof".into());
    let found = Found { hook: HookName::PreCommit, file, kept, moved: None, program };
    Repository {
        top: "/r".into(),
        folder: "/r/.git/hooks".into(),
        common: "/r/.git".into(),
        hooks: vec![found],
        ..Repository::default()
    }
}

fn installed(repository: &Repository) -> Change {
    install(repository, &[HookName::PreCommit], &script()).unwrap().remove(0)
}

fn state(repository: &Repository) -> State {
    judge(repository).remove(0).state
}

/// The repository after the change: what the actions do, on data.
fn after(mut repository: Repository, change: &Change) -> Repository {
    let found = &mut repository.hooks[0];
    for action in &change.actions {
        let is_kept = |path: &Path| path.to_string_lossy().ends_with(KEPT);
        match action {
            Action::Keep { from, to } => {
                assert!(!is_kept(from) && is_kept(to));
                found.kept = found.file.clone();
            }
            Action::Write { path, text } => {
                assert!(!is_kept(path));
                found.file = Some(executable(text));
            }
            Action::Restore { from, to } => {
                assert!(is_kept(from) && !is_kept(to));
                found.file = found.kept.take();
            }
            Action::SetAside { from, to } => {
                assert!(!is_kept(from) && to.to_string_lossy().ends_with(CHANGED));
            }
            Action::Remove { path } if is_kept(path) => found.kept = None,
            Action::Remove { .. } => found.file = None,
        }
    }
    repository
}

#[test]
fn what_was_there_is_there_again_after_install_and_uninstall() {
    let not_executable = Some(HookFile { content: FOREIGN.to_vec(), executable: false });
    for file in [None, Some(executable(FOREIGN)), not_executable, Some(executable(b""))] {
        let before = repository(file, None);
        let with = after(before.clone(), &installed(&before));
        assert_eq!(state(&with), State::Installed);
        let second = installed(&with);
        assert_eq!(second.actions, [], "{second:?}");
        let gone = uninstall(&with, &HookName::ALL).remove(0);
        assert_eq!(after(with, &gone), before);
    }
}

#[test]
fn an_older_or_changed_script_is_outdated_and_written_again() {
    let text = String::from_utf8(script().text()).unwrap();
    for old in
        [text.replace("hook 2\n", "hook 0\n"), format!("{text}exit 0\n"), text.replace("exit 1", "exit 0")]
    {
        let before = repository(executable(old.as_bytes()), None);
        assert!(matches!(state(&before), State::Outdated(_)), "{old}");
        let kept = Action::SetAside { from: hook(""), to: hook(CHANGED) };
        assert_eq!(uninstall(&before, &HookName::ALL)[0].actions[0], kept);
        let change = installed(&before);
        assert_eq!(change.actions[0], kept);
        assert_eq!(state(&after(before, &change)), State::Installed);
    }
}

#[test]
fn a_script_that_git_does_not_run_or_that_finds_no_program_is_outdated() {
    let text = script().text();
    let not_executable = Some(HookFile { content: text.clone(), executable: false });
    assert!(matches!(state(&repository(not_executable, None)), State::Outdated(_)));
    let mut nowhere = repository(executable(&text), None);
    nowhere.hooks[0].program = None;
    assert!(matches!(state(&nowhere), State::Outdated(_)));
}

#[test]
fn a_kept_hook_that_went_missing_or_came_back_makes_the_script_outdated() {
    let before = repository(executable(FOREIGN), None);
    let mut with = after(before.clone(), &installed(&before));
    with.hooks[0].kept = None;
    assert!(matches!(state(&with), State::Outdated(_)));
    let came_back = repository(executable(&script().text()), executable(FOREIGN));
    assert!(matches!(state(&came_back), State::Outdated(_)));
}

#[test]
fn a_copy_of_ours_is_not_chained_to_itself() {
    let both = repository(executable(&script().text()), executable(&script().text()));
    assert_eq!(installed(&both).actions, []);
    let gone = after(both.clone(), &uninstall(&both, &HookName::ALL)[0]);
    assert_eq!((&gone.hooks[0].file, &gone.hooks[0].kept), (&None, &None));
}

#[test]
fn a_manager_that_writes_its_hook_again_replaces_what_was_kept() {
    let husky = |text: &str| executable(format!("#!/usr/bin/env sh\n{text}\n. \"${{0%/*}}/h\"").as_bytes());
    let again = repository(husky("# 2"), husky("# 1"));
    assert_eq!(state(&again), State::Foreign(Some("husky")));
    let with = after(again.clone(), &installed(&again));
    assert_eq!((state(&with), &with.hooks[0].kept), (State::Installed, &Some(husky("# 2"))));
    let two = repository(executable(FOREIGN), executable(b"#!/bin/sh\necho other\n"));
    let refusal = install(&two, &[HookName::PreCommit], &script()).unwrap_err();
    assert!(matches!(refusal, Refusal::Two { .. }), "{refusal}");
}

#[test]
fn a_hook_of_somebody_else_is_left_alone_on_the_way_out() {
    let foreign = repository(executable(FOREIGN), None);
    assert_eq!(uninstall(&foreign, &HookName::ALL)[0].actions, []);
    assert_eq!(uninstall(&repository(None, None), &HookName::ALL)[0].actions, []);
    let two = repository(executable(FOREIGN), executable(FOREIGN));
    assert_eq!(uninstall(&two, &HookName::ALL)[0].actions, []);
}

#[test]
fn a_hook_that_calls_us_is_in_order_and_left_as_it_is() {
    let own = repository(executable(b"#!/bin/sh\nexec cargo bulletproof hook pre-commit \"$@\"\n"), None);
    assert!(judge(&own)[0].is_in_order());
    assert_eq!(installed(&own).actions, []);
}

#[test]
fn a_hook_of_another_workspace_is_not_in_order_and_not_replaced() {
    let two = || Some(b"two/Cargo.toml".to_vec());
    let there = repository(executable(&Script { manifest: two(), ..script() }.text()), None);
    let in_one = Repository { workspace: Some("/r/one".into()), ..there.clone() };
    assert_eq!(state(&in_one), State::Elsewhere("two/Cargo.toml".to_owned()));
    let mine = Script { manifest: in_one.manifest(), ..script() };
    let refusal = install(&in_one, &[HookName::PreCommit], &mine).unwrap_err();
    assert!(
        refusal.to_string().contains("another workspace of this repository, two/Cargo.toml"),
        "{refusal}"
    );
    let in_two = Repository { workspace: Some("/r/two".into()), ..there };
    assert_eq!((state(&in_two), in_two.manifest()), (State::Installed, two()));
    for (call, counts) in
        [("--manifest-path one/Cargo.toml", true), ("--manifest-path two/Cargo.toml", false), ("", false)]
    {
        let own = executable(format!("cargo bulletproof hook pre-commit {call}\n").as_bytes());
        let own = Repository { workspace: in_one.workspace.clone(), ..repository(own, None) };
        assert_eq!(judge(&own)[0].is_in_order(), counts, "{call}");
    }
}

/// The path of the hook, with that at its end.
fn hook(ending: &str) -> PathBuf {
    Path::new("/r/.git/hooks").join(format!("pre-commit{ending}"))
}

#[test]
fn ours_is_found_where_a_manager_of_hooks_moved_it() {
    let with = |mark: &str, ending, ours: Vec<u8>| {
        let mut found =
            repository(executable(format!("#!/bin/sh\n# {mark}\n").as_bytes()), executable(FOREIGN));
        found.hooks[0].moved = Some((ending, executable(&ours)));
        found
    };
    let ours = Script { before: Some(Before::of(FOREIGN)), ..script() }.text();
    let run = with("File generated by pre-commit", ".legacy", ours.clone());
    assert!(judge(&run)[0].is_in_order());
    assert_eq!(installed(&run).actions, []);
    let old = String::from_utf8(ours.clone()).unwrap().replace("hook 2\n", "hook 1\n");
    let old = with("File generated by pre-commit", ".legacy", old.into_bytes());
    assert!(matches!(state(&old), State::Outdated(_)));
    let write = Action::Write { path: hook(".legacy"), text: ours.clone() };
    assert_eq!(installed(&old).actions.last(), Some(&write));
    let not_run = with("lefthook", ".old", ours);
    assert_eq!(state(&not_run), State::Foreign(Some("lefthook")));
    for (repository, ending) in [(run, ".legacy"), (not_run, ".old")] {
        let back = Action::Restore { from: hook(KEPT), to: hook(ending) };
        assert_eq!(uninstall(&repository, &HookName::ALL)[0].actions, [back]);
    }
}

fn with_path(scope: &str, value: &str, folder: &str) -> Repository {
    let text = format!("{scope}\0file:/c\0core.hookspath\n{value}\0");
    let config = GitConfig::read(text.as_bytes()).unwrap();
    Repository { config, folder: folder.into(), ..repository(None, None) }
}

#[test]
fn a_folder_for_all_repositories_is_not_written_into() {
    let refused = |repository| install(&repository, &[HookName::PreCommit], &script()).is_err();
    for scope in ["global", "system", "command"] {
        assert!(refused(with_path(scope, "/all/hooks", "/all/hooks")), "{scope}");
        assert!(!refused(with_path(scope, ".githooks", "/r/.githooks")), "{scope}: within each repository");
    }
    assert!(refused(with_path("local", "/all/hooks", "/all/hooks")), "others may use it too");
    let link = Repository { folder: "/all/hooks".into(), ..repository(None, None) };
    assert!(refused(link), "a link to a folder that others may use");
    assert!(refused(with_path("local", "", "/r")) && refused(with_path("global", "/dev/null", "/dev/null")));
    assert_eq!(state(&with_path("local", "", "/r")), State::Off);
}

#[test]
fn a_configured_hook_counts_and_with_ours_it_runs_twice() {
    let text = "local\0file:c\0hook.g.command\ncargo bulletproof hook pre-commit\0\
                local\0file:c\0hook.g.event\npre-commit\0";
    let config = GitConfig::read(text.as_bytes()).unwrap();
    let configured =
        |file| Repository { config: config.clone(), runs_config_hooks: true, ..repository(file, None) };
    let judged = judge(&configured(None)).remove(0);
    assert!(judged.is_in_order() && judged.twice.is_none(), "{judged:?}");
    assert_eq!(installed(&configured(None)).actions, []);
    let both = judge(&configured(Some(executable(&script().text())))).remove(0);
    assert_eq!(both.twice.as_deref(), Some("g"));
    let older_git = Repository { runs_config_hooks: false, ..configured(None) };
    assert_eq!(state(&older_git), State::Missing);
}
