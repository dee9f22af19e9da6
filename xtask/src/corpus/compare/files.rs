//! Which files are production code, against what the compiler read.

use std::collections::BTreeSet;

use super::Difference;

/// Compares the files that we judge as production code, and those of which we say that a build
/// surely reads them, with the files that the compiler read for libraries and programs.
pub(in crate::corpus) fn files(
    judged: &BTreeSet<String>,
    surely: &BTreeSet<String>,
    compiled: &BTreeSet<String>,
) -> Vec<Difference> {
    let overlooked = compiled.difference(judged);
    let unread = surely.difference(compiled);
    let elsewhere = judged.difference(compiled).filter(|file| !surely.contains(*file));
    overlooked
        .map(|file| Difference::unexplained("compiled as production code, and not judged as such", file))
        .chain(
            unread.map(|file| Difference::unexplained("said to be read by every build, and not read", file)),
        )
        .chain(
            elsewhere.map(|file| {
                Difference::explained("judged, and in no library or program of this build", file)
            }),
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_compiled_file_must_be_judged_and_a_sure_one_compiled() {
        let found = files(&set(&["a", "b", "c"]), &set(&["a", "b"]), &set(&["a", "d"]));
        let found: Vec<(bool, &str)> = found.iter().map(|d| (d.explained, d.what.as_str())).collect();
        assert_eq!(found, [(false, "d"), (false, "b"), (true, "c")]);
    }
}
