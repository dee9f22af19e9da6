//! Fuzzing of the decoders: libFuzzer on the stable toolchain, without cargo-fuzz.
//!
//! What is fuzzed is in `tests/src/fuzz`, the program in `tests/fuzz`, the kept inputs in
//! `tests/fuzz/corpus`: those with a name were written or kept by hand, those named by a hash are
//! libFuzzer's own and are made anew by `--minimise`.

mod args;
mod program;
mod run;
mod stats;

pub(crate) use args::{Args, Error};
pub(crate) use run::run;
