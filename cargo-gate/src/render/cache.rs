//! What the cache knows of a gate, for people.

use std::fmt::Write as _;

use crate::cache::{Explained, Input, Record};
use crate::exec::{Held, NotHeld};
use crate::report::SCHEMA_VERSION;

/// How many changed files or variables of a kind are named.
const MOST_NAMES: usize = 10;

/// Which inputs of a gate are as they were at its last verdict.
pub fn explained(gate: &str, explained: &Explained) -> String {
    let (at, inputs, answer) = match explained {
        Explained::Never(why) => return format!("{gate}: never answered from the cache: {why}\n"),
        Explained::Unknown => return format!("{gate}: no verdict is kept\n"),
        Explained::Known { at, inputs, answer } => (at, inputs, answer),
    };
    let mut text = format!("{gate}: its last kept verdict is of {at}\n");
    for (name, input) in inputs {
        let (word, names) = match input {
            Input::Same => ("same", &[][..]),
            Input::Changed(names) => ("changed", names.as_slice()),
        };
        let _ = writeln!(text, "  {word:<8} {name}");
        for name in names.iter().take(MOST_NAMES) {
            let _ = writeln!(text, "             {name}");
        }
        if names.len() > MOST_NAMES {
            let _ = writeln!(text, "             … and {} more", names.len() - MOST_NAMES);
        }
    }
    let end = if *answer { "it is answered from the cache" } else { "it is judged anew" };
    let _ = writeln!(text, "{end}");
    text
}

/// That a recorded verdict holds, or for which gates it does not.
pub fn held(held: &Held) -> String {
    let Record { tree, at, took_ms, gates, again, .. } = &held.record;
    let short = tree.get(..10).unwrap_or(tree);
    let took = super::seconds(*took_ms);
    let count = crate::text::counted(gates.len(), "gate");
    let holds = if held.is_whole() { "holds" } else { "holds in part" };
    let mut text = format!("the verdict of {at} for tree {short} {holds} ({count}, took {took})\n");
    for (why, names) in [(EACH_TIME, again), (not_judged(held), &held.not_judged)] {
        if !names.is_empty() {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let _ = writeln!(text, "{why}: {}", names.join(", "));
        }
    }
    text
}

const EACH_TIME: &str = "judged anew each time";

fn not_judged(held: &Held) -> &'static str {
    if held.is_head {
        "not judged with these commits, this base or these hooks"
    } else {
        "judged anew for a commit that HEAD does not name"
    }
}

/// The same as a JSON document.
pub fn held_json(held: &Held) -> String {
    let Record { tree, stage, at, took_ms, gates, unjudged, config_digest, rustc, tools, .. } = &held.record;
    let each_time = held.record.again.iter().map(|gate| format!("{gate}: {EACH_TIME}"));
    let others = held.not_judged.iter().map(|gate| format!("{gate}: {}", not_judged(held)));
    let why: Vec<String> = each_time.chain(others).collect();
    let value = serde_json::json!({
        "schema_version": SCHEMA_VERSION, "holds": held.is_whole(), "why": why, "tree": tree, "stage": stage, "at": at,
        "took_ms": took_ms, "config_digest": config_digest, "rustc": rustc, "tools": tools, "gates": gates,
        "unjudged": unjudged, "judged_anew": held.again(),
    });
    format!("{value:#}\n")
}

/// Why no recorded verdict holds, as a JSON document.
pub fn not_held_json(not_held: &NotHeld) -> String {
    let why = match not_held {
        NotHeld::None(why) => std::slice::from_ref(why),
        NotHeld::Differs(what) => what.as_slice(),
    };
    format!("{:#}\n", serde_json::json!({ "schema_version": SCHEMA_VERSION, "holds": false, "why": why }))
}

/// Why no recorded verdict holds.
pub fn not_held(not_held: &NotHeld) -> String {
    match not_held {
        NotHeld::None(why) => format!("{why}\n"),
        NotHeld::Differs(what) => {
            format!("the recorded verdict on this tree does not hold any more:\n  {}\n", what.join("\n  "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::{Around, Elsewhere};
    use crate::gate::Stage;
    use crate::verdict::Status;

    fn recorded(again: &[&str], not_judged: &[&str], is_head: bool) -> Held {
        let gates = [("clippy", Status::Warned), ("deps", Status::Passed), ("secrets", Status::Passed)];
        let record = Record {
            tree: "0123456789abcdef0123456789abcdef01234567".to_owned(),
            stage: Stage::PrePush,
            at: "2026-11-21T10:00:00Z".to_owned(),
            took_ms: 83_400,
            around: Around::default(),
            elsewhere: Elsewhere::default(),
            gates: gates.map(|(gate, status)| (gate.to_owned(), status)).into(),
            unjudged: [].into(),
            config_digest: "c0ffee".to_owned(),
            rustc: "rustc 1.95.0".to_owned(),
            tools: [("git".to_owned(), "/usr/bin/git".to_owned())].into(),
            again: again.iter().map(|gate| (*gate).to_owned()).collect(),
            of_repository: [].into(),
        };
        Held { record, not_judged: not_judged.iter().map(|gate| (*gate).to_owned()).collect(), is_head }
    }

    #[test]
    fn a_recorded_verdict_says_for_which_gates_it_holds() {
        let whole = recorded(&[], &[], true);
        let in_part = recorded(&["container"], &["deps", "secrets"], true);
        let elsewhere = recorded(&[], &["deps"], false);
        insta::assert_snapshot!([&whole, &in_part, &elsewhere].map(held).join("\n"));
        insta::assert_snapshot!([&whole, &in_part].map(held_json).join("\n"));
    }

    #[test]
    fn what_keeps_a_recorded_verdict_from_holding_is_told() {
        let what = ["the toolchain or a tool is another", "Cargo.lock has changed"].map(str::to_owned);
        let each =
            [NotHeld::None("no verdict is recorded for this tree".to_owned()), NotHeld::Differs(what.into())];
        insta::assert_snapshot!(each.iter().map(not_held).collect::<String>());
        insta::assert_snapshot!(each.iter().map(not_held_json).collect::<String>());
    }

    #[test]
    fn what_changed_since_a_verdict_is_named_and_where_it_is_much_counted() {
        let many = (0..12).map(|number| format!("changed src/{number}.rs")).collect();
        let inputs = [
            ("program", Input::Same),
            ("sources", Input::Changed(many)),
            ("time", Input::Changed(Vec::new())),
        ];
        let inputs = inputs.map(|(name, input)| (name.to_owned(), input)).into();
        let each = [
            Explained::Known { at: "2026-11-21T10:00:00Z".to_owned(), inputs, answer: false },
            Explained::Known { at: "2026-11-21T10:00:00Z".to_owned(), inputs: Vec::new(), answer: true },
            Explained::Unknown,
            Explained::Never("there are changes that are not committed".to_owned()),
        ];
        let text: Vec<String> = each.iter().map(|one| explained("clippy", one)).collect();
        insta::assert_snapshot!(text.join("\n"));
    }
}
