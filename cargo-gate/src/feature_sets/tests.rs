use super::*;
use proptest::prelude::*;

fn known(features: &[(&str, &[&str])]) -> Known {
    let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    features.iter().map(|(name, values)| ((*name).to_owned(), owned(values))).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// `a` by itself, `b` with it, `d` for a hidden dependency, `o1` for a plain one.
fn usual() -> Known {
    known(&[
        ("default", &["a"]),
        ("a", &[]),
        ("b", &["a"]),
        ("c", &[]),
        ("d", &["dep:o2"]),
        ("full", &["a", "b", "c"]),
        ("o1", &["dep:o1"]),
    ])
}

fn texts(known: &Known, limits: &Limits) -> Vec<String> {
    let text = |flags: Features| match (flags.all, flags.no_default) {
        (true, _) => "all".to_owned(),
        (false, false) => "default".to_owned(),
        (false, true) => format!("[{}]", flags.names.join(",")),
    };
    combinations(known, limits).unwrap().into_iter().map(|one| text(one.flags)).collect()
}

#[test]
fn the_features_that_a_target_lacks_are_those_that_no_option_turns_on() {
    let mut package = crate::facts::tests::package("one", "one");
    package.features = known(&[("default", &["a"]), ("a", &[]), ("b", &["c"]), ("c", &[])]);
    let required_features = vec!["a".into(), "c".into()];
    let target = Target { required_features, ..crate::facts::tests::target("one", "bin", "one/src/main.rs") };
    let chosen = |names: &[&str], all, no_default| Features {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        all,
        no_default,
    };
    let off = |package: &Package, chosen: &Features| required_but_off(package, &target, chosen).join(" ");
    assert_eq!(off(&package, &chosen(&[], false, false)), "c");
    assert_eq!(off(&package, &chosen(&[], false, true)), "a c");
    assert_eq!(off(&package, &chosen(&[], true, false)), "");
    for names in ["b", "one/b"] {
        assert_eq!(off(&package, &chosen(&[names], false, false)), "", "{names}");
    }
    assert_eq!(off(&package, &chosen(&["other/b"], false, false)), "c");
    let beside = Package { passed_by: true, ..package };
    assert_eq!(off(&beside, &chosen(&["b"], false, true)), "c");
    assert_eq!(off(&beside, &chosen(&["one/b"], false, true)), "");
}

#[test]
fn each_feature_none_the_default_and_all_are_compiled() {
    let limits = Limits::default();
    let expected = ["default", "[]", "[a]", "[b]", "[c]", "[d]", "[full]", "[o1]", "all"];
    assert_eq!(texts(&usual(), &limits), expected);
    let without = Limits { optional_deps: false, ..limits };
    assert_eq!(texts(&usual(), &without), ["default", "[]", "[a]", "[b]", "[c]", "[d]", "[full]", "all"]);
}

#[test]
fn a_package_without_features_is_compiled_once() {
    assert_eq!(texts(&Known::new(), &Limits::default()), ["default"]);
}

#[test]
fn all_features_that_one_turns_on_are_no_combination_of_their_own() {
    let known = known(&[("a", &[]), ("full", &["a"])]);
    assert_eq!(texts(&known, &Limits::default()), ["[]", "[a]", "[full]"]);
}

/// The list that `cargo hack --feature-powerset --depth 2` prints for the same features.
#[test]
fn pairs_leave_out_those_in_which_one_turns_the_other_on() {
    let limits = Limits { depth: 2, optional_deps: false, ..Limits::default() };
    let pairs: Vec<String> = texts(&usual(), &limits).into_iter().filter(|text| text.contains(',')).collect();
    let expected = [
        "[a,c]",
        "[a,d]",
        "[b,c]",
        "[b,d]",
        "[b,default]",
        "[c,d]",
        "[c,default]",
        "[d,default]",
        "[d,full]",
        "[default,full]",
    ];
    assert_eq!(pairs, expected);
}

#[test]
fn a_skipped_feature_is_on_in_no_combination_and_the_rest_is_compiled_together() {
    let limits = Limits { skip: set(&["a"]), ..Limits::default() };
    assert_eq!(texts(&usual(), &limits), ["[]", "[c]", "[d]", "[o1]", "[c,d,o1]"]);
}

#[test]
fn features_that_exclude_each_other_are_never_on_together() {
    let limits = Limits { depth: 2, exclusive: vec![set(&["a", "c"])], ..Limits::default() };
    let found = combinations(&usual(), &limits).unwrap();
    assert!(found.iter().all(|one| !(one.on.contains("a") && one.on.contains("c"))));
    assert_eq!(uncovered(&usual(), &limits, &found), ["full"]);
}

#[test]
fn where_one_of_several_must_be_on_it_is() {
    let limits = Limits { one_of: vec![set(&["c", "d"]), set(&["unknown"])], ..Limits::default() };
    assert_eq!(texts(&usual(), &limits), ["[c]", "[d]", "[full]", "all"]);
}

#[test]
fn what_a_feature_turns_on_is_followed_through_dependencies() {
    let known = known(&[("a", &["o1/std", "o2?/std", "dep:o3"]), ("o1", &["dep:o1"]), ("o2", &["dep:o2"])]);
    assert_eq!(turned_on(&known, ["a"]), set(&["a", "o1"]));
}

#[test]
fn too_many_combinations_are_refused_and_not_cut() {
    let names: Vec<String> = (0..30).map(|number| format!("f{number}")).collect();
    let known: Known = names.into_iter().map(|name| (name, Vec::new())).collect();
    assert_eq!(combinations(&known, &Limits { depth: 30, ..Limits::default() }), Err(TooMany));
}

fn any_features() -> impl Strategy<Value = Known> {
    let name = "[a-e]|default";
    let value = prop_oneof![name.prop_map(|text: String| text), "(dep:)?[a-e]\\??(/x)?"];
    prop::collection::btree_map(name, prop::collection::vec(value, 0..4), 0..6)
}

proptest! {
    #[test]
    fn every_feature_is_on_somewhere_and_no_two_named_sets_are_equal(known in any_features(), depth in 1_usize..4) {
        let limits = Limits { depth, ..Limits::default() };
        let found = combinations(&known, &limits).unwrap();
        prop_assert!(uncovered(&known, &limits, &found).is_empty());
        let flags: BTreeSet<String> = found.iter().map(|one| format!("{:?}", one.flags)).collect();
        prop_assert_eq!(flags.len(), found.len());
        for one in found.iter().filter(|one| !one.flags.all) {
            prop_assert!(one.flags.names.iter().all(|name| one.on.contains(name)));
            prop_assert!(one.flags.names.len() <= depth);
        }
    }

    #[test]
    fn what_is_skipped_or_exclusive_is_kept_out(known in any_features(), depth in 1_usize..4) {
        let limits = Limits {
            depth,
            skip: set(&["a"]),
            exclusive: vec![set(&["b", "c"])],
            ..Limits::default()
        };
        for one in combinations(&known, &limits).unwrap() {
            prop_assert!(!one.on.contains("a"));
            prop_assert!(!(one.on.contains("b") && one.on.contains("c")));
        }
    }
}
