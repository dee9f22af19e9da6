//! The kept inputs of the fuzzer, without the fuzzer: each decoder keeps its promises on them.

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use tests::fuzz::{Input, TARGETS, Target};

/// At how many places each input is cut.
const CUTS: usize = 8;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join("corpus")
}

fn decoders() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("cargo-gate/src/parse")
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// The inputs in that folder that break a promise.
fn broken(target: &Target, folder: &Path) -> Vec<String> {
    let mut broken = Vec::new();
    for name in names(folder) {
        let bytes = fs::read(folder.join(&name)).unwrap();
        let kept = catch_unwind(|| {
            (target.check)(Input::new(&bytes));
            Input::cuts(&bytes, CUTS).for_each(target.check);
        });
        if kept.is_err() {
            broken.push(format!("{}/{name}", target.name));
        }
    }
    broken
}

#[test]
fn every_target_has_a_corpus_and_every_corpus_a_target() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert_eq!(targets.len(), TARGETS.len(), "each name once");
    assert_eq!(names(&folder()), targets);
    for target in TARGETS {
        assert!(!names(&folder().join(target.name)).is_empty(), "{} has no input", target.name);
    }
}

#[test]
fn every_decoder_of_a_tools_output_is_fuzzed() {
    let text = fs::read_to_string(decoders().join("mod.rs")).unwrap();
    let public = text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let missing: Vec<&str> = public.filter(|name| tests::fuzz::find(name).is_none()).collect();
    assert_eq!(missing, [""; 0], "add them to tests/src/fuzz");
}

#[test]
fn every_kept_input_is_decoded_as_promised() {
    let broken: Vec<String> =
        TARGETS.iter().flat_map(|target| broken(target, &folder().join(target.name))).collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_recorded_output_of_a_tool_is_decoded_as_promised() {
    let recorded = decoders().join("recorded");
    let broken: Vec<String> = TARGETS
        .iter()
        .filter(|target| recorded.join(target.name).is_dir())
        .flat_map(|target| broken(target, &recorded.join(target.name)))
        .collect();
    assert!(broken.is_empty(), "{broken:#?}");
}
