//! Verdicts that are recorded for the tree they judged: when they hold, and what ends that.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;

use super::support::{Ran, Run, Workspace, git};

const CONFIG: &str = "[stages]\npre-push = [\"fmt\", \"todo\", \"manifest\", \"check\"]\n";

/// A committed workspace whose stage needs no data.
fn committed() -> Workspace {
    let workspace = Workspace::of("clean").with_own_target().with("bulletproof.toml", CONFIG);
    workspace.commit();
    workspace
}

fn judge<'a>(workspace: &'a Workspace, args: &[&str]) -> Run<'a> {
    workspace.bulletproof(&["run", "--quiet"]).args(args.iter().copied()).cached()
}

/// What a run that passes says.
fn report(workspace: &Workspace, args: &[&str]) -> Value {
    let ran = judge(workspace, &[args, &["--format", "json"]].concat()).end();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    serde_json::from_str(&ran.stdout).unwrap()
}

/// Whether code was not compiled anew.
fn is_cached(report: &Value) -> bool {
    let gates = report["gates"].as_array().unwrap();
    gates.iter().find(|gate| gate["id"] == "check").unwrap()["cached"] == true
}

fn verify<'a>(workspace: &'a Workspace, args: &[&str]) -> Run<'a> {
    workspace.bulletproof(&["verify"]).args(args.iter().copied())
}

fn holds(ran: &Ran) -> bool {
    let said = ran.stdout.starts_with("the verdict of ") && ran.stdout.contains(" holds (4 gates, took ");
    assert_eq!(said, ran.code == Some(0), "{ran:#?}");
    assert!(said || ran.code == Some(1), "{ran:#?}");
    said
}

/// A committed workspace with a recorded verdict.
fn recorded() -> Workspace {
    let workspace = committed();
    let ran = judge(&workspace, &[]).end();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert!(holds(&verify(&workspace, &[]).end()));
    workspace
}

fn record(workspace: &Workspace) -> PathBuf {
    let folder = fs::read_dir(workspace.target().join("bulletproof/verdicts")).unwrap();
    folder.flatten().map(|entry| entry.path()).next().unwrap()
}

#[test]
fn a_verdict_holds_for_every_commit_with_that_tree() {
    let workspace = recorded();
    git(&workspace.root(), &["commit", "--quiet", "--amend", "--message=another"]);
    assert!(holds(&verify(&workspace, &[]).end()));
    git(&workspace.root(), &["commit", "--quiet", "--allow-empty", "--message=more"]);
    assert!(holds(&verify(&workspace, &[]).end()));
    fs::write(workspace.root().join("more.md"), "more\n").unwrap();
    assert!(holds(&verify(&workspace, &[]).end()), "a file on disk is no part of the commit");
    workspace.commit();
    let other = verify(&workspace, &[]).end();
    assert!(!holds(&other));
    assert!(other.stdout.contains("no verdict is recorded for this tree"), "{other:?}");
    assert!(holds(&verify(&workspace, &["--rev", "HEAD^"]).end()));
}

#[test]
fn a_verdict_that_holds_tells_with_which_tools_it_was_given() {
    let workspace = recorded();
    let ran = verify(&workspace, &["--format", "json"]).end();
    let held: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(held["rustc"].as_str().unwrap().starts_with("rustc 1."), "{held:#}");
    let tools = held["tools"].as_object().unwrap();
    assert!(tools["rustfmt"].as_str().is_some_and(|path| PathBuf::from(path).is_file()), "{held:#}");
    assert!(tools.contains_key("cargo") && !tools.contains_key("trivy"), "{held:#}");
}

#[test]
fn a_verdict_holds_for_its_stage_and_its_options_only() {
    let workspace = recorded();
    assert!(!holds(&verify(&workspace, &["--stage", "pre-commit"]).end()));
    assert!(!holds(&verify(&workspace, &["--all-features"]).end()));
    assert!(!holds(&verify(&workspace, &["--gate", "fmt"]).end()));
}

#[test]
fn a_verdict_ends_with_what_it_was_given_with() {
    let workspace = recorded();
    let ran = verify(&workspace, &[]).env("DATABASE_URL", "elsewhere").end();
    assert!(!holds(&ran) && ran.stdout.contains("the variable DATABASE_URL is another"), "{ran:?}");
    assert!(holds(&verify(&workspace, &[]).env("TERM", "other").end()));
    let above = workspace.root().parent().unwrap().join("rustfmt.toml");
    fs::write(&above, "max_width = 90\n").unwrap();
    let ran = verify(&workspace, &[]).end();
    assert!(!holds(&ran) && ran.stdout.contains("rustfmt.toml has changed"), "{ran:?}");
    fs::remove_file(above).unwrap();
    assert!(holds(&verify(&workspace, &[]).end()));
}

#[test]
fn only_a_whole_run_on_a_commit_is_recorded() {
    let workspace = committed();
    let none = || !holds(&verify(&workspace, &[]).end());
    for narrowed in
        [&["--gate", "fmt"][..], &["--skip", "fmt=known"], &["--package", "clean"], &["--no-cache"]]
    {
        judge(&workspace, narrowed).end();
        assert!(none(), "{narrowed:?}");
    }
    fs::write(workspace.root().join("new.md"), "new\n").unwrap();
    judge(&workspace, &[]).end();
    assert!(none(), "there are changes that are not committed");
}

#[test]
fn a_failed_verdict_is_not_recorded() {
    let workspace = Workspace::of("clean").with_own_target().with("bulletproof.toml", CONFIG);
    let file = workspace.root().join("src/lib.rs");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text + "\n// TODO: later\n").unwrap();
    workspace.commit();
    assert_eq!(judge(&workspace, &[]).end().code, Some(1));
    assert!(!holds(&verify(&workspace, &[]).end()));
}

#[test]
fn a_file_that_git_ignores_may_have_been_read_and_so_nothing_is_recorded_for_the_tree() {
    let workspace = Workspace::of("clean").with_own_target().with("bulletproof.toml", CONFIG);
    let workspace = workspace.with(".gitignore", "secret.env\n");
    workspace.commit();
    fs::write(workspace.root().join("secret.env"), "x").unwrap();
    assert_eq!(
        report(&workspace, &[])["unrecorded"],
        "code may read what is no part of the commit: secret.env"
    );
    assert!(!holds(&verify(&workspace, &[]).end()));
    assert_eq!(report(&workspace, &["--rev", "HEAD"])["unrecorded"], Value::Null);
    assert!(holds(&verify(&workspace, &[]).end()), "the copy of the commit has no such file");
}

#[test]
fn a_folder_without_a_file_may_have_been_written_to_and_so_nothing_is_recorded_for_the_tree() {
    let workspace = committed();
    let folder = workspace.root().join("out/deep");
    fs::create_dir_all(&folder).unwrap();
    assert_eq!(
        report(&workspace, &[])["unrecorded"],
        "code may read what is no part of the commit: out/deep/"
    );
    assert!(!holds(&verify(&workspace, &[]).end()));
    fs::remove_dir(folder).unwrap();
    assert!(!is_cached(&report(&workspace, &[])), "it was judged with that folder");
    assert!(!holds(&verify(&workspace, &[]).end()), "the one above it is as empty");
    fs::remove_dir(workspace.root().join("out")).unwrap();
    assert_eq!(report(&workspace, &[])["unrecorded"], Value::Null);
    assert!(holds(&verify(&workspace, &[]).end()));
}

#[test]
fn the_folder_of_a_file_that_is_gone_may_be_written_to_as_well() {
    let workspace = committed().with("data/x.txt", "x");
    workspace.commit();
    fs::remove_file(workspace.root().join("data/x.txt")).unwrap();
    report(&workspace, &[]);
    assert!(is_cached(&report(&workspace, &[])));
    fs::remove_dir(workspace.root().join("data")).unwrap();
    assert!(!is_cached(&report(&workspace, &[])));
}

#[test]
fn a_folder_that_a_build_script_leaves_in_a_copy_is_gone_before_the_next_run_and_counts_for_none() {
    let script = "fn main() {\n    std::fs::create_dir_all(\"made\").ok();\n}\n";
    let workspace = committed().with("build.rs", script);
    workspace.commit();
    for before in [false, true] {
        let ran = report(&workspace, &["--rev", "HEAD"]);
        assert_eq!((is_cached(&ran), &ran["unrecorded"]), (before, &Value::Null), "{ran:#}");
    }
    assert!(holds(&verify(&workspace, &[]).end()));
}

#[test]
fn what_changes_during_a_run_is_named_with_the_gate_that_rests_on_it() {
    let script = "fn main() {\n    std::fs::create_dir_all(\"made\").ok();\n}\n";
    let workspace = committed().with("build.rs", script);
    workspace.commit();
    let why = "check: changed during the run: ignored files (new made/)";
    assert_eq!(report(&workspace, &[])["unrecorded"], why);
    assert!(!holds(&verify(&workspace, &[]).end()));
}

#[test]
fn what_a_setting_keeps_git_from_telling_is_no_part_of_the_tree_all_the_same() {
    let workspace = Workspace::of("clean").with_own_target().with("bulletproof.toml", CONFIG);
    let (root, other) = (workspace.root(), workspace.root().join("other"));
    fs::create_dir(&other).unwrap();
    fs::write(other.join("read.txt"), "as committed\n").unwrap();
    git(&other, &["init", "--quiet"]);
    git(&other, &["add", "."]);
    git(&other, &["commit", "--quiet", "--message=other"]);
    workspace.commit();
    let of_copy = report(&workspace, &["--rev", "HEAD"]);
    let why = "the submodule other is checked out, and has settings and commits of its own";
    assert_eq!(of_copy["unrecorded"], why, "in the copy too");
    for folder in [&root, &other] {
        git(folder, &["config", "status.showUntrackedFiles", "no"]);
        git(folder, &["config", "diff.ignoreSubmodules", "all"]);
    }
    let files = [
        (root.join("src/more.rs"), "nobody added"),
        (other.join("read.txt"), "of a submodule"),
        (other.join("more.txt"), "nobody added to a submodule"),
    ];
    for (file, what) in files {
        let before = fs::read(&file).ok();
        fs::write(&file, "//! More.\n").unwrap();
        assert_eq!(judge(&workspace, &[]).end().code, Some(0));
        assert!(!holds(&verify(&workspace, &[]).end()), "{what}");
        before.map_or_else(|| fs::remove_file(&file), |text| fs::write(&file, text)).unwrap();
    }
    // of a submodule that is checked out nobody knows all
    fs::remove_dir_all(&other).unwrap();
    fs::create_dir(&other).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        git(&root, &["config", "core.fileMode", "false"]);
        let mode =
            |mode| fs::set_permissions(root.join("src/lib.rs"), fs::Permissions::from_mode(mode)).unwrap();
        mode(0o755);
        judge(&workspace, &[]).end();
        assert!(!holds(&verify(&workspace, &[]).end()), "a mode that git has not");
        mode(0o644);
    }
    // to the first run the file may have been written as it began: its clock lags behind by a tick
    judge(&workspace, &[]).end();
    judge(&workspace, &[]).end();
    assert!(holds(&verify(&workspace, &[]).end()), "all is as it was");
}

#[test]
fn what_stands_in_for_a_commit_in_this_clone_alone_is_not_what_is_pushed() {
    let workspace = recorded();
    let (_, judged) = head(&workspace);
    fs::write(workspace.root().join("src/lib.rs"), "//! Broken.\n\nfn broken( {}\n").unwrap();
    workspace.commit();
    let (_, other) = head(&workspace);
    git(&workspace.root(), &["replace", &other, &judged]);
    assert!(!holds(&verify(&workspace, &[]).end()));
    assert_eq!(judge(&workspace, &["--rev", "HEAD"]).end().code, Some(1), "git sends what is broken");
}

#[test]
fn a_damaged_record_is_no_verdict() {
    let workspace = recorded();
    let path = record(&workspace);
    let whole = fs::read(&path).unwrap();
    let altered = String::from_utf8(whole.clone()).unwrap().replacen("passed", "warned", 1).into_bytes();
    for damaged in [Vec::new(), whole[..whole.len() / 2].to_vec(), altered, b"{}".to_vec()] {
        fs::write(&path, damaged).unwrap();
        let ran = verify(&workspace, &[]).end();
        assert!(!holds(&ran) && ran.stdout.contains("damaged"), "{ran:?}");
    }
    fs::write(&path, whole).unwrap();
    assert!(holds(&verify(&workspace, &[]).end()));
}

#[test]
fn what_is_recorded_stays_as_it_was_given_until_it_is_another() {
    let workspace = recorded();
    let path = record(&workspace);
    let given = fs::read(&path).unwrap();
    judge(&workspace, &[]).end();
    assert_eq!(fs::read(&path).unwrap(), given, "the same verdict, from the cache");
    for lost in ["damaged", "other options"] {
        let text = if lost == "damaged" { b"{}".to_vec() } else { given.clone() };
        fs::write(&path, text).unwrap();
        let args = if lost == "damaged" { &[][..] } else { &["--all-features"] };
        assert_eq!(judge(&workspace, args).end().code, Some(0));
        assert!(holds(&verify(&workspace, args).end()), "{lost}");
    }
}

/// The branch that is checked out, and its commit.
fn head(workspace: &Workspace) -> (String, String) {
    let folder = workspace.root().join(".git");
    let head = fs::read_to_string(folder.join("HEAD")).unwrap();
    let branch = head.trim().strip_prefix("ref: ").unwrap().to_owned();
    let commit = fs::read_to_string(folder.join(&branch)).unwrap();
    (branch, commit.trim().to_owned())
}

/// What the hook says of a push of what is checked out as a new branch, and its exit code.
fn push(workspace: &Workspace, variable: &str) -> Ran {
    push_over(workspace, variable, &"0".repeat(40))
}

/// The same where the remote has that commit.
fn push_over(workspace: &Workspace, variable: &str, before: &str) -> Ran {
    let (branch, commit) = head(workspace);
    let hook =
        workspace.bulletproof(&["hook", "pre-push", "origin", "elsewhere"]).env("DATABASE_URL", variable);
    let mut command = hook.command();
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let line = format!("{branch} {commit} {branch} {before}\n");
    child.stdin.take().unwrap().write_all(line.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn a_push_of_a_tree_with_a_verdict_is_answered_by_it() {
    let workspace = committed();
    let first = push(&workspace, "one");
    assert!(first.code == Some(0) && first.stdout.contains("passed   fmt"), "{first:#?}");
    git(&workspace.root(), &["commit", "--quiet", "--amend", "--message=another"]);
    let second = push(&workspace, "one");
    assert_eq!(second.code, Some(0), "{second:#?}");
    assert!(
        second.stdout.contains(" holds (4 gates, took ") && !second.stdout.contains("passed"),
        "{second:#?}"
    );
    let other = push(&workspace, "two");
    assert!(other.code == Some(0) && other.stdout.contains("passed   fmt"), "{other:#?}");
}

#[test]
fn a_push_of_what_was_judged_by_hand_is_judged_anew_only_where_commits_or_hooks_are_others() {
    let workspace = Workspace::of("clean").with_own_target();
    let config = "[stages]\npre-push = [\"fmt\", \"secrets\", \"hooks\"]\n";
    let workspace = workspace.with("bulletproof.toml", config);
    workspace.commit();
    let (_, first) = head(&workspace);
    git(&workspace.root(), &["update-ref", "refs/remotes/origin/main", &first]);
    fs::write(workspace.root().join("more.md"), "more\n").unwrap();
    workspace.commit();
    assert_eq!(judge(&workspace, &[]).end().code, Some(0));
    let new = "0".repeat(40);
    for before in [&first, &new] {
        let ran = push_over(&workspace, "one", before);
        assert!(ran.code == Some(0) && ran.stdout.ends_with(" s)\n"), "nothing is judged: {ran:#?}");
        assert!(ran.stdout.contains(" holds (3 gates"), "{ran:#?}");
    }
    let judged = |gates: &[&str]| {
        let ran = push_over(&workspace, "one", &first);
        assert!(
            ran.code == Some(0) && ran.stdout.contains(" holds in part (3 gates") != gates.is_empty(),
            "{ran:#?}"
        );
        let is_judged = |gate: &&str| {
            ["passed", "warned"].iter().any(|status| ran.stdout.contains(&format!("{status}   {gate}")))
        };
        let all: Vec<&str> = ["fmt", "secrets", "hooks"].into_iter().filter(is_judged).collect();
        assert_eq!(all, gates, "{ran:#?}");
    };
    git(&workspace.root(), &["commit", "--quiet", "--amend", "--message=another"]);
    judged(&["secrets"]);
    git(&workspace.root(), &["config", "core.hooksPath", "elsewhere"]);
    judged(&["secrets", "hooks"]);
    assert_eq!(judge(&workspace, &[]).end().code, Some(0));
    judged(&[]);
}

#[test]
fn a_push_is_not_answered_by_what_was_compared_with_another_base() {
    let config = "[stages]\npre-push = [\"fmt\", \"changelog\"]\n\n[gates.changelog]\nevery_change = true\n";
    let workspace = Workspace::of("clean").with_own_target().with("bulletproof.toml", config);
    workspace.commit();
    let add = |file: &str| {
        let path = workspace.root().join(file);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, text + "\n- more\n").unwrap();
    };
    let edit = |text: &str| fs::write(workspace.root().join("src/more.rs"), text).unwrap();
    let (_, first) = head(&workspace);
    add("CHANGELOG.md");
    edit("// one\n");
    workspace.commit();
    let (_, second) = head(&workspace);
    edit("// two\n");
    workspace.commit();
    let told = push_over(&workspace, "one", &first);
    assert!(told.code == Some(0) && told.stdout.contains("passed   changelog"), "{told:#?}");
    let again = push_over(&workspace, "one", &first);
    assert!(again.code == Some(0) && again.stdout.contains(" holds (2 gates"), "{again:#?}");
    assert!(!again.stdout.contains("passed"), "what is compared is the same: {again:#?}");
    // the last commit alone changes code and not the changelog
    for before in [second, "0".repeat(40)] {
        let other = push_over(&workspace, "one", &before);
        assert!(other.code == Some(1) && other.stdout.contains("changelog/not-changed"), "{other:#?}");
        assert_eq!(push_over(&workspace, "one", &first).code, Some(0));
        let holds = push_over(&workspace, "one", &first);
        assert!(holds.stdout.contains(" holds (2 gates") && !holds.stdout.contains("passed"), "{holds:#?}");
    }
}

#[test]
fn what_is_not_committed_is_no_part_of_what_a_push_is_compared_with() {
    let config = "[stages]\npre-push = [\"changelog\"]\n\n[gates.changelog]\nevery_change = true\n";
    let workspace = Workspace::of("clean").with_own_target().with("bulletproof.toml", config);
    workspace.commit();
    let edit = |text: &str| fs::write(workspace.root().join("src/more.rs"), text).unwrap();
    edit("// one\n");
    workspace.commit();
    let (_, commit) = head(&workspace);
    let nothing = judge(&workspace, &["--base", &commit]).end();
    assert_eq!(nothing.code, Some(0), "nothing differs from itself: {nothing:#?}");
    edit("// two\n");
    let pushed = push(&workspace, "one");
    assert!(pushed.code == Some(1) && pushed.stdout.contains("changelog/not-changed"), "{pushed:#?}");
}

#[test]
fn a_verdict_does_not_hold_for_a_base_that_it_was_not_compared_with() {
    let config = "[stages]\npre-push = [\"fmt\", \"changelog\"]\n\n[gates.changelog]\nevery_change = true\n";
    let workspace = Workspace::of("clean").with_own_target().with("bulletproof.toml", config);
    workspace.commit();
    let (_, first) = head(&workspace);
    fs::write(workspace.root().join("more.md"), "more\n").unwrap();
    workspace.commit();
    assert_eq!(judge(&workspace, &["--base", &first]).end().code, Some(0));
    let asks = |base: &str, format: &str| verify(&workspace, &["--base", base, "--format", format]).end();
    assert_eq!(asks(&first, "human").code, Some(0));
    let other = asks("HEAD", "human");
    assert_eq!(other.code, Some(1), "{other:#?}");
    assert!(
        other.stdout.contains("not judged with these commits, this base or these hooks: changelog\n"),
        "{other:#?}"
    );
    let json = |base: &str| serde_json::from_str::<Value>(&asks(base, "json").stdout).unwrap();
    assert_eq!((json(&first)["holds"].clone(), json("HEAD")["holds"].clone()), (true.into(), false.into()));
    assert_eq!(json("HEAD")["judged_anew"], serde_json::json!(["changelog"]));
}

/// A build script that writes a file where two variables say so.
const WRITES: &str = "fn main() {\n    println!(\"cargo::rerun-if-env-changed=MOVED_TO\");\n    \
                 if let (Ok(commit), Ok(place)) = (std::env::var(\"MOVED_TO\"), std::env::var(\"MOVED\")) {\n        \
                 std::fs::write(place, commit).unwrap();\n    }\n}\n";

#[test]
fn what_is_answered_from_the_cache_is_not_recorded_with_a_base_that_came_while_the_run_took_place() {
    let config = "base = \"base\"\n\n[stages]\npre-push = [\"changelog\", \"check\"]\n\n\
                  [gates.changelog]\nevery_change = true\n";
    let workspace = Workspace::of("clean").with_own_target().with("bulletproof.toml", config);
    workspace.commit();
    git(&workspace.root(), &["branch", "base"]);
    fs::write(workspace.root().join("more.md"), "more\n").unwrap();
    let (_, before) = head(&workspace);
    let changelog = workspace.root().join("CHANGELOG.md");
    let text = fs::read_to_string(&changelog).unwrap();
    fs::write(&changelog, text + "\n- more\n").unwrap();
    workspace.commit();
    let (_, with_entry) = head(&workspace);
    fs::write(workspace.root().join("build.rs"), WRITES).unwrap();
    workspace.commit();
    let ran = judge(&workspace, &[]).end();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let base = workspace.root().join(".git/refs/heads/base");
    assert_eq!(fs::read_to_string(&base).unwrap().trim(), before);
    let moved = |run: Run<'_>| run.env("MOVED_TO", with_entry.as_str()).env("MOVED", base.as_os_str()).end();
    let ran = moved(judge(&workspace, &[]));
    assert!(ran.code == Some(0) && ran.stdout.contains("cached"), "{ran:#?}");
    assert_eq!(fs::read_to_string(&base).unwrap(), with_entry);
    let verified = moved(verify(&workspace, &[]));
    assert_eq!(verified.code, Some(1), "nobody compared the tree with that base: {verified:#?}");
    assert_eq!(moved(judge(&workspace, &[])).code, Some(1), "since that base only build.rs has changed");
}

#[test]
fn what_is_answered_from_the_cache_is_not_recorded_with_a_file_that_came_while_a_gate_of_ones_own_ran() {
    let workspace = Workspace::of("clean").with_own_target();
    let config = format!(
        "[stages]\npre-push = [\"fmt\", \"own\"]\n\n[[gate]]\nname = \"own\"\n\
         command = [\"cargo\", \"check\", \"--offline\", \"--target-dir\", '{}']\n",
        workspace.target().display()
    );
    let workspace = workspace.with("bulletproof.toml", config);
    let workspace = workspace.with("build.rs", WRITES);
    workspace.commit();
    assert_eq!(judge(&workspace, &[]).end().code, Some(0));
    let first = verify(&workspace, &[]).end();
    assert!(first.stdout.ends_with("judged anew each time: own\n"), "{first:#?}");
    let above = workspace.root().parent().unwrap().join("rustfmt.toml");
    let writing =
        |run: Run<'_>| run.env("MOVED_TO", "max_width = 40\n").env("MOVED", above.as_os_str()).end();
    let ran = writing(judge(&workspace, &[]));
    assert!(ran.code == Some(0) && ran.stdout.contains("1 cached") && above.exists(), "{ran:#?}");
    let verified = writing(verify(&workspace, &[]));
    assert!(
        verified.stdout.contains("rustfmt.toml has changed"),
        "fmt has not judged with it: {verified:#?}"
    );
}

#[test]
fn of_a_commit_that_is_not_checked_out_it_is_not_known_what_it_is_compared_with() {
    let config = "[stages]\npre-push = [\"fmt\", \"changelog\"]\n\n[gates.changelog]\nevery_change = true\n";
    let workspace = Workspace::of("clean").with_own_target().with("bulletproof.toml", config);
    workspace.commit();
    let (_, first) = head(&workspace);
    fs::write(workspace.root().join("more.md"), "more\n").unwrap();
    workspace.commit();
    assert_eq!(judge(&workspace, &["--rev", &first]).end().code, Some(0));
    let verified = verify(&workspace, &["--rev", &first]).end();
    assert_eq!(verified.code, Some(1), "{verified:#?}");
    assert!(verified.stdout.contains("for a commit that HEAD does not name: changelog\n"), "{verified:#?}");
}
