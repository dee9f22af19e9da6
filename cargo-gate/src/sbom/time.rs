//! The time that documents carry: that of the sources, so that equal sources give equal documents.

use jiff::Timestamp;

/// The time of the sources: `SOURCE_DATE_EPOCH` (<https://reproducible-builds.org/specs/source-date-epoch/>) where it is
/// set, else that of the last commit, both in seconds since 1970.
///
/// # Errors
/// In words, for a time that is none.
pub fn source_time(epoch: Option<&str>, commit: Option<&str>) -> Result<Option<Timestamp>, String> {
    let (what, seconds) = match (epoch, commit) {
        (Some(epoch), _) => ("SOURCE_DATE_EPOCH", epoch),
        (None, Some(commit)) => ("the time of the last commit", commit),
        (None, None) => return Ok(None),
    };
    let seconds = seconds.trim();
    let time = seconds.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.map(Some).ok_or_else(|| format!("{what} is `{seconds}`, which is no number of seconds since 1970"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_comes_before_the_commit() {
        let second = |seconds| Ok(Some(Timestamp::from_second(seconds).unwrap()));
        assert_eq!(source_time(Some("5"), Some("7\n")), second(5));
        assert_eq!(source_time(None, Some("7\n")), second(7));
        assert_eq!(source_time(None, None), Ok(None));
        assert!(source_time(Some("yesterday"), Some("7")).unwrap_err().contains("SOURCE_DATE_EPOCH"));
    }
}
