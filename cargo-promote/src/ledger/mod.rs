//! The ledger: one append-only chain of entries, with one pointer to its end. What every environment runs is in the
//! last entry; each entry names the one before by its digest.

pub mod commit;
mod contract;
mod entry;
mod merge;
mod state;

pub use contract::{Appended, Guarantee, Head, Ledger};
pub use entry::{Action, BadEntry, By, Entry, MOST_ENTRY};
pub use merge::{Joined, Told, Unjoined, check, history, join, void};
pub use state::{Deployed, Refused, Staged, State};
