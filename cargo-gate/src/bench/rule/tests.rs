use proptest::prelude::*;

use super::*;

const BARS: Bars = Bars { warn: 10, fail: 20 };

/// Rounds of a bench that takes 100 on the base and `ratio` times that on the head, each with that much
/// added by other work.
fn rounds(ratio: f64, added: &[(f64, f64)]) -> Vec<Round> {
    let round = |(base, head): &(f64, f64)| Round { base: 100.0 + base, head: 100.0 * ratio + head };
    added.iter().map(round).collect()
}

/// A busy machine: what it adds is never the same, and often much.
fn busy(count: usize) -> Vec<(f64, f64)> {
    let mut draw = Draw(7);
    let mut one = || {
        let some = f64::from(u32::try_from(draw.below(50)).unwrap()) / 10.0;
        if draw.below(6) == 0 { some + 60.0 } else { some }
    };
    (0..count).map(|_| (one(), one())).collect()
}

fn verdict(rounds: &[Round]) -> Verdict {
    judge(rounds, BARS, 19).unwrap().verdict
}

#[test]
fn nothing_is_said_of_no_round_and_nothing_certain_of_few() {
    assert!(judge(&[], BARS, 1).is_none());
    let few = judge(&rounds(2.0, &busy(FEWEST - 1)), BARS, 1).unwrap();
    assert_eq!((few.verdict, few.clear), (Verdict::Unclear, false));
}

#[test]
fn a_bench_that_did_not_change_holds_on_a_busy_machine() {
    assert_eq!(verdict(&rounds(1.0, &busy(USUAL))), Verdict::Holds);
}

#[test]
fn a_slower_bench_is_found_on_a_busy_machine() {
    assert_eq!(verdict(&rounds(1.15, &busy(USUAL))), Verdict::Warns);
    assert_eq!(verdict(&rounds(1.3, &busy(USUAL))), Verdict::Fails);
    assert_eq!(verdict(&rounds(0.7, &busy(USUAL))), Verdict::Faster);
}

#[test]
fn where_all_three_estimates_agree_over_enough_rounds_a_wide_interval_hides_nothing() {
    let wild = |count: usize| -> Vec<(f64, f64)> {
        (0..count).map(|round| if round % 3 == 0 { (100.0, 0.0) } else { (0.0, 0.0) }).collect()
    };
    let of = |count: usize| judge(&rounds(1.15, &wild(count)), BARS, 19).unwrap();
    assert!(of(USUAL).interval.low < 0.0);
    assert_eq!((of(USUAL).verdict, of(USUAL - 2).verdict), (Verdict::Warns, Verdict::Unclear));
}

#[test]
fn on_a_quiet_machine_few_rounds_are_enough() {
    let quiet = [(0.0, 0.1), (0.2, 0.0), (0.1, 0.1), (0.0, 0.3), (0.2, 0.2)];
    for ratio in [1.0, 1.15, 1.5] {
        assert!(judge(&rounds(ratio, &quiet), BARS, 19).unwrap().clear, "{ratio}");
    }
    assert!(!judge(&rounds(1.1, &quiet), BARS, 19).unwrap().clear, "at the bar nothing is clear");
}

#[test]
fn one_wild_round_raises_no_alarm() {
    let mut added = vec![(0.0, 0.2); USUAL];
    added[3] = (0.0, 900.0);
    assert_eq!(verdict(&rounds(1.0, &added)), Verdict::Holds);
}

#[test]
fn rounds_that_contradict_each_other_are_unclear_and_no_pass() {
    let wild: Vec<Round> = (0..USUAL)
        .map(|number| if number % 2 == 0 { (100.0, 170.0) } else { (170.0, 100.0) })
        .map(|(base, head)| Round { base, head })
        .collect();
    let judged = judge(&wild, BARS, 19).unwrap();
    assert_eq!((judged.verdict, judged.clear), (Verdict::Unclear, false), "{judged:?}");
}

#[test]
fn more_benches_make_the_interval_wider() {
    let rounds = rounds(1.0, &busy(USUAL));
    let width = |benches| {
        let Interval { low, high } = judge(&rounds, BARS, benches).unwrap().interval;
        high - low
    };
    assert!(width(100) >= width(1) && width(1) > 0.0);
}

#[test]
fn what_is_measured_anew_must_show_half_of_the_bar() {
    let quiet = [(0.0, 0.0); CONFIRMING];
    assert!(confirmed(&rounds(1.06, &quiet), 10) && !confirmed(&rounds(1.04, &quiet), 10));
    assert!(!confirmed(&rounds(2.0, &quiet[1..]), 10), "too few rounds bear nothing out");
}

#[test]
fn the_share_of_draws_left_out_is_rounded_down() {
    assert_eq!([share(2_000, 0.025), share(2_000, 0.05 / 38.0), share(2_000, 0.0)], [50, 2, 0]);
}

proptest! {
    #[test]
    fn the_unit_does_not_matter(times in prop::collection::vec((1u32..5_000, 1u32..5_000), 5..20), scale in 1u32..1_000) {
        let of = |scale: f64| -> Vec<Round> {
            times.iter().map(|(base, head)| Round { base: f64::from(*base) * scale, head: f64::from(*head) * scale }).collect()
        };
        let (one, other) = (judge(&of(1.0), BARS, 5).unwrap(), judge(&of(f64::from(scale)), BARS, 5).unwrap());
        prop_assert!((one.change - other.change).abs() < 1e-9);
        prop_assert!(one.interval.low <= one.interval.high);
    }

    #[test]
    fn equal_sides_never_raise_an_alarm(times in prop::collection::vec(1u32..5_000, 1..20)) {
        let rounds: Vec<Round> = times.iter().map(|time| Round { base: f64::from(*time), head: f64::from(*time) }).collect();
        let verdict = judge(&rounds, BARS, 1).unwrap().verdict;
        prop_assert!(!matches!(verdict, Verdict::Fails | Verdict::Warns), "{:?}", verdict);
    }

    #[test]
    fn a_slowdown_without_any_noise_is_always_found(base in 1u32..1_000, percent in 31u32..900) {
        let head = f64::from(base) * (1.0 + f64::from(percent) / 100.0);
        let rounds = vec![Round { base: f64::from(base), head }; FEWEST];
        prop_assert_eq!(judge(&rounds, BARS, 50).unwrap().verdict, Verdict::Fails);
    }
}
