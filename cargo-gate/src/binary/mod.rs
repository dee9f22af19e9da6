//! Programs as bytes: their sections, their symbols, the crates that symbols come from.

mod image;
mod origin;

pub use image::{Image, ImageError, Section, Symbol};
pub use origin::{crate_of, readable};
