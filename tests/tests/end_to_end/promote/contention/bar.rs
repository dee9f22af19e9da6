//! How much is done in a run of the tests.

use std::io::Write;
use std::time::Duration;

/// The longest that any part may take before it fails with what it saw.
pub(super) const MOST_TIME: Duration = Duration::from_mins(5);

/// What was measured, for whoever reads what the test says.
pub(super) fn say(text: &str) {
    // nobody may listen
    drop(writeln!(std::io::stderr(), "{text}"));
}

/// How much is done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bar {
    /// How many promoters write at once.
    pub(super) promoters: usize,
    /// How often each of them moves the environment.
    pub(super) moves: usize,
    /// The fewest reads beside them.
    pub(super) reads: usize,
    /// How many promoters are killed; as many others are not.
    pub(super) killed: usize,
    /// Of how many positions at which a connection can be cut one is taken.
    pub(super) one_cut_of: usize,
}

/// What is wanted of all ledgers. `PROMOTE_BAR=whole` asks for it.
const WHOLE: Bar = Bar { promoters: 20, moves: 20, reads: 5_000, killed: 10, one_cut_of: 1 };
/// What a run that measures coverage needs to see: each line once.
const COUNTED: Bar = Bar { promoters: 4, moves: 3, reads: 100, killed: 1, one_cut_of: 8 };

impl Bar {
    /// That of a ledger to which an entry is added at next to no cost.
    pub(super) fn of_folders() -> Self {
        Self::or(Self { killed: 4, ..WHOLE })
    }

    /// That of a ledger for which each entry takes a dozen processes.
    pub(super) fn of_git() -> Self {
        Self::or(Self { moves: 3, reads: 1_000, killed: 2, one_cut_of: 4, ..WHOLE })
    }

    fn or(plain: Self) -> Self {
        let is_set = |name| std::env::var_os(name).is_some();
        if std::env::var_os("PROMOTE_BAR").is_some_and(|bar| bar == "whole") {
            WHOLE
        } else if is_set("LLVM_PROFILE_FILE") {
            COUNTED
        } else {
            plain
        }
    }
}
