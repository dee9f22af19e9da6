//! Which programs are built, started, documented and measured: features that are off, packages that are not
//! judged.

use serde_json::Value;

use crate::support::{Act, Fakes, Workspace};

/// The clean fixture with a program more, which fails whatever it is asked, and needs a feature.
fn with_a_program_behind_a_feature() -> Workspace {
    let more = "\n[features]\nextra = []\n\n[[bin]]\nname = \"behind\"\nrequired-features = [\"extra\"]\n";
    let main = "//! See [`Nothing`].\n\nfn main() {\n    std::process::exit(3);\n}\n";
    let workspace = Workspace::of("clean").with("cli/src/bin/behind.rs", main);
    workspace.with_text_of("cli/Cargo.toml", |text| format!("{text}{more}"))
}

fn judged(workspace: &Workspace, gate: &str, args: &[&str]) -> Value {
    workspace.bulletproof(&["--gate", gate]).args(args.iter().copied()).report()["gates"][0].clone()
}

fn rules(gate: &Value) -> Vec<&str> {
    gate["findings"].as_array().unwrap().iter().map(|one| one["rule"].as_str().unwrap()).collect()
}

#[test]
fn a_program_whose_features_are_on_is_started() {
    let workspace = with_a_program_behind_a_feature();
    let off = judged(&workspace, "smoke", &[]);
    assert_eq!(
        (&off["status"], off["notes"].to_string().contains("not started: behind")),
        (&"passed".into(), true)
    );
    let on = judged(&workspace, "smoke", &["--features", "extra"]);
    assert_eq!(rules(&on), ["smoke/fails", "smoke/fails"], "{on:#}");
    let by_default = workspace.with_text_of("cli/Cargo.toml", |text| {
        text.replace("extra = []", "extra = []\ndefault = [\"extra\"]")
    });
    assert_eq!(rules(&judged(&by_default, "smoke", &[])), ["smoke/fails", "smoke/fails"]);
}

#[test]
fn a_program_whose_feature_another_member_turns_on_is_started() {
    let other = "[package]\nname = \"other\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n\
                 [dependencies]\nclean-cli = { path = \"../cli\", features = [\"extra\"] }\n";
    let locked =
        "\n[[package]]\nname = \"other\"\nversion = \"0.1.0\"\ndependencies = [\n \"clean-cli\",\n]\n";
    let workspace = with_a_program_behind_a_feature()
        .with("cli/src/lib.rs", "//! Nothing.\n")
        .with("other/Cargo.toml", other)
        .with("other/src/lib.rs", "//! Nothing.\n")
        .with_text_of("Cargo.toml", |text| text.replace("[\"cli\"]", "[\"cli\", \"other\"]"))
        .with_text_of("Cargo.lock", |text| format!("{text}{locked}"));
    let gate = judged(&workspace, "smoke", &[]);
    assert_eq!(rules(&gate), ["smoke/fails", "smoke/fails"], "{gate:#}");
}

#[test]
fn documentation_of_a_program_whose_features_are_on_is_judged() {
    let workspace = with_a_program_behind_a_feature().without("cli/src/main.rs");
    let args = ["-p", "clean-cli", "--features", "extra"];
    let on = judged(&workspace, "docs", &args);
    assert_eq!(rules(&on), ["docs/broken_intra_doc_links"], "{on:#}");
    let off = judged(&workspace, "docs", &["-p", "clean-cli"]);
    assert_eq!((&off["status"], &off["cause"]), (&"broken".into(), &"nothing-ran".into()), "{off:#}");
}

#[test]
fn a_program_of_a_package_that_is_not_judged_is_not_looked_for_among_the_installed_ones() {
    let config = "[gates.smoke]\ncommands = [{ run = [\"clean-cli\", \"--check\"] }]\n\
                  without = [{ program = \"clean-cli\", flags = [\"--help\"], reason = \"r\" }]\n\
                  [[gates.budget.commands]]\nrun = [\"clean-cli\"]\nmax_wall = \"1h\"\nruns = 6\n";
    let workspace = Workspace::of("clean").with("bulletproof.toml", config);
    let installed = Fakes::new().on("clean-cli", &[], &Act::silent(0));
    let run = |gate: &str| workspace.bulletproof(&["--gate", gate, "-p", "clean"]).fakes(&installed).report();
    for gate in ["smoke", "budget"] {
        let report = run(gate)["gates"][0].clone();
        let said = report["reason"].as_str().unwrap_or_default();
        assert!(said.starts_with("nothing to judge"), "{report:#}");
    }
    let mixed = format!(
        "{config}[[gates.budget.commands]]\nrun = [\"rustc\", \"-V\"]\nmax_wall = \"1h\"\nruns = 6\n"
    );
    let workspace = workspace.with("bulletproof.toml", mixed);
    let report = workspace.bulletproof(&["--gate", "budget", "-p", "clean"]).fakes(&installed).report();
    let gate = &report["gates"][0];
    assert!(gate["notes"][0].as_str().unwrap().starts_with("not measured: `clean-cli`"), "{gate:#}");
    assert_eq!(gate["metrics"]["commands"], 1, "{gate:#}");
}
