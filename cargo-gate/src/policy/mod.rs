//! A policy on dependencies, with cargo-deny's meaning: licences, banned packages, sources. Pure: judged over the
//! dependency graph.

mod bans;
mod build_scripts;
mod duplicates;
mod features;
mod file;
mod ground;
mod judge;
mod keys;
mod licenses;
mod load;
mod sections;
mod sources;
mod spec;

pub use file::{Policy, PolicyError, parse};
pub use ground::{Found, Ground};
pub use judge::{Judgement, judge};
pub use licenses::{Texts, evaluate, text_hash, texts_of_clarifications};
pub use load::{FILES, load};
pub use sections::Level;
pub use spec::Spec;

#[cfg(test)]
mod tests;
