//! The message of a commit, held against the specification of conventional commits
//! (<https://www.conventionalcommits.org/en/v1.0.0/>).

mod cleanup;
mod judge;
mod rules;

pub use cleanup::{Cleanup, Comments, Line};
pub use judge::judge;
pub use rules::MessageRules;
