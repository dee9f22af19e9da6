//! The policy of a workspace, from the files that were read.

use super::file::{EXCEPTIONS, FILES, Policy, parse};
use crate::gate::Unreadable;
use crate::step::{Evidence, FileRead, Step};

/// The steps that read the files of a policy.
pub fn file_steps() -> impl Iterator<Item = Step> {
    FILES.into_iter().chain(EXCEPTIONS).map(|path| Step::File { path: path.to_owned() })
}

/// The policy: that of the first file that is there, or what everybody is asked for.
///
/// # Errors
/// When a file cannot be read, or is no policy.
pub fn load(evidence: &Evidence) -> Result<Policy, Unreadable> {
    let further = first(evidence, &EXCEPTIONS)?;
    match first(evidence, &FILES)? {
        Some(file) => parse(file, further).map_err(|error| Unreadable::garbage(error.to_string())),
        None => Ok(Policy::default()),
    }
}

fn first<'a>(
    evidence: &'a Evidence,
    paths: &[&'static str],
) -> Result<Option<(&'static str, &'a [u8])>, Unreadable> {
    for path in paths {
        match evidence.file(&Step::File { path: (*path).to_owned() })? {
            FileRead::Content(bytes) => return Ok(Some((path, bytes))),
            FileRead::Missing => {}
            FileRead::Failed(cause) => return Err(Unreadable::garbage(format!("{path}: {cause}"))),
        }
    }
    Ok(None)
}
