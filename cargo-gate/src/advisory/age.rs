//! Whether an advisory database is fresh enough to call a lock file clean.
//!
//! Two times count. The time of the last fetch says when anybody last looked for news. The time of the last commit
//! says whether there is anybody on the other end: a mirror that stopped is fetched every day and never changes.

use jiff::{SignedDuration, Timestamp};

/// A time this far ahead of the clock is still read as "now": clocks of two machines differ a little.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_hours(1);

/// How old a database may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgeLimits {
    /// The longest time since the last fetch; since the last commit where the time of the fetch is unknown.
    pub max_age: SignedDuration,
    /// The longest time since the last commit, whenever it was fetched.
    pub max_commit_age: SignedDuration,
}

/// The age of a database, judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Age {
    /// Every known time is within its limit, and at least one is known.
    Fresh,
    /// Too old to judge by, with the reason in words.
    Stale(String),
    /// Neither time is known: a plain folder without git.
    Unknown,
}

/// Judges the age of a database at the time `now`.
///
/// A time that lies in the future by more than an hour is stale: with a wrong clock the database would stay fresh
/// for ever.
pub fn age(
    now: Timestamp,
    commit_time: Option<Timestamp>,
    fetched: Option<Timestamp>,
    limits: &AgeLimits,
) -> Age {
    let commit_limit =
        if fetched.is_some() { limits.max_commit_age } else { limits.max_age.min(limits.max_commit_age) };
    let fetch_problem = fetched.and_then(|time| problem(now, time, limits.max_age, "was fetched"));
    let commit_problem = commit_time.and_then(|time| problem(now, time, commit_limit, "had its last commit"));
    match fetch_problem.or(commit_problem) {
        Some(reason) => Age::Stale(reason),
        None if fetched.is_none() && commit_time.is_none() => Age::Unknown,
        None => Age::Fresh,
    }
}

/// What is wrong with an event of the database at `time`, if anything.
fn problem(now: Timestamp, time: Timestamp, limit: SignedDuration, event: &str) -> Option<String> {
    let elapsed = now.duration_since(time);
    if elapsed < -CLOCK_TOLERANCE {
        return Some(format!(
            "the advisory database {event} at {time}, which lies in the future: check the clock"
        ));
    }
    (elapsed > limit).then(|| {
        let (ago, limit) = (in_words(elapsed), in_words(limit));
        format!("the advisory database {event} {ago} ago (at {time}); the limit is {limit}")
    })
}

/// A duration as people say it, in whole days, or in hours below two days.
fn in_words(duration: SignedDuration) -> String {
    let hours = duration.as_hours();
    match (hours / 24, hours) {
        (0 | 1, 1) => "1 hour".to_owned(),
        (0 | 1, hours) => format!("{hours} hours"),
        (days, _) => format!("{days} days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: AgeLimits = AgeLimits {
        max_age: SignedDuration::from_hours(7 * 24),
        max_commit_age: SignedDuration::from_hours(60 * 24),
    };

    fn now() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    fn days_ago(days: i64) -> Timestamp {
        now() - SignedDuration::from_hours(24 * days)
    }

    fn reason(age: Age) -> String {
        match age {
            Age::Stale(reason) => reason,
            other => panic!("expected stale, got {other:?}"),
        }
    }

    #[test]
    fn a_recent_fetch_of_a_recent_commit_is_fresh() {
        assert_eq!(age(now(), Some(days_ago(20)), Some(days_ago(6)), &LIMITS), Age::Fresh);
    }

    #[test]
    fn an_age_of_exactly_the_limit_is_fresh() {
        assert_eq!(age(now(), Some(days_ago(60)), Some(days_ago(7)), &LIMITS), Age::Fresh);
    }

    #[test]
    fn an_old_fetch_is_stale_however_new_the_commit_is() {
        let reason = reason(age(now(), Some(days_ago(0)), Some(days_ago(8)), &LIMITS));
        assert_eq!(
            reason,
            "the advisory database was fetched 8 days ago (at 2026-02-21T12:00:00Z); the limit is 7 days"
        );
    }

    #[test]
    fn a_fresh_fetch_of_a_mirror_that_stopped_is_stale() {
        let reason = reason(age(now(), Some(days_ago(61)), Some(days_ago(0)), &LIMITS));
        assert!(reason.contains("had its last commit 61 days ago"), "{reason}");
    }

    #[test]
    fn without_a_fetch_time_the_commit_must_meet_the_shorter_limit() {
        assert_eq!(age(now(), Some(days_ago(7)), None, &LIMITS), Age::Fresh);
        assert!(matches!(age(now(), Some(days_ago(8)), None, &LIMITS), Age::Stale(_)));
        let odd = AgeLimits { max_age: LIMITS.max_commit_age, max_commit_age: LIMITS.max_age };
        assert!(matches!(age(now(), Some(days_ago(8)), None, &odd), Age::Stale(_)));
    }

    #[test]
    fn a_fetch_time_alone_is_enough() {
        assert_eq!(age(now(), None, Some(days_ago(1)), &LIMITS), Age::Fresh);
        assert!(matches!(age(now(), None, Some(days_ago(8)), &LIMITS), Age::Stale(_)));
    }

    #[test]
    fn two_unknown_times_are_unknown_not_fresh() {
        assert_eq!(age(now(), None, None, &LIMITS), Age::Unknown);
    }

    #[test]
    fn a_time_in_the_future_is_stale_but_an_hour_is_tolerated() {
        assert_eq!(age(now(), Some(days_ago(1)), Some(now() + CLOCK_TOLERANCE), &LIMITS), Age::Fresh);
        let reason = reason(age(now(), Some(days_ago(1)), Some(days_ago(-1)), &LIMITS));
        assert!(reason.contains("in the future: check the clock"), "{reason}");
    }

    #[test]
    fn the_extreme_times_do_not_overflow() {
        for (first, second) in [(Timestamp::MIN, Timestamp::MAX), (Timestamp::MAX, Timestamp::MIN)] {
            assert!(matches!(age(first, Some(second), Some(second), &LIMITS), Age::Stale(_)));
        }
    }

    #[test]
    fn short_durations_are_told_in_hours() {
        assert_eq!(in_words(SignedDuration::from_hours(1)), "1 hour");
        assert_eq!(in_words(SignedDuration::from_hours(47)), "47 hours");
        assert_eq!(in_words(SignedDuration::from_hours(48)), "2 days");
    }
}
