use std::time::Duration;

use cargo_gate::config::Timeout;
use proptest::prelude::*;

use super::*;

fn readings(requests: f64, errors: f64) -> Readings {
    Readings { requests: Ok(requests), errors: Ok(errors), latency: Ok(0.1), crashes: Ok(0.0), age: Ok(1.0) }
}

fn outcome(candidate: &Readings, baseline: &Readings) -> (Outcome, String) {
    let window = judge(&Canary::default(), candidate, baseline);
    (window.outcome, window.why())
}

#[test]
fn equal_sides_with_enough_requests_are_good() {
    let (outcome, why) = outcome(&readings(1000.0, 2.0), &readings(9000.0, 20.0));
    assert_eq!(outcome, Outcome::Good, "{why}");
    assert_eq!(
        why,
        "errors 2 of 1000 requests, before 20 of 9000; the difference is -0.19 % to +0.39 %, +1.00 % may be; \
         p95 100.0 ms, before 100.0 ms; 125.0 ms may be; crashes 0, before 0; 0 may be"
    );
}

#[test]
fn more_errors_than_may_be_are_bad_and_few_requests_tell_nothing() {
    let before = readings(9000.0, 20.0);
    assert_eq!(outcome(&readings(1000.0, 50.0), &before).0, Outcome::Bad);
    let (between, why) = outcome(&readings(200.0, 2.0), &before);
    assert_eq!(between, Outcome::Inconclusive);
    assert!(why.starts_with("too few requests to tell: errors 2 of 200"), "{why}");
    let (few, why) = outcome(&readings(99.0, 99.0), &before);
    assert_eq!(few, Outcome::Inconclusive);
    assert!(why.contains("the candidate had 99 requests, 100 are needed"), "{why}");
    // a bad baseline is no excuse, and a bad candidate is no worse than a baseline as bad
    assert_eq!(outcome(&readings(1000.0, 300.0), &readings(9000.0, 2700.0)).0, Outcome::Inconclusive);
    assert_eq!(outcome(&readings(20_000.0, 6000.0), &readings(20_000.0, 6000.0)).0, Outcome::Good);
}

#[test]
fn a_slow_candidate_is_bad_unless_it_is_quick_enough_for_anybody() {
    let slow = |seconds| Readings { latency: Ok(seconds), ..readings(1000.0, 0.0) };
    assert_eq!(outcome(&slow(0.13), &slow(0.1)).0, Outcome::Bad);
    assert_eq!(outcome(&slow(0.12), &slow(0.1)).0, Outcome::Good);
    assert_eq!(outcome(&slow(0.049), &slow(0.001)).0, Outcome::Good);
    assert_eq!(outcome(&slow(0.051), &slow(0.0)).0, Outcome::Bad);
}

#[test]
fn crashes_count_against_those_of_the_baseline_and_need_no_requests() {
    let crashed = |crashes, requests| Readings { crashes: Ok(crashes), ..readings(requests, 0.0) };
    let (bad, why) = outcome(&crashed(1.0, 0.0), &crashed(0.0, 9000.0));
    assert_eq!((bad, why.as_str()), (Outcome::Bad, "crashes 1, before 0; 0 may be"));
    assert_eq!(outcome(&crashed(1.0, 1000.0), &crashed(1.0, 9000.0)).0, Outcome::Good);
    // what crashed is known of old samples too
    let stale = Readings { age: Ok(600.0), ..crashed(3.0, 1000.0) };
    assert_eq!(outcome(&stale, &crashed(0.0, 9000.0)).0, Outcome::Bad);
}

/// Each reading of each side, each way in which it can be missing.
#[test]
fn whatever_is_missing_on_either_side_is_never_good() {
    let whys = [
        NoValue::Empty,
        NoValue::NotFinite("NaN".to_owned()),
        NoValue::Several(2),
        NoValue::WrongType("matrix".to_owned()),
        NoValue::Warned("partial".to_owned()),
        NoValue::Refused { kind: "bad_data".to_owned(), said: "parse error".to_owned() },
        NoValue::Foreign("<html>".to_owned()),
        NoValue::Unreachable("connection refused".to_owned()),
    ];
    for why in whys {
        for reading in 0..5 {
            for candidate_is_it in [true, false] {
                let (mut candidate, mut baseline) = (readings(5000.0, 0.0), readings(5000.0, 0.0));
                let side = if candidate_is_it { &mut candidate } else { &mut baseline };
                let Readings { requests, errors, latency, crashes, age } = side;
                let place = [requests, errors, latency, crashes, age].into_iter().nth(reading).unwrap();
                *place = Err(why.clone());
                let (outcome, told) = outcome(&candidate, &baseline);
                assert_eq!(outcome, Outcome::Inconclusive, "{why:?} {reading}");
                assert!(told.contains(&why.to_string()), "{told}");
                assert!(told.contains(if candidate_is_it { "candidate" } else { "baseline" }), "{told}");
            }
        }
    }
}

#[test]
fn stale_negative_or_senseless_values_are_inconclusive() {
    let good = readings(5000.0, 0.0);
    for candidate in [
        Readings { age: Ok(61.0), ..good.clone() },
        Readings { requests: Ok(-5.0), ..good.clone() },
        Readings { errors: Ok(-1.0), ..good.clone() },
        Readings { errors: Ok(6000.0), ..good.clone() },
        Readings { latency: Ok(f64::NAN), ..good.clone() },
        Readings { latency: Ok(-0.1), ..good.clone() },
        Readings { crashes: Ok(f64::INFINITY), ..good.clone() },
    ] {
        assert_eq!(outcome(&candidate, &good).0, Outcome::Inconclusive, "{candidate:?}");
        assert_eq!(outcome(&good, &candidate).0, Outcome::Inconclusive, "{candidate:?}");
    }
}

#[test]
fn what_is_sure_to_be_bad_is_bad_whatever_else_is_missing() {
    let bad = Readings { latency: Err(NoValue::Empty), ..readings(1000.0, 500.0) };
    assert_eq!(outcome(&bad, &readings(9000.0, 0.0)).0, Outcome::Bad);
}

#[test]
fn only_what_is_asked_for_is_judged() {
    let settings = Canary { measures: vec![Measure::Errors], ..Canary::default() };
    let candidate = Readings { latency: Err(NoValue::Empty), crashes: Ok(9.0), ..readings(5000.0, 0.0) };
    let window = judge(&settings, &candidate, &readings(5000.0, 0.0));
    assert_eq!((window.outcome, window.measures.len()), (Outcome::Good, 1));
    let settings = Canary { max_age: Timeout(Duration::from_mins(2)), ..settings };
    let old = Readings { age: Ok(100.0), ..readings(5000.0, 0.0) };
    assert_eq!(judge(&settings, &old, &old).outcome, Outcome::Good);
}

/// Random numbers that are the same every time (splitmix64, by Steele, Lea and Flood).
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        f64::from(u32::try_from((bits ^ (bits >> 31)) >> 32).unwrap()) / 4_294_967_296.0
    }

    /// How many of so many requests fail: from one failure to the next, by the geometric distribution of what lies
    /// between, which takes as many steps as there are failures.
    fn failed(&mut self, requests: u32, rate: f64) -> f64 {
        let (mut place, mut failed) = (0.0, 0.0);
        loop {
            place += ((1.0 - self.next()).ln() / (1.0 - rate).ln()).floor() + 1.0;
            if place > f64::from(requests) {
                return failed;
            }
            failed += 1.0;
        }
    }
}

/// The shares of good and bad windows in 2,000 of them.
fn shares(seed: u64, candidate: (u32, f64), baseline: (u32, f64)) -> (f64, f64) {
    let settings = Canary { measures: vec![Measure::Errors], ..Canary::default() };
    let (mut random, mut good, mut bad) = (Random(seed), 0, 0);
    for _ in 0..2000 {
        let mut side = |(requests, rate)| readings(f64::from(requests), random.failed(requests, rate));
        match judge(&settings, &side(candidate), &side(baseline)).outcome {
            Outcome::Good => good += 1,
            Outcome::Bad => bad += 1,
            Outcome::Inconclusive => {}
        }
    }
    (f64::from(good) / 2000.0, f64::from(bad) / 2000.0)
}

#[test]
fn a_candidate_as_good_as_the_baseline_is_hardly_ever_called_bad() {
    for (seed, requests) in [(1, 100), (2, 500), (3, 2000)] {
        for rate in [0.0005, 0.005, 0.05, 0.2] {
            let (_, bad) = shares(seed, (requests, rate), (requests * 4, rate));
            assert!(bad <= 0.05, "{requests} requests, rate {rate}: {bad}");
        }
    }
}

#[test]
fn at_the_margin_itself_a_window_is_wrong_in_about_one_of_twenty_either_way() {
    for (seed, requests, rate) in [(4, 500, 0.005), (5, 2000, 0.005), (6, 500, 0.05), (7, 2000, 0.05)] {
        let (good, bad) = shares(seed, (requests, rate + 0.01), (requests * 4, rate));
        assert!(good <= 0.07 && bad <= 0.07, "{requests} requests, rate {rate}: good {good}, bad {bad}");
        // three in a row, by chance
        assert!(bad.powi(3) < 0.0005 && good.powi(3) < 0.0005);
    }
}

#[test]
fn what_is_clearly_worse_is_found_and_what_is_equal_passes_with_enough_requests() {
    let (good, bad) = shares(8, (500, 0.05), (2000, 0.005));
    assert!(good == 0.0 && bad > 0.95, "{good} {bad}");
    let (good, bad) = shares(9, (2000, 0.005), (2000, 0.005));
    assert!(good > 0.95 && bad == 0.0, "{good} {bad}");
}

proptest! {
    #[test]
    fn good_is_never_said_without_fresh_numbers_of_both(
        values in proptest::collection::vec(proptest::option::of(-10.0_f64..10_000.0), 10)
    ) {
        let reading = |place: usize| values[place].ok_or(NoValue::Empty);
        let side = |from: usize| Readings {
            requests: reading(from),
            errors: reading(from + 1),
            latency: reading(from + 2),
            crashes: reading(from + 3),
            age: reading(from + 4),
        };
        let (candidate, baseline) = (side(0), side(5));
        if judge(&Canary::default(), &candidate, &baseline).outcome == Outcome::Good {
            prop_assert!(values.iter().all(|value| value.is_some_and(|value| value >= -1.0)));
            let fresh = |side: &Readings| side.age.clone().unwrap() <= 60.0;
            prop_assert!(fresh(&candidate) && fresh(&baseline));
            prop_assert!(candidate.requests.unwrap() >= 99.5 && baseline.requests.unwrap() >= 99.5);
        }
    }
}
