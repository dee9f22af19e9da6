//! The plan for people.

use std::fmt::Write as _;

use super::seconds;
use crate::plan::{Choice, Plan};

/// Which gates run and why, and the steps in their order.
pub fn plan_text(plan: &Plan) -> String {
    let affected = plan.affected.as_ref().map(|affected| affected.sentence() + "\n").unwrap_or_default();
    let mut text = format!("stage {}\n{affected}\ngates\n", plan.stage);
    for gate in &plan.gates {
        let choice = match gate.choice {
            Choice::Run => "run",
            Choice::NothingToJudge => "nothing",
            Choice::Cached => "cached",
            Choice::Skip => "skip",
            Choice::NotSelected => "out",
        };
        let _ = writeln!(text, "  {choice:<8} {:<11} {}", gate.id, gate.reason);
    }
    let _ = writeln!(text, "\nsteps, in the order in which they begin");
    for (place, step) in plan.steps.iter().enumerate() {
        let after: Vec<String> = step.after.iter().map(|before| (before + 1).to_string()).collect();
        let after = if after.is_empty() { String::new() } else { format!("; after {}", after.join(", ")) };
        let lane = match &step.step {
            step if step.exclusive() => "; alone, since it measures time",
            step if step.builds() => "; compiles, one at a time",
            _ => "",
        };
        let took = step.expected_ms.map(|time| format!("; took {}", seconds(time))).unwrap_or_default();
        let _ = writeln!(text, "  {:>2}  {}", place + 1, step.command);
        let _ = writeln!(text, "      for {}{after}{lane}{took}", step.gates.join(", "));
    }
    let _ = match plan.expected_ms {
        Some(time) => {
            writeln!(text, "\nexpected: {}, by the times of earlier runs", seconds(time))
        }
        None => writeln!(text, "\nexpected: not known before a run of these steps"),
    };
    text
}
