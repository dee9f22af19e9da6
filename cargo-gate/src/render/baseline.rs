//! The baseline and its changes, for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::table::rows;
use crate::baseline::{Baseline, Change, Entry, How, NAME};
use crate::gate::Table;
use crate::text::counted;

/// How many entries of a kind are shown where not all are asked for.
const MOST: usize = 20;
/// The widest that a line is made.
const WIDTH: usize = 80;

/// What is accepted: how many of each rule; each in full where all is asked for.
pub fn baseline_table(baseline: &Baseline, verbose: bool) -> String {
    if baseline.is_empty() {
        return format!("nothing is accepted ({NAME})\n");
    }
    let mut text = String::new();
    if verbose {
        baseline.entries().for_each(|entry| text.push_str(&line(' ', &entry)));
        text.push('\n');
    }
    let mut rules: BTreeMap<String, usize> = BTreeMap::new();
    for entry in baseline.entries() {
        *rules.entry(entry.accepted.rule).or_default() += 1;
    }
    let columns = ["rule", "accepted"].map(str::to_owned).into();
    let all: usize = rules.values().sum();
    let table = rules.into_iter().map(|(rule, count)| vec![rule, count.to_string()]).collect();
    text.push_str(&rows(&Table { columns, rows: table }, WIDTH, usize::MAX));
    let _ = writeln!(text, "\n{} accepted ({NAME})", counted(all, "finding"));
    text
}

/// What a change did.
pub fn change_text(change: &Change, how: How, verbose: bool) -> String {
    let mut text = String::new();
    let kinds = [
        ('+', &change.added, "accepted now"),
        ('-', &change.removed, "not accepted any more"),
        ('<', &change.tightened, "with a better figure"),
        ('>', &change.loosened, "with a worse figure"),
    ];
    for (mark, entries, what) in kinds {
        if entries.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n{} {what}:", counted(entries.len(), "finding"));
        let most = if verbose { usize::MAX } else { MOST };
        entries.iter().take(most).for_each(|entry| text.push_str(&line(mark, entry)));
        if entries.len() > most {
            let _ = writeln!(text, "  … and {} more; all of them: -v", entries.len() - most);
        }
    }
    if !change.refused.is_empty() {
        let _ = writeln!(text, "\n{} never accepted:", counted(change.refused.len(), "error"));
        for refusal in &change.refused {
            let _ = writeln!(text, "{}      {}", line('!', &refusal.entry), refusal.why);
        }
    }
    if !change.unjudged.is_empty() {
        let gates = change.unjudged.join(", ");
        let _ = writeln!(text, "\nnot judged, so that their entries are kept: {gates}");
    }
    let all = change.baseline.entries().count();
    let result = match (change.is_none(), how) {
        (true, How::Update) => "nothing is different",
        (true, How::Prune) => "nothing to tighten",
        (false, _) => "written",
    };
    let _ = writeln!(text, "\n{NAME}: {result}, {} accepted", counted(all, "finding"));
    text
}

fn line(mark: char, entry: &Entry) -> String {
    let place = if entry.file.is_empty() { String::new() } else { format!(" {}:", entry.file) };
    let accepted = &entry.accepted;
    format!("  {mark} {}:{place} {}\n", accepted.rule, accepted.message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::{Accepted, Refusal};

    fn entry(file: &str, rule: &str, message: &str) -> Entry {
        let (rule, message) = (rule.to_owned(), message.to_owned());
        let accepted = Accepted { rule, message, fingerprint: "0123456789abcdef".to_owned(), figure: None };
        Entry { gate: "panics".to_owned(), file: file.to_owned(), accepted }
    }

    fn panics(count: usize) -> Vec<Entry> {
        (0..count).map(|number| entry(&format!("src/{number}.rs"), "panics/unwrap", "`unwrap`")).collect()
    }

    #[test]
    fn a_change_names_what_it_accepts_and_what_it_never_does() {
        let change = Change {
            added: panics(22),
            removed: panics(1),
            tightened: vec![entry("", "coverage/below-minimum", "84.8 % of lines (bar 90 %)")],
            refused: vec![Refusal {
                entry: entry("a.pem", "secrets/key", "a private key"),
                why: "it is a secret",
            }],
            unjudged: vec!["clippy".to_owned(), "docs".to_owned()],
            ..Change::default()
        };
        insta::assert_snapshot!(change_text(&change, How::Update, false));
        assert_eq!(change_text(&change, How::Update, true).matches("  + ").count(), 22);
    }

    #[test]
    fn where_nothing_is_different_that_is_said() {
        let none = Change::default();
        let texts = [How::Update, How::Prune].map(|how| change_text(&none, how, false));
        insta::assert_snapshot!(texts.join("") + &baseline_table(&Baseline::default(), true));
    }

    #[test]
    fn what_is_accepted_is_counted_by_rule_and_listed_where_that_is_asked_for() {
        let text = r#"{
  "version": 1,
  "accepted": {
    "clippy": { "src/a.rs": [
      { "rule": "clippy/needless", "fingerprint": "0123456789abcdef", "message": "needless" }
    ] },
    "panics": { "src/a.rs": [
      { "rule": "panics/unwrap", "fingerprint": "1123456789abcdef", "message": "`unwrap`" },
      { "rule": "panics/unwrap", "fingerprint": "2123456789abcdef", "message": "`unwrap`" }
    ] }
  }
}"#;
        let baseline = Baseline::parse(text).unwrap();
        insta::assert_snapshot!([false, true].map(|all| baseline_table(&baseline, all)).join("---\n"));
    }
}
