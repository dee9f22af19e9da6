//! Effects at the edge only: processes, files and environment in `exec` and `ops`, printing in `render`.

use super::finding::Finding;
use super::source::{Name, Source};

const EDGES: [&str; 2] = ["cargo-gate/src/exec/", "cargo-promote/src/ops/"];
const RENDERERS: &str = "cargo-gate/src/render/";
/// The chores are effects.
const CHORES: &str = "xtask/";

/// Effects and printing that are not where they belong.
pub(super) fn check(source: &Source<'_>) -> Vec<Finding> {
    if source.path.starts_with(CHORES) {
        return Vec::new();
    }
    let names = source.names();
    let mut findings = Vec::new();
    if !EDGES.iter().any(|edge| source.path.starts_with(edge)) {
        for name in names.iter().filter(|name| is_effect(name)) {
            let message = format!("`{}` outside exec/ and ops/; ask for a step", name.parts.join("::"));
            findings.push(Finding::new(source.path, source.line(name.first), "effect", message));
        }
    }
    if !source.path.starts_with(RENDERERS) {
        for name in names.iter().filter(|name| prints(source, name)) {
            let message = format!("`{}` outside render/; go through its `Console`", name.parts.join("::"));
            findings.push(Finding::new(source.path, source.line(name.first), "printing", message));
        }
    }
    findings
}

/// `ExitCode`, the compiler's constants and addresses touch nothing.
fn is_effect(name: &Name<'_>) -> bool {
    match name.parts.as_slice() {
        ["std", "process", "ExitCode", ..] | ["std", "env", "consts", ..] | ["std", "net", "IpAddr", ..] => {
            false
        }
        ["std", "fs" | "process" | "env" | "net", ..] => true,
        _ => false,
    }
}

fn prints(source: &Source<'_>, name: &Name<'_>) -> bool {
    let is_macro = source.token(name.after) == "!";
    match name.parts.as_slice() {
        [.., "print" | "println" | "eprint" | "eprintln" | "dbg"] => is_macro,
        ["std" | "io" | "anstream", .., "stdout" | "stderr"] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::finding::places;

    fn found(path: &str, text: &str) -> Vec<(u32, &'static str)> {
        places(&check(&Source::new(path, text)))
    }

    #[test]
    fn effects_stay_at_the_edge() {
        let text = "use std::{env, process::Command};\nfn a() { let _ = std::fs::read(\"x\"); }\n";
        let effects = [(1, "effect"), (1, "effect"), (2, "effect")];
        assert_eq!(found("cargo-gate/src/plan.rs", text), effects);
        assert_eq!(found("cargo-bulletproof/src/main.rs", text), effects);
        for edge in ["cargo-gate/src/exec/files.rs", "cargo-promote/src/ops/a.rs", "xtask/src/a.rs"] {
            assert_eq!(found(edge, text), [], "{edge}");
        }
    }

    #[test]
    fn exit_codes_tests_and_words_are_no_effects() {
        let text = "use std::process::ExitCode;\n// std::fs\nconst A: &str = \"std::env\";\n\
                    #[cfg(test)]\nmod tests { use std::fs; }\n";
        assert_eq!(found("cargo-gate/src/plan.rs", text), []);
        assert_eq!(found("cargo-gate/tests/command.rs", "use std::process::Command;"), []);
    }

    #[test]
    fn printing_stays_in_the_renderers() {
        let text = "fn a() {\n    println!(\"x\");\n    let out = std::io::stdout();\n    anstream::eprintln!();\n}\n";
        let printing = [(2, "printing"), (3, "printing"), (4, "printing")];
        assert_eq!(found("cargo-gate/src/exec/a.rs", text), printing);
        assert_eq!(found("cargo-gate/src/render/console.rs", text), []);
        assert_eq!(found("cargo-gate/src/exec/a.rs", "fn a() { call.stdout; Streams::stdout(); }"), []);
    }
}
