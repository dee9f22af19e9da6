//! Where a gate takes its advisories from, and how old they may be.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::advisory::{Age, AgeLimits, age};
use crate::config::Timeout;
use crate::exec::AdvisoryDb;
use crate::finding::Finding;
use crate::gate::{Context, Stage, Unreadable};
use crate::gates::MEND;
use crate::step::{Evidence, Observed, Step};

const DAY: u64 = 24 * 60 * 60;
/// The longest time since the database was fetched, where the config says nothing.
pub(crate) const MAX_AGE: Timeout = Timeout(Duration::from_secs(30 * DAY));
/// The same in the stages `ci`, `release` and `nightly`.
pub(crate) const MAX_AGE_CI: Timeout = Timeout(Duration::from_secs(7 * DAY));
/// The longest time since the database's last commit, where the config says nothing.
pub(crate) const MAX_COMMIT_AGE: Timeout = Timeout(Duration::from_secs(60 * DAY));

/// The settings of a gate that reads the advisory database.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AdvisorySource<'a> {
    /// The gate's name.
    pub(crate) gate: &'static str,
    /// A folder with the database, relative to the workspace root.
    pub(crate) folder: Option<&'a str>,
    /// Where git clones the managed one from.
    pub(crate) url: Option<&'a str>,
    /// The longest time since it was fetched.
    pub(crate) max_age: Timeout,
    /// The same in the stages `ci`, `release` and `nightly`.
    pub(crate) max_age_ci: Timeout,
    /// The longest time since its last commit.
    pub(crate) max_commit_age: Timeout,
}

impl AdvisorySource<'_> {
    /// The step that reads it.
    pub(crate) fn step(&self, cx: &Context<'_>) -> Step {
        Step::Advisories {
            database: cx.options.advisory_db.clone().or_else(|| {
                let folder = cx.facts.root.join(self.folder?);
                Some(folder.to_string_lossy().into_owned())
            }),
            url: self.url.map(str::to_owned),
            offline: cx.options.offline,
        }
    }

    /// The database, and when it was read.
    ///
    /// # Errors
    /// When there is none, or it cannot serve.
    pub(crate) fn read<'e>(
        &self,
        cx: &Context<'_>,
        evidence: &'e Evidence,
    ) -> Result<(&'e AdvisoryDb, Timestamp), Unreadable> {
        let step = self.step(cx);
        match evidence.get(&step) {
            Some(Observed::Advisories { read, at }) => Ok((read.as_ref().map_err(Clone::clone)?, *at)),
            _ => Err(Unreadable::not_done(&step)),
        }
    }

    /// Whether the database is young enough to judge by; a warning where it does not tell.
    ///
    /// # Errors
    /// When it is too old or, in the stages of the server, does not tell.
    pub(crate) fn age(
        &self,
        cx: &Context<'_>,
        database: &AdvisoryDb,
        now: Timestamp,
    ) -> Result<Vec<Finding>, Unreadable> {
        let strict = matches!(cx.options.stage, Stage::Ci | Stage::Release | Stage::Nightly);
        let max_age = if strict { self.max_age_ci } else { self.max_age };
        let limits = AgeLimits { max_age: signed(max_age), max_commit_age: signed(self.max_commit_age) };
        let unknown = "the advisory database is a plain folder that does not tell how old it is";
        match age(now, database.commit_time, database.fetched, &limits) {
            Age::Fresh => Ok(Vec::new()),
            Age::Stale(reason) => Err(Unreadable::unavailable(reason).help(MEND)),
            Age::Unknown if strict => {
                Err(Unreadable::unavailable(unknown).help(format!("use a git clone of it, or: {MEND}")))
            }
            Age::Unknown => {
                let rule = format!("{}/database-age-unknown", self.gate);
                Ok(vec![Finding::warning(rule, unknown).help("use a git clone of it")])
            }
        }
    }
}

fn signed(limit: Timeout) -> SignedDuration {
    SignedDuration::try_from(limit.0).unwrap_or(SignedDuration::MAX)
}
