//! Benches whose instructions are counted. The fixture has a stand-in for gungraun, whose programs leave the counts
//! that they claim.

use serde_json::Value;

use super::{Change, Fakes, Workspace, expect};

/// The tools that such benches need.
fn tools(runner: &str) -> Fakes {
    let version = format!("gungraun-runner {runner}\n");
    Fakes::new().recorded("valgrind", &[], 0, "", "").recorded(
        "gungraun-runner",
        &["--version"],
        0,
        &version,
        "",
    )
}

/// The fixture as the first commit, in a folder of its own.
fn counts() -> Change {
    counts_with(tools("0.17.2"))
}

fn counts_with(tools: Fakes) -> Change {
    Change::with_tools(Workspace::of("counts").with_own_target(), tools)
}

fn is_broken(gate: &Value, why: &[&str]) {
    assert_eq!((&gate["status"], &gate["cause"]), (&"broken".into(), &"unavailable".into()), "{gate:#}");
    for why in why {
        assert!(gate.to_string().contains(why), "{why}: {gate:#}");
    }
}

#[test]
fn instructions_are_held_against_the_bars_in_every_mode() {
    let gate = counts().claiming("small\", 1000", "small\", 1310").gate();
    let finding = &gate["findings"][0];
    assert_eq!((&gate["status"], &finding["rule"]), (&"failed".into(), &"bench/slower".into()), "{gate:#}");
    assert_eq!(finding["file"], "benches/work.rs", "{gate:#}");
    let told = finding["message"].as_str().unwrap();
    assert!(told.contains("1000 → 1310 instructions, +31.0 %; the bar is 20 %"), "{told}");
    // too few for criterion, whose own would drown them
    expect(&counts().claiming("print\", 90", "print\", 102"), "warned", &["bench/somewhat-slower"]);
    expect(&counts().claiming("print\", 90", "print\", 95"), "passed", &[]);
    let instructions = "[gates.bench]\nmeasure = \"instructions\"\n";
    let counted = counts().claiming("print\", 90", "print\", 102").config(instructions);
    expect(&counted, "warned", &["bench/somewhat-slower"]);
}

#[test]
fn counted_benches_that_appear_and_vanish_are_told() {
    let gate = counts().claiming("90)", "90), (\"work::group::late\", 1)").gate();
    assert_eq!((&gate["status"], &gate["metrics"]["benches"]), (&"passed".into(), &2.into()), "{gate:#}");
    assert!(gate["notes"].to_string().contains("work::group::late"), "{gate:#}");
    expect(&counts().claiming(", (\"work::group::print\", 90)", ""), "warned", &["bench/vanished"]);
}

#[test]
fn a_bench_without_a_count_is_named_on_the_side_that_lacks_it() {
    expect(&counts().claiming("print\", 90", "print\", 0"), "failed", &["bench/failed"]);
    let before =
        Workspace::of("counts").with_own_target().with_text_of("src/lib.rs", |text| text.replace("90", "0"));
    let mended = Change::with_tools(before, tools("0.17.2")).claiming("print\", 0", "print\", 90");
    expect(&mended, "warned", &["bench/not-compared"]);
}

#[test]
fn without_the_runner_of_the_version_there_is_no_verdict_and_its_install_is_told() {
    let install = "cargo install gungraun-runner --version 0.17.2 --locked";
    let slower = |tools| counts_with(tools).claiming("small\", 1000", "small\", 1310").gate();
    is_broken(&slower(tools("0.17.2").without("gungraun-runner")), &["is not installed", install]);
    is_broken(&slower(tools("0.17.1")), &["is installed as 0.17.1", install]);
    is_broken(&slower(tools("0.17.2").without("valgrind")), &["valgrind"]);
}

#[test]
fn equal_programs_need_neither_runner_nor_valgrind() {
    let lacking = Fakes::new().without("gungraun-runner").without("valgrind");
    let change =
        counts_with(lacking).with("Cargo.toml", "rust-version = \"1.85\"", "rust-version = \"1.86\"");
    let gate = change.gate();
    assert_eq!(
        (&gate["status"], &gate["metrics"]["identical_programs"]),
        (&"passed".into(), &1.into()),
        "{gate:#}"
    );
}

#[test]
fn two_versions_of_the_library_are_not_compared() {
    let change = counts_with(tools("0.17.3"))
        .with("Cargo.lock", "0.17.2", "0.17.3")
        .with("gungraun/Cargo.toml", "0.17.2", "0.17.3")
        .claiming("small\", 1000", "small\", 1010");
    let run = change.workspace.bulletproof(&["--gate", "bench", "--base", "HEAD~3"]).fakes(&change.fakes);
    let gate = run.report()["gates"][0].clone();
    // no other target was compared: a warning alone would be no verdict
    assert_eq!((&gate["status"], &gate["cause"]), (&"broken".into(), &"nothing-ran".into()), "{gate:#}");
    assert!(
        gate.to_string().contains("it is written with gungraun 0.17.2 there, and here with 0.17.3"),
        "{gate:#}"
    );
}

#[test]
fn a_library_too_old_to_be_read_is_named() {
    let old = Workspace::of("counts")
        .with_own_target()
        .with_text_of("Cargo.toml", |text| {
            text.replace("gungraun = {", "gungraun = { package = \"iai-callgrind\",")
        })
        .with_text_of("Cargo.lock", |text| {
            text.replace("gungraun", "iai-callgrind").replace("0.17.2", "0.14.2")
        })
        .with_text_of("gungraun/Cargo.toml", |text| {
            text.replace("\"gungraun\"", "\"iai-callgrind\"").replace("0.17.2", "0.14.2")
        })
        .with_text_of("gungraun/Cargo.toml", |text| format!("{text}\n[lib]\nname = \"iai_callgrind\"\n"));
    let change = Change::with_tools(old, tools("0.17.2")).claiming("small\", 1000", "small\", 1310");
    expect(&change, "warned", &["bench/not-criterion"]);
    assert!(change.gate().to_string().contains("iai-callgrind 0.14.2"));
}
