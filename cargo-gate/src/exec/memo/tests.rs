use std::fs;

use super::*;
use crate::exec::trial_folder::TrialFolder;
use crate::step::Tool;

fn look_at(input: &Input) -> Option<String> {
    input.look(&Environment::default())
}

/// Whether a change is seen by a look.
#[track_caller]
fn is_seen(input: &Input, change: impl FnOnce()) {
    let before = look_at(input).unwrap();
    assert_eq!(look_at(input).as_ref(), Some(&before));
    change();
    assert_ne!(look_at(input), Some(before), "{input:?}");
}

#[test]
fn an_answer_is_used_again_once_its_inputs_were_the_same_before_and_after_it() {
    let folder = TrialFolder::new();
    let environment = Environment::default();
    let place = Some(folder.path("memo"));
    let input: BTreeSet<Input> = [Input::Content(folder.write("a", "1"))].into();
    let ask = |answer: &str| {
        let mut memo = Memo::at(place.clone(), &environment, "");
        let known = memo.answer();
        if known.is_none() {
            memo.keep(answer.as_bytes(), Some(input.clone()));
        }
        known
    };
    assert_eq!(ask("first"), None);
    assert_eq!(ask("second"), None, "what the first hung on was not known before it");
    assert_eq!(ask("third").as_deref(), Some("second"));
    folder.write("a", "2");
    assert_eq!(ask("fourth"), None);
    assert_eq!(ask("fifth").as_deref(), Some("fourth"), "its inputs were known and looked the same");
}

#[test]
fn an_answer_holds_only_for_what_is_told_of_it() {
    let folder = TrialFolder::new();
    let environment = Environment::default();
    let input: BTreeSet<Input> = [Input::Content(folder.write("a", "1"))].into();
    let memo = |told| Memo::at(Some(folder.path("memo")), &environment, told);
    memo("names").keep(b"first", Some(input.clone()));
    memo("names").keep(b"second", Some(input.clone()));
    assert_eq!(memo("other names").answer(), None);
    assert_eq!(memo("names").answer().as_deref(), Some("second"));
    memo("other names").keep(b"third", Some(input));
    assert_eq!(
        memo("other names").answer().as_deref(),
        Some("third"),
        "what else it hangs on was known before"
    );
    assert_eq!(memo("names").answer(), None);
}

#[test]
fn an_answer_whose_inputs_changed_while_it_was_given_is_not_believed() {
    let folder = TrialFolder::new();
    let environment = Environment::default();
    let place = Some(folder.path("memo"));
    let inputs: BTreeSet<Input> = [Input::Content(folder.write("a", "1"))].into();
    for answer in ["of 1", "of 1"] {
        Memo::at(place.clone(), &environment, "").keep(answer.as_bytes(), Some(inputs.clone()));
    }
    folder.write("a", "2");
    let memo = Memo::at(place.clone(), &environment, "");
    folder.write("a", "3");
    memo.keep(b"of 2, or of 3", Some(inputs));
    assert_eq!(Memo::at(place, &environment, "").answer(), None);
}

#[test]
fn an_answer_whose_inputs_cannot_be_told_is_not_remembered_and_without_a_cache_none_is() {
    let folder = TrialFolder::new();
    let environment = Environment { asks_anew: true, ..Environment::default() };
    for inputs in [None, Some([Input::Program(folder.path("none"))].into())] {
        Memo::at(Some(folder.path("memo")), &environment, "").keep(b"a", inputs);
        assert!(!folder.path("memo").exists());
    }
    assert!(Memo::of(&environment, &["a".into()]).place.is_none());
}

#[test]
fn a_memo_is_read_as_it_was_written_and_a_damaged_one_not_at_all() {
    let looks = [(Input::Content("a b".into()), "1".to_owned()), (Input::There("c".into()), "2".to_owned())];
    let record =
        Record { looks: looks.into(), told: "names".to_owned(), sure: true, answer: "one\ntwo\n".to_owned() };
    let text = record.text().unwrap();
    assert_eq!(parse(&text), Some(record));
    for end in 0..text.len() {
        assert_eq!(text.get(..end).and_then(parse), None, "cut at {end}");
    }
    assert_eq!(parse(&text.replace("one", "two")), None);
    assert_eq!(parse(&text.replace("true", "false")), None);
}

#[test]
fn a_question_is_known_by_its_words_and_by_the_variables_that_the_tools_read() {
    let slot = |words: &[&str], variables: &[(&str, &str)]| {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        slot(&words, variables.iter().map(|(name, value)| (name.into(), value.into())))
    };
    let plain = slot(&["cargo", "metadata"], &[]);
    assert_eq!(slot(&["cargo", "metadata"], &[("COLUMNS", "80"), ("EDITOR", "vi")]), plain);
    assert_ne!(slot(&["cargo", "metadata", "--offline"], &[]), plain);
    assert_ne!(slot(&["cargom", "etadata"], &[]), plain);
    for name in [
        "RUSTUP_TOOLCHAIN",
        "RUSTUP_HOME",
        "CARGO_HOME",
        "CARGO_TARGET_DIR",
        "RUSTC",
        "HOME",
        "LD_LIBRARY_PATH",
    ] {
        assert_ne!(slot(&["cargo", "metadata"], &[(name, "x")]), plain, "{name}");
    }
}

#[test]
fn files_count_by_their_content_and_by_being_there() {
    let folder = TrialFolder::new();
    for input in [Input::Content(folder.path("a")), Input::There(folder.path("a"))] {
        is_seen(&input, || drop(folder.write("a", "1")));
        is_seen(&input, || fs::remove_file(folder.path("a")).unwrap());
    }
    folder.write("a", "1");
    is_seen(&Input::Content(folder.path("a")), || drop(folder.write("a", "2")));
    assert_eq!(look_at(&Input::Content(folder.path(""))), None, "a folder has no content");
}

#[test]
fn a_package_counts_by_the_files_where_cargo_looks_for_targets() {
    let folder = TrialFolder::new();
    folder.write("src/lib.rs", "");
    let targets = Input::Targets(folder.path(""));
    let new = [
        "src/main.rs",
        "src/bin/a.rs",
        "src/bin/b/main.rs",
        "tests/c.rs",
        "tests/d/main.rs",
        "examples/e.rs",
    ];
    for file in new.into_iter().chain(["benches/f.rs", "build.rs", "README.md"]) {
        is_seen(&targets, || drop(folder.write(file, "")));
    }
    is_seen(&targets, || fs::remove_file(folder.path("src/lib.rs")).unwrap());
    folder.write("src/bin/g/other.rs", "");
    is_seen(&targets, || drop(folder.write("src/bin/g/main.rs", "")));
}

#[test]
fn new_members_changed_configuration_and_replaced_programs_are_seen() {
    let folder = TrialFolder::new();
    folder.write("crates/a/Cargo.toml", "");
    let members = Input::Members(folder.path("crates"));
    is_seen(&members, || drop(folder.write("crates/b/Cargo.toml", "")));
    let before = look_at(&members);
    folder.write("crates/c/notes", "");
    assert_eq!(look_at(&members), before, "no member without a manifest");
    let configs = Input::Configs(folder.path("crates/a"));
    is_seen(&configs, || drop(folder.write(".cargo/config.toml", "include = \"more.toml\"")));
    is_seen(&configs, || drop(folder.write(".cargo/more.toml", "a = 1")));
    is_seen(&configs, || drop(folder.write(".cargo/more.toml", "a = 2")));
    let program = folder.write("bin/rustc", "1");
    for input in [Input::Program(program.clone()), Input::Programs(folder.path("bin"))] {
        is_seen(&input, || drop(folder.write("bin/rustc", "a newer one")));
        folder.write("bin/rustc", "1");
    }
}

#[cfg(unix)]
#[test]
fn a_toolchain_that_is_linked_elsewhere_is_seen() {
    let folder = TrialFolder::new();
    let link = folder.path("toolchains/mine");
    folder.write("toolchains/stable/x", "");
    std::os::unix::fs::symlink("one", &link).unwrap();
    is_seen(&Input::Links(folder.path("toolchains")), || {
        fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink("two", &link).unwrap();
    });
}

#[cfg(unix)]
#[test]
fn a_proxy_hangs_on_all_by_which_rustup_chooses_and_another_wrapper_on_what_nobody_knows() {
    let folder = TrialFolder::new();
    folder.write("sysroot/bin/rustc", "");
    let rustup = folder.write("bin/rustup", "rustup");
    std::os::unix::fs::symlink(&rustup, folder.path("bin/rustc")).unwrap();
    folder.write("shims/rustc", "a script");
    let (sysroot, work) = (folder.path("sysroot"), folder.path("work/space"));
    let of = |program: &str| of_program(&folder.path(program), Tool::Rustc, &work, &sysroot);
    assert_eq!(of("shims/rustc"), None);
    let direct = of("sysroot/bin/rustc").unwrap();
    assert!(direct.contains(&Input::Program(sysroot.join("bin/rustc"))));
    assert!(direct.contains(&Input::Programs(sysroot.join("lib"))));
    let chosen: BTreeSet<Input> = of("bin/rustc").unwrap().difference(&direct).cloned().collect();
    for file in ["work/space/rust-toolchain.toml", "work/rust-toolchain", "rust-toolchain.toml"] {
        assert!(chosen.contains(&Input::Content(folder.path(file))), "{file}");
    }
    let settings = |input: &Input| matches!(input, Input::Content(path) if path.ends_with("settings.toml"));
    assert_eq!(chosen.iter().filter(|input| settings(input)).count(), 2);
    assert!(chosen.iter().any(|input| matches!(input, Input::Links(path) if path.ends_with("toolchains"))));
    assert!(chosen.contains(&Input::Program(folder.path("bin/rustc"))));
}

#[test]
fn the_workspace_hangs_on_its_manifests_those_above_its_targets_and_its_patterns() {
    let folder = TrialFolder::new();
    let root = folder.path("ws");
    let write =
        |members: &str| folder.write("ws/Cargo.toml", &format!("[workspace]\nmembers = [{members}]\n"));
    let manifest = root.join("crates/a/Cargo.toml");
    let target = root.join("crates/a/odd.rs");
    let answer = serde_json::json!({
        "workspace_root": root,
        "packages": [{ "manifest_path": manifest, "targets": [{ "src_path": target }] }],
    });
    let of = || of_metadata(answer.to_string().as_bytes(), &root);
    write("\"crates/*\", \"tool\"");
    let inputs = of().unwrap();
    for input in [
        Input::Members(root.join("crates")),
        Input::Targets(root.join("crates/a")),
        Input::There(target),
        Input::Content(manifest),
        Input::Content(root.join("Cargo.toml")),
        Input::Content(root.join("crates/Cargo.toml")),
        Input::Content(folder.path("Cargo.toml")),
        Input::Configs(root.clone()),
    ] {
        assert!(inputs.contains(&input), "{input:?}");
    }
    for members in ["\"**\"", "\"crates/*/parts/*\"", "\"*/a\""] {
        write(members);
        assert_eq!(of(), None, "{members}");
    }
    assert_eq!(of_metadata(b"{", &root), None);
}
