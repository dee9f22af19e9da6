//! The plan of a publication.

use std::fmt::Write;

use serde_json::json;

use super::{document, size};
use crate::publish::{PublishPlan, Standing, Step};

/// For people. `warnings` are what the registry said, where it was carried out.
pub(crate) fn human(plan: &PublishPlan, warnings: Option<&[String]>) -> String {
    let mut out = format!("to {}, in this order:\n\n", plan.registry);
    let name = |step: &Step| format!("{} {}", step.name, step.version);
    let width = plan.steps.iter().map(|step| name(step).len()).max().unwrap_or_default();
    for step in &plan.steps {
        let what = match (step.standing, warnings.is_some()) {
            (Standing::Absent, false) => "upload",
            (Standing::Absent, true) => "uploaded",
            (Standing::Same, _) => "there already, the same bytes",
            (Standing::Yanked, _) => "there already, the same bytes, yanked",
        };
        let _ =
            writeln!(out, "  {:width$}  {}  {:>8}  {what}", name(step), step.digest.short(), size(step.size));
    }
    out.push('\n');
    for note in plan.notes.iter().chain(warnings.into_iter().flatten()) {
        let _ = writeln!(out, "note: {note}");
    }
    let left = plan.steps.iter().filter(|step| step.standing == Standing::Absent).count();
    out.push_str(match (warnings, left) {
        (_, 0) => "everything is there already\n",
        (None, _) => "nothing was sent; `--execute` does it\n",
        (Some(_), _) => "done: the index shows all of them with these bytes\n",
    });
    out
}

/// The same for programs.
pub(crate) fn json(plan: &PublishPlan, warnings: Option<&[String]>) -> String {
    document(json!({
        "registry": plan.registry,
        "steps": plan.steps,
        "notes": plan.notes,
        "executed": warnings.is_some(),
        "warnings": warnings.unwrap_or_default(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    fn sample() -> PublishPlan {
        let step = |name: &str, standing| Step {
            name: name.to_owned(),
            version: "1.2.0".parse().unwrap(),
            digest: Digest::of(name.as_bytes()),
            size: 12_345,
            standing,
        };
        PublishPlan {
            registry: "crates-io".to_owned(),
            steps: vec![
                step("tool-core", Standing::Same),
                step("old", Standing::Yanked),
                step("tool", Standing::Absent),
            ],
            notes: vec!["old 1.2.0 is on crates-io and was yanked".to_owned()],
        }
    }

    #[test]
    fn a_plan_is_shown_in_its_order() {
        insta::assert_snapshot!(human(&sample(), None));
        let done = human(&sample(), Some(&["tool 1.2.0: x".to_owned()]));
        assert!(done.contains("uploaded\n") && done.contains("note: tool 1.2.0: x\n"), "{done}");
        assert!(done.ends_with("done: the index shows all of them with these bytes\n"), "{done}");
    }

    #[test]
    fn a_plan_is_shown_to_programs() {
        insta::assert_snapshot!(json(&sample(), None));
    }
}
