//! What each decoder promises for any bytes that a tool, a user or a broken disk may hand it.
//!
//! A promise is more than "it does not panic": what was cut short is never taken for the whole, what
//! is read is in itself consistent, and equal meanings in other bytes are read alike. `cargo xtask fuzz`
//! has libFuzzer search for inputs that break one; every `cargo test` runs the kept inputs
//! (`tests/fuzz/corpus`) through the same functions, without a fuzzer and on every platform.

mod changes;
mod compiling;
mod dependencies;
mod figures;
mod formatting;
mod graphs;
mod input;
mod ledgers;
mod packages;
mod programs;
mod reports;
mod secrets;
mod settings;
mod sources;
mod statements;
mod stores;
mod target;
mod testing;

pub use input::Input;
pub use target::{TARGETS, Target, find};
