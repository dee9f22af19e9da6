use super::*;
use crate::facts::Package;
use crate::repro::{Places, Spot};

fn places(root: &str) -> Places {
    let (cargo_home, target, home) =
        (format!("{root}-cargo"), format!("{root}/target"), format!("{root}-home"));
    Places { root: root.to_owned(), cargo_home, target, home }
}

fn unit(package: &str) -> Unit {
    let spot = Some(Spot {
        section: Some(".rodata.x".to_owned()),
        symbol: Some("x::y".to_owned()),
        ..Spot::default()
    });
    let (version, selector) = ("1.0.0".to_owned(), vec!["--lib".to_owned()]);
    Unit { package: package.to_owned(), version, selector, spot, inputs_equal: true, ..Unit::default() }
}

fn leak(base: Base, rest: &str, debug: bool) -> Leak {
    Leak { base, rest: rest.to_owned(), debug, section: ".rodata".to_owned() }
}

fn change(what: &str, first: &str, kind: Kind) -> Change {
    Change { what: what.to_owned(), first: first.to_owned(), second: "other".to_owned(), kind }
}

fn twin(units: Vec<Unit>, leaks: Vec<Leak>) -> Twin {
    let program = Program { name: "tool".to_owned(), spot: Some(Spot::default()), leaks };
    Twin {
        first: places("/ws"),
        second: places("/other/ws"),
        programs: vec![program],
        units,
        ..Twin::default()
    }
}

fn found(twin: &Twin) -> Vec<(String, String)> {
    let package = |name: &str, folder: &str| Package {
        name: name.to_owned(),
        folder: folder.to_owned(),
        ..crate::facts::tests::package(name, folder)
    };
    let facts = Facts { packages: vec![package("tool", ""), package("part", "part")], ..Facts::default() };
    explain(twin, &facts, None).into_iter().map(|finding| (finding.rule, finding.message)).collect()
}

fn rules(twin: &Twin) -> Vec<String> {
    found(twin).into_iter().map(|(rule, _)| rule).collect()
}

#[test]
fn equal_programs_have_no_finding_whatever_else_differs() {
    let mut twin = twin(vec![unit("tool")], Vec::new());
    twin.programs[0].spot = None;
    assert!(found(&twin).is_empty());
}

#[test]
fn each_kind_of_a_build_scripts_change_has_its_rule() {
    let changes =
        [(Kind::Time, "repro/time"), (Kind::Order, "repro/order"), (Kind::Value, "repro/build-script")];
    for (kind, rule) in changes {
        let script = Unit { changes: vec![change("the variable X", "1", kind)], ..unit("tool") };
        assert_eq!(rules(&twin(vec![script], Vec::new())), [rule]);
    }
}

#[test]
fn a_cause_in_one_program_hides_no_other_program() {
    let mut twin = twin(vec![unit("tool")], vec![leak(Base::Root, "/src/main.rs", false)]);
    twin.programs.push(Program { name: "other".to_owned(), spot: Some(Spot::default()), leaks: Vec::new() });
    assert_eq!(rules(&twin), ["repro/path", "repro/differs"]);
    assert!(found(&twin)[1].1.contains("`other`"));
}

#[test]
fn what_a_script_leaves_beside_the_code_counts_only_where_nothing_else_is_there() {
    let log = || Unit { changes: vec![change("the file log", "1", Kind::Value)], spot: None, ..unit("c") };
    let path = vec![leak(Base::Root, "/src/main.rs", false)];
    assert_eq!(rules(&twin(vec![log(), unit("tool")], path)), ["repro/path"]);
    assert_eq!(rules(&twin(vec![log(), unit("tool")], Vec::new())), ["repro/build-script"]);
}

#[test]
fn a_path_that_a_build_script_gives_counts_where_a_program_has_it() {
    let script = || Unit {
        changes: vec![change("the variable X", "/ws/target/build/tool-1/out", Kind::Path)],
        ..unit("tool")
    };
    let with = twin(vec![script()], vec![leak(Base::Target, "/build/tool-1/out", false)]);
    assert_eq!(rules(&with), ["repro/build-script"]);
    assert_eq!(rules(&twin(vec![script()], Vec::new())), ["repro/differs"]);
}

#[test]
fn paths_of_sources_are_one_finding_with_the_first_crate_in_build_order() {
    let leaks = vec![
        leak(Base::CargoHome, "/registry/src/index-1/aaa-1.0.0/src/lib.rs", false),
        leak(Base::CargoHome, "/registry/src/index-1/zzz-1.0.0/src/lib.rs", false),
    ];
    let found = found(&twin(vec![unit("zzz"), unit("aaa")], leaks));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, "repro/path");
    assert!(
        found[0].1.starts_with("`zzz` puts a path") && found[0].1.ends_with("(and 1 path of 1 crate more)"),
        "{found:?}"
    );
}

#[test]
fn a_path_of_a_members_folder_is_the_members() {
    let found = found(&twin(vec![unit("part")], vec![leak(Base::Root, "/part/data", false)]));
    assert!(
        found[0].1.starts_with("`part` puts a path of this build into the program `tool` (.rodata)"),
        "{found:?}"
    );
}

#[test]
fn paths_for_debuggers_alone_have_a_rule_of_their_own() {
    let debug = leak(Base::Root, "", true);
    assert_eq!(rules(&twin(vec![unit("tool")], vec![debug.clone()])), ["repro/debug-info"]);
    let both = vec![debug, leak(Base::CargoHome, "/registry/src/index-1/aaa-1.0.0/src/lib.rs", false)];
    assert_eq!(rules(&twin(vec![unit("tool")], both)), ["repro/path"]);
}

#[test]
fn what_differs_for_no_known_cause_is_named_with_section_and_symbol() {
    let found = found(&twin(vec![Unit { inputs_equal: false, ..unit("late") }, unit("first")], Vec::new()));
    let message = "`first` differs for a cause that is not known: .rodata.x, in `x::y`";
    assert_eq!(found, [("repro/differs".to_owned(), message.to_owned())]);
}

#[test]
fn a_macro_is_asked_where_nothing_else_explains_the_first_crate_that_differs() {
    let user = || Unit { macros: vec!["shuffle".to_owned()], ..unit("user") };
    let open = twin(vec![unit("plain"), user(), Unit { inputs_equal: false, ..user() }], Vec::new());
    assert_eq!(needs_expansion(&open), [1]);
    let explained = Unit { changes: vec![change("the variable X", "1", Kind::Time)], ..user() };
    assert!(needs_expansion(&twin(vec![explained], Vec::new())).is_empty());
    let expanded = Unit { expansion: Some("[2, 1]".to_owned()), ..user() };
    assert_eq!(rules(&twin(vec![expanded], Vec::new())), ["repro/proc-macro"]);
}
