//! In which order packages are uploaded: what is depended on comes first.

use std::collections::{BTreeMap, BTreeSet};

use super::crate_file::CrateFile;

/// Packages that need each other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("these packages depend on each other, so that none can be the first: {}", .0.join(", "))]
pub struct Cycle(pub Vec<String>);

/// The places of the packages in their order; those that could go at the same time are in the order of their names.
/// Only tests need a dev-dependency, so one that closes a circle does not count.
///
/// # Errors
/// Where packages depend on each other in a circle.
pub fn order(files: &[CrateFile]) -> Result<Vec<usize>, Cycle> {
    let places: BTreeMap<&str, usize> =
        files.iter().enumerate().map(|(place, file)| (file.name.as_str(), place)).collect();
    let needs = |file: &CrateFile, own: usize, with_dev: bool| -> BTreeSet<usize> {
        let counted = file.metadata.deps.iter().filter(|dependency| with_dev || dependency.kind != "dev");
        let found = counted.filter_map(|dependency| places.get(dependency.name.as_str()).copied());
        found.filter(|place| *place != own).collect()
    };
    let of_kind = |with_dev: bool| -> Vec<BTreeSet<usize>> {
        files.iter().enumerate().map(|(own, file)| needs(file, own, with_dev)).collect()
    };
    let (strict, all) = (of_kind(false), of_kind(true));
    let mut left: BTreeSet<(&str, usize)> = places.iter().map(|(name, place)| (*name, *place)).collect();
    let mut done: Vec<usize> = Vec::new();
    while !left.is_empty() {
        let ready = |needs: &[BTreeSet<usize>]| {
            let free = |place: usize| {
                needs.get(place).is_some_and(|needs| needs.iter().all(|one| done.contains(one)))
            };
            left.iter().copied().find(|(_, place)| free(*place))
        };
        let Some((name, place)) = ready(&all).or_else(|| ready(&strict)) else {
            return Err(Cycle(left.iter().map(|(name, _)| (*name).to_owned()).collect()));
        };
        left.remove(&(name, place));
        done.push(place);
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::super::crate_file::tests::sound;
    use super::*;

    fn ordered(packages: &[(&str, &str)]) -> Result<Vec<String>, Cycle> {
        let files: Vec<CrateFile> = packages.iter().map(|(name, rest)| sound(name, rest)).collect();
        Ok(order(&files)?.into_iter().map(|place| files[place].name.clone()).collect())
    }

    #[test]
    fn what_is_depended_on_comes_first_and_tests_alone_close_no_circle() {
        let app = "[dependencies]\nmid = \"1\"\n[build-dependencies.renamed]\npackage = \"zero\"\nversion = \"1\"\n";
        let mid = "[target.'cfg(unix)'.dependencies]\nzero = \"1\"\nserde = \"1\"\n";
        let zero = "[dev-dependencies]\napp = \"1\"\n";
        let sorted = ordered(&[("app", app), ("mid", mid), ("zero", zero), ("alone", "")]).unwrap();
        assert_eq!(sorted, ["alone", "zero", "mid", "app"]);
        let circle = ordered(&[("a", "[dependencies]\nb = \"1\"\n"), ("b", "[dependencies]\na = \"1\"\n")]);
        assert_eq!(circle, Err(Cycle(vec!["a".to_owned(), "b".to_owned()])));
    }
}
