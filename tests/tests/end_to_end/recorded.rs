//! Gates whose tools nobody can be asked to install: findings from answers as recorded.

use serde_json::Value;

use super::support::{Fakes, Workspace};

const BREAK_ON_STDERR: &str = "    Checking clean v0.1.0 -> v0.1.0 (no change; assume minor)
     Checked [   0.061s] 202 checks: 200 pass, 1 fail, 1 warn, 58 skip

     Summary semver requires new major version: 1 major and 0 minor checks failed
    Finished [   1.124s] clean
";
const BREAK_ON_STDOUT: &str = "
--- failure function_missing: pub fn removed or renamed ---

Description:
A publicly-visible function cannot be imported by its prior path.
        ref: https://doc.rust-lang.org/cargo/reference/semver.html#item-remove
       impl: https://example.invalid/function_missing.ron

Failed in:
  function clean::add, previously in file /home/src/lib.rs:8

--- warning function_must_use_added: function #[must_use] added ---

Description:
A function is now #[must_use].
        ref: https://doc.rust-lang.org/reference/attributes/diagnostics.html

Failed in:
  function clean::sum in /home/src/lib.rs:12
";

fn rules(report: &Value) -> Vec<String> {
    let findings = report["gates"][0]["findings"].as_array().unwrap().iter();
    let mut rules: Vec<String> = findings.map(|one| one["rule"].as_str().unwrap().to_owned()).collect();
    rules.sort();
    rules
}

fn published() -> Workspace {
    Workspace::of("clean").with_text_of("Cargo.toml", |text| text.replace("publish = false\n", ""))
}

#[test]
fn a_break_of_the_public_api_is_a_finding_with_its_place_and_the_step_that_it_needs() {
    let workspace = published();
    let tool = "cargo-semver-checks";
    let fakes = Fakes::new().recorded(tool, &["--package", "clean"], 100, BREAK_ON_STDOUT, BREAK_ON_STDERR);
    let report = workspace.bulletproof(&["--gate", "semver"]).fakes(&fakes).report();
    assert_eq!(rules(&report), ["semver/breaking", "semver/warning"], "{report:#}");
    let finding = &report["gates"][0]["findings"][0];
    assert_eq!(finding["file"], "Cargo.toml");
    let text = finding.to_string();
    assert!(text.contains("new major version") && text.contains("clean::add"), "{text}");
}

#[test]
fn a_package_that_was_never_released_is_named_and_passes() {
    let stderr = "error: failed to retrieve index of crate versions from registry\n\nCaused by:\n    \
                  clean not found in registry (crates.io). For workarounds check the manual\n";
    let fakes = Fakes::new().recorded("cargo-semver-checks", &["--package"], 101, "", stderr);
    let report = published().bulletproof(&["--gate", "semver"]).fakes(&fakes).report();
    let gate = &report["gates"][0];
    assert_eq!(gate["status"], "passed", "{report:#}");
    assert!(gate["reason"].as_str().unwrap().contains("no package was ever released"), "{report:#}");
}
