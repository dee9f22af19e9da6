//! Benches of a change against those of the commit before it. The fixture's program speaks as criterion's
//! do and claims its times, so that nothing here depends on the machine's.

mod counted;

use serde_json::Value;

use super::support::{Fakes, Workspace, git};

/// A repository with the fixture as its first commit. Instructions are not counted, as valgrind may be there
/// or not.
struct Change {
    workspace: Workspace,
    fakes: Fakes,
}

impl Change {
    fn new() -> Self {
        Self::of(Workspace::of("bench").with_own_target())
    }

    fn of(workspace: Workspace) -> Self {
        Self::with_tools(workspace, Fakes::new().without("valgrind"))
    }

    fn with_tools(workspace: Workspace, fakes: Fakes) -> Self {
        let change = Self { workspace, fakes };
        change.commit();
        change
    }

    fn commit(&self) {
        git(&self.workspace.root(), &["add", "--all"]);
        git(&self.workspace.root(), &["commit", "--quiet", "--message=a change"]);
    }

    /// The second commit, with that done to the text of a file.
    fn with(self, path: &str, from: &str, to: &str) -> Self {
        let workspace = self.workspace.with_text_of(path, |text| {
            assert!(text.contains(from), "{text}");
            text.replace(from, to)
        });
        let change = Self { workspace, ..self };
        change.commit();
        change
    }

    /// The benches that the library claims.
    fn claiming(self, from: &str, to: &str) -> Self {
        self.with("src/lib.rs", from, to)
    }

    fn config(self, text: &str) -> Self {
        let change = Self { workspace: self.workspace.with("bulletproof.toml", text), ..self };
        // files that are not committed would be compared with this commit itself
        git(&change.workspace.root(), &["add", "--all"]);
        git(&change.workspace.root(), &["commit", "--quiet", "--amend", "--no-edit"]);
        change
    }

    fn gate(&self) -> Value {
        let run = self.workspace.bulletproof(&["--gate", "bench", "--html"]).fakes(&self.fakes);
        run.report()["gates"][0].clone()
    }

    /// Status and rules of the findings.
    fn comes_to(&self) -> (String, Vec<String>) {
        let gate = self.gate();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let rules = gate["findings"].as_array().unwrap().iter().map(|one| text(&one["rule"]));
        (text(&gate["status"]), rules.collect())
    }
}

fn expect(change: &Change, status: &str, rules: &[&str]) {
    let (came, found) = change.comes_to();
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    assert_eq!((came.as_str(), found.as_slice()), (status, rules), "{:#}", change.gate());
}

#[test]
fn the_first_commit_has_nothing_to_compare_with_and_says_so() {
    let gate = Change::new().gate();
    assert_eq!(gate["status"], "passed", "{gate:#}");
    assert!(gate.to_string().contains("nothing to compare with"), "{gate:#}");
}

#[test]
fn equal_programs_prove_that_nothing_became_slower() {
    let change = Change::new().with("Cargo.toml", "rust-version = \"1.85\"", "rust-version = \"1.86\"");
    let gate = change.gate();
    assert_eq!(gate["status"], "passed", "{gate:#}");
    assert_eq!(gate["metrics"]["identical_programs"], 1, "{gate:#}");
}

#[test]
fn a_slower_bench_fails_and_a_somewhat_slower_one_warns() {
    let gate = Change::new().claiming("parse\", 100", "parse\", 131").gate();
    assert_eq!(gate["status"], "failed", "{gate:#}");
    let finding = &gate["findings"][0];
    assert_eq!((&finding["rule"], &finding["file"]), (&"bench/slower".into(), &"benches/speed.rs".into()));
    assert!(finding["message"].as_str().unwrap().contains("100.0 ns → 131.0 ns, +31.0 %"), "{gate:#}");
    assert!(gate["files"][0].as_str().unwrap().ends_with("bench.html"), "{gate:#}");
    expect(&Change::new().claiming("(all)\", 200", "(all)\", 230"), "warned", &["bench/somewhat-slower"]);
}

#[test]
fn what_was_built_of_one_base_is_not_taken_for_another() {
    let slower = Change::new().claiming("parse\", 100", "parse\", 131");
    expect(&slower, "failed", &["bench/slower"]);
    let after = slower.with("Cargo.toml", "rust-version = \"1.85\"", "rust-version = \"1.86\"");
    expect(&after, "passed", &[]);
    git(&after.workspace.root(), &["reset", "--quiet", "--hard", "HEAD^"]);
    expect(&after, "failed", &["bench/slower"]);
}

#[test]
fn a_faster_bench_and_a_change_within_the_bars_pass() {
    expect(&Change::new().claiming("parse\", 100", "parse\", 50"), "passed", &[]);
    expect(&Change::new().claiming("parse\", 100", "parse\", 109"), "passed", &[]);
}

#[test]
fn a_slowdown_is_accepted_until_its_day_and_no_longer() {
    let slower = || Change::new().claiming("parse\", 100", "parse\", 131");
    let accept = |benches: &str, day: &str| {
        format!(
            "[[gates.bench.accept]]\nbenches = [\"{benches}\"]\nreason = \"worth it\"\nexpires = \"{day}\"\n"
        )
    };
    expect(&slower().config(&accept("group/*", "9000-01-01")), "passed", &[]);
    let over = slower().config(&accept("group/*", "2020-01-01"));
    expect(&over, "failed", &["bench/accept-expired", "bench/slower"]);
    let unused = slower().config(&accept("other", "9000-01-01"));
    expect(&unused, "failed", &["bench/accept-unused", "bench/slower"]);
}

#[test]
fn a_bench_that_fails_on_the_head_is_an_error_and_one_that_fails_on_the_base_is_named() {
    expect(&Change::new().claiming("parse\", 100", "parse\", 0"), "failed", &["bench/failed"]);
    let before = Workspace::of("bench").with_text_of("src/lib.rs", |text| text.replace("100", "0"));
    let mended = Change::of(before).claiming("parse\", 0", "parse\", 100");
    expect(&mended, "warned", &["bench/not-compared"]);
}

#[test]
fn where_nothing_can_be_compared_there_is_no_verdict() {
    let before = Workspace::of("bench")
        .with_text_of("src/lib.rs", |text| text.replace("100", "0").replace("200", "0"));
    let gate = Change::of(before).claiming("\", 0)", "\", 100)").gate();
    assert_eq!((&gate["status"], &gate["cause"]), (&"broken".into(), &"nothing-ran".into()), "{gate:#}");
}

#[test]
fn benches_that_vanish_are_named_and_new_ones_are_told() {
    expect(&Change::new().claiming(", (\"print (all)\", 200)", ""), "warned", &["bench/vanished"]);
    let gate = Change::new().claiming("200)", "200), (\"late\", 1)").gate();
    assert_eq!(gate["status"], "passed", "{gate:#}");
    assert!(gate["notes"].to_string().contains("late"), "{gate:#}");
}

#[test]
fn without_time_a_bench_is_unclear_and_not_passed() {
    let change =
        Change::new().claiming("parse\", 100", "parse\", 101").config("[gates.bench]\ntime = \"1ms\"\n");
    let (status, rules) = change.comes_to();
    assert_eq!(status, "warned");
    assert!(rules.iter().all(|rule| rule == "bench/unclear") && !rules.is_empty(), "{rules:?}");
}

#[test]
fn a_bench_that_does_not_compile_fails_and_one_for_nightly_is_named() {
    let broken = Change::new().with("benches/speed.rs", "fn main() {", "fn main() {\n    let () = 1;");
    expect(&broken, "failed", &["bench/does-not-compile"]);
    let nightly = Change::new().with("benches/speed.rs", "use std::path", "#![feature(test)]\nuse std::path");
    // on a nightly toolchain it compiles
    let (status, rules) = nightly.comes_to();
    assert!(status == "passed" || rules == ["bench/needs-nightly"], "{status} {rules:?}");
}

#[test]
fn another_harness_is_named_and_not_judged() {
    let change =
        Change::new().with("benches/speed.rs", "println!(\"{name}: benchmark\\n\")", "println!(\"{name}\")");
    expect(&change, "warned", &["bench/not-criterion"]);
}

/// On Windows the linker wants an import library of another name than rustc gives it.
#[cfg(unix)]
#[test]
fn a_bench_finds_a_shared_library_that_its_build_script_made() {
    let script = r#"
        fn main() {
            let out = std::env::var("OUT_DIR").unwrap();
            let mut rustc = std::process::Command::new(std::env::var_os("RUSTC").unwrap());
            let made = rustc.args(["--crate-type=cdylib", "made.rs", "--out-dir", &out]).status().unwrap();
            assert!(made.success());
            println!("cargo:rustc-link-search=native={out}\ncargo:rustc-link-lib=dylib=made");
        }
    "#;
    let calls = "\nunsafe extern \"C\" { fn made() -> u32; }\n/// What it says.\npub fn said() -> u32 { unsafe { made() } }\n";
    let workspace = Workspace::of("bench")
        .with_own_target()
        .with("build.rs", script)
        .with("made.rs", "#[unsafe(no_mangle)]\npub extern \"C\" fn made() -> u32 { 7 }\n")
        .with_text_of("src/lib.rs", |text| text + calls)
        .with_text_of("benches/speed.rs", |text| {
            text.replace("fn main() {", "fn main() {\n    assert_eq!(bench::said(), 7);")
        });
    expect(&Change::of(workspace).claiming("parse\", 100", "parse\", 101"), "passed", &[]);
}

/// A workspace whose last run of benches, and the baseline `main`, lie in criterion's folder.
struct Records(Workspace);

impl Records {
    fn new(config: &str) -> Self {
        Self(
            Workspace::of("bench")
                .with_own_target()
                .with("bulletproof.toml", format!("[gates.bench]\n{config}")),
        )
    }

    /// Two samples of a bench, the longer one twice as long.
    fn with(self, baseline: &str, bench: &str, time: u32) -> Self {
        let folder = self.0.target().join("criterion").join(bench).join(baseline);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("benchmark.json"), format!("{{\"full_id\":\"{bench}\"}}")).unwrap();
        let sample = format!("{{\"iters\":[1.0,1.0],\"times\":[{time}.0,{}.0]}}", time * 2);
        std::fs::write(folder.join("sample.json"), sample).unwrap();
        self
    }

    /// The last run was made long before the sources were written.
    fn old(self, bench: &str) -> Self {
        let file = self.0.target().join("criterion").join(bench).join("new/sample.json");
        let file = std::fs::File::options().write(true).open(file).unwrap();
        file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1)).unwrap();
        self
    }

    fn gate(&self) -> Value {
        // neither cargo nor git is needed to read them, and no bench is run
        self.0.bulletproof(&["--gate", "bench"]).report()["gates"][0].clone()
    }

    fn is_broken(&self, cause: &str, why: &str) {
        let gate = self.gate();
        assert_eq!((&gate["status"], &gate["cause"]), (&"broken".into(), &cause.into()), "{gate:#}");
        assert!(gate.to_string().contains(why), "{gate:#}");
    }
}

const MAIN: &str = "baseline = \"main\"\n";

#[test]
fn a_recorded_run_is_compared_with_a_baseline_and_called_weaker_evidence() {
    let gate = Records::new(MAIN).with("main", "a", 100).with("new", "a", 104).gate();
    assert_eq!(gate["status"], "passed", "{gate:#}");
    assert!(gate.to_string().contains("weaker evidence: one run each"), "{gate:#}");
    assert_eq!(gate["metrics"]["benches"], 1, "{gate:#}");
}

#[test]
fn a_recorded_slowdown_of_any_size_warns_and_does_not_fail() {
    let records = Records::new(MAIN).with("main", "a", 100).with("new", "a", 900);
    let gate = records.with("main", "gone", 1).with("new", "late", 1).gate();
    let rules: Vec<&Value> =
        gate["findings"].as_array().unwrap().iter().map(|finding| &finding["rule"]).collect();
    assert_eq!(gate["status"], "warned", "{gate:#}");
    assert_eq!(rules, ["bench/recorded-slower", "bench/vanished"], "{gate:#}");
    assert!(gate["notes"].to_string().contains("late"), "{gate:#}");
}

#[test]
fn a_record_that_proves_nothing_is_no_verdict() {
    let last = || Records::new(MAIN).with("new", "a", 100);
    last().is_broken("unavailable", "no baseline `main`");
    last().with("main", "a", 100).is_broken("nothing-ran", "a copy of");
    last().with("main", "b", 100).is_broken("nothing-ran", "no bench in common");
    last().with("main", "a", 110).old("a").is_broken("garbage", "were measured before");
    let empty = last();
    std::fs::create_dir_all(empty.0.target().join("criterion/a/main")).unwrap();
    empty.is_broken("garbage", "benchmark.json");
    let both = Records::new("baseline = \"main\"\ncritcmp = [\"a\", \"b\"]\n")
        .with("new", "a", 1)
        .with("main", "a", 2);
    both.is_broken("garbage", "two comparisons");
}
