//! What a candidate is made of, and what is read of it before anything is unpacked or sent.

use std::io::{Read, Write};

use cargo_gate::verdict::Status;
use cargo_promote::candidate::Candidate;
use cargo_promote::digest::Digest;
use cargo_promote::publish::{CrateFile, in_flight, read_journal, written};
use cargo_promote::stage::archive::{Form, check_path, inspect};
use cargo_promote::stage::{Recorded, Verdict, checksums};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::Input;

/// An archive that is found sound unpacks to what was looked at, whichever program unpacks it.
pub(super) fn archive(input: Input<'_>) {
    let size = input.bytes.len() as u64;
    let _ = inspect(input.bytes, size, Form::TarGz, None);
    let looked = inspect(input.bytes, size, Form::Tar, None);
    let packed = packed(input.bytes);
    assert_eq!(
        inspect(packed.as_slice(), size, Form::TarGz, None),
        looked,
        "a packed archive is judged alike"
    );
    let looked = match looked {
        Ok(looked) => looked,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let (mut entries, mut unpacked) = (0, 0);
    // what other programs may read behind the end is read here as well
    let mut archive = tar::Archive::new(input.bytes);
    archive.set_ignore_zeros(true);
    for entry in archive.entries().into_iter().flatten() {
        assert!(entry.is_ok(), "it is sound, and cannot be read");
        let Ok(mut entry) = entry else { return };
        let kind = entry.header().entry_type();
        if kind.is_pax_global_extensions() {
            continue;
        }
        assert!(kind.is_file() || kind.is_dir(), "{kind:?}");
        assert!(check_path(&entry.path_bytes()).is_ok(), "{:?}", entry.path_bytes());
        entries += 1;
        unpacked += std::io::copy(&mut entry.by_ref(), &mut std::io::sink()).unwrap_or(u64::MAX);
    }
    assert_eq!((entries, unpacked), (looked.entries, looked.unpacked));
    if let Ok(part) = inspect(input.part(), size, Form::Tar, None) {
        assert_eq!(part, looked, "only zeros at the end may be missing");
    }
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut stream = GzEncoder::new(Vec::new(), Compression::none());
    let written = stream.write_all(bytes).and_then(|()| stream.finish());
    written.unwrap_or_default()
}

/// The archive of a package, before it is packed: what is taken for one is sound as an archive.
pub(super) fn crate_file(input: Input<'_>) {
    const FILE: &str = "a-1.0.0.crate";
    let _ = CrateFile::read(FILE, input.bytes.to_vec());
    let bytes = packed(input.bytes);
    let package = match CrateFile::read(FILE, bytes.clone()) {
        Ok(package) => package,
        Err(error) => return assert!(error.to_string().starts_with(FILE)),
    };
    assert_eq!((package.shown().as_str(), package.digest), ("a 1.0.0", Digest::of(&bytes)));
    let looked = inspect(bytes.as_slice(), bytes.len() as u64, Form::TarGz, Some("a-1.0.0"));
    assert!(looked.is_ok(), "{looked:?}");
    assert!(CrateFile::read(FILE, bytes.get(..bytes.len() - 1).unwrap_or_default().to_vec()).is_err());
}

/// One candidate has one form, and names no file outside of its folder.
pub(super) fn candidate(input: Input<'_>) {
    let read = match Candidate::read(input.bytes.to_vec()) {
        Ok(read) => read,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert_eq!(Candidate::new(read.manifest()).as_ref(), Ok(&read), "what is written reads the same");
    assert_eq!(read.digest(), Digest::of(input.bytes));
    for artifact in &read.manifest().artifacts {
        let name = artifact.name.as_str();
        assert!(!name.contains(['/', '\\', ':', '\0']) && !name.starts_with('.'), "{name}");
    }
    if input.part().len() < input.bytes.len() {
        assert!(Candidate::read(input.part().to_vec()).is_err(), "what was cut short is none");
    }
}

/// A line for each name.
pub(super) fn checksums(input: Input<'_>) {
    let read = match checksums::read(input.bytes) {
        Ok(read) => read,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let parts = input.bytes.split(|byte| *byte == b'\n').count();
    assert_eq!(read.len() + 1, parts, "a name before each line end");
    if let Ok(part) = checksums::read(input.part()) {
        assert!(part.iter().all(|(name, digest)| read.get(name) == Some(digest)), "a part is a part");
    }
}

/// What was begun is never forgotten by what is read of the first lines.
pub(super) fn publish_journal(input: Input<'_>) {
    let records = match read_journal(input.bytes) {
        Ok(records) => records,
        Err(error) => return assert!(error.starts_with("line "), "{error}"),
    };
    assert!(in_flight(&records).len() <= records.len());
    let again: Result<String, _> = records.iter().map(written).collect();
    let again = again.unwrap_or_default();
    assert_eq!(read_journal(again.as_bytes()).as_ref(), Ok(&records), "what is written reads the same");
    let part = read_journal(input.part());
    assert!(part.is_ok_and(|part| records.starts_with(&part)), "what was cut short is its beginning");
}

/// What `cargo bulletproof` says: nothing but a pass on this very tree lets anything be staged.
pub(super) fn release_verdict(input: Input<'_>) {
    let (commit, tree) = ("1".repeat(40), "2".repeat(40));
    let of_run = Verdict::of_run(input.bytes, &commit, &tree);
    let recorded = match Verdict::recorded(input.bytes, &tree) {
        Recorded::Whole(verdict) => Some(verdict),
        Recorded::Part | Recorded::None => None,
    };
    for verdict in [of_run.as_ref().ok(), recorded.as_ref()].into_iter().flatten() {
        assert_eq!(verdict.tree, tree);
        assert!(!verdict.gates.is_empty());
        let passed = |status: &Status| matches!(status, Status::Passed | Status::Warned | Status::Skipped);
        assert!(verdict.gates.values().all(passed), "{:?}", verdict.gates);
    }
    let part = input.part().trim_ascii_end();
    if part.len() < input.bytes.trim_ascii_end().len() {
        assert!(Verdict::of_run(part, &commit, &tree).is_err());
        assert_eq!(Verdict::recorded(part, &tree), Recorded::None);
    }
    if let Err(error) = of_run {
        assert!(!error.to_string().is_empty());
    }
}
