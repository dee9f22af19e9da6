//! What fixing asks git, cargo and rustfmt.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use super::base::Git;
use super::cache::Kept;
use super::steps::Bench;
use super::{Cancel, Environment, format};
use crate::config::Config;
use crate::facts::Facts;
use crate::gate::{Options, Unreadable};
use crate::step::{Captured, Evidence, Observed, SourceFile, Step};

/// The longest that a question to git, or rustfmt on one file, may take.
const TIMEOUT: Duration = Duration::from_mins(1);

/// The files with changes that are not staged, and those that git does not know: what is changed in them could not
/// be told from a fix, nor taken back. None where there is no repository with a commit.
///
/// # Errors
/// When git cannot tell.
pub fn unstaged(
    facts: &Facts,
    environment: &Environment,
    cancel: &Cancel,
) -> Result<Option<BTreeSet<String>>, Unreadable> {
    let git = Git { facts, environment, timeout: TIMEOUT, cancel };
    if !git.in_repository()? {
        return Ok(None);
    }
    git.unstaged_files().map(Some)
}

/// The text of a file; none where it is not there, no file, or not UTF-8.
pub fn text_of(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

/// The file as rustfmt writes it.
///
/// # Errors
/// When rustfmt gives no such text.
pub fn formatted_text(facts: &Facts, path: &str, text: &str, cancel: &Cancel) -> Result<String, Unreadable> {
    let file = SourceFile::new(path.to_owned(), facts.owner(path), Ok(text.to_owned()));
    let captured = format::one(facts, &file, TIMEOUT, cancel);
    match captured.exit_code()? {
        0 => {}
        code => return Err(Unreadable::crashed(format!("rustfmt ended with {code}"))),
    }
    let formatted = String::from_utf8(captured.stdout)
        .map_err(|_| Unreadable::garbage("rustfmt gave a text that is not UTF-8"))?;
    if formatted.trim().is_empty() && !text.trim().is_empty() {
        return Err(Unreadable::garbage("rustfmt gave an empty text"));
    }
    Ok(formatted)
}

/// What a tool's step says, without a gate to judge it.
///
/// # Errors
/// When the step is none of a tool.
pub fn said(
    facts: &Facts,
    options: &Options,
    config: &Config,
    environment: &Environment,
    cancel: &Cancel,
    step: &Step,
    timeout: Duration,
) -> Result<Captured, Unreadable> {
    let general = &config.general;
    let kept = Kept::default();
    let tests = config.tests();
    let bench = Bench { facts, options, general, environment, cancel, tests, kept: &kept };
    match bench.carry_out(step, &Evidence::default(), timeout) {
        Observed::Tool(captured) => Ok(captured),
        _ => Err(Unreadable::not_done(step)),
    }
}
