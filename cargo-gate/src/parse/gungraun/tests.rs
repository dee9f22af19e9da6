use super::*;

/// As gungraun-runner 0.17.2 wrote it, with other paths and without most metrics.
const SIX: &str = r#"{"baselines":[null,null],"benchmark_exe":"/ws/target/release/deps/work-a8763ab115def986","benchmark_file":"/ws/benches/work.rs","details":"1000","function_name":"bench_work","id":"large","kind":"LibraryBenchmark","module_path":"work::group::bench_work","package_dir":"/ws","profiles":[{"flamegraphs":[],"log_paths":["/home/large.log"],"out_paths":["/home/large.out"],"summaries":{"parts":[{"details":{"Left":{"command":"/ws/target/release/deps/work-a8763ab115def986 --gungraun-run 00000 00000 00001","details":null,"parent_pid":null,"part":1,"path":"/home/large.out","pid":11251,"thread":1}},"metrics_summary":{"Callgrind":{"D1MissRate":{"diffs":null,"metrics":{"Left":{"Float":23.076923076923077}}},"Ir":{"diffs":null,"metrics":{"Left":{"Int":6530}}}}}}],"total":{"regressions":[],"summary":{"Callgrind":{"D1MissRate":{"diffs":null,"metrics":{"Left":{"Float":23.076923076923077}}},"Ir":{"diffs":null,"metrics":{"Left":{"Int":6530}}},"TotalRW":{"diffs":null,"metrics":{"Left":{"Int":6543}}}}}}},"tool":"Callgrind"}],"project_root":"/ws","summary_output":{"format":"Json","path":"/home/summary.json"},"version":"6"}"#;

/// As gungraun-runner 0.20.0 wrote it, with other paths and without most metrics.
const SEVEN: &str = r#"{"baselines":[null,null],"benchmark_exe":"/ws/target/release/deps/work-c03708715eb67857","benchmark_file":"benches/work.rs","description":"(1000)","duration_ns":873711991,"function_name":"bench_work","group":"group","id":"large","kind":"LibraryBenchmark","module_path":"work::group::bench_work","output_dir":"/home/work/group/bench_work.large","package_dir":"","profiles":[{"data":{"parts":[{"metrics":{"D1MissRate":{"values":{"new":23.076923076923077}},"Ir":{"values":{"new":6530}}},"tool_run":{"new":{"command":"/ws/target/release/deps/work-c03708715eb67857 --gungraun-run d:d:000000 00000 00000 00001","part":1,"pid":26282,"thread":1}}}],"total":{"metrics":{"D1MissRate":{"values":{"new":23.076923076923077}},"Ir":{"values":{"new":6530}},"TotalRW":{"values":{"new":6543}}},"regressions":[]}},"duration_ns":873654431,"process_ns":873559235,"started_at":"2026-11-21T17:31:47.183510454Z","tool":"Callgrind"}],"project_root":"/ws","started_at":"2026-11-21T17:31:47.183478153Z","version":"7"}"#;

const LIST: &str = "work::group::bench_work::small: benchmark\nwork::group::bench_work::large: benchmark\n\n\
    0 tests, 2 benchmarks\n";

fn read(text: &str) -> Result<Summary, String> {
    summary(text.as_bytes()).map_err(|error| error.to_string())
}

#[test]
fn the_instructions_of_a_bench_are_read_from_both_forms() {
    let expected = Summary {
        name: "work::group::bench_work::large".to_owned(),
        counter: Counter::Callgrind,
        instructions: 6530,
    };
    assert_eq!(read(SIX), Ok(expected.clone()));
    assert_eq!(read(SEVEN), Ok(expected.clone()));
    // the schema of form 5 has the figures of form 6, that of form 4 has them bare
    assert_eq!(read(&SIX.replace(r#""version":"6""#, r#""version":"5""#)), Ok(expected.clone()));
    let four = SIX.replace(r#""version":"6""#, r#""version":"4""#).replace(r#"{"Int":6530}"#, "6530");
    assert_eq!(read(&four), Ok(expected));
}

#[test]
fn a_bench_without_an_id_has_the_name_of_its_function() {
    assert_eq!(read(&SIX.replace(r#""id":"large","#, "")).unwrap().name, "work::group::bench_work");
    assert_eq!(
        read(&SIX.replace(r#""id":"large""#, r#""id":null"#)).unwrap().name,
        "work::group::bench_work"
    );
}

#[test]
fn another_form_is_named_and_the_figures_of_one_form_are_not_read_as_another() {
    for version in ["3", "8", "6.1", ""] {
        let told = read(&SIX.replace(r#""version":"6""#, &format!(r#""version":"{version}""#))).unwrap_err();
        assert!(told.contains(&format!("a summary of the form {version}, which is not read")), "{told}");
    }
    assert!(read(&SIX.replace(r#""version":"6""#, r#""version":"7""#)).is_err());
    assert!(read(&SIX.replace(r#""version":"6""#, r#""version":"4""#)).is_err());
    assert!(read(&SEVEN.replace(r#""version":"7""#, r#""version":"6""#)).is_err());
    assert!(read(&SEVEN.replace(r#""version":"7""#, r#""version":7"#)).is_err(), "the version is text");
}

#[test]
fn figures_of_an_earlier_run_are_no_count() {
    let compared = |form: &str, from: &str, to: &str| {
        assert!(form.contains(from));
        read(&form.replace(from, to)).unwrap_err()
    };
    let told = compared(SIX, r#"{"Left":{"Int":6530}}"#, r#"{"Both":[{"Int":6530},{"Int":1}]}"#);
    assert!(told.contains("does not tell how many"), "{told}");
    compared(SIX, r#"{"Left":{"Int":6530}}"#, r#"{"Right":{"Int":6530}}"#);
    compared(SEVEN, r#"{"new":6530}"#, r#"{"new":6530,"old":1}"#);
    compared(SEVEN, r#"{"new":6530}"#, r#"{"old":6530}"#);
}

#[test]
fn a_count_of_nothing_or_of_another_kind_is_no_count() {
    for figure in
        [r#"{"Int":0}"#, r#"{"Int":-1}"#, r#"{"Float":6530.0}"#, r#"{"Int":"6530"}"#, "6530", "null"]
    {
        assert!(read(&SIX.replace(r#"{"Int":6530}"#, figure)).is_err(), "{figure}");
    }
    for figure in ["0", "6530.5", "null", r#"{"Int":6530}"#] {
        assert!(
            read(&SEVEN.replace(r#"{"new":6530}"#, &format!(r#"{{"new":{figure}}}"#))).is_err(),
            "{figure}"
        );
    }
    let told = read(&SEVEN.replace(r#""tool":"Callgrind""#, r#""tool":"DHAT""#)).unwrap_err();
    assert!(told.contains("neither with callgrind nor with cachegrind"), "{told}");
    assert!(
        read(&SEVEN.replace(r#""module_path":"work::group::bench_work""#, r#""module_path":"""#)).is_err()
    );
}

#[test]
fn cachegrind_counts_where_callgrind_does_not() {
    let read = read(&SEVEN.replace(r#""tool":"Callgrind""#, r#""tool":"Cachegrind""#)).unwrap();
    assert_eq!(read.counter, Counter::Cachegrind);
}

#[test]
fn a_summary_that_is_cut_short_is_none() {
    for form in [SIX, SEVEN] {
        for end in 0..form.len() {
            assert!(summary(form.as_bytes().get(..end).unwrap()).is_err(), "{end}");
        }
    }
}

#[test]
fn a_list_is_whole_or_not_read() {
    let names = ["work::group::bench_work::small", "work::group::bench_work::large"];
    assert_eq!(list(LIST.as_bytes()).unwrap(), names);
    assert_eq!(list(b"0 tests, 0 benchmarks\n").unwrap(), [""; 0]);
    for end in 0..LIST.len() - "benchmarks\n".len() {
        assert!(list(LIST.as_bytes().get(..end).unwrap()).is_err(), "{end}");
    }
    assert!(list(LIST.replace("2 benchmarks", "3 benchmarks").as_bytes()).is_err());
    let twice = list(LIST.replace("large", "small").as_bytes()).unwrap_err();
    assert!(twice.to_string().contains("two benches have the name"), "{twice}");
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read(bytes: Vec<u8>) {
        let _ = (summary(&bytes).is_ok(), list(&bytes).is_ok());
    }

    #[test]
    fn a_changed_byte_gives_no_other_count_without_a_change_of_the_figure(at in 0..SEVEN.len(), byte: u8) {
        let mut bytes = SEVEN.as_bytes().to_vec();
        bytes[at] = byte;
        let figure = SEVEN.rfind("6530").unwrap();
        if let Ok(read) = summary(&bytes) {
            proptest::prop_assert!(read.instructions == 6530 || (figure..figure + 6).contains(&at));
        }
    }
}
