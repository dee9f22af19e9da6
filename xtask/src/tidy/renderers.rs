//! Renderers show a verdict; they make none.

use super::finding::Finding;
use super::source::{Name, Source};

/// The places of a renderer that make a status or a verdict instead of reading one.
pub(super) fn check(source: &Source<'_>) -> Vec<Finding> {
    if !source.path.starts_with("cargo-gate/src/render/") {
        return Vec::new();
    }
    let names = source.names();
    let made = names.iter().filter(|name| makes_status(source, name) || makes_verdict(source, name));
    made.map(|name| {
        let message = format!("a renderer makes `{}`; the verdict is computed before", name.parts.join("::"));
        Finding::new(source.path, source.line(name.first), "verdict-in-renderer", message)
    })
    .collect()
}

fn makes_status(source: &Source<'_>, name: &Name<'_>) -> bool {
    let [.., "Status", variant] = name.parts.as_slice() else { return false };
    variant.starts_with(char::is_uppercase) && !is_import(source, name) && !is_compared(source, name)
}

/// Whether the name is a pattern or one side of a comparison.
fn is_compared(source: &Source<'_>, name: &Name<'_>) -> bool {
    let (first, after) = (name.first, name.after);
    let before =
        matches!((source.before(first, 2), source.before(first, 1)), ("=" | "!", "=") | (_, "|" | "let"));
    let behind = matches!(
        (source.token(after), source.token(after + 1)),
        ("=", "=" | ">") | ("!", "=") | ("|" | "if", _)
    );
    before || behind || in_matches(source, first)
}

fn in_matches(source: &Source<'_>, at: usize) -> bool {
    let starts = (0..at).filter(|start| source.reads(*start, &["matches", "!"]));
    starts.into_iter().any(|start| source.skip(start + 2) > at)
}

fn makes_verdict(source: &Source<'_>, name: &Name<'_>) -> bool {
    let conclusion = matches!(name.parts.as_slice(), [.., "Verdict", "over"] | [.., "verdict", "conclude"]);
    let literal = name.parts.last() == Some(&"Verdict")
        && source.token(name.after) == "{"
        && matches!(source.before(name.first, 1), "=" | "(" | "," | ":" | "{" | ";" | "}" | "return");
    (conclusion && !is_import(source, name)) || literal
}

fn is_import(source: &Source<'_>, name: &Name<'_>) -> bool {
    source.before(name.first, 1) == "use"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::finding::places;

    fn found(text: &str) -> Vec<(u32, &'static str)> {
        places(&check(&Source::new("cargo-gate/src/render/a.rs", text)))
    }

    #[test]
    fn reading_a_verdict_is_what_a_renderer_does() {
        let text = "use crate::verdict::{Status, Verdict};\nfn a(s: Status, v: &Verdict) -> bool {\n\
                    let Verdict { status, .. } = v;\nmatch s { Status::Failed | Status::Broken => 1, Status::Passed if b => 2 };\n\
                    if let Status::Warned = s {}\nmatches!(s, Status::Skipped) || s == Status::Failed || Status::Failed != s\n}\n";
        assert_eq!(found(text), []);
    }

    #[test]
    fn making_one_is_not() {
        let rule = "verdict-in-renderer";
        assert_eq!(found("fn a() -> Status {\n    Status::Passed\n}\n"), [(2, rule)]);
        assert_eq!(found("fn a() {\n    let s = Status::Failed;\n}\n"), [(2, rule)]);
        assert_eq!(found("fn a() { let v = Verdict { exit_code: 0 }; }"), [(1, rule)]);
        assert_eq!(found("fn a() { Verdict::over(&[]) }"), [(1, rule)]);
    }

    #[test]
    fn other_files_may() {
        assert_eq!(check(&Source::new("cargo-gate/src/verdict.rs", "fn a() { Status::Passed }")), []);
    }
}
