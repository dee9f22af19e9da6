//! `cargo bulletproof fix`: what a gate finds and a program can mend without a doubt.
//!
//! Asked for, never done by a check. A file is changed as a whole and at once, only where nobody has changed it
//! since it was read, and nothing is staged.

mod lints;
mod manifest;
mod session;
mod staged;

pub use session::{Asked, Done, FIXABLE, Left, Mended, fix};
pub use staged::fix_staged;

#[cfg(test)]
mod tests;
