//! The end-to-end tests live under `tests/`; the fake tools they use under `src/bin/`; what each
//! decoder promises for any input, for the fuzzer and for the tests alike, in [`fuzz`].

pub mod fuzz;
pub mod registry;
