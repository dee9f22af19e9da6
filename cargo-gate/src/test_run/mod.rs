//! The test runs: how they are called, and what their output says. Shared by `test`, `doctest`,
//! `flaky` and `coverage`.

mod calls;
mod doctests;
mod findings;
mod history;
mod left_out;
mod settings;
mod unit_tests;

pub(crate) use calls::{
    counts_doctests, doctests, measured_doctests, measured_unit_tests, runs_unit_tests, unit_test_history,
    unit_tests,
};
pub(crate) use doctests::{has_doctests, judge_doctests, left_out_examples};
pub use history::{History, HistoryError, Tally};
pub(crate) use left_out::left_out;
pub use settings::{Runner, TestSettings};
pub(crate) use unit_tests::{UnitTests, has_unit_tests, judge_unit_tests};
