//! Each dependency says what it is for.

use super::finding::Finding;

/// The dependencies of `[workspace.dependencies]` without a comment above them. A comment speaks for
/// all lines up to the next blank one.
pub(super) fn check(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (mut inside, mut explained, mut nested) = (false, false, 0_usize);
    for (line, number) in text.lines().zip(1_u32..) {
        let line = line.trim();
        if nested == 0 && line.starts_with('[') {
            inside = line == "[workspace.dependencies]";
        } else if line.starts_with('#') {
            explained = true;
        } else if line.is_empty() {
            explained = false;
        } else if inside && nested == 0 && !explained && !is_member(line) {
            let name = line.split(['=', '.']).next().unwrap_or_default().trim();
            let message = format!("`{name}` needs a comment above it that says what it is for");
            findings.push(Finding::new(path, number, "unexplained-dependency", message));
        }
        let count = |brackets: [char; 2]| line.matches(brackets).count();
        nested = (nested + count(['[', '{'])).saturating_sub(count([']', '}']));
    }
    findings
}

/// A package of this workspace.
fn is_member(line: &str) -> bool {
    line.contains("path =")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::finding::places;

    #[test]
    fn a_comment_speaks_for_its_group() {
        let text = "[workspace.dependencies]\nown = { path = \"own\" }\n\n# Why.\na = \"1\"\n\
                    b = { version = \"1\", features = [\n  \"x\",\n] }\n\nc = \"1\"\n[profile.dev]\nd = 1\n";
        assert_eq!(places(&check("Cargo.toml", text)), [(10, "unexplained-dependency")]);
    }
}
