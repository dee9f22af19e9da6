//! clippy in a run that has the dependencies built for its tests.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::support::{Run, Vendored, Workspace, clean, depend_on, has_llvm};

/// The gates that share what is built.
const BOTH: [&str; 4] = ["--gate", "clippy", "--gate", "test"];

/// A workspace with a dependency that has a build script.
fn depending() -> Workspace {
    let other = Vendored { runs: "build.rs", ..Vendored::new("other", "1.0.0") };
    depend_on(Workspace::of("clean"), &[other])
        .with("vendor/other-1.0.0/src/lib.rs", "//! One.\n/// One.\npub const ONE: u64 = 1;\n")
        .with_text_of("src/lib.rs", |text| {
            with_item(&text, "/// One.\npub const ONE: u64 = other_1_0_0::ONE;\n")
        })
}

/// The text with an item before the tests in it.
fn with_item(text: &str, item: &str) -> String {
    text.replacen("#[cfg(test)]", &format!("{item}\n#[cfg(test)]"), 1)
}

/// A workspace of members that need each other in every way.
fn entangled() -> Workspace {
    let manifest = |name: &str, more: &str| {
        format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n{more}"
        )
    };
    let root =
        "[workspace]\nmembers = [\"app\", \"base\", \"macros\", \"middle\", \"words\"]\nresolver = \"3\"\n";
    let needs = |names: &[&str]| {
        let lines: Vec<String> =
            names.iter().map(|name| format!("{name} = {{ path = \"../{name}\" }}\n")).collect();
        format!("[dependencies]\n{}", lines.concat())
    };
    let of_app = needs(&["middle", "macros"]) + "[build-dependencies]\nwords = { path = \"../words\" }\n";
    let build = "fn main() {\n    println!(\"cargo:rustc-env=WORD={}\", words::word());\n}\n";
    let derive = "//! A macro.\nuse proc_macro::TokenStream;\n\n/// A word.\n#[proc_macro]\n\
        pub fn word(_: TokenStream) -> TokenStream {\n    format!(\"{:?}\", words::word()).parse().unwrap_or_default()\n}\n";
    let main = "//! A program.\nfn main() {\n    println!(\"{}\", text());\n}\n\nfn text() -> String {\n    \
        format!(\"{}{}{}\", middle::twice(1), macros::word!(), env!(\"WORD\"))\n}\n\n\
        #[test]\nfn all_come_together() {\n    assert_eq!(text(), \"2wordword\");\n}\n";
    let test = "//! Of the program.\n#[test]\nfn it_runs() {\n    \
        let ran = std::process::Command::new(env!(\"CARGO_BIN_EXE_app\")).output().unwrap();\n    \
        assert_eq!(ran.stdout, b\"2wordword\\n\");\n}\n";
    let empty = Workspace::empty()
        .with("Cargo.toml", root)
        .with("app/Cargo.toml", manifest("app", &of_app))
        .with("app/build.rs", build)
        .with("app/src/main.rs", main)
        .with("app/tests/runs.rs", test)
        .with("app/examples/twice.rs", "//! Twice.\nfn main() {\n    println!(\"{}\", middle::twice(2));\n}\n")
        .with("base/Cargo.toml", manifest("base", ""))
        .with("base/src/lib.rs", "//! Below.\n/// Again.\n#[must_use]\npub fn sum(a: u64, b: u64) -> u64 {\n    a.saturating_add(b)\n}\n")
        .with("macros/Cargo.toml", manifest("macros", &format!("[lib]\nproc-macro = true\n{}", needs(&["words"]))))
        .with("macros/src/lib.rs", derive)
        .with("middle/Cargo.toml", manifest("middle", &needs(&["base"])))
        .with("middle/src/lib.rs", "//! Between.\n/// Twice.\n#[must_use]\npub fn twice(a: u64) -> u64 {\n    base::sum(a, a)\n}\n")
        .with("words/Cargo.toml", manifest("words", ""))
        .with("words/src/lib.rs", "//! A word.\n/// It.\n#[must_use]\npub fn word() -> &'static str {\n    \"word\"\n}\n");
    cargo(&empty, &["generate-lockfile", "--offline"]);
    empty.stage();
    empty
}

/// What cargo, called by hand, says of what it compiled.
fn cargo(workspace: &Workspace, args: &[&str]) -> Vec<Value> {
    let mut cargo = Command::new("cargo");
    clean(&mut cargo, &workspace.home());
    cargo.args(args).current_dir(workspace.root()).env("CARGO_TARGET_DIR", workspace.target());
    let ran = cargo.output().unwrap();
    assert!(ran.status.success(), "{ran:#?}");
    let text = String::from_utf8(ran.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn statuses(report: &Value) -> Vec<&str> {
    report["gates"].as_array().unwrap().iter().filter_map(|gate| gate["status"].as_str()).collect()
}

fn rules(report: &Value) -> Vec<&str> {
    let findings = report["gates"][0]["findings"].as_array().unwrap().iter();
    findings.filter_map(|finding| finding["rule"].as_str()).collect()
}

/// The metadata of a crate, one file for each way in which it was compiled.
fn metadata(workspace: &Workspace, name: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(workspace.target().join("debug/deps")).unwrap().flatten();
    let is_its = |path: &PathBuf| {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        path.extension().is_some_and(|end| end == "rmeta") && stem.starts_with(&format!("lib{name}-"))
    };
    files.map(|file| file.path()).filter(is_its).collect()
}

#[test]
fn a_dependency_is_compiled_once_for_the_lints_and_for_the_tests() {
    let workspace = depending();
    let report = workspace.bulletproof(&BOTH).report();
    assert_eq!(statuses(&report), ["passed", "passed"], "{report:#}");
    assert_eq!(metadata(&workspace, "other").len(), 1);
    let built = cargo(&workspace, &["test", "--no-run", "--message-format=json", "--locked"]);
    let anew =
        built.iter().filter(|message| message["fresh"] == false && message["target"]["name"] == "other");
    assert_eq!(anew.count(), 0, "the user's own build has it already");
    let alone = workspace.bulletproof(&["--gate", "clippy"]).report();
    assert_eq!(statuses(&alone), ["passed"], "{alone:#}");
    assert_eq!(metadata(&workspace, "other").len(), 2, "without tests it is checked");
}

/// How many crates have something kept for their next compile: cargo makes the folder, rustc what is in it.
fn kept(workspace: &Workspace) -> usize {
    fs::read_dir(workspace.target().join("debug/incremental")).map_or(0, Iterator::count)
}

#[test]
fn a_server_keeps_nothing_for_a_next_compile_and_what_it_built_is_fresh_elsewhere() {
    if !has_llvm() {
        return;
    }
    let workspace = depending();
    let passed = |run: Run<'_>| {
        let report = run.args(BOTH).args(["--gate", "coverage"]).report();
        assert_eq!(statuses(&report), ["passed"; 3], "{report:#}");
    };
    passed(workspace.bulletproof(&[]).env("CI", "true"));
    assert_eq!(kept(&workspace), 0);
    passed(workspace.bulletproof(&[]));
    assert_eq!(kept(&workspace), 0, "nothing is compiled");
    let workspace =
        workspace.with_text_of("src/lib.rs", |text| with_item(&text, "/// Two.\npub const TWO: u64 = 2;\n"));
    passed(workspace.bulletproof(&[]));
    assert!(kept(&workspace) > 0);
}

#[test]
fn clippy_keeps_nothing_of_a_crate_before_it_is_looked_at_again() {
    let passed = |run: Run<'_>| {
        let report = run.args(BOTH).report();
        assert_eq!(statuses(&report), ["passed", "passed"], "{report:#}");
    };
    let workspace = depending();
    passed(workspace.bulletproof(&[]));
    let of_tests = kept(&workspace);
    let workspace =
        workspace.with_text_of("src/lib.rs", |text| with_item(&text, "/// Two.\npub const TWO: u64 = 2;\n"));
    passed(workspace.bulletproof(&[]));
    // the library with its tests, within and beside it
    assert_eq!((of_tests > 0, kept(&workspace)), (true, of_tests + 3));
}

#[test]
fn a_lint_is_found_each_time_and_a_change_is_looked_at_anew() {
    let workspace = depending().with_text_of("src/lib.rs", |text| {
        with_item(&text, "/// One.\n#[must_use]\npub fn one() -> u64 {\n    return ONE;\n}\n")
    });
    for _ in 0..2 {
        let report = workspace.bulletproof(&BOTH).report();
        assert_eq!(statuses(&report), ["failed", "passed"], "{report:#}");
        assert_eq!(rules(&report), ["clippy/needless_return"]);
    }
    let workspace = workspace.with_text_of("src/lib.rs", |text| text.replace("return ONE;", "ONE"));
    let report = workspace.bulletproof(&BOTH).report();
    assert_eq!(statuses(&report), ["passed", "passed"], "{report:#}");
}

#[test]
fn members_that_others_are_linked_with_or_name_are_looked_at_all_the_same() {
    let workspace = entangled();
    let report = workspace.bulletproof(&BOTH).report();
    assert_eq!(statuses(&report), ["passed", "passed"], "{report:#}");
    assert_eq!(report["gates"][0]["metrics"]["targets"], 7, "{report:#}");
    // the library and its tests as clippy looked at them, and the library that the tests are linked with
    assert_eq!(metadata(&workspace, "middle").len(), 3, "clippy by itself was not asked");
    let needless = |text: String| text + "\n/// One.\n#[must_use]\npub fn one() -> u64 {\n    return 1;\n}\n";
    let in_program = |text: String| text + "\n#[test]\nfn one() -> () {\n    assert_eq!(1, 1);\n}\n";
    let workspace = ["base", "middle", "words"]
        .into_iter()
        .fold(workspace, |all, name| all.with_text_of(&format!("{name}/src/lib.rs"), needless))
        .with_text_of("app/tests/runs.rs", in_program);
    let report = workspace.bulletproof(&BOTH).report();
    let files = report["gates"][0]["findings"].as_array().unwrap().iter();
    let mut found: Vec<&str> = files.filter_map(|finding| finding["file"].as_str()).collect();
    found.sort_unstable();
    found.dedup();
    assert_eq!(
        found,
        ["app/tests/runs.rs", "base/src/lib.rs", "middle/src/lib.rs", "words/src/lib.rs"],
        "{report:#}"
    );
    let by_itself = workspace.bulletproof(&["--gate", "clippy"]).report();
    assert_eq!(rules(&report), rules(&by_itself), "as clippy by itself");
}

#[test]
fn a_build_that_a_build_script_begins_is_a_build() {
    let inner = "[package]\nname = \"inner\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n";
    let build = r#"fn main() {
    let folder = std::env::var("OUT_DIR").unwrap() + "/inner";
    let cargo = std::env::var("CARGO").unwrap();
    let args = ["build", "--quiet", "--offline", "--manifest-path", "inner/Cargo.toml", "--target-dir", &folder];
    assert!(std::process::Command::new(cargo).args(args).status().unwrap().success());
    let ran = std::process::Command::new(folder + "/debug/inner").output().unwrap();
    println!("cargo:rustc-env=SAID={}", String::from_utf8(ran.stdout).unwrap().trim());
}
"#;
    let workspace = Workspace::of("clean")
        .with("inner/Cargo.toml", inner)
        .with("inner/src/main.rs", "fn main() {\n    println!(\"hello\");\n}\n")
        .with_text_of("Cargo.toml", |text| text.replace("[workspace]\n", "[workspace]\nexclude = [\"inner\"]\n"))
        .with("build.rs", build)
        .with_text_of("src/lib.rs", |text| {
            with_item(&text, "/// What it said.\npub const SAID: &str = env!(\"SAID\");\nconst _: () = assert!(SAID.len() == 5);\n")
        });
    let report = workspace.bulletproof(&BOTH).report();
    assert_eq!(statuses(&report), ["passed", "passed"], "{report:#}");
    let workspace = workspace.with_text_of("inner/src/main.rs", |text| text.replace("hello", "goodbye"));
    let report = workspace.bulletproof(&BOTH).report();
    assert_eq!(report["gates"][0]["status"], "passed", "cargo does not build it anew: {report:#}");
}

#[test]
fn of_code_that_does_not_compile_clippy_itself_tells() {
    let workspace = depending()
        .with_text_of("src/lib.rs", |text| with_item(&text, "/// Two.\npub const TWO: u8 = \"2\";\n"));
    let report = workspace.bulletproof(&BOTH).report();
    assert_eq!(rules(&report), ["clippy/does-not-compile"], "{report:#}");
    assert_eq!(metadata(&workspace, "other").len(), 2, "it was asked");
    let workspace = workspace.with_text_of("src/lib.rs", |text| text.replace("\"2\"", "2"));
    let report = workspace.bulletproof(&BOTH).report();
    assert_eq!(statuses(&report), ["passed", "passed"], "{report:#}");
}

#[test]
fn what_the_user_runs_lies_where_it_was() {
    let workspace = Workspace::of("clean").with_own_target();
    cargo(&workspace, &["build", "--message-format=json", "--workspace"]);
    let program = workspace.target().join("debug").join(format!("clean-cli{}", std::env::consts::EXE_SUFFIX));
    let before = fs::read(&program).unwrap();
    // the tests have the program built as the user had
    let report = workspace.bulletproof(&BOTH).report();
    assert_eq!(statuses(&report), ["passed", "passed"], "{report:#}");
    assert!(fs::read(&program).unwrap() == before, "it is the same program");
}

#[test]
fn settings_that_have_come_are_heeded_though_cargo_does_not_notice_them() {
    for gates in [&BOTH[..], &["--gate", "clippy"]] {
        let workspace = Workspace::of("clean").with_own_target();
        assert_eq!(workspace.bulletproof(gates).report()["gates"][0]["status"], "passed");
        let settings = |name: &str| format!("disallowed-methods = [\"{name}\"]\n");
        let workspace = workspace.with("clippy.toml", settings("u64::saturating_add"));
        let report = workspace.bulletproof(gates).report();
        assert_eq!(rules(&report), ["clippy/disallowed_methods"], "{report:#}");
        let workspace = workspace.with("clippy.toml", settings("u64::saturating_sub"));
        assert_eq!(workspace.bulletproof(gates).report()["gates"][0]["status"], "passed");
        // one that stands between the package and those
        let workspace = workspace.with("cli/.clippy.toml", "disallowed-methods = [\"clean::add\"]\n");
        let report = workspace.bulletproof(gates).report();
        assert_eq!(rules(&report), ["clippy/disallowed_methods"], "{report:#}");
    }
}

#[test]
fn a_library_that_cargo_names_as_in_any_other_build_is_looked_at() {
    for kind in ["cdylib", "dylib"] {
        let workspace = depending()
            .with_text_of("Cargo.toml", |text| {
                text + &format!("\n[lib]\ncrate-type = [\"lib\", \"{kind}\"]\n")
            })
            .with_text_of("src/lib.rs", |text| {
                with_item(
                    &text,
                    "/// One.\n#[must_use]\n#[cfg(not(test))]\npub fn one() -> u64 {\n    return ONE;\n}\n",
                )
            });
        for _ in 0..2 {
            let report = workspace.bulletproof(&BOTH).report();
            assert_eq!(statuses(&report), ["failed", "passed"], "{report:#}");
            assert_eq!(rules(&report), ["clippy/needless_return"], "{report:#}");
        }
    }
}

#[test]
fn the_tests_of_what_a_macro_is_linked_with_may_need_others() {
    let workspace = entangled()
        .with_text_of("words/Cargo.toml", |text| text + "[dev-dependencies]\nbase = { path = \"../base\" }\n")
        .with_text_of("words/src/lib.rs", |text| {
            text + "\n#[test]\nfn it_is_one_word() {\n    assert_eq!(base::sum(1, 0), 1);\n}\n"
        });
    cargo(&workspace, &["generate-lockfile", "--offline"]);
    let report = workspace.bulletproof(&BOTH).report();
    assert_eq!(statuses(&report), ["passed", "passed"], "{report:#}");
    assert_eq!(metadata(&workspace, "middle").len(), 3, "clippy by itself was not asked");
    // a member that was only looked at becomes one that the macro is linked with
    let workspace = workspace
        .with_text_of("words/Cargo.toml", |text| text.replace("[dev-dependencies]", "[dependencies]"));
    let report = workspace.bulletproof(&BOTH).report();
    assert_eq!(statuses(&report), ["passed", "passed"], "{report:#}");
    assert_eq!(metadata(&workspace, "middle").len(), 3, "nor now");
}
