//! One advisory of the database, and whether its file can be trusted.
//!
//! The format is `RustSec`'s: TOML in a fenced block, then Markdown
//! (<https://github.com/RustSec/advisory-db#advisory-format>).

use std::panic::catch_unwind;

use rustsec::Advisory;
use thiserror::Error;

/// What a draft's file name starts with; drafts have no identifier yet and match nothing.
const DRAFT: &str = "RUSTSEC-0000-0000.";

/// One advisory file of the database as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdvisoryFile {
    /// Where it stands in the database: `crates/<package>/<id>.md`, with `/` on every platform.
    pub path: String,
    /// The bytes of the file.
    pub content: Vec<u8>,
}

/// Why the database cannot be used. An advisory that is passed over would read as "no advisory".
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AdvisoryError {
    /// The file is no advisory.
    #[error("the advisory database has a file that cannot be read, `{path}`: {reason}")]
    Unreadable {
        /// The file within the database.
        path: String,
        /// What the parser said.
        reason: String,
    },
    /// The file's name or folder contradicts what stands in it.
    #[error("the advisory database has `{path}`, but what stands in it belongs in `{expected}`")]
    Misplaced {
        /// The file within the database.
        path: String,
        /// Where its identifier and its package belong.
        expected: String,
    },
    /// Two files have one identifier.
    #[error("the advisory database has `{id}` twice: in `{first}` and in `{second}`")]
    Duplicate {
        /// The identifier.
        id: String,
        /// The file that was read first.
        first: String,
        /// The file that was read second.
        second: String,
    },
}

/// Reads an advisory and checks that its file bears its name. `None` for a draft.
///
/// # Errors
///
/// [`AdvisoryError::Unreadable`] and [`AdvisoryError::Misplaced`].
pub(super) fn parse(file: &AdvisoryFile) -> Result<Option<Advisory>, AdvisoryError> {
    let unreadable = |reason: String| AdvisoryError::Unreadable { path: file.path.clone(), reason };
    let text = str::from_utf8(&file.content).map_err(|error| unreadable(error.to_string()))?;
    // rustsec asserts where two version ranges start at the same version, and cuts a string that does not start as an
    // advisory at a fixed byte: such a file must not end the run without being named.
    let advisory = catch_unwind(|| text.parse::<Advisory>())
        .map_err(|_| unreadable("rustsec panicked on it".to_owned()))?
        .map_err(|error| unreadable(error.to_string()))?;

    let metadata = &advisory.metadata;
    let folder = format!("crates/{}/", metadata.package);
    let draft = metadata.id.is_placeholder();
    let in_place = file.path.strip_prefix(&folder).is_some_and(|name| {
        name.strip_suffix(".md")
            .is_some_and(|stem| stem == metadata.id.as_str() || (draft && stem.starts_with(DRAFT)))
    });
    if !in_place {
        let expected = format!("{folder}{}.md", metadata.id);
        return Err(AdvisoryError::Misplaced { path: file.path.clone(), expected });
    }
    if metadata.collection.is_some_and(|collection| collection != rustsec::Collection::Crates) {
        return Err(unreadable("it is no advisory of a crate".to_owned()));
    }
    Ok((!draft).then_some(advisory))
}
