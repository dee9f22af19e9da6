//! What is kept of a run, once it is over: the verdicts that may answer for later ones.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::contents::Contents;
use super::data::Revisions;
use super::folder::Folder;
use super::formatted::formatter;
use super::ground::{Keyed, Keys};
use super::{Asked, Kept, data, elsewhere, ground, recorded, stands};
use crate::cache::{Difference, Elsewhere, Entry, Key};
use crate::exec::{CarriedOut, gather};
use crate::plan::PlannedStep;
use crate::report::milliseconds;
use crate::verdict::Status;

/// What the answers of all gates of a run rest on, beside what the tree and their keys hold.
#[derive(Default)]
pub struct Support {
    /// What the run read elsewhere than in the tree.
    pub(super) elsewhere: Elsewhere,
    /// The revisions of data that all keys are made of, where the gates were answered from the cache as where they
    /// were judged.
    pub(super) data: Revisions,
}

impl Kept {
    /// Keeps what this run found, where all that it rests on is still as it was when the run began.
    ///
    /// Gives what the answers of all gates rest on. `whole` where that is asked for: then what was answered from the
    /// cache has to rest on the same at the end, as well.
    ///
    /// # Errors
    /// Of which gate it is not known what its answer rests on, and why.
    pub fn record(&self, asked: &Asked<'_>, done: &CarriedOut, whole: bool) -> Result<Support, String> {
        self.forget_what_failed(asked, done);
        let whole = whole && recorded::recordable(asked.facts, &done.gates).is_some();
        let folder = self.folder.as_ref().ok_or("nothing is kept of this run")?;
        let mut all = Support { data: data::seen(&done.evidence), ..Support::default() };
        self.hits.values().for_each(|entry| all.elsewhere.add(entry.elsewhere.clone()));
        let fresh: BTreeSet<&str> = done
            .gates
            .iter()
            .filter(|report| !report.cached && stands(report))
            .filter(|report| matches!(self.keys.get(report.id.as_str()), Some(Ok(_))))
            .map(|report| report.id.as_str())
            .collect();
        if asked.cancel.is_set() {
            return Err("the run was broken off".to_owned());
        }
        if fresh.is_empty() && !(whole && took_time(asked, done)) {
            all.data.extend(self.data.clone());
            return Ok(all);
        }
        let support = self.keep(asked, done, folder, (&fresh, whole), all);
        folder.count(fresh.len());
        support
    }

    /// Keeps the verdicts of those gates; gives what all rest on with what these do.
    fn keep(
        &self,
        asked: &Asked<'_>,
        done: &CarriedOut,
        folder: &Folder,
        (fresh, whole): (&BTreeSet<&str>, bool),
        mut all: Support,
    ) -> Result<Support, String> {
        let CarriedOut { judged, evidence, times, .. } = done;
        let contents = self.contents.as_ref().ok_or("nothing is known of the files")?;
        let mut contents = Contents::clone(contents).since(asked.facts.now);
        let listed_again = || gather::listed_again(asked.facts, asked.cancel);
        let again = if asked.is_still() { None } else { Some(listed_again()?) };
        let now = Asked { facts: again.as_ref().unwrap_or(asked.facts), ..*asked };
        let wanted = |gate: &str| fresh.contains(gate) || (whole && self.hits.contains_key(gate));
        let Keys { of_gates: after, data, .. } =
            ground::keys(&now, &mut contents, self.tree.as_ref(), wanted);
        let planned = asked.plan.gates.iter().zip(&asked.config.gates);
        let inputs: Vec<_> = planned
            .filter(|(planned, _)| fresh.contains(planned.id))
            .map(|(planned, gate)| (planned.id, ground::inputs(asked, planned, gate)))
            .collect();
        let code = inputs.iter().any(|(_, inputs)| inputs.code);
        let found = elsewhere::find(asked, evidence, code, &mut contents);
        // rustfmt may have begun before the keys were made
        let is_same = |before: &String| formatter(asked.facts, &contents).is_some_and(|now| now == *before);
        let formats_alike = self.formatter.as_ref().is_none_or(is_same);
        let unchanged = |gate: &str| unchanged(self.keys.get(gate), after.get(gate));
        let mut of_hits = self.hits.keys().filter(|_| whole);
        let mut lost: Option<(&str, String)> = of_hits.find_map(|gate| Some((*gate, unchanged(gate).err()?)));
        for (id, inputs) in inputs {
            let mut entry = || {
                let key = unchanged(id)?;
                if !formats_alike && inputs.formatting {
                    return Err("changed during the run: rustfmt or its settings".to_owned());
                }
                let mut elsewhere = found.of(&inputs, &mut contents)?;
                let report = judged.get(id).ok_or("it was not judged")?;
                all.elsewhere.add(elsewhere.clone());
                // what a later run on other files wrote in their place is no result of this one
                let written = report.files.iter().map(|file| asked.facts.home.join(file));
                let written =
                    written.map(|file| (file.to_string_lossy().into_owned(), contents.result(&file)));
                elsewhere.files.extend(written);
                let at = asked.facts.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
                let entry = Entry::new(key.clone(), elsewhere, at, report, times_of(asked, id, times));
                entry.ok_or_else(|| "it was not judged to the end".to_owned())
            };
            let kept = entry().and_then(|entry| folder.write(&entry));
            lost = lost.or_else(|| Some((id, kept.err()?)));
        }
        contents.save();
        all.data.extend(data);
        match lost {
            None => Ok(all),
            Some((gate, why)) => Err(format!("{gate}: {why}")),
        }
    }

    /// Whatever is kept for a gate that has just failed with the same inputs was not decided by them alone: it is not
    /// used again, whether this run may use the cache or not.
    fn forget_what_failed(&self, asked: &Asked<'_>, done: &CarriedOut) {
        let lost: BTreeMap<&str, Status> = done
            .judged
            .iter()
            .filter(|(_, report)| !report.cached)
            .filter(|(_, report)| matches!(report.status, Status::Failed | Status::Broken))
            .map(|(gate, report)| (gate.as_str(), report.status))
            .collect();
        if lost.is_empty() {
            return;
        }
        let folder = Folder::of(&asked.facts.state);
        let new;
        let keys = if self.folder.is_some() {
            &self.keys
        } else {
            let mut contents = Contents::open(folder.contents());
            new = ground::keys(asked, &mut contents, None, |gate| lost.contains_key(gate)).of_gates;
            &new
        };
        for (gate, status) in lost {
            match (keys.get(gate), status) {
                (Some(Ok(key)), Status::Failed) => folder.failed(gate, key),
                (Some(Ok(key)), _) => folder.forget(gate, key),
                _ => {}
            }
        }
        recorded::forget(asked.facts);
    }
}

/// The key of a gate, where it is now what it was before.
///
/// # Errors
/// What of it is another, or is not known.
fn unchanged<'a>(before: Option<&'a Keyed>, now: Option<&Keyed>) -> Result<&'a Key, String> {
    let (Some(before), Some(now)) = (before, now) else { return Err("it was not looked up".to_owned()) };
    let (before, now) = (before.as_ref().map_err(Clone::clone)?, now.as_ref().map_err(Clone::clone)?);
    let names = |digest: &str| {
        let (kind, _) = before.parts.iter().find(|(_, part)| *part == digest)?;
        before.names.get(kind).map(|names| (**names).clone())
    };
    match now.differences(&before.parts, names).into_iter().next() {
        None => Ok(before),
        Some(Difference { part, names }) => {
            let first = names.first().map(|name| format!(" ({name})")).unwrap_or_default();
            Err(format!("changed during the run: {part}{first}"))
        }
    }
}

/// Whether anything else ran than what looks and is done: meanwhile all may have become another.
fn took_time(asked: &Asked<'_>, done: &CarriedOut) -> bool {
    let ran = |id: &str| done.gates.iter().any(|report| report.id == id && !report.cached);
    let planned = asked.plan.gates.iter().zip(&asked.config.gates);
    let mut ran = planned.filter(|(planned, _)| !planned.steps.is_empty() && ran(planned.id));
    ran.any(|(planned, gate)| !data::is_seen(&ground::inputs(asked, planned, gate)))
}

/// The time of each of the gate's steps, in milliseconds.
fn times_of(asked: &Asked<'_>, gate: &str, times: &[(String, Duration)]) -> BTreeMap<String, u64> {
    let needs = |step: &&PlannedStep| step.gates.contains(&gate);
    let commands: BTreeSet<&String> =
        asked.plan.steps.iter().filter(needs).map(|step| &step.command).collect();
    let of_gate = times.iter().filter(|(command, _)| commands.contains(command));
    of_gate.map(|(command, time)| (command.clone(), milliseconds(*time))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::Part;

    #[test]
    fn what_changed_during_a_run_is_named() {
        let key = |tools: &str, names: &[(&str, &str)]| {
            let mut key = Key::default();
            key.text("tools", tools);
            key.part("ignored files", &Part::named(names.iter().copied()));
            Some(Ok(key))
        };
        let before = key("1", &[("a", "")]);
        let why = |now: Option<Keyed>| unchanged(before.as_ref(), now.as_ref()).map(|_| ());
        assert_eq!(why(key("1", &[("a", "")])), Ok(()));
        let changed = |what: &str| Err(format!("changed during the run: {what}"));
        assert_eq!(why(key("2", &[("a", "")])), changed("tools"));
        assert_eq!(why(key("1", &[("a", ""), ("b", "")])), changed("ignored files (new b)"));
        assert_eq!(why(key("1", &[("a", "x")])), changed("ignored files (changed a)"));
        assert_eq!(why(Some(Err("no tool".to_owned()))), Err("no tool".to_owned()));
        assert_eq!(why(None), Err("it was not looked up".to_owned()));
    }
}
