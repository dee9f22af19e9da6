//! Which dependencies nobody uses, from the manifests, the resolved graph and the tokens of the sources.
//! Pure: see the gate `unused-deps`.

mod entries;
mod manifests;
mod usage;
mod verdict;

pub use entries::{Entry, entries};
pub use manifests::{Declared, inherited, place, workspace_dependencies};
pub use usage::{Class, Usage, Use, usage};
pub use verdict::{Doubt, Verdict, judge};
