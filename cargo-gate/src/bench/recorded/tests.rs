use super::*;
use crate::gate::Cause;

const BARS: Bars = Bars { warn: 10, fail: 20 };

fn from() -> RecordedIn {
    RecordedIn::Baseline("main".to_owned())
}

fn one(figure: f64, median: f64) -> OneRun {
    OneRun { figure, middle: Interval { low: median, high: median } }
}

fn records(base: &[(&str, OneRun)], head: &[(&str, OneRun)]) -> Records {
    let side = |benches: &[(&str, OneRun)]| {
        benches.iter().map(|(name, run)| ((*name).to_owned(), *run)).collect::<BTreeMap<_, _>>()
    };
    Records { base: side(base), head: side(head), newest: "src/lib.rs".to_owned(), ..Records::default() }
}

fn kind(base: OneRun, head: OneRun) -> Kind {
    let both = records(&[("a", base), ("other", one(1.0, 1.0))], &[("a", head), ("other", one(1.1, 1.0))]);
    let compared = compare(&both, &from(), BARS).unwrap();
    compared.opinions.iter().find(|one| one.name == "a").unwrap().kind
}

#[test]
fn however_much_slower_a_recorded_bench_is_it_is_named_and_does_not_fail() {
    assert_eq!(kind(one(100.0, 120.0), one(111.0, 130.0)), Kind::SlowerOnce);
    assert_eq!(kind(one(100.0, 120.0), one(900.0, 999.0)), Kind::SlowerOnce);
    assert_eq!(kind(one(100.0, 120.0), one(109.0, 130.0)), Kind::Holds);
    assert_eq!(kind(one(100.0, 120.0), one(80.0, 100.0)), Kind::Faster);
}

#[test]
fn a_median_far_above_the_bar_is_not_passed_over_for_a_good_minimum() {
    assert_eq!(kind(one(100.0, 120.0), one(101.0, 180.0)), Kind::Unclear);
}

#[test]
fn the_confidence_interval_of_an_export_counts_against_the_change() {
    let export = |median: f64, off: f64| OneRun {
        figure: median,
        middle: Interval { low: median - off, high: median + off },
    };
    assert_eq!(kind(export(100.0, 1.0), export(102.0, 1.0)), Kind::Holds);
    assert_eq!(kind(export(100.0, 10.0), export(102.0, 10.0)), Kind::Unclear);
    assert_eq!(kind(export(100.0, 100.0), export(102.0, 1.0)), Kind::Unclear, "a base of no time at all");
}

#[test]
fn a_baseline_that_is_a_copy_of_the_last_run_compares_nothing() {
    let same = [("a", one(100.0, 120.0)), ("b", one(50.0, 51.0))];
    let error = compare(&records(&same, &same), &from(), BARS).unwrap_err();
    assert_eq!(error.cause, Cause::NothingRan);
    assert!(error.reason.contains("copy") && error.help.unwrap().contains("--save-baseline"));
    assert_eq!(kind(one(100.0, 120.0), one(100.0, 120.0)), Kind::NotCompared, "one copy among others");
}

#[test]
fn records_without_a_bench_in_common_are_no_comparison() {
    let error = compare(&records(&[("a", one(1.0, 1.0))], &[("b", one(1.0, 1.0))]), &from(), BARS);
    assert_eq!(error.unwrap_err().cause, Cause::NothingRan);
    let error = compare(&records(&[], &[]), &from(), BARS).unwrap_err();
    assert_eq!(error.cause, Cause::NothingRan);
}

#[test]
fn a_run_from_before_the_sources_changed_is_no_evidence_for_them() {
    let records = records(&[("a", one(1.0, 1.0))], &[("a", one(1.0, 1.1))]);
    let error = compare(&Records { stale: vec!["a".to_owned()], ..records }, &from(), BARS).unwrap_err();
    assert_eq!(error.cause, Cause::Garbage);
    assert!(error.reason.contains("1 of 1") && error.reason.contains("src/lib.rs"), "{}", error.reason);
}

#[test]
fn benches_of_one_side_only_are_told() {
    let both = records(
        &[("a", one(1.0, 1.0)), ("gone", one(1.0, 1.0))],
        &[("a", one(1.0, 1.1)), ("new", one(1.0, 1.0))],
    );
    let compared = compare(&both, &from(), BARS).unwrap();
    assert_eq!((compared.vanished, compared.appeared), (vec!["gone".to_owned()], vec!["new".to_owned()]));
}

#[test]
fn a_sample_gives_its_shortest_and_its_median() {
    let run = OneRun::from(&Sample { per_iteration: vec![9.0, 3.0, 4.0] });
    assert_eq!(run, one(3.0, 4.0));
}
