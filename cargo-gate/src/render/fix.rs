//! What was mended, for people.

use std::fmt::Write as _;

use super::gate_line;
use crate::fix::{Done, Left, Mended};
use crate::text::counted;

/// What was done to each file, what was left and why, and what the gates say now.
pub fn fix_text(done: &Done) -> String {
    let mut text = String::new();
    for mended in &done.mended {
        text.push_str(&mended_line(mended));
    }
    for left in &done.left {
        text.push_str(&left_line(left));
    }
    let mut files: Vec<&str> = done.mended.iter().map(|mended| mended.file.as_str()).collect();
    files.sort_unstable();
    files.dedup();
    let _ = match files.len() {
        0 => writeln!(text, "nothing was changed"),
        many => writeln!(text, "{} changed; nothing is staged", counted(many, "file")),
    };
    text.push('\n');
    done.gates.iter().for_each(|gate| text.push_str(&gate_line(gate)));
    text
}

/// A file that was changed.
pub fn mended_line(mended: &Mended) -> String {
    format!("  fixed  {}: {} ({})\n", mended.file, mended.what, mended.gate)
}

/// What was left, and why.
pub fn left_line(left: &Left) -> String {
    let file = left.file.as_ref().map(|file| format!("{file}: ")).unwrap_or_default();
    format!("  left   {file}{} ({})\n", left.why, left.gate)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::report::GateReport;

    #[test]
    fn what_was_mended_and_what_was_left_is_told_with_its_reason() {
        let mended =
            |file: &str, gate, what: &str| Mended { file: file.to_owned(), gate, what: what.to_owned() };
        let left = |file: Option<&str>, why: &str| Left {
            file: file.map(str::to_owned),
            gate: "clippy",
            why: why.to_owned(),
        };
        let done = Done {
            mended: vec![
                mended("src/a.rs", "fmt", "formatted"),
                mended("src/a.rs", "clippy", "2 suggestions"),
                mended("src/b.rs", "fmt", "formatted"),
            ],
            left: [left(Some("src/c.rs"), "it has changes that are not staged"), left(None, "cargo fails")]
                .into(),
            gates: vec![GateReport {
                reason: "3 files formatted".to_owned(),
                ..GateReport::new("fmt", Duration::from_millis(312))
            }],
        };
        let text = fix_text(&done) + "---\n" + &fix_text(&Done::default());
        insta::assert_snapshot!(anstream::adapter::strip_str(&text));
    }
}
