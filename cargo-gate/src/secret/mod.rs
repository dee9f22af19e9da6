//! Secrets in text: tokens by their issuers' published forms, private keys, passwords in addresses,
//! and assignments of what looks random. What is found is told without its value.

mod assignment;
mod checksum;
mod found;
mod key;
mod place;
mod plausible;
mod scanner;
mod text;
mod token;
mod web;

pub use found::{Found, Rule, Tree};
pub use place::is_test_path;
pub use scanner::{prepare, scan};
pub use text::text_of;

#[cfg(test)]
mod tests;
