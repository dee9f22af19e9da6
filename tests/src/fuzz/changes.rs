//! What git says of a change.

use cargo_gate::parse::{git_diff, git_objects, pushed_refs};

use super::Input;

pub(super) fn git_diff(input: Input<'_>) {
    let whole = match git_diff::parse(input.bytes) {
        Ok(whole) => whole,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    for (file, ranges) in &whole.files {
        assert!(!file.is_empty());
        for range in ranges {
            assert!(range.start() <= range.end() && whole.has(file, *range.end()), "{file}: {range:?}");
        }
    }
    let part = input.part();
    // nothing at all is what git says where nothing was changed
    if !part.is_empty()
        && let Ok(part) = git_diff::parse(part)
    {
        assert_eq!(part, whole, "a lost line shows in the counts");
    }
}

/// All answers of git on objects: one input is tried as each of them.
pub(super) fn git_objects(input: Input<'_>) {
    let bytes = input.bytes;
    let _ = (git_objects::of_rev_list(bytes), git_objects::of_raw_diff(bytes));
    for asked in [0, 1, 3] {
        let Some(sizes) = git_objects::sizes(bytes, asked) else { continue };
        assert!(sizes.len() <= asked, "an answer for each question, and only blobs are kept");
        if let Some(contents) = git_objects::contents(bytes, &sizes) {
            assert_eq!(contents.len(), asked, "a content for each question");
        }
    }
}

pub(super) fn pushed_refs(input: Input<'_>) {
    let refs = match pushed_refs::pushed_refs(input.bytes) {
        Ok(refs) => refs,
        Err(error) => return assert!(!error.is_empty()),
    };
    let lines = input.bytes.split_inclusive(|byte| *byte == b'\n').count();
    assert_eq!(refs.len(), lines, "a ref for each line");
    for pushed in refs {
        assert!(!pushed.local.is_empty() && !pushed.remote.is_empty(), "{pushed:?}");
        for object in [pushed.object, pushed.before].into_iter().flatten() {
            assert!(object.len() >= 40 && object.bytes().all(|byte| byte.is_ascii_hexdigit()), "{object}");
            assert!(object.bytes().any(|byte| byte != b'0'), "zeros are no object");
        }
    }
}
