//! `cargo bulletproof fix`: what a gate finds and a program can mend without a doubt.
//!
//! Asked for, never done by a check. A file is changed as a whole and at once, only where nobody has changed it
//! since it was read, and nothing is staged.

mod lints;
mod manifest;
mod session;

pub use session::{Asked, Done, FIXABLE, Left, Mended, fix};

#[cfg(test)]
mod tests;
