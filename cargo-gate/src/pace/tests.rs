use super::*;
use crate::gate::Stage;
use crate::plan::{Choice, PlannedGate};
use crate::step::{Step, Streams, Tool, ToolCall};

fn step(name: &str, builds: bool, gate: &'static str, after: &[usize]) -> PlannedStep {
    let args = vec![name.to_owned()];
    let call = ToolCall { tool: Tool::Cargo, args, env: Vec::new(), streams: Streams::Separate, builds };
    PlannedStep {
        step: Step::Tool(call),
        command: name.to_owned(),
        gates: vec![gate],
        after: after.to_vec(),
        timeout: Duration::from_secs(1),
        expected_ms: None,
    }
}

/// Three compiling steps of a gate each, the last after one that does not compile.
fn steps_of_three() -> Plan {
    let steps = vec![
        step("slow", true, "a", &[]),
        step("quick", true, "b", &[]),
        step("try", false, "c", &[]),
        step("late", true, "c", &[2]),
    ];
    let gate = |id, steps| PlannedGate { id, choice: Choice::Run, reason: String::new(), steps };
    let gates = vec![gate("a", vec![0]), gate("b", vec![1]), gate("c", vec![2, 3])];
    Plan { stage: Stage::PrePush, affected: None, gates, steps, expected_ms: None }
}

fn memory(times: &[(&str, u64)], failed: &[&str]) -> Memory {
    let times = times.iter().map(|(name, seconds)| ((*name).to_owned(), Duration::from_secs(*seconds)));
    let mut memory = Memory::default();
    let bad = |id: &&str| GateReport { status: Status::Failed, ..GateReport::new(id, Duration::ZERO) };
    memory.learn(times, &failed.iter().map(bad).collect::<Vec<_>>());
    memory
}

fn commands(plan: &Plan) -> Vec<&str> {
    plan.steps.iter().map(|step| step.command.as_str()).collect()
}

#[test]
fn without_a_memory_the_compiling_steps_keep_their_order() {
    let plan = Memory::default().arrange(steps_of_three());
    assert_eq!(commands(&plan), ["try", "slow", "quick", "late"]);
    assert_eq!(plan.expected_ms, None);
}

#[test]
fn what_is_quick_comes_before_what_is_slow() {
    let plan = memory(&[("slow", 60), ("quick", 2), ("late", 10)], &[]).arrange(steps_of_three());
    assert_eq!(commands(&plan), ["try", "quick", "late", "slow"]);
}

#[test]
fn what_often_fails_comes_before_what_is_a_little_quicker() {
    let times = [("slow", 12), ("quick", 10), ("late", 60)];
    assert_eq!(commands(&memory(&times, &["a"]).arrange(steps_of_three())), ["try", "slow", "quick", "late"]);
}

#[test]
fn gates_and_steps_find_their_steps_in_the_new_order() {
    let plan = memory(&[("slow", 60), ("quick", 2), ("late", 10)], &[]).arrange(steps_of_three());
    let of = |gate: usize| -> Vec<&str> {
        plan.gates[gate].steps.iter().map(|place| plan.steps[*place].command.as_str()).collect()
    };
    assert_eq!((of(0), of(1), of(2)), (vec!["slow"], vec!["quick"], vec!["try", "late"]));
    for (place, step) in plan.steps.iter().enumerate() {
        assert!(step.after.iter().all(|before| *before < place), "{step:?}");
    }
}

#[test]
fn the_expected_time_is_that_of_the_builds_one_after_another_beside_the_rest() {
    let times = [("slow", 60), ("quick", 2), ("late", 10), ("try", 1)];
    let plan = memory(&times, &[]).arrange(steps_of_three());
    assert_eq!(plan.expected_ms, Some(72_000));
    let waits =
        memory(&[("slow", 1), ("quick", 2), ("late", 10), ("try", 30)], &[]).arrange(steps_of_three());
    assert_eq!(waits.expected_ms, Some(40_000));
}

#[test]
fn a_skipped_or_cached_gate_teaches_nothing() {
    let mut memory = Memory::default();
    let skipped = GateReport { status: Status::Skipped, ..GateReport::new("a", Duration::ZERO) };
    let cached = GateReport { cached: true, ..GateReport::new("b", Duration::ZERO) };
    memory.learn([], &[skipped, cached]);
    assert_eq!(memory, Memory::default());
}

#[test]
fn old_failures_fade() {
    let mut memory = memory(&[], &["a"; 20]);
    let good = GateReport::new("a", Duration::ZERO);
    memory.learn([], &vec![good; 60]);
    assert!(memory.risk(&step("slow", true, "a", &[])) < 0.15, "{memory:?}");
}

#[test]
fn a_memory_that_is_kept_is_read_again_and_a_damaged_one_is_forgotten() {
    let memory = memory(&[("slow", 60)], &["a"]);
    let bytes = memory.to_bytes();
    let read = Memory::parse(&bytes);
    assert_eq!((&read.steps, &read.gates), (&memory.steps, &memory.gates));
    for end in 0..bytes.len() - 1 {
        assert_eq!(Memory::parse(&bytes[..end]), Memory::default());
    }
    let other = String::from_utf8(bytes).unwrap().replace("\"version\": 1", "\"version\": 2");
    assert_eq!(Memory::parse(other.as_bytes()), Memory::default());
}
