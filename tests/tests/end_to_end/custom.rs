//! Gates that a config defines.

use serde_json::{Value, json};

use super::support::{Act, Binary, Fakes, Run, Workspace};

const CONFIG: &str = "[[gate]]\nname = \"headers\"\ncommand = [\"header-tool\", \"--check\", \"two words\"]\n\
                      output = \"json-lines\"\nstages = [\"pre-commit\"]\n\n\
                      [[gate]]\nname = \"shape\"\ncommand = [\"shape-tool\"]\noutput = \"sarif\"\n\
                      judges = \"the shape of things\"\n";

const LINES: &str = "{\"rule\":\"missing\",\"message\":\"no header\",\"file\":\"src/lib.rs\",\"line\":1}\n\
                     {\"done\":{\"checked\":3,\"findings\":1}}\n";

fn workspace() -> Workspace {
    Workspace::of("clean").with("bulletproof.toml", CONFIG)
}

fn headers_with(code: u8, lines: &str) -> Fakes {
    // the whole of an argument reaches the program, whatever a shell would make of it
    Fakes::new().on(
        "header-tool",
        &["--check", "two words"],
        &Act::Exit(code, lines.to_owned(), String::new()),
    )
}

#[test]
fn a_gate_of_the_config_is_planned_listed_and_explained_as_any_other() {
    let workspace = workspace();
    let plan = workspace.bulletproof(&["--plan", "--format", "json", "--stage", "pre-commit"]).end();
    let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
    let gates = plan["gates"].as_array().unwrap();
    let choice = |id: &str| gates.iter().find(|gate| gate["id"] == id).unwrap()["choice"].clone();
    assert_eq!((choice("headers"), choice("shape")), (json!("run"), json!("not-selected")));
    let list = workspace.bulletproof(&["list"]).end().stdout;
    assert!(list.contains("headers ") && list.contains("the shape of things"), "{list}");
    let page = workspace.bulletproof(&["explain", "headers"]).end();
    assert!(page.code == Some(0) && page.stdout.contains("header-tool --check"), "{page:#?}");
    let manual = workspace.bulletproof(&["explain", "custom"]).end().stdout;
    assert!(manual.contains("[[gate]]") && manual.contains("json-lines"), "{manual}");
}

#[test]
fn its_findings_have_rules_and_places_by_either_command() {
    let (workspace, fakes) = (workspace(), headers_with(1, LINES));
    for run in
        [workspace.bulletproof(&["--gate", "headers"]), Run::new(&workspace, Binary::Gate, &["headers"])]
    {
        let report = run.fakes(&fakes).report();
        let finding = &report["gates"][0]["findings"][0];
        assert_eq!(
            (&report["verdict"]["status"], &report["gates"][0]["id"]),
            (&json!("failed"), &json!("headers"))
        );
        assert_eq!(
            (&finding["rule"], &finding["file"], &finding["line"]),
            (&json!("headers/missing"), &json!("src/lib.rs"), &json!(1))
        );
    }
}

#[test]
fn it_passes_is_skipped_and_its_rules_are_weighed_as_those_of_any_other_gate() {
    let clean = "{\"done\":{\"checked\":3,\"findings\":0}}\n";
    let passed = workspace().bulletproof(&["--gate", "headers"]).fakes(&headers_with(0, clean)).report();
    assert_eq!(passed["verdict"]["status"], "passed", "{passed:#}");
    let skipped = workspace().bulletproof(&["--gate", "headers", "--skip", "headers=not today"]).report();
    assert_eq!(skipped["gates"][0]["reason"], "not today", "{skipped:#}");
    let soft = CONFIG.replace("stages =", "rules = { missing = \"warning\" }\nstages =");
    let soft = Workspace::of("clean").with("bulletproof.toml", soft);
    let warned = soft.bulletproof(&["--gate", "headers"]).fakes(&headers_with(0, LINES)).report();
    assert_eq!(warned["verdict"]["status"], "warned", "{warned:#}");
}

#[test]
fn a_name_that_is_taken_is_refused_with_its_place() {
    let config = "[[gate]]\nname = \"fmt\"\ncommand = [\"x\"]\n[[gate]]\nname = \"a\"\ncommand = \"x y\"\n";
    let workspace = Workspace::of("clean").with("bulletproof.toml", config);
    workspace
        .bulletproof(&["--gate", "todo"])
        .end()
        .refused(&["bulletproof.toml:2:8: ", "bulletproof.toml:6:11: "]);
    workspace.bulletproof(&["list"]).end().code.filter(|code| *code == 2).unwrap();
}
