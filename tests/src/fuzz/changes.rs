//! What git says of a change.

use cargo_gate::parse::git_diff;

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
