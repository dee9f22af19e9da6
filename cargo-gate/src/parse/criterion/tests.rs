use super::*;

/// As criterion 0.8.2 wrote it.
const SAMPLE: &[u8] =
    br#"{"sampling_mode":"Linear","iters":[5.0,10.0,15.0],"times":[353948.0,751880.0,17175274.0]}"#;
const BENCHMARK: &[u8] = br#"{"group_id":"Reader::events","function_id":"big","value_str":null,"throughput":null,"full_id":"Reader::events/big","directory_name":"Reader__events/big","title":"Reader::events/big"}"#;
const ESTIMATES: &[u8] = br#"{"mean":{"confidence_interval":{"confidence_level":0.95,"lower_bound":155707.0,"upper_bound":551373.7},"point_estimate":344930.6,"standard_error":105392.2},"median":{"confidence_interval":{"confidence_level":0.95,"lower_bound":73680.94,"upper_bound":534077.8},"point_estimate":167255.7,"standard_error":144595.0},"median_abs_dev":null,"slope":null,"std_dev":null}"#;

fn export_of(estimates: &str) -> Vec<u8> {
    format!(
        r#"{{"name":"main","benchmarks":{{"a/b":{{"baseline":"main","fullname":"main/a/b",
        "criterion_benchmark_v1":{{"group_id":"a","full_id":"a/b","directory_name":"a/b"}},
        "criterion_estimates_v1":{estimates}}}}}}}"#
    )
    .into_bytes()
}

#[test]
fn a_sample_is_the_time_of_one_iteration() {
    let sample = sample(SAMPLE).unwrap();
    assert_eq!(sample.per_iteration.len(), 3);
    assert!((sample.shortest() - 353_948.0 / 5.0).abs() < 1e-9);
}

#[test]
fn a_bench_has_its_full_name_and_not_that_of_its_folder() {
    assert_eq!(benchmark(BENCHMARK).unwrap().full_id, "Reader::events/big");
    assert!(benchmark(br#"{"full_id":""}"#).is_err());
}

#[test]
fn estimates_have_their_interval() {
    let read = estimates(ESTIMATES).unwrap();
    assert!((read.mean.point - 344_930.6).abs() < 1e-6 && (read.median.low - 73_680.94).abs() < 1e-6);
}

#[test]
fn an_export_of_critcmp_is_read_in_both_spellings() {
    let text = String::from_utf8(ESTIMATES.to_vec()).unwrap();
    for text in [text.clone(), text.replace("mean", "Mean").replace("median\"", "Median\"")] {
        let read = export(&export_of(&text)).unwrap();
        assert_eq!(read.name, "main");
        assert!((read.benches["a/b"].mean.point - 344_930.6).abs() < 1e-6);
    }
}

#[test]
fn an_export_without_a_bench_is_an_error() {
    assert!(export(br#"{"name":"main","benchmarks":{}}"#).is_err());
}

#[test]
fn samples_that_cannot_be_are_errors() {
    for text in [
        r#"{"iters":[],"times":[]}"#,
        r#"{"iters":[1.0,2.0],"times":[1.0]}"#,
        r#"{"iters":[1.0],"times":[0.0]}"#,
        r#"{"iters":[0.0],"times":[5.0]}"#,
        r#"{"iters":[1.0],"times":[-5.0]}"#,
        r#"{"iters":[1.0],"times":[null]}"#,
        "{}",
        "",
    ] {
        assert!(sample(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn the_lists_of_criterion_and_of_libtest_are_told_apart() {
    let names = ["escape/plain", "Reader::events/big"].map(str::to_owned).to_vec();
    let criterion = b"loading data\nescape/plain: benchmark\n\nReader::events/big: benchmark\n\n";
    assert_eq!(list(criterion), Listing::Criterion(names));
    assert_eq!(list(b"old: bench\n"), Listing::Criterion(vec!["old".to_owned()]));
    assert_eq!(list(b"speed: benchmark\n\n0 tests, 1 benchmark\n"), Listing::Libtest(1));
    assert_eq!(list(b"a: test\n\n1 test, 0 benchmarks\r\n"), Listing::Libtest(0));
    assert_eq!(list(b"Timer precision: 20 ns\n"), Listing::Nothing);
    assert_eq!(list(b""), Listing::Nothing);
}

#[test]
fn a_file_that_is_cut_short_is_an_error_wherever_it_ends() {
    for cut in 0..SAMPLE.len() {
        assert!(sample(&SAMPLE[..cut]).is_err(), "{cut}");
    }
    for cut in 0..BENCHMARK.len() {
        assert!(benchmark(&BENCHMARK[..cut]).is_err(), "{cut}");
    }
    for cut in 0..ESTIMATES.len() {
        assert!(estimates(&ESTIMATES[..cut]).is_err(), "{cut}");
    }
    let whole = export_of(std::str::from_utf8(ESTIMATES).unwrap());
    for cut in 0..whole.len() {
        assert!(export(&whole[..cut]).is_err(), "{cut}");
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        let _ = (benchmark(&bytes), sample(&bytes), estimates(&bytes), export(&bytes), list(&bytes));
    }

    #[test]
    fn what_was_measured_is_what_is_read(pairs in proptest::collection::vec((1u32..1_000_000, 1u32..1_000_000), 1..50)) {
        let (iters, times): (Vec<f64>, Vec<f64>) =
            pairs.iter().map(|(iters, time)| (f64::from(*iters), f64::from(*time))).unzip();
        let read = sample(serde_json::json!({ "iters": iters, "times": times }).to_string().as_bytes()).unwrap();
        let least = iters.iter().zip(&times).map(|(i, t)| t / i).fold(f64::INFINITY, f64::min);
        proptest::prop_assert!((read.shortest() - least).abs() <= least * 1e-12);
    }
}
