use std::collections::BTreeSet;

use super::*;
use crate::facts::tests::package;
use crate::gate::Options;

fn facts() -> Facts {
    let (root, target) = ("/ws".into(), "/ws/target".into());
    Facts { root, target, packages: vec![package("demo", "")], ..Facts::default() }
}

fn leaving_out(glob: &str) -> Options {
    Options { left_out: Globs::try_from(vec![glob.to_owned()]).unwrap(), ..Options::default() }
}

#[test]
fn what_is_counted_another_way_is_of_another_scope() {
    let (facts, options, selected) = (facts(), Options::default(), BTreeSet::new());
    let scope = |facts: &Facts, options: &Options, way: &str| {
        Coverage::default().scope(&Context::new(facts, options, &selected), way)
    };
    let one = scope(&facts, &options, "run");
    assert_eq!(one, scope(&facts, &options, "run"));
    assert_ne!(one, scope(&facts, &options, "tracefile"));
    assert_ne!(one, scope(&facts, &leaving_out("gen/**"), "run"));
    let mut newer = facts.clone();
    newer.toolchain.rustc = "rustc 1.99.0".into();
    assert_ne!(one, scope(&newer, &options, "run"));
}

#[test]
fn what_the_config_leaves_out_of_every_gate_is_not_measured_here_or_at_the_base() {
    let (facts, options, selected) = (facts(), leaving_out("gen/**"), BTreeSet::new());
    let text = b"SF:/ws/src/lib.rs\nDA:1,1\nend_of_record\nSF:/ws/gen/a.rs\nDA:1,0\nend_of_record\n";
    let cx = Context::new(&facts, &options, &selected);
    let measured = Coverage::default().measured(&cx, lcov::parse(text).unwrap(), &facts);
    assert_eq!(measured.files.keys().collect::<Vec<_>>(), ["src/lib.rs"]);
}
