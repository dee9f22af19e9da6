use super::*;

/// As cargo-llvm-cov 0.9 writes it (LLVM 22).
const LLVM_COV: &str = "\
SF:/home/u/demo/src/lib.rs
FN:1,_RNvCs5fRcz1SXLuo_4demo3add
FN:5,_RNvCs5fRcz1SXLuo_4demo6unused
FNDA:2,_RNvCs5fRcz1SXLuo_4demo3add
FNDA:0,_RNvCs5fRcz1SXLuo_4demo6unused
FNF:2
FNH:1
DA:1,2
DA:2,2
DA:3,2
DA:5,0
DA:6,0
BRF:0
BRH:0
LF:5
LH:3
end_of_record
";

/// As tarpaulin 0.32 writes it.
const TARPAULIN: &str = "TN:\nSF:/home/u/demo/src/lib.rs\nFN:1,add\nFNDA:1,add\nFNF:1\nDA:1,1\nDA:2,18446744073709551615\nLF:2\nLH:2\nend_of_record\n";

/// As grcov 0.8 writes it.
const GRCOV: &str = "TN:\nSF:src/lib.rs\nFN:1,demo::add\nFNDA:1,demo::add\nFNF:1\nFNH:1\nBRDA:2,0,0,1\nBRDA:2,0,1,-\nBRF:2\nBRH:1\nDA:1,1\nDA:2,0\nLF:2\nLH:1\nend_of_record\n";

/// As lcov 2 writes it, with a comment, a version, a checksum and Windows' line ends.
const LCOV_2: &str = "# a comment\r\nTN:unit\r\nSF:src/lib.rs\r\nVER:1\r\nFNL:0,1,3\r\nFNA:0,4,add\r\nFNF:1\r\nFNH:1\r\nBRDA:2,e0,0,-\r\nMCDC:2,1,t,0,0,\r\nMCF:1\r\nMCH:0\r\nDA:1,4,2Zk5QJ1jmHDgXVQpUOqAMQ\r\n\r\nDA:2,0\r\nLF:2\r\nLH:1\r\nend_of_record\r\n";

fn counts(lcov: &Lcov, path: &str) -> Vec<(u32, u64)> {
    lcov.files[path].iter().map(|count| (count.line, count.hits)).collect()
}

fn problems(text: &str) -> Vec<(usize, String)> {
    parse(text.as_bytes()).unwrap_err().problems.into_iter().map(|one| (one.line, one.what)).collect()
}

#[test]
fn the_forms_of_all_four_tools_are_read() {
    let lcov = parse(LLVM_COV.as_bytes()).unwrap();
    let path = "/home/u/demo/src/lib.rs";
    assert_eq!(counts(&lcov, path), [(1, 2), (2, 2), (3, 2), (5, 0), (6, 0)]);
    assert_eq!((lcov.files[path].total(), lcov.files[path].hit()), (5, 3));
    assert_eq!(counts(&parse(TARPAULIN.as_bytes()).unwrap(), path), [(1, 1), (2, u64::MAX)]);
    assert_eq!(counts(&parse(GRCOV.as_bytes()).unwrap(), "src/lib.rs"), [(1, 1), (2, 0)]);
    assert_eq!(counts(&parse(LCOV_2.as_bytes()).unwrap(), "src/lib.rs"), [(1, 4), (2, 0)]);
}

#[test]
fn sections_of_one_source_are_merged_in_any_order() {
    let text = "SF:a\nDA:3,1\nDA:1,0\nend_of_record\nSF:b\nDA:1,1\nend_of_record\nSF:a\nDA:2,0\nDA:1,5\nend_of_record\n";
    let lcov = parse(text.as_bytes()).unwrap();
    assert_eq!(counts(&lcov, "a"), [(1, 5), (2, 0), (3, 1)]);
    assert_eq!(lcov.files.len(), 2);
}

#[test]
fn a_line_that_is_named_twice_has_both_counts() {
    let lcov = parse(b"SF:a\nDA:1,0\nDA:1,2\nDA:1,18446744073709551615\nend_of_record\n").unwrap();
    assert_eq!(counts(&lcov, "a"), [(1, u64::MAX)]);
    assert_eq!((lcov.files["a"].hits(1), lcov.files["a"].hits(2)), (Some(u64::MAX), None));
}

#[test]
fn every_malformed_line_is_named_with_its_number() {
    let text =
        "SF:a\nDA:1\nDA:x,1\nDA:1,2x\nDA:0,1\nDA:-1,1\nDA:1,-1\nDA:4294967296,1\nwhat\nend_of_record\n";
    let found = problems(text);
    assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(found[0].1, "`DA:1` is not `DA:LINE,COUNT`");
    assert_eq!(found[7].1, "`what` is no lcov record");
    let error = parse(text.as_bytes()).unwrap_err().to_string();
    assert!(error.starts_with("line 2: `DA:1` is not `DA:LINE,COUNT`\nline 3: "), "{error}");
}

#[test]
fn a_record_outside_a_section_and_a_section_without_an_end_are_errors() {
    assert_eq!(problems("DA:1,1\n")[0].0, 1);
    assert_eq!(problems("end_of_record\n")[0].0, 1);
    assert_eq!(problems("LF:1\n")[0].0, 1);
    let found = problems("SF:a\nDA:1,1\nSF:b\nDA:1,1\nend_of_record\n");
    assert_eq!(found, [(3, "the section of `a` has no `end_of_record`".to_owned())]);
    let found = problems("SF:a\nDA:1,1\n");
    assert_eq!(found, [(2, "the section of `a` has no `end_of_record`: the file is cut short".to_owned())]);
    assert_eq!(problems("SF:\n")[0].1, "`SF:` names no file");
    assert!(parse(b"SF:\xff\nend_of_record\n").unwrap_err().to_string().contains("not UTF-8"));
}

#[test]
fn a_file_of_another_kind_gives_a_bounded_error() {
    let error = parse("{\n".repeat(100_000).as_bytes()).unwrap_err();
    assert_eq!(error.problems.len(), LcovError::MOST);
    assert!(error.to_string().ends_with("were not read"));
    assert!(parse(&vec![b'x'; 1 << 20]).unwrap_err().to_string().len() < 300);
}

#[test]
fn an_empty_file_has_no_counts() {
    assert_eq!(parse(b"").unwrap(), Lcov::default());
}

proptest::proptest! {
    #[test]
    fn any_bytes_give_counts_or_an_error(bytes: Vec<u8>) {
        let _ = parse(&bytes).map_err(|error| error.to_string());
    }

    #[test]
    fn records_in_any_order_give_counts_or_an_error(
        lines in proptest::collection::vec("(SF:[ab]|DA:[0-9]{0,2},[0-9]{0,2}|end_of_record|LF:1|[a-z]{0,3})\r?", 0..40),
    ) {
        if let Ok(lcov) = parse(lines.join("\n").as_bytes()) {
            for counts in lcov.files.values() {
                let lines: Vec<u32> = counts.iter().map(|count| count.line).collect();
                proptest::prop_assert!(lines.is_sorted_by(|a, b| a < b));
            }
        }
    }

    #[test]
    fn a_section_that_is_cut_anywhere_is_an_error(cut in 1..LLVM_COV.len() - 1) {
        proptest::prop_assert!(parse(&LLVM_COV.as_bytes()[..cut]).is_err());
    }

    #[test]
    fn what_is_written_is_read_again(hits in proptest::collection::vec(0_u64..=u64::MAX, 1..50)) {
        let records: Vec<String> = hits.iter().zip(1..).map(|(hits, line)| format!("DA:{line},{hits}")).collect();
        let lcov = parse(format!("SF:a\n{}\nend_of_record\n", records.join("\n")).as_bytes()).unwrap();
        let read: Vec<u64> = lcov.files["a"].iter().map(|count| count.hits).collect();
        proptest::prop_assert_eq!(read, hits);
    }
}
