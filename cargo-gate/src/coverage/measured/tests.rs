use super::*;
use crate::facts::Package;
use crate::parse::lcov::parse;

fn facts() -> Facts {
    let package = Package {
        name: "demo".into(),
        version: "0.1.0".into(),
        id: "demo".into(),
        folder: String::new(),
        edition: "2024".into(),
        publish: true,
        registries: Vec::new(),
        passed_by: false,
        licensed: true,
        rust_version: true,
        targets: Vec::new(),
        features: BTreeMap::new(),
        needs: Vec::new(),
    };
    Facts { root: "/ws".into(), target: "/ws/target".into(), packages: vec![package], ..Facts::default() }
}

fn measured(paths: &[&str]) -> Measured {
    let sections: String =
        paths.iter().flat_map(|path| ["SF:", path, "\nDA:1,1\nDA:2,0\nend_of_record\n"]).collect();
    Measured::new(
        parse(sections.as_bytes()).unwrap(),
        &facts(),
        |path| path != "src/other.rs",
        |path| path.starts_with("gen/").then_some(0),
    )
}

#[test]
fn sources_are_sorted_by_what_they_are() {
    let measured = measured(&[
        "/ws/src/lib.rs",
        "/ws/target/debug/build/demo-1/out/table.rs",
        "/home/u/.cargo/registry/src/x/lib.rs",
        "/ws/tests/it.rs",
        "/ws/src/a/tests.rs",
        "/ws/src/a_tests.rs",
        "/ws/src/latests.rs",
        "/ws/gen/x.rs",
        "/ws/src/other.rs",
        "/ws-other/src/lib.rs",
        "../outside.rs",
    ]);
    assert_eq!(measured.files.keys().collect::<Vec<_>>(), ["src/latests.rs", "src/lib.rs"]);
    assert_eq!(measured.left_out.generated, ["debug/build/demo-1/out/table.rs"]);
    assert_eq!(
        measured.left_out.elsewhere,
        ["../outside.rs", "/home/u/.cargo/registry/src/x/lib.rs", "/ws-other/src/lib.rs"]
    );
    assert_eq!(measured.left_out.tests, ["src/a/tests.rs", "src/a_tests.rs", "tests/it.rs"]);
    assert_eq!(measured.left_out.unselected, ["src/other.rs"]);
    assert_eq!(measured.left_out.excluded, [(0, "gen/x.rs".to_owned())]);
}

#[test]
fn a_source_of_a_package_below_the_root_that_is_no_member_is_elsewhere() {
    let files = ["Cargo.toml", "src/lib.rs", "vendor/x/Cargo.toml", "vendor/x/src/lib.rs"];
    let files: Vec<String> = files.map(str::to_owned).to_vec();
    let facts = Facts { files: files.clone(), ..crate::facts::with_files(facts(), &files) };
    let text =
        "SF:/ws/src/lib.rs\nDA:1,1\nend_of_record\nSF:/ws/vendor/x/src/lib.rs\nDA:1,1\nend_of_record\n";
    let measured = Measured::new(parse(text.as_bytes()).unwrap(), &facts, |_| true, |_| None);
    assert_eq!(measured.files.keys().collect::<Vec<_>>(), ["src/lib.rs"]);
    assert_eq!(measured.left_out.elsewhere, ["/ws/vendor/x/src/lib.rs"]);
}

#[test]
fn one_source_under_two_names_is_one_source() {
    let measured = measured(&["/ws/src/lib.rs", "src/lib.rs", "./src/../src/lib.rs", "src\\lib.rs"]);
    assert_eq!(measured.files.len(), 1);
    assert_eq!(measured.files["src/lib.rs"].hits(1), Some(4));
    assert_eq!(measured.figure(|_| true), Figure { hit: 1, total: 2 });
    assert_eq!(measured.figure(|path| path == "x"), Figure::default());
}

#[test]
fn the_counts_are_written_as_they_are_read() {
    let measured = measured(&["src/lib.rs"]);
    assert_eq!(measured.to_lcov(), "SF:src/lib.rs\nDA:1,1\nDA:2,0\nLF:2\nLH:1\nend_of_record\n");
    assert_eq!(parse(measured.to_lcov().as_bytes()).unwrap().files, measured.files);
}

#[test]
fn lines_without_code_do_not_part_a_run_and_reached_lines_do() {
    let counts = [(1, 0), (2, 0), (5, 0), (6, 1), (7, 0), (9, 0), (13, 0)]
        .map(|(line, hits)| LineCount { line, hits });
    let counts = LineCounts::new(counts.to_vec());
    assert_eq!(uncovered_runs(&counts, |_| true), [(1, 5), (7, 9), (13, 13)]);
    assert_eq!(uncovered_runs(&counts, |line| line != 2 && line < 9), [(1, 1), (5, 5), (7, 7)]);
}
