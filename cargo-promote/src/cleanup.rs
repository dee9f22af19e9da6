//! Which candidates are kept, and why.

use std::collections::{BTreeMap, BTreeSet};

use crate::digest::Digest;
use crate::ledger::{Action, State, Told};
use crate::name::Label;

/// How many candidates that an environment ran before its present one are kept, so that it can be rolled back.
pub const KEPT_BEFORE: usize = 3;

/// Why each kept candidate is kept.
pub type Kept = BTreeMap<Digest, BTreeSet<String>>;

/// The candidates that are kept of those that are staged: what environments run and ran before, the newest `newest`,
/// and those that somebody has approved for an environment that they have not reached.
pub fn kept(
    state: &State,
    history: &[Told],
    newest: usize,
    approved: &BTreeMap<Digest, BTreeSet<Label>>,
) -> Kept {
    let mut kept = Kept::new();
    let mut keep = |digest: Digest, why: String| {
        if state.candidates.contains_key(&digest) {
            kept.entry(digest).or_default().insert(why);
        }
    };
    for (environment, deployed) in &state.environments {
        keep(deployed.candidate, format!("{environment} runs it"));
        for before in ran_before(environment, deployed.candidate, history) {
            keep(before, format!("{environment} ran it before"));
        }
    }
    for digest in state.newest_first().into_iter().take(newest) {
        keep(digest, "it is one of the newest".to_owned());
    }
    for (digest, environments) in approved {
        let reached = state.candidates.get(digest).map(|staged| &staged.reached);
        for environment in environments.iter().filter(|one| reached.is_some_and(|it| !it.contains(*one))) {
            keep(*digest, format!("it is approved for {environment}"));
        }
    }
    kept
}

/// What an environment ran before its present candidate, the latest first.
fn ran_before(environment: &Label, present: Digest, history: &[Told]) -> Vec<Digest> {
    let mut found = Vec::new();
    for told in history.iter().rev().filter(|told| told.void.is_none()) {
        let (Action::Promote { environment: of, candidate, .. }
        | Action::Rollback { environment: of, candidate, .. }) = &told.entry.action
        else {
            continue;
        };
        if of == environment && *candidate != present && !found.contains(candidate) {
            found.push(*candidate);
        }
        if found.len() == KEPT_BEFORE {
            break;
        }
    }
    found
}

/// The staged candidates that are not kept.
pub fn loose(state: &State, kept: &Kept) -> Vec<Digest> {
    state.candidates.keys().filter(|digest| !kept.contains_key(digest)).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Entry;
    use crate::ops::testing::{by, promote, stage};

    /// A history of those actions, one a second.
    fn history(actions: Vec<Action>) -> (State, Vec<Told>) {
        let mut told: Vec<Told> = Vec::new();
        for (second, action) in (1_i64..).zip(actions) {
            let before = told.last().map(|told| (told.digest, told.entry.clone()));
            let entry = Entry::after(before.as_ref(), action, by(second)).unwrap();
            told.push(Told { digest: entry.digest(), entry, void: None });
        }
        (told.last().unwrap().entry.state.clone(), told)
    }

    fn names(digests: impl IntoIterator<Item = Digest>) -> Vec<&'static str> {
        let all = ["a", "b", "c", "d", "e", "f", "g"];
        let mut names: Vec<_> = digests
            .into_iter()
            .map(|digest| *all.iter().find(|name| Digest::of(name.as_bytes()) == digest).unwrap())
            .collect();
        names.sort_unstable();
        names
    }

    fn seven() -> (State, Vec<Told>) {
        let mut actions: Vec<Action> = ["a", "b", "c", "d", "e", "f", "g"].map(stage).to_vec();
        let ran = ["a", "b", "c", "d", "e"];
        let before = std::iter::once(None).chain(ran.iter().copied().map(Some));
        actions.extend(ran.iter().zip(before).map(|(to, from)| promote("production", to, from)));
        history(actions)
    }

    #[test]
    fn what_an_environment_runs_and_ran_before_is_kept_and_the_newest() {
        let (state, history) = seven();
        let kept = kept(&state, &history, 1, &BTreeMap::new());
        // production runs e, and ran d, c and b before; g is the newest
        assert_eq!(names(loose(&state, &kept)), ["a", "f"]);
        let reasons = &kept[&Digest::of(b"e")];
        assert_eq!(reasons.iter().collect::<Vec<_>>(), ["production runs it"]);
        assert_eq!(
            names(super::kept(&state, &history, 0, &BTreeMap::new()).into_keys()),
            ["b", "c", "d", "e"]
        );
    }

    #[test]
    fn what_is_approved_for_where_it_has_not_been_is_kept() {
        let (state, history) = seven();
        let approved =
            |digest: &str| [(Digest::of(digest.as_bytes()), ["production".parse().unwrap()].into())].into();
        assert_eq!(names(loose(&state, &kept(&state, &history, 0, &approved("f")))), ["a", "g"]);
        // a was there
        assert_eq!(names(loose(&state, &kept(&state, &history, 0, &approved("a")))), ["a", "f", "g"]);
    }

    #[test]
    fn with_room_for_all_nothing_is_loose() {
        let (state, history) = seven();
        assert_eq!(loose(&state, &kept(&state, &history, 10, &BTreeMap::new())), []);
    }
}
