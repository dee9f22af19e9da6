//! Whether a bench became slower: the rule over measured rounds, the opinion on each bench, its picture.
//! Pure.

mod build;
mod call;
mod library;
mod need;
mod opinion;
mod plot;
mod recorded;
mod rule;
mod run;
mod words;

pub use build::{BuiltBench, BuiltBenches, read_build};
pub use call::{PACES, Pace, exactly, short_run};
pub use library::{Counting, runner_version};
pub use opinion::{Kind, Opinion, opinions, row};
pub use plot::html;
pub use recorded::{Compared, OneRun, RecordedIn, Records, compare};
pub use rule::{
    Bars, CONFIRMING, FEWEST, Interval, Judgement, MOST, Round, USUAL, Verdict, confirmed, judge, settled,
    suspected,
};
pub use run::{BenchRun, Harness, Instructions, Measured, Programs, Side, State};
pub use words::percent;
