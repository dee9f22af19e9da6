//! The checklist of an environment: what commands find out, and what a person says.

use cargo_gate::step::{Captured, End};

use super::check::{Check, Outcome};
use crate::config::ChecklistItem;
use crate::name::Label;

/// How an item stands: by what its command said, where it has one and was run; else by whether somebody said that it
/// is done.
pub fn checklist(item: &ChecklistItem, ran: Option<&Captured>, done: &[Label]) -> Check {
    let name = format!("checklist {}", item.name);
    let said = done.contains(&item.name);
    let outcome = match (&item.command, ran) {
        (None, _) if said => Outcome::Passed(format!("confirmed by hand: {}", item.what)),
        (None, _) => Outcome::Refused(format!("{}; when it is done, add `--done {}`", item.what, item.name)),
        (Some(_), None) => Outcome::Later(format!("{}: its command is run", item.what)),
        (Some(_), Some(Captured { end: End::Code(0), .. })) => Outcome::Passed(item.what.clone()),
        (Some(_), Some(captured)) => ended(&item.what, captured),
    };
    Check::new(name, outcome)
}

/// A command that did not say yes: one that ended says no, one that could not be run says nothing.
fn ended(what: &str, captured: &Captured) -> Outcome {
    let call = &captured.what;
    let said = last_line(captured);
    match &captured.end {
        End::Code(code) => Outcome::Refused(format!("{what}: `{call}` ended with {code}{said}")),
        _ => match captured.exit_code() {
            Ok(code) => Outcome::Refused(format!("{what}: `{call}` ended with {code}{said}")),
            Err(unreadable) => Outcome::CouldNot(format!("{what}: {}{said}", unreadable.reason)),
        },
    }
}

/// The last line that a command wrote, where it tells anything.
pub(super) fn last_line(captured: &Captured) -> String {
    let text = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let last = text.lines().rev().find(|line| !line.trim().is_empty())?;
        Some(last.trim().chars().filter(|letter| !letter.is_control()).take(200).collect::<String>())
    };
    let line = text(&captured.stderr).or_else(|| text(&captured.stdout));
    line.map(|line| format!(": {line}")).unwrap_or_default()
}

/// Names that somebody confirms and that no item without a command has: a slip that would go unnoticed.
pub fn strangers(items: &[ChecklistItem], done: &[Label]) -> Vec<Check> {
    let known = |name: &&Label| !items.iter().any(|item| item.name == **name && item.command.is_none());
    let refused = |name: &Label| {
        let own = items.iter().any(|item| item.name == *name);
        let why = if own { "its command decides, nobody else" } else { "the checklist has no such item" };
        Check::new(format!("checklist {name}"), Outcome::Refused(format!("`--done {name}`: {why}")))
    };
    done.iter().filter(known).map(refused).collect()
}
