//! The manual, from the gates themselves: `explain`, `list`, and the pages under `docs/gates`.

use std::fmt::Write as _;

use schemars::SchemaGenerator;
use serde_json::Value;

use crate::config::gate_properties;
use crate::finding::Severity;
use crate::gate::Stage;
use crate::gates::{CUSTOM, GATES};
use crate::registry::{Configured, Registered};

/// The page of a gate, in Markdown.
pub fn page(gate: &dyn Registered) -> String {
    let info = gate.info();
    let mut text = format!("# `{}`\n\nJudges {}.\n\n", info.id, info.judges);
    let _ = writeln!(text, "- Bar: {}", info.bar);
    let _ = writeln!(text, "- Stages: {}", stages(info.stages));
    let _ = writeln!(text, "- By itself: `cargo gate {}`\n", info.id);
    text.push_str(info.manual);
    text.push_str("\n## Rules\n\n| rule | weight | finds |\n| --- | --- | --- |\n");
    for rule in info.rules {
        let weight = match rule.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let _ = writeln!(text, "| `{}/{}` | {weight} | {} |", info.id, rule.name, rule.finds);
    }
    let place = match info.id {
        id if id == CUSTOM.info().id => "each entry `[[gate]]`".to_owned(),
        id => format!("the table `[gates.{id}]`"),
    };
    let _ = write!(text, "\n## How to configure\n\nIn {place} of `bulletproof.toml`:\n\n");
    text.push_str("| key | default | meaning |\n| --- | --- | --- |\n");
    let mut generator = SchemaGenerator::default();
    for (key, property) in gate_properties(gate, &mut generator) {
        let meaning = description(&property, generator.definitions());
        let _ = writeln!(text, "| `{key}` | {} | {meaning} |", default(&property));
    }
    text
}

/// The page of a gate that the config defines.
pub fn own_page(gate: &Configured) -> String {
    let (info, stages) = (gate.info, stages(gate.stages()));
    format!(
        "# `{0}`\n\nJudges {1}.\n\n- Bar: {2}\n- Stages: {stages}\n- By itself: `cargo gate {0}`\n\n\
         An entry of `[[gate]]` in this workspace's config; `cargo bulletproof explain {3}` says how those work.\n",
        info.id,
        info.judges,
        info.bar,
        CUSTOM.info().id
    )
}

/// A line for each gate, with those that the config defines.
pub fn list(own: &[Configured]) -> String {
    let built_in = GATES.iter().map(|gate| (gate.info(), gate.info().stages));
    let rows: Vec<_> = built_in.chain(own.iter().map(|gate| (gate.info, gate.stages()))).collect();
    let width = rows.iter().map(|(info, _)| info.id.len()).max().unwrap_or_default();
    let mut text = format!("{:<width$} {:<26} {}\n", "gate", "stages", "judges");
    for (info, in_stages) in rows {
        let _ = writeln!(text, "{:<width$} {:<26} {}", info.id, stages(in_stages), info.judges);
    }
    text
}

/// The table of the README.
pub fn readme_table() -> String {
    let mut text = String::from("| gate | judges | bar | stages |\n| --- | --- | --- | --- |\n");
    for gate in GATES.iter().chain([&CUSTOM]) {
        let info = gate.info();
        let (id, stages) = (info.id, stages(info.stages));
        let _ =
            writeln!(text, "| [`{id}`](docs/gates/{id}.md) | {} | {} | {stages} |", info.judges, info.bar);
    }
    text
}

fn stages(stages: &[Stage]) -> String {
    stages.iter().map(|stage| stage.name()).collect::<Vec<_>>().join(", ")
}

fn default(property: &Value) -> String {
    match property.get("default") {
        None | Some(Value::Null) => String::new(),
        Some(value) => format!("`{value}`"),
    }
}

/// What a key means, in one line: its own description, or that of its type.
fn description(property: &Value, definitions: &serde_json::Map<String, Value>) -> String {
    let own = property.get("description").and_then(Value::as_str);
    let of_type = || {
        let name = property.get("$ref")?.as_str()?.rsplit('/').next()?;
        definitions.get(name)?.get("description")?.as_str()
    };
    own.or_else(of_type).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}
