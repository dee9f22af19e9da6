//! `fmt` against `cargo fmt --check`.

use std::collections::BTreeSet;

use super::Difference;
use crate::corpus::truth::Formatting;

/// Compares the files that differ. We may name more only where `cargo fmt` never looked.
pub(in crate::corpus) fn formatting(ours: &BTreeSet<String>, truth: &Formatting) -> Vec<Difference> {
    let missed = truth.different.difference(ours);
    let more = ours.difference(&truth.different);
    let errors = truth.errors.iter().filter(|_| ours.is_empty());
    missed
        .map(|file| Difference::unexplained("missed: only `cargo fmt` says it", file))
        .chain(errors.map(|error| Difference::unexplained("`cargo fmt` fails, and we find nothing", error)))
        .chain(more.map(|file| {
            if truth.seen.contains(file) {
                Difference::unexplained("only we say it", file)
            } else {
                Difference::explained("beyond `cargo fmt`: it never looks at the file", file)
            }
        }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_is_fine_only_where_cargo_fmt_never_looked() {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let truth =
            Formatting { seen: set(&["a", "b", "c"]), different: set(&["a", "b"]), errors: Vec::new() };
        let found = formatting(&set(&["a", "c", "stray"]), &truth);
        let found: Vec<(bool, &str)> = found.iter().map(|d| (d.explained, d.what.as_str())).collect();
        assert_eq!(found, [(false, "b"), (false, "c"), (true, "stray")]);
    }
}
