//! Rust sources.

use std::ops::Range;

use cargo_gate::scan::{self, LineIndex};

use super::Input;

pub(super) fn scan(input: Input<'_>) {
    let Some(source) = input.text() else { return };
    let found = scan::scan(source);
    let comments: Vec<&Range<usize>> = found.comments.iter().map(|comment| &comment.span).collect();
    let strings: Vec<&Range<usize>> = found.strings.iter().map(|literal| &literal.span).collect();
    for (spans, what) in [(&comments, "comments"), (&strings, "strings")] {
        assert!(spans.iter().zip(spans.iter().skip(1)).all(|(a, b)| a.end <= b.start), "{what} in order");
    }
    let all = comments.iter().chain(&strings).copied();
    let panics = found.panics.iter().map(|site| &site.span);
    for span in all.chain(panics).chain(&found.test_code) {
        assert!(source.get(span.clone()).is_some(), "a place in the source: {span:?}");
    }
    let sorted = found.panics.is_sorted_by_key(|site| site.span.start);
    assert!(sorted, "places in the order of the source");
    let lines = LineIndex::new(source);
    for site in &found.panics {
        let place = lines.position(site.span.start);
        let line = lines.line_text(source, place.line);
        assert!(place.column as usize <= line.chars().count() + 1, "a column of its line: {site:?}");
    }
    assert_eq!(found, scan::scan(source), "equal sources are read alike");
}
