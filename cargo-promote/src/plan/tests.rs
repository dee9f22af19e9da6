use super::*;
use crate::ledger::Head;
use crate::ops::testing::{by, promote, stage};

fn label(name: &str) -> Label {
    name.parse().unwrap()
}

fn digest(bytes: &str) -> Digest {
    Digest::of(bytes.as_bytes())
}

fn back_to(environment: &str, to: &str, from: &str) -> Action {
    Action::Rollback { environment: label(environment), candidate: digest(to), from: digest(from) }
}

fn told(actions: Vec<Action>) -> (State, Vec<Told>) {
    let mut head = Head::default();
    let mut told = Vec::new();
    for (action, second) in actions.into_iter().zip(1..) {
        let entry = head.next(action, by(second)).unwrap();
        let digest = entry.digest();
        head.last = Some((digest, entry.clone()));
        told.push(Told { digest, entry, void: None });
    }
    (head.state(), told)
}

fn environment(config: &Config, name: &str) -> Environment {
    config.environment(&label(name)).unwrap().clone()
}

#[test]
fn a_candidate_goes_through_the_environments_in_their_order() {
    let config = Config::default();
    let (staging, production) = (environment(&config, "staging"), environment(&config, "production"));
    let (state, history) = told(vec![stage("a")]);
    order(&config, &staging, &state, &history, digest("a")).unwrap();
    let why = order(&config, &production, &state, &history, digest("a")).unwrap_err();
    assert!(matches!(&why, Trouble::Refused(why) if why.contains("never in staging")), "{why}");
    assert!(order(&config, &staging, &state, &history, digest("b")).is_err());
    let (state, history) = told(vec![stage("a"), promote("staging", "a", None)]);
    order(&config, &production, &state, &history, digest("a")).unwrap();
}

#[test]
fn what_was_taken_back_from_staging_does_not_go_on_until_it_is_there_again() {
    let config = Config::default();
    let production = environment(&config, "production");
    let mut actions = vec![
        stage("a"),
        stage("b"),
        promote("staging", "a", None),
        promote("staging", "b", Some("a")),
        back_to("staging", "a", "b"),
    ];
    let (state, history) = told(actions.clone());
    let why = order(&config, &production, &state, &history, digest("b")).unwrap_err().to_string();
    assert!(why.starts_with("staging was rolled back from tool 1.0.0"), "{why}");
    order(&config, &production, &state, &history, digest("a")).unwrap();
    actions.push(promote("staging", "b", Some("a")));
    let (state, history) = told(actions);
    order(&config, &production, &state, &history, digest("b")).unwrap();
}

#[test]
fn without_a_name_the_newest_goes_to_the_first_and_what_runs_before_to_the_next() {
    let config = Config::default();
    let (staging, production) = (environment(&config, "staging"), environment(&config, "production"));
    assert!(usual(&config, &staging, &State::default()).is_err());
    let (state, _) = told(vec![stage("a"), stage("b"), promote("staging", "a", None)]);
    assert_eq!(usual(&config, &staging, &state).unwrap(), digest("b"));
    assert_eq!(usual(&config, &production, &state).unwrap(), digest("a"));
    let (state, _) = told(vec![stage("a")]);
    assert!(usual(&config, &production, &state).unwrap_err().to_string().contains("runs nothing yet"));
}

#[test]
fn a_weaker_pointer_has_to_be_accepted_by_its_name() {
    let mut environment = environment(&Config::default(), "production");
    guarantee(&environment, "the ledger", Guarantee::CompareAndSwap).unwrap();
    let why = guarantee(&environment, "the ledger", Guarantee::AppendOnly).unwrap_err().to_string();
    assert!(why.contains("accept = [\"append-only\"]"), "{why}");
    environment.accept = vec!["append-only".to_owned()];
    guarantee(&environment, "the ledger", Guarantee::AppendOnly).unwrap();
    assert!(guarantee(&environment, "the ledger", Guarantee::LastWriter).is_err());
}

#[test]
fn the_way_back_leads_to_what_ran_before_and_never_to_what_was_taken_back() {
    let production = label("production");
    let mut actions = vec![stage("a"), stage("b"), stage("c")];
    let back = |actions: &Vec<Action>| back(&told(actions.clone()).1, &production);
    assert!(back(&actions).unwrap_err().to_string().contains("runs nothing yet"));
    actions.push(promote("production", "a", None));
    assert!(back(&actions).unwrap_err().to_string().contains("--to"));
    actions.push(promote("production", "b", Some("a")));
    actions.push(promote("production", "c", Some("b")));
    assert_eq!(back(&actions).unwrap(), digest("b"));
    actions.push(back_to("production", "b", "c"));
    assert_eq!(back(&actions).unwrap(), digest("a"));
    actions.push(promote("production", "c", Some("b")));
    assert_eq!(back(&actions).unwrap(), digest("b"));
}

#[test]
fn one_check_that_says_no_forbids_it_and_one_that_cannot_be_asked_too() {
    let plan = |outcomes: &[Outcome]| Plan {
        environment: label("production"),
        rollback: false,
        candidate: digest("a"),
        name: "tool 1.0.0".to_owned(),
        from: None,
        from_name: None,
        checks: outcomes.iter().map(|outcome| Check::new("it", outcome.clone())).collect(),
        steps: Vec::new(),
    };
    let (ok, later) = (Outcome::Passed(String::new()), Outcome::Later(String::new()));
    let (no, cannot) = (Outcome::Refused(String::new()), Outcome::CouldNot(String::new()));
    assert_eq!(plan(&[ok.clone(), later]).forbidden(), None);
    assert_eq!(plan(&[ok.clone(), cannot.clone()]).forbidden().unwrap().exit_code(), 2);
    assert_eq!(plan(&[cannot, no, ok]).forbidden().unwrap().exit_code(), 1);
}

#[test]
fn what_ran_before_is_told_by_the_very_move_where_two_have_one_place() {
    let actions = vec![stage("a"), stage("b"), promote("staging", "b", None)];
    let (state, mut told) = told(actions);
    let head = Head { last: told.last().map(|one| (one.digest, one.entry.clone())), ..Head::default() };
    // written beside each other
    let beside = [(promote("production", "b", None), 10), (promote("staging", "a", Some("b")), 11)];
    for (action, second) in beside {
        let entry = head.next(action, by(second)).unwrap();
        told.push(Told { digest: entry.digest(), entry, void: None });
    }
    let deployed = |at: usize, name: &str| told[at].entry.state.environments[&label(name)].clone();
    let (production, staging) = (deployed(3, "production"), deployed(4, "staging"));
    assert_eq!(production.sequence, staging.sequence);
    assert_eq!(before(&told, &label("production"), &production), None);
    assert_eq!(before(&told, &label("staging"), &staging), Some(digest("b")));
    let first = &state.environments[&label("staging")];
    assert_eq!(before(&told, &label("staging"), first), None);
    told[4].void = Some(Refused::Moved(label("staging")));
    assert_eq!(before(&told, &label("staging"), &staging), None, "what has no effect moved nothing");
}
