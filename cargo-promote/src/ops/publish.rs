//! Carries out a publication. What counts is the index: it is read before anything is said of an upload.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use cargo_gate::exec::Cancel;
use url::Url;

use super::cargo_registry::{Answer, RegistryClient, RegistryError, Uploader};
use super::journal::Journal;
use super::random::jitter;
use crate::publish::{CrateFile, Event, IndexEntry, Known, Metadata, PublishPlan, Refusal, Standing, Target};
use crate::publish::{different, upload};
use crate::trouble::Trouble;

/// The first wait between two looks at the index; each is twice the one before.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// The longest wait between two looks.
const MOST_WAIT: Duration = Duration::from_secs(5);

impl From<RegistryError> for Trouble {
    fn from(error: RegistryError) -> Self {
        Self::CouldNot(error.to_string())
    }
}

/// Asks the indexes for everything that a plan rests on. `default` is the default registry's index.
///
/// # Errors
/// Where one of them cannot be asked.
pub fn known(files: &[CrateFile], target: &Target, default: &Url) -> Result<Known, Trouble> {
    let own: BTreeSet<&str> = files.iter().map(|file| file.name.as_str()).collect();
    let dependencies = || files.iter().flat_map(|file| &file.metadata.deps);
    let of = |registry: Option<&str>| -> BTreeSet<&str> {
        let here =
            dependencies().filter(|one| target.registry_of(one.registry.as_deref()).as_deref() == registry);
        here.map(|dependency| dependency.name.as_str()).collect()
    };
    let ask = |index: &Url, names: BTreeSet<&str>| -> Result<BTreeMap<String, Vec<IndexEntry>>, Trouble> {
        let client = RegistryClient::new(index);
        names.into_iter().map(|name| Ok((name.to_owned(), client.entries(name)?))).collect()
    };
    let there = ask(&target.registry.index, own.union(&of(None)).copied().collect())?;
    let elsewhere = of(Some(&target.default_registry)).difference(&own).copied().collect();
    Ok(Known { target: there, default: ask(default, elsewhere)? })
}

/// A publication that is under way.
#[derive(Debug)]
pub struct Publication<'a> {
    /// Where it goes.
    pub target: &'a Target,
    /// Reads its index.
    pub client: RegistryClient,
    /// Uploads.
    pub uploader: Uploader,
    /// What was begun and what came of it.
    pub journal: Journal,
    /// The longest that an upload may take to show on the index.
    pub wait: Duration,
    /// Ends it.
    pub cancel: Cancel,
}

impl Publication<'_> {
    /// Uploads what the plan says, in its order. `say` is told of each package; gives what the registry said beside.
    ///
    /// # Errors
    /// The first package that is not on the index with our bytes. The same call goes on from there.
    pub fn carry_out(
        &mut self,
        plan: &PublishPlan,
        files: &[CrateFile],
        say: &dyn Fn(&str),
    ) -> Result<Vec<String>, Trouble> {
        let mut warnings = Vec::new();
        for step in plan.steps.iter().filter(|step| step.standing == Standing::Absent) {
            let Some(file) = files.iter().find(|file| file.name == step.name) else { continue };
            warnings.extend(self.publish(file)?);
            say(&format!("published {} {}", step.name, step.digest.short()));
        }
        Ok(warnings)
    }

    fn publish(&mut self, file: &CrateFile) -> Result<Vec<String>, Trouble> {
        if self.journal.is_in_flight(file) && self.shows(file)? {
            self.journal.note(file, Event::Done)?;
            return Ok(Vec::new());
        }
        let body = upload(&told(file, self.target), &file.bytes)
            .map_err(|why| Trouble::CouldNot(format!("{}: {why}", file.shown())))?;
        let was_in_flight = self.journal.is_in_flight(file);
        self.journal.note(file, Event::Begun)?;
        let answer = self.uploader.upload(&body);
        let (name, registry) = (file.shown(), self.target.shown());
        match answer {
            Answer::Taken(warnings) => {
                self.journal.note(file, Event::Taken)?;
                if !self.shows(file)? {
                    let wait = self.wait.as_secs();
                    return Err(Trouble::CouldNot(format!(
                        "{registry} took {name}, and its index does not show it after {wait} s; the same call goes on"
                    )));
                }
                self.journal.note(file, Event::Done)?;
                Ok(warnings.into_iter().map(|warning| format!("{name}: {warning}")).collect())
            }
            Answer::Refused(why) => {
                // it may have it already: from an upload that nobody heard of, or from somebody else
                let there = if was_in_flight { self.shows(file)? } else { self.is_there(file)? };
                if there {
                    self.journal.note(file, Event::Done)?;
                    return Ok(Vec::new());
                }
                self.journal.note(file, Event::Refused)?;
                Err(Trouble::CouldNot(format!("{registry} refused {name}: {why}")))
            }
            Answer::Unknown(why) if self.shows(file)? => {
                self.journal.note(file, Event::Done)?;
                Ok(vec![format!("{name}: the upload ended badly ({why}), and the index shows it")])
            }
            Answer::Unknown(why) => Err(Trouble::CouldNot(format!(
                "{name}: the upload ended badly ({why}), and the index does not show it after {} s, so nobody knows \
                 whether {registry} has it; the same call looks again and goes on",
                self.wait.as_secs()
            ))),
        }
    }

    /// Whether the index has the package with our bytes now.
    fn is_there(&self, file: &CrateFile) -> Result<bool, Trouble> {
        let entries = self.client.entries(&file.name)?;
        let Some(entry) = entries.iter().find(|entry| entry.vers.cmp_precedence(&file.version).is_eq())
        else {
            return Ok(false);
        };
        if entry.cksum.eq_ignore_ascii_case(&file.digest.hex()) && entry.vers == file.version {
            return Ok(true);
        }
        let refusal: Refusal = different(file, self.target, &entry.cksum);
        Err(Trouble::Refused(refusal.to_string()))
    }

    /// The same, with the time that an index may take. An index that cannot be read for a moment is asked again.
    fn shows(&self, file: &CrateFile) -> Result<bool, Trouble> {
        let deadline = Instant::now() + self.wait;
        let mut wait = FIRST_WAIT;
        loop {
            let seen = self.is_there(file);
            let left = deadline.saturating_duration_since(Instant::now());
            match seen {
                Ok(true) => return Ok(true),
                Err(refused @ Trouble::Refused(_)) => return Err(refused),
                Ok(false) if left.is_zero() => return Ok(false),
                Err(error) if left.is_zero() => return Err(error),
                _ if self.cancel.is_set() => {
                    return Err(Trouble::CouldNot("interrupted; the same call goes on".to_owned()));
                }
                _ => std::thread::sleep((wait / 2 + jitter(wait / 2)).min(left)),
            }
            wait = (wait * 2).min(MOST_WAIT);
        }
    }
}

/// What the registry is told: the dependencies' registries as they are seen from there.
fn told(file: &CrateFile, target: &Target) -> Metadata {
    let mut metadata = file.metadata.clone();
    for dependency in &mut metadata.deps {
        dependency.registry = target.registry_of(dependency.registry.as_deref());
    }
    metadata
}
