//! What a change does to the packages of the lock file, seen by the gate `deps`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::support::{Database, Vendored, Workspace, depend_on, git};

fn commit(workspace: &Workspace) {
    git(&workspace.root(), &["add", "--all", "--force"]);
    git(&workspace.root(), &["commit", "--quiet", "--message=a change"]);
}

/// A workspace that depends on two packages, committed.
fn before() -> Workspace {
    let packages = [Vendored::new("first", "1.0.0"), Vendored::new("severe", "0.9.0")];
    let workspace = depend_on(Workspace::of("clean"), &packages);
    commit(&workspace);
    workspace
}

fn gate_with(workspace: &Workspace, database: &Database) -> Value {
    let run = workspace.bulletproof(&["--gate", "deps", "--db", &database.argument()]);
    run.report()["gates"][0].clone()
}

fn gate(workspace: &Workspace) -> Value {
    gate_with(workspace, &Database::committed(1))
}

fn rules(gate: &Value) -> Vec<&str> {
    let findings = gate["findings"].as_array().unwrap().iter();
    findings.map(|finding| finding["rule"].as_str().unwrap()).collect()
}

#[test]
fn every_rule_has_a_change_that_breaks_it() {
    let packages = [
        Vendored::new("first", "1.0.0"),
        Vendored::new("first", "2.0.0"),
        Vendored::new("severe", "0.9.0"),
        Vendored { license: "Zlib", ..Vendored::new("unscored", "1.0.0") },
        Vendored::new("unkept", "1.0.0"),
        Vendored { runs: "build.rs", ..Vendored::new("scripted", "1.0.0") },
        Vendored { runs: "proc-macro", ..Vendored::new("macros", "1.0.0") },
        Vendored { elsewhere: true, ..Vendored::new("other", "1.0.0") },
        Vendored { runs: "build.rs", ..Vendored::new("accepted-script", "1.0.0") },
        Vendored { runs: "build.rs", ..Vendored::new("expired-script", "1.0.0") },
    ];
    let accepted = |package: &str, expires: &str| {
        format!(
            "  {{ rule = \"build-script\", package = \"{package}\", reason = \"a test\", expires = \"{expires}\" }},\n"
        )
    };
    let config = format!(
        "[gates.deps]\naccept = [\n{}{}{}]\n",
        accepted("accepted-script", "2999-12-31"),
        accepted("expired-script", "2020-01-01"),
        accepted("nobody", "2999-12-31")
    );
    let workspace = depend_on(before(), &packages).with("bulletproof.toml", config);
    let report = gate_with(&workspace, &Database::plain());
    assert_eq!(report["status"], "failed", "{report:#}");
    let found: BTreeSet<&str> = rules(&report).into_iter().collect();
    let all = [
        "deps/accept-expired",
        "deps/accept-unused",
        "deps/advisory",
        "deps/advisory-minor",
        "deps/build-script",
        "deps/database-age-unknown",
        "deps/duplicate",
        "deps/license-new",
        "deps/proc-macro",
        "deps/source",
    ];
    assert_eq!(found, BTreeSet::from(all), "{report:#}");
    let scripts =
        report["findings"].as_array().unwrap().iter().filter(|one| one["rule"] == "deps/build-script");
    let about: Vec<&str> = scripts.map(|one| one["message"].as_str().unwrap()).collect();
    assert!(about.iter().all(|message| !message.contains("accepted-script")), "{about:?}");
}

#[test]
fn an_advisory_that_the_base_has_already_is_not_news() {
    let packages = [Vendored::new("first", "1.0.1"), Vendored::new("severe", "0.9.1")];
    let report = gate(&depend_on(before(), &packages));
    assert_eq!(report["status"], "passed", "{report:#}");
    assert_eq!(report["metrics"]["updated"], 2, "{report:#}");
}

#[test]
fn an_update_to_a_version_with_an_advisory_fails() {
    let workspace = depend_on(Workspace::of("clean"), &[Vendored::new("severe", "1.0.1")]);
    commit(&workspace);
    let report = gate(&depend_on(workspace, &[Vendored::new("severe", "1.0.0")]));
    assert_eq!(
        (report["status"].as_str(), rules(&report)),
        (Some("failed"), vec!["deps/advisory"]),
        "{report:#}"
    );
}

#[test]
fn the_table_names_what_came_and_what_went() {
    let macros = Vendored { runs: "proc-macro", ..Vendored::new("macros", "1.0.0") };
    let report = gate(&depend_on(before(), &[Vendored::new("first", "1.1.0"), macros]));
    let rows = report["table"]["rows"].as_array().unwrap();
    let cells = |row: &Value| -> Vec<String> {
        row.as_array().unwrap().iter().map(|cell| cell.as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(cells(&rows[0]), ["new", "macros", "1.0.0", "proc-macro", "MIT", "clean"]);
    assert_eq!(cells(&rows[1]), ["updated", "first", "1.0.0 → 1.1.0", "", "MIT", "clean"]);
    assert_eq!(cells(&rows[2]), ["removed", "severe", "0.9.0", "", "", ""]);
}

#[test]
fn without_a_changed_package_no_database_is_needed() {
    let workspace = before();
    commit_nothing(&workspace);
    let report = workspace.bulletproof(&["--gate", "deps", "--db", "/nowhere"]).report()["gates"][0].clone();
    assert_eq!(report["status"], "passed", "{report:#}");
    assert!(report["reason"].as_str().unwrap().starts_with("no package differs"), "{report:#}");
}

#[test]
fn a_lock_file_that_git_ignores_is_not_compared_and_one_that_is_new_is() {
    let locked = |ignored: &str| {
        let packages = [Vendored::new("severe", "1.0.0")];
        let workspace =
            depend_on(Workspace::of("clean"), &packages).with(".gitignore", format!("/target\n{ignored}"));
        commit(&workspace);
        git(&workspace.root(), &["rm", "--quiet", "--cached", "Cargo.lock"]);
        git(&workspace.root(), &["commit", "--quiet", "--message=no lock file"]);
        commit_nothing(&workspace);
        workspace
    };
    let ignored = gate(&locked("Cargo.lock\n"));
    assert_eq!(ignored["status"], "passed", "{ignored:#}");
    assert_eq!(ignored["reason"], "nothing to compare: Cargo.lock is not tracked", "{ignored:#}");
    let workspace = locked("");
    let untracked = gate(&workspace);
    assert_eq!(rules(&untracked), ["deps/advisory"], "{untracked:#}");
    git(&workspace.root(), &["add", "Cargo.lock"]);
    let staged = gate(&workspace);
    assert_eq!(rules(&staged), ["deps/advisory"], "{staged:#}");
}

#[test]
fn a_policy_above_the_workspace_root_counts_as_for_cargo_deny() {
    let workspace = Workspace::of("deny-defaults");
    let gate = || workspace.bulletproof(&["--gate", "deny"]).report()["gates"][0].clone();
    assert!(rules(&gate()).contains(&"deny/license"));
    let above = workspace.root().parent().unwrap().join("deny.toml");
    std::fs::write(
        above,
        "[bans]\ndeny = [\"choice\"]\n[licenses]\nallow = [\"GPL-3.0\", \"MIT\", \"Zlib\"]\n",
    )
    .unwrap();
    let report = gate();
    let banned = report["findings"].as_array().unwrap().iter().find(|one| one["rule"] == "deny/banned");
    assert!(banned.is_some(), "{report:#}");
    assert!(report["findings"].to_string().contains("\"../deny.toml\""), "{report:#}");
    let exceptions = workspace.root().parent().unwrap().join(".deny.exceptions.toml");
    std::fs::write(exceptions, "exceptions = 1\n").unwrap();
    assert_eq!(gate()["status"], "broken");
}

fn commit_nothing(workspace: &Workspace) {
    git(&workspace.root(), &["commit", "--quiet", "--allow-empty", "--message=nothing"]);
}
