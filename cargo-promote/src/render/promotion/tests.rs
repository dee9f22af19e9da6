use super::*;
use crate::checks::{Check, Outcome};
use crate::digest::Digest;
use crate::ledger::Entry;
use crate::ops::testing::{by, stage};

fn sample() -> Plan {
    Plan {
        environment: "production".parse().unwrap(),
        rollback: false,
        candidate: Digest::of(b"a"),
        name: "tool 1.1.0 (ca978112ca1b)".to_owned(),
        from: Some(Digest::of(b"b")),
        from_name: Some("tool 1.0.0 (3e23e8160039)".to_owned()),
        checks: vec![
            Check::new("policy", Outcome::Passed("the verdict is 2 hours old".to_owned())),
            Check::new("smoke tool", Outcome::Later("`tool --version`".to_owned())),
        ],
        steps: vec![
            Step::Verify { store: "local".parse().unwrap() },
            Step::Copy { from: "local".parse().unwrap(), to: "remote".parse().unwrap() },
            Step::Move { ledger: "the ledger in the folder /a/.git/promote".to_owned() },
            Step::Deploy { command: "./deploy production".to_owned() },
            Step::Mirror { remote: "origin".to_owned() },
        ],
    }
}

#[test]
fn a_plan_for_people() {
    insta::assert_snapshot!(promotion(&sample(), None, Format::Human));
}

#[test]
fn a_plan_that_a_check_forbids() {
    let mut plan = sample();
    plan.checks.push(Check::new("approvals", Outcome::Refused("0 of 1".to_owned())));
    insta::assert_snapshot!(promotion(&plan, None, Format::Human));
}

#[test]
fn what_was_done_for_people_and_machines() {
    let plan = sample();
    let entry = Entry::after(None, stage("a"), by(0)).unwrap();
    let left = vec!["the deployment of tool 1.1.0: exit code 1".to_owned()];
    let done = Done { entry: Some((Digest::of(b"entry"), entry)), left };
    insta::assert_snapshot!(promotion(&plan, Some(&done), Format::Human));
    insta::assert_snapshot!(promotion(&plan, Some(&done), Format::Json));
    let there = Plan { from: Some(plan.candidate), checks: Vec::new(), ..plan };
    insta::assert_snapshot!(promotion(&there, None, Format::Human));
}
