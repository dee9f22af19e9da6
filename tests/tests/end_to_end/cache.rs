//! Which gates are answered from an earlier run, and what has them judge anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::support::{Act, Database, Fakes, Run, Workspace, git, program_in};

/// Gates that need no build, and what each of them says of a report: its status, and whether it is of an earlier
/// run.
const LIGHT: &str = "fmt,panics,todo,manifest";

fn fresh() -> Workspace {
    Workspace::of("clean").with_own_target()
}

fn run<'a>(workspace: &'a Workspace, gates: &str) -> Run<'a> {
    workspace.bulletproof(&["--gate", gates]).cached()
}

fn gate<'a>(report: &'a Value, id: &str) -> &'a Value {
    report["gates"].as_array().unwrap().iter().find(|gate| gate["id"] == id).unwrap()
}

/// The gates of the report that an earlier run answered.
fn cached(report: &Value) -> Vec<&str> {
    let gates = report["gates"].as_array().unwrap().iter();
    gates.filter(|gate| gate["cached"] == true).map(|gate| gate["id"].as_str().unwrap()).collect()
}

/// Runs the gates, changes something, and gives the gates that are then answered from the first run.
fn after(workspace: &Workspace, gates: &str, change: impl FnOnce(&Workspace)) -> Vec<String> {
    let first = run(workspace, gates).report();
    assert!(cached(&first).is_empty(), "{first:#}");
    assert_eq!(first["verdict"]["exit_code"], 0, "{first:#}");
    let again = run(workspace, gates).report();
    assert_eq!(cached(&again).len(), gates.split(',').count(), "nothing changed: {again:#}");
    change(workspace);
    let second = run(workspace, gates).report();
    cached(&second).into_iter().map(str::to_owned).collect()
}

fn write(workspace: &Workspace, path: &str, content: &str) {
    let file = workspace.root().join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, content).unwrap();
    settled(&file);
}

/// Comes back when a run that starts now has no doubt that the file was written before: a file system may date one by a
/// clock that lags behind by a tick, and of what may have been written during a run no verdict is kept.
fn settled(file: &Path) {
    let modified = |file: &Path| fs::metadata(file).unwrap().modified().unwrap();
    let probe = tempfile::NamedTempFile::new_in(file.parent().unwrap().parent().unwrap()).unwrap();
    let written = modified(file);
    while modified(probe.path()).duration_since(written).unwrap_or_default() < Duration::from_millis(40) {
        fs::write(probe.path(), "").unwrap();
    }
}

fn append(workspace: &Workspace, path: &str, more: &str) {
    let text = fs::read_to_string(workspace.root().join(path)).unwrap();
    write(workspace, path, &(text + more));
}

/// The files of kept verdicts.
fn kept(workspace: &Workspace) -> Vec<PathBuf> {
    let folder = workspace.target().join("bulletproof/cache/v1/verdicts");
    let below =
        |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    below(&folder).flat_map(|gate| below(&gate).collect::<Vec<_>>()).collect()
}

#[test]
fn a_run_without_a_change_is_answered_from_the_one_before() {
    let workspace = fresh();
    let first = run(&workspace, LIGHT).report();
    let second = run(&workspace, LIGHT).report();
    assert_eq!(cached(&second), ["fmt", "manifest", "panics", "todo"]);
    for id in LIGHT.split(',') {
        let (before, now) = (gate(&first, id), gate(&second, id));
        for same in ["status", "reason", "metrics", "findings", "notes", "key"] {
            assert_eq!(before[same], now[same], "{id}");
        }
        assert_eq!(now["saved_ms"], before["duration_ms"]);
        assert!(now["key"]["settings"].is_string());
    }
    assert!(second["saved_ms"].is_u64());
}

#[test]
fn people_are_told_what_was_answered_and_what_that_saved() {
    let workspace = fresh();
    run(&workspace, "todo").end();
    let ran = run(&workspace, "todo").end();
    assert!(ran.stdout.contains("  passed   todo          cached  "), "{}", ran.stdout);
    assert!(ran.stdout.contains("1 cached, "), "{}", ran.stdout);
    let plan = run(&workspace, "todo").args(["--plan"]).end();
    assert!(plan.stdout.contains("  cached   todo "), "{}", plan.stdout);
    assert!(!plan.stdout.contains("read the Rust sources"), "{}", plan.stdout);
}

#[test]
fn a_changed_source_has_the_gates_that_read_sources_judge_anew() {
    let left = after(&fresh(), LIGHT, |workspace| append(workspace, "src/lib.rs", "\n// a line more\n"));
    assert_eq!(left, ["manifest"]);
}

#[test]
fn a_change_of_equal_length_and_time_is_seen() {
    let workspace = fresh();
    let time = fs::metadata(workspace.root().join("src/lib.rs")).unwrap().modified().unwrap();
    let left = after(&workspace, "todo", |workspace| {
        let path = workspace.root().join("src/lib.rs");
        let text = fs::read_to_string(&path).unwrap().replace("Adds", "adds");
        fs::write(&path, text).unwrap();
        fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
    });
    // elsewhere nothing but the time of modification tells
    assert_eq!(left.is_empty(), cfg!(unix), "{left:?}");
}

#[test]
fn a_new_source_that_git_does_not_know_counts() {
    let left = after(&fresh(), LIGHT, |workspace| write(workspace, "src/extra.rs", "//! More.\n"));
    assert_eq!(left, ["manifest"]);
}

#[test]
fn a_file_that_no_gate_of_the_run_reads_changes_nothing() {
    let left = after(&fresh(), LIGHT, |workspace| write(workspace, "notes.md", "A note.\n"));
    assert_eq!(left.len(), 4, "{left:?}");
}

#[test]
fn a_change_that_is_taken_back_is_answered_again() {
    let left = after(&fresh(), LIGHT, |workspace| {
        let text = fs::read_to_string(workspace.root().join("src/lib.rs")).unwrap();
        append(workspace, "src/lib.rs", "\n// a line more\n");
        run(workspace, LIGHT).end();
        write(workspace, "src/lib.rs", &text);
    });
    assert_eq!(left.len(), 4, "{left:?}");
}

#[test]
fn staging_and_committing_change_no_content() {
    let left = after(&fresh(), "fmt,panics,todo", Workspace::commit);
    assert_eq!(left.len(), 3, "{left:?}");
}

#[test]
fn a_setting_has_its_own_gate_judge_anew() {
    let left = after(&fresh(), LIGHT, |workspace| {
        write(workspace, "bulletproof.toml", "[gates.todo.rules]\nwithout-issue = \"warning\"\n");
    });
    assert_eq!(left, ["fmt", "manifest", "panics"]);
}

#[test]
fn a_setting_of_all_gates_has_all_judge_anew() {
    let left = after(&fresh(), LIGHT, |workspace| {
        write(workspace, "bulletproof.toml", "exclude = [\"nothing/**\"]\n");
    });
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_setting_of_rustfmts_has_fmt_judge_anew_wherever_it_lies() {
    for place in ["rustfmt.toml", "src/.rustfmt.toml", "../rustfmt.toml"] {
        let workspace = fresh();
        write(&workspace, ".gitignore", "*rustfmt.toml\n");
        let left = after(&workspace, LIGHT, |workspace| write(workspace, place, "max_width = 90\n"));
        assert_eq!(left, ["manifest", "panics", "todo"], "{place}");
    }
}

#[test]
fn another_rustfmt_has_fmt_judge_anew() {
    let workspace = fresh();
    let gates = "fmt,panics,todo";
    let first = run(&workspace, gates).report();
    assert!(cached(&first).is_empty());
    let fakes = Fakes::new().on("rustfmt", &["no-such-argument"], &Act::silent(1));
    let other = program_in(fakes.folder(), "rustfmt");
    let second = run(&workspace, gates).env("RUSTFMT", other).report();
    assert_eq!(cached(&second), ["panics", "todo"]);
}

#[test]
fn a_manifest_has_all_judge_anew_that_know_the_packages() {
    let left =
        after(&fresh(), LIGHT, |workspace| append(workspace, "cli/Cargo.toml", "\n[features]\nmore = []\n"));
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_variable_counts_for_what_compiles_and_for_nothing_else() {
    let workspace = fresh();
    run(&workspace, "todo,check").report();
    let same = run(&workspace, "todo,check").env("TERM", "other").env("COLUMNS", "7").report();
    assert_eq!(cached(&same), ["todo", "check"]);
    let other = run(&workspace, "todo,check").env("DATABASE_URL", "elsewhere").report();
    assert_eq!(cached(&other), ["todo"]);
}

#[test]
fn what_git_sets_for_a_hook_does_not_count() {
    let workspace = fresh();
    workspace.commit();
    run(&workspace, "check").report();
    let path = std::env::var_os("PATH").unwrap();
    let folders = std::iter::once(PathBuf::from("/usr/lib/git-core")).chain(std::env::split_paths(&path));
    let hook = run(&workspace, "check")
        .env("PATH", std::env::join_paths(folders).unwrap())
        .env("GIT_INDEX_FILE", workspace.root().join(".git/index"))
        .env("GIT_AUTHOR_DATE", "@1 +0000")
        .report();
    assert_eq!(cached(&hook), ["check"]);
}

#[test]
fn a_generated_file_that_git_ignores_counts_for_what_compiles() {
    let workspace = fresh()
        .with(".gitignore", "generated.txt\n")
        .with("generated.txt", "one")
        .with_text_of("src/lib.rs", |text| {
            text + "\n/// What was generated.\npub const GENERATED: &str = include_str!(\"../generated.txt\");\n"
        });
    let left = after(&workspace, "todo,check", |workspace| write(workspace, "generated.txt", "two"));
    assert_eq!(left, ["todo"]);
}

#[test]
fn a_file_elsewhere_that_the_compiler_read_counts() {
    let workspace = fresh().with("../elsewhere.txt", "one").with_text_of("src/lib.rs", |text| {
        text + "\n/// What lies elsewhere.\npub const ELSEWHERE: &str = include_str!(\"../../elsewhere.txt\");\n"
    });
    let left = after(&workspace, "todo,check", |workspace| write(workspace, "../elsewhere.txt", "two"));
    assert_eq!(left, ["todo"]);
}

#[test]
fn a_dependency_by_path_outside_of_the_workspace_counts() {
    let workspace = fresh()
        .with("../dep/Cargo.toml", "[package]\nname = \"dep\"\nversion = \"0.1.0\"\nedition = \"2024\"\n")
        .with("../dep/src/lib.rs", "//! Elsewhere.\n\n/// One.\npub const ONE: u8 = 1;\n")
        .with_text_of("Cargo.toml", |text| text + "\n[dependencies]\ndep = { path = \"../dep\" }\n")
        .with_text_of("Cargo.lock", |text| {
            let own = "name = \"clean\"\nversion = \"0.1.0\"\n";
            text.replacen(own, &format!("{own}dependencies = [\n \"dep\",\n]\n"), 1)
                + "\n[[package]]\nname = \"dep\"\nversion = \"0.1.0\"\n"
        });
    let left =
        after(&workspace, "todo,check", |workspace| append(workspace, "../dep/src/lib.rs", "// more\n"));
    assert_eq!(left, ["todo"]);
    let left = run(&workspace, "check").report();
    assert_eq!(cached(&left), ["check"]);
    append(&workspace, "../dep/Cargo.toml", "\n[features]\nmore = []\n");
    assert!(cached(&run(&workspace, "check").report()).is_empty());
}

#[test]
fn a_variable_that_only_the_compiler_reads_counts() {
    let workspace = fresh().with_text_of("src/lib.rs", |text| {
        text + "\n/// A variable of git's.\npub const AUTHOR: Option<&str> = option_env!(\"GIT_AUTHOR_NAME\");\n"
    });
    let by = |author: &str| run(&workspace, "check").env("GIT_AUTHOR_NAME", author).report();
    by("one");
    assert_eq!(cached(&by("one")), ["check"]);
    assert!(cached(&by("two")).is_empty());
}

#[test]
fn a_file_that_a_build_script_watches_counts() {
    let script = "fn main() {\n    println!(\"cargo::rerun-if-changed=../watched.txt\");\n}\n";
    let workspace = fresh().with("../watched.txt", "one").with("build.rs", script);
    let left = after(&workspace, "check", |workspace| write(workspace, "../watched.txt", "two"));
    assert!(left.is_empty(), "{left:?}");
}

/// Runs a build script twice that writes a file of the tree; the second run is not answered from the first.
fn assert_never_kept(script: &str) {
    let workspace = fresh().with("notes.md", "x").with("build.rs", script);
    for _ in 0..2 {
        let report = run(&workspace, "check").report();
        assert_eq!(report["verdict"]["exit_code"], 0, "{report:#}");
        assert!(cached(&report).is_empty(), "{report:#}");
    }
}

#[test]
fn a_run_whose_files_change_while_it_runs_is_not_kept() {
    let script = "fn main() {\n    let path = \"notes.md\";\n    let text = std::fs::read_to_string(path).unwrap();\n    \
                  std::fs::write(path, text + \"x\").unwrap();\n    println!(\"cargo::rerun-if-changed={path}\");\n}\n";
    assert_never_kept(script);
}

#[test]
fn an_advisory_database_with_another_commit_has_audit_judge_anew() {
    let workspace = fresh();
    let database = Database::committed(1).fetched(0);
    let audit = || run(&workspace, "audit").args(["--db".to_owned(), database.argument()]).report();
    let first = audit();
    assert_eq!(gate(&first, "audit")["judged"], true, "{first:#}");
    assert_eq!(cached(&audit()), ["audit"]);
    git(database.folder(), &["commit", "--quiet", "--allow-empty", "--message=more"]);
    assert!(cached(&audit()).is_empty());
}

#[test]
fn a_policy_has_deny_judge_anew_wherever_it_lies() {
    for place in ["deny.toml", "../deny.toml"] {
        let workspace = fresh()
            .with_text_of("Cargo.toml", |text| text.replace("[package]\n", "[package]\nlicense = \"MIT\"\n"))
            .with_text_of("cli/Cargo.toml", |text| {
                text.replace("[package]\n", "[package]\nlicense = \"MIT\"\n")
            })
            .with(place, "[licenses]\nallow = [\"MIT\"]\n");
        let left =
            after(&workspace, "deny", |workspace| append(workspace, place, "confidence-threshold = 0.9\n"));
        assert!(left.is_empty(), "{place}: {left:?}");
    }
}

#[test]
fn a_gate_that_failed_is_judged_each_time() {
    let workspace = fresh().with_text_of("src/lib.rs", |text| text + "\n\n\n// TODO\n");
    for _ in 0..2 {
        let report = run(&workspace, "fmt,todo").report();
        assert_eq!(gate(&report, "fmt")["status"], "failed", "{report:#}");
        assert_eq!(gate(&report, "fmt")["cached"], false);
    }
}

#[test]
fn a_gate_that_could_not_judge_is_never_kept() {
    let workspace = fresh();
    let fakes = Fakes::new().on("cargo", &["check"], &Act::Kill);
    let broken = run(&workspace, "check").fakes(&fakes).report();
    assert_eq!(gate(&broken, "check")["status"], "broken", "{broken:#}");
    assert!(kept(&workspace).is_empty());
}

#[test]
fn a_damaged_truncated_or_foreign_verdict_is_none() {
    let workspace = fresh();
    run(&workspace, "todo,fmt").report();
    let all = kept(&workspace);
    let [first, second] = all.as_slice() else { panic!("{all:?}") };
    let (one, other) = (fs::read(first).unwrap(), fs::read(second).unwrap());
    let cut = one[..one.len() / 2].to_vec();
    let altered = String::from_utf8(one).unwrap().replacen("passed", "warned", 1).into_bytes();
    for damaged in [Vec::new(), b"{}".to_vec(), cut, altered, other] {
        fs::write(first, &damaged).unwrap();
        let report = run(&workspace, "todo,fmt").report();
        assert_eq!(cached(&report).len(), 1, "{report:#}");
        assert_eq!(report["verdict"]["passed"], 2, "{report:#}");
    }
}

#[test]
fn a_kept_verdict_never_passes_what_fails() {
    let workspace = fresh();
    run(&workspace, "todo").report();
    let passed = fs::read(&kept(&workspace)[0]).unwrap();
    append(&workspace, "src/lib.rs", "\n// TODO: later\n");
    let failed = run(&workspace, "todo").report();
    assert_eq!(gate(&failed, "todo")["status"], "failed", "{failed:#}");
    // the passed one in the place of every key that there may be
    for file in kept(&workspace) {
        fs::write(file, &passed).unwrap();
    }
    let again = run(&workspace, "todo").report();
    assert_eq!(gate(&again, "todo")["status"], "failed", "{again:#}");
}

#[test]
fn without_the_cache_nothing_is_read_or_kept() {
    let workspace = fresh();
    let without = || run(&workspace, "todo").args(["--no-cache"]).report();
    without();
    assert!(kept(&workspace).is_empty());
    run(&workspace, "todo").report();
    assert!(cached(&without()).is_empty());
}

#[test]
fn the_stages_of_the_server_judge_anew_unless_they_are_told_otherwise() {
    let workspace = fresh();
    let stage =
        |more: &[&str]| run(&workspace, "todo").args(["--stage", "ci"]).args(more.iter().copied()).report();
    stage(&[]);
    assert_eq!(kept(&workspace).len(), 1);
    assert!(cached(&stage(&[])).is_empty());
    assert_eq!(cached(&stage(&["--cache"])), ["todo"]);
}

#[test]
fn the_cache_tells_what_changed_since_the_last_verdict() {
    let workspace = fresh();
    let explain = || run(&workspace, "todo").args(["--explain-cache", "todo"]).end().stdout;
    assert!(explain().contains("no verdict is kept"), "{}", explain());
    run(&workspace, "todo").end();
    assert!(explain().contains("answered from the cache"), "{}", explain());
    append(&workspace, "src/lib.rs", "\n// more\n");
    let text = explain();
    assert!(text.contains("changed  sources\n             changed src/lib.rs\n"), "{text}");
    assert!(text.contains("same     settings") && text.contains("judged anew"), "{text}");
    let secrets = run(&workspace, "secrets").args(["--explain-cache", "secrets"]).end();
    assert!(secrets.stdout.contains("never answered from the cache: "), "{secrets:?}");
    run(&workspace, "todo").args(["--explain-cache", "tood"]).end().refused(&["did you mean `todo`?"]);
}

#[test]
fn the_cache_can_be_counted_and_cleared() {
    let workspace = fresh();
    run(&workspace, "todo,fmt").end();
    let status = workspace.bulletproof(&["cache", "status"]).end();
    assert!(status.stdout.contains("verdicts    2\n  fmt          1\n  todo         1\n"), "{status:?}");
    assert_eq!(workspace.bulletproof(&["cache", "clear"]).end().code, Some(0));
    assert!(kept(&workspace).is_empty());
    assert_eq!(workspace.bulletproof(&["cache", "clear"]).end().code, Some(0), "an empty one too");
}

/// A workspace that depends on the package `dep` in that folder.
fn depending(folder: &str) -> Workspace {
    let dep = |name: &str| format!("{folder}/{name}");
    fresh()
        .with(
            &dep("Cargo.toml"),
            "[package]\nname = \"dep\"\nversion = \"0.1.0\"\nedition = \"2024\"\nlicense = \"MIT\"\n",
        )
        .with(&dep("src/lib.rs"), "//! Elsewhere.\n\n/// One.\npub const ONE: u8 = 1;\n")
        .with_text_of("Cargo.toml", |text| {
            text.replace("[package]\n", "[package]\nlicense = \"MIT\"\n")
                .replace("[workspace]\n", "[workspace]\nexclude = [\"vendor\"]\n")
                + &format!("\n[dependencies]\ndep = {{ path = \"{folder}\" }}\n")
        })
        .with_text_of("cli/Cargo.toml", |text| text.replace("[package]\n", "[package]\nlicense = \"MIT\"\n"))
        .with_text_of("Cargo.lock", |text| {
            let own = "name = \"clean\"\nversion = \"0.1.0\"\n";
            text.replacen(own, &format!("{own}dependencies = [\n \"dep\",\n]\n"), 1)
                + "\n[[package]]\nname = \"dep\"\nversion = \"0.1.0\"\n"
        })
}

#[test]
fn a_change_that_a_run_takes_back_itself_is_seen() {
    let script = "fn main() {\n    let path = \"notes.md\";\n    let text = std::fs::read_to_string(path).unwrap();\n    \
                  std::fs::write(path, \"other\").unwrap();\n    std::fs::write(path, text).unwrap();\n    \
                  println!(\"cargo::rerun-if-changed={path}\");\n}\n";
    assert_never_kept(script);
}

#[test]
fn a_package_in_the_tree_that_is_no_member_counts() {
    let workspace = depending("vendor/dep").with("deny.toml", "[licenses]\nallow = [\"MIT\"]\n");
    let left = after(&workspace, "deny", |workspace| append(workspace, "vendor/dep/Cargo.toml", "# more\n"));
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_git_ignores_in_a_package_elsewhere_counts() {
    let workspace = depending("../dep")
        .with("../dep/.gitignore", "generated.rs\n")
        .with("../dep/src/generated.rs", "1")
        .with(
            "../dep/src/lib.rs",
            "//! Elsewhere.\n\n/// One.\npub const ONE: u8 = include!(\"generated.rs\");\n",
        );
    let left = after(&workspace, "check", |workspace| write(workspace, "../dep/src/generated.rs", "2"));
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_file_that_the_build_script_of_a_package_elsewhere_watches_counts() {
    let script = "fn main() {\n    println!(\"cargo::rerun-if-changed=../proto/a.proto\");\n}\n";
    let workspace = depending("../dep").with("../dep/build.rs", script).with("../proto/a.proto", "one");
    let left = after(&workspace, "check", |workspace| write(workspace, "../proto/a.proto", "two"));
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_folder_of_gits_that_a_build_script_watches_counts() {
    let script = "fn main() {\n    println!(\"cargo::rerun-if-changed=.git/refs/tags\");\n}\n";
    let workspace = fresh().with("build.rs", script);
    workspace.commit();
    let left = after(&workspace, "check", |workspace| git(&workspace.root(), &["tag", "v1"]));
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_nested_repository_counts_whatever_its_name_and_what_it_ignores_too() {
    let workspace = fresh()
        .with("sub-1.0/data.txt", "one")
        .with("sub-1.0/.gitignore", "ignored.txt\n")
        .with("sub-1.0/ignored.txt", "one");
    git(&workspace.root().join("sub-1.0"), &["init", "--quiet"]);
    let left = after(&workspace, "check", |workspace| write(workspace, "sub-1.0/data.txt", "two"));
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(cached(&run(&workspace, "check").report()), ["check"]);
    write(&workspace, "sub-1.0/ignored.txt", "two");
    assert!(cached(&run(&workspace, "check").report()).is_empty());
}

#[test]
fn secrets_looks_into_a_nested_repository_whatever_its_name() {
    let body: String = ('A'..='Z').zip(('a'..='z').rev()).flat_map(|(large, small)| [large, small]).collect();
    let (begin, end) =
        (["-----BEGIN RSA ", "PRIVATE KEY-----"].concat(), ["-----END RSA ", "PRIVATE KEY-----"].concat());
    let key = format!("{begin}\n{body}\n{body}\n{body}\n{end}\n");
    let workspace = fresh().with("sub/server.pem", &key).with("sub-1.0/server.pem", &key);
    for folder in ["sub", "sub-1.0"] {
        git(&workspace.root().join(folder), &["init", "--quiet"]);
    }
    let report = run(&workspace, "secrets").args(["--stage", "ci"]).report();
    let findings = gate(&report, "secrets")["findings"].as_array().unwrap();
    let files: Vec<&str> = findings.iter().filter_map(|finding| finding["file"].as_str()).collect();
    assert_eq!(files, ["sub-1.0/server.pem", "sub/server.pem"], "{report:#}");
}

#[cfg(unix)]
#[test]
fn a_script_that_may_no_longer_be_executed_counts_for_code() {
    use std::os::unix::fs::PermissionsExt as _;
    let workspace = fresh().with("run.sh", "#!/bin/sh\n");
    let left = after(&workspace, "check", |workspace| {
        fs::set_permissions(workspace.root().join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    });
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_failure_with_the_same_inputs_ends_what_was_kept_for_good() {
    // a build script that runs each time and looks at what nobody is told of
    let script = "fn main() {\n    println!(\"cargo::rerun-if-changed=nothing\");\n    \
                  println!(\"cargo::rustc-check-cfg=cfg(bad)\");\n    \
                  if std::fs::read(\"../hidden\").is_err() {\n        println!(\"cargo::rustc-cfg=bad\");\n    }\n}\n";
    let workspace = fresh()
        .with("build.rs", script)
        .with("../hidden", "")
        .with_text_of("src/lib.rs", |text| text + "\n#[cfg(bad)]\ncompile_error!(\"bad\");\n");
    let check = |more: &[&str]| run(&workspace, "check").args(more.iter().copied()).report();
    check(&[]);
    assert_eq!(cached(&check(&[])), ["check"]);
    fs::remove_file(workspace.root().join("../hidden")).unwrap();
    assert_eq!(check(&["--no-cache"])["verdict"]["exit_code"], 1);
    let failed = check(&[]);
    assert_eq!(gate(&failed, "check")["status"], "failed", "{failed:#}");
    write(&workspace, "../hidden", "");
    for _ in 0..2 {
        let passed = check(&[]);
        assert_eq!(gate(&passed, "check")["status"], "passed", "{passed:#}");
        assert!(cached(&passed).is_empty(), "{passed:#}");
    }
}

#[test]
fn two_checkouts_that_share_a_target_folder_do_not_answer_for_each_other() {
    let first = fresh();
    let second = fresh();
    run(&first, "check").report();
    let shared = |workspace: &Workspace| {
        run(workspace, "check").env("CARGO_TARGET_DIR", first.target().as_os_str()).report()
    };
    assert_eq!(cached(&shared(&first)), ["check"]);
    assert!(cached(&shared(&second)).is_empty());
}
