//! `mod.rs` says what a folder holds, and nothing else.

use super::finding::Finding;
use super::source::Source;

/// The one `mod.rs` that also holds a list.
const REGISTRY: &str = "cargo-gate/src/gates/mod.rs";

/// The first item of a `mod.rs` that does not belong there.
pub(super) fn check(source: &Source<'_>) -> Vec<Finding> {
    if !source.path.ends_with("/mod.rs") {
        return Vec::new();
    }
    let mut at = 0;
    while at < source.len() {
        let start = at;
        at = item(source, at);
        let word = source.token(at);
        let fits = matches!(word, "mod" | "use") || (word == "const" && source.path == REGISTRY);
        let inline = word == "mod" && source.token(at + 2) == "{";
        if !source.is_test(start) && (!fits || inline) {
            let message = "only `mod`, `use` and documentation belong here; give it a file of its own";
            return vec![Finding::new(source.path, source.line(at), "logic-in-mod-rs", message)];
        }
        at = item_end(source, at);
    }
    Vec::new()
}

/// Skips attributes and the visibility.
fn item(source: &Source<'_>, mut at: usize) -> usize {
    loop {
        match source.token(at) {
            "#" => at = source.skip(at + 1 + usize::from(source.token(at + 1) == "!")),
            "pub" => at += 1,
            "(" => at = source.skip(at),
            _ => return at,
        }
    }
}

/// The place after the `;` or the block of an item.
fn item_end(source: &Source<'_>, mut at: usize) -> usize {
    let is_use = source.token(at) == "use";
    while at < source.len() {
        let block = source.token(at) == "{" && !is_use;
        let end = source.token(at) == ";";
        at = source.skip(at);
        if block || end {
            break;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::finding::places;

    fn found(path: &str, text: &str) -> Vec<(u32, &'static str)> {
        places(&check(&Source::new(path, text)))
    }

    #[test]
    fn modules_uses_and_documentation_belong_there() {
        let text = "//! Doc.\n#![expect(a, reason = \"b\")]\nmod a;\npub(super) mod b;\n#[cfg(unix)]\nmod c;\n\
                    pub use a::{A, B};\nuse b::C as D;\n#[cfg(test)]\nmod tests {\n    fn x() {}\n}\n";
        assert_eq!(found("src/a/mod.rs", text), []);
    }

    #[test]
    fn functions_types_and_inline_modules_do_not() {
        let rule = "logic-in-mod-rs";
        assert_eq!(found("src/a/mod.rs", "mod a;\n\npub(crate) fn b() {}\n"), [(3, rule)]);
        assert_eq!(found("src/a/mod.rs", "use a::{b};\nstruct B;\n"), [(2, rule)]);
        assert_eq!(found("src/a/mod.rs", "mod a { }\n"), [(1, rule)]);
        assert_eq!(found("src/a.rs", "fn b() {}\n"), []);
    }

    #[test]
    fn the_registry_holds_its_list() {
        let text = "mod a;\npub const GATES: &[&dyn R] = &[&E::<a::A>::NEW];\n";
        assert_eq!(found(REGISTRY, text), []);
        assert_eq!(found("src/a/mod.rs", text), [(2, "logic-in-mod-rs")]);
    }
}
