//! Two builds of a workspace whose code lies in more than one place.

use super::support::{Workspace, git};

#[test]
fn a_package_outside_of_the_workspace_is_named() {
    let workspace = Workspace::of("size").with("bulletproof.toml", "").with_own_target();
    let other = "[package]\nname = \"other\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n";
    let workspace = workspace
        .with("../other/Cargo.toml", other)
        .with("../other/src/lib.rs", "//! Elsewhere.\n")
        .with_text_of("Cargo.toml", |text| {
            format!("{text}\n[dependencies]\nother = {{ path = \"../other\" }}\n")
        })
        .with_text_of("Cargo.lock", |text| {
            let package =
                "\n[[package]]\nname = \"other\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"size\"\n";
            format!(
                "{}dependencies = [\n \"other\",\n]\n",
                text.replace("\n[[package]]\nname = \"size\"\n", package)
            )
        });
    let report = workspace.bulletproof(&["--gate", "repro"]).report();
    let gate = &report["gates"][0];
    assert_eq!(
        (gate["status"].as_str(), gate["findings"][0]["rule"].as_str()),
        (Some("failed"), Some("repro/outside")),
        "{gate:#}"
    );
    assert!(gate["findings"][0]["message"].as_str().unwrap().contains("`other`"), "{gate:#}");
}

#[test]
fn a_build_script_that_asks_git_gets_the_same_answer_and_nothing_of_ours_is_written() {
    let script = "//! Asks git.\n\nfn main() {\n    let args = [\"describe\", \"--always\", \"--dirty\"];\n    \
        let output = std::process::Command::new(\"git\").args(args).output();\n    \
        let text = output.map(|output| output.stdout).unwrap_or_default();\n    \
        println!(\"cargo::rustc-env=REVISION={}\", String::from_utf8_lossy(&text).trim());\n}\n";
    let program = "//! Tells its revision.\n\nfn main() {\n    println!(\"{}\", env!(\"REVISION\"));\n}\n";
    let workspace = Workspace::of("size")
        .with("build.rs", script)
        .with("src/main.rs", program)
        .with("bulletproof.toml", "");
    git(&workspace.root(), &["add", "--all"]);
    git(&workspace.root(), &["commit", "--quiet", "--message=one"]);
    let before = (workspace.listing(), std::fs::read(workspace.root().join(".git/index")).unwrap());
    let report = workspace.bulletproof(&["--gate", "repro", "--offline"]).report();
    assert_eq!(report["gates"][0]["status"], "passed", "{report:#}");
    let after = (workspace.listing(), std::fs::read(workspace.root().join(".git/index")).unwrap());
    assert_eq!(before, after);
}
