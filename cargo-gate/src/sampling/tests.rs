use super::*;
use proptest::prelude::*;

fn numbers(count: u32) -> Vec<f64> {
    (1..=count).map(f64::from).collect()
}

fn ends(count: u32, quantile: f64) -> (Option<f64>, Option<f64>) {
    let found = estimate(&numbers(count), quantile).unwrap();
    (found.low, found.high)
}

/// The ranks of published tables (Conover, table A3; R's `quantile.test`).
#[test]
fn intervals_of_the_median_are_those_of_the_tables() {
    assert_eq!(ends(5, 0.5), (None, None));
    assert_eq!(ends(6, 0.5), (Some(1.0), Some(6.0)));
    assert_eq!(ends(10, 0.5), (Some(2.0), Some(9.0)));
    assert_eq!(ends(20, 0.5), (Some(6.0), Some(15.0)));
    assert_eq!(ends(100, 0.5), (Some(40.0), Some(61.0)));
}

#[test]
fn a_high_quantile_needs_many_runs_for_its_upper_end() {
    assert_eq!((least_runs(0.5), least_runs(0.95)), (6, 72));
    assert_eq!(ends(71, 0.95).1, None);
    assert_eq!(ends(72, 0.95).1, Some(72.0));
}

#[test]
fn quantiles_fall_between_measurements() {
    let value = |measured: &[f64], quantile| estimate(measured, quantile).unwrap().value;
    assert!((value(&[3.0, 1.0, 2.0], 0.5) - 2.0).abs() < 1e-9);
    assert!((value(&[1.0, 2.0], 0.5) - 1.5).abs() < 1e-9);
    assert!((value(&numbers(101), 0.95) - 96.0).abs() < 1e-9);
    assert_eq!(estimate(&[], 0.5), None);
}

#[test]
fn a_bar_is_kept_broken_or_within_the_noise() {
    let keeps = |bar| estimate(&numbers(20), 0.5).unwrap().keeps(bar, 0.5, 20);
    assert_eq!(keeps(15.0), Kept::Yes);
    assert_eq!(keeps(5.9), Kept::No);
    assert!(matches!(keeps(10.0), Kept::Unclear(_)));
    // the estimate is 10.5, the interval 9 wide: 20 * (9 / 3)^2
    assert_eq!(keeps(13.5), Kept::Unclear(Some(180)));
    assert_eq!(keeps(10.5), Kept::Unclear(None));
}

#[test]
fn too_few_runs_tell_nothing_and_say_how_many_would() {
    let kept = estimate(&numbers(10), 0.95).unwrap().keeps(1e9, 0.95, 10);
    assert_eq!(kept, Kept::Unclear(Some(72)));
}

proptest! {
    #[test]
    fn an_estimate_lies_within_its_interval(
        measured in prop::collection::vec(0.0..1e6, 1..400),
        quantile in prop::sample::select(vec![0.5, 0.9, 0.95]),
    ) {
        let found = estimate(&measured, quantile).unwrap();
        prop_assert!(found.low.is_none_or(|low| low <= found.value + 1e-6));
        prop_assert!(found.high.is_none_or(|high| high >= found.value - 1e-6));
    }

    #[test]
    fn a_bar_above_or_below_everything_is_never_taken_for_the_other(
        measured in prop::collection::vec(1.0..1e6, 1..100),
    ) {
        let found = estimate(&measured, 0.5).unwrap();
        prop_assert!(found.keeps(2e6, 0.5, measured.len()) != Kept::No);
        prop_assert!(found.keeps(0.5, 0.5, measured.len()) != Kept::Yes);
    }
}
