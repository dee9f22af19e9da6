//! References of a git repository that show what the ledger says: which they are, which lag behind, and the one push
//! that brings them up to date.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::config::{Config, Mirrors};
use crate::ledger::State;
use crate::select;

/// The most references of one push: of a push with more tags GitHub tells nobody.
const MOST_AT_ONCE: usize = 3;

/// A reference of a remote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The object that it names: what a lease compares.
    pub object: String,
    /// The commit that is meant, which an annotated tag names in its turn.
    pub commit: String,
}

/// A reference of git, or a name in a store, that does not show what the ledger says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lag {
    /// Its whole name.
    pub reference: String,
    /// The object, or the digest, that it names now; none where there is no such reference.
    pub is: Option<String>,
    /// The commit, or the digest, that it is to name.
    pub wanted: String,
}

/// The references that there should be, with their commits.
pub fn wanted(config: &Config, state: &State) -> BTreeMap<String, String> {
    let Mirrors { remote, tag, staged_tag } = &config.mirrors;
    if remote.is_none() {
        return BTreeMap::new();
    }
    let commit = |digest| state.candidates.get(&digest).map(|staged| staged.commit.clone());
    let of_environments = config.environments.iter().filter_map(|environment| {
        let name = tag.replace("{environment}", environment.name.as_str());
        Some((format!("refs/tags/{name}"), commit(state.current(&environment.name)?)?))
    });
    let staged = select::newest(state).and_then(commit);
    of_environments.chain(staged.map(|commit| (format!("refs/tags/{staged_tag}"), commit))).collect()
}

/// What `git ls-remote` tells, a line a reference; the commit of an annotated tag follows it with `^{}`.
///
/// # Errors
/// The line that is none.
pub fn references(told: &str) -> Result<BTreeMap<String, Reference>, String> {
    let mut found: BTreeMap<String, Reference> = BTreeMap::new();
    for line in told.lines() {
        let bad = || format!("git ls-remote told `{}`", line.escape_debug());
        let (object, name) = line.split_once('\t').ok_or_else(bad)?;
        let is_object =
            matches!(object.len(), 40 | 64) && object.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_object || name.is_empty() {
            return Err(bad());
        }
        if let Some(tag) = name.strip_suffix("^{}") {
            object.clone_into(&mut found.get_mut(tag).ok_or_else(bad)?.commit);
        } else {
            let reference = Reference { object: object.to_owned(), commit: object.to_owned() };
            found.insert(name.to_owned(), reference);
        }
    }
    Ok(found)
}

/// Those that do not show what they should.
pub fn lagging(wanted: &BTreeMap<String, String>, found: &BTreeMap<String, Reference>) -> Vec<Lag> {
    let lag = |(name, commit): (&String, &String)| {
        let is = found.get(name);
        let lags = is.is_none_or(|is| is.commit != *commit);
        lags.then(|| Lag {
            reference: name.clone(),
            is: is.map(|is| is.object.clone()),
            wanted: commit.clone(),
        })
    };
    wanted.iter().filter_map(lag).collect()
}

/// The arguments of the pushes that bring them up to date: each push moves all of its references or none, and each
/// reference only where it is still what was seen. No reference that is up to date is in it: git would not send it, and
/// its lease would guard nothing. A `+` or `--force` would overrule the leases.
pub fn pushes(remote: &str, lags: &[Lag]) -> Vec<Vec<String>> {
    let push = |lags: &[Lag]| {
        let leases = lags.iter().map(|lag| {
            format!("--force-with-lease={}:{}", lag.reference, lag.is.as_deref().unwrap_or_default())
        });
        let moves = lags.iter().map(|lag| format!("{}:{}", lag.wanted, lag.reference));
        let fixed = [
            "push",
            "--porcelain",
            "--atomic",
            "--no-verify",
            "--no-follow-tags",
            "--no-signed",
            "--recurse-submodules=no",
            "--no-force-if-includes",
        ];
        let fixed = fixed.into_iter().map(str::to_owned);
        fixed.chain(leases).chain(["--".to_owned(), remote.to_owned()]).chain(moves).collect()
    };
    lags.chunks(MOST_AT_ONCE).map(push).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ONE: &str = "1111111111111111111111111111111111111111";
    const TWO: &str = "2222222222222222222222222222222222222222";

    #[test]
    fn an_annotated_tag_is_compared_by_its_commit_and_leased_by_itself() {
        let found = references(&format!("{ONE}\trefs/tags/a\n{TWO}\trefs/tags/a^{{}}\n{ONE}\trefs/tags/b\n"))
            .unwrap();
        assert_eq!(found["refs/tags/a"], Reference { object: ONE.to_owned(), commit: TWO.to_owned() });
        let wanted = |a: &str, b: &str| {
            BTreeMap::from([
                ("refs/tags/a".to_owned(), a.to_owned()),
                ("refs/tags/b".to_owned(), b.to_owned()),
            ])
        };
        assert_eq!(lagging(&wanted(TWO, ONE), &found), []);
        let lags = lagging(&wanted(ONE, ONE), &found);
        let lag = Lag { reference: "refs/tags/a".into(), is: Some(ONE.into()), wanted: ONE.into() };
        assert_eq!(lags, [lag]);
    }

    #[test]
    fn a_push_has_a_lease_for_each_reference_and_no_force() {
        let lag = |name: &str, is: Option<&str>| Lag {
            reference: format!("refs/tags/{name}"),
            is: is.map(str::to_owned),
            wanted: TWO.to_owned(),
        };
        let lags = [lag("a", Some(ONE)), lag("b", None), lag("c", None), lag("d", None)];
        let pushes = pushes("origin", &lags);
        assert_eq!(pushes.len(), 2, "GitHub tells nobody of more than three tags at once");
        let first = pushes[0].join(" ");
        assert!(first.contains("--atomic"), "{first}");
        assert!(
            first.contains(&format!("--force-with-lease=refs/tags/a:{ONE} --force-with-lease=refs/tags/b: "))
        );
        assert!(first.ends_with(&format!("-- origin {TWO}:refs/tags/a {TWO}:refs/tags/b {TWO}:refs/tags/c")));
        assert!(
            pushes.iter().flatten().all(|word| !word.starts_with('+') && word != "--force" && word != "-f")
        );
    }

    #[test]
    fn without_a_remote_there_are_no_mirrors() {
        assert!(wanted(&Config::default(), &State::default()).is_empty());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9a-f\t\n^{}/r]{0,200}") {
            let _ = references(&text);
        }

        #[test]
        fn what_is_told_is_read(names in proptest::collection::btree_map("refs/[a-z/]{1,9}", "[0-9a-f]{40}", 0..9)) {
            let told: Vec<String> = names.iter().map(|(name, object)| format!("{object}\t{name}")).collect();
            let read = references(&told.join("\n")).unwrap();
            prop_assert_eq!(read.len(), names.len());
            prop_assert!(lagging(&names, &read).is_empty());
        }
    }
}
