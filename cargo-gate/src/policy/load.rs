//! The policy of a workspace, from the files that were read.

use super::file::{Policy, parse};
use crate::gate::Unreadable;
use crate::step::{Evidence, FileRead, Observed, Step};

/// Where cargo-deny looks for a policy: in the workspace root, then in each folder above it, up to that of the file
/// system.
const POLICY: Step = Step::NearestFile { names: &["deny.toml", ".deny.toml", ".cargo/deny.toml"] };

/// Where it looks for further exceptions from the licences, whatever folder the policy is in.
const EXCEPTIONS: Step = Step::NearestFile {
    names: &["deny.exceptions.toml", ".deny.exceptions.toml", ".cargo/deny.exceptions.toml"],
};

/// The steps that read the files of a policy.
pub const FILES: [Step; 2] = [POLICY, EXCEPTIONS];

/// The policy: that of the file, or what everybody is asked for.
///
/// # Errors
/// When a file cannot be read, or is no policy.
pub fn load(evidence: &Evidence) -> Result<Policy, Unreadable> {
    let further = found(evidence, &EXCEPTIONS)?;
    match found(evidence, &POLICY)? {
        Some(file) => parse(file, further).map_err(|error| Unreadable::garbage(error.to_string())),
        None => Ok(Policy::default()),
    }
}

fn found<'a>(evidence: &'a Evidence, step: &Step) -> Result<Option<(&'a str, &'a [u8])>, Unreadable> {
    match evidence.get(step) {
        Some(Observed::NearestFile(None)) => Ok(None),
        Some(Observed::NearestFile(Some((path, FileRead::Content(bytes))))) => Ok(Some((path, bytes))),
        Some(Observed::NearestFile(Some((path, FileRead::Failed(cause))))) => {
            Err(Unreadable::garbage(format!("{path}: {cause}")))
        }
        Some(Observed::NearestFile(Some((path, FileRead::Missing)))) => {
            Err(Unreadable::garbage(format!("{path} was there a moment ago")))
        }
        _ => Err(Unreadable::not_done(step)),
    }
}
