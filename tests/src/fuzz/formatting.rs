//! What rustfmt says.

use cargo_gate::parse::rustfmt;

use super::Input;

pub(super) fn rustfmt(input: Input<'_>) {
    let whole = rustfmt::parse(input.bytes);
    let part = rustfmt::parse(input.whole_lines());
    assert!(part.trees <= whole.trees);
    assert!(whole.files.starts_with(&part.files), "what is read of a tree does not depend on the next");
    let hunks = whole.files.iter().flat_map(|file| &file.hunks);
    assert!(hunks.into_iter().all(|hunk| hunk.first_change() >= hunk.line));
}
