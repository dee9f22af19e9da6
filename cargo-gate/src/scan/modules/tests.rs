use std::collections::BTreeMap;

use super::{Reach, Root, RootKind, join, reach};
use crate::scan::{FileScan, scan};

/// Reaches from `src/lib.rs` (production), `tests/it.rs` and `build.rs`, where they are there.
fn reached(files: &[(&str, &str)]) -> BTreeMap<String, Reach> {
    let roots = [
        ("src/lib.rs", RootKind::Production),
        ("tests/it.rs", RootKind::Test),
        ("build.rs", RootKind::Build),
    ];
    let roots = roots.map(|(path, kind)| Root { path: path.to_owned(), kind });
    let scans: BTreeMap<&str, FileScan> = files.iter().map(|&(path, source)| (path, scan(source))).collect();
    reach(&roots, |path| scans.get(path)).0
}

/// The paths of the files that `src/lib.rs` with the given content reaches among `others`.
fn files_of(lib: &str, others: &[(&str, &str)]) -> Vec<String> {
    let mut files = vec![("src/lib.rs", lib)];
    files.extend(others);
    reached(&files).into_keys().filter(|path| path != "src/lib.rs").collect()
}

#[test]
fn a_module_is_a_file_or_a_folder_beside_a_root() {
    assert_eq!(files_of("mod a;", &[("src/a.rs", "")]), ["src/a.rs"]);
    assert_eq!(files_of("mod a;", &[("src/a/mod.rs", "")]), ["src/a/mod.rs"]);
    let both = [("src/a.rs", ""), ("src/a/mod.rs", ""), ("src/b.rs", "")];
    assert_eq!(files_of("mod a;", &both), ["src/a.rs", "src/a/mod.rs"]);
    assert_eq!(files_of("mod r#async;", &[("src/async.rs", "")]), ["src/async.rs"]);
    assert_eq!(reached(&[("build.rs", "mod b;"), ("b.rs", "")]).len(), 2);
}

#[test]
fn a_module_without_a_file_is_missing_at_both_its_places_and_one_with_a_file_at_none() {
    let scans = [("src/lib.rs", "mod a; mod b; mod c { include!(\"d.rs\"); }"), ("src/a/mod.rs", "")];
    let scans: BTreeMap<&str, FileScan> = scans.map(|(path, source)| (path, scan(source))).into();
    let roots =
        ["src/lib.rs", "src/main.rs"].map(|path| Root { path: path.to_owned(), kind: RootKind::Production });
    let (reached, missing) = reach(&roots, |path| scans.get(path));
    assert_eq!(reached.into_keys().collect::<Vec<_>>(), ["src/a/mod.rs", "src/lib.rs"]);
    let missing: Vec<String> = missing.into_iter().collect();
    assert_eq!(missing, ["src/b.rs", "src/b/mod.rs", "src/d.rs", "src/main.rs"]);
}

#[test]
fn a_module_of_a_module_is_in_its_folder() {
    let files = [("src/a.rs", "mod b;"), ("src/a/b.rs", ""), ("src/b.rs", "")];
    assert_eq!(files_of("mod a;", &files), ["src/a.rs", "src/a/b.rs"]);
    let files = [("src/a/mod.rs", "mod b;"), ("src/a/b.rs", "mod c;"), ("src/a/b/c.rs", "")];
    assert_eq!(files_of("mod a;", &files).len(), 3);
}

#[test]
fn inline_modules_add_folders() {
    assert_eq!(files_of("mod a { mod b { mod c; } }", &[("src/a/b/c.rs", "")]).len(), 1);
    let files = [("src/x.rs", "mod a { mod b; } mod c;"), ("src/x/a/b.rs", ""), ("src/x/c.rs", "")];
    assert_eq!(files_of("mod x;", &files).len(), 3);
}

#[test]
fn a_path_attribute_is_relative_to_the_folder_of_the_file() {
    let files = [("src/p/q.rs", "mod c;"), ("src/p/c.rs", ""), ("src/p/q/c.rs", "")];
    assert_eq!(files_of("#[path = \"p/q.rs\"] mod a;", &files), ["src/p/c.rs", "src/p/q.rs"]);
    assert_eq!(files_of("#[path = \"../x.rs\"] pub(crate) mod a;", &[("x.rs", "")]), ["x.rs"]);
    let files = [("src/x.rs", "#[path = \"y.rs\"] mod a;"), ("src/y.rs", ""), ("src/x/y.rs", "")];
    assert_eq!(files_of("mod x;", &files), ["src/x.rs", "src/y.rs"]);
}

#[test]
fn a_path_attribute_in_inline_modules_is_resolved_as_rustc_does() {
    let inline = "mod a { #[path = \"other.rs\"] mod b; }";
    assert_eq!(files_of(inline, &[("src/a/other.rs", "")]).len(), 1);
    assert_eq!(files_of("mod x;", &[("src/x.rs", inline), ("src/x/a/other.rs", "")]).len(), 2);
    let folder = "#[path = \"p\"] mod a { mod b; }";
    assert_eq!(files_of(folder, &[("src/p/b.rs", "")]).len(), 1);
    assert_eq!(files_of("mod x;", &[("src/x.rs", folder), ("src/p/b.rs", "")]).len(), 2);
}

#[test]
fn a_conditional_path_reaches_each_file_under_cfg() {
    let lib = "#[cfg_attr(unix, path = \"u.rs\")] #[cfg_attr(windows, path = \"w.rs\")] mod a;";
    let files = reached(&[("src/lib.rs", lib), ("src/u.rs", ""), ("src/w.rs", ""), ("src/a.rs", "")]);
    assert_eq!(files.len(), 4);
    assert!(files["src/lib.rs"].always);
    for path in ["src/u.rs", "src/w.rs", "src/a.rs"] {
        assert!(files[path].production && !files[path].always, "{path}");
    }
}

#[test]
fn cycles_end() {
    let files = [("src/a.rs", "#[path = \"lib.rs\"] mod a; #[path = \"a.rs\"] mod b;")];
    assert_eq!(files_of("#[path = \"a.rs\"] mod a;", &files), ["src/a.rs"]);
    assert_eq!(files_of("include!(\"lib.rs\");", &[]).len(), 0);
}

#[test]
fn test_modules_and_test_targets_are_not_production() {
    let files = reached(&[
        ("src/lib.rs", "#[cfg(test)] mod t; mod u; mod w; #[cfg(unix)] mod x; mod y;"),
        ("src/t.rs", "mod deep;"),
        ("src/t/deep.rs", ""),
        ("src/u.rs", ""),
        ("src/w.rs", "#![cfg(test)]"),
        ("src/x.rs", ""),
        ("src/y.rs", "#![cfg(unix)] mod z;"),
        ("src/y/z.rs", ""),
        ("tests/it.rs", "#[path = \"../src/u.rs\"] mod u;"),
        ("build.rs", ""),
    ]);
    let test = Reach { test: true, ..Reach::default() };
    assert_eq!(files["src/t.rs"], test);
    assert_eq!(files["src/t/deep.rs"], test);
    assert_eq!(files["src/w.rs"], test);
    assert_eq!(files["src/u.rs"], Reach { production: true, always: true, ..test });
    for path in ["src/x.rs", "src/y.rs", "src/y/z.rs"] {
        assert_eq!(files[path], Reach { production: true, ..Reach::default() }, "{path}");
    }
    assert_eq!(files["build.rs"], Reach { build: true, ..Reach::default() });
}

#[test]
fn modules_in_macros_are_reached_but_not_surely() {
    let lib = "cfg_if! { if #[cfg(unix)] { mod a; } } cfg_rt! { pub mod b; }";
    let files = reached(&[("src/lib.rs", lib), ("src/a.rs", ""), ("src/b.rs", "")]);
    assert_eq!(files["src/a.rs"], Reach { production: true, ..Reach::default() });
    assert_eq!(files["src/b.rs"], Reach { production: true, ..Reach::default() });
}

#[test]
fn an_included_file_has_the_reach_of_its_includer() {
    let files = reached(&[
        ("src/lib.rs", "mod a; #[cfg(test)] include!(\"t.rs\");"),
        ("src/a.rs", "include!(\"gen/lit.rs\");"),
        ("src/gen/lit.rs", "mod more;"),
        ("src/gen/more.rs", ""),
        ("src/t.rs", ""),
    ]);
    assert!(files["src/gen/lit.rs"].always && files["src/gen/more.rs"].always);
    assert_eq!(files["src/t.rs"], Reach { test: true, ..Reach::default() });
}

#[test]
fn rustfmt_is_kept_away_only_where_every_way_is_skipped() {
    let skip = "#[rustfmt::skip] mod a; mod b; #[cfg_attr(rustfmt, rustfmt_skip)] mod c;";
    let files = reached(&[
        ("src/lib.rs", skip),
        ("src/a.rs", "mod deep;"),
        ("src/a/deep.rs", ""),
        ("src/b.rs", ""),
        ("src/c.rs", ""),
        ("tests/it.rs", "#[path = \"../src/c.rs\"] mod c;"),
    ]);
    let skipped: Vec<_> = files.iter().filter(|(_, reach)| reach.rustfmt_skip).collect();
    assert_eq!(skipped.iter().map(|(path, _)| *path).collect::<Vec<_>>(), ["src/a.rs", "src/a/deep.rs"]);
}

#[test]
fn paths_are_normalised() {
    assert_eq!(join("a/b", "../c.rs"), "a/c.rs");
    assert_eq!(join("a", "../../c.rs"), "../c.rs");
    assert_eq!(join("", "./c.rs"), "c.rs");
    assert_eq!(join("a", "/c.rs"), "/c.rs");
    assert_eq!(join("", "../../x"), "../../x");
}
