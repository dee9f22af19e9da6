//! Every fixture gives exactly the findings that its `expected.json` lists, and every rule of every
//! gate is among them.

use std::collections::BTreeSet;
use std::path::Path;
use std::thread;

use cargo_gate::gates::GATES;
use serde_json::{Value, json};

use super::support::{Database, Fakes, Workspace, find_program, fixtures_folder, git, index_home};

/// Why no fixture provokes the rules of `deps`.
const CHANGE_OF_PACKAGES: &str = "it needs two states of a lock file; the tests of dependencies make them";
/// Why no fixture provokes a rule about the text of a hook.
const IN_GIT_FOLDER: &str = "it needs a file in git's own folder; the tests of hooks write one";
/// What holds for all rules of `bench`.
const TWO_COMMITS: &str = "it needs two commits; the tests of benches make them";

/// Rules that no fixture can provoke, each with the reason.
const UNPROVOKED: &[(&str, &str)] = &[
    ("coverage/dropped", "it needs the figures of an earlier run; the tests of coverage make them"),
    ("flaky/unsteady", "it needs the outcomes of earlier runs; the tests of coverage make them"),
    ("repro/differs", "a difference without a known cause is one that no fixture can be written for"),
    (
        "repro/outside",
        "a fixture has nothing outside of its folder; a test of packages elsewhere provokes it",
    ),
    ("hooks/foreign", IN_GIT_FOLDER),
    ("hooks/outdated", IN_GIT_FOLDER),
    ("hooks/twice", "it needs a setting of git's; unit tests judge one"),
    ("size/grown", "it needs two commits; the tests of sizes make them"),
    ("size/growth-unknown", "it needs two commits; the tests of sizes make them"),
    ("deps/advisory", CHANGE_OF_PACKAGES),
    ("deps/advisory-minor", CHANGE_OF_PACKAGES),
    ("deps/build-script", CHANGE_OF_PACKAGES),
    ("deps/proc-macro", CHANGE_OF_PACKAGES),
    ("deps/license-new", CHANGE_OF_PACKAGES),
    ("deps/source", CHANGE_OF_PACKAGES),
    ("deps/duplicate", CHANGE_OF_PACKAGES),
    ("deps/database-age-unknown", CHANGE_OF_PACKAGES),
    ("deps/accept-expired", CHANGE_OF_PACKAGES),
    ("deps/accept-unused", CHANGE_OF_PACKAGES),
    ("deny/cargo-deny", "it takes an installed cargo-deny; its row of the fault table has answers of one"),
    ("changelog/not-changed", "needs a commit to compare with: see the fault row of changelog"),
    ("version/tag-differs", "needs a commit with a tag: see releases.rs"),
    ("version/already-tagged", "needs a commit with a tag: see releases.rs"),
    ("bench/slower", TWO_COMMITS),
    ("bench/somewhat-slower", TWO_COMMITS),
    ("bench/layout", "it needs a bench whose code lies elsewhere; unit tests judge recorded ones"),
    (
        "bench/recorded-slower",
        "it needs files that are newer than the sources; the tests of benches write them",
    ),
    ("bench/unclear", TWO_COMMITS),
    ("bench/failed", TWO_COMMITS),
    ("bench/does-not-compile", TWO_COMMITS),
    ("bench/not-compared", TWO_COMMITS),
    ("bench/vanished", TWO_COMMITS),
    ("bench/not-criterion", TWO_COMMITS),
    ("bench/needs-nightly", TWO_COMMITS),
    ("bench/accept-expired", TWO_COMMITS),
    ("bench/accept-unused", TWO_COMMITS),
];

/// The fixtures: the folders with an `expected.json`.
fn names() -> Vec<String> {
    let entries = std::fs::read_dir(fixtures_folder()).unwrap().map(Result::unwrap);
    let fixtures = entries.filter(|entry| entry.path().join("expected.json").is_file());
    let mut names: Vec<String> = fixtures.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn expected(fixture: &str) -> Value {
    let text = std::fs::read(fixtures_folder().join(fixture).join("expected.json")).unwrap();
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{fixture}: {error}"))
}

/// The report of the fixture's gates on a copy of it.
fn judged(fixture: &str, expected: &Value) -> Value {
    let gates: Vec<&str> = expected["gates"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    // what an earlier copy built has the paths of that copy in it
    let fresh = gates.contains(&"repro");
    let workspace = Workspace::of(fixture);
    let workspace = if fresh { workspace.with_own_target() } else { workspace };
    // a plain folder cannot tell its age, which is a finding of its own
    let database = if expected["database"] == "plain" { Database::plain() } else { Database::committed(1) };
    let home = index_home(workspace.root().parent().unwrap(), &expected["index"]);
    if let Some(new) = expected["new"].as_array() {
        // all but these files is committed
        for path in new.iter().filter_map(Value::as_str) {
            git(&workspace.root(), &["rm", "--quiet", "--cached", path]);
        }
        git(&workspace.root(), &["commit", "--quiet", "--message", "base"]);
    }
    let mut run = workspace.bulletproof(&["--gate", &gates.join(","), "--db", &database.argument()]);
    if !expected["index"].is_null() {
        run = run.env("CARGO_HOME", home);
    }
    if let Some(tracefile) = expected["lcov"].as_str() {
        run = run.args(["--lcov", tracefile]);
    }
    run.fakes(&recorded(&expected["recorded"])).report()
}

/// Tools that nobody can be asked to install answer as recorded: program, arguments, exit code, outputs.
fn recorded(answers: &Value) -> Fakes {
    let text = |answer: &Value, key: &str| answer[key].as_str().unwrap_or_default().to_owned();
    answers.as_array().into_iter().flatten().fold(Fakes::new(), |fakes, answer| {
        let args: Vec<&str> = answer["args"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let code = u8::try_from(answer["code"].as_u64().unwrap()).unwrap();
        let (stdout, stderr) = (text(answer, "stdout"), text(answer, "stderr"));
        fakes.recorded(&text(answer, "tool"), &args, code, &stdout, &stderr)
    })
}

/// Rule, file and line of each finding, sorted.
fn findings(report: &Value) -> Vec<Value> {
    let gates = report["gates"].as_array().unwrap().iter();
    let findings = gates.flat_map(|gate| gate["findings"].as_array().unwrap());
    let mut found: Vec<Value> = findings
        .map(|one| json!({ "rule": one["rule"], "file": one["file"], "line": one["line"] }))
        .collect();
    found.sort_by_key(|one| {
        (one["rule"].to_string(), one["file"].to_string(), one["line"].as_u64().unwrap_or_default())
    });
    found
}

/// What is wrong with the report of a fixture, if anything.
fn complaint(fixture: &str) -> Option<String> {
    let expected = expected(fixture);
    // a machine with nothing but Rust and git must pass the tests too
    if expected["needs"].as_str().is_some_and(|tool| find_program(tool).is_none()) {
        return None;
    }
    let report = judged(fixture, &expected);
    let unjudged = report["gates"].as_array().unwrap().iter().any(|gate| gate["judged"] != true);
    let count = report["gates"].as_array().unwrap().len();
    let all = count == expected["gates"].as_array().unwrap().len();
    let found = Value::from(findings(&report));
    (found != expected["findings"] || unjudged || !all)
        .then(|| format!("{fixture} gave {found:#}\nin {report:#}"))
}

#[test]
fn every_fixture_gives_exactly_the_findings_that_it_lists() {
    let names = names();
    let complaints: Vec<String> = thread::scope(|scope| {
        let started: Vec<_> = names.iter().map(|name| scope.spawn(|| complaint(name))).collect();
        started.into_iter().filter_map(|one| one.join().unwrap()).collect()
    });
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn every_folder_of_the_fixtures_is_one_or_is_data_of_one() {
    let entries = std::fs::read_dir(fixtures_folder()).unwrap().map(Result::unwrap);
    for entry in entries {
        let name = entry.file_name().into_string().unwrap();
        assert!(name.starts_with('_') || entry.path().join("expected.json").is_file(), "{name}");
    }
}

#[test]
fn every_rule_of_every_gate_is_among_the_expected_findings() {
    let all = names().into_iter().flat_map(|name| {
        let findings = expected(&name)["findings"].as_array().unwrap().clone();
        findings.into_iter().map(|finding| finding["rule"].as_str().unwrap().to_owned())
    });
    let provoked: BTreeSet<String> = all.collect();
    for gate in GATES {
        let info = gate.info();
        let named = |rule: &str| info.rules.iter().any(|known| format!("{}/{}", info.id, known.name) == rule);
        for rule in info.rules {
            let full = format!("{}/{}", info.id, rule.name);
            // `*` stands for rules whose names another tool gives
            let seen = if rule.name == "*" {
                provoked.iter().any(|one| one.starts_with(&format!("{}/", info.id)) && !named(one))
            } else {
                provoked.contains(&full)
            };
            let excused = UNPROVOKED.iter().any(|(rule, _)| *rule == full);
            assert!(seen != excused, "{full}: seen in a fixture: {seen}, listed as impossible: {excused}");
        }
    }
}

#[test]
fn no_finding_of_a_fixture_is_of_a_rule_that_no_gate_has() {
    for name in names() {
        for finding in expected(&name)["findings"].as_array().unwrap() {
            let (gate, rule) = finding["rule"].as_str().unwrap().split_once('/').unwrap();
            let info = GATES.iter().map(|entry| entry.info()).find(|info| info.id == gate);
            let known =
                info.is_some_and(|info| info.rules.iter().any(|one| one.name == rule || one.name == "*"));
            assert!(known, "{name}: {finding}");
        }
    }
}

#[test]
fn fixtures_are_workspaces_of_their_own_with_a_plain_name() {
    for name in names() {
        let manifest = fixtures_folder().join(&name).join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest).unwrap();
        assert!(text.contains("[workspace]"), "{}", manifest.display());
        assert_eq!(Path::new(&name).components().count(), 1);
    }
}
