use super::*;
use crate::parse::measured::Sample;

fn command() -> Command {
    Command {
        name: None,
        run: CommandLine { program: "demo".into(), args: vec!["x".into()] },
        max_wall: None,
        max_p95: None,
        max_megabytes: None,
        runs: None,
        warmup: 1,
        exit: 0,
        folder: String::new(),
    }
}

/// A slow run to warm up, then runs of those milliseconds.
fn runs(milliseconds: &[u64]) -> Measured {
    let run = |milliseconds: u64| Sample {
        wall_ns: milliseconds * 1_000_000,
        peak_bytes: 8_000_000,
        end: Ending::Code(0),
    };
    let samples = [9_999].iter().chain(milliseconds).map(|one| run(*one)).collect();
    Measured { samples, floor_bytes: 1_000_000 }
}

fn rules(command: &Command, measured: &Measured) -> Vec<String> {
    command.judge(measured).findings.into_iter().map(|finding| finding.rule).collect()
}

fn bar(text: &str) -> Timeout {
    Timeout::try_from(text.to_owned()).unwrap()
}

#[test]
fn time_and_memory_are_held_against_their_bars() {
    let measured = runs(&[100; 20]);
    let within = Command { max_wall: Some(bar("101ms")), max_megabytes: Some(8.0), ..command() };
    assert!(rules(&within, &measured).is_empty());
    let over = Command { max_wall: Some(bar("99ms")), max_megabytes: Some(7.9), ..command() };
    assert_eq!(rules(&over, &measured), ["budget/too-slow", "budget/too-much-memory"]);
}

#[test]
fn a_tail_is_judged_where_there_are_enough_runs() {
    let mut times = vec![10; 80];
    times.extend([500; 20]);
    let strict = Command { max_p95: Some(bar("100ms")), ..command() };
    assert_eq!(rules(&strict, &runs(&times)), ["budget/slow-tail"]);
    assert_eq!(rules(&strict, &runs(&[10; 20])), ["budget/too-noisy"]);
    assert!(rules(&strict, &runs(&[10; 100])).is_empty());
}

#[test]
fn a_bar_within_the_noise_is_a_warning_that_says_what_would_tell() {
    let noisy: Vec<u64> = (0..20).map(|number| 80 + 3 * number).collect();
    let judged = Command { max_wall: Some(bar("115ms")), ..command() }.judge(&runs(&noisy));
    let finding = &judged.findings[0];
    assert_eq!((finding.rule.as_str(), judged.is_over()), ("budget/too-noisy", false));
    assert!(finding.help.as_ref().unwrap().contains("runs ="), "{finding:?}");
}

#[test]
fn a_run_that_fails_is_no_fast_one() {
    let mut measured = runs(&[1; 20]);
    measured.samples.last_mut().unwrap().end = Ending::Signal(9);
    let lenient = Command { max_wall: Some(bar("1h")), ..command() };
    assert_eq!(rules(&lenient, &measured), ["budget/fails"]);
}

#[test]
fn memory_below_what_can_be_told_is_no_failure() {
    let measured = Measured { floor_bytes: 9_000_000, ..runs(&[1; 20]) };
    let strict = Command { max_megabytes: Some(1.0), ..command() };
    assert_eq!(rules(&strict, &measured), ["budget/too-noisy"]);
}

#[test]
fn what_could_not_be_told_is_not_said_to_be_within_the_budget() {
    let within = Command { max_wall: Some(bar("1h")), ..command() };
    let judged = [&within, &command()].map(|one| one.judge(&runs(&[1; 20])));
    assert_eq!(summary(&judged), "1 of 2 commands within the budget, 1 not told");
    assert_eq!(summary(&judged[..1]), "1 command within the budget");
}

#[test]
fn a_command_without_a_bar_is_named() {
    assert_eq!(rules(&command(), &runs(&[1; 20])), ["budget/no-bar"]);
}
