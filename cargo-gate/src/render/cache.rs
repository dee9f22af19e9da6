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
